// SPDX-License-Identifier: MIT
// A chart: a canvas with a text that says what it shows, and the same numbers as a table.
import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { useDark } from '@/app/theme';
import { classes } from '@/ui/classes';
import { Skeleton } from '@/ui/skeleton';
import { type ChartTable, WithTable } from './alternative';
import { type OnBrush, useBrush } from './brush';
import { type Palette, palette } from './palette';

interface Props {
	/** what the chart says, in a sentence */
	label: string;
	option: (colours: Palette) => EChartsCoreOption;
	table: ChartTable;
	/** anything that changes when the option does */
	version: unknown;
	height?: string;
	/** how many places the x axis has, where a range of them can be drawn over */
	places?: number | undefined;
	onBrush?: OnBrush | undefined;
}

const NEAR = '300px';

function Canvas({ option, version, places = 0, onBrush }: Pick<Props, 'option' | 'version' | 'places' | 'onBrush'>) {
	const place = useRef<HTMLDivElement>(null);
	const chart = useRef<EChartsType | null>(null);
	const [ready, setReady] = useState(false);
	const dark = useDark();
	const band = useBrush(place, chart, places, onBrush);
	useEffect(() => {
		const element = place.current;
		if (!element) return;
		let gone = false;
		let sizes: ResizeObserver | null = null;
		const near = new IntersectionObserver(
			(entries) => {
				if (!entries.some((e) => e.isIntersecting)) return;
				near.disconnect();
				void import('./engine').then(({ init }) => {
					if (gone) return;
					const made = init(element, null, { renderer: 'canvas' });
					sizes = new ResizeObserver(() => made.resize());
					sizes.observe(element);
					chart.current = made;
					setReady(true);
				});
			},
			{ rootMargin: NEAR },
		);
		near.observe(element);
		return () => {
			gone = true;
			near.disconnect();
			sizes?.disconnect();
			chart.current?.dispose();
			chart.current = null;
		};
	}, []);
	useEffect(() => {
		if (!ready || !chart.current) return;
		const colours = palette();
		chart.current.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...option(colours) }, { notMerge: true });
		// option is made anew at each drawing; version tells when it differs
		// eslint-disable-next-line react-hooks/exhaustive-deps
	}, [ready, version, dark]);
	return (
		<div className="relative h-full w-full">
			{/* the engine owns what is inside of this one */}
			<div ref={place} className={classes('h-full w-full', onBrush && 'touch-pan-y select-none')} />
			{band && <div aria-hidden className="pointer-events-none absolute inset-y-0 border-x border-info-mark bg-info-mark/15" style={band} data-brush />}
			{!ready && <Skeleton className="absolute inset-0" />}
		</div>
	);
}

export function Chart({ label, option, table, version, height = 'h-56', places, onBrush }: Props) {
	return (
		<WithTable label={label} table={table} height={height}>
			<div className={height} role="img" aria-label={label}>
				<Canvas option={option} version={version} places={places} onBrush={onBrush} />
			</div>
		</WithTable>
	);
}
