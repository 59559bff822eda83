// SPDX-License-Identifier: MIT
// One analytics request as the page's filters say it: previous data stays while new is on its way, relative ranges move on.
import { type InfiniteData, useInfiniteQuery, type UseInfiniteQueryResult, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { type Answer, api, ApiError, type Path, type QueryValue } from '@/api/client';
import * as E from '@/api/errors.gen';
import { useProject } from '@/app/place';
import { keptOf } from '@/app/query';
import { type Filters, filterQuery, isPinned } from '@/filters/filters';
import { useMendedUrl } from '@/filters/own-words';

type ViewPath = Extract<Path<'get'>, `/api/analytics/{projectId}/${string}`>;
const FOCUS_STALE_MS = 60_000;

/** Words of the address that the API refuses with such a code, though they look right: a range that is too long for a view, say. */
const REFUSED: Record<number, readonly string[]> = {
	[E.INVALID_TIME_RANGE]: ['range', 'from', 'to'],
	[E.INVALID_GRANULARITY]: ['range', 'from', 'to'],
	[E.INVALID_PLATFORM_FILTER]: ['platform'],
	[E.INVALID_PAGINATION]: ['page', 'pageSize'],
	[E.INVALID_SORT_PARAMETER]: ['sort', 'order'],
};

/** What a view accepts besides the range. */
export interface Accepts {
	compare?: boolean;
	tool?: boolean;
	platform?: boolean;
}

/** The words of a request: the filters that the view accepts, then its own. */
export function viewQuery(filters: Filters, accepts: Accepts, own: Record<string, QueryValue>): Record<string, QueryValue> {
	const { from, to, timezone, platform, tool } = filterQuery(filters);
	return {
		from,
		to,
		timezone,
		...(accepts.platform === false ? {} : { platform }),
		...(accepts.tool === false ? {} : { tool }),
		...(accepts.compare && !filters.compare ? { compare: 'none' } : {}),
		...own,
	};
}

/** Asks a view. extra: words of the view's own; path: other parts of the address. */
export function useView<P extends ViewPath>(path: P, filters: Filters, options: { extra?: Record<string, QueryValue>; at?: Record<string, string>; accepts?: Accepts; enabled?: boolean } = {}): UseQueryResult<Answer<P>> {
	const project = useProject();
	const { extra = {}, at = {}, accepts = {}, enabled = true } = options;
	const thing = ['view', path, project.id, at];
	const pinned = isPinned(filters);
	const query = useQuery({
		queryKey: [...thing, filters.key, accepts.compare ? filters.compare : null, extra],
		queryFn: ({ signal }): Promise<Answer<P>> => api('get', path as never, { path: { projectId: project.id, ...at } as never, query: viewQuery(filters, accepts, extra), signal }),
		placeholderData: keptOf(thing),
		staleTime: pinned ? Infinity : 30_000,
		refetchOnWindowFocus: ({ state }) => !pinned && Date.now() - state.dataUpdatedAt > FOCUS_STALE_MS,
		enabled,
	});
	const refused = query.error instanceof ApiError ? REFUSED[query.error.code] : undefined;
	useMendedUrl(Object.fromEntries((refused ?? []).map((name) => [name, []])));
	return query;
}

/** Asks for one thing, whatever the range. extra: words of its own. */
export function useThing<P extends ViewPath>(path: P, at: Record<string, string>, extra: Record<string, QueryValue> = {}): UseQueryResult<Answer<P>> {
	const project = useProject();
	return useQuery({
		queryKey: ['view', path, project.id, at, extra],
		queryFn: ({ signal }): Promise<Answer<P>> => api('get', path as never, { path: { projectId: project.id, ...at } as never, query: extra, signal }),
	});
}

/** The same for a thing that comes in pages, each with the cursor of the next. */
export function usePages<P extends ViewPath>(path: P, at: Record<string, string>, extra: Record<string, QueryValue> = {}): UseInfiniteQueryResult<InfiniteData<Answer<P>>> {
	const project = useProject();
	return useInfiniteQuery({
		queryKey: ['pages', path, project.id, at, extra],
		queryFn: ({ signal, pageParam }): Promise<Answer<P>> => api('get', path as never, { path: { projectId: project.id, ...at } as never, query: { ...extra, cursor: pageParam }, signal }),
		initialPageParam: null as string | null,
		getNextPageParam: (last) => (last as { nextCursor: string | null }).nextCursor,
	});
}

/** The query took too long or read too much: a shorter range helps. */
export const tooMuch = (e: unknown): boolean => e instanceof ApiError && (e.code === E.ANALYTICS_QUERY_TIMEOUT || e.code === E.ANALYTICS_QUERY_REJECTED);
