// SPDX-License-Identifier: MIT
// Numbers over time: lines, an area, stacked bars; the same axis, tooltip and table for all.
import { type Granularity, bucket, bucketLong } from '@/format/time';
import { Chart } from './chart';
import { DASHES, type Palette } from './palette';

export interface Series {
	name: string;
	values: readonly (number | null)[];
	kind?: 'line' | 'area' | 'stack';
	/** number of the palette, or a meaning */
	colour?: number | 'error';
	format: (n: number | null | undefined) => string;
}
interface Props {
	title: string;
	buckets: readonly string[];
	granularity: Granularity;
	zone: string;
	series: readonly Series[];
	height?: string;
}
const LABELS_MAX = 10;

const colourOf = (s: Series, i: number, c: Palette): string => (s.colour === 'error' ? c.error : (c.series[(typeof s.colour === 'number' ? s.colour : i) % c.series.length] ?? c.text));

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
	const { buckets, granularity, zone, series, height } = props;
	const option = (c: Palette) => ({
		grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
		tooltip: {
			trigger: 'axis',
			renderMode: 'richText',
			backgroundColor: c.panel,
			borderColor: c.line,
			textStyle: { color: c.text, fontSize: 12 },
			formatter: (points: { dataIndex: number; seriesIndex: number }[]) => {
				const [one] = points;
				if (!one) return '';
				return [bucketLong(String(buckets[one.dataIndex]), granularity, zone), ...points.map((p) => `${series[p.seriesIndex]?.name}: ${series[p.seriesIndex]?.format(series[p.seriesIndex]?.values[p.dataIndex] ?? null)}`)].join('\n');
			},
		},
		xAxis: {
			type: 'category',
			data: buckets.map((b) => bucket(b, granularity, zone)),
			boundaryGap: series.some((s) => s.kind === 'stack'),
			axisLine: { lineStyle: { color: c.line } },
			axisTick: { show: false },
			axisLabel: { color: c.secondary, fontSize: 12, hideOverlap: true, interval: Math.max(0, Math.ceil(buckets.length / LABELS_MAX) - 1) },
		},
		yAxis: {
			type: 'value',
			min: 0,
			axisLabel: { color: c.secondary, fontSize: 12, formatter: (v: number) => series[0]?.format(v) ?? String(v) },
			splitLine: { lineStyle: { color: c.line, type: 'dashed' } },
			splitNumber: 4,
		},
		series: series.map((s, i) => {
			const colour = colourOf(s, i, c);
			return {
				name: s.name,
				type: s.kind === 'stack' ? 'bar' : 'line',
				...(s.kind === 'stack' ? { stack: 'all', barMaxWidth: 24 } : {}),
				data: s.values,
				showSymbol: s.values.filter((v) => v !== null).length === 1,
				connectNulls: false,
				itemStyle: { color: colour },
				lineStyle: { color: colour, width: 1.5, type: DASHES[i % DASHES.length] },
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
				{...(height ? { height } : {})}
			/>
			{series.length > 1 && (
				<ul className="flex flex-wrap gap-x-4 gap-y-1 text-small text-secondary">
					{series.map((s, i) => (
						<li key={s.name} className="flex items-center gap-1.5">
							<Mark index={i} colour={s.colour} />
							{s.name}
						</li>
					))}
				</ul>
			)}
		</div>
	);
}

function Mark({ index, colour }: { index: number; colour: Series['colour'] }) {
	const dash = DASHES[index % DASHES.length];
	const name = colour === 'error' ? 'var(--error-mark)' : `var(--series-${typeof colour === 'number' ? colour : index % 6})`;
	return (
		<svg aria-hidden width="20" height="4" viewBox="0 0 20 4">
			<line x1="0" y1="2" x2="20" y2="2" stroke={name} strokeWidth="2" strokeDasharray={dash === 'solid' || dash === undefined ? undefined : dash.join(' ')} />
		</svg>
	);
}
