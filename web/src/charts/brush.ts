// SPDX-License-Identifier: MIT
// A range is chosen by drawing over a chart from one place of its x axis to another. Keys have the date picker for it.
import type { EChartsType } from 'echarts/core';
import { type RefObject, useEffect, useRef, useState } from 'react';

/** Called with the first and the last place of the axis, both included. */
export type OnBrush = (first: number, last: number) => void;
/** What is drawn over at the moment, in pixels. */
export interface Band {
	left: number;
	width: number;
}
/** A shorter stroke is a click. */
const STROKE_PX = 8;

export const bandOf = (a: number, b: number): Band => ({ left: Math.min(a, b), width: Math.abs(a - b) });
/** The places between two, in order and inside of an axis with count places; null: not on the axis. */
export function placesOf(a: number, b: number, count: number): [number, number] | null {
	if (count === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return null;
	const inside = (n: number) => Math.max(0, Math.min(count - 1, Math.round(n)));
	return [inside(Math.min(a, b)), inside(Math.max(a, b))];
}

export function useBrush(place: RefObject<HTMLDivElement | null>, chart: RefObject<EChartsType | null>, count: number, onBrush: OnBrush | undefined): Band | null {
	const [band, setBand] = useState<Band | null>(null);
	const told = useRef(onBrush);
	useEffect(() => {
		told.current = onBrush;
	}, [onBrush]);
	const wanted = onBrush !== undefined;
	useEffect(() => {
		const element = place.current;
		if (!element || !wanted) return;
		let start: number | null = null;
		const x = (e: PointerEvent) => e.clientX - element.getBoundingClientRect().left;
		const end = () => {
			start = null;
			setBand(null);
		};
		const onDown = (e: PointerEvent) => {
			if (e.button !== 0 || !chart.current?.containPixel('grid', [x(e), e.clientY - element.getBoundingClientRect().top])) return;
			start = x(e);
			element.setPointerCapture(e.pointerId);
		};
		const onMove = (e: PointerEvent) => start !== null && setBand(Math.abs(x(e) - start) < STROKE_PX ? null : bandOf(start, x(e)));
		const onUp = (e: PointerEvent) => {
			const from = start;
			end();
			if (from === null || Math.abs(x(e) - from) < STROKE_PX || !chart.current) return;
			const at = (px: number) => Number(chart.current?.convertFromPixel({ xAxisIndex: 0 }, px));
			const places = placesOf(at(from), at(x(e)), count);
			if (places) told.current?.(...places);
		};
		const onKey = (e: KeyboardEvent) => e.key === 'Escape' && start !== null && end();
		element.addEventListener('pointerdown', onDown);
		element.addEventListener('pointermove', onMove);
		element.addEventListener('pointerup', onUp);
		element.addEventListener('pointercancel', end);
		addEventListener('keydown', onKey);
		return () => {
			element.removeEventListener('pointerdown', onDown);
			element.removeEventListener('pointermove', onMove);
			element.removeEventListener('pointerup', onUp);
			element.removeEventListener('pointercancel', end);
			removeEventListener('keydown', onKey);
		};
	}, [place, chart, count, wanted]);
	return band;
}
