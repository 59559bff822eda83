// SPDX-License-Identifier: MIT
// How many rows a file would have, and the files. The rows are counted first: what cannot be exported is said before it is tried.
import { useQuery } from '@tanstack/react-query';
import { useContext, useState } from 'react';
import { api, ApiError, errorText } from '@/api/client';
import * as E from '@/api/errors.gen';
import { useProject } from '@/app/place';
import { useFilters } from '@/filters/filters';
import { exactCount } from '@/format/number';
import { Button, buttonClass } from '@/ui/button';
import { classes } from '@/ui/classes';
import { Popover } from '@/ui/popover';
import type { PopupProps } from '@/ui/popup';
import { exportPath, exportQuery, type ExportTable, ExportTables, fileUrl, type Format, FORMAT_TITLE } from './export-tables';
import { ShorterRange } from './panel';
import { tooMuch } from './view';

const FORMATS = Object.keys(FORMAT_TITLE) as Format[];

function problemText(error: unknown): string {
	const limit = error instanceof ApiError && error.code === E.ANALYTICS_QUERY_REJECTED ? error.metadata.limit : undefined;
	return typeof limit === 'number' ? `These are more than ${exactCount(limit)} rows. Choose a shorter range or set filters.` : errorText(error);
}

/** One table; its rows are counted once those before it are. */
function OneTable({ of, mayCount, onCounted, onChosen }: { of: ExportTable; mayCount: boolean; onCounted: () => void; onChosen: () => void }) {
	const project = useProject();
	const filters = useFilters();
	// range and filters as they are now, for the number and for the file
	const [query] = useState(() => exportQuery(of, filters));
	const count = useQuery({
		queryKey: ['export', of.table, project.id, query],
		queryFn: async ({ signal }) => {
			try {
				return ((await api('get', exportPath(of.table) as never, { path: { projectId: project.id } as never, query: { ...query, count: '1' }, signal })) as { rows: number }).rows;
			} finally {
				onCounted();
			}
		},
		enabled: mayCount,
		retry: false,
		gcTime: 0,
	});
	const rows = count.data;
	return (
		<div role="group" aria-label={of.title} className="flex flex-col gap-2 p-2">
			<div className="flex items-baseline justify-between gap-4">
				<h2 className="text-card">{of.title}</h2>
				<span className="tabular text-small text-secondary" aria-live="polite">
					{rows === undefined ? (count.isError ? '' : 'counting …') : rows === 0 ? 'no rows' : `${exactCount(rows)} ${rows === 1 ? 'row' : 'rows'}`}
				</span>
			</div>
			{count.isError ? (
				<div role="alert" className="flex flex-col items-start gap-2 text-small text-error">
					{problemText(count.error)}
					<span className="flex gap-2">
						{tooMuch(count.error) && <ShorterRange />}
						<Button size="small" onClick={() => void count.refetch()}>
							Retry
						</Button>
					</span>
				</div>
			) : (
				<div className="flex gap-2">
					{FORMATS.map((format) =>
						rows ? (
							<a key={format} className={classes(buttonClass('secondary', 'small'), 'grow')} href={fileUrl(of.table, project.id, query, format)} download onClick={onChosen} aria-label={`${of.title} as ${FORMAT_TITLE[format]}`}>
								{FORMAT_TITLE[format]}
							</a>
						) : (
							<Button key={format} size="small" className="grow" disabled>
								{FORMAT_TITLE[format]}
							</Button>
						),
					)}
				</div>
			)}
		</div>
	);
}

function Choice({ onChosen }: { onChosen: () => void }) {
	const tables = useContext(ExportTables);
	const [counted, setCounted] = useState(0);
	return (
		<div className="flex flex-col divide-y divide-line-subtle">
			{tables.map((t, i) => (
				<OneTable key={t.table} of={t} mayCount={counted >= i} onCounted={() => setCounted((n) => Math.max(n, i + 1))} onChosen={onChosen} />
			))}
			<p className="p-2 text-small text-secondary">All rows of the range and filters of this page.</p>
		</div>
	);
}

export default function ExportPopup(popup: PopupProps) {
	return (
		<Popover {...popup} label="Export" className="w-[min(18rem,calc(100vw-2rem))]">
			{popup.open && <Choice onChosen={() => popup.onOpen(false)} />}
		</Popover>
	);
}
