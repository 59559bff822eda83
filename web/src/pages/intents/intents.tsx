// SPDX-License-Identifier: MIT
// Why tools were called, in the words of the model or of its host.
import type { Answer } from '@/api/client';
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import { orderOf } from '@/analytics/export-tables';
import { KpiCard, KpiGrid } from '@/analytics/kpi';
import { SessionLink, ToolLink } from '@/analytics/links';
import { SearchField } from '@/analytics/search-field';
import { Status } from '@/analytics/status';
import { useView } from '@/analytics/view';
import { ViewTable } from '@/analytics/view-table';
import { When } from '@/analytics/when';
import { useListState } from '@/app/paging';
import { Page } from '@/app/page';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnWords } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { platformName } from '@/filters/platforms';
import { count, exactCount, rate } from '@/format/number';
import { Badge } from '@/ui/badge';
import { classes } from '@/ui/classes';
import { controlClass } from '@/ui/field';
import { Empty } from '@/ui/notice';
import { Snippet } from '@/ui/snippet';

type Intents = Answer<'/api/analytics/{projectId}/intents'>;
const SOURCES: readonly [string, string][] = [
	['context_parameter', 'In the model’s own words'],
	['inferred', 'Inferred by the host'],
];
const OWN = ['q', 'source'];

/** Why there is none: switched off, too old an SDK, no connection yet, or none was given. */
function NoIntents({ status: { status, sdkVersion }, narrowed }: { status: Intents['intentStatus']; narrowed: boolean }) {
	if (narrowed || status === 'enabled')
		return narrowed ? <NothingHere things="intents" own={OWN} /> : <Empty title="No intents in this period">Capture is on. Not every client fills it in: some call tools without saying why.</Empty>;
	if (status === 'disabled')
		return (
			<Empty title="Intent capture is switched off">
				<p>Your server tells that it does not ask for intents. Switch them on and clients say why they call a tool.</p>
				<Snippet label="How to switch intents on" code={"withYavio(server, { apiKey, endpoint, intent: true });"} />
			</Empty>
		);
	if (status === 'unsupported')
		return (
			<Empty title="This SDK cannot capture intents">
				<p>{sdkVersion === null ? 'The SDK in use' : `Version ${sdkVersion} of the SDK`} is too old. Update it on your server.</p>
				<Snippet label="How to update the SDK" code="npm install @yavio/sdk@latest" />
			</Empty>
		);
	return <NothingHere things="intents" own={OWN} />;
}

export default function IntentsPage() {
	const filters = useFilters();
	const { url, timezone } = filters;
	const list = useListState({ sort: 'timestamp', order: 'desc' });
	const { source } = useOwnWords({ source: oneOf(SOURCES.map(([value]) => value)) });
	const words = { q: url.text('q'), source };
	const query = useView('/api/analytics/{projectId}/intents', filters, { extra: { ...list.query, ...words } });
	const k = query.data?.kpis;
	const card = (value: number | null | undefined) => (value === undefined ? undefined : { value });
	return (
		<Page title="Intents" actions={<FilterBar own={OWN} actions={<ExportMenu tables={[{ table: 'intents', title: 'Intents', words: { ...orderOf(list.query), ...words } }]} />} />}>
			<RangeLine />
			<KpiGrid label="Key numbers">
				<KpiCard label="Intents captured" kpi={card(k?.captured)} format={count} exact={exactCount} compared={false} note={k && `of ${count(k.calls)} tool calls`} />
				<KpiCard label="Coverage" kpi={card(k?.coverage)} format={rate} compared={false} note="of tool calls" />
				<KpiCard label="Tools with intents" kpi={card(k?.tools)} format={count} exact={exactCount} compared={false} />
			</KpiGrid>
			<div className="flex flex-wrap items-center gap-x-4 gap-y-2">
				<SearchField label="Find in intents" />
				<select aria-label="Source" className={classes(controlClass, 'w-auto!')} value={source ?? ''} onChange={(e) => url.set({ source: e.target.value })}>
					<option value="">All sources</option>
					{SOURCES.map(([value, label]) => (
						<option key={value} value={value}>
							{label}
						</option>
					))}
				</select>
			</div>
			<ViewTable
				label="Intents"
				what="the intents"
				query={query}
				list={list}
				rowKey={(i) => i.eventId}
				opens={(i) => ({ view: 'sessions/$id', params: { id: i.sessionId }, search: { open: i.eventId } })}
				empty={query.data && <NoIntents status={query.data.intentStatus} narrowed={OWN.some((name) => url.text(name) !== undefined) || filters.platforms.length > 0 || filters.tools.length > 0} />}
				columns={[
					{
						key: 'time',
						title: 'Time',
						cell: (i) => (
							<span className="flex flex-col">
								<When at={i.timestamp} zone={timezone} />
								<SessionLink id={i.sessionId} className="max-w-36 text-secondary" />
							</span>
						),
					},
					{
						key: 'intent',
						title: 'Intent',
						className: 'min-w-72 w-full',
						cell: (i) => (
							<span className="flex items-start gap-2">
								<span dir="auto" title={i.intent} className="line-clamp-2 group-focus-visible:line-clamp-none">
									{i.intent}
								</span>
								{i.source === 'inferred' && <Badge>inferred</Badge>}
							</span>
						),
					},
					{ key: 'tool', title: 'Tool', cell: (i) => <ToolLink id={i.tool} /> },
					{ key: 'platform', title: 'Platform', className: 'whitespace-nowrap', cell: (i) => platformName(i.platform) },
					{ key: 'status', title: 'Status', cell: (i) => <Status status={i.status} /> },
				]}
			/>
		</Page>
	);
}
