// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { readRange, resolve } from './range';

describe('ranges', () => {
	it('takes the default when the words are wrong, and says so', () => {
		expect(readRange({})).toEqual({ range: { relative: '7d' }, invalid: false });
		expect(readRange({ range: '30d' })).toEqual({ range: { relative: '30d' }, invalid: false });
		for (const bad of [{ range: '8d' }, { from: '2026-01-01' }, { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, { from: '2026-01-02T00:00:00', to: '2026-01-03T00:00:00Z' }])
			expect(readRange(bad)).toEqual({ range: { relative: '7d' }, invalid: true });
	});
	it('resolves relative ones at the time of asking and leaves pinned ones', () => {
		const now = Date.parse('2026-01-08T00:00:00Z');
		expect(resolve({ relative: '7d' }, now)).toEqual({ from: '2026-01-01T00:00:00.000Z', to: '2026-01-08T00:00:00.000Z' });
		const { range } = readRange({ from: '2026-01-01T02:00:00+02:00', to: '2026-01-03T00:00:00Z' });
		expect(resolve(range, now)).toEqual({ from: '2026-01-01T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' });
	});
});
