// SPDX-License-Identifier: MIT
// One analytics request as the page's filters say it: previous data stays while new is on its way, relative ranges move on.
import { keepPreviousData, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type Answer, api, ApiError, type Path, type QueryValue } from '@/api/client';
import * as E from '@/api/errors.gen';
import { useProject } from '@/app/place';
import { type Filters, filterQuery, isPinned } from '@/filters/filters';

type ViewPath = Extract<Path<'get'>, `/api/analytics/{projectId}/${string}`>;
const FOCUS_STALE_MS = 60_000;

/** What a view accepts besides the range. */
export interface Accepts {
	compare?: boolean;
	tool?: boolean;
	platform?: boolean;
}

/** Asks a view. extra: words of the view's own; path: other parts of the address. */
export function useView<P extends ViewPath>(path: P, filters: Filters, options: { extra?: Record<string, QueryValue>; at?: Record<string, string>; accepts?: Accepts; enabled?: boolean } = {}): UseQueryResult<Answer<P>> {
	const project = useProject();
	const client = useQueryClient();
	const { extra = {}, at = {}, accepts = {}, enabled = true } = options;
	const key = ['view', path, project.id, filters.key, accepts.compare ? filters.compare : null, at, extra];
	const pinned = isPinned(filters);
	const result = useQuery({
		queryKey: key,
		queryFn: ({ signal }) => {
			const { from, to, timezone, platform, tool } = filterQuery(filters);
			const query = {
				from,
				to,
				timezone,
				...(accepts.platform === false ? {} : { platform }),
				...(accepts.tool === false ? {} : { tool }),
				...(accepts.compare && !filters.compare ? { compare: 'none' } : {}),
				...extra,
			};
			return api('get', path as never, { path: { projectId: project.id, ...at } as never, query, signal });
		},
		placeholderData: keepPreviousData,
		staleTime: pinned ? Infinity : 30_000,
		enabled,
	});
	// a relative range that has aged is asked again when the page is looked at
	useEffect(() => {
		if (pinned) return;
		const onShow = () => {
			if (document.visibilityState === 'visible' && Date.now() - (client.getQueryState(key)?.dataUpdatedAt ?? Date.now()) > FOCUS_STALE_MS) void result.refetch();
		};
		document.addEventListener('visibilitychange', onShow);
		return () => document.removeEventListener('visibilitychange', onShow);
	});
	return result;
}

/** The query took too long or read too much: a shorter range helps. */
export const tooMuch = (e: unknown): boolean => e instanceof ApiError && (e.code === E.ANALYTICS_QUERY_TIMEOUT || e.code === E.ANALYTICS_QUERY_REJECTED);
