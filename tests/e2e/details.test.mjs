// SPDX-License-Identifier: MIT
// Lists and details in a browser: users, sessions, traces, errors, intents. The numbers are the API's, filters and what is open
// live in the address, everything works by keys, hostile texts stay texts.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { cards, cells, looked, RANGE, startPages } from '../support/views.mjs';

const AT = { from: '2026-11-02T00:00:00.000Z', to: '2026-11-16T00:00:00.000Z', timezone: 'UTC' };
const HOSTILE = '<img src=x onerror=alert(1)> \u202egnp.exe';
const LONG = 'x'.repeat(2000);
let site, many;

/** A project with more than a page of everything, and texts that nobody should trust. */
async function fill() {
	const { stack, setup } = site;
	const { project } = await stack.tenant({ workspace: setup.workspaceId });
	const rows = [];
	const row = (i, ms, fields) => rows.push({
		workspace_id: setup.workspaceId, project_id: project, event_id: randomUUID(), timestamp: new Date(Date.parse('2026-11-05T08:00:00Z') + i * 3_600_000 + ms).toISOString(), ingested_at: '2026-11-15T00:00:00.000Z',
		source: 'server', platform: ['chatgpt', 'claude', 'cursor'][i % 3], session_id: `ses_${String(i).padStart(3, '0')}`, trace_id: `tr_${i}`, sdk_version: '1.0.0', ...fields,
	});
	for (let i = 0; i < 60; i++) {
		const failed = i % 4 === 0;
		row(i, 0, { event_type: 'tool_call', event_name: ['search', 'book', 'cancel'][i % 3], status: failed ? 'error' : 'success', latency_ms: 40 + i * 7, ...(failed ? { error_category: 'timeout', error_message: `No answer from host-${i} after ${i}00 ms` } : {}), intent_signals: { intent: `Wish number ${i}`, source: i % 2 ? 'context_parameter' : 'inferred' } });
		if (i % 5 !== 0) row(i, 30, { event_type: 'identify', user_id: { 1: 'org/ann ?&#%', 2: '.', 3: '..' }[i] ?? `user-${String(i).padStart(2, '0')}`, user_traits: { plan: i % 2 ? 'pro' : 'free' } });
		row(i, 35, { event_type: 'step', event_name: 'looked' });
	}
	row(60, 0, { event_type: 'tool_call', event_name: HOSTILE, status: 'error', error_category: 'server', error_message: `${HOSTILE} ${LONG}`, latency_ms: 3, session_id: `${HOSTILE}/ses`, trace_id: `${HOSTILE}/tr`, intent_signals: { intent: HOSTILE, source: 'inferred' } });
	row(60, 1, { event_type: 'identify', user_id: HOSTILE, session_id: `${HOSTILE}/ses`, trace_id: `${HOSTILE}/tr`, user_traits: { note: HOSTILE, link: 'javascript:alert(1)' } });
	await stack.load(rows);
	const [{ slug }] = await stack.dashboard.sql('SELECT slug FROM yavio.projects WHERE id = $1', [project]);
	return { project, place: `/${site.place.split('/')[1]}/${slug}`, api: `/api/analytics/${project}` };
}

before(async () => {
	site = await startPages();
	many = await fill();
});
after(() => site?.stop());

const column = async (page, label, n) => (await cells(page, label)).map((row) => row[n]);
const facts = (page, label) => page.locator(`dl[aria-label="${label}"]`).evaluate((dl) => Object.fromEntries([...dl.querySelectorAll('dt')].map((dt) => [dt.textContent, dt.nextElementSibling.innerText.trim()])));
const rows = (page, label) => page.getByRole('table', { name: label, exact: true }).locator('tbody tr');
const ready = (page, label) => rows(page, label).locator('a,button').first().waitFor();

test('users: the numbers of the API, sort, search, traits, page two, one of them, and back', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/users?${RANGE}`);
	await ready(page, 'Users');
	const answer = await site.stack.ask(`${site.api}/users`, AT);
	assert.deepEqual(await cards(page), { 'Identified users': String(answer.summary.identifiedUsers), 'Sessions of users': String(answer.summary.identifiedSessions), 'Anonymous sessions': String(answer.summary.anonymousSessions) });
	assert.deepEqual(await column(page, 'Users', 0), answer.items.map((u) => u.userId));
	assert.deepEqual(await column(page, 'Users', 5), answer.items.map((u) => String(u.toolCalls)));
	await looked(page, 'users');

	await page.goto(`${many.place}/users?${RANGE}`);
	await ready(page, 'Users');
	await page.getByText('1–25 of 49').waitFor();
	await page.getByRole('button', { name: 'User', exact: true }).click();
	await page.waitForURL(/sort=userId/);
	await page.getByRole('button', { name: 'Next page' }).click();
	await page.getByText('26–49 of 49').waitFor();
	assert.match(page.url(), /page=2/);
	const two = await site.stack.ask(`${many.api}/users`, { ...AT, sort: 'userId', order: 'asc', page: 2 });
	await page.getByRole('link', { name: two.items[0].userId, exact: true }).waitFor();
	assert.deepEqual(await column(page, 'Users', 0), two.items.map((u) => u.userId));
	await page.getByLabel('Find a user').fill('user-1');
	await page.getByText(/1–8 of 8/).waitFor();
	assert.doesNotMatch(page.url(), /page=2/, 'a filter goes back to page one');
	await page.getByLabel('Trait, as key:value').fill('plan');
	await page.keyboard.press('Enter');
	await page.getByText('Write a trait as key:value.').waitFor();
	await page.getByLabel('Trait, as key:value').fill('plan:pro');
	await page.keyboard.press('Enter');
	await page.getByText('1–4 of 4').waitFor();
	await page.getByRole('button', { name: 'Without plan:pro' }).click();
	await page.getByText('1–8 of 8').waitFor();
	await page.goBack();
	await page.getByText('1–4 of 4').waitFor();
	await rows(page, 'Users').first().focus();
	await page.keyboard.press('ArrowDown');
	const second = (await column(page, 'Users', 0))[1];
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { level: 1, name: second }).waitFor();
	await page.goBack();
	await page.getByText('1–4 of 4').waitFor();
	assert.equal(await page.getByLabel('Find a user').inputValue(), 'user-1');
	await page.goto(`${many.place}/users?${RANGE}&page=9`);
	await page.getByText('26–49 of 49').waitFor();
	clean();
});

test('a user: facts, traits, what was done by session and day, types, an open event', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/users/u1?tz=UTC`);
	await ready(page, 'Events');
	const { user } = await site.stack.ask(`${site.api}/users/u1`, {});
	const shown = await facts(page, 'User');
	assert.equal(shown.Sessions, String(user.sessions));
	assert.equal(shown['Tool calls'], String(user.toolCalls));
	assert.equal(shown.Conversions, String(user.conversions));
	assert.match(shown.Revenue, /EUR\s120\.50\s+USD\s80\.00/);
	await page.getByText('pro', { exact: true }).waitFor();
	await looked(page, 'user');
	const all = await rows(page, 'Events').count();
	await page.getByRole('button', { name: 'Types of events: All types' }).click();
	await page.getByRole('checkbox', { name: 'conversion' }).check();
	await page.keyboard.press('Escape');
	await page.waitForFunction((n) => document.querySelectorAll('table tbody tr').length < n, all);
	await rows(page, 'Events').filter({ hasText: 'CONV' }).first().click();
	await page.getByRole('dialog').getByText('USD').waitFor();
	assert.match(page.url(), /open=.*type=|type=.*open=/);
	await page.reload();
	await page.getByRole('dialog').getByText('Copy as JSON').waitFor();
	await looked(page, 'user-event');
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'hidden' });
	await page.goto(`${many.place}/users/${encodeURIComponent('org/ann ?&#%')}`);
	await page.getByRole('heading', { level: 1, name: 'org/ann ?&#%' }).waitFor();
	await ready(page, 'Events');
	// an address takes these for itself
	await page.goto(`${many.place}/users?${RANGE}&sort=userId&order=asc`);
	for (const id of ['.', '..']) {
		await page.getByRole('link', { name: id, exact: true }).click();
		await page.getByRole('heading', { level: 1, name: id, exact: true }).waitFor();
		await ready(page, 'Events');
		assert.equal((await facts(page, 'User')).Events, String((await site.stack.ask(`${many.api}/users/by-id`, { id })).user.events));
		await page.reload();
		await rows(page, 'Events').filter({ hasText: 'USER' }).waitFor();
		await page.goBack();
		await ready(page, 'Users');
	}
	await page.goto(`${site.place}/users/nobody`);
	await page.getByText('This user does not exist or has been removed by retention').waitFor();
	clean();
});

test('sessions: filters in the address, a session with its timeline, the first error, its trace', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/sessions?${RANGE}`);
	await ready(page, 'Sessions');
	const { items } = await site.stack.ask(`${site.api}/sessions`, AT);
	assert.deepEqual((await column(page, 'Sessions', 0)).map((text) => text.split('\n').at(-1)), items.map((s) => s.sessionId));
	assert.deepEqual(await column(page, 'Sessions', 5), items.map((s) => String(s.events)));
	assert.deepEqual(await column(page, 'Sessions', 7), items.map((s) => String(s.errors)));
	await looked(page, 'sessions');
	await page.getByRole('checkbox', { name: 'Errors' }).check();
	await page.waitForURL(/has=error/);
	await page.getByRole('link', { name: 'ses_1', exact: true }).waitFor({ state: 'hidden' });
	await page.getByRole('checkbox', { name: 'Widget' }).check();
	await page.getByText('1–1 of 1').waitFor();
	assert.match(page.url(), /has=error&has=widget/);
	await page.getByRole('link', { name: 'ses_3', exact: true }).click();
	await page.getByRole('heading', { level: 1, name: 'ses_3' }).waitFor();
	await ready(page, 'Events');
	const detail = await site.stack.ask(`${site.api}/sessions/ses_3`, {});
	const shown = await facts(page, 'Session');
	assert.equal(shown.User, 'u2');
	assert.equal(shown.Events, String(detail.session.events));
	assert.equal(await rows(page, 'Events').count(), detail.traces.length + detail.traces.reduce((n, one) => n + one.events.length, 0));
	await looked(page, 'session');
	await page.getByRole('button', { name: 'Jump to the first error' }).click();
	assert.match(await page.evaluate(() => document.activeElement.innerText), /ERROR[\s\S]*get_details/);
	await page.keyboard.press('Enter');
	await page.getByRole('dialog').getByRole('link', { name: 'tr_08' }).click();
	await page.getByRole('heading', { level: 1, name: 'tr_08' }).waitFor();
	await page.goto(`${site.place}/traces/tr_09?tz=UTC`);
	await ready(page, 'Events');
	assert.equal((await facts(page, 'Trace')).Session, 'ses_3');
	assert.equal(await rows(page, 'Events').count(), (await site.stack.ask(`${site.api}/traces/tr_09`, {})).events.length);
	await looked(page, 'trace');
	await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'ses_3' }).click();
	await page.getByRole('heading', { level: 1, name: 'ses_3' }).waitFor();
	await page.goto(`${site.place}/sessions/nope`);
	await page.getByText('This session does not exist or has been removed by retention').waitFor();
	clean();
});

test('errors: numbers, groups, widgets, one group over time, its trace', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/errors?${RANGE}`);
	await ready(page, 'Groups of errors');
	assert.deepEqual(await cards(page), { Errors: '4', 'Error rate': '28.6%', Recovered: '50.0%', 'Retry success': '66.7%' });
	assert.equal(await rows(page, 'Groups of errors').count(), 3);
	await looked(page, 'errors');
	await page.getByLabel('Kind of error').selectOption('all');
	await page.getByText('1–4 of 4').waitFor();
	await page.getByRole('tab', { name: 'One by one' }).click();
	await ready(page, 'Errors');
	assert.equal(await rows(page, 'Errors').count(), 5);
	await page.goBack();
	await ready(page, 'Groups of errors');
	const groups = await site.stack.ask(`${site.api}/errors/groups`, { ...AT, kind: 'all' });
	assert.deepEqual(await column(page, 'Groups of errors', 3), groups.items.map((g) => String(g.count)));
	const [first] = groups.items;
	await rows(page, 'Groups of errors').first().click();
	await page.getByRole('heading', { level: 1, name: first.message }).waitFor();
	assert.equal((await facts(page, 'Error')).Count, String(first.count));
	await ready(page, 'Errors');
	const { series } = await site.stack.ask(`${site.api}/errors/series`, { ...AT, kind: 'all', fingerprint: first.fingerprint });
	assert.equal(series.reduce((n, p) => n + p.errors, 0), first.count);
	await looked(page, 'error');
	await page.getByRole('button', { name: 'Show as table' }).click();
	const table = await page.getByRole('region', { name: /^Errors, daily/ }).getByRole('table').locator('tbody tr').evaluateAll((trs) => trs.map((tr) => tr.cells[1].innerText));
	assert.deepEqual(table, series.map((p) => String(p.errors)));
	await page.getByRole('table', { name: 'Errors', exact: true }).locator('tbody a').first().click();
	await page.waitForURL(/traces\//);
	await page.getByRole('dialog').getByText(first.message).waitFor();
	await page.goto(`${site.place}/errors/0000000000000000?${RANGE}`);
	await page.getByText('This error did not occur in this period').waitFor();
	clean();
});

test('intents: coverage, search, source, the session behind one', async (t) => {
	const { page, clean } = await site.signIn(t);
	await page.goto(`${site.place}/intents?${RANGE}`);
	await ready(page, 'Intents');
	assert.deepEqual(await cards(page), { 'Intents captured': '2', Coverage: '14.3%', 'Tools with intents': '1' });
	await looked(page, 'intents');
	await page.goto(`${many.place}/intents?${RANGE}`);
	await page.getByText('1–25 of 61').waitFor();
	await page.getByLabel('Rows').selectOption('50');
	await page.getByText('1–50 of 61').waitFor();
	await page.getByLabel('Source').selectOption('inferred');
	await page.getByLabel('Find in intents').fill('number 4');
	await page.getByText('1–6 of 6').waitFor();
	await page.getByText('Wish number 48').click();
	await page.getByRole('heading', { level: 1, name: 'ses_048' }).waitFor();
	await page.getByRole('dialog').getByText('Wish number 48').waitFor();
	clean();
});

test('what an address holds and is not valid is named, ignored and taken away; the rest stays', async (t) => {
	const { page, clean } = await site.signIn(t);
	for (const [view, words, named, label] of [
		['errors', 'kind=colour&category=timeout', 'kind=colour', 'Groups of errors'], ['errors', 'tab=third', 'tab=third', 'Groups of errors'], ['sessions', 'has=error&has=luck', 'has=luck', 'Sessions'], ['intents', 'source=nobody', 'source=nobody', 'Intents'],
		['users', 'trait=plan&trait=plan:pro', 'trait=plan', 'Users'], ['users', 'sort=colour&page=0', 'page=0, sort=colour', 'Users'], ['tools', 'platform=claude,!', 'platform=claude,!', 'Tools'],
	]) {
		await page.goto(`${many.place}/${view}?${RANGE}&${words}`);
		await page.getByText(`is not valid and is ignored: ${named}`, { exact: false }).waitFor();
		await page.waitForURL((url) => named.split(', ').every((word) => !decodeURIComponent(url.search).split('&').includes(word)));
		await ready(page, label);
	}
	assert.equal(new URL(page.url()).searchParams.get('platform'), 'claude');
	await page.goto(`${many.place}/sessions?${RANGE}&has=error&has=luck`);
	await page.waitForURL((url) => url.searchParams.getAll('has').join() === 'error');
	assert.equal(await page.getByRole('checkbox', { name: 'Errors' }).isChecked(), true);
	clean();
});

test('hostile texts are texts, in lists and details', async (t) => {
	const { page, clean } = await site.signIn(t);
	for (const [view, label] of [['users', 'Users'], ['sessions', 'Sessions'], ['errors', 'Groups of errors'], ['intents', 'Intents']]) {
		await page.goto(`${many.place}/${view}?${RANGE}&order=desc`);
		await ready(page, label);
		await looked(page, `${view}-hostile`);
		assert.equal(await page.locator('img[src="x"]').count(), 0);
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} is not wider than the window`);
	}
	await page.goto(`${many.place}/sessions/${encodeURIComponent(`${HOSTILE}/ses`)}`);
	await ready(page, 'Events');
	await looked(page, 'session-hostile');
	await page.goto(`${many.place}/users/${encodeURIComponent(HOSTILE)}`);
	await page.getByText('javascript:alert(1)').waitFor();
	assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
	clean();
});

test('nothing there: no user, no error, no intent, and a store that does not answer', async (t) => {
	const { page, clean } = await site.signIn(t);
	const empty = 'from=2026-11-13T00:00:00Z&to=2026-11-15T00:00:00Z&tz=UTC';
	await page.goto(`${site.place}/errors?${empty}`);
	await page.getByText('No errors in this period').first().waitFor();
	await looked(page, 'errors-empty');
	await page.goto(`${site.place}/sessions?${empty}`);
	await page.getByText('No sessions in this period').waitFor();
	await page.goto(`${site.place}/users?from=2026-11-10T00:00:00Z&to=2026-11-11T00:00:00Z&tz=UTC`);
	await page.getByText('No users yet').waitFor();
	await looked(page, 'users-anonymous');
	await page.goto(`${site.place}/intents?from=2026-11-12T00:00:00Z&to=2026-11-13T00:00:00Z&tz=UTC`);
	await page.getByRole('table', { name: 'Intents' }).waitFor();
	await looked(page, 'intents-empty');
	await page.route('**/errors/groups*', (route) => route.fulfill({ status: 400, contentType: 'application/json', body: JSON.stringify({ error: { code: 'YAVIO-3407', message: 'The query needs too much memory.', requestId: 'req_1' } }) }));
	await page.goto(`${site.place}/errors?${RANGE}`);
	await page.getByText('Could not load the groups').waitFor();
	await page.getByText('28.6%').waitFor();
	await page.getByRole('button', { name: 'Show the last 24 hours' }).waitFor();
	assert.equal((await cards(page)).Errors, '4', 'other panels stay');
	await looked(page, 'errors-failed');
	clean();
});

test('dark, on a phone: nothing is wider than the window', async (t) => {
	const { page, clean } = await site.signIn(t, { colorScheme: 'dark', viewport: { width: 390, height: 844 } });
	const views = [['users', 'Users'], ['users/u1', 'Events'], ['sessions', 'Sessions'], ['sessions/ses_1', 'Events'], ['traces/tr_03', 'Events'], ['errors', 'Groups of errors'], ['intents', 'Intents']];
	for (const [view, label] of views) {
		await page.goto(`${site.place}/${view}?${RANGE}`);
		await ready(page, label);
		await looked(page, `${view.replace('/', '-')}-dark-390`);
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} is not wider than the window`);
	}
	await page.setViewportSize({ width: 1440, height: 900 });
	for (const [view, label] of views) {
		await page.goto(`${site.place}/${view}?${RANGE}`);
		await ready(page, label);
		await looked(page, `${view.replace('/', '-')}-dark`);
	}
	clean();
});
