// SPDX-License-Identifier: MIT
// Users who were active in the range, and how many sessions nobody is known of.
import { Amounts } from '@/analytics/amounts';
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import { orderOf } from '@/analytics/export-tables';
import { IdentifyHint } from '@/analytics/identify-hint';
import { KpiCard, KpiGrid } from '@/analytics/kpi';
import { UserLink, userTarget } from '@/analytics/links';
import { SearchField } from '@/analytics/search-field';
import { useView } from '@/analytics/view';
import { ViewTable } from '@/analytics/view-table';
import { When } from '@/analytics/when';
import { useListState } from '@/app/paging';
import { Page } from '@/app/page';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { useOwnList } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { platformName } from '@/filters/platforms';
import { count, exactCount } from '@/format/number';
import { isTrait, TRAITS_MAX } from './trait';
import { TraitFilter } from './traits';

const SORTS = ['lastSeen', 'userId', 'sessions', 'toolCalls', 'conversions'];
const OWN = ['q', 'trait'];

export default function UsersPage() {
	const filters = useFilters();
	const { url, timezone } = filters;
	const list = useListState({ sort: 'lastSeen', order: 'desc' }, SORTS);
	const trait = useOwnList('trait', isTrait, TRAITS_MAX);
	const words = { q: url.text('q'), trait };
	const query = useView('/api/analytics/{projectId}/users', filters, { extra: { ...list.query, ...words } });
	const summary = query.data?.summary;
	const narrowed = OWN.some((name) => url.list(name).length > 0);
	const value = (n: number | undefined) => (n === undefined ? undefined : { value: n });
	return (
		<Page title="Users" actions={<FilterBar own={OWN} actions={<ExportMenu tables={[{ table: 'users', title: 'Users', words: { ...orderOf(list.query), ...words } }]} />} />}>
			<RangeLine />
			<KpiGrid label="Key numbers">
				<KpiCard label="Identified users" kpi={value(summary?.identifiedUsers)} format={count} exact={exactCount} compared={false} />
				<KpiCard label="Sessions of users" kpi={value(summary?.identifiedSessions)} format={count} exact={exactCount} compared={false} />
				<KpiCard label="Anonymous sessions" kpi={value(summary?.anonymousSessions)} format={count} exact={exactCount} compared={false} />
			</KpiGrid>
			<div className="flex flex-wrap items-center gap-x-4 gap-y-2">
				<SearchField label="Find a user" />
				<TraitFilter traits={trait} />
			</div>
			<ViewTable
				label="Users"
				what="the users"
				query={query}
				list={list}
				rowKey={(u) => u.userId}
				opens={(u) => userTarget(u.userId)}
				empty={summary && !narrowed && summary.anonymousSessions > 0 ? <IdentifyHint sessions={summary.anonymousSessions} /> : <NothingHere things="users" own={OWN} />}
				columns={[
					{ key: 'user', title: 'User', sort: 'userId', cell: (u) => <UserLink id={u.userId} /> },
					{ key: 'platform', title: 'Platform', className: 'whitespace-nowrap', cell: (u) => platformName(u.lastPlatform) },
					{ key: 'first', title: 'First seen', numeric: true, cell: (u) => <When at={u.firstSeen} zone={timezone} relative /> },
					{ key: 'last', title: 'Last seen', sort: 'lastSeen', numeric: true, cell: (u) => <When at={u.lastSeen} zone={timezone} relative /> },
					{ key: 'sessions', title: 'Sessions', sort: 'sessions', numeric: true, cell: (u) => <span title={exactCount(u.sessions)}>{count(u.sessions)}</span> },
					{ key: 'calls', title: 'Tool calls', sort: 'toolCalls', numeric: true, cell: (u) => <span title={exactCount(u.toolCalls)}>{count(u.toolCalls)}</span> },
					{ key: 'conversions', title: 'Conversions', sort: 'conversions', numeric: true, cell: (u) => count(u.conversions) },
					{ key: 'revenue', title: 'Revenue', numeric: true, cell: (u) => <Amounts amounts={u.revenue} /> },
				]}
			/>
		</Page>
	);
}
