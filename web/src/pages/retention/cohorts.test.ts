// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { cohortName, heat } from './cohorts';

describe('cohorts', () => {
	it.each([
		[null, 0], [0, 0], [0.001, 1], [0.2, 1], [0.21, 2], [0.4, 2], [0.6, 3], [0.601, 4], [0.8, 4], [0.81, 5], [1, 5],
	])('the rate %s has ground %s', (r, ground) => expect(heat(r)).toBe(ground));
	it('are named by their period', () => {
		expect(cohortName('2026-11-02', 'day')).toBe('Nov 2');
		expect(cohortName('2026-11-02', 'week')).toBe('Week of Nov 2');
		expect(cohortName('2026-11-01', 'month')).toBe('Nov 2026');
	});
});
