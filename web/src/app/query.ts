// SPDX-License-Identifier: MIT
// One cache for everything that was asked.
import { hashKey, QueryClient, type QueryKey } from '@tanstack/react-query';
import { ApiError } from '@/api/client';

const RETRIES = 3;
/** Failures that pass by themselves: no answer, a restarting program, the store or the database away. */
export const passing = (e: unknown): boolean => e instanceof ApiError && (e.status === 0 || e.status === 502 || e.status === 503);

/** For placeholderData: while filters change the old answer stays, but only of the same thing, whose key begins alike: never another project's numbers. */
export const keptOf =
	(thing: QueryKey) =>
	<T>(old: T | undefined, before: { queryKey: QueryKey } | undefined): T | undefined =>
		before && hashKey(before.queryKey.slice(0, thing.length)) === hashKey(thing) ? old : undefined;

export const queryClient = new QueryClient({
	defaultOptions: {
		queries: {
			staleTime: 30_000,
			refetchOnWindowFocus: false,
			retry: (count, e) => passing(e) && count < RETRIES,
			retryDelay: (count) => Math.min(1000 * 2 ** count, 30_000),
			networkMode: 'always',
		},
		mutations: { networkMode: 'always' },
	},
});

/** What the server holds has changed: asks again. An answer that is on its way may be older than the change, so it is dropped first. */
export async function changed(queryKey: QueryKey, refetchType: 'active' | 'all' = 'active'): Promise<void> {
	await queryClient.cancelQueries({ queryKey });
	await queryClient.invalidateQueries({ queryKey, refetchType });
}
