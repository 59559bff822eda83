// SPDX-License-Identifier: MIT
// Times in the zone that was chosen for the page.
import { NONE } from './number';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = zone + JSON.stringify(options);
	let found = formats.get(key);
	if (!found) {
		found = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...options });
		formats.set(key, found);
	}
	return found;
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
/** Whether the browser knows the zone; the server may know more or fewer. */
export function isZone(zone: string): boolean {
	try {
		format(zone, {});
		return true;
	} catch {
		return false;
	}
}

/** Feb 14, 10:32 */
export const moment = (iso: string | null | undefined, zone: string): string =>
	iso ? format(zone, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(iso)) : NONE;
/** Feb 14, 2026, 10:32:05.120 GMT+1, for titles */
export const exactMoment = (iso: string | null | undefined, zone: string): string =>
	iso ? format(zone, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, timeZoneName: 'short' }).format(new Date(iso)) : NONE;
/** 14:32 */
export const clock = (at: number, zone: string): string => format(zone, { hour: '2-digit', minute: '2-digit' }).format(at);
/** Feb 14 */
export const day = (iso: string, zone: string): string => format(zone, { month: 'short', day: 'numeric' }).format(new Date(iso));
/** A calendar day as the API names it, 2026-02-14, wherever one is. */
export const calendarDay = (date: string): string => day(`${date}T00:00:00Z`, 'UTC');

/** "12 s ago" up to a day, then Feb 14, 10:32 */
export function ago(iso: string | null | undefined, zone: string, now: number = Date.now()): string {
	if (!iso) return NONE;
	const ms = now - Date.parse(iso);
	if (ms < -MINUTE_MS || ms >= DAY_MS) return moment(iso, zone);
	if (ms < 1000) return 'now';
	if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s ago`;
	if (ms < 60 * MINUTE_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`;
	return `${Math.floor(ms / (60 * MINUTE_MS))} h ago`;
}

export type Granularity = 'hour' | 'day' | 'week' | 'month';
/** The label of a bucket on an axis. */
export function bucket(iso: string, granularity: Granularity, zone: string): string {
	const at = new Date(iso);
	if (granularity === 'hour') return format(zone, { hour: '2-digit', minute: '2-digit' }).format(at);
	if (granularity === 'month') return format(zone, { month: 'short', year: 'numeric' }).format(at);
	return format(zone, { month: 'short', day: 'numeric' }).format(at);
}
/** The same for a tooltip, with the day of an hour. */
export function bucketLong(iso: string, granularity: Granularity, zone: string): string {
	if (granularity === 'hour') return moment(iso, zone);
	if (granularity === 'week') return `Week of ${bucket(iso, granularity, zone)}`;
	return bucket(iso, granularity, zone);
}
/** 2026-02-14: the day in the zone, as the API names days. */
export const calendarDate = (iso: string, zone: string): string => {
	const parts = format(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(new Date(iso));
	return ['year', 'month', 'day'].map((type) => parts.find((p) => p.type === type)?.value).join('-');
};
/** 10:32:05 */
export const clockSeconds = (iso: string, zone: string): string => format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(iso));
