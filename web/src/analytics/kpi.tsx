// SPDX-License-Identifier: MIT
// A number with a name and what became of it since the range before.
import { Children, type ReactNode } from 'react';
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
	/** said beside the change, in one line; '' where it is still to come */
	note?: string | undefined;
	compared?: boolean;
}

function Trend({ kpi, better, compared }: { kpi: Kpi; better: 'more' | 'less' | 'neither'; compared: boolean }) {
	if (!compared) return null;
	const text = changeText(kpi.change);
	if (text === null) return <span className="text-small whitespace-nowrap text-secondary">no earlier data</span>;
	const rise = (kpi.change ?? 0) > 0;
	const still = kpi.change === 0 || better === 'neither';
	const good = still ? null : rise === (better === 'more');
	return (
		<span className={classes('tabular text-small font-medium whitespace-nowrap', good === null ? 'text-secondary' : good ? 'text-success' : 'text-error')}>
			{text}
			<span className="sr-only">{good === null ? '' : good ? ', better' : ', worse'}</span>
		</span>
	);
}

/** Its place is the same before and after its number is there. */
export const KpiFrame = ({ label, children }: { label: string; children: ReactNode }) => (
	<div className="flex min-w-0 flex-col gap-1 rounded-card border border-line bg-panel px-5 py-4">
		<dt className="text-card text-secondary">{label}</dt>
		<dd className="flex flex-col gap-0.5">{children}</dd>
	</div>
);

export function KpiCard({ label, kpi, format, exact, better = 'more', note, compared = true }: Props) {
	return (
		<KpiFrame label={label}>
			{kpi === undefined ? (
				<Skeleton className="h-9 w-24" />
			) : (
				<span className="tabular truncate text-kpi" title={(exact ?? format)(kpi.value)}>
					{kpi.value === null ? NONE : format(kpi.value)}
				</span>
			)}
			{(compared || note !== undefined) && (
				<span className="flex h-4 items-baseline gap-x-2">
					{kpi && <Trend kpi={kpi} better={better} compared={compared} />}
					{note && (
						<span className="min-w-0 truncate text-small text-secondary" title={note}>
							{note}
						</span>
					)}
				</span>
			)}
		</KpiFrame>
	);
}

/** A row of cards: one column on a phone, four on a wide screen; three cards fill it, too. */
export const KpiGrid = ({ label, children }: { label: string; children: ReactNode }) => (
	<dl aria-label={label} className={classes('grid grid-cols-1 gap-4', Children.count(children) === 3 ? 'sm:grid-cols-3' : 'sm:grid-cols-2 lg:grid-cols-4')}>
		{children}
	</dl>
);
