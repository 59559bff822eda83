// SPDX-License-Identifier: MIT
// Errors that say the same, whatever numbers and names they hold.
import { NothingHere } from '@/analytics/empty';
import { useView } from '@/analytics/view';
import { ViewLink } from '@/analytics/view-link';
import { ViewTable } from '@/analytics/view-table';
import { When } from '@/analytics/when';
import { useListState } from '@/app/paging';
import { useFilters } from '@/filters/filters';
import { count, exactCount } from '@/format/number';
import { Badge } from '@/ui/badge';
import { Clipped } from '@/ui/clipped';
import { ERROR_WORDS, useErrorWords } from './words';

const SORTS = ['count', 'lastSeen', 'sessions'];

export function ErrorGroups() {
	const filters = useFilters();
	const { timezone } = filters;
	const words = useErrorWords();
	const list = useListState({ sort: 'count', order: 'desc' }, SORTS);
	const query = useView('/api/analytics/{projectId}/errors/groups', filters, { extra: { ...list.query, ...words } });
	return (
		<ViewTable
			label="Groups of errors"
			what="the groups"
			query={query}
			list={list}
			rowKey={(g) => g.fingerprint}
			opens={(g) => ({ view: 'errors/$fingerprint', params: { fingerprint: g.fingerprint } })}
			empty={<NothingHere things="errors" own={ERROR_WORDS} fine={words.category === undefined} />}
			columns={[
				{
					key: 'message',
					title: 'Message',
					className: 'w-full',
					cell: (g) => (
						<ViewLink view="errors/$fingerprint" params={{ fingerprint: g.fingerprint }} title={g.message} className="line-clamp-2 min-w-56 group-focus-visible:line-clamp-none hover:underline">
							{g.message || 'No message'}
						</ViewLink>
					),
				},
				{ key: 'tools', title: 'Tool', cell: (g) => (g.kind === 'widget' ? <Badge>widget</Badge> : <Clipped className="max-w-36 font-mono text-small" text={g.tools.join(', ')} />) },
				{ key: 'category', title: 'Category', cell: (g) => <Badge>{g.category}</Badge> },
				{ key: 'count', title: 'Count', sort: 'count', numeric: true, cell: (g) => <span title={exactCount(g.count)}>{count(g.count)}</span> },
				{ key: 'sessions', title: 'Sessions', sort: 'sessions', numeric: true, cell: (g) => count(g.sessions) },
				{ key: 'users', title: 'Users', numeric: true, cell: (g) => count(g.users) },
				{ key: 'first', title: 'First seen', numeric: true, cell: (g) => <When at={g.firstSeen} zone={timezone} relative /> },
				{ key: 'last', title: 'Last seen', sort: 'lastSeen', numeric: true, cell: (g) => <When at={g.lastSeen} zone={timezone} relative /> },
			]}
		/>
	);
}
