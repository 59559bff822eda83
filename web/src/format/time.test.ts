// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ago, bucket, calendarDay, exactMoment, isZone, moment } from './time';

const NOW = Date.parse('2026-02-14T10:32:00Z');
describe('times in a zone', () => {
	it('shows a moment where one is', () => {
		expect(moment('2026-02-14T10:32:05.120Z', 'UTC')).toBe('Feb 14, 10:32');
		expect(moment('2026-02-14T23:32:05.120Z', 'Europe/Berlin')).toBe('Feb 15, 00:32');
		expect(exactMoment('2026-02-14T10:32:05.120Z', 'UTC')).toBe('Feb 14, 2026, 10:32:05.120 UTC');
	});
	it.each([
		['2026-02-14T10:31:59.500Z', 'now'], ['2026-02-14T10:31:48Z', '12 s ago'], ['2026-02-14T10:29:00Z', '3 min ago'], ['2026-02-14T05:32:00Z', '5 h ago'], ['2026-02-12T05:32:00Z', 'Feb 12, 05:32'], ['2026-02-14T11:32:00Z', 'Feb 14, 11:32'],
	])('%s is %s', (iso, text) => expect(ago(iso, 'UTC', NOW)).toBe(text));
	it('names buckets and calendar days', () => {
		expect(bucket('2026-02-13T23:00:00Z', 'day', 'Europe/Berlin')).toBe('Feb 14');
		expect(bucket('2026-02-14T14:00:00Z', 'hour', 'UTC')).toBe('14:00');
		expect(bucket('2026-02-01T00:00:00Z', 'month', 'UTC')).toBe('Feb 2026');
		expect(calendarDay('2026-02-14')).toBe('Feb 14');
	});
	it('knows which zones there are', () => {
		expect(isZone('Africa/Cairo')).toBe(true);
		expect(isZone('Mars/Base')).toBe(false);
	});
});
