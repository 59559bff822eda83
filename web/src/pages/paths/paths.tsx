// SPDX-License-Identifier: MIT
// What sessions do one after the other, from a start or up to an end that one chooses.
import type { ReactNode } from 'react';
import type { Answer } from '@/api/client';
import { NothingHere } from '@/analytics/empty';
import { typeName } from '@/analytics/event-kind';
import { type EventNames, useEventNames } from '@/analytics/event-names';
import { ExportMenu } from '@/analytics/export-menu';
import { KpiCard, KpiGrid } from '@/analytics/kpi';
import { Loaded, Panel } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { Page } from '@/app/page';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnWords, wholeNumber } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { count, exactCount, rate } from '@/format/number';
import { Button } from '@/ui/button';
import { Checkbox, controlClass } from '@/ui/field';
import { Combobox } from '@/ui/combobox';
import { Empty } from '@/ui/notice';
import { Table } from '@/ui/table';
import { nodeName, nodeParts } from './node-name';
import { Sankey } from './sankey';

type Sequence = Answer<'/api/analytics/{projectId}/paths'>['sequences'][number];

const DEPTH = 6;
const DEPTHS = [2, 3, 4, 5, 6, 7, 8, 9, 10];
const WITH_TRACK = ['tool_call', 'step', 'conversion', 'track'];
const NODE_MAX = 320;
const isNode = (word: string): boolean => /^[^:]+:./.test(word) && word.length <= NODE_MAX;

/** What was typed as a node: as it is, else the known node of that name, else a tool. */
function toNode(text: string, names: EventNames): string {
	if (text === '' || isNode(text)) return text;
	return names.nodes.find((n) => nodeName(n.value) === text)?.value ?? `tool_call:${text}`;
}

function NodePicker({ label, value, names, onPick }: { label: string; value: string | undefined; names: EventNames; onPick: (node: string | undefined) => void }) {
	return (
		<div className="flex items-center gap-2 text-small">
			<span className="whitespace-nowrap text-secondary">{label}</span>
			<Combobox
				label={label}
				mono
				className="w-52"
				value={value ?? ''}
				placeholder="anywhere"
				suggestions={names.nodes.map(({ value: v }) => ({ value: v, label: `${nodeName(v)} (${typeName(nodeParts(v).type)})` }))}
				onCommit={(text) => onPick(toNode(text, names) || undefined)}
			/>
		</div>
	);
}

const Steps = ({ of }: { of: Sequence }): ReactNode => (
	<ol className="flex min-w-64 flex-wrap items-center gap-x-1 gap-y-1">
		{of.steps.map((s, i) => (
			<li key={i} className="flex items-center gap-1" title={s}>
				{i > 0 && (
					<span aria-hidden className="text-secondary">
						→
					</span>
				)}
				<span className="max-w-56 truncate rounded bg-muted px-1.5 py-0.5 font-mono text-small">{nodeName(s)}</span>
			</li>
		))}
	</ol>
);

function Sequences({ rows }: { rows: readonly Sequence[] | undefined }) {
	return (
		<>
			<h2 className="text-section">Most frequent paths</h2>
			<Table
				label="Most frequent paths"
				rows={rows}
				rowKey={(s) => s.steps.join('\n')}
				columns={[
					{ key: 'steps', title: 'Path', cell: (s) => <Steps of={s} /> },
					{ key: 'sessions', title: 'Sessions', numeric: true, cell: (s) => <span title={exactCount(s.sessions)}>{count(s.sessions)}</span> },
					{ key: 'share', title: 'Share', numeric: true, cell: (s) => rate(s.share) },
					{ key: 'converted', title: 'Converted', numeric: true, cell: (s) => count(s.converted) },
					{ key: 'rate', title: 'Conversion rate', numeric: true, cell: (s) => rate(s.conversionRate) },
				]}
			/>
		</>
	);
}

const Legend = () => (
	<p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-small text-secondary">
		<span className="flex items-center gap-1.5">
			<span aria-hidden className="size-2.5 rounded-sm bg-success-mark" /> ends here, converted
		</span>
		<span className="flex items-center gap-1.5">
			<span aria-hidden className="size-2.5 rounded-sm bg-error-mark" /> ends here, never converts
		</span>
	</p>
);

export default function PathsPage() {
	const filters = useFilters();
	const { url } = filters;
	const own = useOwnWords({ start: isNode, end: isNode, depth: wholeNumber(2, 10), collapse: oneOf(['0', '1']), track: oneOf(['1']) });
	const { track, ...rest } = own;
	const words = { ...rest, ...(track ? { nodes: WITH_TRACK } : {}) };
	const query = useView('/api/analytics/{projectId}/paths', filters, { extra: words });
	const names = useEventNames(filters);
	const { data } = query;
	const chosen = own.start !== undefined || own.end !== undefined;
	const totals = data?.totals;
	const clear = () => url.set({ start: undefined, end: undefined });
	return (
		<Page title="Paths" actions={<FilterBar actions={<ExportMenu tables={[{ table: 'path-links', title: 'Links', words }, { table: 'path-sequences', title: 'Most frequent paths', words }]} />} />}>
			<RangeLine />
			<div className="flex flex-wrap items-center gap-x-5 gap-y-3">
				<NodePicker label="Start" value={own.start} names={names} onPick={(start) => url.set({ start })} />
				<NodePicker label="End" value={own.end} names={names} onPick={(end) => url.set({ end })} />
				<label className="flex items-center gap-2 text-small">
					<span className="whitespace-nowrap text-secondary">Steps shown</span>
					<select className={`${controlClass} w-auto`} value={own.depth ?? DEPTH} onChange={(e) => url.set({ depth: Number(e.target.value) === DEPTH ? undefined : e.target.value })}>
						{DEPTHS.map((d) => (
							<option key={d}>{d}</option>
						))}
					</select>
				</label>
				<Checkbox label="Join repeats" checked={own.collapse === '1'} onChange={(e) => url.set({ collapse: e.target.checked ? '1' : undefined })} />
				<Checkbox label="Custom events" checked={track === '1'} onChange={(e) => url.set({ track: e.target.checked ? '1' : undefined })} />
				{chosen && (
					<Button kind="quiet" size="small" onClick={clear}>
						Clear start and end
					</Button>
				)}
			</div>
			{query.isError && !data ? (
				<Loaded what="the paths" query={query}>
					{() => null}
				</Loaded>
			) : totals?.sessions === 0 ? (
				chosen ? (
					<Empty title="No session has such a path" action={<Button onClick={clear}>Clear start and end</Button>} />
				) : (
					<NothingHere things="paths" />
				)
			) : (
				<>
					<KpiGrid label="Key numbers">
						<KpiCard label="Sessions" kpi={totals && { value: totals.sessions }} format={count} exact={exactCount} compared={false} />
						<KpiCard label="Converted" kpi={totals && { value: totals.converted }} format={count} exact={exactCount} compared={false} note={totals ? rate(totals.converted / totals.sessions) : ''} />
						<KpiCard label="Without a conversion" kpi={totals && { value: totals.dropped }} format={count} exact={exactCount} compared={false} note={totals ? rate(totals.dropped / totals.sessions) : ''} />
					</KpiGrid>
					<Panel title="Paths" what="the paths" query={query} height="h-120">
						{(d) =>
							d.links.length === 0 ? (
								<Empty title="No session did two things">A path needs a session with two tool calls, steps or conversions, one after the other.</Empty>
							) : (
								<div className="flex flex-col gap-3">
									<Sankey data={d} onStart={(start) => url.set({ start })} onEnd={(end) => url.set({ end })} />
									<Legend />
								</div>
							)
						}
					</Panel>
					<Sequences rows={data?.sequences} />
				</>
			)}
		</Page>
	);
}
