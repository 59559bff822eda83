// SPDX-License-Identifier: MIT
// The axis of a timeline. What happens is short, what lies between is long: the longest idle times are cut out and marked, all
// else keeps its proportion.
export interface Span {
	/** ms since the beginning; a moment has both the same */
	from: number;
	to: number;
}
export interface Axis {
	/** 0 … 1 of the width; times outside of all spans go to the nearest end */
	at(ms: number): number;
	/** idle times that are cut out: where, and how long */
	breaks: readonly { from: number; to: number; ms: number }[];
	ticks: readonly { at: number; ms: number }[];
}

const BREAK_MS = 30_000;
const BREAK_SHARE = 0.05;
const BREAKS_MAX = 8;
const BREAK_WIDTH = 0.04;
const SEGMENT_MIN = 0.04;
const TICKS = 5;

/** Spans that touch or overlap, as one. */
function merged(spans: readonly Span[]): Span[] {
	const out: Span[] = [];
	for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
		const last = out.at(-1);
		if (last && from <= last.to) last.to = Math.max(last.to, to);
		else out.push({ from, to: Math.max(from, to) });
	}
	return out;
}

/** Segments between the idle times that are worth to be cut out. */
function segments(busy: readonly Span[]): Span[] {
	const total = (busy.at(-1)?.to ?? 0) - (busy[0]?.from ?? 0);
	const idle = (i: number) => (busy[i]?.from ?? 0) - (busy[i - 1]?.to ?? 0);
	const cuts = busy
		.map((_, i) => i)
		.filter((i) => i > 0 && idle(i) >= BREAK_MS && idle(i) >= total * BREAK_SHARE)
		.sort((a, b) => idle(b) - idle(a))
		.slice(0, BREAKS_MAX)
		.sort((a, b) => a - b);
	return [0, ...cuts].map((first, i) => ({ from: busy[first]?.from ?? 0, to: busy[(cuts[i] ?? busy.length) - 1]?.to ?? 0 }));
}

/** A round step of which about TICKS fit. */
function step(length: number): number {
	const size = 10 ** Math.floor(Math.log10(length / TICKS));
	return [1, 2, 5, 10].map((n) => n * size).find((s) => length / s <= TICKS) ?? length;
}

export function axisOf(spans: readonly Span[]): Axis {
	const parts = segments(merged(spans.length ? spans : [{ from: 0, to: 0 }]));
	const length = parts.reduce((n, p) => n + p.to - p.from, 0);
	const room = 1 - BREAK_WIDTH * (parts.length - 1);
	const least = parts.length > 1 ? SEGMENT_MIN : 0;
	let x = 0;
	const placed = parts.map((p, i) => {
		const width = length > 0 ? least + (room - least * parts.length) * ((p.to - p.from) / length) : room / parts.length;
		const start = i === 0 ? 0 : x + BREAK_WIDTH;
		x = start + width;
		return { ...p, start, width };
	});
	const at = (ms: number): number => {
		let best = 0;
		for (const p of placed) {
			if (ms < p.from) break;
			const share = p.to > p.from ? Math.min(1, (ms - p.from) / (p.to - p.from)) : 0;
			best = p.start + p.width * share;
		}
		return best;
	};
	const breaks = placed.slice(1).map((p, i) => ({ from: p.start - BREAK_WIDTH, to: p.start, ms: p.from - (parts[i]?.to ?? 0) }));
	const [only] = placed;
	const every = placed.length === 1 && only && only.to > only.from ? step(only.to - only.from) : 0;
	const times = every > 0 && only ? Array.from({ length: Math.floor((only.to - only.from) / every) + 1 }, (_, i) => only.from + i * every) : placed.map((p) => p.from);
	return { at, breaks, ticks: times.map((ms) => ({ at: at(ms), ms })) };
}
