// SPDX-License-Identifier: MIT
// One number for each of some named classes: columns, or a line where the classes follow each other.
import { GRID, namesAxis, tooltipLook, valuesAxis } from './axes';
import { Chart } from './chart';

export interface Column {
	/** on the axis */
	name: string;
	/** in tooltip and table, when it says more */
	longName?: string;
	value: number | null;
	/** said beside the value in the tooltip */
	note?: string;
}
interface Props {
	/** what the chart says, in a sentence */
	label: string;
	columns: readonly Column[];
	format: (n: number | null | undefined) => string;
	/** heads of the table */
	head: readonly [string, string];
	kind?: 'bars' | 'line';
	/** the axis ends there, such as 1 for rates */
	max?: number;
	height?: string;
}

export function Columns({ label, columns, format, head, kind = 'bars', max, height }: Props) {
	const long = columns.map((k) => k.longName ?? k.name);
	const line = kind === 'line';
	return (
		<Chart
			label={label}
			version={JSON.stringify([columns, kind])}
			option={(c) => ({
				grid: GRID,
				tooltip: { ...tooltipLook(c), trigger: line ? 'axis' : 'item', formatter: (p: { dataIndex: number } | { dataIndex: number }[]) => {
					const i = (Array.isArray(p) ? p[0]?.dataIndex : p.dataIndex) ?? 0;
					const one = columns[i];
					return one ? `${long[i]}: ${format(one.value)}${one.note ? `, ${one.note}` : ''}` : '';
				} },
				xAxis: namesAxis(c, columns.map((k) => k.name), !line),
				yAxis: { ...valuesAxis(c, format, max === undefined), ...(max === undefined ? {} : { max, interval: max / 4 }) },
				series: [line ? { type: 'line', data: columns.map((k) => k.value), itemStyle: { color: c.accent }, lineStyle: { color: c.accent, width: 1.5 }, areaStyle: { color: c.accent, opacity: 0.07 }, showSymbol: columns.length === 1, connectNulls: false } : { type: 'bar', data: columns.map((k) => k.value), itemStyle: { color: c.accent }, barCategoryGap: '20%', barMaxWidth: 48 }],
			})}
			table={{ head, rows: columns.map((k, i) => [long[i], format(k.value)]) }}
			{...(height ? { height } : {})}
		/>
	);
}
