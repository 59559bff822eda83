// SPDX-License-Identifier: MIT
// The official @clickhouse/client does its ordinary work against yavio-store.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { startStore } from '../support/store.mjs';

describe('@clickhouse/client', () => {
	let store;
	let client;

	before(async () => {
		store = await startStore();
		client = connect();
		await client.command({ query: 'CREATE TABLE t (id UInt64, name String, at DateTime64(3)) ENGINE = MergeTree ORDER BY id' });
	});
	after(async () => {
		await client?.close();
		await store?.stop();
	});

	const connect = (more = {}) =>
		createClient({ url: store.url, username: 'default', password: store.passwords.default, database: 'yavio',
			log: { level: ClickHouseLogLevel.OFF }, ...more });

	it('pings', async () => {
		assert.deepEqual(await client.ping(), { success: true });
		assert.deepEqual(await client.ping({ select: true }), { success: true });
	});

	it('inserts an array and a stream of JSONEachRow', async () => {
		const row = (i) => ({ id: i, name: `name ${i} ü "quoted" \\`, at: '2026-01-02 03:04:05.678' });
		const first = await client.insert({ table: 't', values: [row(1), row(2)], format: 'JSONEachRow' });
		assert.equal(first.summary.written_rows, '2');
		const rows = Readable.from(Array.from({ length: 5000 }, (_, i) => row(i + 3)), { objectMode: true });
		await client.insert({ table: 't', values: rows, format: 'JSONEachRow' });
		const answer = await client.query({ query: 'SELECT count() AS n, max(id) AS top FROM t', format: 'JSON' });
		const { data, rows: count, meta } = await answer.json();
		// 64-bit numbers come quoted or not, as the engine's default is
		assert.deepEqual([Number(data[0].n), Number(data[0].top)], [5002, 5002]);
		assert.equal(count, 1);
		assert.deepEqual(meta.map((m) => m.type), ['UInt64', 'UInt64']);
	});

	it('binds query parameters of every kind', async () => {
		const odd = 'it\'s a "test"\twith\nlines \\ and \u{1F600}; DROP TABLE t';
		const answer = await client.query({
			query: `SELECT {text:String} AS text, {n:Int64} AS n, {list:Array(String)} AS list, {at:DateTime64(3)} AS at,
				{none:Nullable(String)} AS none, length({big:String}) AS big`,
			query_params: { text: odd, n: -5, list: ['a', "b'c"], at: new Date('2026-01-02T03:04:05.678Z'), none: null,
				big: 'x'.repeat(20_000) },
			format: 'JSONEachRow',
		});
		const [row] = await answer.json();
		assert.equal(row.text, odd);
		assert.equal(Number(row.n), -5);
		assert.deepEqual(row.list, ['a', "b'c"]);
		assert.equal(row.at, '2026-01-02 03:04:05.678');
		assert.equal(row.none, null);
		assert.equal(Number(row.big), 20_000);
	});

	it('keeps the query id, tells format and summary', async () => {
		const answer = await client.query({ query: 'SELECT 1', query_id: 'my-own-id.1', format: 'CSV' });
		assert.equal(answer.query_id, 'my-own-id.1');
		assert.equal(await answer.text(), '1\n');
		assert.equal(answer.response_headers['x-clickhouse-format'], 'CSV');
		assert.equal(answer.response_headers['x-clickhouse-timezone'].length > 0, true);
	});

	it('streams two million rows with flat memory', async () => {
		await (await client.query({ query: 'SELECT number FROM numbers(10)', format: 'JSONEachRow' })).text();
		const before = store.resident;
		let top = 0;
		const answer = await client.query({
			query: 'SELECT number AS n, toString(number) AS s, repeat(\'x\', 50) AS pad FROM numbers(2000000)',
			format: 'JSONEachRow',
		});
		let count = 0;
		let sum = 0;
		for await (const rows of answer.stream()) {
			for (const row of rows) {
				count++;
				sum += Number(row.json().s);
			}
			top = Math.max(top, store.resident);
		}
		assert.equal(count, 2_000_000);
		assert.equal(sum, (2_000_000 * 1_999_999) / 2);
		assert.ok(top - before < 150e6, `grew by ${Math.round((top - before) / 1e6)} MB for a result of 190 MB`);
	});

	it('reports errors with number, name and message', async () => {
		const fails = async (query, code, type) =>
			assert.rejects(client.query({ query, format: 'JSONEachRow' }), (err) => {
				assert.equal(err.code, String(code), err.message);
				assert.equal(err.type, type);
				return true;
			});
		await fails('SELECT * FROM nosuch', 60, 'UNKNOWN_TABLE');
		await fails('SELECT nosuch', 47, 'UNKNOWN_IDENTIFIER');
		await fails('SELEC 1', 62, 'SYNTAX_ERROR');
		await fails('SELECT throwIf(1)', 395, 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO');
		await fails('SELECT 1; SELECT 2', 62, 'SYNTAX_ERROR');
		await assert.rejects(connect({ password: 'wrong' }).query({ query: 'SELECT 1' }), { code: '516' });
		await assert.rejects(
			client.insert({ table: 't', values: [{ id: 'no number' }], format: 'JSONEachRow' }), { type: /CANNOT_PARSE/ });
	});

	it('works with gzip in both directions', async () => {
		const packed = connect({ compression: { request: true, response: true } });
		await packed.command({ query: 'CREATE TABLE z (v String) ENGINE = MergeTree ORDER BY v' });
		await packed.insert({ table: 'z', values: Array.from({ length: 20_000 }, (_, i) => ({ v: `value ${i}` })),
			format: 'JSONEachRow' });
		const answer = await packed.query({ query: 'SELECT v FROM z ORDER BY v', format: 'JSONEachRow' });
		const rows = await answer.json();
		assert.equal(rows.length, 20_000);
		assert.equal(answer.response_headers['content-encoding'], 'gzip');
		await packed.close();
	});

	it('cancels a query that is aborted, within a second', async () => {
		const controller = new AbortController();
		const slow = client.query({ query: 'SELECT sum(sipHash64(number)) AS aborted FROM numbers(1000000000000)',
			abort_signal: controller.signal });
		await sleep(500);
		const running = async () => Number(await store.run("SELECT count() FROM system.processes WHERE query LIKE '%AS aborted%' AND query NOT LIKE '%processes%'"));
		assert.equal(await running(), 1);
		controller.abort();
		await assert.rejects(slow);
		const end = Date.now() + 1000;
		while ((await running()) > 0) {
			assert.ok(Date.now() < end, 'still running a second after the client left');
			await sleep(50);
		}
	});

	it('serves a hundred selects at the same time', async () => {
		const answers = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
			const answer = await client.query({ query: 'SELECT {i:UInt32} AS i, sum(number) AS s FROM numbers(100000)',
				query_params: { i }, format: 'JSONEachRow' });
			const [row] = await answer.json();
			return row.i;
		}));
		assert.deepEqual(answers, Array.from({ length: 100 }, (_, i) => i));
	});
});
