// SPDX-License-Identifier: MIT
// Colours of charts as the theme has them now; marks also differ by their dash.
const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export interface Palette {
	series: readonly string[];
	text: string;
	secondary: string;
	line: string;
	panel: string;
	error: string;
	accent: string;
}
export const DASHES: readonly (number[] | 'solid')[] = ['solid', [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [1, 2]];
/** of what stands beside the others and is not one of them */
export const DOTS = [1, 3];

export const palette = (): Palette => ({
	series: [0, 1, 2, 3, 4, 5].map((i) => token(`series-${i}`)),
	text: token('text'),
	secondary: token('text-secondary'),
	line: token('border'),
	panel: token('bg-card'),
	error: token('error-mark'),
	accent: token('accent'),
});
