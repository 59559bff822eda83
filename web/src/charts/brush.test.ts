// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { bandOf, placesOf } from './brush';

describe('drawing over a chart', () => {
	it('covers what lies between, in whichever direction it was drawn', () => {
		expect(bandOf(40, 100)).toEqual({ left: 40, width: 60 });
		expect(bandOf(100, 40)).toEqual({ left: 40, width: 60 });
	});
	it.each([
		[2, 5, 14, [2, 5]], [5, 2, 14, [2, 5]], [-3, 99, 14, [0, 13]], [3.4, 3.6, 14, [3, 4]], [0, 0, 1, [0, 0]],
	])('from %s to %s of %s places is %s', (a, b, count, places) => expect(placesOf(a, b, count)).toEqual(places));
	it('is nothing where there is no axis', () => {
		expect(placesOf(NaN, 3, 14)).toBeNull();
		expect(placesOf(0, 3, 0)).toBeNull();
	});
});
