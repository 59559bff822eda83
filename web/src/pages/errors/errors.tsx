// SPDX-License-Identifier: MIT
// What failed: how much, of what kind, in which tools, and whether the next try helped.
import type { Answer } from '@/api/client';
import { Bars } from '@/analytics/bars';
import { ExportMenu } from '@/analytics/export-menu';
import { KpiCard, KpiGrid } from '@/analytics/kpi';
import { Loaded, Panel } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { ViewLink } from '@/analytics/view-link';
import { Page } from '@/app/page';
import { Donut } from '@/charts/donut';
import { SeriesChart } from '@/charts/series';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnWords } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { count, exactCount, rate } from '@/format/number';
import { classes } from '@/ui/classes';
import { controlClass } from '@/ui/field';
import { Empty } from '@/ui/notice';
import { Tab, TabPanel, Tabs } from '@/ui/tabs';
import { ErrorGroups } from './groups';
import { ErrorList } from './list';
import { ERROR_WORDS, KINDS, useErrorWords } from './words';

type Errors = Answer<'/api/analytics/{projectId}/errors'>;

function Cards({ data, compared }: { data: Errors | undefined; compared: boolean }) {
	return (
		<KpiGrid label="Key numbers">
			<KpiCard label="Errors" kpi={data?.kpis.errors} format={count} exact={exactCount} better="less" compared={compared} note={data ? `of ${count(data.kpis.invocations?.value)} tool calls` : ''} />
			<KpiCard label="Error rate" kpi={data?.kpis.errorRate} format={rate} better="less" compared={compared} />
			<KpiCard label="Recovered" kpi={data && { value: data.recovery.rate }} format={rate} compared={false} note={data ? `${count(data.recovery.recovered)} of ${count(data.recovery.errors)}: the next call succeeded` : ''} />
			<KpiCard label="Retry success" kpi={data && { value: data.retry.successRate }} format={rate} compared={false} note={data ? `${count(data.retry.succeeded)} of ${count(data.retry.retries)} retries` : ''} />
		</KpiGrid>
	);
}

const Fine = () => <Empty title="No errors in this period" />;

function Choices({ categories }: { categories: readonly string[] }) {
	const { url } = useFilters();
	const { kind, category } = useErrorWords();
	const known = [...new Set([...categories, 'widget', ...(category ? [category] : [])])];
	return (
		<div className="flex flex-wrap gap-2">
			<select aria-label="Kind of error" className={classes(controlClass, 'w-auto!')} value={kind} onChange={(e) => url.set({ kind: e.target.value === 'tool' ? undefined : e.target.value })}>
				{KINDS.map(([value, label]) => (
					<option key={value} value={value}>
						{label}
					</option>
				))}
			</select>
			<select aria-label="Category" className={classes(controlClass, 'w-auto!')} value={category ?? ''} onChange={(e) => url.set({ category: e.target.value })}>
				<option value="">All categories</option>
				{known.map((c) => (
					<option key={c}>{c}</option>
				))}
			</select>
		</div>
	);
}

export default function ErrorsPage() {
	const filters = useFilters();
	const { url } = filters;
	const words = useErrorWords();
	const query = useView('/api/analytics/{projectId}/errors', filters, { accepts: { compare: true } });
	const { tab = 'groups' } = useOwnWords({ tab: oneOf(['groups', 'list']) });
	const most = query.data?.tools[0]?.errors ?? 1;
	return (
		<Page title="Errors" actions={<FilterBar compare own={ERROR_WORDS} actions={<ExportMenu tables={[{ table: 'error-groups', title: 'Groups of errors', words }, { table: 'errors', title: 'Errors', words }]} />} />}>
			<RangeLine compare />
			{query.isError && !query.data ? (
				<Loaded what="the numbers" query={query}>
					{() => null}
				</Loaded>
			) : (
				<>
					<Cards data={query.data} compared={filters.compare} />
					<div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
						<Panel title="Error rate" what="the error rate" query={query} height="h-56" className="lg:col-span-2">
							{(d) => <SeriesChart title="Error rate" buckets={d.series.map((p) => p.bucket)} granularity={d.meta.granularity} zone={d.meta.timezone} series={[{ name: 'Error rate', kind: 'area', colour: 'error', values: d.series.map((p) => p.errorRate), format: rate }]} />}
						</Panel>
						<Panel title="Categories" what="the categories" query={query}>
							{(d) => (d.categories.length === 0 ? <Fine /> : <Donut title="Errors by category" slices={d.categories.map((c) => ({ key: c.category, label: c.category, value: c.count, share: c.share }))} />)}
						</Panel>
						<Panel title="Tools with errors" what="the tools" query={query}>
							{(d) =>
								d.tools.length === 0 ? (
									<Fine />
								) : (
									<Bars
										label="Tools with errors"
										bars={d.tools.slice(0, 8).map((t) => ({
											key: t.tool,
											label: (
												<ViewLink view="tools/$tool" params={{ tool: t.tool }} className="font-mono hover:underline">
													{t.tool}
												</ViewLink>
											),
											part: t.errors / most,
											text: count(t.errors),
											note: rate(t.errorRate),
										}))}
									/>
								)
							}
						</Panel>
					</div>
				</>
			)}
			<Tabs label="Errors" selected={tab} onSelect={(next) => next !== tab && url.set({ tab: next === 'groups' ? undefined : next, sort: undefined, order: undefined })}>
				{(list) => (
					<div>
						<div className="flex flex-wrap items-start justify-between gap-x-4">
							{list(
								<>
									<Tab id="groups">Groups</Tab>
									<Tab id="list">One by one</Tab>
								</>,
							)}
							<div className="pb-4">
								<Choices categories={query.data?.categories.map((c) => c.category) ?? []} />
							</div>
						</div>
						<TabPanel tabId="groups">{tab === 'groups' && <ErrorGroups />}</TabPanel>
						<TabPanel tabId="list">{tab === 'list' && <ErrorList />}</TabPanel>
					</div>
				)}
			</Tabs>
		</Page>
	);
}
