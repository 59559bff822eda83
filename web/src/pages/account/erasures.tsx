// SPDX-License-Identifier: MIT
// Deletions that one asked for, and how far they are.
import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import { useListState } from '@/app/paging';
import { exactCount } from '@/format/number';
import { browserZone, exactMoment, moment } from '@/format/time';
import { Badge, type Tone } from '@/ui/badge';
import { Empty, LoadError } from '@/ui/notice';
import { Table } from '@/ui/table';

const STATE: Record<string, Tone> = { queued: 'neutral', running: 'warning', done: 'success', failed: 'error' };
const REFRESH_MS = 10_000;

export function ErasuresTab() {
	const list = useListState({ sort: 'requestedAt', order: 'desc' });
	const erasures = useQuery({
		queryKey: ['erasures', list.query],
		queryFn: ({ signal }) => api('get', '/api/erasures', { query: list.query, signal }),
		placeholderData: (old) => old,
		refetchInterval: (q) => (q.state.data?.items.some((e) => e.state === 'queued' || e.state === 'running') ? REFRESH_MS : false),
	});
	const zone = browserZone();
	if (erasures.isError && !erasures.data) return <LoadError what="your erasures" error={erasures.error} onRetry={() => void erasures.refetch()} />;
	return (
		<Table
			label="Erasures"
			rows={erasures.data?.items}
			rowKey={(e) => e.id}
			stale={erasures.isPlaceholderData}
			{...(erasures.data ? { paging: list.paging(erasures.data.total) } : {})}
			empty={<Empty title="Nothing was erased">When you delete a project or a workspace, you see here how far the deletion of its events is.</Empty>}
			columns={[
				{ key: 'requested', title: 'Requested', cell: (e) => <span title={exactMoment(e.requestedAt, zone)}>{moment(e.requestedAt, zone)}</span> },
				{ key: 'scope', title: 'What', cell: (e) => `${e.scope} (${e.projectCount} ${e.projectCount === 1 ? 'project' : 'projects'})` },
				{ key: 'state', title: 'State', cell: (e) => <Badge tone={STATE[e.state] ?? 'neutral'}>{e.state}</Badge> },
				{ key: 'rows', title: 'Events deleted', numeric: true, cell: (e) => exactCount(e.rowsDeleted) },
				{ key: 'finished', title: 'Finished', cell: (e) => (e.finishedAt ? exactMoment(e.finishedAt, zone) : '–') },
			]}
		/>
	);
}
