// SPDX-License-Identifier: MIT
// The live feed of the project as the page's filters say, and who stops looking stops reading.
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { api } from '@/api/client';
import { useProject } from '@/app/place';
import type { LiveFilter } from '@/live/filter';
import { type LiveState, LiveStore } from '@/live/store';

/** Nobody is logged in any more, which the client says by itself, or the project is not one's own now. */
function onGone(): void {
	void api('get', '/api/auth/session').then(() => location.reload(), () => undefined);
}

export function useLive(filter: LiveFilter): { store: LiveStore; state: LiveState } {
	const project = useProject();
	const [store] = useState(() => new LiveStore(project.id, filter, onGone));
	const key = JSON.stringify(filter);
	const latest = useRef(filter);
	useEffect(() => {
		latest.current = filter;
	});
	useEffect(() => {
		store.start();
		return () => store.stop();
	}, [store]);
	useEffect(() => store.setFilter(latest.current), [store, key]);
	return { store, state: useSyncExternalStore(store.subscribe, store.snapshot) };
}

/** The time, told again every so many ms. */
export function useNow(everyMs: number): number {
	const [now, setNow] = useState(() => Date.now());
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), everyMs);
		return () => clearInterval(timer);
	}, [everyMs]);
	return now;
}

/** What came in the last ten seconds, in words, for those who do not see the rows. */
export function useSummary({ seen, seenErrors }: LiveState, everyMs = 10_000): string {
	const counts = useRef({ seen, seenErrors });
	const told = useRef({ seen: 0, seenErrors: 0 });
	const [text, setText] = useState('');
	useEffect(() => {
		counts.current = { seen, seenErrors };
	});
	useEffect(() => {
		const timer = setInterval(() => {
			const events = counts.current.seen - told.current.seen;
			const errors = counts.current.seenErrors - told.current.seenErrors;
			told.current = counts.current;
			setText(events === 0 ? '' : `${events} new ${events === 1 ? 'event' : 'events'}${errors > 0 ? `, ${errors} ${errors === 1 ? 'error' : 'errors'}` : ''}`);
		}, everyMs);
		return () => clearInterval(timer);
	}, [everyMs]);
	return text;
}
