// SPDX-License-Identifier: MIT
// What surrounds every page: filters and back, deep links, what nobody may see, the store away, keys only, small screens, paper,
// and texts of strangers.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fixture, startAnalytics } from '../support/analytics.mjs';
import { openWindow, startBrowser, violations } from '../support/browser.mjs';
import { PASSWORD } from '../support/dashboard.mjs';
import { signIn, viewsOf } from '../support/pages.mjs';

const RANGE = 'from=2026-11-02T00:00:00.000Z&to=2026-11-16T00:00:00.000Z&tz=UTC';
const PHONE = { width: 320, height: 640 };
const { rows, setup } = fixture();
let stack, browser, origin, place, workspace, empty;

before(async () => {
	stack = await startAnalytics();
	await stack.tenant({ workspace: setup.workspaceId, project: setup.projectId });
	await stack.load(rows, setup.toolRegistry);
	const of = async (id) => (await stack.dashboard.sql('SELECT w.slug AS ws, p.slug AS project FROM yavio.workspaces w JOIN yavio.projects p ON p.workspace_id = w.id WHERE p.id = $1', [id]))[0];
	const { ws, project } = await of(setup.projectId);
	place = `/${ws}/${project}`;
	workspace = ws;
	empty = (await of((await stack.tenant({ workspace: setup.workspaceId })).project)).project;
	origin = `http://localhost:${stack.dashboard.port}`;
	browser = await startBrowser();
});
after(async () => {
	await browser?.close();
	await stack?.stop();
});

const window = (t, options) => openWindow(browser, origin, options).then((w) => (t.after(() => w.close()), w));
async function owner(t, options) {
	const opened = await window(t, options);
	await signIn(opened.page, stack.owner.email, PASSWORD);
	return opened;
}
const calls = (page) => page.locator('dt:has-text("Tool calls") + dd .text-kpi').first();
const showsCalls = (page, n) => calls(page).filter({ hasText: new RegExp(`^${n}$`) }).waitFor();
const rested = (page) => page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {}); // live never rests

test('a deep link asks for a login and then shows what it says', async (t) => {
	const { page, clean } = await window(t);
	await page.goto(`${place}/overview?${RANGE}&platform=claude`);
	await page.waitForURL(/\/login\?next=/);
	await page.getByLabel('E-mail address').fill(stack.owner.email);
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByRole('button', { name: 'Platforms: Claude' }).waitFor();
	const url = new URL(page.url());
	assert.equal(url.pathname, `${place}/overview`);
	assert.equal(url.searchParams.get('from'), '2026-11-02T00:00:00.000Z');
	clean();
});

test('range, zone and tool in the address: back undoes, forward does again, a copy shows the same', async (t) => {
	const { page, context, clean } = await owner(t);
	await page.goto(`${place}/overview?${RANGE}`);
	await showsCalls(page, 14);
	await page.getByRole('button', { name: 'Tools: All tools' }).click();
	await page.getByRole('checkbox', { name: 'book_room' }).check();
	await page.waitForURL(/tool=book_room/);
	await page.keyboard.press('Escape');
	await showsCalls(page, 4);
	await page.goBack();
	await showsCalls(page, 14);
	await page.goForward();
	await showsCalls(page, 4);
	await page.getByRole('button', { name: 'Tools: book_room' }).waitFor();
	// a view of the same project keeps the range; the browser's own back returns to the filters
	await page.getByRole('link', { name: 'Tools', exact: true }).click();
	await page.getByRole('heading', { level: 1, name: 'Tools' }).waitFor();
	await page.goBack();
	await showsCalls(page, 4);
	const copy = await context.newPage();
	await copy.goto(page.url());
	await showsCalls(copy, 4);
	await copy.goto(page.url().replace('tz=UTC', 'tz=Asia/Tokyo'));
	await copy.getByRole('button', { name: /Date range: .*Asia\/Tokyo/ }).waitFor();
	clean();
});

test('what does not exist and what is not one\'s own are the same page', async (t) => {
	const stranger = await stack.dashboard.person();
	const theirs = await stack.dashboard.workspace({ owner: stranger });
	const { page, clean } = await owner(t);
	const texts = [];
	for (const path of [`/${theirs.slug}/x/overview`, '/nope', `/${workspace}/nope`, `${place}/nope`]) {
		await page.goto(path);
		await page.getByRole('heading', { name: 'Page not found' }).waitFor();
		texts.push(await page.getByRole('heading', { name: 'Page not found' }).locator('..').innerText());
	}
	assert.equal(new Set(texts).size, 1);
	await page.getByRole('link', { name: 'Go to your projects' }).click();
	await page.getByRole('heading', { level: 1 }).waitFor();
	clean();
});

test('the projects and their counts; one without an event leads to the first', async (t) => {
	const { page, clean } = await owner(t);
	await page.goto(`/${workspace}`);
	await page.getByRole('link', { name: new RegExp(`${empty}.*no event yet`, 's') }).waitFor();
	const { items } = await stack.ask(`/api/analytics/workspaces/${setup.workspaceId}/projects`);
	const { events } = items.find((i) => i.projectId === setup.projectId);
	await page.getByRole('link', { name: new RegExp(`${place.slice(1)}.*\\b${events} events in 30 days`, 's') }).waitFor();
	assert.deepEqual(await violations(page), []);
	await page.goto(`/${workspace}/${empty}/tools`);
	await page.getByText('No events yet').waitFor();
	await page.getByRole('link', { name: 'Send your first event' }).click();
	await page.getByRole('heading', { name: 'Add Yavio to your server' }).waitFor();
	await page.goto(`${place}/tools?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`);
	await page.getByText('No tool calls in this period').waitFor();
	clean();
});

test('keys only: from the login to the overview, a range, a tool, a file, and out', async (t) => {
	const { page, clean } = await window(t);
	const { keyboard } = page;
	/** Tab until the focus is on a name; every stop shows where it is. */
	const tabTo = async (name) => {
		for (let i = 0; i < 60; i++) {
			await keyboard.press('Tab');
			const at = await page.evaluate(() => {
				const e = document.activeElement;
				const style = getComputedStyle(e);
				return { name: (e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent ?? '').trim(), seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, body: e === document.body };
			});
			assert.ok(at.body || at.seen, `the focus on "${at.name}" is visible`);
			if (name.test(at.name)) return;
		}
		assert.fail(`no way by Tab to ${name}`);
	};
	await page.goto(`/login?next=${encodeURIComponent(`${place}/overview?range=90d&tz=UTC`)}`);
	await page.getByLabel('E-mail address').waitFor();
	await keyboard.type(stack.owner.email); // the first field has the focus
	await tabTo(/^Password$/);
	await keyboard.type(PASSWORD);
	await keyboard.press('Enter');
	await calls(page).waitFor();
	await tabTo(/^Skip to content$/);
	await tabTo(/^Date range:/);
	await keyboard.press('Enter');
	const thirty = page.getByRole('button', { name: 'Last 30 days', exact: true }).or(page.getByRole('radio', { name: 'Last 30 days' })).or(page.getByRole('menuitemradio', { name: 'Last 30 days' }));
	await thirty.first().waitFor();
	await tabTo(/^Last 30 days$/);
	await keyboard.press('Enter');
	await page.waitForURL(/range=30d/);
	await keyboard.press('Escape');
	await page.goto(`${place}/tools?${RANGE}`);
	await page.getByRole('link', { name: 'search_rooms' }).waitFor();
	await tabTo(/^Export$/);
	await keyboard.press('Enter');
	await page.getByRole('link', { name: 'Tools as CSV' }).waitFor();
	await tabTo(/^Tools as CSV$/);
	const [file] = await Promise.all([page.waitForEvent('download'), keyboard.press('Enter')]);
	assert.match(file.suggestedFilename(), /\.csv$/);
	await page.getByRole('link', { name: 'Tools as CSV' }).waitFor({ state: 'hidden' });
	await tabTo(/^search_rooms$/);
	await keyboard.press('Enter');
	await page.getByRole('heading', { level: 1, name: 'search_rooms' }).waitFor();
	assert.equal(await page.evaluate(() => document.activeElement.textContent), 'search_rooms', 'the focus is on the heading of the new page');
	await tabTo(/^Account of/);
	await keyboard.press('Enter');
	await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
	await page.waitForFunction(() => document.activeElement.closest('[role="menu"]'));
	await keyboard.press('End');
	await page.locator('[role="menuitem"][data-active-item]', { hasText: 'Sign out' }).waitFor();
	await keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Sign in' }).waitFor();
	clean();
});

test('320 pixels wide, and zoomed to 200 %: nothing is cut off, the page does not scroll sideways', async (t) => {
	for (const viewport of [PHONE, { width: 640, height: 450 }]) {
		const { page, clean, close } = await owner(t, { viewport });
		const views = await viewsOf(page, place, { query: `?${RANGE}`, deep: false });
		for (const path of [...Object.values(views).map((v) => `${v}?${RANGE}`), `/${workspace}`, `/${workspace}/settings/members`, `/${workspace}/settings/keys`, '/settings/account/security', `${place}/start?step=4`]) {
			await page.goto(path);
			await page.getByRole('heading', { level: 1 }).waitFor();
			await rested(page);
			const { wide, inner, widest } = await page.evaluate(() => ({
				wide: document.documentElement.scrollWidth, inner: document.documentElement.clientWidth,
				widest: [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.overflow-x-auto, .overflow-auto, pre')).map((e) => `${e.tagName}.${e.className}`.slice(0, 90)).slice(0, 3),
			}));
			assert.ok(wide <= inner, `${path} at ${viewport.width}: ${wide} > ${inner}; ${widest}`);
		}
		if (viewport === PHONE) {
			await page.getByRole('button', { name: 'Open menu' }).click();
			await page.getByRole('link', { name: 'Tools', exact: true }).last().click();
			await page.getByRole('heading', { level: 1, name: 'Tools' }).waitFor();
			assert.equal(await page.getByRole('navigation', { name: 'Main' }).filter({ visible: true }).count(), 0, 'the drawer closes behind the page');
		}
		clean();
		await close();
	}
});

test('dark without a flash, a change of the system at run time, and paper', async (t) => {
	const { page, clean } = await owner(t, { colorScheme: 'dark' });
	await page.addInitScript(() => {
		new MutationObserver((_, self) => {
			if (!document.body) return;
			self.disconnect();
			window.atFirst = document.documentElement.classList.contains('dark');
		}).observe(document, { childList: true, subtree: true });
	});
	await page.goto(`${place}/overview?${RANGE}&platform=claude`);
	await calls(page).waitFor();
	assert.equal(await page.evaluate(() => window.atFirst), true, 'dark before anything is drawn');
	const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	assert.equal(await ground(), 'rgb(10, 10, 10)');
	await page.emulateMedia({ colorScheme: 'light' });
	await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)');
	await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
	await page.waitForFunction(() => !document.documentElement.classList.contains('dark'));
	assert.equal(await ground(), 'rgb(255, 255, 255)', 'paper is white');
	assert.equal(await page.getByRole('navigation', { name: 'Main' }).filter({ visible: true }).count(), 0);
	assert.equal(await page.getByRole('button').filter({ visible: true }).count(), 0, 'nothing to press on paper');
	await page.getByText(/Nov 2, 00:00 – Nov 16, 00:00, UTC · Claude · all tools/).waitFor();
	await page.getByText(new RegExp(`${place}/overview\\?.* · printed`)).waitFor();
	assert.ok((await page.pdf()).length > 10_000);
	await page.emulateMedia({ media: 'screen' });
	await page.waitForFunction(() => document.documentElement.classList.contains('dark'));
	clean();
});

test('texts of strangers stay texts', async (t) => {
	const evil = '<img src=x onerror="document.title=\'owned\'">';
	const long = 'x'.repeat(5000);
	const { project } = await stack.tenant({ workspace: setup.workspaceId });
	const now = new Date(Date.now() - 3_600_000).toISOString();
	const base = rows.find((r) => r.event_type === 'tool_call');
	const hostile = [evil, long, 'مرحبا بالعالم', '=1+1'].map((name) => ({
		...base, event_id: randomUUID(), project_id: project, event_name: name, tool_name: name, user_id: `user ${name}`, timestamp: now, intent_signals: { intent: name, source: 'inferred' }, metadata: JSON.stringify({ link: 'javascript:alert(1)', [name]: name }),
		status: 'error', error_category: 'server', error_message: name,
	}));
	await stack.load(hostile.map((r) => Object.fromEntries(Object.entries(r).filter(([, v]) => v !== undefined))));
	const [{ slug }] = await stack.dashboard.sql('SELECT slug FROM yavio.projects WHERE id = $1', [project]);
	const { page, clean } = await owner(t);
	const { retention, 'active-users': active, ...views } = await viewsOf(page, `/${workspace}/${slug}`, { deep: false }); // those two show no text of a stranger
	assert.ok(retention && active);
	const { items } = await stack.ask(`/api/analytics/${project}/errors/groups`, { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date().toISOString(), pageSize: 100 });
	const group = items.find((g) => g.message.startsWith(long.slice(0, 100)));
	const inside = [`tools/${encodeURIComponent(long)}`, `users/${encodeURIComponent(`user ${evil}`)}`, `sessions/${base.session_id}`, `traces/${base.trace_id}`, `errors/${group.fingerprint}`];
	for (const path of [...Object.values(views), ...inside.map((rest) => `/${workspace}/${slug}/${rest}`)]) {
		await page.goto(path);
		await page.getByRole('heading', { level: 1 }).waitFor();
		await rested(page);
		assert.equal(await page.locator('main img[src="x"], a[href^="javascript:"]').count(), 0, path);
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${path.slice(0, 60)} is not wider than the window`);
	}
	await page.goto(views.tools);
	await page.getByRole('link', { name: evil }).click();
	await page.getByRole('heading', { level: 1, name: evil }).waitFor();
	assert.notEqual(await page.title(), 'owned');
	clean();
});

test('the store is away: old numbers and a banner, and everything comes back by itself', async (t) => {
	const { page, clean } = await owner(t);
	await page.goto(`${place}/overview?range=90d&tz=UTC`);
	await calls(page).waitFor();
	const before = await calls(page).innerText();
	const { port } = stack.store;
	await stack.store.signal('SIGTERM');
	await page.getByRole('link', { name: 'Tools', exact: true }).click();
	await page.getByText('The event store cannot be reached.').waitFor();
	await page.goBack();
	await calls(page).filter({ hasText: before }).waitFor();
	await page.goto(`/${workspace}`);
	await page.getByText('cannot be counted now').first().waitFor();
	await page.getByRole('link', { name: new RegExp(place.slice(1)) }).waitFor();
	await page.goto(`${place}/tools?${RANGE}`);
	await page.getByText('The event store cannot be reached.').waitFor();
	assert.deepEqual(await violations(page), []);
	await stack.store.start({ port });
	await page.getByRole('link', { name: 'search_rooms' }).waitFor({ timeout: 60_000 });
	await page.getByText('The event store cannot be reached.').waitFor({ state: 'detached', timeout: 60_000 });
	clean();
});
