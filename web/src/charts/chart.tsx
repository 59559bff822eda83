// SPDX-License-Identifier: MIT
// A chart: a canvas with a text that says what it shows, and the same numbers as a table.
import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { ChartNoAxesColumn, Table2 } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useDark } from '@/app/theme';
import { IconButton } from '@/ui/button';
import { Skeleton } from '@/ui/skeleton';
import { type Palette, palette } from './palette';

interface Props {
	/** what the chart says, in a sentence */
	label: string;
	option: (colours: Palette) => EChartsCoreOption;
	table: { head: readonly string[]; rows: readonly (readonly ReactNode[])[] };
	/** anything that changes when the option does */
	version: unknown;
	height?: string;
	onClick?: (name: string) => void;
}

const NEAR = '300px';

function Canvas({ option, version, onClick }: Pick<Props, 'option' | 'version' | 'onClick'>) {
	const place = useRef<HTMLDivElement>(null);
	const chart = useRef<EChartsType | null>(null);
	const click = useRef(onClick);
	const [ready, setReady] = useState(false);
	const dark = useDark();
	useEffect(() => {
		click.current = onClick;
	}, [onClick]);
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
					made.on('click', (e) => click.current?.(e.name));
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
			<div ref={place} className="h-full w-full" />
			{!ready && <Skeleton className="absolute inset-0" />}
		</div>
	);
}

export function Chart({ label, option, table, version, height = 'h-56', onClick }: Props) {
	const [asTable, setAsTable] = useState(false);
	return (
		<div className="relative">
			<IconButton
				label={asTable ? 'Show as chart' : 'Show as table'}
				size="small"
				className="no-print absolute -top-9 right-0 text-secondary"
				onClick={() => setAsTable(!asTable)}
			>
				{asTable ? <ChartNoAxesColumn aria-hidden className="size-4" /> : <Table2 aria-hidden className="size-4" />}
			</IconButton>
			{asTable ? (
				// eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys
				<div className={`${height} overflow-auto`} tabIndex={0} role="region" aria-label={label}>
					<table className="w-full text-small">
						<caption className="sr-only">{label}</caption>
						<thead>
							<tr>
								{table.head.map((h, i) => (
									<th key={h} scope="col" className={`border-b border-line px-2 py-1 font-medium ${i === 0 ? 'text-left' : 'text-right'}`}>
										{h}
									</th>
								))}
							</tr>
						</thead>
						<tbody>
							{table.rows.map((row, r) => (
								<tr key={r}>
									{row.map((cell, i) => (
										<td key={i} className={`border-b border-line-subtle px-2 py-1 ${i === 0 ? '' : 'tabular text-right'}`}>
											{cell}
										</td>
									))}
								</tr>
							))}
						</tbody>
					</table>
				</div>
			) : (
				<div className={height} role="img" aria-label={label}>
					<Canvas option={option} version={version} {...(onClick ? { onClick } : {})} />
				</div>
			)}
		</div>
	);
}
