// SPDX-License-Identifier: MIT
// Events, newest first, as groups of one session on one day.
import { calendarDate } from '@/format/time';

interface Timed {
	eventId: string;
	timestamp: string;
	sessionId: string;
}
export interface Visit<E> {
	key: string;
	sessionId: string;
	/** 2026-02-14 in the zone */
	date: string;
	events: E[];
}

export function byVisit<E extends Timed>(events: readonly E[], zone: string): Visit<E>[] {
	const visits: Visit<E>[] = [];
	for (const e of events) {
		const date = calendarDate(e.timestamp, zone);
		const last = visits.at(-1);
		if (last && last.sessionId === e.sessionId && last.date === date) last.events.push(e);
		else visits.push({ key: e.eventId, sessionId: e.sessionId, date, events: [e] });
	}
	return visits;
}
