// SPDX-License-Identifier: MIT
// Which rows of a long list are drawn: those in sight and some around them, never more than 60.
export const ROW_PX = 44;
export const DRAWN_MAX = 60;
const AROUND_PX = 8 * ROW_PX;

/** first: place of the first row that is drawn; tops: where it and those behind it stand; total: height of all. */
export function windowOf<T>(rows: readonly T[], heightOf: (row: T) => number, scroll: number, height: number): { first: number; tops: number[]; total: number } {
	let total = 0;
	let first = -1;
	const tops: number[] = [];
	rows.forEach((row, i) => {
		const bottom = total + heightOf(row);
		if (bottom > scroll - AROUND_PX && total < scroll + height + AROUND_PX && tops.length < DRAWN_MAX) {
			if (first < 0) first = i;
			tops.push(total);
		}
		total = bottom;
	});
	return { first: Math.max(0, first), tops, total };
}
