// SPDX-License-Identifier: MIT
// Of the users who came first in a period, how many came back.
import type { Answer } from '@/api/client';
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import { IdentifyHint } from '@/analytics/identify-hint';
import { Panel } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { Page } from '@/app/page';
import { Columns } from '@/charts/columns';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnWords, wholeNumber } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { exactCount, rate } from '@/format/number';
import { Choice } from '@/ui/choice';
import { Cohorts, type Period, PERIOD_NAME } from './cohorts';

type Mode = Answer<'/api/analytics/{projectId}/users/retention'>['mode'];

const PERIODS = Object.keys(PERIOD_NAME) as Period[];
const MODES: Record<Mode, string> = { nday: 'In that period', unbounded: 'Then or later' };
const PERIODS_MAX = 31;

/** No user in the range: are there sessions at all? */
function Nobody() {
	const filters = useFilters();
	const users = useView('/api/analytics/{projectId}/users', filters, { extra: { pageSize: 1 } });
	const sessions = users.data?.summary.anonymousSessions ?? 0;
	return sessions > 0 ? <IdentifyHint sessions={sessions} /> : <NothingHere things="users" />;
}

export default function RetentionPage() {
	const filters = useFilters();
	const own = useOwnWords({ period: oneOf(PERIODS), mode: oneOf(Object.keys(MODES)), periods: wholeNumber(1, PERIODS_MAX) });
	const query = useView('/api/analytics/{projectId}/users/retention', filters, { extra: own });
	const period = (own.period ?? 'week') as Period;
	const mode = (own.mode ?? 'nday') as Mode;
	return (
		<Page title="Retention" actions={<FilterBar actions={<ExportMenu tables={[{ table: 'retention', title: 'Cohorts', words: own }]} />} />}>
			<RangeLine />
			<div className="flex flex-wrap items-center gap-x-6 gap-y-3">
				<Choice label="Period" value={period} options={PERIODS.map((p) => [p, PERIOD_NAME[p]])} onChoose={(p) => filters.url.set({ period: p === 'week' ? undefined : p, periods: undefined })} />
				<Choice label="Came back" value={mode} options={(Object.keys(MODES) as Mode[]).map((m) => [m, MODES[m]])} onChoose={(m) => filters.url.set({ mode: m === 'nday' ? undefined : m })} />
			</div>
			{query.data?.cohorts.length === 0 ? (
				<Nobody />
			) : (
				<>
					<Panel title="Users who came back" note="A hatched period is not over yet. A user whose first activity is older than events are kept looks new." what="the retention" query={query}>
						{(d) => <Cohorts data={d} />}
					</Panel>
					<Panel title="All users together" what="the retention" query={query} height="h-56">
						{(d) => (
							<Columns
								kind="line"
								label={`Retention of all users by ${d.period}: ${d.overall.map((o) => `${d.period} ${o.offset} ${rate(o.rate)}`).join(', ')}`}
								columns={d.overall.map((o) => ({ name: String(o.offset), longName: `${PERIOD_NAME[d.period]} ${o.offset}`, value: o.rate, note: `${exactCount(o.retained)} of ${exactCount(o.eligible)} users` }))}
								format={rate}
								head={[PERIOD_NAME[d.period], 'Retention']}
								max={1}
							/>
						)}
					</Panel>
				</>
			)}
		</Page>
	);
}
