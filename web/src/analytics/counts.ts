// SPDX-License-Identifier: MIT
// How many events the projects of a workspace have had in 30 days, and when the latest came; 25 projects a page.
import { queryOptions, useQueries } from '@tanstack/react-query';
import { type Answer, api } from '@/api/client';

const STALE_MS = 30_000;
const COUNTS_PAGE = 25;
const PAGES_MAX = 40;

type Counts = Answer<'/api/analytics/workspaces/{workspaceId}/projects'>;
export type ProjectCount = Counts['items'][number];

const ask = (workspaceId: string, page: number, signal: AbortSignal) => api('get', '/api/analytics/workspaces/{workspaceId}/projects', { path: { workspaceId }, query: { page }, signal });

const countsQuery = (workspaceId: string, page: number) =>
	queryOptions({ queryKey: ['counts', workspaceId, page], queryFn: ({ signal }) => ask(workspaceId, page, signal), staleTime: STALE_MS });

/** Of one project; null: it is on none of the pages. */
export const countOfQuery = (workspaceId: string, projectId: string) =>
	queryOptions({
		queryKey: ['counts', workspaceId, 'of', projectId],
		queryFn: async ({ signal }): Promise<ProjectCount | null> => {
			for (let page = 1; page <= PAGES_MAX; page++) {
				const { items } = await ask(workspaceId, page, signal);
				const found = items.find((i) => i.projectId === projectId);
				if (found) return found;
				if (items.length < COUNTS_PAGE) break;
			}
			return null;
		},
		staleTime: STALE_MS,
	});

/** Counts by project as far as they have come; failed: no more will come now. */
export function useCounts(workspaceId: string, projects: number) {
	const pages = useQueries({ queries: Array.from({ length: Math.ceil(projects / COUNTS_PAGE) }, (_, i) => countsQuery(workspaceId, i + 1)) });
	const counts = new Map(pages.flatMap((p) => p.data?.items.map((i) => [i.projectId, i] as const) ?? []));
	return { counts, failed: pages.some((p) => p.isError) };
}
