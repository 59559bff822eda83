// SPDX-License-Identifier: MIT
// Numbers over time: lines, an area, stacked bars; the same axis, tooltip and table for all.
import { useUrlState } from '@/app/url-state';
import { count } from '@/format/number';
import { type Granularity, bucket, bucketLong } from '@/format/time';
import { GRID, namesAxis, tooltipLook, valuesAxis } from './axes';
import { Chart } from './chart';
import { DASHES, DOTS, type Palette } from './palette';

export interface Series {
	name: string;
	values: readonly (number | null)[];
	kind?: 'line' | 'area' | 'stack' | 'dots';
	/** number of the palette, or a meaning */
	colour?: number | 'error';
	format: (n: number | null | undefined) => string;
	/** at the axis, where the format says too much; of the first series */
	axis?: (n: number) => string;
}
interface Props {
	title: string;
	buckets: readonly string[];
	granularity: Granularity;
	zone: string;
	series: readonly Series[];
	/** the instant at which the last bucket ends: drawing over buckets makes them the page's range */
	until?: string;
	height?: string;
}

const colourOf = (s: Series, i: number, c: Palette): string => (s.colour === 'error' ? c.error : (c.series[(typeof s.colour === 'number' ? s.colour : i) % c.series.length] ?? c.text));

type Values = Series['values'];
/** a value between gaps, of which no line would be seen */
const isAlone = (values: Values, at: number) => values[at] !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
/** Data of a line with dots for such values and for no others. */
function dotted(values: Values) {
	if (!values.some((_, at) => isAlone(values, at))) return { data: values, showSymbol: false };
	return { data: values.map((value, at) => (isAlone(values, at) ? { value } : { value, symbol: 'none' })), showSymbol: true, showAllSymbol: true };
}

/** "Invocations, daily, Nov 2 – Nov 15: 14 in all, peak 4 on Nov 2" */
function sentence({ title, buckets, granularity, zone, series }: Props): string {
	const [first] = series;
	if (!first || buckets.length === 0) return `${title}: no data`;
	const known = first.values.filter((v): v is number => v !== null);
	const peak = known.length ? Math.max(...known) : null;
	const at = buckets[first.values.indexOf(peak)];
	const every = { hour: 'hourly', day: 'daily', week: 'weekly', month: 'monthly' }[granularity];
	const span = `${bucketLong(String(buckets[0]), granularity, zone)} – ${bucketLong(String(buckets.at(-1)), granularity, zone)}`;
	return `${title}, ${every}, ${span}: ${peak === null || at === undefined ? 'no data' : `peak ${first.format(peak)} on ${bucketLong(at, granularity, zone)}`}`;
}

export function SeriesChart(props: Props) {
	const { buckets, granularity, zone, series, until, height } = props;
	const url = useUrlState();
	const onBrush = until === undefined ? undefined : (first: number, last: number) => url.set({ range: undefined, from: buckets[first], to: buckets[last + 1] ?? until });
	const option = (c: Palette) => ({
		grid: GRID,
		tooltip: {
			...tooltipLook(c),
			trigger: 'axis',
			formatter: (points: { dataIndex: number; seriesIndex: number }[]) => {
				const [one] = points;
				if (!one) return '';
				return [bucketLong(String(buckets[one.dataIndex]), granularity, zone), ...points.map((p) => `${series[p.seriesIndex]?.name}: ${series[p.seriesIndex]?.format(series[p.seriesIndex]?.values[p.dataIndex] ?? null)}`)].join('\n');
			},
		},
		xAxis: namesAxis(c, buckets.map((b) => bucket(b, granularity, zone)), series.some((s) => s.kind === 'stack')),
		yAxis: valuesAxis(c, series[0]?.axis ?? ((v) => series[0]?.format(v) ?? String(v)), series.every((s) => s.format === count)),
		series: series.map((s, i) => {
			const colour = colourOf(s, i, c);
			return {
				name: s.name,
				type: s.kind === 'stack' ? 'bar' : 'line',
				...(s.kind === 'stack' ? { stack: 'all', barMaxWidth: 24 } : {}),
				...dotted(s.values),
				connectNulls: false,
				itemStyle: { color: colour },
				lineStyle: { color: colour, width: 1.5, type: s.kind === 'dots' ? DOTS : DASHES[i % DASHES.length] },
				...(s.kind === 'area' ? { areaStyle: { color: colour, opacity: 0.07 } } : {}),
			};
		}),
	});
	return (
		<div className="flex flex-col gap-2">
			<Chart
				label={sentence(props)}
				option={option}
				version={JSON.stringify([buckets, granularity, zone, series.map((s) => [s.name, s.values])])}
				table={{
					head: ['Time', ...series.map((s) => s.name)],
					rows: buckets.map((b, i) => [bucketLong(b, granularity, zone), ...series.map((s) => s.format(s.values[i] ?? null))]),
				}}
				places={buckets.length}
				onBrush={onBrush}
				{...(height ? { height } : {})}
			/>
			{series.length > 1 && (
				<ul className="flex flex-wrap gap-x-4 gap-y-1 text-small text-secondary">
					{series.map((s, i) => (
						<li key={s.name} className="flex items-center gap-1.5">
							<Mark index={i} colour={s.colour} kind={s.kind} />
							{s.name}
						</li>
					))}
				</ul>
			)}
		</div>
	);
}

function Mark({ index, colour, kind }: { index: number; colour: Series['colour']; kind: Series['kind'] }) {
	const dash = kind === 'dots' ? DOTS : DASHES[index % DASHES.length];
	const name = colour === 'error' ? 'var(--error-mark)' : `var(--series-${typeof colour === 'number' ? colour : index % 6})`;
	if (kind === 'stack') return <span aria-hidden className="size-2.5 rounded-sm" style={{ background: name }} />;
	return (
		<svg aria-hidden width="20" height="4" viewBox="0 0 20 4">
			<line x1="0" y1="2" x2="20" y2="2" stroke={name} strokeWidth="2" strokeDasharray={dash === 'solid' || dash === undefined ? undefined : dash.join(' ')} />
		</svg>
	);
}
