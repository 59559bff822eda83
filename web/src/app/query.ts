// SPDX-License-Identifier: MIT
// One cache for everything that was asked.
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/api/client';

const RETRIES = 3;
/** Failures that pass by themselves: no answer, a restarting program, the store or the database away. */
export const passing = (e: unknown): boolean => e instanceof ApiError && (e.status === 0 || e.status === 502 || e.status === 503);

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
