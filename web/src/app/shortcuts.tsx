// SPDX-License-Identifier: MIT
// Keys that do something on every page. Single letters can be switched off; they never work while one types.
import { useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { useViewTarget } from '@/analytics/view-link';
import { recall, remember } from './storage';
import { VIEWS } from './views';

const SECOND_KEY_MS = 1500;
const listeners = new Set<() => void>();
let on = recall('shortcuts') !== 'off';

export function setShortcuts(next: boolean): void {
	on = next;
	remember('shortcuts', next ? null : 'off');
	for (const listener of listeners) listener();
}
export const useShortcutsOn = (): boolean =>
	useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => on,
	);

/** Whether a key belongs to what has the focus, or to a window that is open. */
export const isTaken = (e: KeyboardEvent): boolean =>
	e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || (e.target instanceof HTMLElement && (e.target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName))) || document.querySelector('dialog[open]') !== null;

const Help = lazy(() => import('./shortcuts-dialog'));
const OPEN = 'yavio.shortcuts';
/** Shows the list of shortcuts. */
export const showShortcuts = (): boolean => dispatchEvent(new Event(OPEN));

/** The keys of the shell; onSideBar collapses and opens it. Gives the dialog that lists them, when it is open. */
export function Shortcuts({ onSideBar }: { onSideBar: () => void }) {
	const [help, setHelp] = useState(false);
	const { project } = useParams({ strict: false });
	const navigate = useNavigate();
	const target = useViewTarget();
	useEffect(() => {
		const open = () => setHelp(true);
		addEventListener(OPEN, open);
		return () => removeEventListener(OPEN, open);
	}, []);
	useEffect(() => {
		let goes = 0; // until when the second key of g … is waited for
		const first = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)].find((e) => e.checkVisibility());
		const keys: Record<string, () => void> = {
			'?': () => setHelp(true),
			'[': onSideBar,
			'/': () => first('input[type=search]')?.focus(),
			'.': () => {
				// on a small screen it is behind the button of all filters
				if (!first('[data-range]')) first('[data-filters]')?.click();
				requestAnimationFrame(() => {
					first('[data-range]')?.focus();
					first('[data-range]')?.click();
				});
			},
		};
		const onKey = (e: KeyboardEvent) => {
			if (!on || isTaken(e)) return;
			const view = goes > e.timeStamp && project ? VIEWS.find((v) => v.shortcut === e.key) : undefined;
			goes = e.key === 'g' ? e.timeStamp + SECOND_KEY_MS : 0;
			const act = view ? () => void navigate(target({ view: view.path })) : keys[e.key];
			if (!act) return;
			e.preventDefault();
			act();
		};
		addEventListener('keydown', onKey);
		return () => removeEventListener('keydown', onKey);
	}, [navigate, onSideBar, project, target]);
	return (
		help && (
			<Suspense>
				<Help onClose={() => setHelp(false)} />
			</Suspense>
		)
	);
}
