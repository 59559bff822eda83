// SPDX-License-Identifier: MIT
// A timeline: a lane a trace, its events as marks on one axis. What the marks say stands in the table below it, too.
import type { ReactNode } from 'react';
import { duration } from '@/format/number';
import { classes } from '@/ui/classes';
import type { Event } from './event-fields';
import { eventTitle, isFailure, kindOf } from './event-kind';
import { type Axis, axisOf } from './time-axis';

export type Timed = Event & { offsetMs: number };
export interface Lane {
	key: string;
	title: ReactNode;
	events: readonly Timed[];
}

export const spanOf = (e: Timed) => ({ from: e.offsetMs, to: e.offsetMs + Math.max(0, e.latencyMs ?? 0) });
const percent = (share: number) => `${share * 100}%`;

/** Calls are bars as long as they took, other events of the server strokes, those of widgets rings. */
export function Mark({ event, axis, onOpen }: { event: Timed; axis: Axis; onOpen?: (e: Timed) => void }) {
	const kind = kindOf(event);
	const { from, to } = spanOf(event);
	const left = axis.at(from);
	const title = `${kind.word} ${eventTitle(event)}, after ${duration(event.offsetMs)}${event.latencyMs === null ? '' : `, took ${duration(event.latencyMs)}`}`;
	const place = { left: percent(left), width: percent(Math.max(0, axis.at(to) - left)) };
	const shape =
		event.eventType === 'tool_call' ? (
			<span className={classes('h-3 w-full min-w-1 rounded-sm', kind.fill)} />
		) : event.eventType.startsWith('widget') ? (
			<span className={classes('size-2.5 shrink-0 rounded-full border-2 bg-panel', kind.line)} />
		) : (
			<span className={classes('h-4 w-[3px] shrink-0 rounded-full', kind.fill)} />
		);
	const look = 'absolute inset-y-0 flex min-w-1 items-center';
	if (!onOpen)
		return (
			<span className={look} style={place} title={title}>
				{shape}
			</span>
		);
	return (
		<button type="button" tabIndex={-1} className={look} style={place} title={title} onClick={() => onOpen(event)}>
			{shape}
		</button>
	);
}

function Ground({ axis }: { axis: Axis }) {
	return (
		<>
			{axis.ticks.map((t) => (
				<span key={t.ms} className="absolute inset-y-0 border-l border-dashed border-line" style={{ left: percent(t.at) }} />
			))}
			{axis.breaks.map((b) => (
				<span key={b.from} className="absolute inset-y-0 bg-muted" style={{ left: percent(b.from), width: percent(b.to - b.from) }} title={`${duration(b.ms)} without events`} />
			))}
		</>
	);
}

/* room at the right for the mark of what happened last */
const column = 'relative mr-3 min-w-0 grow';
const LABEL_ROOM = 0.1;

export function Scale({ axis }: { axis: Axis }) {
	let last = -1;
	const shown = axis.ticks.filter((t) => {
		if (t.at - last < LABEL_ROOM && last >= 0) return false;
		last = t.at;
		return true;
	});
	return (
		<div className="tabular relative h-5 text-small text-secondary">
			{shown.map((t) => (
				<span key={t.ms} className={classes('absolute whitespace-nowrap', t.at > 0.92 ? '-translate-x-full' : t.at > 0.04 && '-translate-x-1/2')} style={{ left: percent(t.at) }}>
					{duration(t.ms)}
				</span>
			))}
		</div>
	);
}

const LEGEND = ['tool_call', 'step', 'conversion', 'track', 'identify', 'widget_render', 'connection'];

function Legend({ events }: { events: readonly Timed[] }) {
	const words = new Map<string, { fill: string; line: string; ring: boolean }>();
	for (const e of [...events].sort((a, b) => LEGEND.indexOf(a.eventType) - LEGEND.indexOf(b.eventType))) {
		const kind = kindOf(e);
		if (!words.has(kind.word)) words.set(kind.word, { fill: kind.fill, line: kind.line, ring: e.eventType.startsWith('widget') && !isFailure(e) });
	}
	return (
		<ul className="flex flex-wrap gap-x-4 gap-y-1 text-small text-secondary">
			{[...words].map(([word, { fill, line, ring }]) => (
				<li key={word} className="flex items-center gap-1.5">
					<span aria-hidden className={classes(ring ? `size-2.5 rounded-full border-2 ${line}` : `h-3 w-1.5 rounded-sm ${fill}`)} />
					{word}
				</li>
			))}
		</ul>
	);
}

export function Lanes({ label, lanes, onOpen }: { label: string; lanes: readonly Lane[]; onOpen: (e: Timed) => void }) {
	const events = lanes.flatMap((l) => l.events);
	const axis = axisOf(events.map(spanOf));
	return (
		<figure className="flex flex-col gap-3">
			<figcaption className="sr-only">{label}</figcaption>
			{/* a picture for the eye and the mouse: every event of it is a row of the table below */}
			<div aria-hidden className="max-h-96 overflow-y-auto">
				<div className="flex flex-col">
					<div className="flex">
						<span className="hidden w-48 shrink-0 md:block" />
						<div className={column}>
							<Scale axis={axis} />
						</div>
					</div>
					{lanes.map((lane) => (
						<div key={lane.key} className="flex flex-col md:flex-row md:items-center">
							<div className="w-48 shrink-0 truncate pr-4 text-small">{lane.title}</div>
							<div className={classes(column, 'h-8')}>
								<Ground axis={axis} />
								{lane.events.map((e) => (
									<Mark key={e.eventId} event={e} axis={axis} onOpen={onOpen} />
								))}
							</div>
						</div>
					))}
				</div>
			</div>
			<Legend events={events} />
		</figure>
	);
}
