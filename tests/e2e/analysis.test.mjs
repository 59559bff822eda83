// SPDX-License-Identifier: MIT
// Views that answer a question over many sessions, in a browser: retention, active users, funnels, paths; files of a view; keys.
// What stands on a page is what the API says for the worked example.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { cards, cells, looked, RANGE, startPages } from '../support/views.mjs';

const FROM_OCTOBER = 'from=2026-10-19T00:00:00.000Z&to=2026-11-16T00:00:00.000Z&tz=UTC';
const inRange = { from: '2026-11-02T00:00:00.000Z', to: '2026-11-16T00:00:00.000Z' };
const percent = (r) => (r === null ? '–' : `${(r * 100).toFixed(1)}%`);
let site;

before(async () => {
	site = await startPages();
});
after(() => site?.stop());

const ask = (path, query) => site.stack.ask(`${site.api}/${path}`, query);

/** The rows of the cohorts as texts: [cohort, size, rates]. */
const cohorts = (page) => page.getByRole('region', { name: 'Cohorts' }).locator('tbody tr').evaluateAll((trs) => trs.map((tr) => [...tr.cells].map((c) => c.innerText.trim().replace(/\s+so far$/, ''))));

test('retention: cohorts by week and by day as the API has them, read by their headers', async (t) => {
	const { page, clean } = await site.signIn(t);
	for (const [words, query, name] of [
		['', { period: 'week' }, 'retention'],
		['&period=day&mode=unbounded', { period: 'day', mode: 'unbounded' }, 'retention-day'],
	]) {
		const answer = await ask('users/retention', { from: '2026-10-19T00:00:00.000Z', to: inRange.to, ...query });
		assert.ok(answer.cohorts.length >= 3);
		await page.goto(`${site.place}/retention?${FROM_OCTOBER}${words}`);
		await page.getByRole('region', { name: 'Cohorts' }).waitFor();
		assert.deepEqual((await cohorts(page)).map((row) => row.slice(1)), answer.cohorts.map((c) => [String(c.size), ...c.rates.map(percent)]));
		await looked(page, name);
	}
	await page.getByRole('row', { name: /^Oct 28/ }).waitFor();
	await page.getByRole('radio', { name: 'Week' }).check();
	await page.waitForURL((url) => !url.search.includes('period='));
	await page.getByRole('rowheader', { name: 'Week of Oct 26' }).waitFor();
	await page.goBack();
	await page.getByRole('rowheader', { name: 'Oct 28' }).waitFor();
	await page.goto(`${site.place}/retention?${FROM_OCTOBER}&period=year`);
	await page.getByText('The address held a filter that is not valid').waitFor();
	await page.getByRole('rowheader', { name: 'Week of Oct 26' }).waitFor();
	clean();
});

test('active users: cards and days as the API has them', async (t) => {
	const { page, clean } = await site.signIn(t);
	const { current, days } = await ask('users/active', { ...inRange });
	await page.goto(`${site.place}/active-users?${RANGE}`);
	await page.getByText('in 30 days').waitFor();
	assert.deepEqual(await cards(page), { 'Daily active users': String(current.dau), 'Weekly active users': String(current.wau), 'Monthly active users': String(current.mau), Stickiness: percent(current.stickiness) });
	await looked(page, 'active-users');
	await page.getByRole('button', { name: 'Show as table' }).first().click();
	const rows = await page.getByRole('table', { name: /^Active users, daily/ }).locator('tbody tr').evaluateAll((trs) => trs.map((tr) => [...tr.cells].slice(1).map((td) => Number(td.innerText))));
	assert.deepEqual(rows, days.map((d) => [d.dau, d.wau, d.mau, d.anonymousSessions]));
	// longer than the API has days for: refused there, named here
	await page.goto(`${site.place}/active-users?from=2025-09-01T00:00:00Z&to=2026-11-16T00:00:00Z&tz=UTC`);
	await page.getByText('is not valid and is ignored: from=2025-09-01').waitFor();
	await page.waitForURL((url) => !url.search.includes('from='));
	await page.getByText('in 30 days').or(page.getByText('No active users in this period')).waitFor();
	clean();
});

const STEPS = ['tool_call:search_rooms', 'tool_call:book_room', 'conversion:booking_completed'];
const stepWords = STEPS.map((s) => `step=${encodeURIComponent(s)}`).join('&');
/** [units, of the start] of the bars, as their texts for everyone say it. */
const bars = (page) => page.getByRole('img', { name: /^Step \d+, / }).evaluateAll((all) => all.map((bar) => /: ([\d,]+) \w+, ([\d.]+%|–) of the start$/.exec(bar.getAttribute('aria-label')).slice(1, 3)));
const expectedBars = (answer) => answer.steps.map((s) => [String(s.units), percent(s.conversionFromStart)]);

test('funnels: automatic, then one that is built, moved by keys, with a window, down to a session', async (t) => {
	const { page, clean } = await site.signIn(t);
	const auto = await ask('funnels', inRange);
	await page.goto(`${site.place}/funnels?${RANGE}`);
	await page.getByRole('img', { name: /^Step 1, / }).waitFor();
	assert.deepEqual(await bars(page), auto.positions.map((p) => [String(p.units), percent(p.conversionFromStart)]));
	await looked(page, 'funnels-auto');

	await page.goto(`${site.place}/funnels?${RANGE}&${stepWords}&window=10800`);
	await page.getByRole('table', { name: 'Funnel by platform' }).waitFor();
	const three = await ask('funnels', { ...inRange, step: STEPS, window: 10800 });
	assert.deepEqual(three.steps.map((s) => s.units), [6, 3, 3]);
	assert.deepEqual(await bars(page), expectedBars(three));
	assert.deepEqual((await cells(page, 'Funnel by platform')).map((row) => row.slice(1)), three.platforms.map((p) => [...p.units.map(String), percent(p.conversion)]));
	await looked(page, 'funnels');
	await page.getByLabel('All steps within').selectOption('1 hour');
	await page.waitForURL(/window=3600/);
	const one = await ask('funnels', { ...inRange, step: STEPS, window: 3600 });
	assert.deepEqual(one.steps.map((s) => s.units), [6, 3, 2]);
	await page.getByRole('img', { name: /^Step 3, booking_completed: 2 sessions/ }).waitFor();
	assert.deepEqual(await bars(page), expectedBars(one));

	await page.getByRole('button', { name: '1 session lost' }).click();
	await page.waitForURL(/open=2/);
	const drawer = page.getByRole('dialog', { name: 'Lost after step 2' });
	const { items } = await ask('funnels/examples', { ...inRange, step: STEPS, window: 3600, level: 2 });
	await drawer.getByRole('link', { name: items[0].sessionId }).waitFor();
	assert.equal((await cells(page, 'Examples')).length, items.length);
	await looked(page, 'funnels-examples');
	assert.match(await drawer.getByRole('link', { name: items[0].sessionId }).getAttribute('href'), new RegExp(`/sessions/${items[0].sessionId}\\?`));
	await page.keyboard.press('Escape');
	await drawer.waitFor({ state: 'detached' });

	// by keys: the last step becomes the second; the focus stays on it
	await page.getByRole('button', { name: 'Move step 3', exact: true }).press('ArrowUp');
	await page.waitForURL((url) => url.searchParams.getAll('step')[1] === STEPS[2]);
	await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Move step 2');
	const turned = await ask('funnels', { ...inRange, step: [STEPS[0], STEPS[2], STEPS[1]], window: 3600 });
	await page.getByRole('img', { name: /^Step 2, booking_completed/ }).waitFor();
	assert.deepEqual(await bars(page), expectedBars(turned));
	await page.goBack();
	await page.waitForURL((url) => url.searchParams.getAll('step')[2] === STEPS[2]);
	await page.getByRole('img', { name: /^Step 3, booking_completed/ }).waitFor();
	// by dragging
	await page.getByRole('button', { name: 'Move step 1', exact: true }).dragTo(page.getByRole('button', { name: 'Move step 2', exact: true }));
	await page.waitForURL((url) => url.searchParams.getAll('step').join() === [STEPS[1], STEPS[0], STEPS[2]].join());
	await page.goBack();
	await page.waitForURL((url) => url.searchParams.getAll('step').join() === STEPS.join());

	// a step of one's own, from what was seen
	await page.getByRole('button', { name: 'Remove step 3' }).click();
	await page.waitForURL((url) => url.searchParams.getAll('step').length === 2);
	await page.getByRole('button', { name: 'Add step' }).click();
	await page.getByLabel('Step 3: type').selectOption('conversion');
	await page.getByRole('combobox', { name: 'Step 3: name' }).click();
	await page.getByRole('option', { name: 'tip' }).click();
	await page.waitForURL((url) => url.searchParams.getAll('step')[2] === 'conversion:tip');
	await page.getByRole('combobox', { name: 'Step 3: name' }).fill('nothing:like this');
	await page.keyboard.press('Enter');
	await page.waitForURL((url) => url.searchParams.getAll('step')[2] === 'conversion:nothing:like this');
	await page.getByRole('button', { name: 'Show what sessions report instead' }).click();
	await page.waitForURL((url) => url.searchParams.getAll('step').length === 0);
	await page.getByText('Steps and conversions that sessions report, in order').waitFor();
	clean();
});

test('paths: nodes, links and sequences as the API has them, from a start, to an end', async (t) => {
	const { page, clean } = await site.signIn(t);
	const nodes = () => page.getByRole('button', { name: /, position \d+:/ }).evaluateAll((all) => all.map((b) => b.textContent).map((text) => [Number(/position (\d+)/.exec(text)[1]), /^[^,]+/.exec(text)[0], Number(/: (\d+) session/.exec(text)[1])]).sort());
	const expected = (answer) => answer.nodes.map((n) => [n.position, n.node.slice(n.node.indexOf(':') + 1), n.sessions]).sort();
	const drawn = (position, name) => page.getByRole('button', { name: new RegExp(`^${name}\\s*, .*, position ${position}: `) });
	await page.goto(`${site.place}/paths?${RANGE}`);
	await drawn(1, 'search_rooms').waitFor();
	const all = await ask('paths', inRange);
	assert.deepEqual(await nodes(), expected(all));
	assert.deepEqual(await cards(page), { Sessions: '6', Converted: '4', 'Without a conversion': '2' });
	assert.deepEqual((await cells(page, 'Most frequent paths')).map((row) => row.slice(1)), all.sequences.map((s) => [String(s.sessions), percent(s.share), String(s.converted), percent(s.conversionRate)]));
	await looked(page, 'paths');
	await page.getByRole('button', { name: 'Show as table' }).click();
	const links = await page.getByRole('table', { name: /^Paths of 6 sessions/ }).locator('tbody tr').evaluateAll((trs) => trs.map((tr) => [...tr.cells].map((td) => td.innerText)));
	assert.deepEqual(links, all.links.map((l) => [`${l.position} → ${l.position + 1}`, l.source.slice(l.source.indexOf(':') + 1), l.target.slice(l.target.indexOf(':') + 1), String(l.sessions), String(l.dropped)]));
	await page.getByRole('button', { name: 'Show as chart' }).click();

	await drawn(2, 'get_details').press('Enter');
	await page.getByRole('menuitem', { name: 'Paths that start here' }).press('Enter');
	await page.waitForURL(/start=tool_call%3Aget_details/);
	await drawn(1, 'get_details').waitFor();
	assert.deepEqual(await nodes(), expected(await ask('paths', { ...inRange, start: 'tool_call:get_details' })));
	await page.getByRole('button', { name: 'Clear start and end' }).click();
	await page.getByRole('combobox', { name: 'End' }).fill('booking');
	await page.getByRole('option', { name: 'booking_completed (conversion)' }).click();
	await page.getByLabel('Steps shown').selectOption('3');
	await page.getByLabel('Join repeats').check();
	await page.waitForURL((url) => url.searchParams.get('end') === 'conversion:booking_completed' && url.searchParams.get('depth') === '3' && url.searchParams.get('collapse') === '1');
	await drawn(3, 'booking_completed').waitFor();
	await page.waitForLoadState('networkidle');
	assert.deepEqual(await nodes(), expected(await ask('paths', { ...inRange, end: 'conversion:booking_completed', depth: 3, collapse: 1 })));
	clean();
});

test('dark and narrow: every view of this file, and a range without anything', async (t) => {
	const { page, clean } = await site.signIn(t, { colorScheme: 'dark', viewport: { width: 390, height: 800 } });
	for (const view of ['retention', 'active-users', 'funnels', `funnels?${stepWords}`, 'paths']) {
		await page.goto(`${site.place}/${view}${view.includes('?') ? '&' : '?'}${RANGE}`);
		await page.getByRole('heading', { level: 1 }).waitFor();
		await looked(page, `${view.replace(/\W.*/, view.includes('?') ? '-steps' : '')}-dark-390`);
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} fits`);
	}
	for (const [view, text] of [['retention', 'No users in this period'], ['active-users', 'No active users in this period'], ['funnels', 'No steps or conversions in this period'], ['paths', 'No paths in this period']]) {
		await page.goto(`${site.place}/${view}?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`);
		await page.getByText(text).or(page.getByText('No events yet')).waitFor();
		await looked(page, `${view}-empty`);
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} fits, empty`);
	}
	clean();
});

test('a range is drawn over a chart, and undone by going back', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/overview?${RANGE}`);
	const canvas = page.getByRole('img', { name: /^Tool calls, daily/ }).locator('canvas').first();
	await canvas.waitFor();
	const box = await canvas.boundingBox();
	const y = box.y + box.height / 2;
	await page.mouse.move(box.x + box.width * 0.35, y);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.5, y, { steps: 4 });
	await page.locator('[data-brush]').waitFor();
	await page.keyboard.press('Escape');
	await page.locator('[data-brush]').waitFor({ state: 'detached' });
	await page.mouse.up();
	assert.match(page.url(), /from=2026-11-02/, 'a stroke that was given up changes nothing');
	await page.mouse.move(box.x + box.width * 0.35, y);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.65, y, { steps: 4 });
	await page.mouse.up();
	await page.waitForURL((url) => url.searchParams.get('from') > '2026-11-02T00:00:00.000Z' && url.searchParams.get('to') < '2026-11-16T00:00:00.000Z');
	const { from, to } = Object.fromEntries(new URL(page.url()).searchParams);
	for (const instant of [from, to]) assert.match(instant, /T00:00:00.000Z$/, 'whole days');
	await page.goBack();
	await page.waitForURL(/from=2026-11-02/);
	clean();
});

test('export: the rows are said, the file is what the API gives, a viewer has none', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/tools?${RANGE}&sort=tool&order=asc`);
	await page.getByRole('link', { name: 'search_rooms' }).waitFor();
	await page.getByRole('button', { name: 'Export' }).click();
	await page.getByText('3 rows').waitFor();
	await looked(page, 'export');
	for (const [name, format] of [['Tools as CSV', 'csv'], ['Tools as NDJSON', 'ndjson']]) {
		if (format === 'ndjson') await page.getByRole('button', { name: 'Export' }).click();
		const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
		assert.match(download.suggestedFilename(), new RegExp(`-tools-2026-11-02-2026-11-16\\.${format}$`));
		const same = await site.stack.request(`${site.api}/export/tools`, { ...inRange, timezone: 'UTC', sort: 'tool', order: 'asc', format });
		const text = readFileSync(await download.path(), 'utf8');
		assert.equal(text, same.text);
		if (format === 'ndjson') assert.deepEqual(text.trim().split('\n').map((line) => JSON.parse(line)), (await ask('tools', { ...inRange, sort: 'tool', order: 'asc' })).items);
	}
	// what the API refuses is said where one asked
	await page.route('**/export/tools?*count=1*', (route) => route.fulfill({ status: 400, contentType: 'application/json', body: JSON.stringify({ error: { code: 'YAVIO-3407', status: 400, message: 'Too much.', requestId: 'r', metadata: { limit: 1_000_000 } } }) }));
	await page.reload();
	await page.getByRole('button', { name: 'Export' }).click();
	await page.getByText('These are more than 1,000,000 rows.').waitFor();
	assert.equal(await page.getByRole('link', { name: 'Tools as CSV' }).count(), 0);
	clean();

	const viewer = await site.signIn(t, { person: await site.member('viewer') });
	for (const view of ['overview', 'tools', 'retention', 'active-users', 'funnels', 'paths']) {
		await viewer.page.goto(`${site.place}/${view}?${RANGE}`);
		await viewer.page.getByRole('heading', { level: 1 }).waitFor();
		await viewer.page.getByRole('button', { name: /^Date range/ }).waitFor();
		await viewer.page.waitForLoadState('networkidle');
		assert.equal(await viewer.page.getByRole('button', { name: 'Export' }).count(), 0, view);
	}
	viewer.clean();
});

test('keys alone: shortcuts, their list, and their switch', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/overview?${RANGE}`);
	await page.getByRole('link', { name: 'search_rooms' }).waitFor();
	await page.keyboard.press('g');
	await page.keyboard.press('t');
	await page.waitForURL(/\/tools\?.*from=2026-11-02/);
	await page.getByRole('searchbox', { name: 'Find a tool' }).waitFor();
	await page.keyboard.press('/');
	await page.keyboard.type('g o');
	assert.equal(await page.getByRole('searchbox', { name: 'Find a tool' }).inputValue(), 'g o', 'letters that are typed are no shortcuts');
	await page.getByRole('searchbox', { name: 'Find a tool' }).blur();
	await page.keyboard.press('.');
	await page.getByRole('dialog', { name: 'Date range' }).waitFor();
	await page.keyboard.press('Escape');
	await page.getByRole('dialog', { name: 'Date range' }).waitFor({ state: 'hidden' });
	await page.keyboard.press('[');
	await page.getByRole('button', { name: 'Open side bar' }).waitFor();
	await page.keyboard.press('[');
	await page.getByRole('button', { name: 'Collapse side bar' }).waitFor();
	await page.keyboard.press('?');
	const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
	await list.waitFor();
	await looked(page, 'shortcuts');
	await page.keyboard.press('Tab');
	await list.getByRole('checkbox').focus();
	await page.keyboard.press('Space');
	await page.keyboard.press('Escape');
	await list.waitFor({ state: 'detached' });
	await page.keyboard.press('?');
	await page.keyboard.press('g');
	await page.keyboard.press('o');
	assert.match(page.url(), /\/tools/);
	assert.equal(await list.count(), 0);
	await page.getByRole('button', { name: /^Account of/ }).press('Enter');
	await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).press('Enter');
	await list.getByRole('checkbox').press('Space');
	await page.keyboard.press('Escape');
	await page.keyboard.press('g');
	await page.keyboard.press('o');
	await page.waitForURL(/\/overview/);
	clean();
});
