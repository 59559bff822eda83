// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { DRAWN_MAX, ROW_PX, windowOf } from './window';

const rows = Array.from({ length: 500 }, (_, i) => i);
describe('the rows that are drawn', () => {
	it('are those in sight and some around', () => {
		const top = windowOf(rows, () => ROW_PX, 0, 10 * ROW_PX);
		expect([top.first, top.tops.length, top.total]).toEqual([0, 18, 500 * ROW_PX]);
		const middle = windowOf(rows, () => ROW_PX, 200 * ROW_PX, 10 * ROW_PX);
		expect([middle.first, middle.tops[0], middle.tops.length]).toEqual([192, 192 * ROW_PX, 26]);
	});
	it('make room for one that is open', () => {
		const { tops, total } = windowOf(rows, (r) => (r === 1 ? 400 : ROW_PX), 0, 10 * ROW_PX);
		expect(tops.slice(0, 3)).toEqual([0, ROW_PX, ROW_PX + 400]);
		expect(total).toBe(499 * ROW_PX + 400);
	});
	it('are never more than 60', () => expect(windowOf(rows, () => ROW_PX, 5000, 9000).tops.length).toBe(DRAWN_MAX));
	it('are none of none', () => expect(windowOf([], () => ROW_PX, 0, 500)).toEqual({ first: 0, tops: [], total: 0 }));
});
