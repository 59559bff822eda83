// SPDX-License-Identifier: MIT
// The views of a project: one row names path, title, icon and chunk. The side bar, the router and the shortcuts read this table.
import { Activity, CalendarSync, ChartLine, CircleAlert, Filter, LayoutDashboard, type LucideIcon, MessageSquareQuote, MessagesSquare, Users, Waypoints, Wrench } from 'lucide-react';
import type { ComponentType } from 'react';

export interface View {
	path: string;
	title: string;
	/** undefined: reached from another view, not in the side bar */
	icon?: LucideIcon;
	/** second key of the shortcut g … */
	shortcut?: string;
	load: () => Promise<{ default: ComponentType }>;
}

export const VIEWS: readonly View[] = [
	{ path: 'overview', title: 'Overview', icon: LayoutDashboard, shortcut: 'o', load: () => import('@/pages/overview/overview') },
	{ path: 'tools', title: 'Tools', icon: Wrench, shortcut: 't', load: () => import('@/pages/tools/tools') },
	{ path: 'tools/$tool', title: 'Tool', load: () => import('@/pages/tools/tool') },
	{ path: 'intents', title: 'Intents', icon: MessageSquareQuote, load: () => import('@/pages/intents/intents') },
	{ path: 'funnels', title: 'Funnels', icon: Filter, load: () => import('@/pages/funnels/funnels') },
	{ path: 'users', title: 'Users', icon: Users, load: () => import('@/pages/users/users') },
	{ path: 'users/$id', title: 'User', load: () => import('@/pages/users/user') },
	{ path: 'retention', title: 'Retention', icon: CalendarSync, load: () => import('@/pages/retention/retention') },
	{ path: 'active-users', title: 'Active users', icon: ChartLine, load: () => import('@/pages/active-users/active-users') },
	{ path: 'paths', title: 'Paths', icon: Waypoints, load: () => import('@/pages/paths/paths') },
	{ path: 'sessions', title: 'Sessions', icon: MessagesSquare, load: () => import('@/pages/sessions/sessions') },
	{ path: 'sessions/$id', title: 'Session', load: () => import('@/pages/sessions/session') },
	{ path: 'traces/$id', title: 'Trace', load: () => import('@/pages/sessions/trace') },
	{ path: 'live', title: 'Live', icon: Activity, shortcut: 'l', load: () => import('@/pages/live/live') },
	{ path: 'errors', title: 'Errors', icon: CircleAlert, shortcut: 'e', load: () => import('@/pages/errors/errors') },
	{ path: 'errors/$fingerprint', title: 'Error', load: () => import('@/pages/errors/error') },
];

/** The view that a path leads to, if it is one of a project's. */
export function viewOf(path: string): View | undefined {
	const words = path.split('/').slice(3);
	return VIEWS.find((v) => {
		const pattern = v.path.split('/');
		return pattern.length === words.length && pattern.every((part, i) => (part.startsWith('$') ? words[i] !== '' : part === words[i]));
	});
}
