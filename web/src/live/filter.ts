// SPDX-License-Identifier: MIT
// What a live feed is asked for, and whether an event that is there passes: the server looks at the event's own fields.
import { type QueryValue, url } from '@/api/client';
import type { LiveEvent } from './buffer';

export interface LiveFilter {
	types: readonly string[];
	tools: readonly string[];
	platforms: readonly string[];
	errors: boolean;
}

export const feedUrl = (projectId: string, f: LiveFilter, more: Record<string, QueryValue> = {}): string =>
	url('/api/analytics/{projectId}/live', { projectId }, { type: f.types, tool: f.tools, platform: f.platforms.join(','), status: f.errors ? 'error' : undefined, ...more });

export const passes =
	(f: LiveFilter) =>
	(e: LiveEvent): boolean =>
		(f.types.length === 0 || f.types.includes(e.eventType)) &&
		(f.tools.length === 0 || (e.eventType === 'tool_call' && e.eventName !== null && f.tools.includes(e.eventName))) &&
		(f.platforms.length === 0 || f.platforms.includes(e.platform ?? 'unknown')) &&
		(!f.errors || e.status === 'error');
