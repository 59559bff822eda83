// SPDX-License-Identifier: MIT
// The views in a browser: the worked example's numbers stand on the pages as they do in the API, filters live in the address,
// axe finds nothing in both themes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cards, cells, looked, RANGE, startPages } from '../support/views.mjs';

let site;
before(async () => {
	site = await startPages();
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
