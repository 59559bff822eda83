// SPDX-License-Identifier: MIT
// The label of an event with a stripe in its colour.
import { classes } from '@/ui/classes';
import { kindOf, type Shown } from './event-kind';

export function EventTag({ event }: { event: Pick<Shown, 'eventType' | 'status'> }) {
	const kind = kindOf(event);
	return (
		<span className="inline-flex items-center gap-2 align-middle text-small font-medium tracking-wide whitespace-nowrap">
			<span aria-hidden className={classes('h-4 w-[3px] rounded-full', kind.fill)} />
			{kind.label}
		</span>
	);
}
