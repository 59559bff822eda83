// SPDX-License-Identifier: MIT
// Numbers as people read them. null, the API's "cannot be said", is a dash.
export const NONE = '–';

const grouped = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const COMPACT_FROM = 10_000;

/** 9,999 · 12.3K · 1.2M. The exact number belongs into the title: exactCount. */
export function count(n: number | null | undefined): string {
	if (n === null || n === undefined) return NONE;
	const size = Math.abs(n);
	if (size < COMPACT_FROM) return grouped.format(n);
	for (const [unit, letter] of [[1e9, 'B'], [1e6, 'M'], [1e3, 'K']] as const) {
		// 999,950 would round to 1000.0K
		if (size >= unit * 0.99995) return `${(n / unit).toFixed(1)}${letter}`;
	}
	return grouped.format(n);
}
export const exactCount = (n: number | null | undefined): string => (n === null || n === undefined ? NONE : grouped.format(n));

/** 0.123 → 12.3% */
export function rate(r: number | null | undefined): string {
	if (r === null || r === undefined) return NONE;
	if (r > 0 && r < 0.001) return '<0.1%';
	return `${(r * 100).toFixed(1)}%`;
}

/** 850 µs · 142 ms · 1.24 s · 3 min 20 s · 2 h 05 min */
export function duration(ms: number | null | undefined): string {
	if (ms === null || ms === undefined) return NONE;
	if (ms < 0) return `-${duration(-ms)}`;
	if (ms === 0) return '0 ms';
	if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`;
	if (ms < 999.5) return `${ms < 9.95 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
	const s = ms / 1000;
	if (s < 59.995) return `${s < 9.995 ? s.toFixed(2) : s.toFixed(1)} s`;
	const whole = Math.round(s);
	if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
	const minutes = Math.round(whole / 60);
	if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
	return `${grouped.format(Math.round(minutes / 1440))} days`;
}

/** 512 B · 2.0 KB · 1.4 MB */
export function bytes(n: number | null | undefined): string {
	if (n === null || n === undefined) return NONE;
	if (n < 1024) return `${Math.round(n)} B`;
	for (const [unit, name] of [[1024 ** 3, 'GB'], [1024 ** 2, 'MB'], [1024, 'KB']] as const) if (n >= unit * 0.99995) return `${(n / unit).toFixed(1)} ${name}`;
	return `${Math.round(n)} B`;
}

export const NO_CURRENCY = 'XXX';
/** An amount of one currency with its code; whole: without decimals from 1,000 on, for cards. */
export function money(value: number | null | undefined, currency: string, whole = false): string {
	if (value === null || value === undefined) return NONE;
	const digits = whole && Math.abs(value) >= 1000 ? 0 : undefined;
	if (currency === NO_CURRENCY) return `${new Intl.NumberFormat(undefined, { minimumFractionDigits: digits ?? 2, maximumFractionDigits: digits ?? 2 }).format(value)} (no currency)`;
	try {
		return new Intl.NumberFormat(undefined, { style: 'currency', currency, currencyDisplay: 'code', ...(digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits }) }).format(value);
	} catch {
		return `${currency} ${value}`;
	}
}

/** +0.123 → "▲ 12.3%"; null → null: there was nothing to compare with. */
export function change(c: number | null | undefined): string | null {
	if (c === null || c === undefined) return null;
	if (c === 0) return '± 0.0%';
	return `${c > 0 ? '▲' : '▼'} ${rate(Math.abs(c))}`;
}
