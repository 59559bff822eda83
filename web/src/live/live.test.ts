// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { isLate, LiveBuffer, type LiveEvent, ROWS_MAX } from './buffer';
import { passes } from './filter';
import { SseParser } from './sse';
import { pauseMs } from './stream';

const event = (n: number, more: Partial<LiveEvent> = {}): LiveEvent => ({
	eventId: `e${n}`, eventType: 'tool_call', eventName: 'search', timestamp: new Date(n * 1000).toISOString(), storedAt: new Date(n * 1000).toISOString(), source: 'server', platform: 'claude', sessionId: 's', traceId: 't', userId: null, status: 'success',
	latencyMs: 1, errorCategory: null, errorMessage: null, isRetry: false, stepSequence: null, conversion: null, intent: null, metadata: {}, ...more,
});
const ids = (list: readonly LiveEvent[]) => list.map((e) => e.eventId);

describe('messages of a stream', () => {
	it('come whole from pieces that are cut anywhere', () => {
		const text = 'retry: 3000\n\nevent: event\nid: 5-a\ndata: {"x": "a\\nb"}\n\n: comment\n\nevent: heartbeat\nid: 6-\ndata: {}\n\n';
		for (let size = 1; size < 20; size++) {
			const parser = new SseParser();
			const found = [];
			for (let i = 0; i < text.length; i += size) found.push(...parser.push(text.slice(i, i + size)));
			expect(found).toEqual([{ event: 'event', id: '5-a', data: '{"x": "a\\nb"}' }, { event: 'heartbeat', id: '6-', data: '{}' }]);
		}
	});
	it('may have lines of data and CRLF', () => expect(new SseParser().push('data: 1\r\ndata:2\r\n\r\n')).toEqual([{ event: 'message', id: null, data: '1\n2' }]));
});

describe('pauses between attempts', () => {
	it('double up to 30 s and spread by a fifth', () => {
		expect([0, 1, 2, 3, 4, 5, 20].map((n) => pauseMs(n, 0.5))).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
		expect([pauseMs(0, 0), pauseMs(0, 0.999999)]).toEqual([800, 1200]);
	});
});

describe('rows of a live feed', () => {
	it('are newest first and each once', () => {
		const b = new LiveBuffer();
		b.take([event(1), event(2)], false);
		expect(ids(b.take([event(2), event(3)], false))).toEqual(['e3']);
		expect(ids(b.rows)).toEqual(['e3', 'e2', 'e1']);
	});
	it('are at most 500', () => {
		const b = new LiveBuffer();
		b.take(Array.from({ length: 700 }, (_, i) => event(i)), false);
		expect(b.rows.length).toBe(ROWS_MAX);
		expect(b.rows[0]?.eventId).toBe('e699');
	});
	it('are kept back while it is paused, and shown afterwards', () => {
		const b = new LiveBuffer();
		b.take([event(1)], false);
		b.take(Array.from({ length: 600 }, (_, i) => event(i + 2)), true);
		expect(ids(b.rows)).toEqual(['e1']);
		expect([b.held.length, b.overflow]).toEqual([500, 100]);
		b.resume();
		expect([b.rows.length, b.rows[0]?.eventId, b.held.length, b.overflow]).toEqual([500, 'e601', 0, 0]);
	});
	it('stay when they pass another filter; those that did not may come again', () => {
		const b = new LiveBuffer();
		b.take([event(1), event(2, { status: 'error' })], false);
		const all = { types: [], tools: [], platforms: [], errors: false };
		b.keep(passes({ ...all, errors: true }));
		expect(ids(b.rows)).toEqual(['e2']);
		expect(ids(b.take([event(1), event(2)], false))).toEqual(['e1']);
	});
	it('are late when they were stored a minute after their time', () => {
		expect(isLate({ timestamp: '2026-01-01T00:00:00Z', storedAt: '2026-01-01T00:01:00Z' })).toBe(false);
		expect(isLate({ timestamp: '2026-01-01T00:00:00Z', storedAt: '2026-01-01T00:01:01Z' })).toBe(true);
	});
});

describe('filters of a live feed', () => {
	const none = { types: [], tools: [], platforms: [], errors: false };
	it.each([
		[{}, {}, true], [{ types: ['step'] }, {}, false], [{ tools: ['search'] }, {}, true], [{ tools: ['search'] }, { eventType: 'step' }, false], [{ platforms: ['claude'] }, {}, true], [{ platforms: ['unknown'] }, { platform: null }, true], [{ errors: true }, {}, false],
	])('%o lets %o pass: %s', (filter, more, holds) => expect(passes({ ...none, ...filter })(event(1, more))).toBe(holds));
});
