// SPDX-License-Identifier: MIT
// Who got exactly so far through a funnel: units with ways to their sessions.
import type { QueryValue } from '@/api/client';
import { SessionLink, TraceLink, UserLink } from '@/analytics/links';
import { useView } from '@/analytics/view';
import { ViewTable } from '@/analytics/view-table';
import { useListState } from '@/app/paging';
import { useFilters } from '@/filters/filters';
import { platformName } from '@/filters/platforms';
import { exactMoment, moment } from '@/format/time';
import { Dialog } from '@/ui/dialog';
import { Empty } from '@/ui/notice';
import { type Funnel, stepText } from './explicit';

export function Examples({ data, words, level, onClose }: { data: Funnel; words: Record<string, QueryValue>; level: number; onClose: () => void }) {
	const filters = useFilters();
	const list = useListState({ sort: 'enteredAt', order: 'desc' });
	const step = data.steps[level - 1];
	const next = data.steps[level];
	const query = useView('/api/analytics/{projectId}/funnels/examples', filters, { extra: { ...words, ...list.query, level }, enabled: step !== undefined });
	const { timezone } = filters;
	return (
		<Dialog title={next ? `Lost after step ${level}` : 'Completed'} shape="drawer" onClose={onClose}>
			<p className="mb-4 text-secondary">
				{next && step ? (
					<>
						They reached <span className="font-mono text-text">{stepText(step)}</span> and not <span className="font-mono text-text">{stepText(next)}</span>.
					</>
				) : (
					'They went through all steps.'
				)}
			</p>
			<ViewTable
				label="Examples"
				what="the examples"
				query={query}
				list={list}
				rowKey={(e) => e.unit}
				empty={<Empty title="Nobody" />}
				columns={[
					{ key: 'session', title: 'Session', cell: (e) => <SessionLink id={e.sessionId} className="max-w-40" /> },
					{ key: 'user', title: 'User', cell: (e) => <UserLink id={e.userId} className="max-w-32" /> },
					{ key: 'platform', title: 'Platform', className: 'whitespace-nowrap', cell: (e) => platformName(e.platform) },
					{ key: 'entered', title: 'Entered', cell: (e) => <span className="whitespace-nowrap" title={exactMoment(e.enteredAt, timezone)}>{moment(e.enteredAt, timezone)}</span> },
					{ key: 'trace', title: 'Last trace', cell: (e) => (e.traceId === '' ? '–' : <TraceLink id={e.traceId} className="max-w-32" />) },
				]}
			/>
		</Dialog>
	);
}
