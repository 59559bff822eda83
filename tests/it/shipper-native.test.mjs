// SPDX-License-Identifier: MIT
// Events as columns: the block that the shipper makes of rows puts the same into the store as the rows themselves,
// counts as the same insert, and copies of an event inside one insert are one event in every answer.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PROGRAM_DIR } from '../support/process.mjs';
import { schema } from '../support/shipper.mjs';
import { startStore } from '../support/store.mjs';

const LEFT_TO_JSON = 3;
// as lib/ch sends them
const INSERT = { insert_deduplicate: 1, async_insert: 0, optimize_on_insert: 0, input_format_parallel_parsing: 0 };

const lines = (rows) => rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)) + '\n').join('');

function encode(rows) {
	const run = spawnSync(join(PROGRAM_DIR, 'native'), [], { input: lines(rows), maxBuffer: 1 << 28 });
	return { code: run.status, block: run.stdout };
}

const base = (fields = {}) => ({
	workspace_id: '11111111-1111-4111-8111-111111111111', project_id: '22222222-2222-4222-8222-222222222222',
	ingested_at: '2026-11-21 12:24:27.813', event_id: randomUUID(), event_type: 'tool_call', timestamp: '2026-11-20 23:59:59.999',
	...fields,
});

/** A value of a column's type, as ingest writes it. */
function valueFor(type, n) {
	if (type.startsWith('DateTime64')) return '2024-02-29 00:00:00.001';
	if (type === 'UUID') return randomUUID();
	if (/Float/.test(type)) return 12.5 + n;
	if (/Decimal/.test(type)) return 19.99;
	if (/UInt8/.test(type)) return 1;
	if (/UInt/.test(type)) return 65000 + n;
	return `text ${n}`;
}

describe('rows as columns', { concurrency: false }, () => {
	let store;

	before(async () => {
		store = await startStore({ statements: schema() });
	});
	after(() => store.stop());

	const insert = (format, rows, token = randomUUID(), table = 'events') =>
		store.run(`INSERT INTO ${table} FORMAT ${format}`, { user: 'yavio_ingest', rows, settings: { ...INSERT, insert_deduplication_token: token } });
	const number = async (sql, settings) => Number((await store.run(`${sql}`, { settings })).trim());
	const derived = 'input_captured, param_keys, response_size, content_types, zero_result, tools_listed, intent, intent_source';
	const stored = async () =>
		(await store.run(`SELECT *, ${derived} FROM events ORDER BY event_id FORMAT JSONEachRow`)).trim().split('\n').map((line) => JSON.parse(line));

	async function sameAsJson(rows) {
		const { code, block } = encode(rows);
		assert.equal(code, 0);
		const both = [];
		for (const [format, body] of [['JSONEachRow', lines(rows)], ['Native', block]]) {
			await store.run('TRUNCATE TABLE events');
			await insert(format, body);
			both.push(await stored());
		}
		assert.equal(both[0].length, rows.length);
		assert.deepEqual(both[1], both[0]);
	}

	it('has every column that a row may set', async () => {
		const columns = (await store.run("SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND default_kind = '' FORMAT JSONEachRow"))
			.trim().split('\n').map((line) => JSON.parse(line));
		assert.ok(columns.length >= 50);
		const all = Object.fromEntries(columns.map(({ name, type }, n) => [name, valueFor(type, n)]));
		// all in one row; each alone beside rows that lack it
		await sameAsJson([base(), { ...all, event_id: randomUUID() }, base()]);
		for (const { name } of columns.slice(6)) assert.equal(encode([base(), { ...base(), [name]: all[name] }]).code, 0, name);
		await sameAsJson(columns.map(({ name }) => ({ ...base(), [name]: all[name], event_id: randomUUID() })));
	});

	it('texts: escapes, other scripts, none at all, long ones, objects as they stand', async () => {
		const texts = ['', ' ', 'a"b', 'a\\b', 'tab\tline\nreturn\r', '\u0001\u001f', 'Grüße, 東京, 🙂', '\u2028', '\\u0041', '"', '\\', 'x'.repeat(127),
			'x'.repeat(128), 'é'.repeat(9000), '{"a":1}', '}', ',"b":', '\u0000 after NUL'];
		const rows = texts.flatMap((text) => [base({ event_name: text, trace_id: text, error_message: text }), base({ input_values: { [text]: text, deep: [[{ a: '}' }]] } })]);
		rows.push(JSON.stringify(base({ locale: 'LOCALE' })).replace('LOCALE', '\\u00e9\\/\\ud83d\\ude00\\b\\f'));
		rows.push(base({ metadata: { response_size: 12, content_types: ['text', 'image'], zero_result: true, tools_listed: ['a', 'b'] } }));
		rows.push(base({ input_keys: { b: true, a: true }, intent_signals: { intent: 'find "it"', source: 'x' }, input_types: {}, user_traits: { plan: 'é' } }));
		await sameAsJson(rows);
	});

	it('numbers', async () => {
		const latencies = ['0', '0.5', '20.0', '123456789012345', '999999999999.5', '1e3', '1.5e-7', '0.1', '0.30000000000000004', '12.345678901234567'];
		const rows = latencies.map((text) => JSON.stringify(base({ latency_ms: 'N' })).replace('"N"', text));
		for (const money of ['0', '1', '19.99', '0.0001', '99999999999999', '9999999999.9999']) rows.push(JSON.stringify(base({ conversion_value: 'N' })).replace('"N"', money));
		for (const n of [0, 1, 65535]) rows.push(base({ viewport_width: n, tokens_in: n, is_retry: n & 1, device_touch: n & 1 }));
		rows.push(base({ tokens_out: 4294967295, device_pixel_ratio: 2.625 }));
		for (const time of ['1970-01-01 00:00:00.000', '2000-02-29 23:59:59.999', '2100-03-01 00:00:00.000', '2024-12-31 23:59:59.001']) rows.push(base({ timestamp: time }));
		await sameAsJson(rows);
	});

	it('many distinct texts in one column', async () => {
		const rows = Array.from({ length: 70_000 }, (_, i) => base({ event_name: `name ${i}`, platform: `p${i % 300}` }));
		const { block } = encode(rows);
		await store.run('TRUNCATE TABLE events');
		await insert('Native', block);
		assert.equal(await number("SELECT count() FROM (SELECT event_name, platform FROM events WHERE platform = 'p' || (toUInt32(substring(event_name, 6)) % 300)::String)"), rows.length);
		assert.equal(await number('SELECT uniqExact(event_name) FROM events'), rows.length);
	});

	it('leaves to JSON what ingest does not write', () => {
		const good = JSON.stringify(base());
		const bad = ['', '{}', '[]', good.slice(0, -1), `${good}x`, good.replace(':', ' :'), `{ ${good.slice(1)}`, good.replace('}', ',"nope":1}'), good.replace('}', ',"nav_to":null}'),
			good.replace('}', ',"source":"a","source":"b"}'), good.replace('}', ',"latency_ms":-1}'), good.replace('}', ',"latency_ms":"1"}'), good.replace('}', ',"latency_ms":nan}'),
			good.replace('}', ',"latency_ms":0x10}'), good.replace('}', ',"tokens_in":4294967296}'), good.replace('}', ',"tokens_in":1.5}'), good.replace('}', ',"tokens_in":}'),
			good.replace('}', ',"is_retry":true}'), good.replace('}', ',"conversion_value":0.00001}'), good.replace('}', ',"source":{"a":1}}'), good.replace('}', ',"metadata":{"a":"}'),
			good.replace('}', ',"source":"\\x"}'), good.replace('}', ',"source":"\\u12"}'), good.replace('}', ',"source":"\\'), good.replace('2026-11-20', '2026-13-20'),
			good.replace('2026-11-20 ', '2026-11-20T'), good.replace('2026-11-20 23', '1969-12-31 23'), good.replace(/"event_id":"./, '"event_id":"x')];
		assert.equal(encode([good]).code, 0);
		for (const row of bad) assert.equal(encode([good, row, good]).code, LEFT_TO_JSON, row);
		assert.equal(encode([]).code, LEFT_TO_JSON);
	});

	it('both forms of an insert are one insert, in one day or in several', async () => {
		await store.run('TRUNCATE TABLE events');
		const rows = Array.from({ length: 500 }, (_, i) => base({ timestamp: `2026-${String(1 + (i % 5)).padStart(2, '0')}-03 00:00:00.000` }));
		const { block } = encode(rows);
		for (const [n, order] of [['Native', 'JSONEachRow'], ['JSONEachRow', 'Native'], ['Native', 'Native']].entries()) {
			for (const format of order) await insert(format, format === 'Native' ? block : lines(rows), `token ${n}`);
			assert.equal(await number('SELECT count() FROM events'), rows.length * (n + 1));
		}
		assert.equal(await number('SELECT count() FROM events FINAL'), rows.length);
	});

	// Several parts of one insert would each have a token of their own, and the two forms might be cut at other rows.
	it('the largest insert is one part in both forms', async () => {
		const rows = Array.from({ length: 100_000 }, () => base());
		for (const [format, body] of [['JSONEachRow', lines(rows)], ['Native', encode(rows).block]]) {
			await store.run('TRUNCATE TABLE events');
			await insert(format, body);
			assert.equal(await number("SELECT max(rows) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'"), rows.length, format);
		}
	});

	it('copies inside an insert and across inserts are one event, whatever has been merged', async () => {
		await store.run('TRUNCATE TABLE events');
		const ids = Array.from({ length: 3000 }, () => randomUUID());
		const check = async (known, when) => {
			for (const settings of [{}, { do_not_merge_across_partitions_select_final: 1 }, { max_threads: 1 }, { use_skip_indexes_if_final: 1 }]) {
				assert.equal(await number('SELECT count() FROM events FINAL', settings), known, when);
				assert.equal(await number("SELECT sum(latency_ms) FROM events FINAL WHERE event_name = 'storm'", settings), known, when);
				assert.equal(await number("SELECT count() FROM (SELECT event_id FROM events FINAL WHERE event_type = 'tool_call' GROUP BY event_id HAVING count() > 1)", settings), 0, when);
			}
		};
		for (let round = 0; round < 8; round++) {
			// the same few thousand events, each several times in one insert: more than a granule of copies
			const known = 500 * (round < 6 ? round + 1 : 6);
			const rows = Array.from({ length: 12_000 }, (_, i) => {
				const n = (i * 7919 + round) % known;
				return base({ event_id: ids[n], event_name: 'storm', latency_ms: 1, timestamp: `2026-${String(1 + (n % 3)).padStart(2, '0')}-01 00:00:00.00${n % 10}`,
					ingested_at: `2026-11-21 12:00:${String(i % 60).padStart(2, '0')}.000` });
			});
			await insert('Native', encode(rows).block);
			await check(known, `round ${round}`);
			if (round % 3 === 2) {
				await store.run('OPTIMIZE TABLE events FINAL');
				await check(known, `merged after round ${round}`);
				assert.equal(await number('SELECT count() FROM events'), known);
			}
		}
	});

	it('a block is taken beside its statement only, and from ingest only into its tables', async () => {
		const { block } = encode([base()]);
		const reply = (text, options) => store.request(text, { user: 'yavio_ingest', ...options });
		assert.equal((await reply('INSERT INTO events FORMAT Native', { rows: block, settings: INSERT })).status, 200);
		for (const text of ['INSERT INTO events FORMAT Native ', 'INSERT INTO events FORMAT native', 'INSERT INTO schema_migrations FORMAT Native', 'INSERT INTO events FORMAT RowBinary'])
			assert.equal((await reply(text, { rows: block })).status, 403, text);
		assert.equal((await reply('INSERT INTO events FORMAT Native\n1234')).status, 403);
	});
});
