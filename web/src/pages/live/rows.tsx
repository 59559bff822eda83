// SPDX-License-Identifier: MIT
// Events of a live feed in a list of which only what is in sight is drawn. A row opens in place; several may be open.
import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { EventFields } from '@/analytics/event-fields';
import { eventTitle } from '@/analytics/event-kind';
import { EventTag } from '@/analytics/event-tag';
import { platformName } from '@/filters/platforms';
import { duration } from '@/format/number';
import { ago, exactMoment } from '@/format/time';
import { isLate, type LiveEvent } from '@/live/buffer';
import { Badge } from '@/ui/badge';
import { classes } from '@/ui/classes';
import { ROW_PX, windowOf } from './window';

interface RowProps {
	event: LiveEvent;
	open: boolean;
	now: number;
	zone: string;
	place: number;
	count: number;
	top: number;
	onToggle: (id: string) => void;
	onHeight: (id: string, px: number) => void;
}

/** Up and down go to the neighbour that is drawn. */
function onArrow(e: KeyboardEvent<HTMLButtonElement>) {
	const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
	if (step === 0) return;
	e.preventDefault();
	const all = [...(e.currentTarget.closest('ul')?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
	all[all.indexOf(e.currentTarget) + step]?.focus();
}

const Row = memo(function Row({ event: e, open, now, zone, place, count, top, onToggle, onHeight }: RowProps) {
	const item = useRef<HTMLLIElement>(null);
	useLayoutEffect(() => {
		const element = item.current;
		if (!open || !element) return;
		const sizes = new ResizeObserver(() => onHeight(e.eventId, element.offsetHeight));
		sizes.observe(element);
		return () => sizes.disconnect();
	}, [open, e.eventId, onHeight]);
	return (
		<li ref={item} className="absolute inset-x-0 border-b border-line-subtle" style={{ top }} aria-setsize={count} aria-posinset={place} data-event={e.eventId}>
			<button
				type="button"
				data-row
				aria-expanded={open}
				className={classes('flex w-full items-center gap-3 px-3 text-left hover:bg-muted focus-visible:outline-offset-[-2px]', open && 'bg-muted')}
				style={{ height: ROW_PX - 1 }}
				onClick={() => onToggle(e.eventId)}
				onKeyDown={onArrow}
			>
				<span className="flex w-20 shrink-0 items-center">
					<EventTag event={e} />
				</span>
				<span dir="auto" className="min-w-0 grow truncate font-mono text-small" title={eventTitle(e)}>
					{eventTitle(e)}
				</span>
				{isLate(e) && <Badge tone="warning">late</Badge>}
				<span className="hidden w-28 shrink-0 truncate sm:block">{platformName(e.platform)}</span>
				<span className={classes('hidden w-32 shrink-0 truncate md:block', e.userId === null ? 'text-secondary' : 'font-mono text-small')} title={e.userId ?? undefined}>
					{e.userId ?? 'anonymous'}
				</span>
				<span className="tabular hidden w-20 shrink-0 text-right sm:block">{e.latencyMs === null ? '' : duration(e.latencyMs)}</span>
				<span className="tabular w-24 shrink-0 text-right whitespace-nowrap text-small text-secondary" title={exactMoment(e.timestamp, zone)}>
					{ago(e.timestamp, zone, now)}
				</span>
			</button>
			{open && (
				<div className="border-t border-line-subtle px-3 py-4 sm:pl-26">
					<EventFields event={e} zone={zone} />
				</div>
			)}
		</li>
	);
});

interface Props {
	rows: readonly LiveEvent[];
	zone: string;
	now: number;
	open: ReadonlySet<string>;
	onToggle: (id: string) => void;
	/** somebody looks further down, or goes through the rows by keys */
	onAway: (away: boolean) => void;
}

export function Rows({ rows, zone, now, open, onToggle, onAway }: Props) {
	const frame = useRef<HTMLDivElement>(null);
	const [scroll, setScroll] = useState(0);
	const [height, setHeight] = useState(600);
	const [heights, setHeights] = useState<ReadonlyMap<string, number>>(new Map());
	const [focused, setFocused] = useState(false);
	const [onHeight] = useState(() => (id: string, px: number) => setHeights((all) => (all.get(id) === px ? all : new Map(all).set(id, px))));
	useEffect(() => {
		const element = frame.current;
		if (!element) return;
		const sizes = new ResizeObserver(() => setHeight(element.clientHeight));
		sizes.observe(element);
		return () => sizes.disconnect();
	}, []);
	const away = scroll > 0 || focused;
	useEffect(() => onAway(away), [away, onAway]);
	const { first, tops, total } = windowOf(rows, (r) => (open.has(r.eventId) ? (heights.get(r.eventId) ?? ROW_PX) : ROW_PX), scroll, height);
	return (
		<div
			ref={frame}
			className="h-[max(24rem,calc(100dvh-15rem))] overflow-y-auto rounded-card border border-line bg-panel"
			onScroll={(e) => setScroll(e.currentTarget.scrollTop)}
			onFocus={(e) => setFocused(e.target instanceof HTMLElement && e.target.matches(':focus-visible'))}
			onBlur={(e) => setFocused(e.currentTarget.contains(e.relatedTarget) && focused)}
			data-live-frame
		>
			<ul aria-label="Events" className="relative" style={{ height: total }}>
				{tops.map((top, i) => {
					const event = rows[first + i];
					return event && <Row key={event.eventId} event={event} open={open.has(event.eventId)} now={now} zone={zone} place={first + i + 1} count={rows.length} top={top} onToggle={onToggle} onHeight={onHeight} />;
				})}
			</ul>
		</div>
	);
}
