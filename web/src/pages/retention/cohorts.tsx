// SPDX-License-Identifier: MIT
// Cohorts by periods as a table whose ground says the rate: read by its headers like any other table.
import type { Answer } from '@/api/client';
import { count, exactCount, rate } from '@/format/number';
import { calendarDay } from '@/format/time';
import { classes } from '@/ui/classes';

export type Retention = Answer<'/api/analytics/{projectId}/users/retention'>;
export type Period = Retention['period'];

export const PERIOD_NAME: Record<Period, string> = { day: 'Day', week: 'Week', month: 'Month' };
/** Nov 2 · Week of Nov 2 · Nov 2026 */
export const cohortName = (cohort: string, period: Period): string =>
	period === 'month' ? new Intl.DateTimeFormat('en-US', { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${cohort}T00:00:00Z`)) : period === 'week' ? `Week of ${calendarDay(cohort)}` : calendarDay(cohort);

/** The ground of a rate: 0, then five steps of a fifth. */
export const heat = (r: number | null): number => (r === null || r <= 0 ? 0 : Math.min(5, Math.ceil(r * 5)));

function Cell({ value, retained, running, what }: { value: number | null; retained: number; running: boolean; what: string }) {
	return (
		<td className="p-0.5">
			<div className={classes('tabular flex h-9 min-w-14 items-center justify-center rounded', `heat-${heat(value)}`, running && 'heat-running')} title={`${what}: ${exactCount(retained)} users, ${rate(value)}${running ? '; this period is not over' : ''}`}>
				{rate(value)}
				{running && <span className="sr-only"> so far</span>}
			</div>
		</td>
	);
}

export function Cohorts({ data }: { data: Retention }) {
	const { cohorts, period } = data;
	const columns = Math.max(...cohorts.map((c) => c.rates.length));
	return (
		// eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys
		<div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Cohorts">
			<table className="border-separate border-spacing-0 text-small">
				<caption className="sr-only">Of the users of each {period}, the part that came back</caption>
				<thead>
					<tr>
						<th scope="col" className="sticky left-0 z-10 bg-panel py-2 pr-4 text-left font-medium whitespace-nowrap text-secondary">
							First active
						</th>
						<th scope="col" className="py-2 pr-3 text-right font-medium whitespace-nowrap text-secondary">
							Users
						</th>
						{Array.from({ length: columns }, (_, i) => (
							<th key={i} scope="col" className="px-1 py-2 text-center font-medium whitespace-nowrap text-secondary">
								{PERIOD_NAME[period]} {i}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{cohorts.map((c) => (
						<tr key={c.cohort}>
							<th scope="row" className="sticky left-0 z-10 bg-panel py-0.5 pr-4 text-left font-normal whitespace-nowrap">
								{cohortName(c.cohort, period)}
							</th>
							<td className="tabular py-0.5 pr-3 text-right" title={exactCount(c.size)}>
								{count(c.size)}
							</td>
							{c.rates.map((r, i) => (
								<Cell key={i} value={r} retained={c.retained[i] ?? 0} running={c.runningPeriod === i} what={`${cohortName(c.cohort, period)}, ${period} ${i}`} />
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
