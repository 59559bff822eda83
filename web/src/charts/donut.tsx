// SPDX-License-Identifier: MIT
// Shares of a whole: a ring of five slices and the rest, the numbers in the legend.
import type { ReactNode } from 'react';
import { count, rate } from '@/format/number';
import { WithTable } from './alternative';

export interface Slice {
	key: string;
	label: string;
	value: number;
	/** of the whole; from the API where it says it */
	share: number | null;
	/** what stands in the legend in place of the label, such as a link */
	title?: ReactNode;
}
const SLICES = 5;
const COLOURS = 6;
/** The ring's length is 100, so that shares are lengths; a gap stands between slices. */
const LENGTH = 100;
const GAP = 0.8;

export function Donut({ title, slices }: { title: string; slices: readonly Slice[] }) {
	const shown: Slice[] = slices.slice(0, SLICES);
	const rest = slices.slice(SLICES);
	if (rest.length > 0) shown.push({ key: '\0other', label: `Other (${rest.length})`, value: rest.reduce((n, s) => n + s.value, 0), share: rest.reduce((n, s) => n + (s.share ?? 0), 0) });
	const all = shown.reduce((n, s) => n + s.value, 0);
	const lengths = shown.map((s) => (all === 0 ? 0 : (s.value / all) * LENGTH));
	const label = `${title}: ${shown.map((s) => `${s.label} ${rate(s.share)}`).join(', ')}`;
	return (
		<WithTable label={label} table={{ head: ['', 'Count', 'Share'], rows: slices.map((s) => [s.label, count(s.value), rate(s.share)]) }}>
			<div className="flex grow flex-wrap content-center items-center gap-6">
				<svg viewBox="0 0 100 100" className="size-36 shrink-0 -rotate-90" role="img" aria-label={label}>
					{shown.map((s, i) => (
						<circle
							key={s.key}
							cx="50"
							cy="50"
							r="39"
							fill="none"
							stroke={`var(--series-${i % COLOURS})`}
							strokeWidth="15"
							pathLength={LENGTH}
							strokeDasharray={`${Math.max(0.3, (lengths[i] ?? 0) - (shown.length > 1 ? GAP : 0))} ${LENGTH}`}
							strokeDashoffset={-lengths.slice(0, i).reduce((n, l) => n + l, 0)}
						>
							<title>{`${s.label}: ${count(s.value)}, ${rate(s.share)}`}</title>
						</circle>
					))}
				</svg>
				<ul className="flex min-w-40 grow flex-col gap-1.5">
					{shown.map((s, i) => (
						<li key={s.key} className="flex items-center gap-2">
							<span aria-hidden className="size-2.5 shrink-0 rounded-sm" style={{ background: `var(--series-${i % COLOURS})` }} />
							<span className="min-w-0 grow truncate" title={s.label}>
								{s.title ?? s.label}
							</span>
							<span className="tabular">{count(s.value)}</span>
							<span className="tabular w-14 text-right text-small text-secondary">{rate(s.share)}</span>
						</li>
					))}
				</ul>
			</div>
		</WithTable>
	);
}
