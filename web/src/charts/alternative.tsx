// SPDX-License-Identifier: MIT
// A picture of numbers and, at the press of a button, the same numbers as a table.
import { ChartNoAxesColumn, Table2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { IconButton } from '@/ui/button';

export interface ChartTable {
	head: readonly string[];
	rows: readonly (readonly ReactNode[])[];
}
interface Props {
	/** what the picture says, in a sentence */
	label: string;
	table: ChartTable;
	/** of the table; what is longer scrolls */
	height?: string;
	children: ReactNode;
}

function Numbers({ label, table, height }: Required<Pick<Props, 'label' | 'table' | 'height'>>) {
	return (
		// eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys
		<div className={`${height} overflow-auto`} tabIndex={0} role="region" aria-label={label}>
			<table className="w-full text-small">
				<caption className="sr-only">{label}</caption>
				<thead>
					<tr>
						{table.head.map((h, i) => (
							<th key={h} scope="col" className={`sticky top-0 border-b border-line bg-panel px-2 py-1 font-medium ${i === 0 ? 'text-left' : 'text-right'}`}>
								{h || <span className="sr-only">Name</span>}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{table.rows.map((row, r) => (
						<tr key={r}>
							{row.map((cell, i) => (
								<td key={i} className={`border-b border-line-subtle px-2 py-1 ${i === 0 ? '' : 'tabular text-right'}`}>
									{cell}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export function WithTable({ label, table, height = 'h-56', children }: Props) {
	const [asTable, setAsTable] = useState(false);
	return (
		<div className="relative flex grow flex-col">
			<IconButton label={asTable ? 'Show as chart' : 'Show as table'} size="small" className="no-print absolute -top-12 right-0 text-secondary" onClick={() => setAsTable(!asTable)}>
				{asTable ? <ChartNoAxesColumn aria-hidden className="size-4" /> : <Table2 aria-hidden className="size-4" />}
			</IconButton>
			{asTable ? <Numbers label={label} table={table} height={height} /> : children}
		</div>
	);
}
