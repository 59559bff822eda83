// SPDX-License-Identifier: MIT
// The tabs of the settings, the icon of each and the role that sees it.
import { Activity, Building2, Eraser, FolderKanban, KeyRound, type LucideIcon, MonitorSmartphone, ScrollText, ShieldCheck, UserRound, Users } from 'lucide-react';
import type { Role } from '@/api/session';

export interface SettingsTab {
	path: string;
	title: string;
	icon: LucideIcon;
}

export const WORKSPACE_TABS: readonly (SettingsTab & { role: Role })[] = [
	{ path: 'general', title: 'General', icon: Building2, role: 'member' },
	{ path: 'members', title: 'Members', icon: Users, role: 'member' },
	{ path: 'projects', title: 'Projects', icon: FolderKanban, role: 'member' },
	{ path: 'keys', title: 'API keys', icon: KeyRound, role: 'member' },
	{ path: 'audit', title: 'Audit log', icon: ScrollText, role: 'admin' },
];

export const ACCOUNT_TABS: readonly SettingsTab[] = [
	{ path: 'profile', title: 'Profile', icon: UserRound },
	{ path: 'security', title: 'Security', icon: ShieldCheck },
	{ path: 'logins', title: 'Logins', icon: MonitorSmartphone },
	{ path: 'activity', title: 'Activity', icon: Activity },
	{ path: 'erasures', title: 'Erasures', icon: Eraser },
];
