// SPDX-License-Identifier: MIT
// Where one is logged in; ending one login or all others.
import { useQuery } from '@tanstack/react-query';
import { api, errorText } from '@/api/client';
import { useListState } from '@/app/paging';
import { ago, browserZone, exactMoment } from '@/format/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { LoadError } from '@/ui/notice';
import { Table } from '@/ui/table';
import { toast } from '@/ui/toast';

/** A user agent as people know it: browser and system. */
export function deviceOf(agent: string | null): string {
	if (!agent) return 'Unknown device';
	const browser = /Edg\//.test(agent) ? 'Edge' : /OPR\//.test(agent) ? 'Opera' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : agent.split(/[/ ]/)[0];
	const system = /Windows/.test(agent) ? 'Windows' : /iPhone|iPad/.test(agent) ? 'iOS' : /Android/.test(agent) ? 'Android' : /Mac OS X/.test(agent) ? 'macOS' : /Linux/.test(agent) ? 'Linux' : '';
	return system ? `${browser} on ${system}` : String(browser);
}

export function LoginsTab() {
	const list = useListState({ sort: 'lastSeenAt', order: 'desc' });
	const logins = useQuery({
		queryKey: ['logins', list.query],
		queryFn: ({ signal }) => api('get', '/api/auth/sessions', { query: list.query, signal }),
		placeholderData: (old) => old,
	});
	const zone = browserZone();
	const end = async (work: () => Promise<unknown>, done: string) => {
		try {
			await work();
			toast(done);
		} catch (e) {
			toast(errorText(e), 'error');
		}
		await logins.refetch();
	};
	if (logins.isError && !logins.data) return <LoadError what="your logins" error={logins.error} onRetry={() => void logins.refetch()} />;
	return (
		<>
			<Button className="self-end" disabled={(logins.data?.total ?? 0) < 2} onClick={() => void end(() => api('delete', '/api/auth/sessions'), 'All other logins have ended.')}>
				End all others
			</Button>
			<Table
				label="Logins"
				rows={logins.data?.items}
				rowKey={(s) => s.id}
				stale={logins.isPlaceholderData}
				{...(logins.data ? { paging: list.paging(logins.data.total) } : {})}
				columns={[
					{
						key: 'device',
						title: 'Device',
						cell: (s) => (
							<span className="font-medium" title={s.userAgent ?? undefined}>
								{deviceOf(s.userAgent)} {s.current && <Badge tone="success">this one</Badge>}
							</span>
						),
					},
					{ key: 'ip', title: 'Address', cell: (s) => s.ip ?? '–' },
					{ key: 'method', title: 'By', cell: (s) => s.method },
					{ key: 'created', title: 'Since', cell: (s) => <span title={exactMoment(s.createdAt, zone)}>{ago(s.createdAt, zone)}</span> },
					{ key: 'seen', title: 'Last seen', cell: (s) => <span title={exactMoment(s.lastSeenAt, zone)}>{ago(s.lastSeenAt, zone)}</span> },
					{
						key: 'actions',
						title: <span className="sr-only">Actions</span>,
						numeric: true,
						cell: (s) =>
							!s.current && (
								<Button size="small" kind="danger" onClick={() => void end(() => api('delete', '/api/auth/sessions/{id}', { path: { id: s.id } }), 'The login has ended.')}>
									End
								</Button>
							),
					},
				]}
			/>
		</>
	);
}
