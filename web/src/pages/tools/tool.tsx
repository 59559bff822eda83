// SPDX-License-Identifier: MIT
// One tool: what it is, how it does, what it is asked and what it answers.
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Answer } from '@/api/client';
import { Bars } from '@/analytics/bars';
import { KpiCard, KpiGrid } from '@/analytics/kpi';
import { Loaded, Panel } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { useViewTarget, ViewLink } from '@/analytics/view-link';
import { Page } from '@/app/page';
import { Columns } from '@/charts/columns';
import { Donut } from '@/charts/donut';
import { SeriesChart } from '@/charts/series';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { RangeLine } from '@/filters/range-line';
import { platformName } from '@/filters/platforms';
import { bytes, count, duration, exactCount, NONE, rate } from '@/format/number';
import { ago, exactMoment } from '@/format/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Facts } from '@/ui/facts';
import { Json } from '@/ui/json';
import { Empty } from '@/ui/notice';
import { Invocations } from './invocations';
import { Parameters } from './parameters';

const INTENTS_SHOWN = 8;
type Tool = Answer<'/api/analytics/{projectId}/tools/{tool}'>;

function Histogram({ classes }: { classes: Tool['latencyHistogram'] }) {
	const name = (c: Tool['latencyHistogram'][number]) => (c.toMs === null ? `≥ ${duration(c.fromMs)}` : `${duration(c.fromMs)} – ${duration(c.toMs)}`);
	const all = classes.reduce((n, c) => n + c.count, 0);
	return (
		<Columns
			label={`Latency of ${exactCount(all)} calls: ${classes.filter((c) => c.count > 0).map((c) => `${name(c)} ${exactCount(c.count)}`).join(', ')}`}
			columns={classes.map((c) => ({ name: duration(c.fromMs), longName: name(c), value: c.count }))}
			format={exactCount}
			head={['Latency', 'Calls']}
		/>
	);
}

function Responses({ responses: { size, contentTypes, zeroResult } }: { responses: Tool['responses'] }) {
	if (size.reported === 0 && contentTypes.length === 0 && zeroResult.reported === 0) return <Empty title="Nothing is known of the answers">The SDK reports their size and type unless capture is off.</Empty>;
	return (
		<div className="flex flex-col gap-5">
			<Facts
				numbers
				rows={[
					['Mean size', bytes(size.avgBytes)],
					['Median size', bytes(size.p50Bytes)],
					['p95 size', bytes(size.p95Bytes)],
					['Largest', bytes(size.maxBytes)],
					['Without a result', `${rate(zeroResult.rate)} (${count(zeroResult.count)} of ${count(zeroResult.reported)})`],
				]}
			/>
			<Bars label="Content types" bars={contentTypes.map((t) => ({ key: t.type, label: t.type, part: t.share ?? 0, text: count(t.calls), note: rate(t.share) }))} />
		</div>
	);
}

function Intents({ data, zone }: { data: Tool; zone: string }) {
	if (data.intents.length === 0) return <Empty title="No intents in this period">{data.intentStatus.status === 'disabled' ? 'Intent capture is switched off in the SDK.' : 'Clients say why they call a tool when the SDK asks them to.'}</Empty>;
	return (
		<ul className="flex flex-col divide-y divide-line-subtle">
			{data.intents.slice(0, INTENTS_SHOWN).map((i) => (
				<li key={i.eventId} className="flex items-baseline justify-between gap-4 py-2">
					<span className="min-w-0">
						{i.intent} {i.source === 'inferred' && <Badge>inferred</Badge>}
					</span>
					<span className="shrink-0 text-small text-secondary" title={exactMoment(i.timestamp, zone)}>
						{ago(i.timestamp, zone)}
					</span>
				</li>
			))}
			<li className="pt-3 text-small">
				<ViewLink view="intents" search={{ tool: data.tool }} className="underline">
					All intents of this tool
				</ViewLink>
			</li>
		</ul>
	);
}

export default function ToolPage() {
	const params: Record<string, string | undefined> = useParams({ strict: false });
	const { tool = '' } = params;
	const target = useViewTarget();
	const filters = useFilters();
	const [schema, setSchema] = useState(false);
	const query = useView('/api/analytics/{projectId}/tools/{tool}', filters, { at: { tool }, accepts: { compare: true, tool: false } });
	const k = query.data?.kpis;
	const zone = query.data?.meta.timezone ?? filters.timezone;
	const compared = filters.compare;
	const buckets = query.data?.series.map((p) => p.bucket) ?? [];
	return (
		<Page key={tool} title={tool} crumbs={[{ title: 'Tools', ...target({ view: 'tools' }) }]} actions={<FilterBar compare tool={false} />}>
			<RangeLine compare />
			{query.isError && !query.data && (
				<Loaded what="the tool" query={query}>
					{() => null}
				</Loaded>
			)}
			{/* its place is kept while the answer is on its way */}
			<div className="flex min-h-7 flex-wrap items-center gap-3">
				{query.data?.registry?.description && <p className="max-w-prose text-secondary">{query.data.registry.description}</p>}
				{query.data?.registry && (
					<Button size="small" onClick={() => setSchema(true)}>
						Input schema
					</Button>
				)}
			</div>
			{schema && query.data?.registry && (
				<Dialog title={`Input schema of ${tool}`} shape="wide" onClose={() => setSchema(false)}>
					<Json label="Input schema" value={query.data.registry.inputSchema} />
				</Dialog>
			)}
			<KpiGrid label="Key numbers">
				<KpiCard label="Calls" kpi={k?.calls} format={count} exact={exactCount} compared={compared} />
				<KpiCard label="Success rate" kpi={k?.successRate} format={rate} compared={compared} note={k ? `${rate(k.errorRate?.value)} errors` : undefined} />
				<KpiCard label="p95 latency" kpi={k?.p95LatencyMs} format={duration} better="less" compared={compared} note={k ? `median ${duration(k.p50LatencyMs?.value)}, p99 ${duration(k.p99LatencyMs?.value)}` : undefined} />
				<KpiCard label="Users" kpi={k?.users} format={count} exact={exactCount} compared={compared} note={k ? `${count(k.sessions?.value)} sessions` : undefined} />
			</KpiGrid>
			<div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
				<Panel title="Calls and errors" what="the calls" query={query}>
					{(d) => (
						<SeriesChart title="Calls" buckets={buckets} granularity={d.meta.granularity} zone={zone} until={d.meta.to} series={[{ name: 'Calls', kind: 'area', values: d.series.map((p) => p.calls), format: count }, { name: 'Errors', colour: 'error', values: d.series.map((p) => p.errors), format: count }]} />
					)}
				</Panel>
				<Panel title="Latency" what="the latency" query={query}>
					{(d) => (
						<SeriesChart
							title="Latency"
							buckets={buckets}
							granularity={d.meta.granularity}
							zone={zone}
							until={d.meta.to}
							series={[
								{ name: 'p50', values: d.series.map((p) => p.p50LatencyMs), format: duration },
								{ name: 'p95', colour: 2, values: d.series.map((p) => p.p95LatencyMs), format: duration },
								{ name: 'p99', colour: 4, values: d.series.map((p) => p.p99LatencyMs), format: duration },
							]}
						/>
					)}
				</Panel>
				<Panel title="Latency classes" what="the latency classes" query={query}>
					{(d) => <Histogram classes={d.latencyHistogram} />}
				</Panel>
				<Panel title="Platforms" what="the platforms" query={query}>
					{(d) => (d.platforms.length ? <Donut title="Calls by platform" slices={d.platforms.map((p) => ({ key: p.platform, label: platformName(p.platform), value: p.calls, share: p.share }))} /> : <Empty title="No calls in this period" />)}
				</Panel>
				<Panel title="Errors" what="the errors" query={query}>
					{(d) => (d.errorCategories.length ? <Donut title="Errors by category" slices={d.errorCategories.map((c) => ({ key: c.category, label: c.category, value: c.count, share: c.share }))} /> : <Empty title="No errors in this period" />)}
				</Panel>
				<Panel title="Discovery" what="the discovery" query={query}>
					{({ discovery: d }) => (
						<Facts
							numbers
							rows={[
								['Times listed', exactCount(d.listings)],
								['Calls per listing', d.callsPerListing === null ? NONE : d.callsPerListing.toFixed(2)],
								['Sessions that listed it', exactCount(d.sessionsListed)],
								['… and called it', `${exactCount(d.sessionsListedAndCalled)} (${rate(d.sessionRate)})`],
							]}
						/>
					)}
				</Panel>
				<Panel title="Parameters" what="the parameters" query={query} className="lg:col-span-2">
					{(d) => <Parameters parameters={d.parameters} />}
				</Panel>
				<Panel title="Answers" what="the answers" query={query}>
					{(d) => <Responses responses={d.responses} />}
				</Panel>
				<Panel title="Intents" what="the intents" query={query}>
					{(d) => <Intents data={d} zone={zone} />}
				</Panel>
			</div>
			<h2 className="text-section">Calls</h2>
			<Invocations tool={tool} />
		</Page>
	);
}
