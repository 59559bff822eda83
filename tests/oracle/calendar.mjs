// SPDX-License-Identifier: MIT
// Oracle of the analytics: buckets of the calendar in a time zone, by search in what Intl says, without arithmetic on offsets.
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const formats = new Map();
function format(zone) {
	if (!formats.has(zone)) {
		formats.set(zone, new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
			hour: '2-digit', minute: '2-digit', second: '2-digit' }));
	}
	return formats.get(zone);
}

function parts(t, zone) {
	return Object.fromEntries(format(zone).formatToParts(t).map(({ type, value }) => [type, value]));
}

/** Local date of an instant, "2026-11-02". */
export function dateOf(t, zone) {
	const p = parts(t, zone);
	return `${p.year}-${p.month}-${p.day}`;
}

export const addDays = (date, days) => new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);

const starts = new Map();
/** The first instant whose local date is this one: local dates never run backwards. */
export function startOfDate(date, zone) {
	const key = `${date} ${zone}`;
	if (!starts.has(key)) starts.set(key, searchStart(date, zone));
	return starts.get(key);
}

function searchStart(date, zone) {
	let before = Date.parse(date) - DAY;
	let at = Date.parse(date) + DAY;
	while (at - before > 1) {
		const middle = Math.floor((before + at) / 2);
		if (dateOf(middle, zone) >= date) at = middle;
		else before = middle;
	}
	return at;
}

/** Date at which the day, week (Monday) or month of a date begins. */
export function startOf(unit, date) {
	if (unit === 'day') return date;
	if (unit === 'month') return `${date.slice(0, 8)}01`;
	return addDays(date, -((new Date(date).getUTCDay() + 6) % 7));
}

/** The date k days, weeks or months behind one that begins a day, week or month. */
export function plus(unit, date, k) {
	if (unit !== 'month') return addDays(date, unit === 'week' ? 7 * k : k);
	const d = new Date(date);
	return new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + k, 1)).toISOString().slice(0, 10);
}

/** Instant at which the bucket of an instant begins. */
export function bucketOf(t, unit, zone) {
	if (unit !== 'hour') return startOfDate(startOf(unit, dateOf(t, zone)), zone);
	const p = parts(t, zone);
	return Math.floor(t / 1000) * 1000 - (Number(p.minute) * 60 + Number(p.second)) * 1000;
}

/** All buckets that a range touches, as instants. */
export function buckets(from, to, unit, zone) {
	const all = [];
	for (let at = bucketOf(from, unit, zone); at < to;) {
		all.push(at);
		if (unit === 'hour') at = bucketOf(at + HOUR, unit, zone);
		else at = startOfDate(plus(unit, dateOf(at, zone), 1), zone);
	}
	return all;
}

/** What granularity "auto" means for a range. */
export function granularity(asked, from, to) {
	if (asked && asked !== 'auto') return asked;
	const days = (to - from) / DAY;
	if (days <= 2) return 'hour';
	if (days <= 60) return 'day';
	return days <= 184 ? 'week' : 'month';
}
