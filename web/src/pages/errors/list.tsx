// SPDX-License-Identifier: MIT
// Errors one by one, newest first; one opens in its trace.
import { NothingHere } from '@/analytics/empty';
import { SessionLink, ToolLink, UserLink } from '@/analytics/links';
import { useView } from '@/analytics/view';
import { ViewLink } from '@/analytics/view-link';
import { ViewTable } from '@/analytics/view-table';
import { useListState } from '@/app/paging';
import { useFilters } from '@/filters/filters';
import { platformName } from '@/filters/platforms';
import { exactMoment, moment } from '@/format/time';
import { Badge } from '@/ui/badge';
import { Clipped } from '@/ui/clipped';
import { ERROR_WORDS, useErrorWords } from './words';

/** fingerprint: only those of the group, of any kind */
export function ErrorList({ fingerprint }: { fingerprint?: string }) {
	const filters = useFilters();
	const { timezone } = filters;
	const words = useErrorWords();
	const list = useListState({ sort: 'timestamp', order: 'desc' });
	const query = useView('/api/analytics/{projectId}/errors/list', filters, { extra: { ...list.query, ...(fingerprint ? { fingerprint, kind: 'all' } : words) } });
	const trace = (e: { traceId: string; eventId: string }) => ({ view: 'traces/$id', params: { id: e.traceId }, search: { open: e.eventId } });
	return (
		<ViewTable
			label="Errors"
			what="the errors"
			query={query}
			list={list}
			rowKey={(e) => e.eventId}
			opens={trace}
			empty={<NothingHere things="errors" own={ERROR_WORDS} fine={words.category === undefined} />}
			columns={[
				{
					key: 'time',
					title: 'Time',
					cell: (e) => (
						<ViewLink {...trace(e)} title={exactMoment(e.timestamp, timezone)} className="inline-block min-h-6 py-0.5 whitespace-nowrap hover:underline">
							{moment(e.timestamp, timezone)}
						</ViewLink>
					),
				},
				{ key: 'message', title: 'Message', className: 'w-full', cell: (e) => <Clipped className="max-w-96" text={e.message} /> },
				{ key: 'tool', title: 'Tool', cell: (e) => (e.kind === 'widget' ? <Badge>widget</Badge> : <ToolLink id={e.tool} className="max-w-40" />) },
				{ key: 'category', title: 'Category', cell: (e) => <Badge>{e.category}</Badge> },
				{ key: 'platform', title: 'Platform', className: 'whitespace-nowrap', cell: (e) => platformName(e.platform) },
				{ key: 'user', title: 'User', cell: (e) => <UserLink id={e.userId} className="max-w-40" /> },
				{ key: 'session', title: 'Session', cell: (e) => <SessionLink id={e.sessionId} className="max-w-36" /> },
			]}
		/>
	);
}
