// SPDX-License-Identifier: MIT
// The range of a page: relative ones stay relative in the URL, pinned ones are two instants.
export type RelativeRange = '24h' | '7d' | '30d' | '90d';
export interface PinnedRange {
	from: string;
	to: string;
}
export type Range = { relative: RelativeRange } | PinnedRange;

export const HOUR_MS = 3_600_000;
const LENGTH_MS: Record<RelativeRange, number> = { '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS, '30d': 30 * 24 * HOUR_MS, '90d': 90 * 24 * HOUR_MS };
export const RANGE_LABEL: Record<RelativeRange, string> = { '24h': 'Last 24 hours', '7d': 'Last 7 days', '30d': 'Last 30 days', '90d': 'Last 90 days' };
export const RELATIVE_RANGES = Object.keys(RANGE_LABEL) as RelativeRange[];
export const DEFAULT_RANGE: RelativeRange = '7d';

export const isRelative = (range: Range): range is { relative: RelativeRange } => 'relative' in range;
const instant = (text: string | undefined): string | null => (text !== undefined && /(Z|[+-]\d\d:\d\d)$/.test(text) && Number.isFinite(Date.parse(text)) ? new Date(text).toISOString() : null);

/** Reads `range` or `from` and `to`; invalid: the default was taken. */
export function readRange(words: { range?: string | undefined; from?: string | undefined; to?: string | undefined }): { range: Range; invalid: boolean } {
	const fallback: Range = { relative: DEFAULT_RANGE };
	if (words.from !== undefined || words.to !== undefined) {
		const from = instant(words.from);
		const to = instant(words.to);
		return from && to && from < to ? { range: { from, to }, invalid: false } : { range: fallback, invalid: true };
	}
	if (words.range === undefined) return { range: fallback, invalid: false };
	return (RELATIVE_RANGES as string[]).includes(words.range) ? { range: { relative: words.range as RelativeRange }, invalid: false } : { range: fallback, invalid: true };
}

/** The instants of a range. A relative one ends at `now`. */
export function resolve(range: Range, now: number): PinnedRange {
	if (!isRelative(range)) return range;
	return { from: new Date(now - LENGTH_MS[range.relative]).toISOString(), to: new Date(now).toISOString() };
}
