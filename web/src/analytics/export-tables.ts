// SPDX-License-Identifier: MIT
// What a view can be exported as, and the address of the file: the view's own filters, nothing else.
import { createContext } from 'react';
import { type Path, type QueryValue, url } from '@/api/client';
import type { Filters } from '@/filters/filters';
import { type Accepts, viewQuery } from './view';

type Under<P> = P extends `/api/analytics/{projectId}/export/${infer T}` ? T : never;
export type TableName = Under<Path<'get'>>;
export type Format = 'csv' | 'ndjson';
export const FORMAT_TITLE: Record<Format, string> = { csv: 'CSV', ndjson: 'NDJSON' };

export interface ExportTable {
	table: TableName;
	/** what the rows are, in the plural */
	title: string;
	/** what the view accepts besides the range */
	accepts?: Accepts;
	/** words of the view's own, sorting too, without page and page size */
	words?: Record<string, QueryValue>;
}
export const ExportTables = createContext<readonly ExportTable[]>([]);

/** The words of an export as the filters say now. */
export const exportQuery = ({ accepts = {}, words = {} }: ExportTable, filters: Filters): Record<string, QueryValue> => viewQuery(filters, accepts, words);
export const exportPath = <T extends TableName>(table: T) => `/api/analytics/{projectId}/export/${table}` as const;
export const fileUrl = (table: TableName, projectId: string, query: Record<string, QueryValue>, format: Format): string => url(exportPath(table), { projectId }, { ...query, format });

/** A list's words for an export: its order, not its page. */
export const orderOf = ({ sort, order }: { sort?: string; order?: string }): Record<string, QueryValue> => ({ sort, order });
