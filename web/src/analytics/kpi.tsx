// SPDX-License-Identifier: MIT
// A number with a name and what became of it since the range before.
import type { ReactNode } from 'react';
import { change as changeText, NONE } from '@/format/number';
import { classes } from '@/ui/classes';
import { Skeleton } from '@/ui/skeleton';

export interface Kpi {
	value: number | null;
	previous?: number | null;
	change?: number | null;
}
interface Props {
	label: string;
	kpi: Kpi | undefined;
	format: (n: number | null | undefined) => string;
	/** the exact number, for the title */
	exact?: (n: number | null | undefined) => string;
	/** what a rise means */
	better?: 'more' | 'less' | 'neither';
	note?: ReactNode;
	compared?: boolean;
}

function Trend({ kpi, better, compared }: { kpi: Kpi; better: 'more' | 'less' | 'neither'; compared: boolean }) {
	if (!compared) return null;
	const text = changeText(kpi.change);
	if (text === null) return <span className="text-small text-secondary">no earlier data</span>;
	const rise = (kpi.change ?? 0) > 0;
	const still = kpi.change === 0 || better === 'neither';
	const good = still ? null : rise === (better === 'more');
	return (
		<span className={classes('tabular text-small font-medium', good === null ? 'text-secondary' : good ? 'text-success' : 'text-error')}>
			{text}
			<span className="sr-only">{good === null ? '' : good ? ', better' : ', worse'}</span>
		</span>
	);
}

export function KpiCard({ label, kpi, format, exact, better = 'more', note, compared = true }: Props) {
	return (
		<div className="flex min-h-34 min-w-0 flex-col gap-1 rounded-card border border-line bg-panel p-5">
			<dt className="text-card text-secondary">{label}</dt>
			<dd className="flex flex-col gap-0.5">
				{kpi === undefined ? (
					<Skeleton className="h-9 w-24" />
				) : (
					<>
						<span className="tabular truncate text-kpi" title={(exact ?? format)(kpi.value)}>
							{kpi.value === null ? NONE : format(kpi.value)}
						</span>
						<span className="flex flex-wrap items-baseline gap-x-2">
							<Trend kpi={kpi} better={better} compared={compared} />
							{note && <span className="text-small text-secondary">{note}</span>}
						</span>
					</>
				)}
			</dd>
		</div>
	);
}

/** A row of cards: one column on a phone, four on a wide screen. */
export const KpiGrid = ({ label, children }: { label: string; children: ReactNode }) => (
	<dl aria-label={label} className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4">
		{children}
	</dl>
);
