// SPDX-License-Identifier: MIT
// How many people use the server by day, week and month, how often they come back, and who is new.
import type { Answer } from '@/api/client';
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import type { ExportTable } from '@/analytics/export-tables';
import { IdentifyHint } from '@/analytics/identify-hint';
import { KpiCard, KpiGrid } from '@/analytics/kpi';
import { Loaded, Panel } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { Page } from '@/app/page';
import { Columns } from '@/charts/columns';
import { SeriesChart } from '@/charts/series';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { fromWall } from '@/filters/wall';
import { RangeLine } from '@/filters/range-line';
import { count, exactCount, rate } from '@/format/number';
import { calendarDay } from '@/format/time';
import { Tab, TabPanel, Tabs } from '@/ui/tabs';

type Active = Answer<'/api/analytics/{projectId}/users/active'>;

const EXPORTS: readonly ExportTable[] = [
	{ table: 'active-users', title: 'Active users by day' },
	{ table: 'new-vs-returning', title: 'New and returning users' },
];

function Stickiness({ of, days }: { of: Active['stickiness']['week']; days: number }) {
	const users = of.reduce((n, d) => n + d.users, 0);
	return (
		<Columns
			label={`Of ${exactCount(users)} users of the last ${days} days, by days on which they were active: ${of.filter((d) => d.users > 0).map((d) => `${d.days} ${d.days === 1 ? 'day' : 'days'} ${exactCount(d.users)}`).join(', ')}`}
			columns={of.map((d) => ({ name: String(d.days), longName: `${d.days} ${d.days === 1 ? 'day' : 'days'}`, value: d.users, note: rate(users === 0 ? null : d.users / users) }))}
			format={count}
			head={['Days active', 'Users']}
		/>
	);
}

/** The instants at which the days of the answer begin. */
const beginnings = ({ days, meta }: Active): string[] => days.map((d) => fromWall(`${d.date}T00:00`, meta.timezone) ?? `${d.date}T00:00:00.000Z`);

export default function ActiveUsersPage() {
	const filters = useFilters();
	const query = useView('/api/analytics/{projectId}/users/active', filters);
	const { data } = query;
	const nobody = data !== undefined && data.days.every((d) => d.mau === 0);
	const anonymous = data?.days.reduce((n, d) => n + d.anonymousSessions, 0) ?? 0;
	const last = data?.days.at(-1);
	const zone = data?.meta.timezone ?? filters.timezone;
	const kpi = (value: number | null | undefined) => (data ? { value: value ?? null } : undefined);
	return (
		<Page title="Active users" actions={<FilterBar actions={<ExportMenu tables={EXPORTS} />} />}>
			<RangeLine />
			{nobody ? (
				anonymous > 0 ? <IdentifyHint sessions={anonymous} /> : <NothingHere things="active users" />
			) : query.isError && !data ? (
				<Loaded what="the active users" query={query}>
					{() => null}
				</Loaded>
			) : (
				<>
					<KpiGrid label="Key numbers">
						<KpiCard label="Daily active users" kpi={kpi(data?.current.dau)} format={count} exact={exactCount} compared={false} note={last && `on ${calendarDay(last.date)}`} />
						<KpiCard label="Weekly active users" kpi={kpi(data?.current.wau)} format={count} exact={exactCount} compared={false} note="in 7 days" />
						<KpiCard label="Monthly active users" kpi={kpi(data?.current.mau)} format={count} exact={exactCount} compared={false} note="in 30 days" />
						<KpiCard label="Stickiness" kpi={kpi(data?.current.stickiness)} format={rate} compared={false} note="daily of monthly users" />
					</KpiGrid>
					<div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
						<Panel title="Active users" what="the active users" query={query} className="lg:col-span-2">
							{(d) => (
								<SeriesChart
									title="Active users"
									buckets={beginnings(d)}
									granularity="day"
									zone={zone}
									until={d.meta.to}
									series={[
										{ name: 'Daily', values: d.days.map((p) => p.dau), format: count },
										{ name: 'Weekly', colour: 2, values: d.days.map((p) => p.wau), format: count },
										{ name: 'Monthly', colour: 3, values: d.days.map((p) => p.mau), format: count },
										{ name: 'Anonymous sessions', colour: 1, kind: 'dots', values: d.days.map((p) => p.anonymousSessions), format: count },
									]}
								/>
							)}
						</Panel>
						<Panel title="New and returning users" what="new and returning users" query={query}>
							{(d) => (
								<SeriesChart
									title="New and returning users"
									buckets={d.newVsReturning.map((p) => p.bucket)}
									granularity={d.meta.granularity}
									zone={zone}
									until={d.meta.to}
									series={[
										{ name: 'Returning', kind: 'stack', values: d.newVsReturning.map((p) => p.returningUsers), format: count },
										{ name: 'New', kind: 'stack', colour: 2, values: d.newVsReturning.map((p) => p.newUsers), format: count },
									]}
								/>
							)}
						</Panel>
						<Panel title="Days on which users were active" what="the stickiness" query={query}>
							{(d) => (
								<Tabs label="Period">
									{(list) => (
										<>
											{list(
												<>
													<Tab id="week">Last 7 days</Tab>
													<Tab id="month">Last 30 days</Tab>
												</>,
											)}
											<TabPanel tabId="week">
												<Stickiness of={d.stickiness.week} days={7} />
											</TabPanel>
											<TabPanel tabId="month">
												<Stickiness of={d.stickiness.month} days={30} />
											</TabPanel>
										</>
									)}
								</Tabs>
							)}
						</Panel>
					</div>
				</>
			)}
		</Page>
	);
}
