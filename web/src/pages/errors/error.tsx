// SPDX-License-Identifier: MIT
// One group of errors: what they say, where, since when, how often, and each of them.
import { useParams } from '@tanstack/react-router';
import type { Answer } from '@/api/client';
import { ToolLink } from '@/analytics/links';
import { Loaded, Panel } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { useViewTarget } from '@/analytics/view-link';
import { When } from '@/analytics/when';
import { Page } from '@/app/page';
import { SeriesChart } from '@/charts/series';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { RangeLine } from '@/filters/range-line';
import { count, exactCount } from '@/format/number';
import { Badge } from '@/ui/badge';
import { Card } from '@/ui/card';
import { type Fact, FactGrid } from '@/ui/facts';
import { Json } from '@/ui/json';
import { Empty } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';
import { ErrorList } from './list';

type Group = Answer<'/api/analytics/{projectId}/errors/groups'>['items'][number];
const TITLE_MAX = 120;

function facts(g: Group, zone: string): Fact[] {
	return [
		['Count', exactCount(g.count)],
		['Sessions', exactCount(g.sessions)],
		['Users', exactCount(g.users)],
		['First seen', <When key="first" at={g.firstSeen} zone={zone} />],
		['Last seen', <When key="last" at={g.lastSeen} zone={zone} />],
		['Category', <Badge key="category">{g.category}</Badge>],
		...(g.kind === 'tool' ? ([[g.tools.length === 1 ? 'Tool' : 'Tools', <ul key="tools" className="flex flex-wrap gap-x-4">{g.tools.map((tool) => <li key={tool} className="min-w-0"><ToolLink id={tool} /></li>)}</ul>, 'wide']] as const) : []),
	];
}

export default function ErrorPage() {
	const { fingerprint = '' }: Record<string, string | undefined> = useParams({ strict: false });
	const filters = useFilters();
	const target = useViewTarget();
	const extra = { fingerprint, kind: 'all' };
	const known = /^[0-9a-f]{16}$/.test(fingerprint);
	const groups = useView('/api/analytics/{projectId}/errors/groups', filters, { extra, enabled: known });
	const series = useView('/api/analytics/{projectId}/errors/series', filters, { extra, enabled: known });
	const group = groups.data?.items[0];
	const gone = !known || (groups.data !== undefined && group === undefined);
	return (
		<Page key={fingerprint} title={group?.message.slice(0, TITLE_MAX) || 'Error'} crumbs={[{ title: 'Errors', ...target({ view: 'errors' }) }]} actions={<FilterBar />}>
			<RangeLine />
			{groups.isError && !groups.data && (
				<Loaded what="the error" query={groups}>
					{() => null}
				</Loaded>
			)}
			{groups.isPending && known && (
				<>
					<Skeleton className="h-34" />
					<Skeleton className="h-33" />
				</>
			)}
			{gone ? (
				<Empty title="This error did not occur in this period">Widen the range, or clear the filters.</Empty>
			) : (
				<>
					{group && (
						<>
							<FactGrid label="Error" rows={facts(group, filters.timezone)} />
							<Card title="Latest message">
								<Json label="Its text" value={group.message} />
							</Card>
						</>
					)}
					<Panel title="Over time" what="the error over time" query={series} height="h-56">
						{(d) => <SeriesChart title="Errors" buckets={d.series.map((p) => p.bucket)} granularity={d.meta.granularity} zone={d.meta.timezone} series={[{ name: 'Errors', kind: 'area', colour: 'error', values: d.series.map((p) => p.errors), format: count }]} />}
					</Panel>
					<h2 className="text-section">Each of them</h2>
					<ErrorList fingerprint={fingerprint} />
				</>
			)}
		</Page>
	);
}
