// SPDX-License-Identifier: MIT
// Accounts in a browser: from the set-up link to the key, settings, two-factor login, what strangers see. On every page axe
// finds nothing, in both themes, and nothing goes wrong behind it (tests/support/browser.mjs).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openWindow, startBrowser, violations } from '../support/browser.mjs';
import { event, Stack } from '../support/stack.mjs';
import { codeOf } from '../support/totp.mjs';

const PASSWORD = 'correct horse battery';
const EMAIL = 'ada@example.com';
let stack, browser, origin, setupLink;

before(async () => {
	stack = await Stack.start(Object.fromEntries(['CEILING', 'AUTH_STRICT', 'AUTH', 'MANAGE', 'ANALYTICS'].map((name) => [`YAVIO_RL_${name}`, '100000/60'])));
	browser = await startBrowser();
	setupLink = (await stack.must(['setup-token'])).match(/\S+\/setup#t=\S+/)[0];
	origin = new URL(setupLink).origin;
});
after(async () => {
	await browser?.close();
	await stack?.stop();
});

const open = (t, options) => openWindow(browser, origin, options).then((w) => (t.after(() => w.close()), w));
async function accessible(page, what) {
	assert.deepEqual(await violations(page), [], what);
}
async function login(page, email = EMAIL, password = PASSWORD) {
	await page.goto('/login');
	await page.getByLabel('E-mail address').fill(email);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

test('first start: set-up link, key shown once, snippet with it, and the key nowhere afterwards', async (t) => {
	const { page, clean } = await open(t);
	await page.goto(setupLink);
	await page.getByLabel('Your name').waitFor();
	assert.equal(new URL(page.url()).hash, '', 'the secret of the link is taken out of the address');
	await accessible(page, 'set-up');
	await page.getByLabel('Your name').fill('Ada Lovelace');
	await page.getByLabel('E-mail address').fill(EMAIL);
	await page.getByLabel('Password').fill('ada@example.com');
	await page.getByLabel('Workspace').fill('Acme');
	await page.getByLabel('First project').fill('Hotel Bot');
	await page.getByRole('button', { name: 'Set up' }).click();
	await page.getByText('Please correct the fields below.').or(page.getByText('The password is too weak')).first().waitFor();
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Set up' }).click();
	const field = page.getByLabel('API key', { exact: true });
	await field.waitFor();
	const key = await field.inputValue();
	assert.match(key, /^yav_[0-9a-f]{64}$/);
	assert.ok(!page.url().includes(key));
	await accessible(page, 'key');
	assert.ok(await page.getByRole('button', { name: 'Continue' }).isDisabled());
	await page.getByLabel('I have stored it').check();
	await page.getByRole('button', { name: 'Continue' }).click();
	await page.getByRole('heading', { name: 'Add Yavio to your server' }).waitFor();
	await page.getByText(key).first().waitFor();
	await accessible(page, 'snippet');
	for (const tab of ['Environment', '.yaviorc.json', 'Widget', 'curl']) await page.getByRole('tab', { name: tab }).click();
	assert.equal((await stack.post(key, [{ event_id: crypto.randomUUID(), event_type: 'tool_call', event_name: 'x', trace_id: 'tr_1', session_id: 'ses_1', timestamp: new Date().toISOString(), source: 'server' }])).status, 200);
	await page.reload();
	await page.getByRole('heading', { name: 'Add Yavio to your server' }).waitFor();
	assert.ok(!(await page.content()).includes(key), 'after a reload the key is gone');
	assert.ok(!JSON.stringify(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }])).includes(key));
	clean();
});

test('a set-up link works once', async (t) => {
	const { page, clean } = await open(t);
	await page.goto(setupLink);
	await page.getByLabel('Your name').fill('Eve');
	await page.getByLabel('E-mail address').fill('eve@example.com');
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByLabel('Workspace').fill('Evil');
	await page.getByLabel('First project').fill('Evil');
	await page.getByRole('button', { name: 'Set up' }).click();
	await page.getByRole('heading', { name: /already|does not work/ }).waitFor();
	clean();
});

test('login: wrong password, then right, to the page that was asked for; out again', async (t) => {
	const { page, clean } = await open(t);
	await page.goto('/acme/settings/keys');
	await page.waitForURL(/\/login\?next=/);
	await page.getByLabel('E-mail address').fill(EMAIL);
	await page.getByLabel('Password').fill('not the password');
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByText('Email address or password is wrong').waitFor();
	await accessible(page, 'login');
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByRole('heading', { name: 'API keys' }).waitFor();
	await page.getByRole('button', { name: /^Account of/ }).click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	await page.getByRole('heading', { name: 'Sign in' }).waitFor();
	clean();
});

test('every page of settings and account, light and dark', async (t) => {
	for (const colorScheme of ['light', 'dark']) {
		const { page, clean, close } = await open(t, { colorScheme });
		await login(page);
		await page.waitForURL(/\/acme\//);
		for (const path of ['/acme', '/acme/new', '/new', ...['general', 'members', 'projects', 'keys', 'audit'].map((p) => `/acme/settings/${p}`), ...['profile', 'security', 'logins', 'activity', 'erasures'].map((p) => `/settings/account/${p}`)]) {
			await page.goto(path);
			await page.getByRole('heading', { level: 1 }).waitFor();
			await page.waitForLoadState('networkidle');
			await accessible(page, `${path} ${colorScheme}`);
		}
		clean();
		await close();
	}
});

const accepted = async (key) => (await stack.post(key, [event()])).status;

test('keys: make, rotate with grace, in which both work, revoke', async (t) => {
	const { page, clean } = await open(t);
	await login(page);
	await page.waitForURL(/\/acme\//);
	await page.goto('/acme/settings/keys');
	await page.getByRole('button', { name: 'New key' }).click();
	await page.getByLabel('Name').fill('Staging');
	await page.getByRole('button', { name: 'Make the key' }).click();
	const key = await page.getByLabel('API key', { exact: true }).inputValue();
	await page.getByLabel('I have stored it').check();
	await page.getByRole('button', { name: 'Done' }).click();
	const row = page.getByRole('row', { name: /Staging/ }).filter({ hasText: key.slice(0, 12) });
	await row.getByRole('button', { name: 'Rotate' }).click();
	await page.getByLabel('The old key stops working').selectOption({ label: 'after 1 hour' });
	await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
	const next = await page.getByLabel('API key', { exact: true }).inputValue();
	assert.notEqual(next, key);
	await page.getByLabel('I have stored it').check();
	await page.getByRole('button', { name: 'Done' }).click();
	await row.getByText(/^until /).waitFor();
	assert.deepEqual([await accepted(key), await accepted(next)], [200, 200], 'both work in the time of grace');
	assert.ok(!(await page.content()).includes(key) && !(await page.content()).includes(next));
	await row.getByRole('button', { name: 'Revoke' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByText('Revoke Staging?').waitFor();
	assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel', 'the safe choice has the focus');
	await dialog.getByRole('button', { name: 'Revoke key' }).click();
	await row.getByText('revoked').waitFor();
	assert.deepEqual([await accepted(key), await accepted(next)], [401, 200]);
	clean();
});

test('two-factor login: on, with a code, with a recovery code, off', async (t) => {
	const { page, clean } = await open(t);
	await login(page);
	await page.waitForURL(/\/acme\//);
	await page.goto('/settings/account/security');
	await page.getByRole('button', { name: 'Switch on' }).click();
	await page.getByRole('img', { name: /QR code/ }).waitFor();
	const secret = (await page.locator('dialog code').innerText()).replaceAll(/\s/g, '');
	await page.getByLabel('Code of your authenticator').fill(codeOf(secret));
	await page.getByRole('dialog').getByRole('button', { name: 'Switch on' }).click();
	await page.getByText('Your recovery codes').waitFor();
	const codes = await page.locator('dialog li').allInnerTexts();
	assert.equal(codes.length, 10);
	await accessible(page, 'recovery codes');
	await page.getByLabel('I have stored them').check();
	await page.getByRole('button', { name: 'Done' }).click();
	await page.getByText('10 of 10 recovery codes are left.').waitFor();
	await page.goto('/logout');
	await page.getByRole('heading', { name: 'Sign in' }).waitFor();
	await login(page);
	await page.getByRole('heading', { name: 'Two-factor login' }).waitFor();
	await accessible(page, 'second factor');
	await page.getByLabel('Code', { exact: true }).fill(codeOf(secret, 1)); // the one of now has been used
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.waitForURL(/\/acme\//);
	await page.goto('/logout');
	await page.getByRole('heading', { name: 'Sign in' }).waitFor();
	await login(page);
	await page.getByRole('heading', { name: 'Two-factor login' }).waitFor();
	await page.getByRole('button', { name: 'Use a recovery code' }).click();
	await page.getByLabel('Recovery code').fill(codes[0]);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.waitForURL(/\/acme\//);
	await page.goto('/settings/account/security');
	await page.getByText('9 of 10 recovery codes are left.').waitFor();
	await page.getByRole('button', { name: 'Switch off' }).click();
	await page.getByRole('dialog').getByLabel('Password').fill(PASSWORD);
	await page.getByLabel('Code or recovery code').fill(codes[1]);
	await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
	await page.getByRole('button', { name: 'Switch on' }).waitFor();
	clean();
});

test('invitation without mail: link passed on, another account is told, a viewer sees no settings', async (t) => {
	const admin = await open(t);
	await login(admin.page);
	await admin.page.waitForURL(/\/acme\//);
	await admin.page.goto('/acme/settings/members');
	await admin.page.getByRole('button', { name: 'Invite' }).click();
	await admin.page.getByLabel('E-mail address').fill('bob@example.com');
	await admin.page.getByLabel('Role').selectOption('viewer');
	await admin.page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
	const link = await admin.page.getByLabel('Invitation link').inputValue();
	await admin.page.goto(link);
	await admin.page.getByText(/This invitation is for bob@example.com/).waitFor();
	admin.clean();

	const { page, clean } = await open(t);
	await page.goto(link);
	await page.getByText('invites bob@example.com to the workspace Acme as viewer').waitFor();
	await accessible(page, 'invitation');
	await page.getByRole('button', { name: 'Create an account' }).click();
	await page.getByLabel('Name').fill('Bob');
	await page.getByLabel('Password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Create account' }).click();
	await page.getByRole('button', { name: /^Account of Bob/ }).waitFor();
	assert.equal(await page.getByRole('link', { name: 'Settings' }).count(), 0);
	// what is hidden and what does not exist look the same
	const texts = [];
	for (const path of ['/acme/settings/general', '/other/x/overview', '/acme/nope', '/acme/settings/nope']) {
		await page.goto(path);
		await page.getByRole('heading', { name: 'Page not found' }).waitFor();
		texts.push(await page.locator('#content').innerText());
	}
	assert.deepEqual([...new Set(texts)].length, 1, `the same page: ${texts}`);
	clean();
});

test('a login that ended elsewhere: a dialog, and what was typed stays', async (t) => {
	const { page, context, clean } = await open(t);
	await login(page);
	await page.waitForURL(/\/acme\//);
	await page.goto('/settings/account/profile');
	await page.getByLabel('Name').fill('Ada, Countess of Lovelace');
	await context.clearCookies();
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('heading', { name: 'You have been signed out' }).waitFor();
	assert.equal(await page.getByLabel('Name').inputValue(), 'Ada, Countess of Lovelace');
	clean();
});
