// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { bytes, change, count, duration, money, rate } from './number';

describe('numbers as people read them', () => {
	it.each([
		[null, '–'], [0, '0'], [9999, '9,999'], [10_000, '10.0K'], [12_345, '12.3K'], [999_949, '999.9K'], [999_960, '1.0M'], [1_234_567, '1.2M'], [-20_000, '-20.0K'], [2.5e9, '2.5B'],
	])('counts %s as %s', (n, text) => expect(count(n)).toBe(text));
	it.each([
		[null, '–'], [0, '0.0%'], [0.0005, '<0.1%'], [0.001, '0.1%'], [0.1234, '12.3%'], [1, '100.0%'],
	])('shows the rate %s as %s', (r, text) => expect(rate(r)).toBe(text));
	it.each([
		[null, '–'], [0, '0 ms'], [0.85, '850 µs'], [1.25, '1.3 ms'], [142.4, '142 ms'], [999.6, '1.00 s'], [1240, '1.24 s'], [59_990, '60.0 s'], [59_999, '1 min 00 s'], [200_000, '3 min 20 s'], [7_500_000, '2 h 05 min'], [3 * 86_400_000, '3 days'],
	])('shows %s ms as %s', (ms, text) => expect(duration(ms)).toBe(text));
	it.each([
		[512, '512 B'], [2048, '2.0 KB'], [1.4 * 1024 ** 2, '1.4 MB'],
	])('shows %s bytes as %s', (n, text) => expect(bytes(n)).toBe(text));
	it('shows money with its currency, never without', () => {
		expect(money(320.75, 'EUR')).toBe('EUR\u00a0320.75');
		expect(money(1320.75, 'EUR', true)).toBe('EUR\u00a01,321');
		expect(money(5, 'XXX')).toBe('5.00 (no currency)');
		expect(money(null, 'USD')).toBe('–');
	});
	it('says in words and signs how a number changed', () => {
		expect(change(0.123)).toBe('▲ 12.3%');
		expect(change(-0.5)).toBe('▼ 50.0%');
		expect(change(0)).toBe('± 0.0%');
		expect(change(null)).toBeNull();
	});
});
