// SPDX-License-Identifier: MIT
// Names with their values: beside each other to read, or the values at the right to compare.
import type { ReactNode } from 'react';
import { classes } from './classes';

/** wide: over the whole width of a grid */
export type Fact = readonly [name: string, value: ReactNode, wide?: 'wide'];

export function Facts({ rows, numbers = false }: { rows: readonly Fact[]; numbers?: boolean }) {
	return (
		<dl className={classes('grid gap-x-6 gap-y-2', numbers ? 'grid-cols-[1fr_auto]' : 'grid-cols-[minmax(5rem,auto)_1fr]')}>
			{rows.map(([name, value]) => (
				<div key={name} className="contents">
					<dt className="text-secondary">{name}</dt>
					<dd className={numbers ? 'tabular text-right' : 'min-w-0'}>{value}</dd>
				</div>
			))}
		</dl>
	);
}

/** The same as a grid of small headings, for the top of a page. */
export function FactGrid({ label, rows }: { label: string; rows: readonly Fact[] }) {
	return (
		<dl aria-label={label} className="grid grid-cols-2 gap-x-6 gap-y-4 rounded-card border border-line bg-panel p-5 md:grid-cols-4 xl:grid-cols-6">
			{rows.map(([name, value, wide]) => (
				<div key={name} className={classes('flex min-w-0 flex-col gap-0.5', wide && 'col-span-full')}>
					<dt className="text-small text-secondary">{name}</dt>
					<dd className="tabular min-w-0">{value}</dd>
				</div>
			))}
		</dl>
	);
}
