// SPDX-License-Identifier: MIT
// A popup of check boxes with a search field; changes hold at once.
import { useState } from 'react';
import { Checkbox, controlClass } from './field';
import { Popover } from './popover';
import type { PopupProps } from './popup';

interface Props extends PopupProps {
	label: string;
	options: readonly { value: string; label: string }[] | undefined;
	selected: readonly string[];
	max: number;
	onSelect: (values: string[]) => void;
}
const SEARCH_FROM = 8;
const SHOWN_MAX = 100;

export function PickList({ label, options, selected, max, onSelect, ...popup }: Props) {
	const [search, setSearch] = useState('');
	const all = [...(options ?? []), ...selected.filter((v) => !options?.some((o) => o.value === v)).map((v) => ({ value: v, label: v }))];
	const found = all.filter((o) => o.label.toLowerCase().includes(search.trim().toLowerCase()));
	const toggle = (value: string, on: boolean) => onSelect(on ? [...selected, value] : selected.filter((v) => v !== value));
	return (
		<Popover {...popup} label={label} className="flex max-h-80 w-64 flex-col">
			{all.length >= SEARCH_FROM && <input className={`${controlClass} mb-1`} placeholder="Search" aria-label={`Search ${label.toLowerCase()}`} value={search} onChange={(e) => setSearch(e.target.value)} />}
			<div className="flex min-h-0 flex-col overflow-y-auto px-2 py-1">
				{options === undefined && <p className="text-secondary">Loading …</p>}
				{found.slice(0, SHOWN_MAX).map((o) => (
					<Checkbox key={o.value} label={o.label} checked={selected.includes(o.value)} disabled={!selected.includes(o.value) && selected.length >= max} onChange={(e) => toggle(o.value, e.target.checked)} />
				))}
				{options !== undefined && found.length === 0 && <p className="text-secondary">Nothing found</p>}
			</div>
			{selected.length > 0 && (
				<button type="button" className="min-h-8 rounded-control text-small underline hover:bg-muted" onClick={() => onSelect([])}>
					Clear
				</button>
			)}
		</Popover>
	);
}
