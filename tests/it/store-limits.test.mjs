// SPDX-License-Identifier: MIT
// Limits and pools of yavio-store: each limit gives its number and leaves the store working, a slow read delays no insert.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { insertEvents, newTenant, TABLES } from '../support/store-tables.mjs';
import { startStore } from '../support/store.mjs';

const SLOW = 'SELECT sum(sleepEachRow(0.1)) FROM numbers(1000) SETTINGS max_block_size = 1';

describe('limits of a dashboard query', () => {
	let store;
	const tenant = newTenant();
	before(async () => {
		store = await startStore({ statements: TABLES, env: { YAVIO_QUERY_MAX_ROWS: '5000', YAVIO_QUERY_TIMEOUT: '2s',
			YAVIO_QUERY_MEMORY: '64M' } });
		assert.equal((await insertEvents(store, tenant, 'limits', 0, 10_000)).status, 200);
	});
	after(() => store?.stop());

	// The number, the status that ClickHouse gives it, and then an ordinary query.
	const fails = async (sql, code, status, settings = {}) => {
		const reply = await store.select(tenant, sql, { settings });
		assert.equal(reply.headers['x-clickhouse-exception-code'], String(code), reply.text);
		assert.equal(reply.status, status);
		assert.match(reply.text, /^Code: \d+\. DB::Exception: Statement failed\. \([A-Z_]+\) \(version [\d.]+\)\n$/);
		assert.equal((await store.select(tenant, 'SELECT count() FROM events')).text, '10000\n');
	};

	it('ends a query that takes too long: 159', async () => {
		const began = Date.now();
		await fails('SELECT sum(sipHash64(number)) FROM numbers(1000000000000)', 159, 408);
		assert.ok(Date.now() - began < 60_000);
	});
	it('takes a shorter time that the client asks for', () =>
		fails('SELECT sum(sipHash64(number)) FROM numbers(1000000000000)', 159, 408, { max_execution_time: '1' }));
	it('ends a query that needs too much memory: 241', () =>
		fails('SELECT length(groupArray(number)) FROM numbers(100000000)', 241, 500));
	it('refuses a result of too many rows: 396', () => fails('SELECT event_id FROM events', 396, 500));
	it('refuses a result of too many bytes: 396', () =>
		fails('SELECT event_id FROM events LIMIT 4000', 396, 500, { max_result_bytes: '100' }));
	it('refuses to read too many rows or bytes: 158, 307', async () => {
		await fails('SELECT uniq(event_id) FROM events', 158, 500, { max_rows_to_read: '10' });
		await fails('SELECT uniq(event_id) FROM events', 307, 500, { max_bytes_to_read: '10' });
	});

	it('lets a client ask for less and for more up to the cap, never for no limit', async () => {
		const rows = (n) => store.select(tenant, 'SELECT number FROM numbers(1000001)', { settings: { max_result_rows: n, wait_end_of_query: '1' } });
		assert.equal((await rows('0')).headers['x-clickhouse-exception-code'], '396');
		assert.equal((await rows('5000000')).headers['x-clickhouse-exception-code'], '396');
		const more = await store.select(tenant, 'SELECT event_id FROM events', { settings: { max_result_rows: '10000' } });
		assert.equal(more.text.split('\n').length, 10_001);
	});

	it('takes no setting that is not on its list', async () => {
		const bad = { readonly: '0', additional_table_filters: '{}', allow_ddl: '1', max_memory_usage_for_user: '1',
			timeout_overflow_mode: 'break', result_overflow_mode: 'break', max_execution_time: '-1', max_threads: '1; SET x',
			'max_threads = 1, readonly': '0', '': '1', profile: 'default', SQL_other: '1', format_schema: '/etc/passwd' };
		for (const [name, value] of Object.entries(bad)) {
			const reply = await store.select(tenant, 'SELECT 1', { settings: { [name]: value } });
			assert.equal(reply.status, 403, `${name}=${value}: ${reply.text}`);
			assert.match(reply.text, /YAVIO-5012/);
		}
	});
});

describe('pools', () => {
	let store;
	const tenant = newTenant();
	before(async () => {
		store = await startStore({ statements: TABLES, env: { YAVIO_STORE_CONNECTIONS: '2:3:1', YAVIO_QUERY_TIMEOUT: '60s' } });
	});
	after(() => store?.stop());

	it('keeps inserts going while every place of the selects is taken, and says 503 to one select too many', async () => {
		let ended = 0;
		const slow = Array.from({ length: 3 }, () => {
			const controller = new AbortController();
			const done = store.select(tenant, 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)',
				{ signal: controller.signal }).catch(() => {}).finally(() => ended++);
			return { controller, done };
		});
		await sleep(500);
		const waiting = store.select(tenant, 'SELECT 1');
		for (let i = 0; i < 20; i++) {
			assert.equal((await insertEvents(store, tenant, `pool ${i}`, i * 100, 100)).status, 200);
		}
		assert.equal(ended, 0, 'inserts waited for a select');
		const refused = await waiting;
		assert.equal(refused.status, 503);
		assert.match(refused.text, /YAVIO-5013/);
		assert.ok(refused.headers['retry-after']);
		// their clients leave: the places are free again within a second
		for (const { controller } of slow) controller.abort();
		await Promise.all(slow.map((s) => s.done));
		await sleep(1000);
		assert.equal((await store.select(tenant, 'SELECT count() FROM events')).text, '2000\n');
	});

	it('answers 100 selects at once beside inserts', async () => {
		const selects = Array.from({ length: 100 }, () => store.select(tenant, 'SELECT count() > 0 FROM events'));
		for (let i = 0; i < 10; i++) {
			assert.equal((await insertEvents(store, tenant, `beside ${i}`, 10_000 + i * 100, 100)).status, 200);
		}
		for (const reply of await Promise.all(selects)) assert.equal(reply.text, '1\n');
	});

	it('runs the selects of one pool in parallel', async () => {
		const began = Date.now();
		const one = () => store.run('SELECT sum(sleepEachRow(0.5)) FROM numbers(6) SETTINGS max_block_size = 1');
		await Promise.all([one(), one(), one()]);
		assert.ok(Date.now() - began < 8500, `${Date.now() - began} ms for three of three seconds`);
	});

	it('cancels a select whose client stopped listening in the middle of the result', async () => {
		const controller = new AbortController();
		const reading = store.run(`/* leaving */ ${SLOW}`, { signal: controller.signal });
		await sleep(300);
		controller.abort();
		await assert.rejects(reading);
		await sleep(1000);
		const left = await store.run("SELECT count() FROM system.processes WHERE query LIKE '%leaving%' AND query NOT LIKE '%processes%'");
		assert.equal(left, '0\n');
	});
});
