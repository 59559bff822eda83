// SPDX-License-Identifier: MIT
// The event store or the whole server is away: known from the requests of the page, asked again with growing pauses until it is back.
import { notifyManager, type Query, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { ApiError } from '@/api/client';
import * as E from '@/api/errors.gen';
import { passing, queryClient } from './query';

const FIRST_PAUSE_MS = 2_000;
const LAST_PAUSE_MS = 30_000;

export interface Away {
	what: 'store' | 'server';
	/** when the oldest numbers that are still shown came, in ms; null: none are shown */
	since: number | null;
}

/** Why a request fails; one that failed once is repeated before anybody is told. */
const failure = ({ state }: Query): unknown => state.error ?? (state.fetchFailureCount > 1 ? state.fetchFailureReason : null);
const isStore = (e: unknown): boolean => e instanceof ApiError && e.code === E.CLICKHOUSE_UNAVAILABLE;

/** What is away by the requests of the page as they are now; before is what was: a request on its way proves nothing yet. */
export function judge(queries: readonly Query[], before: Away | null): Away | null {
	const failed = queries.filter((q) => passing(failure(q)));
	if (failed.length === 0) return before && queries.some((q) => q.state.fetchStatus === 'fetching') ? before : null;
	const shown = failed.map((q) => q.state.dataUpdatedAt).filter((at) => at > 0);
	return { what: failed.some((q) => isStore(failure(q))) ? 'store' : 'server', since: shown.length > 0 ? Math.min(...shown) : null };
}

const active = (): Query[] => queryClient.getQueryCache().findAll({ type: 'active' });
let now: Away | null = null;
/** The same object as long as nothing changed. */
function current(): Away | null {
	const next = judge(active(), now);
	if (next?.what !== now?.what || next?.since !== now?.since) now = next;
	return now;
}
const subscribe = (listener: () => void) => queryClient.getQueryCache().subscribe(notifyManager.batchCalls(listener));

/** null: everything answers. While something does not, what failed is asked again. */
export function useAway(): Away | null {
	const client = useQueryClient();
	const away = useSyncExternalStore(subscribe, current);
	const isAway = away !== null;
	useEffect(() => {
		if (!isAway) return;
		let pause = FIRST_PAUSE_MS;
		let timer = setTimeout(again, pause);
		function again() {
			void client.refetchQueries({ type: 'active', predicate: (q) => passing(q.state.error) && q.state.fetchStatus === 'idle' });
			pause = Math.min(2 * pause, LAST_PAUSE_MS);
			timer = setTimeout(again, pause);
		}
		return () => clearTimeout(timer);
	}, [isAway, client]);
	return away;
}
