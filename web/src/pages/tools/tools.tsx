// SPDX-License-Identifier: MIT
// All tools, as a table that sorts.
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import { orderOf } from '@/analytics/export-tables';
import { SearchField } from '@/analytics/search-field';
import { useView } from '@/analytics/view';
import { ViewLink } from '@/analytics/view-link';
import { ViewTable } from '@/analytics/view-table';
import { When } from '@/analytics/when';
import { useListState } from '@/app/paging';
import { Page } from '@/app/page';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnWords } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { count, duration, exactCount, rate } from '@/format/number';
import { Badge } from '@/ui/badge';
import { Checkbox } from '@/ui/field';

const SORTS = ['calls', 'tool', 'successRate', 'errorRate', 'errors', 'avgLatencyMs', 'p95LatencyMs', 'users', 'sessions', 'lastCalledAt'];

function ShareBar({ share }: { share: number | null }) {
	return (
		<span className="flex items-center justify-end gap-2">
			<span aria-hidden className="h-1.5 w-16 rounded-full bg-muted">
				<span className="block h-full rounded-full bg-accent" style={{ width: `${(share ?? 0) * 100}%` }} />
			</span>
			<span className="min-w-12">{rate(share)}</span>
		</span>
	);
}

export default function ToolsPage() {
	const filters = useFilters();
	const list = useListState({ sort: 'calls', order: 'desc' }, SORTS);
	const unused = useOwnWords({ unused: oneOf(['1']) }).unused === '1';
	const words = { q: filters.url.text('q'), ...(unused ? { unused: '1' } : {}) };
	const query = useView('/api/analytics/{projectId}/tools', filters, { extra: { ...list.query, ...words } });
	const { timezone } = filters;
	return (
		<Page title="Tools" actions={<FilterBar actions={<ExportMenu tables={[{ table: 'tools', title: 'Tools', words: { ...orderOf(list.query), ...words } }]} />} />}>
			<RangeLine />
			<div className="flex flex-wrap items-center gap-4">
				<SearchField label="Find a tool" />
				<Checkbox label="Show unused tools" checked={unused} onChange={(e) => filters.url.set({ unused: e.target.checked ? '1' : undefined })} />
			</div>
			<ViewTable
				label="Tools"
				what="the tools"
				query={query}
				list={list}
				rowKey={(t) => t.tool}
				opens={(t) => ({ view: 'tools/$tool', params: { tool: t.tool } })}
				empty={<NothingHere things="tool calls" />}
				columns={[
					{
						key: 'tool',
						title: 'Tool',
						sort: 'tool',
						cell: (t) => (
							<span className="flex max-w-80 items-center gap-2" title={t.description ?? t.tool}>
								<ViewLink view="tools/$tool" params={{ tool: t.tool }} className="truncate font-mono hover:underline">
									{t.tool}
								</ViewLink>
								{t.calls === 0 && <Badge>unused</Badge>}
							</span>
						),
					},
					{ key: 'calls', title: 'Calls', sort: 'calls', numeric: true, cell: (t) => <span title={exactCount(t.calls)}>{count(t.calls)}</span> },
					{ key: 'share', title: 'Share', numeric: true, cell: (t) => <ShareBar share={t.share} /> },
					{ key: 'success', title: 'Success', sort: 'successRate', numeric: true, cell: (t) => rate(t.successRate) },
					{ key: 'errors', title: 'Errors', sort: 'errors', numeric: true, cell: (t) => <span className={t.errors > 0 ? 'text-error' : undefined}>{count(t.errors)}</span> },
					{ key: 'errorRate', title: 'Error rate', sort: 'errorRate', numeric: true, cell: (t) => rate(t.errorRate) },
					{ key: 'avg', title: 'Mean', sort: 'avgLatencyMs', numeric: true, cell: (t) => duration(t.avgLatencyMs) },
					{ key: 'p95', title: 'p95', sort: 'p95LatencyMs', numeric: true, cell: (t) => duration(t.p95LatencyMs) },
					{ key: 'users', title: 'Users', sort: 'users', numeric: true, cell: (t) => count(t.users) },
					{ key: 'last', title: 'Last called', sort: 'lastCalledAt', numeric: true, cell: (t) => <When at={t.lastCalledAt} zone={timezone} relative /> },
				]}
			/>
		</Page>
	);
}
