// SPDX-License-Identifier: MIT
// The filters of a view, right in its header; on small screens behind one button that counts them.
import { CalendarDays, ChevronDown, ListFilter } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { moment } from '@/format/time';
import { Button, buttonClass } from '@/ui/button';
import { classes } from '@/ui/classes';
import { Checkbox } from '@/ui/field';
import { PopupButton } from '@/ui/popup';
import { useFilters } from './filters';
import { useMendedUrl } from './own-words';
import { platformName } from './platforms';
import { isRelative, RANGE_LABEL } from './range';

const loadRange = () => import('./range-popup');
const loadPlatforms = () => import('./platform-popup');
const loadTools = () => import('./tool-popup');

interface Props {
	/** the view has a date range */
	range?: boolean;
	compare?: boolean;
	platform?: boolean;
	tool?: boolean;
	/** words of the view's own filters, which "Clear filters" takes away, too */
	own?: readonly string[];
	/** filters of the view's own */
	children?: ReactNode;
	/** what stands beside the filters, on small screens too */
	actions?: ReactNode;
}
/** What of several words is chosen, in short. */
export const summary = (names: readonly string[], all: string) => (names.length === 0 ? all : names.length === 1 ? String(names[0]) : `${names.length} of them`);

export function FilterBar({ range: ranged = true, compare = false, platform = true, tool = true, own = [], children, actions }: Props) {
	const { range, timezone, platforms, tools, stays, compare: comparing, url } = useFilters();
	const [open, setOpen] = useState(false);
	const words = [platforms.length > 0 && 'platform', tools.length > 0 && 'tool', ranged && (!isRelative(range) || range.relative !== '7d') && 'range', ...own.filter((name) => url.list(name).length > 0)].filter((w) => w !== false);
	useMendedUrl(stays);
	const look = classes(buttonClass('secondary'), 'max-w-64');
	return (
		<>
			<Button className="lg:hidden" data-filters aria-expanded={open} onClick={() => setOpen(!open)}>
				<ListFilter aria-hidden className="size-4" /> Filters{words.length > 0 && ` (${words.length})`}
			</Button>
			<div role="group" aria-label="Filters" className={classes('flex-wrap items-center gap-2 lg:flex', open ? 'flex' : 'hidden')}>
				{children}
				{platform && (
					<PopupButton load={loadPlatforms} className={look} kind="dialog" label={`Platforms: ${summary(platforms.map(platformName), 'All platforms')}`}>
						<span className="truncate">{summary(platforms.map(platformName), 'All platforms')}</span>
						<ChevronDown aria-hidden className="size-4 shrink-0 text-secondary" />
					</PopupButton>
				)}
				{tool && (
					<PopupButton load={loadTools} className={look} kind="dialog" label={`Tools: ${summary(tools, 'All tools')}`}>
						<span className="truncate">{summary(tools, 'All tools')}</span>
						<ChevronDown aria-hidden className="size-4 shrink-0 text-secondary" />
					</PopupButton>
				)}
				{ranged && (
					<PopupButton load={loadRange} mark="range" className={look} kind="dialog" label={`Date range: ${isRelative(range) ? RANGE_LABEL[range.relative] : `${moment(range.from, timezone)} – ${moment(range.to, timezone)}`}, ${timezone}`}>
						<CalendarDays aria-hidden className="size-4 shrink-0 text-secondary" />
						<span className="truncate">{isRelative(range) ? RANGE_LABEL[range.relative] : `${moment(range.from, timezone)} – ${moment(range.to, timezone)}`}</span>
					</PopupButton>
				)}
				{compare && <Checkbox label="vs previous period" checked={comparing} onChange={(e) => url.set({ compare: e.target.checked ? undefined : '0' })} />}
				{words.length > 0 && (
					<Button kind="quiet" onClick={() => url.set({ platform: undefined, tool: undefined, ...(ranged ? { range: undefined, from: undefined, to: undefined } : {}), ...Object.fromEntries(own.map((name) => [name, undefined])) })}>
						Clear filters
					</Button>
				)}
			</div>
			{actions}
		</>
	);
}
