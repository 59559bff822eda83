// SPDX-License-Identifier: MIT
// A link to another view of the same project: range, zone and platforms go along, the view's own words do not.
import { Link, type LinkProps, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { carried, type Search } from '@/app/search';

export interface Target {
	/** as in VIEWS: tools/$tool */
	view: string;
	params?: Record<string, string>;
	search?: Search;
}

/** Where a view is. Routes of views are made from a table, so their type is not known to the router. */
export function useViewTarget(): (target: Target) => Pick<LinkProps, 'to' | 'params' | 'search'> {
	const { ws = '', project = '' } = useParams({ strict: false });
	const search: Search = useSearch({ strict: false });
	return ({ view, params = {}, search: own = {} }) => ({ to: `/$ws/$project/${view}`, params: { ws, project, ...params }, search: { ...carried(search), ...own } }) as Pick<LinkProps, 'to' | 'params' | 'search'>;
}

export function ViewLink({ className, title, children, ...target }: Target & { className?: string; title?: string; children: ReactNode }) {
	const of = useViewTarget();
	return (
		<Link {...of(target)} title={title} className={className ?? 'hover:underline'}>
			{children}
		</Link>
	);
}
