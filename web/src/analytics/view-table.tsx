// SPDX-License-Identifier: MIT
// A list of the API as a table: on its way, failed, empty, sorted and paged; a page past the end goes to the last one.
import type { UseQueryResult } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { ListState } from '@/app/paging';
import { Table, type TableProps } from '@/ui/table';
import { Loaded } from './panel';
import { type Target, useViewTarget } from './view-link';

interface Props<T> extends Omit<TableProps<T>, 'rows' | 'stale' | 'sorting' | 'paging'> {
	/** in words, after "Could not load" */
	what: string;
	query: UseQueryResult<{ items: readonly T[]; total: number }>;
	list: ListState;
	/** the view that a row leads to */
	opens?: (row: T) => Target;
}

export function ViewTable<T>({ what, query, list, opens, ...table }: Props<T>) {
	const target = useViewTarget();
	const navigate = useNavigate();
	const { data, isError, isPlaceholderData } = query;
	const paging = data && list.paging(data.total);
	const last = paging && Math.max(1, Math.ceil(paging.total / paging.pageSize));
	const past = paging !== undefined && last !== undefined && !isPlaceholderData && paging.page > last;
	useEffect(() => {
		if (past) paging.onPage(last);
	});
	if (isError && !data)
		return (
			<Loaded what={what} query={query}>
				{() => null}
			</Loaded>
		);
	return <Table rows={past ? undefined : data?.items} stale={isPlaceholderData} sorting={list.sorting} {...(paging ? { paging } : {})} {...(opens ? { onRow: (row: T) => void navigate(target(opens(row))) } : {})} {...table} />;
}
