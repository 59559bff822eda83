// SPDX-License-Identifier: MIT
// What the analytics answer when something is wrong: parameters, limits of a query, a store that is away, slow, or asked by many;
// and that meanwhile logins work and no transaction is open.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fixture, startAnalytics } from '../support/analytics.mjs';
import { ok, refused } from '../support/dashboard.mjs';
import { sleep, until } from '../support/process.mjs';

const { rows, setup } = fixture();
const WORKERS = 4;
const RANGE = { from: '2026-11-02T00:00:00Z', to: '2026-11-16T00:00:00Z' };

let stack;
let base;
before(async () => {
	stack = await startAnalytics({ workers: WORKERS, settings: { YAVIO_QUERY_TIMEOUT: '30s' } });
	const { project } = await stack.tenant({ workspace: setup.workspaceId, project: setup.projectId });
	base = `/api/analytics/${project}`;
	await stack.load(rows, setup.toolRegistry);
});
after(() => stack?.stop());

const get = (route, query, client) => stack.request(`${base}/${route}`, query, client);

describe('parameters', () => {
	it('unknown, twice, too many, out of the calendar: details name them', async () => {
		refused(await get('overview?nope=1&from='), 400, 3050, { nope: 'unknown', from: 'bad_format' });
		refused(await get('overview', { timezone: ['UTC', 'UTC'] }), 400, 3050, { timezone: 'duplicate' });
		refused(await get('overview', { from: [RANGE.from, RANGE.from] }), 400, 3050, { from: 'duplicate' });
		refused(await get('tools', { page: ['1', '2'] }), 400, 3050, { page: 'duplicate' });
		refused(await get('overview', { from: '1970-06-01T00:00:00Z' }), 400, 3400, { from: 'out_of_range' });
		refused(await get('overview', { from: '2100-01-01T00:00:00Z' }), 400, 3400, { from: 'out_of_range' });
		refused(await get('overview', { from: RANGE.to, to: RANGE.from }), 400, 3400, { to: 'not_after_from' });
		refused(await get('overview', { from: new Date(Date.now() + 86_400_000).toISOString() }), 400, 3400, { from: 'not_before_to' });
		refused(await get('overview', { ...RANGE, granularity: 'century' }), 400, 3401, { granularity: 'unknown_value' });
		refused(await get('overview', { from: '2020-01-01T00:00:00Z', to: RANGE.to, granularity: 'day' }), 400, 3401, { granularity: 'too_many_buckets' });
		for (const platform of ['', 'Claude', '-x', 'a,,b', 'a'.repeat(65), 'a b']) refused(await get('overview', { platform }), 400, 3402);
		const names = (n) => Array.from({ length: n }, (_, i) => `p${i}`);
		refused(await get('overview', { platform: names(21).join(',') }), 400, 3402, { platform: 'too_many' });
		refused(await get('overview', { platform: [...names(20), 'x'] }), 400, 3402, { platform: 'too_many' });
		refused(await get('tools', { tool: names(21) }), 400, 3050, { tool: 'too_many' });
		refused(await get('tools', { tool: 'x'.repeat(257) }), 400, 3050, { tool: 'too_long' });
		refused(await get('overview', { timezone: 'Europe/Atlantis' }), 400, 3050, { timezone: 'unknown_value' });
		refused(await get('overview', { timezone: "UTC' OR 1" }), 400, 3050, { timezone: 'bad_characters' });
		refused(await get('tools', { compare: 'none' }), 400, 3050, { compare: 'unknown' });
		refused(await get('overview', { compare: 'later' }), 400, 3050, { compare: 'unknown_value' });
	});

	it('what is given comes back in meta, lists by commas or repeated', async () => {
		const { meta } = ok(await get('overview', { ...RANGE, from: '2026-11-02T02:00:00+02:00', platform: ['claude,cursor', 'unknown'], tool: ['a,b', "o'x"], timezone: 'Asia/Kathmandu', compare: 'none' }));
		assert.deepEqual(meta, { from: '2026-11-02T00:00:00.000Z', to: '2026-11-16T00:00:00.000Z', timezone: 'Asia/Kathmandu', granularity: 'day', platform: ['claude', 'cursor', 'unknown'], tool: ['a,b', "o'x"], compare: null, generatedAt: meta.generatedAt });
		const week = ok(await get('overview')).meta;
		assert.equal(Date.parse(week.to) - Date.parse(week.from), 7 * 86_400_000);
		assert.equal(week.granularity, 'day');
		assert.equal(Date.parse(week.from) - Date.parse(week.compare.from), 7 * 86_400_000);
	});

	it('names in paths are decoded once; those that cannot be names: 3050', async () => {
		for (const name of ['a%2Fb/c', 'поиск 100%+', "?#&'; DROP"]) assert.equal(ok(await get(`tools/${encodeURIComponent(name)}`, RANGE)).tool, name);
		// What is no percent-encoding at all does not come through Caddy.
		for (const name of ['%ff', 'a%c3']) refused(await get(`tools/${name}`, RANGE), 400, 3050);
	});
});

describe('limits', () => {
	it('more rows than an answer may have: 3407, and the next one works', async () => {
		await stack.dashboard.restart({ YAVIO_QUERY_MAX_ROWS: '1000' });
		const query = { from: '2026-09-01T00:00:00Z', to: '2026-11-16T00:00:00Z', granularity: 'hour' };
		refused(await get('overview', query), 400, 3407);
		ok(await get('overview', { ...query, granularity: 'day' }));
		const logged = stack.dashboard.dashboard.logs().filter((line) => line.msg === 'query failed');
		assert.equal(logged.at(-1).err.code, 'YAVIO-5016');
		await stack.dashboard.restart({ YAVIO_QUERY_MAX_ROWS: '100000' });
	});

	it('what a page asks at once, one more than may, waits for its turn', async () => {
		stack.store.pause();
		const asked = Array.from({ length: WORKERS }, () => get('tools', RANGE));
		await sleep(500); // all of them are on their way
		stack.store.resume();
		for (const answer of await Promise.all(asked)) ok(answer);
	});

	it('no more workers wait for the store than may: the others refuse with 3406, log in and read; nothing is open', async () => {
		stack.store.pause();
		const asked = Array.from({ length: WORKERS + 1 }, () => get('tools', RANGE));
		const settled = [];
		for (const promise of asked) promise.then((answer) => settled.push(answer));
		await until('two were refused', () => settled.length === 2, 60_000);
		for (const answer of settled) {
			refused(answer, 503, 3406);
			assert.ok(Number(answer.headers['retry-after']) >= 1);
		}
		ok(await stack.owner.client.get('/api/workspaces'));
		const open = await stack.dashboard.sql("SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'yavio_app' AND state LIKE 'idle in transaction%'");
		assert.equal(open[0].n, 0, 'no transaction waits for the store');
		stack.store.resume();
		for (const answer of await Promise.all(asked)) if (!settled.slice(0, 2).includes(answer)) ok(answer);
	});

	it('a store that does not answer in time: 3405; one that is away: 3406; then it works again', async () => {
		await stack.dashboard.restart({ YAVIO_QUERY_TIMEOUT: '4s' });
		const works = () => until('the store answers', async () => (await get('tools/x/invocations', RANGE)).status === 200, 60_000);
		stack.store.pause();
		refused(await get('overview', RANGE), 504, 3405);
		stack.store.resume();
		await works();
		const { port } = stack.store;
		await stack.store.signal('SIGTERM');
		refused(await get('overview', RANGE), 503, 3406);
		refused(await get('overview', { ...RANGE, timezone: 'Asia/Tokyo' }), 503, 3406);
		ok(await stack.owner.client.get('/api/auth/session'));
		await stack.store.start({ port });
		await works();
	});
});
