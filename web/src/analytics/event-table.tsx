// SPDX-License-Identifier: MIT
// Events under the headings of their groups; one opens with all its fields. Rows are walked through by arrows.
import { Fragment, type ReactNode } from 'react';
import { duration } from '@/format/number';
import { Badge } from '@/ui/badge';
import { classes } from '@/ui/classes';
import { Clipped } from '@/ui/clipped';
import { onRowClick, onRowKey } from '@/ui/table';
import type { Event } from './event-fields';
import { eventTitle } from './event-kind';
import { EventTag } from './event-tag';
import { Status } from './status';

export interface EventGroup<E extends Event> {
	key: string;
	/** none when there is but one group */
	title?: ReactNode;
	events: readonly E[];
}
interface Props<E extends Event> {
	label: string;
	groups: readonly EventGroup<E>[];
	/** the first column: when it was */
	when: { title: string; of: (e: E) => ReactNode };
	/** a picture of when it was and how long it took */
	bar?: { title: ReactNode; of: (e: E) => ReactNode };
	onOpen: (e: E) => void;
}

const head = 'border-b border-line bg-muted px-3 py-2 text-small font-medium text-secondary whitespace-nowrap';
const cell = 'border-b border-line-subtle px-3 py-2 align-middle';

/** What else is worth a line in the list. */
function Note({ event: e }: { event: Event }) {
	if (e.errorMessage) return <Clipped text={e.errorMessage} className="block! text-small text-error sm:max-w-120" />;
	if (e.intent) return <Clipped text={e.intent} className="block! text-small text-secondary sm:max-w-120" />;
	return null;
}

export const eventRowId = (eventId: string): string => `event-${eventId}`;

export function EventTable<E extends Event>({ label, groups, when, bar, onOpen }: Props<E>) {
	const columns = bar ? 6 : 5;
	return (
		<div className="overflow-hidden rounded-card border border-line bg-panel">
			{/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys */}
			<div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
				<table className="w-full border-collapse">
					<caption className="sr-only">{label}</caption>
					<thead>
						<tr>
							<th scope="col" className={classes(head, 'w-28 text-right')}>
								{when.title}
							</th>
							<th scope="col" className={classes(head, 'w-24 text-left')}>
								Type
							</th>
							<th scope="col" className={classes(head, 'text-left')}>
								Event
							</th>
							{bar && (
								<th scope="col" className={classes(head, 'hidden w-2/5 text-left md:table-cell')}>
									{bar.title}
								</th>
							)}
							<th scope="col" className={classes(head, 'w-24 text-right')}>
								Latency
							</th>
							<th scope="col" className={classes(head, 'w-24 text-left')}>
								Status
							</th>
						</tr>
					</thead>
					{groups.map((group) => (
						<Fragment key={group.key}>
							<tbody>
								{group.title !== undefined && (
									<tr>
										<th scope="rowgroup" colSpan={columns} className="border-b border-line-subtle bg-sidebar px-3 py-1.5 text-left font-normal">
											{group.title}
										</th>
									</tr>
								)}
								{group.events.map((e) => (
									<tr
										key={e.eventId}
										id={eventRowId(e.eventId)}
										tabIndex={0}
										className="group cursor-pointer hover:bg-muted focus-visible:outline-offset-[-2px]"
										onClick={(click) => onRowClick(click, () => onOpen(e))}
										onKeyDown={(key) => onRowKey(key, () => onOpen(e))}
									>
										<td className={classes(cell, 'tabular text-right whitespace-nowrap text-secondary')}>{when.of(e)}</td>
										<td className={cell}>
											<EventTag event={e} />
										</td>
										<td className={cell}>
											<button type="button" className="inline-block max-w-60 truncate text-left align-middle font-mono text-small leading-6! group-focus-visible:whitespace-normal hover:underline" title={eventTitle(e)} onClick={() => onOpen(e)}>
												{eventTitle(e)}
											</button>
											<Note event={e} />
										</td>
										{bar && <td className={classes(cell, 'hidden md:table-cell')}>{bar.of(e)}</td>}
										<td className={classes(cell, 'tabular text-right whitespace-nowrap')}>{e.latencyMs === null ? '' : duration(e.latencyMs)}</td>
										<td className={cell}>
											<span className="inline-flex gap-1">
												{e.status !== null && <Status status={e.status} />}
												{e.isRetry && <Badge>retry</Badge>}
											</span>
										</td>
									</tr>
								))}
							</tbody>
						</Fragment>
					))}
				</table>
			</div>
		</div>
	);
}
