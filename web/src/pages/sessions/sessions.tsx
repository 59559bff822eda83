// SPDX-License-Identifier: MIT
// Sessions that were active in the range, the latest first.
import { Amounts } from '@/analytics/amounts';
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import { orderOf } from '@/analytics/export-tables';
import { SessionLink, UserLink } from '@/analytics/links';
import { SearchField } from '@/analytics/search-field';
import { useView } from '@/analytics/view';
import { ViewTable } from '@/analytics/view-table';
import { When } from '@/analytics/when';
import { useListState } from '@/app/paging';
import { Page } from '@/app/page';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnList } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { platformName } from '@/filters/platforms';
import { count, duration, exactCount } from '@/format/number';
import { Badge } from '@/ui/badge';
import { Clipped } from '@/ui/clipped';
import { Checkbox } from '@/ui/field';

const HAS: readonly [string, string][] = [
	['error', 'Errors'],
	['conversion', 'Conversions'],
	['widget', 'Widget'],
	['intent', 'Intents'],
];
const OWN = ['q', 'user', 'has'];

export default function SessionsPage() {
	const filters = useFilters();
	const { url, timezone } = filters;
	const list = useListState({ sort: 'lastAt', order: 'desc' });
	const has = useOwnList('has', oneOf(HAS.map(([value]) => value)));
	const words = { q: url.text('q'), user: url.text('user'), has };
	const query = useView('/api/analytics/{projectId}/sessions', filters, { extra: { ...list.query, ...words } });
	return (
		<Page title="Sessions" actions={<FilterBar own={OWN} actions={<ExportMenu tables={[{ table: 'sessions', title: 'Sessions', words: { ...orderOf(list.query), ...words } }]} />} />}>
			<RangeLine />
			<div className="flex flex-wrap items-center gap-x-4 gap-y-2">
				<SearchField label="Beginning of a session's id" />
				<SearchField label="User's id, or anonymous" name="user" />
				<fieldset className="flex flex-wrap items-center gap-x-4 gap-y-1">
					<legend className="sr-only">Only sessions with</legend>
					{HAS.map(([value, label]) => (
						<Checkbox key={value} label={label} checked={has.includes(value)} onChange={(e) => url.set({ has: e.target.checked ? [...has, value] : has.filter((h) => h !== value) })} />
					))}
				</fieldset>
			</div>
			<ViewTable
				label="Sessions"
				what="the sessions"
				query={query}
				list={list}
				rowKey={(s) => s.sessionId}
				opens={(s) => ({ view: 'sessions/$id', params: { id: s.sessionId } })}
				empty={<NothingHere things="sessions" own={OWN} />}
				columns={[
					{
						key: 'started',
						title: 'Started',
						cell: (s) => (
							<span className="flex flex-col">
								<When at={s.startedAt} zone={timezone} />
								<SessionLink id={s.sessionId} className="max-w-40 text-secondary" />
							</span>
						),
					},
					{ key: 'user', title: 'User', cell: (s) => <UserLink id={s.userId} className="max-w-40" /> },
					{ key: 'platform', title: 'Platform', className: 'whitespace-nowrap', cell: (s) => platformName(s.platform) },
					{ key: 'client', title: 'Client', cell: (s) => <Clipped className="max-w-40" text={s.clientName && `${s.clientName} ${s.clientVersion ?? ''}`.trim()} /> },
					{ key: 'duration', title: 'Duration', numeric: true, cell: (s) => duration(s.durationMs) },
					{ key: 'events', title: 'Events', numeric: true, cell: (s) => <span title={exactCount(s.events)}>{count(s.events)}</span> },
					{ key: 'calls', title: 'Calls', numeric: true, cell: (s) => <span title={exactCount(s.toolCalls)}>{count(s.toolCalls)}</span> },
					{ key: 'errors', title: 'Errors', numeric: true, cell: (s) => <span className={s.errors > 0 ? 'text-error' : undefined}>{count(s.errors)}</span> },
					{
						key: 'conversions',
						title: 'Conversions',
						numeric: true,
						cell: (s) => (
							<span className="inline-flex flex-col items-end">
								{count(s.conversions)}
								{s.revenue.length > 0 && (
									<span className="text-small text-secondary">
										<Amounts amounts={s.revenue} />
									</span>
								)}
							</span>
						),
					},
					{ key: 'widget', title: 'Widget', cell: (s) => s.hasWidget && <Badge>yes</Badge> },
				]}
			/>
		</Page>
	);
}
