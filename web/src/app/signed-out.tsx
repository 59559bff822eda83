// SPDX-License-Identifier: MIT
// A login that ended while the page was open: a dialog, and all other tabs are told. Forms stay as they are behind it.
import { useSyncExternalStore } from 'react';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { sessionQuery } from '@/api/session';
import { queryClient } from './query';

let ended = false;
const listeners = new Set<() => void>();
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('yavio.login');

function set(next: boolean): void {
	if (ended === next) return;
	ended = next;
	for (const listener of listeners) listener();
}
const isLoggedIn = () => Boolean(queryClient.getQueryData(sessionQuery.queryKey));

if (channel)
	channel.onmessage = (e: MessageEvent<unknown>) => {
		if (e.data === 'out' && isLoggedIn()) set(true);
		if (e.data === 'in' && ended) void queryClient.resetQueries().then(() => set(false));
	};

/** The API says that nobody is logged in. */
export function onSignedOut(): void {
	if (!isLoggedIn()) return;
	set(true);
	channel?.postMessage('out');
}
/** Somebody logged in or out on purpose here. */
export function tellTabs(what: 'in' | 'out'): void {
	set(false);
	channel?.postMessage(what);
}

export function SignedOutDialog() {
	const open = useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => ended,
	);
	if (!open) return null;
	const login = () => window.open(`/login?next=${encodeURIComponent('/login?done=1')}`, '_blank', 'noopener');
	const here = () => location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
	return (
		<Dialog title="You have been signed out" onClose={() => undefined} locked>
			<p className="mb-4">Your login has ended. Sign in in a new tab to keep what you have typed here, or on this page.</p>
			<div className="flex justify-end gap-2">
				<Button onClick={here}>Sign in here</Button>
				<Button kind="primary" onClick={login}>
					Sign in in a new tab
				</Button>
			</div>
		</Dialog>
	);
}
