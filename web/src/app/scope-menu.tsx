// SPDX-License-Identifier: MIT
// All workspaces and projects one can go to. A switch keeps view and date range and drops the other filters.
import { useQueries } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Check, Plus } from 'lucide-react';
import { useState } from 'react';
import { may, projectsQuery } from '@/api/session';
import { classes } from '@/ui/classes';
import { controlClass } from '@/ui/field';
import { Menu, MenuGroup, MenuItem, MenuSeparator } from '@/ui/menu';
import type { PopupProps } from '@/ui/popup';
import { useSession, useWorkspaceMaybe } from './place';
import type { Search } from './search';
import { VIEWS } from './views';

const FILTER_FROM = 8;

function currentView(): string {
	const view = location.pathname.split('/')[3];
	return VIEWS.some((v) => v.icon && v.path === view) ? String(view) : 'overview';
}

export default function ScopeMenu(popup: PopupProps) {
	const { workspaces } = useSession();
	const workspace = useWorkspaceMaybe();
	const { project: projectSlug } = useParams({ strict: false });
	const search: Search = useSearch({ strict: false });
	const navigate = useNavigate();
	const [filter, setFilter] = useState('');
	const lists = useQueries({ queries: workspaces.map((w) => ({ ...projectsQuery(w.id), enabled: popup.open })) });
	const matches = (text: string) => text.toLowerCase().includes(filter.trim().toLowerCase());
	const entries = workspaces.length + lists.reduce((n, l) => n + (l.data?.items.length ?? 0), 0);
	const go = (to: string, keepRange = false) => {
		const { range, from, to: until, tz } = search;
		void navigate({ to, search: keepRange ? { range, from, to: until, tz } : {} });
	};
	return (
		<Menu {...popup} label="Projects" className="max-h-[70vh] w-72 overflow-y-auto">
			{entries >= FILTER_FROM && (
				<input
					className={classes(controlClass, 'mb-1')}
					placeholder="Find a project"
					aria-label="Find a project"
					value={filter}
					onChange={(e) => setFilter(e.target.value)}
					onKeyDown={(e) => !['Escape', 'ArrowDown', 'Tab'].includes(e.key) && e.stopPropagation()}
				/>
			)}
			{workspaces.map((w, i) => {
				const items = lists[i]?.data?.items.filter((p) => matches(p.name) || matches(w.name)) ?? [];
				if (filter && items.length === 0 && !matches(w.name)) return null;
				return (
					<MenuGroup key={w.id}>
						<MenuItem className="text-small font-medium text-secondary" onClick={() => go(`/${w.slug}`)}>
							<span className="truncate">{w.name}</span>
						</MenuItem>
						{items.map((p) => (
							<MenuItem key={p.id} onClick={() => go(`/${w.slug}/${p.slug}/${currentView()}`, true)}>
								<span className="grow truncate pl-2">{p.name}</span>
								{w.id === workspace?.id && p.slug === projectSlug && <Check aria-label="current" className="size-4" />}
							</MenuItem>
						))}
						{may(w.role, 'admin') && !filter && (
							<MenuItem className="text-secondary" onClick={() => go(`/${w.slug}/new`)}>
								<Plus aria-hidden className="ml-2 size-3.5" /> Project
							</MenuItem>
						)}
					</MenuGroup>
				);
			})}
			<MenuSeparator />
			<MenuItem onClick={() => go('/new')}>
				<Plus aria-hidden className="size-3.5" /> Workspace
			</MenuItem>
		</Menu>
	);
}
