// SPDX-License-Identifier: MIT
// The filters that every view of a project shares, read from the URL and as the API takes them.
import { useMemo } from 'react';
import { recall } from '@/app/storage';
import { useUrlState, type UrlState } from '@/app/url-state';
import { browserZone, isZone } from '@/format/time';
import { isRelative, type Range, readRange, resolve } from './range';

const VALUES_MAX = 20;
const PLATFORM = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const TOOL_MAX = 256;

export interface Filters {
	range: Range;
	timezone: string;
	compare: boolean;
	platforms: string[];
	tools: string[];
	/** words of the URL with values that are not valid, and what stays of them */
	stays: Record<string, readonly string[]>;
	/** for query keys: the same text, the same filters */
	key: string;
	url: UrlState;
}

export function useFilters(): Filters {
	const url = useUrlState();
	return useMemo(() => {
		const { range, invalid: badRange } = readRange({ range: url.text('range'), from: url.text('from'), to: url.text('to') });
		const tz = url.text('tz');
		const platformWords = url.list('platform').flatMap((word) => word.split(',')).filter(Boolean);
		const platforms = [...new Set(platformWords.filter((word) => PLATFORM.test(word)))].slice(0, VALUES_MAX);
		const toolWords = url.list('tool');
		const tools = [...new Set(toolWords.filter((name) => name.length <= TOOL_MAX))].slice(0, VALUES_MAX);
		const compareWord = url.text('compare');
		const timezone = tz !== undefined && isZone(tz) ? tz : (recall('timezone') ?? browserZone());
		const compare = compareWord !== '0';
		const stays = {
			...(badRange ? { range: [], from: [], to: [] } : {}),
			...(tz !== undefined && !isZone(tz) ? { tz: [] } : {}),
			...(platforms.length < new Set(platformWords).size ? { platform: platforms.length > 0 ? [platforms.join(',')] : [] } : {}),
			...(tools.length < toolWords.length ? { tool: tools } : {}),
			...(compareWord !== undefined && !['0', '1'].includes(compareWord) ? { compare: [] } : {}),
		};
		return { range, timezone, compare, platforms, tools, stays, url, key: JSON.stringify([range, timezone, platforms, tools]) };
	}, [url]);
}

/** The filters as words of an analytics request, a relative range resolved now. */
export function filterQuery(f: Filters, now: number = Date.now()): { from: string; to: string; timezone: string; platform: string; tool: string[] } {
	const { from, to } = resolve(f.range, now);
	return { from, to, timezone: f.timezone, platform: f.platforms.join(','), tool: f.tools };
}
export const isPinned = (f: Filters): boolean => !isRelative(f.range);
