// SPDX-License-Identifier: MIT
// The views of a project: one row names path, title, icon and chunk. The side bar, the router and the shortcuts read this table.
import { Activity, CircleAlert, Filter, type LucideIcon, LayoutDashboard, MessageSquareText, Radio, Route as RouteIcon, Users, UserCheck, Wrench, Repeat, History } from 'lucide-react';
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

export const VIEWS: readonly View[] = [];

export const ICONS = { Activity, CircleAlert, Filter, LayoutDashboard, MessageSquareText, Radio, RouteIcon, Users, UserCheck, Wrench, Repeat, History };
