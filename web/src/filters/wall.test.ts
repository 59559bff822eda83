// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { fromWall, toWall } from './wall';

describe('wall-clock times of a zone', () => {
	it.each([
		['2026-11-02T09:00', 'UTC', '2026-11-02T09:00:00.000Z'],
		['2026-11-02T09:00', 'Europe/Berlin', '2026-11-02T08:00:00.000Z'],
		['2026-07-02T09:00', 'Europe/Berlin', '2026-07-02T07:00:00.000Z'],
		['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
		['2026-07-02T09:00', 'Asia/Kathmandu', '2026-07-02T03:15:00.000Z'],
	])('%s in %s is %s', (wall, zone, iso) => {
		expect(fromWall(wall, zone)).toBe(iso);
		expect(toWall(iso, zone)).toBe(wall);
	});
	it('takes the instant after a gap, and refuses what is no time', () => {
		expect(fromWall('2026-03-29T02:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z');
		expect(fromWall('yesterday', 'UTC')).toBeNull();
	});
});
