// SPDX-License-Identifier: MIT
// Every address of the app. A route without a login stands under the root, all others under the shell.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate, notFound, Outlet, redirect } from '@tanstack/react-router';
import { configQuery } from '@/api/config';
import { may, projectsQuery, type Role, sessionQuery } from '@/api/session';
import { Toasts } from '@/ui/toast';
import { ErrorPage, NotFoundPage } from './failure';
import { queryClient } from './query';
import { ReauthDialog } from './reauth';
import { parseSearch, type Search, stringifySearch } from './search';
import { Shell } from './shell';
import { SignedOutDialog } from './signed-out';
import { recall } from './storage';
import { viewOf, VIEWS } from './views';

// the first page's chunk comes while the login is asked for
void viewOf(location.pathname)?.load();

const root = createRootRoute({
	validateSearch: (search: Record<string, unknown>): Search => search as Search,
	component: () => (
		<>
			<Outlet />
			<Toasts />
			<ReauthDialog />
			<SignedOutDialog />
		</>
	),
	notFoundComponent: NotFoundPage,
	errorComponent: ErrorPage,
});

const session = () => queryClient.ensureQueryData(sessionQuery);
async function needLogin(href: string) {
	const found = await session();
	if (!found) throw redirect({ to: '/login', search: href === '/' ? {} : { next: href } });
	return found;
}

// ---- before a login ----

const open = <P extends string>(path: P, load: () => Promise<{ default: React.ComponentType }>) =>
	createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });

const openRoutes = [
	open('/login', () => import('@/pages/auth/login')),
	open('/register', () => import('@/pages/auth/register')),
	open('/forgot-password', () => import('@/pages/auth/forgot-password')),
	open('/reset-password', () => import('@/pages/auth/reset-password')),
	open('/verify-email', () => import('@/pages/auth/verify-email')),
	open('/unlock', () => import('@/pages/auth/unlock')),
	open('/invite', () => import('@/pages/auth/invite')),
	open('/setup', () => import('@/pages/auth/setup')),
	open('/logout', () => import('@/pages/auth/logout')),
];

// ---- with a login ----

const app = createRoute({
	getParentRoute: () => root,
	id: 'app',
	beforeLoad: async ({ location }) => {
		await needLogin(location.href);
		void queryClient.prefetchQuery(configQuery);
	},
	component: Shell,
	errorComponent: ErrorPage,
});

/** To the project used last, else the first there is, else to make one. */
const home = createRoute({
	getParentRoute: () => root,
	path: '/',
	beforeLoad: async () => {
		const { workspaces } = await needLogin('/');
		const last = workspaces.find((w) => w.slug === recall('workspace'));
		for (const workspace of last ? [last, ...workspaces] : workspaces) {
			const { items } = await queryClient.ensureQueryData(projectsQuery(workspace.id));
			const project = items.find((p) => p.slug === recall('project')) ?? items[0];
			if (project) throw redirect({ href: `/${workspace.slug}/${project.slug}/overview` });
		}
		const own = workspaces.find((w) => may(w.role, 'admin'));
		throw redirect({ href: own ? `/${own.slug}/new` : workspaces[0] ? `/${workspaces[0].slug}` : '/new' });
	},
});

const wizard = lazyRouteComponent(() => import('@/pages/start/wizard'));
const newWorkspace = createRoute({ getParentRoute: () => app, path: '/new', component: wizard });

const account = createRoute({
	getParentRoute: () => app,
	path: '/settings/account/$tab',
	component: lazyRouteComponent(() => import('@/pages/account/account')),
});
const accountHome = createRoute({ getParentRoute: () => app, path: '/settings/account', component: () => <Navigate to="/settings/account/$tab" params={{ tab: 'profile' }} replace /> });

const workspace = createRoute({
	getParentRoute: () => app,
	path: '/$ws',
	beforeLoad: async ({ params, location }) => {
		const found = (await needLogin(location.href)).workspaces.find((w) => w.slug === params.ws);
		// the same page for what does not exist and what is another's
		if (!found) throw notFound();
		return { workspace: found };
	},
	notFoundComponent: NotFoundPage,
});
const needs = (role: Role) => ({
	beforeLoad: ({ context }: { context: { workspace: { role: Role } } }) => {
		if (!may(context.workspace.role, role)) throw notFound();
	},
});
const projects = createRoute({ getParentRoute: () => workspace, path: '/', component: lazyRouteComponent(() => import('@/pages/project/projects')) });
const newProject = createRoute({ getParentRoute: () => workspace, path: '/new', ...needs('admin'), component: wizard });
const settings = createRoute({
	getParentRoute: () => workspace,
	path: '/settings/$tab',
	...needs('member'),
	component: lazyRouteComponent(() => import('@/pages/settings/settings')),
});

const project = createRoute({
	getParentRoute: () => workspace,
	path: '/$project',
	beforeLoad: async ({ params, context }) => {
		const { items } = await queryClient.ensureQueryData(projectsQuery(context.workspace.id));
		if (!items.some((p) => p.slug === params.project)) throw notFound();
	},
	notFoundComponent: NotFoundPage,
});
const start = createRoute({ getParentRoute: () => project, path: '/start', ...needs('member'), component: wizard });
const projectHome = createRoute({
	getParentRoute: () => project,
	path: '/',
	beforeLoad: ({ params }) => {
		throw redirect({ href: `/${params.ws}/${params.project}/overview` });
	},
});
const views = VIEWS.map((view) => createRoute({ getParentRoute: () => project, path: `/${view.path}`, component: lazyRouteComponent(view.load) }));

const tree = root.addChildren([
	...openRoutes,
	home,
	app.addChildren([newWorkspace, account, accountHome, workspace.addChildren([projects, newProject, settings, project.addChildren([start, projectHome, ...views])])]),
]);

export const router = createRouter({
	routeTree: tree,
	parseSearch,
	stringifySearch,
	defaultPreload: 'intent',
	defaultPreloadDelay: 100,
	scrollRestoration: true,
	defaultErrorComponent: ErrorPage,
	defaultNotFoundComponent: NotFoundPage,
});

declare module '@tanstack/react-router' {
	interface Register {
		router: typeof router;
	}
}
