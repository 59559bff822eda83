// SPDX-License-Identifier: MIT
// Page, page size and sorting of one table, kept in the URL.
import type { Paging, Sorting } from '@/ui/table';
import { oneOf, useOwnWords, wholeNumber } from '@/filters/own-words';
import { useUrlState } from './url-state';

const SIZES = [25, 50, 100];
const DEFAULT_SIZE = 25;
const PAGE_MAX = 1_000_000;

export interface ListState {
	/** as the API takes them */
	query: { page: number; pageSize: number; sort?: string; order?: 'asc' | 'desc' };
	sorting: Sorting;
	paging(total: number): Paging;
}

export function useListState(defaults: { sort: string; order: 'asc' | 'desc' }, sorts: readonly string[] = [defaults.sort]): ListState {
	const url = useUrlState();
	const own = useOwnWords({ page: wholeNumber(1, PAGE_MAX), pageSize: oneOf(SIZES.map(String)), sort: oneOf(sorts), order: oneOf(['asc', 'desc']) });
	const page = Number(own.page ?? 1);
	const pageSize = Number(own.pageSize ?? DEFAULT_SIZE);
	const sort = own.sort ?? defaults.sort;
	const order = (own.order ?? (sort === defaults.sort ? defaults.order : 'desc')) as 'asc' | 'desc';
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
