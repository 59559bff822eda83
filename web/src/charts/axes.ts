// SPDX-License-Identifier: MIT
// How axes, grid and tooltips of all charts look.
import type { Palette } from './palette';

const LABELS_MAX = 10;

export const GRID = { left: 8, right: 12, top: 12, bottom: 4, containLabel: true };
export const tooltipLook = (c: Palette) => ({ renderMode: 'richText', backgroundColor: c.panel, borderColor: c.line, textStyle: { color: c.text, fontSize: 12 } });
/** Places with names; at most ten names are written. gap: bars need room at both ends. */
export const namesAxis = (c: Palette, names: readonly string[], gap: boolean) => ({
	type: 'category',
	data: names,
	boundaryGap: gap,
	axisLine: { lineStyle: { color: c.line } },
	axisTick: { show: false },
	axisLabel: { color: c.secondary, fontSize: 12, margin: 12, hideOverlap: true, interval: Math.max(0, Math.ceil(names.length / LABELS_MAX) - 1) },
});
export const valuesAxis = (c: Palette, format: (n: number) => string, whole = false) => ({
	type: 'value',
	min: 0,
	axisLabel: { color: c.secondary, fontSize: 12, formatter: format },
	splitLine: { lineStyle: { color: c.line, type: 'dashed' } },
	splitNumber: 4,
	...(whole ? { minInterval: 1 } : {}),
});
