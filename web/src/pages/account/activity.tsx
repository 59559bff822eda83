// SPDX-License-Identifier: MIT
// What happened to this account.
import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import { useListState } from '@/app/paging';
import { AuditTable } from '@/ui/audit-table';
import { LoadError } from '@/ui/notice';

export function ActivityTab() {
	const list = useListState({ sort: 'at', order: 'desc' });
	const audit = useQuery({
		queryKey: ['account-audit', list.query],
		queryFn: ({ signal }) => api('get', '/api/auth/account/audit', { query: list.query, signal }),
		placeholderData: (old) => old,
	});
	if (audit.isError && !audit.data) return <LoadError what="your activity" error={audit.error} onRetry={() => void audit.refetch()} />;
	return <AuditTable items={audit.data?.items} stale={audit.isPlaceholderData} {...(audit.data ? { paging: list.paging(audit.data.total) } : {})} />;
}
