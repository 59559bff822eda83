// SPDX-License-Identifier: MIT
// Tables of the server's lists: sorted by clicking a header, paged, whole rows clickable, a real link in the first cell.
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight } from 'lucide-react';
import type { KeyboardEvent, MouseEvent, ReactNode } from 'react';
import { exactCount } from '@/format/number';
import { IconButton } from './button';
import { classes } from './classes';
import { Skeleton } from './skeleton';

export interface Column<T> {
	key: string;
	title: ReactNode;
	cell: (row: T) => ReactNode;
	/** the API's word for sorting by it */
	sort?: string;
	/** numbers: at the right, tabular, first click sorts descending */
	numeric?: boolean;
	className?: string;
}
export interface Sorting {
	sort: string;
	order: 'asc' | 'desc';
	onSort: (sort: string, order: 'asc' | 'desc') => void;
}
export interface Paging {
	page: number;
	pageSize: number;
	total: number;
	onPage: (page: number) => void;
	onPageSize?: (pageSize: number) => void;
}
export interface TableProps<T> {
	label: string;
	columns: readonly Column<T>[];
	rows: readonly T[] | undefined;
	rowKey: (row: T) => string;
	onRow?: (row: T) => void;
	sorting?: Sorting;
	paging?: Paging;
	/** shown in the frame when there is no row */
	empty?: ReactNode;
	/** old rows are shown while new ones are on their way */
	stale?: boolean;
	skeletonRows?: number;
}
const PAGE_SIZES = [25, 50, 100];

function Header<T>({ column, sorting }: { column: Column<T>; sorting: Sorting | undefined }) {
	const active = sorting && column.sort !== undefined && sorting.sort === column.sort;
	const look = classes('border-b border-line bg-muted px-3 h-10 text-small font-medium text-secondary whitespace-nowrap first:sticky first:left-0 first:z-10', column.numeric ? 'text-right' : 'text-left');
	if (!sorting || column.sort === undefined)
		return (
			<th scope="col" className={look}>
				{column.title}
			</th>
		);
	const next = active ? (sorting.order === 'desc' ? 'asc' : 'desc') : column.numeric ? 'desc' : 'asc';
	return (
		<th scope="col" className={look} aria-sort={active ? (sorting.order === 'asc' ? 'ascending' : 'descending') : undefined}>
			<button type="button" className="min-h-6 font-medium hover:text-text" onClick={() => sorting.onSort(column.sort as string, next)}>
				{column.title} <span aria-hidden>{active ? (sorting.order === 'asc' ? '▲' : '▼') : ''}</span>
			</button>
		</th>
	);
}

/** Keys of a row that opens: Enter, and the arrows to the rows beside it, over the headings of groups. */
export function onRowKey(e: KeyboardEvent<HTMLTableRowElement>, open: () => void) {
	if (e.target !== e.currentTarget) return;
	if (e.key === 'Enter') {
		e.preventDefault(); // or it would press the first button of what opens
		open();
	}
	const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
	if (step === 0) return;
	const rows = [...(e.currentTarget.closest('table')?.querySelectorAll<HTMLElement>('tr[tabindex]') ?? [])];
	const to = rows[rows.indexOf(e.currentTarget) + step];
	if (to) {
		e.preventDefault();
		to.focus();
	}
}

/** A click on a row opens it, unless it was on something in it or marked a text to copy. */
export function onRowClick(e: MouseEvent<HTMLTableRowElement>, open: () => void) {
	if ((e.target as HTMLElement).closest('a,button,input,select') || getSelection()?.isCollapsed === false) return;
	open();
}

export function Table<T>({ label, columns, rows, rowKey, onRow, sorting, paging, empty, stale = false, skeletonRows = 8 }: TableProps<T>) {
	return (
		<div className="overflow-hidden rounded-card border border-line bg-panel">
			{/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys */}
			<div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
				<table className={classes('w-full border-collapse text-body', stale && 'opacity-50')} aria-busy={stale || rows === undefined || undefined}>
					<caption className="sr-only">{label}</caption>
					<thead>
						<tr>
							{columns.map((column) => (
								<Header key={column.key} column={column} sorting={sorting} />
							))}
						</tr>
					</thead>
					<tbody>
						{rows === undefined &&
							Array.from({ length: skeletonRows }, (_, i) => (
								<tr key={i}>
									{columns.map((c) => (
										<td key={c.key} className="border-b border-line-subtle px-3 py-2.5">
											<Skeleton />
										</td>
									))}
								</tr>
							))}
						{rows?.map((row) => (
							<tr
								key={rowKey(row)}
								className={classes('group', onRow && 'cursor-pointer hover:bg-muted focus-visible:outline-offset-[-2px]')}
								tabIndex={onRow ? 0 : undefined}
								onClick={onRow && ((e) => onRowClick(e, () => onRow(row)))}
								onKeyDown={onRow && ((e) => onRowKey(e, () => onRow(row)))}
							>
								{columns.map((c) => (
									<td
										key={c.key}
										className={classes(
											'border-b border-line-subtle px-3 py-2 align-middle first:sticky first:left-0 first:bg-panel group-hover:first:bg-muted',
											c.numeric ? 'tabular text-right whitespace-nowrap' : 'text-left max-md:min-w-28', // a narrow table scrolls rather than break words
											c.className,
										)}
									>
										{c.cell(row)}
									</td>
								))}
							</tr>
						))}
					</tbody>
				</table>
				{rows?.length === 0 && empty}
			</div>
			{paging && rows && <Pager paging={paging} label={label} shown={rows.length} />}
		</div>
	);
}

function Pager({ paging: { page, pageSize, total, onPage, onPageSize }, label, shown }: { paging: Paging; label: string; shown: number }) {
	const last = Math.max(1, Math.ceil(total / pageSize));
	const first = total === 0 || shown === 0 ? 0 : (page - 1) * pageSize + 1;
	return (
		<nav aria-label={`Pages of ${label}`} className="no-print flex flex-wrap items-center justify-end gap-2 border-t border-line px-3 py-1.5 text-small text-secondary">
			{onPageSize && (
				<label className="mr-auto flex items-center gap-2 whitespace-nowrap">
					Rows
					<select className={'h-7 rounded-control border border-line-control bg-bg px-1'} value={pageSize} onChange={(e) => onPageSize(Number(e.target.value))}>
						{PAGE_SIZES.map((n) => (
							<option key={n}>{n}</option>
						))}
					</select>
				</label>
			)}
			<span className="tabular whitespace-nowrap">
				{exactCount(first)}–{exactCount(first === 0 ? 0 : first + shown - 1)} of {exactCount(total)}
			</span>
			<IconButton label="First page" size="small" disabled={page <= 1} onClick={() => onPage(1)}>
				<ChevronFirst aria-hidden className="size-4" />
			</IconButton>
			<IconButton label="Previous page" size="small" disabled={page <= 1} onClick={() => onPage(page - 1)}>
				<ChevronLeft aria-hidden className="size-4" />
			</IconButton>
			<IconButton label="Next page" size="small" disabled={page >= last} onClick={() => onPage(page + 1)}>
				<ChevronRight aria-hidden className="size-4" />
			</IconButton>
			<IconButton label="Last page" size="small" disabled={page >= last} onClick={() => onPage(last)}>
				<ChevronLast aria-hidden className="size-4" />
			</IconButton>
		</nav>
	);
}
