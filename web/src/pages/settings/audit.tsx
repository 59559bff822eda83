// SPDX-License-Identifier: MIT
// Who did what in this workspace.
import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import { useListState } from '@/app/paging';
import { useWorkspace } from '@/app/place';
import { keptOf } from '@/app/query';
import { useUrlState } from '@/app/url-state';
import { AuditTable } from '@/ui/audit-table';
import { Button } from '@/ui/button';
import { SelectField, TextField } from '@/ui/field';
import { LoadError } from '@/ui/notice';

const ACTIONS = [
	'workspace.create', 'workspace.update', 'workspace.transfer', 'member.joined', 'member.role', 'member.removed', 'member.left', 'invitation.create', 'invitation.resend', 'invitation.cancel',
	'invitation.accept', 'project.create', 'project.update', 'project.delete', 'key.create', 'key.revoke', 'key.rotate', 'export.run', 'erasure.done',
];
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const begin = (date: string | undefined) => (date && DAY.test(date) ? new Date(`${date}T00:00:00`).toISOString() : undefined);
/** The first instant after the day. */
function end(date: string | undefined): string | undefined {
	if (!date || !DAY.test(date)) return undefined;
	const at = new Date(`${date}T00:00:00`);
	at.setDate(at.getDate() + 1);
	return at.toISOString();
}

export function AuditTab() {
	const workspace = useWorkspace();
	const url = useUrlState();
	const list = useListState({ sort: 'at', order: 'desc' });
	const members = useQuery({
		queryKey: ['members', workspace.id, 'all'],
		queryFn: ({ signal }) => api('get', '/api/workspaces/{workspaceId}/members', { path: { workspaceId: workspace.id }, query: { pageSize: 100 }, signal }),
	});
	const query = { ...list.query, action: url.text('action'), actorId: url.text('actor'), from: begin(url.text('from')), to: end(url.text('to')) };
	const audit = useQuery({
		queryKey: ['audit', workspace.id, query],
		queryFn: ({ signal }) => api('get', '/api/workspaces/{workspaceId}/audit', { path: { workspaceId: workspace.id }, query, signal }),
		placeholderData: keptOf(['audit', workspace.id]),
	});
	const filtered = ['action', 'actor', 'from', 'to'].some((name) => url.text(name) !== undefined);
	return (
		<>
			<div className="flex flex-wrap items-end gap-3">
				<SelectField label="Action" className="w-52" value={url.text('action') ?? ''} onChange={(e) => url.set({ action: e.target.value })}>
					<option value="">All</option>
					{ACTIONS.map((a) => (
						<option key={a}>{a}</option>
					))}
				</SelectField>
				<SelectField label="Person" className="w-52" value={url.text('actor') ?? ''} onChange={(e) => url.set({ actor: e.target.value })}>
					<option value="">All</option>
					{members.data?.items.map((m) => (
						<option key={m.userId} value={m.userId}>
							{m.name}
						</option>
					))}
				</SelectField>
				<TextField label="From" type="date" className="w-40" value={url.text('from') ?? ''} onChange={(e) => url.set({ from: e.target.value })} />
				<TextField label="To" type="date" className="w-40" value={url.text('to') ?? ''} onChange={(e) => url.set({ to: e.target.value })} />
				{filtered && <Button onClick={() => url.set({ action: undefined, actor: undefined, from: undefined, to: undefined })}>Clear filters</Button>}
			</div>
			{audit.isError && !audit.data ? (
				<LoadError what="the audit log" error={audit.error} onRetry={() => void audit.refetch()} />
			) : (
				<AuditTable items={audit.data?.items} stale={audit.isPlaceholderData} {...(audit.data ? { paging: list.paging(audit.data.total) } : {})} />
			)}
		</>
	);
}
