// SPDX-License-Identifier: MIT
// A funnel as horizontal bars: who gets to each step, and between two steps who does not go on.
import { ArrowDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { count, duration, exactCount, rate } from '@/format/number';

export interface FunnelBar {
	key: string;
	title: ReactNode;
	/** the title as text */
	text: string;
	units: number;
	fromStart: number | null;
	fromPrevious: number | null;
	dropOff: number;
	medianMs: number | null;
	/** what stands below the bar */
	note?: ReactNode;
}

/** unit: "session", in the singular. onDrop: someone wants to see who left behind the step with that number, from 1. */
export function FunnelBars({ bars, unit, onDrop }: { bars: readonly FunnelBar[]; unit: string; onDrop?: (level: number) => void }) {
	const units = (n: number) => `${count(n)} ${n === 1 ? unit : `${unit}s`}`;
	return (
		<ol className="flex flex-col">
			{bars.map((b, i) => (
				<li key={b.key}>
					{i > 0 && (
						<div className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-1 py-1.5 pl-8 text-small text-secondary">
							<span className="inline-flex items-center gap-1.5">
								<ArrowDown aria-hidden className="size-3.5" />
								<span className="tabular">{rate(b.fromPrevious)} go on</span>
							</span>
							{b.medianMs !== null && <span className="tabular">median {duration(b.medianMs)}</span>}
							{b.dropOff > 0 &&
								(onDrop ? (
									<button type="button" className="tabular min-h-6 text-error underline decoration-dotted underline-offset-2 hover:decoration-solid" onClick={() => onDrop(i)}>
										{units(b.dropOff)} lost
									</button>
								) : (
									<span className="tabular text-error">{units(b.dropOff)} lost</span>
								))}
						</div>
					)}
					<div className="flex items-start gap-3">
						<span aria-hidden className="tabular mt-0.5 flex size-5 shrink-0 items-center justify-center rounded-full bg-muted text-small">
							{i + 1}
						</span>
						<div className="min-w-0 grow">
							<div className="flex flex-wrap items-baseline justify-between gap-x-4">
								<span className="min-w-0 truncate">{b.title}</span>
								<span className="tabular shrink-0" title={exactCount(b.units)}>
									<strong className="font-semibold">{units(b.units)}</strong> <span className="inline-block min-w-14 text-right text-small text-secondary">{rate(b.fromStart)}</span>
								</span>
							</div>
							<div className="mt-1.5 h-6 overflow-hidden rounded bg-muted" role="img" aria-label={`Step ${i + 1}, ${b.text}: ${units(b.units)}, ${rate(b.fromStart)} of the start`}>
								<div className="h-full rounded bg-accent" style={{ width: `${(b.fromStart ?? 0) * 100}%` }} />
							</div>
							{b.note}
						</div>
					</div>
				</li>
			))}
		</ol>
	);
}
