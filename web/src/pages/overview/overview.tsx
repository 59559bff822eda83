// SPDX-License-Identifier: MIT
// The page people open every morning: the numbers of the range, and how they went.
import type { Answer } from '@/api/client';
import { Bars } from '@/analytics/bars';
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import type { ExportTable } from '@/analytics/export-tables';
import { KpiCard, KpiFrame, KpiGrid } from '@/analytics/kpi';
import { Loaded, Panel } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { ViewLink } from '@/analytics/view-link';
import { Page } from '@/app/page';
import { Donut } from '@/charts/donut';
import { SeriesChart } from '@/charts/series';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { RangeLine } from '@/filters/range-line';
import { platformName } from '@/filters/platforms';
import { change, count, duration, exactCount, money, NONE, rate } from '@/format/number';
import { Skeleton } from '@/ui/skeleton';
import { Tab, TabPanel, Tabs } from '@/ui/tabs';

const EXPORTS: readonly ExportTable[] = [
	{ table: 'overview', title: 'Numbers over time', accepts: { compare: true } },
	{ table: 'events', title: 'All events' },
];

type Overview = Answer<'/api/analytics/{projectId}/overview'>;

function RevenueTrend({ change: part }: { change: number | null }) {
	if (part === null) return null;
	return <span className={`tabular font-medium ${part > 0 ? 'text-success' : part < 0 ? 'text-error' : 'text-secondary'}`}>{change(part)}</span>;
}

/** letters of an amount that fit into a card in the largest size */
const LARGE_MAX = 9;

/** The first currency large, the others in one line below it: currencies are never added up. */
function Revenue({ data }: { data: Overview | undefined }) {
	const [first, ...rest] = data?.revenue ?? [];
	const large = first && money(first.value, first.currency, true);
	return (
		<KpiFrame label="Revenue">
			{data === undefined && <Skeleton className="h-9 w-24" />}
			{data && !first && <span className="text-kpi">{NONE}</span>}
			{first && large && (
				<span className={`tabular h-9 truncate ${large.length > LARGE_MAX ? 'text-title leading-9' : 'text-kpi'}`} title={money(first.value, first.currency)}>
					{large}
				</span>
			)}
			<span className="flex min-h-8 flex-wrap content-start items-baseline gap-x-2 text-small">
				{first && <RevenueTrend change={first.change} />}
				{rest.map((r) => (
					<span key={r.currency} className="tabular text-secondary" title={money(r.value, r.currency)}>
						<span>{money(r.value, r.currency, true)}</span> <RevenueTrend change={r.change} />
					</span>
				))}
			</span>
		</KpiFrame>
	);
}

function Cards({ data, compared }: { data: Overview | undefined; compared: boolean }) {
	const k = data?.kpis;
	const anonymous = k?.anonymousSessions?.value;
	return (
		<>
			<KpiGrid label="Key numbers">
				<KpiCard label="Tool calls" kpi={k?.invocations} format={count} exact={exactCount} compared={compared} />
				<KpiCard label="Sessions" kpi={k?.sessions} format={count} exact={exactCount} compared={compared} note={anonymous ? `${count(anonymous)} anonymous` : undefined} />
				<KpiCard label="Users" kpi={k?.users} format={count} exact={exactCount} compared={compared} />
				<KpiCard label="Error rate" kpi={k?.errorRate} format={rate} better="less" compared={compared} note={k ? `${count(k.errors?.value)} errors` : undefined} />
				<KpiCard label="p95 latency" kpi={k?.p95LatencyMs} format={duration} better="less" compared={compared} note={k ? `median ${duration(k.p50LatencyMs?.value)}` : undefined} />
				<KpiCard label="Conversions" kpi={k?.conversions} format={count} exact={exactCount} compared={compared} />
				<KpiCard label="Conversion rate" kpi={k?.sessionConversionRate} format={rate} compared={compared} note="of sessions" />
				<Revenue data={data} />
			</KpiGrid>
			<KpiGrid label="More numbers">
				<KpiCard label="Widget engagement" kpi={k?.widgetEngagementRate} format={rate} compared={compared} />
				<KpiCard label="Time to first interaction" kpi={k?.timeToFirstInteractionMs} format={duration} better="less" compared={compared} />
				<KpiCard label="Time to first tool call" kpi={k?.timeToFirstToolCallMs} format={duration} better="less" compared={compared} />
				<KpiCard label="Tokens" kpi={k?.tokensOut} format={count} exact={exactCount} better="neither" compared={compared} note={k?.tokensIn?.value ? `out, ${count(k.tokensIn.value)} in` : 'out'} />
			</KpiGrid>
		</>
	);
}

function RevenueCharts({ data }: { data: Overview }) {
	const { meta, revenueSeries } = data;
	const buckets = data.series.map((p) => p.bucket);
	const chart = (currency: string, points: { bucket: string; value: number }[]) => {
		const values = new Map(points.map((p) => [p.bucket, p.value]));
		return <SeriesChart title={`Revenue in ${currency}`} buckets={buckets} granularity={meta.granularity} zone={meta.timezone} until={meta.to} series={[{ name: currency, kind: 'area', values: buckets.map((b) => values.get(b) ?? 0), format: (n) => money(n, currency, true), axis: count }]} />;
	};
	const [first] = revenueSeries;
	if (!first) return <p className="text-secondary">No conversion with a value in this period.</p>;
	if (revenueSeries.length === 1) return chart(first.currency, first.points);
	return (
		<Tabs label="Currency">
			{(list) => (
				<>
					{list(revenueSeries.map((r) => <Tab key={r.currency} id={r.currency}>{r.currency === 'XXX' ? 'No currency' : r.currency}</Tab>))}
					{revenueSeries.map((r) => (
						<TabPanel key={r.currency} tabId={r.currency}>
							{chart(r.currency, r.points)}
						</TabPanel>
					))}
				</>
			)}
		</Tabs>
	);
}

export default function OverviewPage() {
	const filters = useFilters();
	const query = useView('/api/analytics/{projectId}/overview', filters, { accepts: { compare: true } });
	const empty = query.data && query.data.kpis.invocations?.value === 0 && query.data.kpis.sessions?.value === 0;
	const buckets = query.data?.series.map((p) => p.bucket) ?? [];
	return (
		<Page title="Overview" actions={<FilterBar compare actions={<ExportMenu tables={EXPORTS} />} />}>
			<RangeLine compare />
			{empty ? (
				<NothingHere things="events" />
			) : (
				<>
					{query.isError && !query.data ? (
						<Loaded what="the overview" query={query}>
							{() => null}
						</Loaded>
					) : (
						<div className={query.isPlaceholderData ? 'flex flex-col gap-4 opacity-50' : 'flex flex-col gap-4'} aria-busy={query.isFetching || undefined}>
							<Cards data={query.data} compared={filters.compare} />
						</div>
					)}
					<div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
						<Panel title="Tool calls" what="the tool calls" query={query}>
							{(d) => (
								<SeriesChart
									title="Tool calls"
									buckets={buckets}
									granularity={d.meta.granularity}
									zone={d.meta.timezone}
									until={d.meta.to}
									series={[
										{ name: 'Tool calls', kind: 'area', values: d.series.map((p) => p.invocations), format: count },
										{ name: 'Errors', colour: 'error', values: d.series.map((p) => p.errors), format: count },
									]}
								/>
							)}
						</Panel>
						<Panel title="Sessions and users" what="sessions and users" query={query}>
							{(d) => (
								<SeriesChart
									title="Sessions and users"
									buckets={buckets}
									granularity={d.meta.granularity}
									zone={d.meta.timezone}
									until={d.meta.to}
									series={[
										{ name: 'Sessions', values: d.series.map((p) => p.sessions), format: count },
										{ name: 'Users', colour: 2, values: d.series.map((p) => p.users), format: count },
									]}
								/>
							)}
						</Panel>
						<Panel title="Revenue" what="the revenue" query={query}>
							{(d) => <RevenueCharts data={d} />}
						</Panel>
						<Panel title="Platforms" what="the platforms" query={query}>
							{(d) => <Donut title="Tool calls by platform" slices={d.platforms.map((p) => ({ key: p.platform, label: platformName(p.platform), value: p.invocations, share: p.share }))} />}
						</Panel>
						<Panel title="Top tools" what="the tools" query={query} className="lg:col-span-2">
							{(d) => (
								<Bars
									label="Top tools"
									bars={d.topTools.map((t) => ({
										key: t.tool,
										label: (
											<ViewLink view="tools/$tool" params={{ tool: t.tool }} className="font-mono hover:underline">
												{t.tool}
											</ViewLink>
										),
										part: t.invocations / (d.topTools[0]?.invocations ?? 1),
										text: count(t.invocations),
										note: rate(t.share),
									}))}
								/>
							)}
						</Panel>
					</div>
				</>
			)}
		</Page>
	);
}
