// SPDX-License-Identifier: MIT
// Chooses the range: relative ones, two instants, and the zone in which days begin.
import { useState } from 'react';
import { remember } from '@/app/storage';
import { browserZone, isZone } from '@/format/time';
import { Button } from '@/ui/button';
import { SelectField, TextField } from '@/ui/field';
import { Popover } from '@/ui/popover';
import type { PopupProps } from '@/ui/popup';
import { useFilters } from './filters';
import { isRelative, RANGE_LABEL, RELATIVE_RANGES, resolve } from './range';
import { fromWall, toWall } from './wall';

const zones = (): string[] => [...new Set([browserZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])].filter(isZone);

export default function RangePopup(popup: PopupProps) {
	const { range, timezone, url } = useFilters();
	const [now] = useState(() => Date.now());
	const pinned = resolve(range, now);
	const [from, setFrom] = useState(toWall(pinned.from, timezone));
	const [to, setTo] = useState(toWall(pinned.to, timezone));
	const [a, b] = [fromWall(from, timezone), fromWall(to, timezone)];
	const wrong = a === null || b === null ? 'Please give both times.' : a >= b ? 'The end must come after the beginning.' : undefined;
	const apply = () => {
		if (a === null || b === null || wrong) return;
		url.set({ range: undefined, from: a, to: b });
		popup.onOpen(false);
	};
	return (
		<Popover {...popup} label="Date range" className="flex w-[min(22rem,calc(100vw-2rem))] flex-col gap-3 p-4">
			<div className="grid grid-cols-2 gap-2">
				{RELATIVE_RANGES.map((r) => (
					<Button
						key={r}
						size="small"
						kind={isRelative(range) && range.relative === r ? 'primary' : 'secondary'}
						aria-pressed={isRelative(range) && range.relative === r}
						onClick={() => {
							url.set({ range: r === '7d' ? undefined : r, from: undefined, to: undefined });
							popup.onOpen(false);
						}}
					>
						{RANGE_LABEL[r]}
					</Button>
				))}
			</div>
			<TextField label="From" type="datetime-local" value={from} max={toWall(new Date(now).toISOString(), timezone)} onChange={(e) => setFrom(e.target.value)} />
			<TextField label="To" type="datetime-local" value={to} onChange={(e) => setTo(e.target.value)} problem={wrong} />
			<SelectField
				label="Time zone"
				value={timezone}
				onChange={(e) => {
					remember('timezone', e.target.value === browserZone() ? null : e.target.value);
					url.set({ tz: e.target.value === browserZone() ? undefined : e.target.value });
				}}
			>
				{zones().map((z) => (
					<option key={z}>{z}</option>
				))}
			</SelectField>
			<div className="flex justify-end gap-2">
				{isRelative(range) && (
					<Button onClick={() => url.set({ range: undefined, from: pinned.from, to: pinned.to })} title="Keeps these dates in the address">
						Pin dates
					</Button>
				)}
				<Button kind="primary" disabled={wrong !== undefined} onClick={apply}>
					Apply
				</Button>
			</div>
		</Popover>
	);
}
