// SPDX-License-Identifier: MIT
// Everything that is known of an event, with ways to its session, trace, user and tool.
import type { components } from '@/api/schema.gen';
import { platformName } from '@/filters/platforms';
import { duration, money, NONE } from '@/format/number';
import { exactMoment } from '@/format/time';
import { CopyButton } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { type Fact, Facts } from '@/ui/facts';
import { Json } from '@/ui/json';
import { eventTitle, typeName } from './event-kind';
import { EventTag } from './event-tag';
import { SessionLink, ToolLink, TraceLink, UserLink } from './links';
import { Status } from './status';

export type Event = components['schemas']['Event'];

function rows(e: Event, zone: string): Fact[] {
	const facts: (Fact | false)[] = [
		['Type', typeName(e.eventType)],
		e.eventName !== null && ['Name', e.eventType === 'tool_call' ? <ToolLink key="tool" id={e.eventName} className="max-w-full" /> : <code className="font-mono text-small">{e.eventName}</code>],
		['Time', exactMoment(e.timestamp, zone)],
		e.status !== null && ['Status', <Status key="status" status={e.status} />],
		e.latencyMs !== null && ['Latency', duration(e.latencyMs)],
		e.errorCategory !== null && ['Error category', e.errorCategory],
		e.errorMessage !== null && ['Error', <span key="error" dir="auto" className="text-error">{e.errorMessage}</span>],
		e.isRetry && ['Retry', 'yes'],
		e.stepSequence !== null && ['Step', String(e.stepSequence)],
		e.conversion !== null && ['Value', e.conversion.value === null ? NONE : money(e.conversion.value, e.conversion.currency)],
		e.intent !== null && ['Intent', <span key="intent" dir="auto">{e.intent}</span>],
		['Platform', platformName(e.platform)],
		['Sent by', e.source],
		['User', <UserLink key="user" id={e.userId} className="max-w-full" />],
		['Session', <SessionLink key="session" id={e.sessionId} className="max-w-full" />],
		e.traceId !== '' && ['Trace', <TraceLink key="trace" id={e.traceId} className="max-w-full" />],
		['Event', <code key="id" className="font-mono text-small">{e.eventId}</code>],
		['Stored', exactMoment(e.storedAt, zone)],
	];
	return facts.filter((f) => f !== false);
}

export function EventFields({ event, zone }: { event: Event; zone: string }) {
	return (
		<div className="flex flex-col gap-4">
			<Facts rows={rows(event, zone)} />
			<h3 className="text-card">Properties</h3>
			<Json label="Properties" value={event.metadata} />
			<div>
				<CopyButton text={JSON.stringify(event, null, 2)} label="Copy as JSON" />
			</div>
		</div>
	);
}

/** The event at the right edge, over the page it was opened from. */
export function EventDrawer({ event, zone, onClose }: { event: Event; zone: string; onClose: () => void }) {
	return (
		<Dialog title={eventTitle(event)} shape="drawer" onClose={onClose}>
			<div className="mb-4">
				<EventTag event={event} />
			</div>
			<EventFields event={event} zone={zone} />
		</Dialog>
	);
}
