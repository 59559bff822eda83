// SPDX-License-Identifier: MIT
// Who is logged in: account, theme, sign out.
import { useNavigate } from '@tanstack/react-router';
import { Menu, MenuGroup, MenuItem, MenuRadio, MenuSeparator } from '@/ui/menu';
import type { PopupProps } from '@/ui/popup';
import { useSession } from './place';
import { showShortcuts } from './shortcuts';
import { setTheme, type ThemeChoice, useThemeChoice } from './theme';

const THEMES: readonly [ThemeChoice, string][] = [
	['light', 'Light'],
	['dark', 'Dark'],
	['system', 'As the system'],
];

export default function UserMenu(popup: PopupProps) {
	const { user } = useSession();
	const theme = useThemeChoice();
	const navigate = useNavigate();
	return (
		<Menu {...popup} label="Account" className="w-60" placement="top-start" values={{ theme }} onValues={(v) => setTheme(v.theme)}>
			<div className="px-2.5 py-1.5">
				<p className="truncate font-medium">{user.name}</p>
				<p className="truncate text-small text-secondary">{user.email}</p>
			</div>
			<MenuSeparator />
			<MenuItem onClick={() => void navigate({ to: '/settings/account/$tab', params: { tab: 'profile' } })}>Account</MenuItem>
			<MenuItem onClick={() => requestAnimationFrame(showShortcuts)}>Keyboard shortcuts</MenuItem>
			<MenuGroup label="Theme">
				{THEMES.map(([value, text]) => (
					<MenuRadio key={value} name="theme" value={value}>
						{text}
					</MenuRadio>
				))}
			</MenuGroup>
			<MenuSeparator />
			<MenuItem onClick={() => void navigate({ to: '/logout' })}>Sign out</MenuItem>
		</Menu>
	);
}
