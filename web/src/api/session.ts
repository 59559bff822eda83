// SPDX-License-Identifier: MIT
// Who is logged in and where they belong; ways to log in. Roles are ordered: each may do what those before it may.
import { queryOptions } from '@tanstack/react-query';
import { type Answer, api, ApiError } from './client';

export type Session = Answer<'/api/auth/session'>;
export type Workspace = Session['workspaces'][number];
export type Role = Workspace['role'];
export type Project = Answer<'/api/workspaces/{workspaceId}/projects'>['items'][number];

const RANK: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 };
/** Whether a role may do what needs at least `needed`. */
export const may = (role: Role, needed: Role): boolean => RANK[role] >= RANK[needed];

/** null: nobody is logged in. */
export const sessionQuery = queryOptions({
	queryKey: ['session'],
	queryFn: async ({ signal }): Promise<Session | null> => {
		try {
			return await api('get', '/api/auth/session', { signal, csrf: false });
		} catch (e) {
			if (e instanceof ApiError && e.status === 401) return null;
			throw e;
		}
	},
	staleTime: 60_000,
	retry: 1,
});

export const providersQuery = queryOptions({
	queryKey: ['providers'],
	queryFn: ({ signal }) => api('get', '/api/auth/providers', { signal }),
	staleTime: 60_000,
});

export const projectsQuery = (workspaceId: string) =>
	queryOptions({
		queryKey: ['projects', workspaceId],
		queryFn: ({ signal }) => api('get', '/api/workspaces/{workspaceId}/projects', { path: { workspaceId }, query: { pageSize: 100, sort: 'name', order: 'asc' }, signal }),
		staleTime: 60_000,
	});
