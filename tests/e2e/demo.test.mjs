// SPDX-License-Identifier: MIT
// make demo: one command gives a stack full of events and the login that it prints; a second says the same; stop leaves nothing.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openWindow, startBrowser } from '../support/browser.mjs';
import { demoIn } from '../support/demo.mjs';
import { freePort } from '../support/port.mjs';
import { temporaryDir } from '../support/process.mjs';

let demo, said, port;

before(async () => {
	port = await freePort();
	demo = demoIn({ env: { YAVIO_DEMO_PORT: String(port), DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } });
	said = await demo.start();
});
after(() => demo?.stop());

test('it tells the address and the login, and they work', async (t) => {
	assert.match(said, /✓ caddy ready/, 'progress is shown');
	assert.match(said, /^ *5000 events$/m);
	const [, address, email, password] = /(http:\/\/\S+)\n\s+e-mail\s+(\S+)\n\s+password\s+(\S+)/.exec(said);
	assert.equal(address, `http://localhost:${port}`);
	const browser = await startBrowser();
	t.after(() => browser.close());
	const { page, clean } = await openWindow(browser, address);
	await page.goto('/');
	await page.getByLabel('E-mail address').fill(email);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.waitForURL(/\/demo\/demo-standard\/overview/);
	await page.locator('dt:has-text("Tool calls") + dd .text-kpi').filter({ hasText: /^[1-9][\d,.K]*$/ }).waitFor();
	clean();
});

test('a second start changes nothing and tells the same login', async () => {
	const again = await demo.script('start');
	assert.equal(again.code, 0, again.stderr);
	assert.match(again.stdout, new RegExp(demo.password));
	assert.doesNotMatch(again.stdout, /Inventing|ready/);
});

test('ports that are taken, a directory of something else: a clear message, nothing is touched', async (t) => {
	const dir = temporaryDir(t);
	const server = createServer();
	const taken = await freePort();
	await new Promise((done) => server.listen(taken, '127.0.0.1', done));
	t.after(() => server.close());
	const busy = await demo.script('start', { YAVIO_DEMO_DIR: join(dir, 'new'), YAVIO_DEMO_PORT: String(taken) });
	assert.equal(busy.code, 1);
	assert.match(busy.stderr, new RegExp(`one of the ports ${taken} to ${taken + 2} is taken\n  Fix: give another YAVIO_DEMO_PORT`));
	assert.ok(!existsSync(join(dir, 'new')));
	mkdirSync(join(dir, 'mine'));
	writeFileSync(join(dir, 'mine/thesis.txt'), 'years');
	const foreign = await demo.script('start', { YAVIO_DEMO_DIR: join(dir, 'mine') });
	assert.equal(foreign.code, 1);
	assert.match(foreign.stderr, /is there and is no demo/);
	assert.match((await demo.script('stop', { YAVIO_DEMO_DIR: join(dir, 'mine') })).stdout, /There is no demo/);
	assert.ok(existsSync(join(dir, 'mine/thesis.txt')));
});

test('stop ends every process and removes the directory', async () => {
	const done = await demo.script('stop');
	assert.equal(done.code, 0, done.stderr);
	assert.ok(!existsSync(demo.dir));
	await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
});
