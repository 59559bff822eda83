// SPDX-License-Identifier: MIT
// The views in a browser: the worked example's numbers stand on the pages as they do in the API, in any time zone, filters live in
// the address, axe finds nothing in both themes; going back leads to what was left, a long table goes on paper whole.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { cards, cells, looked, RANGE, startPages } from '../support/views.mjs';

const TOOLS = 120;
let site, wide;

/** A project of more tools than a page shows: the address of its views. */
async function fill() {
	const { stack, setup } = site;
	const { project } = await stack.tenant({ workspace: setup.workspaceId });
	await stack.load(Array.from({ length: TOOLS * 2 }, (_, i) => ({
		workspace_id: setup.workspaceId, project_id: project, event_id: randomUUID(), event_type: 'tool_call', event_name: `tool_${String(i % TOOLS).padStart(3, '0')}`, source: 'server', platform: 'claude', sdk_version: '1.0.0',
		timestamp: new Date(Date.parse('2026-11-05T20:00:00Z') + i * 60_000).toISOString(), ingested_at: '2026-11-15T00:00:00.000Z', session_id: `ses_${i}`, trace_id: `tr_${i}`, latency_ms: 20 + i, ...(i % 3 === 0 ? { status: 'error', error_category: 'timeout' } : { status: 'success' }),
	})));
	const [{ slug }] = await stack.dashboard.sql('SELECT slug FROM yavio.projects WHERE id = $1', [project]);
	return `/${site.place.split('/')[1]}/${slug}`;
}

before(async () => {
	site = await startPages();
	wide = await fill();
});
after(() => site?.stop());

test('overview: the numbers of the worked example', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/overview?${RANGE}`);
	await page.getByText('Top tools').waitFor();
	await page.getByRole('link', { name: 'search_rooms' }).waitFor();
	assert.deepEqual(await cards(page), {
		'Tool calls': '14', Sessions: '6', Users: '3', 'Error rate': '28.6%', 'p95 latency': '2.54 s', Conversions: '4', 'Conversion rate': '66.7%', Revenue: 'EUR\u00a0320.75',
		'Widget engagement': '50.0%', 'Time to first interaction': '2.50 s', 'Time to first tool call': await page.locator('dt:has-text("Time to first tool call") + dd .text-kpi').innerText(), Tokens: '450',
	});
	await page.getByText('2 anonymous').waitFor();
	await page.getByText('USD\u00a080.00').waitFor();
	await looked(page, 'overview');
	await page.getByRole('button', { name: 'Show as table' }).first().click();
	await page.getByRole('region', { name: /^Tool calls, daily/ }).getByRole('table').waitFor();
	clean();
});

test('filters live in the address: platform, back, a copy of the address', async (t) => {
	const { page, context, clean } = await site.signIn(t);
	await page.goto(`${site.place}/overview?${RANGE}`);
	await page.getByRole('link', { name: 'search_rooms' }).waitFor(); // before it a filter would change nothing that is shown
	await page.getByRole('button', { name: 'Platforms: All platforms' }).click();
	await page.getByRole('checkbox', { name: 'Claude', exact: true }).check();
	await page.waitForURL(/platform=claude(&|$)/);
	await page.getByRole('button', { name: 'Platforms: Claude' }).waitFor();
	await page.keyboard.press('Escape');
	await page.waitForFunction(() => ![undefined, '14'].includes(document.querySelector('dl[aria-label="Key numbers"] .text-kpi')?.textContent));
	const filtered = await cards(page);
	const copy = await context.newPage();
	await copy.goto(page.url());
	await copy.getByRole('link', { name: 'search_rooms' }).waitFor();
	assert.deepEqual(await cards(copy), filtered);
	await page.goBack();
	await page.getByRole('button', { name: 'Platforms: All platforms' }).waitFor();
	await page.waitForFunction(() => document.querySelector('dl[aria-label="Key numbers"] .text-kpi')?.textContent === '14');
	await page.goto(`${site.place}/overview?range=8d&tz=Mars/Base`);
	await page.getByText('The address held a filter that is not valid').waitFor();
	await page.waitForURL((url) => !url.search.includes('8d') && !url.search.includes('Mars'));
	clean();
});

test('tools: sort, open one, its calls, and back', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/tools?${RANGE}`);
	await page.getByRole('link', { name: 'search_rooms' }).waitFor();
	assert.deepEqual((await cells(page, 'Tools')).map(([tool, calls]) => [tool, calls]), [['search_rooms', '7'], ['book_room', '4'], ['get_details', '3']]);
	await looked(page, 'tools');
	await page.getByRole('button', { name: 'Error rate' }).click();
	await page.waitForURL(/sort=errorRate/);
	await page.getByRole('link', { name: 'get_details' }).waitFor();
	await page.getByRole('link', { name: 'search_rooms' }).click();
	await page.getByRole('heading', { level: 1, name: 'search_rooms' }).waitFor();
	await page.getByRole('table', { name: 'Calls' }).locator('tbody tr button').first().waitFor();
	await looked(page, 'tool');
	await page.getByRole('table', { name: 'Calls' }).locator('tbody tr').last().click();
	await page.getByRole('dialog').getByText('Input', { exact: true }).waitFor();
	assert.match(page.url(), /open=/);
	await page.keyboard.press('Escape');
	await page.goBack();
	await page.goBack();
	await page.goBack();
	await page.waitForURL(/tools\?.*sort=errorRate/);
	clean();
});

test('back four times: each place and scroll as it was left', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${wide}/tools?${RANGE}`);
	await page.getByText('1–25 of 120').waitFor();
	await page.getByRole('button', { name: 'Error rate' }).click();
	await page.waitForURL(/sort=errorRate/);
	await page.getByRole('button', { name: 'Next page' }).click();
	await page.getByText('26–50 of 120').waitFor();
	/** Once they are those of the place: the former ones stay, marked as old, while others are on their way. */
	const names = async () => {
		await page.locator('table[aria-busy="true"]').waitFor({ state: 'detached' });
		return (await cells(page, 'Tools')).map(([tool]) => tool);
	};
	const listed = await names();
	assert.equal(listed.length, 25);
	await page.evaluate(() => scrollTo(0, 240));
	await page.getByRole('link', { name: listed[12], exact: true }).click();
	await page.getByRole('heading', { level: 1, name: listed[12] }).waitFor();
	await page.getByRole('table', { name: 'Calls' }).locator('tbody tr button').first().click();
	await page.waitForURL(/open=/);
	await page.getByRole('dialog').getByRole('link', { name: /^ses_/ }).click();
	await page.getByRole('heading', { level: 1, name: /^ses_/ }).waitFor();
	await page.goBack();
	await page.getByRole('dialog', { name: 'Call' }).waitFor();
	await page.goBack();
	await page.getByRole('dialog', { name: 'Call' }).waitFor({ state: 'detached' });
	await page.getByRole('heading', { level: 1, name: listed[12] }).waitFor();
	await page.goBack();
	await page.getByText('26–50 of 120').waitFor();
	assert.deepEqual(await names(), listed);
	await page.waitForFunction(() => scrollY === 240);
	assert.match(page.url(), /sort=errorRate.*page=2|page=2.*sort=errorRate/);
	await page.goBack();
	await page.getByText('1–25 of 120').waitFor();
	assert.match(page.url(), /sort=errorRate/);
	clean();
});

test('a table of 100 rows on paper: all of them, its head on each sheet, nothing to press', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${wide}/tools?${RANGE}&pageSize=100`);
	await page.getByText('1–100 of 120').waitFor();
	await page.emulateMedia({ media: 'print' });
	const paper = await page.getByRole('table', { name: 'Tools' }).evaluate((table) => {
		const clipped = [];
		for (let e = table.parentElement; e; e = e.parentElement) if (e !== document.documentElement && e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY !== 'visible') clipped.push(e.className);
		return { rows: [...table.tBodies[0].rows].filter((tr) => tr.getBoundingClientRect().height > 0).length, head: getComputedStyle(table.tHead).display, row: getComputedStyle(table.tBodies[0].rows[0]).breakInside, clipped };
	});
	assert.deepEqual(paper, { rows: 100, head: 'table-header-group', row: 'avoid', clipped: [] });
	assert.equal(await page.getByRole('navigation', { name: 'Pages of Tools' }).filter({ visible: true }).count(), 0);
	const sheets = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type ?\/Page\b/g).length;
	assert.ok(sheets >= 3, `${sheets} sheets`);
	clean();
});

test('another time zone: numbers, days and times are those of the API there', async (t) => {
	const { page, clean } = await site.signIn(t);
	const zone = 'Asia/Tokyo';
	const range = { from: '2026-11-01T15:00:00.000Z', to: '2026-11-15T15:00:00.000Z' };
	const { series, kpis, meta } = await site.stack.ask(`${site.api}/overview`, { ...range, timezone: zone });
	assert.equal(meta.timezone, zone);
	const there = (options) => new Intl.DateTimeFormat('en-US', { timeZone: zone, ...options });
	await page.goto(`${site.place}/overview?from=${range.from}&to=${range.to}&tz=${zone}`);
	await page.getByRole('link', { name: 'search_rooms' }).waitFor();
	assert.equal((await cards(page))['Tool calls'], String(kpis.invocations.value));
	await page.getByText('Nov 2, 00:00 to Nov 16, 00:00, time zone Asia/Tokyo').waitFor();
	await page.getByRole('button', { name: 'Show as table' }).first().click();
	const days = await page.getByRole('region', { name: /^Tool calls, daily/ }).getByRole('table').locator('tbody tr').evaluateAll((trs) => trs.map((tr) => [...tr.cells].map((td) => td.innerText)));
	assert.deepEqual(days.map(([, calls, errors]) => [calls, errors]), series.map((p) => [String(p.invocations), String(p.errors)]));
	for (const [i, [day]] of days.entries()) assert.ok(day.includes(there({ month: 'short', day: 'numeric' }).format(new Date(series[i].bucket))), `${day} is ${series[i].bucket}`);
	const { items } = await site.stack.ask(`${site.api}/tools/search_rooms/invocations`, { ...range, timezone: zone });
	await page.goto(`${site.place}/tools/search_rooms?from=${range.from}&to=${range.to}&tz=${zone}`);
	await page.getByRole('table', { name: 'Calls' }).locator('tbody tr button').first().waitFor();
	const times = (await cells(page, 'Calls')).map(([time]) => time);
	assert.deepEqual(times, items.map((i) => there({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(i.timestamp))));
	clean();
});

test('dark theme, and a range without anything', async (t) => {
	const { page, clean } = await site.signIn(t, { colorScheme: 'dark' });
	for (const view of ['overview', 'tools', 'tools/search_rooms']) {
		await page.goto(`${site.place}/${view}?${RANGE}`);
		await page.getByText('search_rooms').first().waitFor();
		await looked(page, `${view.replace('/', '-')}-dark`);
	}
	await page.goto(`${site.place}/overview?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`);
	await page.getByText('No events in this period').or(page.getByText('No events yet')).waitFor();
	await looked(page, 'overview-empty');
	clean();
});
