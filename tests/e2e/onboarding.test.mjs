// SPDX-License-Identifier: MIT
// From nothing to numbers, with mail: the page waits for the first event, by HTTP and by the SDK; register and verify, forgotten
// passwords, a locked account, an invitation to a second person, and the end of a project.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openWindow, startBrowser, violations } from '../support/browser.mjs';
import { ROOT } from '../support/process.mjs';
import { startSmtp } from '../support/smtp.mjs';
import { event, Stack, waitFor } from '../support/stack.mjs';

const PASSWORD = 'correct horse battery';
const NEXT_PASSWORD = 'another horse battery';
const OWNER = 'ada@example.com';
const SHOWN_MS = 30_000;
let smtp, stack, browser, origin;

before(async () => {
	smtp = await startSmtp({ tls: 'none' });
	const limits = Object.fromEntries(['CEILING', 'AUTH_STRICT', 'AUTH', 'MANAGE', 'ANALYTICS'].map((name) => [`YAVIO_RL_${name}`, '100000/60']));
	stack = await Stack.start({ ...smtp.env, ...limits });
	origin = `http://localhost:${stack.http}`;
	browser = await startBrowser();
});
after(async () => {
	await browser?.close();
	await stack?.stop();
	await smtp?.stop();
});

const open = (t, options) => openWindow(browser, origin, options).then((w) => (t.after(() => w.close()), w));
async function login(page, email, password = PASSWORD) {
	await page.goto('/login');
	await page.getByLabel('E-mail address').fill(email);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
}
const entered = (page) => page.getByRole('button', { name: /^Account of/ }).waitFor();
async function accessible(page, what) {
	assert.deepEqual(await violations(page), [], what);
}
/** The key that the page shows once, acknowledged. */
async function takeKey(page) {
	const key = await page.getByLabel('API key', { exact: true }).inputValue();
	await page.getByLabel('I have stored it').check();
	await page.getByRole('button', { name: 'Continue' }).click();
	return key;
}
/** The link of the mail to somebody that leads to a page. */
const linkTo = async (to, path) => (await smtp.mail((m) => m.to === to && m.links.some((l) => l.includes(path)))).links.find((l) => l.includes(path));

/** A call of the example server of the SDK, by an MCP client over stdio. */
async function callBySdk(key) {
	const require = createRequire(join(ROOT, 'sdk/js/package.json'));
	const load = (name) => import(pathToFileURL(require.resolve(name)).href);
	const [{ Client }, { StdioClientTransport }] = await Promise.all([load('@modelcontextprotocol/sdk/client/index.js'), load('@modelcontextprotocol/sdk/client/stdio.js')]);
	const client = new Client({ name: 'claude-code', version: '1.0.0' });
	await client.connect(new StdioClientTransport({ command: process.execPath, args: [join(ROOT, 'sdk/js/examples/stdio.mjs')], env: { PATH: process.env.PATH, YAVIO_API_KEY: key, YAVIO_ENDPOINT: stack.ingestUrl } }));
	await client.callTool({ name: 'find_hotels', arguments: { city: 'Porto', nights: 3 } });
	await client.close();
}

test('first start: the page waits, an event comes over HTTP, the overview counts it', async (t) => {
	const { page, clean } = await open(t);
	await page.goto((await stack.must(['setup-token'])).match(/\S+\/setup#t=\S+/)[0].replace(/^https?:\/\/[^/]+/, ''));
	await page.getByLabel('Your name').fill('Ada Lovelace');
	await page.getByLabel('E-mail address').fill(OWNER);
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByLabel('Workspace').fill('Acme');
	await page.getByLabel('First project').fill('Hotel Bot');
	await page.getByRole('button', { name: 'Set up' }).click();
	const key = await takeKey(page);
	await page.getByRole('heading', { name: 'Add Yavio to your server' }).waitFor();
	await page.getByRole('button', { name: 'Continue' }).click();
	await page.getByText('Waiting for the first event…').waitFor();
	await accessible(page, 'waiting');
	assert.equal((await stack.post(key, [event({ event_name: 'find_hotels', platform: 'chatgpt' })])).status, 200);
	await page.getByRole('heading', { name: 'Your first event is here' }).waitFor({ timeout: SHOWN_MS });
	await page.getByText('find_hotels').waitFor();
	await accessible(page, 'first event');
	await page.getByRole('button', { name: 'Open dashboard' }).click();
	await page.waitForURL(/\/acme\/hotel-bot\/overview/);
	await page.locator('dt:has-text("Tool calls") + dd .text-kpi').filter({ hasText: /^1$/ }).waitFor({ timeout: SHOWN_MS });
	clean();
});

test('another project: the wizard, and the first event by the SDK', async (t) => {
	const { page, clean } = await open(t);
	await login(page, OWNER);
	await entered(page);
	await page.route(/\/projects\?/, async (route) => { // what was listed before the project was made comes after it
		const response = await route.fetch();
		await made;
		await route.fulfill({ response }).catch(() => {});
	}, { times: 1 });
	const made = page.waitForResponse((r) => r.request().method() === 'POST' && r.url().endsWith('/projects'));
	await page.goto('/acme/new');
	await page.getByLabel('Name').fill('Travel Agent');
	assert.equal(await page.getByLabel('Word in addresses').inputValue(), 'travel-agent');
	await page.getByRole('button', { name: 'Continue' }).click();
	await page.waitForURL(/\/acme\/travel-agent\/start\?step=3/);
	await page.getByRole('button', { name: 'Make the key' }).click();
	const key = await takeKey(page);
	await page.goto('/acme/travel-agent/start?step=5'); // reload keeps the place
	await page.getByText('Waiting for the first event…').waitFor();
	await callBySdk(key);
	await page.getByRole('heading', { name: 'Your first event is here' }).waitFor({ timeout: SHOWN_MS });
	await page.getByRole('button', { name: 'Open dashboard' }).click();
	await page.getByRole('link', { name: 'find_hotels' }).waitFor({ timeout: SHOWN_MS });
	await page.goto('/acme');
	await page.getByRole('link', { name: /Travel Agent.*events in 30 days.*last event/s }).waitFor();
	await accessible(page, 'projects');
	clean();
});

test('register, a wrong password leaves the link usable, verify, into a project of one\'s own', async (t) => {
	const { page, clean } = await open(t);
	await page.goto('/register');
	await page.getByLabel('Name').fill('Grace Hopper');
	await page.getByLabel('E-mail address').fill('grace@example.com');
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Create account' }).click();
	await page.getByText('We have sent a link to grace@example.com').waitFor();
	await page.goto(await linkTo('grace@example.com', '/verify-email'));
	await page.getByLabel('Password').fill('not the password');
	await page.getByRole('button', { name: 'Confirm and sign in' }).click();
	await page.getByRole('alert').waitFor();
	await accessible(page, 'verify');
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Confirm and sign in' }).click();
	await entered(page);
	await page.getByText('No events yet').waitFor();
	clean();
});

test('ten wrong passwords lock, the time left is shown, the operator unlocks', async (t) => {
	const { page, clean } = await open(t);
	for (let i = 0; i < 10; i++) {
		await login(page, 'grace@example.com', `wrong ${i}`);
		await page.getByRole('alert').waitFor();
	}
	await login(page, 'grace@example.com');
	await page.getByText(/Try again in \d+/).waitFor();
	await accessible(page, 'locked');
	await stack.must(['users', 'unlock', 'grace@example.com', '--yes']);
	await login(page, 'grace@example.com');
	await entered(page);
	clean();
});

test('forgotten password: a link by mail, and every other login ends', async (t) => {
	const other = await open(t);
	await login(other.page, 'grace@example.com');
	await entered(other.page);
	const { page, clean } = await open(t);
	await page.goto('/forgot-password');
	await page.getByLabel('E-mail address').fill('grace@example.com');
	await page.getByRole('button', { name: 'Send the link' }).click();
	await page.getByText('Check your mail').waitFor();
	await page.goto(await linkTo('grace@example.com', '/reset-password'));
	await page.getByLabel('New password').fill(NEXT_PASSWORD);
	await page.getByRole('button', { name: 'Set password' }).click();
	await page.getByText('Your password is set').waitFor();
	await other.page.reload();
	await other.page.waitForURL(/\/login/);
	await login(page, 'grace@example.com', NEXT_PASSWORD);
	await entered(page);
	clean();
	other.clean();
});

test('an invitation by mail: the second person sees the views, and neither export nor settings', async (t) => {
	const admin = await open(t);
	await login(admin.page, OWNER);
	await entered(admin.page);
	await admin.page.goto('/acme/settings/members');
	await admin.page.getByRole('button', { name: 'Invite' }).click();
	await admin.page.getByLabel('E-mail address').fill('grace@example.com');
	await admin.page.getByLabel('Role').selectOption('viewer');
	await admin.page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
	await admin.page.getByRole('table', { name: 'Open invitations' }).getByText('grace@example.com').waitFor();
	const { page, context, clean } = await open(t);
	await page.goto(await linkTo('grace@example.com', '/invite'));
	await page.getByRole('link', { name: 'I have an account' }).click();
	await page.getByLabel('E-mail address').fill('grace@example.com');
	await page.getByLabel('Password').fill(NEXT_PASSWORD);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByRole('button', { name: 'Accept the invitation' }).click();
	await page.waitForURL(/\/acme$/);
	await page.getByRole('link', { name: /Hotel Bot/ }).click();
	await page.locator('dt:has-text("Tool calls") + dd .text-kpi').filter({ hasText: /^1$/ }).waitFor();
	for (const view of ['overview', 'tools']) {
		await page.goto(`/acme/hotel-bot/${view}`);
		await page.getByRole('heading', { level: 1 }).waitFor();
		await page.waitForLoadState('networkidle');
		assert.equal(await page.getByRole('button', { name: /^Export/ }).count(), 0, view);
		assert.equal(await page.getByRole('link', { name: 'Settings' }).count(), 0);
	}
	// the address of an export says why
	const project = (await (await context.request.get(`${origin}/api/auth/session`)).json()).workspaces.find((w) => w.slug === 'acme');
	const { items } = await (await context.request.get(`${origin}/api/workspaces/${project.id}/projects`)).json();
	const refused = await context.request.get(`${origin}/api/analytics/${items[0].id}/export/tools?format=csv&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z`);
	assert.equal(refused.status(), 403);
	assert.match((await refused.json()).error.message, /Viewers cannot export data/);
	clean();
	admin.clean();
});

test('a project is deleted: its name is typed, the receipt is shown, the events are gone', async (t) => {
	const { page, clean } = await open(t);
	await login(page, OWNER);
	await entered(page);
	const [{ project_id: id }] = await stack.query("SELECT DISTINCT project_id FROM events WHERE event_name = 'find_hotels' AND platform = 'chatgpt'");
	await page.goto('/acme/settings/projects');
	await page.getByRole('row', { name: /Hotel Bot/ }).getByRole('button', { name: 'Delete' }).click();
	const dialog = page.getByRole('dialog');
	assert.ok(await dialog.getByRole('button', { name: /Delete/ }).isDisabled());
	await dialog.getByLabel('Type hotel-bot to confirm').fill('hotel-bot');
	await dialog.getByRole('button', { name: /Delete/ }).click();
	await page.getByText('Receipt', { exact: true }).waitFor();
	await accessible(page, 'receipt');
	await page.goto('/acme');
	await page.getByRole('link', { name: /Travel Agent/ }).waitFor();
	assert.equal(await page.getByRole('link', { name: /Hotel Bot/ }).count(), 0);
	await waitFor('the erasure', async () => (await stack.query(`SELECT count() AS n FROM events WHERE project_id = '${id}'`))[0].n == 0, 90_000, 500);
	await page.goto('/settings/account/erasures');
	await page.getByText(/done|completed|finished/i).first().waitFor();
	clean();
});
