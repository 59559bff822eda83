// SPDX-License-Identifier: MIT
// Names with their values: beside each other to read, or the values at the right to compare.
import type { ReactNode } from 'react';
import { classes } from './classes';

export type Fact = readonly [name: string, value: ReactNode];

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
