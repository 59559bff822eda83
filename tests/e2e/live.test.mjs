// SPDX-License-Identifier: MIT
// The live feed in a browser, against ingest, shipper, store and yavio-live: rows, pause, filters, reconnecting, tabs, limits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openWindow, startBrowser } from '../support/browser.mjs';
import { track } from '../support/ingest.mjs';
import { PATIENCE_MS, startLive } from '../support/live.mjs';
import { logIn, looked } from '../support/views.mjs';
import { until } from '../support/process.mjs';
import { event, sleep } from '../support/stack.mjs';

const DRAWN_MAX = 60;
const FLOOD_PER_SECOND = 200;
const FLOOD_SECONDS = 30;
let stack, browser, origin;

before(async () => {
	stack = await startLive({ settings: { YAVIO_SSE_PER_USER: '3' } });
	browser = await startBrowser();
	origin = stack.site.url;
});
after(async () => {
	await browser?.close();
	await stack?.stop();
});

/** A window of the tenant's owner on the live page of its project: { page, place, clean }. */
async function watch(t, one, { query = '', ...options } = {}) {
	const window = await openWindow(browser, origin, options);
	t.after(() => window.close());
	await logIn(window.page, one.owner.email);
	const place = `/${one.workspace.slug}/${one.project.slug}/live${query}`;
	await window.page.goto(place);
	return { ...window, place };
}
const state = (page, name) => page.locator(`[data-live="${name}"]`).waitFor({ timeout: PATIENCE_MS }).catch(async (err) => {
	const is = await page.evaluate(() => ({ state: document.querySelector('[data-live]')?.getAttribute('data-live'), scroll: document.querySelector('[data-live-frame]')?.scrollTop,
		focus: document.activeElement?.outerHTML.slice(0, 200), page: document.querySelector('main')?.innerText.slice(0, 300) }));
	throw new Error(`not ${name}: ${JSON.stringify(is)}`, { cause: err });
});
const row = (page, name) => page.locator('[data-event]').filter({ hasText: name });
const shown = (page, name) => row(page, name).first().waitFor({ timeout: PATIENCE_MS });
const ids = (page) => page.locator('[data-event]').evaluateAll((all) => all.map((li) => li.dataset.event));
const streams = async () => Number(/^yavio_dashboard_sse_connections (\d+)$/m.exec(await stack.metrics())?.[1]);

test('rows: what was there, what comes, all that is known of one; light and dark, wide and narrow', async (t) => {
	const one = await stack.tenant();
	await stack.send(one.key, event({ event_name: 'from_before' }));
	const { page, clean } = await watch(t, one);
	await state(page, 'live');
	await shown(page, 'from_before');
	const [, failed] = await stack.send(one.key, event({ event_name: 'search_rooms', latency_ms: 142, platform: 'claude', user_id: 'u_1' }), event({ event_name: 'book_room', status: 'error', error_category: 'timeout', error_message: 'took <b>too</b> long' }));
	await shown(page, 'search_rooms');
	await shown(page, 'book_room');
	const text = await row(page, 'search_rooms').innerText();
	for (const word of ['TOOL', 'Claude', 'u_1', '142 ms']) assert.ok(text.includes(word), `${word} in ${text}`);
	assert.match(await row(page, 'book_room').innerText(), /ERROR/);
	assert.match(await page.locator('[data-event]').first().innerText(), /book_room|search_rooms/, 'the newest is on top');
	await looked(page, 'live', { idle: false });
	await row(page, 'book_room').getByRole('button').first().click();
	await page.getByText('took <b>too</b> long').waitFor();
	await page.getByText(failed.event_id).waitFor();
	assert.match(await row(page, 'book_room').getByRole('link', { name: failed.session_id }).getAttribute('href'), /\/sessions\/ses_stack_test/);
	await looked(page, 'live-open', { idle: false });
	// an open row holds the list still
	await state(page, 'paused');
	await stack.send(one.key, event({ event_name: 'while_open' }));
	await page.getByRole('button', { name: '1 new' }).waitFor({ timeout: PATIENCE_MS });
	assert.equal(await row(page, 'while_open').count(), 0);
	await page.getByRole('button', { name: 'Close the open row' }).click();
	await shown(page, 'while_open');
	await state(page, 'live');
	clean();
	const dark = await watch(t, one, { colorScheme: 'dark', viewport: { width: 390, height: 800 } });
	await shown(dark.page, 'while_open');
	await looked(dark.page, 'live-dark-390', { idle: false });
	assert.ok(await dark.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	dark.clean();
});

test('pause and resume by Space, filters in the address', async (t) => {
	const one = await stack.tenant();
	const { page, clean } = await watch(t, one);
	await state(page, 'live');
	await page.getByText('Waiting for events').waitFor();
	await looked(page, 'live-empty', { idle: false });
	await stack.send(one.key, event({ event_name: 'first' }));
	await shown(page, 'first');
	await page.keyboard.press('Space');
	await state(page, 'paused');
	await stack.send(one.key, event({ event_name: 'second' }), event({ event_name: 'third', status: 'error' }));
	await page.getByRole('button', { name: '2 new' }).waitFor({ timeout: PATIENCE_MS });
	assert.equal((await ids(page)).length, 1);
	await page.keyboard.press('Space');
	await state(page, 'live');
	await shown(page, 'second');
	await shown(page, 'third');
	await page.getByLabel('Errors only').check();
	await page.waitForURL(/status=error/);
	await row(page, 'second').waitFor({ state: 'detached' });
	await shown(page, 'third');
	await stack.send(one.key, event({ event_name: 'fourth' }), event({ event_name: 'fifth', status: 'error' }));
	await shown(page, 'fifth');
	assert.equal(await row(page, 'fourth').count(), 0);
	await page.goBack();
	await shown(page, 'fourth');
	await page.getByRole('button', { name: 'Types: All types' }).click();
	await page.getByRole('checkbox', { name: 'track' }).check();
	await page.waitForURL(/type=track/);
	await page.keyboard.press('Escape');
	await row(page, 'fifth').waitFor({ state: 'detached' });
	await stack.send(one.key, track({ event_name: 'opened' }));
	await shown(page, 'opened');
	assert.equal(new Set(await ids(page)).size, (await ids(page)).length);
	clean();
});

test('yavio-live is killed and comes back: the page goes on where it was, a late event is marked', async (t) => {
	const one = await stack.tenant();
	const { page } = await watch(t, one);
	await state(page, 'live');
	await stack.send(one.key, event({ event_name: 'before' }));
	await shown(page, 'before');
	stack.live.kill('SIGKILL');
	await stack.live.exited;
	await state(page, 'waiting');
	await page.getByText(/^Reconnecting in \d+ s$/).waitFor();
	await stack.send(one.key, event({ event_name: 'meanwhile' }), event({ event_name: 'two_hours_old', timestamp: new Date(Date.now() - 7_200_000).toISOString() }));
	stack.live = await stack.site.startProgram('live');
	await state(page, 'live');
	await shown(page, 'meanwhile');
	await shown(page, 'two_hours_old');
	await row(page, 'two_hours_old').getByText('late').waitFor();
	assert.equal(await row(page, 'meanwhile').getByText('late').count(), 0);
	assert.equal((await ids(page)).length, 3, 'each once');
});

test('200 events a second for 30 s: at most 60 rows are drawn, none twice, what is left out is said; pause, scrolling, a filter, an open row', async (t) => {
	const one = await stack.tenant();
	const { page, clean } = await watch(t, one);
	await state(page, 'live');
	/** Whatever comes: what is drawn is never too much and never twice. */
	const drawn = async () => {
		const seen = await ids(page);
		assert.ok(seen.length <= DRAWN_MAX, `${seen.length} rows are drawn`);
		assert.equal(new Set(seen).size, seen.length);
		return seen;
	};
	const began = performance.now();
	let flowing = true;
	const flood = (async () => {
		for (let i = 0; i < FLOOD_SECONDS * 2; i++) {
			await stack.send(one.key, ...Array.from({ length: FLOOD_PER_SECOND / 2 }, (_, n) => event({ event_name: `flood_${i}_${n}`, ...(n % 10 === 0 ? { status: 'error', error_category: 'timeout' } : {}) })));
			await sleep(Math.max(0, began + (i + 1) * 500 - performance.now()));
		}
	})().finally(() => (flowing = false));
	await shown(page, /flood_/);
	const list = page.locator('[data-live-frame]');
	await until('rows enough to scroll', async () => (await list.evaluate((e) => e.scrollHeight)) > 100 * 44, PATIENCE_MS);
	await drawn();

	await page.locator('h1').click();
	await page.keyboard.press('Space');
	await state(page, 'paused');
	const held = await drawn();
	await page.getByRole('button', { name: /^[\d,]+ new$/ }).waitFor({ timeout: PATIENCE_MS });
	assert.deepEqual(await drawn(), held, 'a pause holds the rows still');
	await page.keyboard.press('Space');
	await state(page, 'live');
	await until('other rows', async () => (await drawn())[0] !== held[0], PATIENCE_MS);

	await list.evaluate((e) => e.scrollTo({ top: 2000 }));
	await state(page, 'paused');
	await drawn();
	await page.getByRole('button', { name: /^[\d,]+ new$/ }).click();
	await state(page, 'live');

	await page.getByLabel('Errors only').check();
	await page.waitForURL(/status=error/);
	await until('errors alone', async () => (await page.locator('[data-event]').allInnerTexts()).every((text) => /ERROR/.test(text)), PATIENCE_MS);
	await row(page, /flood_/).first().getByRole('button').first().click();
	await state(page, 'paused');
	await page.getByText('timeout', { exact: true }).first().waitFor();
	await drawn();
	await page.getByRole('button', { name: 'Close the open row' }).click();
	// A row that had moved out of sight was scrolled to before it was clicked, and who has scrolled goes on by himself.
	await list.evaluate((e) => e.scrollTo({ top: 0 }));
	await page.getByLabel('Errors only').uncheck();
	await state(page, 'live');
	while (flowing) {
		await drawn();
		await sleep(500);
	}
	await flood;
	await page.getByText(/[\d,]+ events are not shown, because more than 100 came in a second/).waitFor({ timeout: PATIENCE_MS });
	await stack.send(one.key, event({ event_name: 'after_the_flood' }));
	await shown(page, 'after_the_flood');
	await drawn();
	await looked(page, 'live-flood', { idle: false });
	clean();
});

test('tabs of a project share one stream; who is left takes over', async (t) => {
	const one = await stack.tenant();
	const { page, context, place, clean } = await watch(t, one);
	await state(page, 'live');
	await stack.send(one.key, event({ event_name: 'for_both' }));
	await shown(page, 'for_both');
	await until('the streams of other tests end', async () => (await streams()) === 1, PATIENCE_MS);
	const second = await context.newPage();
	await second.goto(place);
	await state(second, 'live');
	await shown(second, 'for_both');
	assert.equal(await streams(), 1);
	await page.close();
	await stack.send(one.key, event({ event_name: 'taken_over' }));
	await shown(second, 'taken_over');
	await until('the closed tab is gone', async () => (await streams()) === 1, PATIENCE_MS);
	clean();
});

test('too many views: said, and tried again when asked; a login that ended is told', async (t) => {
	const one = await stack.tenant();
	const others = await Promise.all([1, 2, 3].map(() => stack.view(one.owner, one.project)));
	const { page, clean } = await watch(t, one);
	await state(page, 'stopped');
	await page.getByText('You have too many live views open.').waitFor();
	await looked(page, 'live-limit', { idle: false });
	for (const viewer of others) viewer.close();
	await until('a seat', async () => {
		await page.getByRole('button', { name: 'Retry now' }).click({ timeout: 1000 }).catch(() => {});
		return (await page.locator('[data-live="live"]').count()) > 0;
	}, PATIENCE_MS);
	await stack.send(one.key, event({ event_name: 'after_retry' }));
	await shown(page, 'after_retry');
	await stack.site.sql('DELETE FROM yavio.sessions WHERE user_id = $1', [one.owner.id]);
	await page.getByRole('dialog', { name: 'You have been signed out' }).waitFor({ timeout: 60_000 });
	clean();
});

test('the event store is away, and back', async (t) => {
	const one = await stack.tenant();
	const { page } = await watch(t, one);
	await state(page, 'live');
	await stack.send(one.key, event({ event_name: 'before_it_left' }));
	await shown(page, 'before_it_left');
	await stack.site.store.signal('SIGKILL');
	await page.getByText('The event store cannot be asked at the moment.').waitFor({ timeout: PATIENCE_MS });
	await state(page, 'live');
	await looked(page, 'live-away', { idle: false });
	await stack.send(one.key, event({ event_name: 'kept_in_the_spool' }));
	await stack.site.store.start();
	await shown(page, 'kept_in_the_spool');
	await page.getByText('The event store cannot be asked at the moment.').waitFor({ state: 'detached' });
});
