// SPDX-License-Identifier: MIT
// The URL is the state of a page. A change of a filter goes back to page 1 and makes an entry in the history, unless it is typed.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { many, one, type Search } from './search';

export interface UrlState {
	search: Search;
	text(name: string): string | undefined;
	list(name: string): string[];
	/** Sets words; undefined or an empty list removes one. replace: do not make a history entry; keepPage: `page` stays. */
	set(change: Search, how?: { replace?: boolean; keepPage?: boolean }): void;
}

export function useUrlState(): UrlState {
	const search: Search = useSearch({ strict: false });
	const navigate = useNavigate();
	const set = useCallback<UrlState['set']>(
		(change, how = {}) => {
			void navigate({
				to: '.',
				search: ((before: Search) => {
					const next: Search = { ...before, ...change };
					if (!how.keepPage && !('page' in change)) delete next.page;
					for (const [name, value] of Object.entries(next)) if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) delete next[name];
					return next;
				}) as never,
				replace: how.replace ?? false,
				resetScroll: false,
			});
		},
		[navigate],
	);
	return useMemo(() => ({ search, text: (name: string) => one(search, name), list: (name: string) => many(search, name), set }), [search, set]);
}
