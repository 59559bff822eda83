// SPDX-License-Identifier: MIT
// Funnels, users, retention, active users and paths beyond their numbers: names, pages, bad requests, strangers, units that are too large.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dice, startAnalytics } from '../support/analytics.mjs';
import { refused } from '../support/dashboard.mjs';
import { dataset } from '../support/random-events.mjs';

const FROM = '2026-11-02T00:00:00Z';
const TO = '2026-11-16T00:00:00Z';
const range = { from: FROM, to: TO };
const steps = ['tool_call:a', 'tool_call:b'];
const TOO_MANY = 100_001;

let stack;
let tenant;
before(async () => {
	stack = await startAnalytics();
	tenant = await stack.tenant();
});
after(() => stack?.stop());

const path = (route) => `/api/analytics/${tenant.project}/${route}`;
const ask = (route, query) => stack.ask(path(route), query);

let made = 0;
const event = (fields) => ({
	workspace_id: tenant.workspace, project_id: tenant.project, event_id: `0a000000-0000-4000-8000-${String(++made).padStart(12, '0')}`, event_type: 'tool_call', event_name: 'a',
	timestamp: '2026-11-03T10:00:00.000Z', ingested_at: '2026-11-03T10:00:01.000Z', session_id: 's', trace_id: 't', source: 'server', ...fields,
});

describe('users', () => {
	const NAMES = ['active', 'retention', 'by-id', '.', '..', 'a/b', '100% ü?', "o'brien \\ \"x\""];
	before(() => stack.load(NAMES.map((name, i) => event({ user_id: name, session_id: `named_${i}` }))));

	it('of any name are reached, also where a fixed word stands in the path', async () => {
		for (const name of NAMES) {
			assert.equal((await ask('users/by-id', { id: name })).user.userId, name);
			assert.equal((await ask('users/by-id/events', { id: name, type: 'tool_call' })).items[0].userId, name);
			const inPath = (...words) => !['.', '..', ...words].includes(name); // dots an address takes for itself
			if (inPath('active', 'retention', 'by-id')) assert.equal((await ask(`users/${encodeURIComponent(name)}`)).user.userId, name);
			if (inPath('by-id')) assert.equal((await ask(`users/${encodeURIComponent(name)}/events`)).items[0].userId, name);
		}
		assert.ok((await ask('users/active', range)).days.length > 0);
		assert.deepEqual(await ask('users/by-id', { id: 'nobody' }), { user: null });
	});

	it('pages of a list end where it ends, and say how long it is', async () => {
		const all = (await ask('users', { ...range, sort: 'userId', order: 'asc' })).items.map((u) => u.userId);
		assert.deepEqual(all, [...NAMES].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
		const pages = await Promise.all([1, 2, 3, 4, 5].map((page) => ask('users', { ...range, sort: 'userId', order: 'desc', page, pageSize: 2 })));
		assert.deepEqual(pages.flatMap((p) => p.items.map((u) => u.userId)), [...all].reverse());
		assert.deepEqual(pages.map((p) => p.total), Array(5).fill(NAMES.length));
	});

	it('what one did comes in pages that miss nothing and repeat nothing', async () => {
		const other = await stack.tenant();
		const d = dice(7);
		const { rows } = dataset(12, other);
		const mine = rows.map((row) => ({ ...row, user_id: 'one', timestamp: new Date(Math.floor(Date.parse(row.timestamp) / 60_000) * 60_000).toISOString() }));
		await stack.load(d.shuffle(mine), [], 11);
		const whole = await stack.ask(`/api/analytics/${other.project}/users/one/events`, { limit: 200 });
		assert.equal(whole.nextCursor, null);
		assert.ok(whole.items.length > 10);
		const seen = [];
		for (let cursor; cursor !== null;) {
			const page = await stack.ask(`/api/analytics/${other.project}/users/one/events`, { limit: 3, ...(cursor && { cursor }) });
			assert.ok(page.items.length <= 3);
			seen.push(...page.items);
			cursor = page.nextCursor;
		}
		assert.deepEqual(seen, whole.items);
	});
});

describe('funnels', () => {
	it('of ten steps', async () => {
		const names = 'abcdefghij'.split('');
		await stack.load(names.map((name, i) => event({ event_type: 'step', event_name: name, session_id: 'ten', timestamp: new Date(Date.parse(FROM) + i * 1000).toISOString() })));
		const answer = await ask('funnels', { ...range, step: names.map((name) => `step:${name}`) });
		assert.deepEqual(answer.steps.map((s) => s.units), Array(10).fill(1));
		assert.equal(answer.medianMsTotal, 9000);
	});

	it('examples come oldest first when asked', async () => {
		const asked = { ...range, step: ['tool_call:*', 'tool_call:*'], level: 1 };
		const newest = (await ask('funnels/examples', asked)).items.map((e) => e.enteredAt);
		const oldest = (await ask('funnels/examples', { ...asked, order: 'asc' })).items.map((e) => e.enteredAt);
		assert.deepEqual(oldest, [...newest].sort());
	});

	it('and paths give no number where a session is too large to be exact (3407), and the next one works', async () => {
		const large = await stack.tenant();
		await stack.store.run(`INSERT INTO events (workspace_id, project_id, event_id, event_type, event_name, timestamp, ingested_at, session_id, trace_id)
			SELECT '${large.workspace}', '${large.project}', generateUUIDv4(), 'step', 'a', toDateTime64('2026-11-03 00:00:00', 3, 'UTC') + number / 10, now64(3), 'large', 't' FROM numbers(${TOO_MANY})`);
		const at = (route, query) => stack.request(`/api/analytics/${large.project}/${route}`, { ...range, ...query });
		refused(await at('funnels', { step: ['step:a', 'step:b'] }), 400, 3407);
		refused(await at('funnels', {}), 400, 3407);
		refused(await at('funnels/examples', { step: ['step:a', 'step:b'], level: 1 }), 400, 3407);
		refused(await at('paths', {}), 400, 3407);
		assert.equal((await ask('paths', range)).totals.sessions > 0, true);
	});
});

describe('refused', () => {
	const BAD = [
		['funnels', { step: ['tool_call:a'] }, 'step'], ['funnels', { step: Array(11).fill('step:a') }, 'step'], ['funnels', { step: ['a', 'b'] }, 'step'], ['funnels', { step: [':a', 'step:b'] }, 'step'],
		['funnels', { step: ['step:a', 'step: '] }, 'step'], ['funnels', { window: 0 }, 'window'], ['funnels', { window: 2_592_001 }, 'window'], ['funnels', { scope: 'day' }, 'scope'], ['funnels', { level: 1 }, 'level'],
		['funnels', { granularity: 'day' }, 'granularity'], ['funnels/examples', { level: 1 }, 'step'], ['funnels/examples', { step: steps }, 'level'], ['funnels/examples', { step: steps, level: 3 }, 'level'],
		['users', { trait: 'plan' }, 'trait'], ['users', { trait: Array(6).fill('a:b') }, 'trait'], ['users', { compare: 'none' }, 'compare'], ['users/by-id', {}, 'id'], ['users/by-id/events', {}, 'id'], ['users/x', { from: FROM }, 'from'],
		['users/x/events', { limit: 201 }, 'limit'], ['users/x/events', { cursor: 'abc' }, 'cursor'], ['users/x/events', { cursor: '1-2' }, 'cursor'], ['users/x/events', { cursor: `${'9'.repeat(15)}-0a000000-0000-4000-8000-000000000001` }, 'cursor'],
		['users/retention', { period: 'year' }, 'period'], ['users/retention', { periods: 32 }, 'periods'], ['users/retention', { periods: 0 }, 'periods'], ['users/retention', { mode: 'x' }, 'mode'],
		['paths', { nodes: 'tool_call,widget_click' }, 'nodes'], ['paths', { depth: 1 }, 'depth'], ['paths', { start: 'search' }, 'start'], ['paths', { end: 'x:' }, 'end'], ['paths', { collapse: '2' }, 'collapse'], ['paths', { limit: 21 }, 'limit'],
		['paths', { depth: [2, 3] }, 'depth'],
	];
	for (const [route, query, field] of BAD) {
		it(`${route} ${JSON.stringify(query)}`, async () => {
			const reply = await stack.request(path(route), query);
			refused(reply, 400, 3050);
			assert.deepEqual(reply.json.error.details.map((d) => d.field), [field]);
		});
	}

	it('active users of more than 400 days (3401), sorts that are none (3404)', async () => {
		refused(await stack.request(path('users/active'), { from: '2025-10-01T00:00:00Z', to: TO }), 400, 3401);
		refused(await stack.request(path('users'), { ...range, sort: 'firstSeen' }), 400, 3404);
		refused(await stack.request(path('funnels/examples'), { ...range, step: steps, level: 1, sort: 'unit' }), 400, 3404);
	});

	it('strangers, who learn nothing (3153)', async () => {
		const stranger = await stack.dashboard.person();
		for (const route of ['funnels', 'funnels/examples?step=a:b&step=a:b&level=1', 'users', 'users/x', 'users/by-id?id=x', 'users/x/events', 'users/by-id/events?id=x', 'users/retention', 'users/active', 'paths']) {
			refused(await stack.request(path(route), {}, stranger.client), 404, 3153);
		}
	});
});
