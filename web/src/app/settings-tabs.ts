// SPDX-License-Identifier: MIT
// The tabs of the settings and the role that sees each.
import type { Role } from '@/api/session';

export const WORKSPACE_TABS: readonly { path: string; title: string; role: Role }[] = [
	{ path: 'general', title: 'General', role: 'member' },
	{ path: 'members', title: 'Members', role: 'member' },
	{ path: 'projects', title: 'Projects', role: 'member' },
	{ path: 'keys', title: 'API keys', role: 'member' },
	{ path: 'audit', title: 'Audit log', role: 'admin' },
];

export const ACCOUNT_TABS = [
	{ path: 'profile', title: 'Profile' },
	{ path: 'security', title: 'Security' },
	{ path: 'logins', title: 'Logins' },
	{ path: 'activity', title: 'Activity' },
	{ path: 'erasures', title: 'Erasures' },
] as const;
