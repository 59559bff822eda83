// SPDX-License-Identifier: MIT
// Horizontal bars with their numbers as text beside them.
import type { ReactNode } from 'react';

export interface Bar {
	key: string;
	label: ReactNode;
	/** 0 … 1 of the full width */
	part: number;
	text: string;
	note?: string;
}

export function Bars({ bars, label }: { bars: readonly Bar[]; label: string }) {
	return (
		<ul aria-label={label} className="flex flex-col gap-2.5">
			{bars.map((b) => (
				<li key={b.key} className="flex flex-col gap-1">
					<div className="flex items-baseline justify-between gap-3">
						<span className="min-w-0 truncate">{b.label}</span>
						<span className="tabular shrink-0">
							{b.text} {b.note && <span className="inline-block min-w-14 text-right text-small text-secondary">{b.note}</span>}
						</span>
					</div>
					<div className="h-1.5 rounded-full bg-muted" aria-hidden>
						<div className="h-full rounded-full bg-accent" style={{ width: `${Math.max(0, Math.min(1, b.part)) * 100}%` }} />
					</div>
				</li>
			))}
		</ul>
	);
}
