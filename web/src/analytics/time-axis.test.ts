// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { axisOf } from './time-axis';

const moment = (ms: number) => ({ from: ms, to: ms });
const MINUTE = 60_000;

describe('the axis of a timeline', () => {
	it('keeps proportions when nothing is idle for long', () => {
		const axis = axisOf([moment(0), { from: 20, to: 60 }, moment(100)]);
		expect([0, 20, 60, 100].map((ms) => axis.at(ms))).toEqual([0, 0.2, 0.6, 1]);
		expect(axis.breaks).toEqual([]);
		expect(axis.ticks.map((t) => t.ms)).toEqual([0, 20, 40, 60, 80, 100]);
	});
	it('cuts long idle times out and tells how long they were', () => {
		const axis = axisOf([{ from: 0, to: 1000 }, { from: 10 * MINUTE, to: 10 * MINUTE + 1000 }]);
		expect(axis.breaks.map((b) => b.ms)).toEqual([10 * MINUTE - 1000]);
		expect(axis.at(1000)).toBeCloseTo(0.48);
		expect(axis.at(10 * MINUTE)).toBeCloseTo(0.52);
		expect(axis.at(10 * MINUTE + 1000)).toBeCloseTo(1);
		expect(axis.ticks.map((t) => t.ms)).toEqual([0, 10 * MINUTE]);
	});
	it('goes only forward, cuts at most eight times, and stays inside', () => {
		const spans = Array.from({ length: 14 }, (_, i) => moment(i * i * MINUTE));
		const axis = axisOf(spans);
		expect(axis.breaks.length).toBeLessThanOrEqual(8);
		const places = spans.map((s) => axis.at(s.from));
		expect(places).toEqual([...places].sort((a, b) => a - b));
		expect(Math.min(...places)).toBe(0);
		expect(Math.max(...places)).toBeLessThanOrEqual(1.000001);
	});
	it('does not cut what is evenly busy', () => {
		expect(axisOf(Array.from({ length: 100 }, (_, i) => moment(i * MINUTE))).breaks).toEqual([]);
	});
	it('knows what to do with nothing and with one moment', () => {
		expect(axisOf([]).at(5)).toBe(0);
		expect(axisOf([moment(7)]).ticks).toEqual([{ at: 0, ms: 7 }]);
	});
});
