// SPDX-License-Identifier: MIT
// The frame of every page with a login: skip link, side bar (a drawer on small screens), banners, content.
import { Link, Outlet, useParams, useSearch } from '@tanstack/react-router';
import { ArrowLeft, ChevronsLeft, ChevronsRight, ChevronsUpDown, CircleUser, Menu as MenuIcon, Settings } from 'lucide-react';
import { useEffect, useState } from 'react';
import { may } from '@/api/session';
import { IconButton } from '@/ui/button';
import { classes } from '@/ui/classes';
import { Logo } from '@/ui/logo';
import { PopupButton } from '@/ui/popup';
import { Banners } from './banners';
import { useProjectMaybe, useProjects, useSession, useWorkspaceMaybe } from './place';
import { PrintedFilters, PrintedFooter } from './print';
import { carried, type Search } from './search';
import { ACCOUNT_TABS, type SettingsTab, WORKSPACE_TABS } from './settings-tabs';
import { Shortcuts } from './shortcuts';
import { recall, remember } from './storage';
import { VIEWS } from './views';

const NARROW = '(max-width: 1023px)';

function useCollapsed(): [boolean, (next: boolean) => void] {
	const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
	const [choice, setChoice] = useState(() => recall('sidebar'));
	useEffect(() => {
		const media = matchMedia(NARROW);
		const onChange = () => setNarrow(media.matches);
		media.addEventListener('change', onChange);
		return () => media.removeEventListener('change', onChange);
	}, []);
	return [
		choice === null ? narrow : choice === 'collapsed',
		(next) => {
			const word = next ? 'collapsed' : 'open';
			setChoice(word);
			remember('sidebar', word);
		},
	];
}

const itemClass = 'flex h-8 items-center gap-3 rounded-control px-2.5 hover:bg-muted';
const activeProps = { className: 'bg-muted font-semibold', 'aria-current': 'page' as const };

function NavItem({ to, title, icon: Icon, collapsed, search }: { to: string; title: string; search?: Search; icon?: React.ComponentType<{ className?: string; 'aria-hidden'?: boolean }>; collapsed: boolean }) {
	return (
		<li>
			<Link to={to} search={search ?? {}} className={classes(itemClass, collapsed && 'justify-center px-0')} activeProps={activeProps} activeOptions={{ includeSearch: false }} title={collapsed ? title : undefined} aria-label={collapsed ? title : undefined} preloadDelay={100}>
				{Icon && <Icon aria-hidden className="size-4 shrink-0" />}
				{!collapsed && <span className="truncate">{title}</span>}
			</Link>
		</li>
	);
}

function ProjectNav({ collapsed }: { collapsed: boolean }) {
	const { ws, project } = useParams({ strict: false });
	const search: Search = useSearch({ strict: false });
	if (!ws || !project) return null;
	return (
		<ul className="flex flex-col gap-0.5">
			{VIEWS.filter((v) => v.icon).map((v) => (
				<NavItem key={v.path} to={`/${ws}/${project}/${v.path}`} title={v.title} search={carried(search)} collapsed={collapsed} {...(v.icon ? { icon: v.icon } : {})} />
			))}
		</ul>
	);
}

/** In settings: their tabs, and the way back to the project one came from. */
function SettingsNav({ collapsed, base, tabs }: { collapsed: boolean; base: string; tabs: readonly SettingsTab[] }) {
	const lastWs = recall('workspace');
	const lastProject = recall('project');
	const projects = useProjects(useSession().workspaces.find((w) => w.slug === lastWs)?.id);
	const name = projects?.find((p) => p.slug === lastProject)?.name;
	return (
		<ul className="flex flex-col gap-0.5">
			<NavItem to={name ? `/${lastWs}/${lastProject}/overview` : '/'} title={name ? `Back to ${name}` : 'Back'} icon={ArrowLeft} collapsed={collapsed} />
			{tabs.map((t) => (
				<NavItem key={t.path} to={`${base}/${t.path}`} title={t.title} icon={t.icon} collapsed={collapsed} />
			))}
		</ul>
	);
}

function Nav({ collapsed }: { collapsed: boolean }) {
	const { ws, tab } = useParams({ strict: false });
	const workspace = useWorkspaceMaybe();
	const inAccount = location.pathname.startsWith('/settings/account');
	if (inAccount) return <SettingsNav collapsed={collapsed} base="/settings/account" tabs={ACCOUNT_TABS} />;
	if (tab && ws && workspace) return <SettingsNav collapsed={collapsed} base={`/${ws}/settings`} tabs={WORKSPACE_TABS.filter((t) => may(workspace.role, t.role))} />;
	return <ProjectNav collapsed={collapsed} />;
}

const loadScopeMenu = () => import('./scope-menu');
const loadUserMenu = () => import('./user-menu');

function ScopeSwitcher({ collapsed }: { collapsed: boolean }) {
	const workspace = useWorkspaceMaybe();
	const project = useProjectMaybe();
	const label = workspace ? (project ? `${workspace.name} / ${project.name}` : workspace.name) : 'Choose a project';
	return (
		<PopupButton
			load={loadScopeMenu}
			className={classes('flex w-full items-center gap-2 rounded-control border border-line-control bg-bg px-2.5 text-left hover:bg-muted', collapsed ? 'h-9 justify-center px-0' : project ? 'h-12' : 'h-9')}
			title={label}
			{...(collapsed ? { label: `Project: ${label}` } : {})}
		>
			{!collapsed && (
				<span className="relative flex min-w-0 grow flex-col">
					<span className="sr-only">Project: </span>
					{project && <span className="truncate text-small text-secondary">{workspace?.name}</span>}
					<span className="truncate font-medium">{project?.name ?? label}</span>
				</span>
			)}
			<ChevronsUpDown aria-hidden className="size-4 shrink-0 text-secondary" />
		</PopupButton>
	);
}

function SideBar({ collapsed, onCollapse }: { collapsed: boolean; onCollapse?: (next: boolean) => void }) {
	const workspace = useWorkspaceMaybe();
	const { user } = useSession();
	return (
		<div className="flex h-full flex-col gap-4 p-3">
			<div className={classes('flex items-center', collapsed ? 'flex-col gap-2' : 'justify-between')}>
				<Link to="/" className="flex items-center gap-2 rounded-control px-1 text-section font-semibold" aria-label="Yavio, home">
					<Logo size={24} className="rounded dark:border dark:border-line" />
					{!collapsed && 'Yavio'}
				</Link>
				{onCollapse && (
					<IconButton label={collapsed ? 'Open side bar' : 'Collapse side bar'} size="small" onClick={() => onCollapse(!collapsed)}>
						{collapsed ? <ChevronsRight aria-hidden className="size-4" /> : <ChevronsLeft aria-hidden className="size-4" />}
					</IconButton>
				)}
			</div>
			<ScopeSwitcher collapsed={collapsed} />
			<nav aria-label="Main" className="min-h-0 grow overflow-y-auto">
				<Nav collapsed={collapsed} />
			</nav>
			<ul className="flex flex-col gap-0.5">
				{workspace && may(workspace.role, 'member') && <NavItem to={`/${workspace.slug}/settings/general`} title="Settings" icon={Settings} collapsed={collapsed} />}
				<li>
					<PopupButton load={loadUserMenu} className={classes(itemClass, 'h-9 w-full text-left', collapsed && 'justify-center px-0')} label={`Account of ${user.name}`}>
						<CircleUser aria-hidden className="size-4 shrink-0" />
						{!collapsed && <span className="truncate">{user.name}</span>}
					</PopupButton>
				</li>
			</ul>
		</div>
	);
}

export function Shell() {
	const [collapsed, setCollapsed] = useCollapsed();
	const [drawer, setDrawer] = useState(false);
	const workspace = useWorkspaceMaybe();
	const project = useProjectMaybe();
	useEffect(() => {
		if (workspace) remember('workspace', workspace.slug);
		if (project) remember('project', project.slug);
	}, [workspace, project]);
	return (
		<div className="flex min-h-dvh">
			<a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded-control focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent">
				Skip to content
			</a>
			<aside className={classes('no-print sticky top-0 hidden h-dvh shrink-0 border-r border-line bg-sidebar transition-[width] duration-150 md:block', collapsed ? 'w-14' : 'w-56')}>
				<SideBar collapsed={collapsed} onCollapse={setCollapsed} />
			</aside>
			<IconButton label="Open menu" className="no-print fixed top-3.5 left-3 z-30 md:hidden" onClick={() => setDrawer(true)}>
				<MenuIcon aria-hidden className="size-5" />
			</IconButton>
			{drawer && (
				// eslint-disable-next-line jsx-a11y/no-static-element-interactions -- Esc closes it in onKeyDown; a click beside it too
				<div className="fixed inset-0 z-40 bg-transparent backdrop-brightness-50 md:hidden" onClick={() => setDrawer(false)} onKeyDown={(e) => e.key === 'Escape' && setDrawer(false)}>
					<aside className="h-dvh w-64 border-r border-line bg-sidebar">
						<SideBar collapsed={false} />
					</aside>
				</div>
			)}
			<Shortcuts onSideBar={() => setCollapsed(!collapsed)} />
			<main id="content" className="min-w-0 grow">
				<Banners />
				<PrintedFilters />
				<Outlet />
				<PrintedFooter />
			</main>
		</div>
	);
}
