// SPDX-License-Identifier: MIT
// Oracle of the analytics: the arithmetic of the definitions, the slow way.
const MONEY = 10_000n;

export const iso = (t) => (t === null ? null : new Date(t).toISOString());
export const round = (x) => (x === null || Number.isInteger(x) ? x : Number(x.toFixed(6)));
/** Nothing over nothing is unknown, not 0. */
export const rate = (part, whole) => (whole === 0 ? null : round(part / whole));
export const mean = (values) => (values.length === 0 ? null : round(values.reduce((a, b) => a + b, 0) / values.length));
export const sum = (values) => values.reduce((a, b) => a + b, 0);
export const distinct = (values) => [...new Set(values)];

/** Linear between the closest ranks. */
export function percentile(values, p) {
	if (values.length === 0) return null;
	const sorted = [...values].sort((a, b) => a - b);
	const at = (sorted.length - 1) * p;
	const below = sorted[Math.floor(at)];
	return round(below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at)));
}
export const median = (values) => percentile(values, 0.5);

export const kpi = (value, previous, compared) => {
	if (!compared) return { value, previous: null, change: null };
	const change = value === null || previous === null || previous === 0 ? null : round((value - previous) / previous);
	return { value, previous, change };
};

/** Money as a whole number of ten-thousandths; null: none. */
export function money(text) {
	if (text === null || text === undefined || text === '') return null;
	const [, sign, units, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,4})0*)?$/.exec(String(text));
	const value = BigInt(units) * MONEY + BigInt(fraction.padEnd(4, '0'));
	return sign ? -value : value;
}
export const amount = (value) => Number(value) / Number(MONEY);

/** Compares texts as bytes, as the store does. */
export const byText = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
/** Groups into a map, in order of first appearance. */
export function group(items, key) {
	const groups = new Map();
	for (const item of items) {
		const k = key(item);
		if (!groups.has(k)) groups.set(k, []);
		groups.get(k).push(item);
	}
	return groups;
}
/** A comparison by several keys: [item => value, 1 or -1]…; null comes last. */
export function by(...keys) {
	return (a, b) => {
		for (const [of, sign = 1] of keys) {
			const [x, y] = [of(a), of(b)];
			if (x === y) continue;
			if (x === null) return 1;
			if (y === null) return -1;
			const order = typeof x === 'string' ? byText(x, y) : x < y ? -1 : 1;
			if (order !== 0) return order * sign;
		}
		return 0;
	};
}
