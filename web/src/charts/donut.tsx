// SPDX-License-Identifier: MIT
// Shares of a whole: five slices and the rest, the numbers in the legend.
import type { ReactNode } from 'react';
import { count, rate } from '@/format/number';
import { Chart } from './chart';
import type { Palette } from './palette';

export interface Slice {
	key: string;
	label: string;
	value: number;
	/** of the whole; from the API where it says it */
	share: number | null;
	/** what stands in the legend in place of the label, such as a link */
	title?: ReactNode;
}
const SLICES = 5;

export function Donut({ title, slices }: { title: string; slices: readonly Slice[] }) {
	const shown: Slice[] = slices.slice(0, SLICES);
	const rest = slices.slice(SLICES);
	if (rest.length > 0) shown.push({ key: '\0other', label: `Other (${rest.length})`, value: rest.reduce((n, s) => n + s.value, 0), share: rest.reduce((n, s) => n + (s.share ?? 0), 0) });
	const option = (c: Palette) => ({
		tooltip: { trigger: 'item', renderMode: 'richText', backgroundColor: c.panel, borderColor: c.line, textStyle: { color: c.text, fontSize: 12 }, formatter: (p: { dataIndex: number }) => `${shown[p.dataIndex]?.label}: ${count(shown[p.dataIndex]?.value)}` },
		series: [
			{
				type: 'pie',
				radius: ['62%', '92%'],
				label: { show: false },
				emphasis: { scale: false },
				itemStyle: { borderColor: c.panel, borderWidth: 2 },
				data: shown.map((s, i) => ({ name: s.label, value: s.value, itemStyle: { color: c.series[i % c.series.length] } })),
			},
		],
	});
	return (
		<div className="flex flex-wrap items-center gap-6">
			<div className="w-36 shrink-0">
				<Chart label={`${title}: ${shown.map((s) => `${s.label} ${rate(s.share)}`).join(', ')}`} height="h-36" option={option} version={JSON.stringify(shown.map((s) => [s.label, s.value]))} table={{ head: ['', 'Count', 'Share'], rows: slices.map((s) => [s.label, count(s.value), rate(s.share)]) }} />
			</div>
			<ul className="flex min-w-40 grow flex-col gap-1.5">
				{shown.map((s, i) => (
					<li key={s.key} className="flex items-center gap-2">
						<span aria-hidden className="size-2.5 shrink-0 rounded-sm" style={{ background: `var(--series-${i % 6})` }} />
						<span className="min-w-0 grow truncate">{s.title ?? s.label}</span>
						<span className="tabular">{count(s.value)}</span>
						<span className="tabular w-14 text-right text-small text-secondary">{rate(s.share)}</span>
					</li>
				))}
			</ul>
		</div>
	);
}
