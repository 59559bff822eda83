// SPDX-License-Identifier: MIT
// Page, page size and sorting of one table, kept in the URL.
import type { Paging, Sorting } from '@/ui/table';
import { useUrlState } from './url-state';

const SIZES = [25, 50, 100];
const DEFAULT_SIZE = 25;

export interface ListState {
	/** as the API takes them */
	query: { page: number; pageSize: number; sort?: string; order?: 'asc' | 'desc' };
	sorting: Sorting;
	paging(total: number): Paging;
}

export function useListState(defaults: { sort: string; order: 'asc' | 'desc' }, sorts: readonly string[] = [defaults.sort]): ListState {
	const url = useUrlState();
	const number = (name: string) => {
		const n = Number(url.text(name));
		return Number.isInteger(n) && n >= 1 ? n : undefined;
	};
	const page = number('page') ?? 1;
	const asked = number('pageSize');
	const pageSize = asked !== undefined && SIZES.includes(asked) ? asked : DEFAULT_SIZE;
	const askedSort = url.text('sort');
	const sort = askedSort !== undefined && sorts.includes(askedSort) ? askedSort : defaults.sort;
	const askedOrder = url.text('order');
	const order = askedOrder === 'asc' || askedOrder === 'desc' ? askedOrder : sort === defaults.sort ? defaults.order : 'desc';
	return {
		query: { page, pageSize, sort, order },
		sorting: {
			sort,
			order,
			onSort: (s, o) => url.set({ sort: s === defaults.sort ? undefined : s, order: s === defaults.sort && o === defaults.order ? undefined : o }),
		},
		paging: (total) => ({
			page,
			pageSize,
			total,
			onPage: (p) => url.set({ page: p === 1 ? undefined : String(p) }, { keepPage: true }),
			onPageSize: (n) => url.set({ pageSize: n === DEFAULT_SIZE ? undefined : String(n) }),
		}),
	};
}
