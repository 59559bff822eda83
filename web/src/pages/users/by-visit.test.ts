// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { isTrait } from './trait';
import { byVisit } from './by-visit';

it('groups events by session and by day of the zone, in their order', () => {
	const event = (eventId: string, sessionId: string, timestamp: string) => ({ eventId, sessionId, timestamp });
	const events = [event('e', 'b', '2026-11-03T00:30:00.000Z'), event('d', 'b', '2026-11-02T22:30:00.000Z'), event('c', 'a', '2026-11-02T22:10:00.000Z'), event('a', 'b', '2026-11-02T22:00:00.000Z')];
	expect(byVisit(events, 'UTC').map((v) => [v.sessionId, v.date, v.events.length])).toEqual([['b', '2026-11-03', 1], ['b', '2026-11-02', 1], ['a', '2026-11-02', 1], ['b', '2026-11-02', 1]]);
	expect(byVisit(events.slice(0, 2), 'Europe/Helsinki').map((v) => [v.date, v.events.length])).toEqual([['2026-11-03', 2]]);
	expect(byVisit([], 'UTC')).toEqual([]);
});
it('knows what a trait looks like', () => {
	expect(['plan:pro', 'a:b:c'].map(isTrait)).toEqual([true, true]);
	expect(['plan', ':pro', 'plan:', '', `k:${'x'.repeat(300)}`].map(isTrait)).toEqual([false, false, false, false, false]);
});
