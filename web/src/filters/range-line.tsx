// SPDX-License-Identifier: MIT
// The range of a page in words: what "last 30 days" are today, and what they are compared with.
import { moment } from '@/format/time';
import { useFilters } from './filters';
import { HOUR_MS, resolve } from './range';

const DAY_MS = 24 * HOUR_MS;

/** "the 30 days before"; hours where the range is no whole number of days. */
function before(from: string, to: string): string {
	const ms = Date.parse(to) - Date.parse(from);
	const [n, unit] = ms % DAY_MS === 0 && ms > DAY_MS ? [ms / DAY_MS, 'days'] : [Math.round(ms / HOUR_MS), 'hours'];
	return n > 1 ? `the ${n} ${unit} before` : 'as long before';
}

export function RangeLine({ compare = false }: { compare?: boolean }) {
	const { range, timezone, compare: comparing } = useFilters();
	const { from, to } = resolve(range, Date.now());
	return (
		<p className="no-print tabular -mt-2 -mb-1 text-secondary">
			{moment(from, timezone)} to {moment(to, timezone)}, time zone {timezone}
			{compare && comparing && `, compared with ${before(from, to)}`}
		</p>
	);
}
