// SPDX-License-Identifier: MIT
// lib/ch against a real store: migrations, inserts with a token, selects, their errors, erasure.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { ch, tenants } from '../support/isolation.mjs';
import { freePort } from '../support/port.mjs';
import { ROOT } from '../support/process.mjs';
import { startStore } from '../support/store.mjs';

const MIGRATIONS = ['0001_events', '0002_tool_registry', '0003_compact_parts', '0004_column_merges', '0005_days', '0006_visits', '0007_codecs'];

describe('lib/ch', () => {
	let store;
	const { mine, other } = tenants();
	const admin = (...args) => ch(store, 'default', args);
	const select = (cls, sql, ...params) => ch(store, 'yavio_dashboard', ['select', cls, mine.workspace, mine.project, 'TSV', sql, ...params]);
	const row = (t, n, more = {}) => JSON.stringify({ workspace_id: t.workspace, project_id: t.project, event_type: 'tool_call', event_name: 'search',
		timestamp: '2026-01-02 03:04:05.678', ingested_at: '2026-01-02 03:04:06.000', event_id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, ...more });
	const insert = (token, lines, table = 'events') => ch(store, 'yavio_ingest', ['insert', table, token], { input: lines.join('\n') });

	before(async () => {
		store = await startStore();
		assert.equal((await admin('ping')).err, 0);
		assert.equal((await admin('version')).body, '0\n');
		const done = await admin('migrate');
		assert.equal(done.err, 0, done.text);
		assert.equal(done.body, MIGRATIONS.map((m) => `applied ${m}\n`).join(''));
	});
	after(() => store?.stop());

	it('migrates once, tells what is there, and makes the tables as documented', async () => {
		assert.equal((await admin('migrate')).body, MIGRATIONS.map((m) => `present ${m}\n`).join(''));
		assert.equal((await admin('version')).body, `${MIGRATIONS.length}\n`);
		const create = await store.run('SHOW CREATE TABLE events FORMAT TSVRaw');
		for (const piece of ['ENGINE = ReplacingMergeTree(ingested_at)', 'PARTITION BY toYYYYMMDD(timestamp)', 'ORDER BY (workspace_id, project_id, event_type, timestamp, event_id)',
			'fsync_after_insert = 1', 'non_replicated_deduplication_window = 10000', 'merge_with_ttl_timeout = 86400', 'min_bytes_for_wide_part = 33554432', '`event_id` UUID CODEC(NONE)'])
			assert.ok(create.includes(piece), piece);
		assert.equal(await store.run("SELECT count() FROM system.columns WHERE database = 'yavio' AND table = 'events'"), '59\n');
	});

	it('refuses a changed file, a gap and a newer schema', async () => {
		const migrate = (database) => ch(store, 'default', ['migrate'], { database });
		for (const [database, change, err] of [
			['changed', "INSERT INTO changed.schema_migrations (version, name, checksum, applied_at) SELECT 1, '0001_events', repeat('0', 64), now64(3) + 60", 5007],
			['gap', 'ALTER TABLE gap.schema_migrations DELETE WHERE version = 1 SETTINGS mutations_sync = 2', 5007],
			['newer', `INSERT INTO newer.schema_migrations (version, name, checksum) SELECT ${MIGRATIONS.length + 1}, '9999_later', repeat('0', 64)`, 5019]]) {
			assert.equal((await migrate(database)).err, 0);
			await store.run(change);
			assert.equal((await migrate(database)).err, err, database);
		}
	});

	it('goes on where a migration was cut off', async () => {
		await ch(store, 'default', ['migrate'], { database: 'cut' });
		await store.run('ALTER TABLE cut.schema_migrations DELETE WHERE version > 1 SETTINGS mutations_sync = 2');
		assert.equal((await ch(store, 'default', ['migrate'], { database: 'cut' })).body, MIGRATIONS.map((m, i) => `${i ? 'applied' : 'present'} ${m}\n`).join(''));
		assert.equal((await ch(store, 'default', ['migrate'], { database: 'no such' })).err, 5007);
	});

	it('stores a range once however often it is sent', async () => {
		const lines = Array.from({ length: 100 }, (_, i) => row(mine, i));
		const first = await insert('spool:0-100:aa', lines);
		assert.deepEqual([first.err, first.status, first.fault], [0, 200, 'none']);
		assert.equal((await insert('spool:0-100:aa', lines)).err, 0);
		assert.equal((await insert('spool:0-100:bb', [row(other, 1)])).err, 0);
		assert.equal(await store.run(`SELECT count() FROM events WHERE project_id = '${mine.project}'`), '100\n');
	});

	it('tells a row that cannot be stored from a store that cannot', async () => {
		const cases = [[[row(mine, 900), row(mine, 901, { timestamp: 'yesterday' })], 'data'], [[row(mine, 902, { event_id: 'x' })], 'data'], [['{"nonsense'], 'data'],
			[[row(mine, 903, { conversion_value: '99999999999999999999' })], 'data']];
		for (const [lines, fault] of cases) {
			const got = await insert(`bad-${lines[0].length}`, lines);
			assert.equal(got.fault, fault, JSON.stringify(got));
			assert.ok([5002, 5003].includes(got.err), JSON.stringify(got));
		}
		assert.equal(await store.run("SELECT count() FROM events WHERE event_id >= toUUID('00000000-0000-4000-8000-000000000900')"), '0\n');
		const stranger = await ch(store, 'yavio_ingest', ['insert', 'events', 't'], { input: row(mine, 1), database: 'nowhere' });
		assert.deepEqual([stranger.fault, stranger.status], ['config', 403]);
		const locked = await ch({ ...store, url: store.url, socket: store.socket, passwords: { yavio_ingest: 'wrong' } }, 'yavio_ingest', ['insert', 'events', 't'], { input: row(mine, 1) });
		assert.deepEqual([locked.err, locked.fault], [5010, 'config']);
		const away = await ch(store, 'yavio_ingest', ['insert', 'events', 't'], { input: row(mine, 1), url: `http://127.0.0.1:${await freePort()}` });
		assert.deepEqual([away.err, away.fault, away.status], [5000, 'transient', 0]);
		assert.notEqual((await insert('t', [row(mine, 1)], 'schema_migrations')).err, 0);
	});

	it('selects within the tenant, with parameters of any text', async () => {
		assert.equal((await select('dashboard', 'SELECT count() FROM events FINAL')).body, '100\n');
		const odd = "a\\'b\tc\nd\r`\"{x:String} \u00e9\u2603";
		const got = await select('dashboard', 'SELECT hex({v:String})', `v=${odd}`);
		assert.equal(got.body.trim(), Buffer.from(odd).toString('hex').toUpperCase());
		assert.equal((await select('live', 'SELECT arrayStringConcat({l:Array(String)}, \'|\')', "l:=['a','b\\'c']")).body, "a|b\\'c\n");
		assert.equal((await select('dashboard', 'SELECT {t:DateTime64(3, \'UTC\')}', 't=2026-01-02 03:04:05.678')).body, '2026-01-02T03:04:05.678Z\n');
		assert.equal((await select('dashboard', 'SELECT 1', 'bad-name=1')).err, 5999);
		const noTenant = await ch(store, 'yavio_dashboard', ['select', 'dashboard', 'x', mine.project, 'TSV', 'SELECT 1']);
		assert.deepEqual([noTenant.err, noTenant.status], [5999, 0]);
	});

	it('maps what goes wrong to what the dashboard answers', async () => {
		const cases = [
			['live', 'SELECT number FROM numbers(20000)', 3407, 5016], ['free', 'SELECT count() FROM numbers(100000000)', 3407, 5016], ['free', 'SELECT hostName()', 3407, 5012],
			['free', 'SELECT 1; SELECT 2', 3407, 5012], ['free', 'SELEC', 3407, 5012], ['free', 'SELECT nonsense FROM events', 3407, 5999],
			['live', "SELECT arrayMap(x -> repeat('x', 1000), range(1000000))", 3407, 5014], ['live', 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(rand())', 5012, 5012],
			['live', 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)', 3405, 5001]];
		for (const [cls, sql, err, cause] of cases) {
			const got = await select(cls, sql);
			assert.deepEqual([got.err, got.cause], [err, cause], `${sql}: ${JSON.stringify(got)}`);
			assert.equal(got.body, '', sql);
		}
		const away = await ch(store, 'yavio_dashboard', ['select', 'dashboard', mine.workspace, mine.project, 'TSV', 'SELECT 1'], { url: `http://127.0.0.1:${await freePort()}` });
		assert.deepEqual([away.err, away.cause], [3406, 5000]);
	});

	it('erases one end user, then the project, and nothing else', async () => {
		const erase = (...args) => ch(store, 'yavio_eraser', ['erase', ...args]);
		await insert('erase', [row(mine, 300, { user_id: 'ann', session_id: 's1' }), row(mine, 301, { session_id: 's1' }), row(mine, 302, { user_id: 'bob', session_id: 's1' }),
			row(mine, 303, { session_id: "s'2" }), row(other, 304, { user_id: 'ann', session_id: 's1' })]);
		const count = (t, where, table = 'events') => store.run(`SELECT count() FROM ${table} WHERE project_id = '${t.project}' AND ${where}`);
		assert.equal((await erase(mine.workspace, mine.project, 'ann', "['s1','s\\'2']")).err, 0);
		assert.equal(await count(mine, "user_id = 'ann' OR session_id = 's\\'2' OR (session_id = 's1' AND user_id = '')", 'visits'), '0\n');
		assert.equal(await count(mine, "user_id = 'bob'", 'visits'), '1\n');
		assert.equal(await count(mine, "user_id = 'ann' OR session_id = 's\\'2' OR (session_id = 's1' AND user_id = '')"), '0\n');
		assert.equal(await count(mine, "user_id = 'bob'"), '1\n');
		assert.equal(await count(other, "user_id = 'ann'"), '1\n');
		assert.equal((await erase(mine.workspace, mine.project)).err, 0);
		assert.equal(await count(mine, '1'), '0\n');
		assert.equal(await count(mine, '1', 'visits'), '0\n');
		assert.equal(await count(other, '1'), '2\n');
		assert.notEqual((await erase(mine.workspace, 'x')).err, 0);
	});

	it('writes users, grants and policies that a server can parse, for one server and a cluster', async () => {
		// libchdb cannot run them; its parser reads them, rendered as lib/ch renders them.
		const text = readFileSync(`${ROOT}/clickhouse/users.sql`, 'utf8').replace(/^--.*\n/gm, '');
		for (const cluster of ['', "ON CLUSTER 'c'"])
			for (const raw of text.split(/;\s*\n/).filter((s) => s.trim())) {
				const sql = raw.replaceAll('{{on_cluster}}', cluster).replaceAll('{{db}}', 'yavio').replace(/\{\{both:(\w+)\}\}/g, '$1')
					.replaceAll('{{readers}}', 'yavio_dashboard, yavio_intelligence').replaceAll('{{secret:host}}', 'ANY').replace(/\{\{secret:\w+\}\}/g, 'ab'.repeat(32));
				assert.ok(!sql.includes('{{'), sql);
				assert.ok((await store.run('SELECT formatQuery({q:String}) FORMAT TSVRaw', { params: { q: sql.replaceAll('\n', ' ') } })).length > 10, sql);
			}
		const open = await admin('users', '', 'x', 'y');
		assert.equal(open.err, 5022);
	});
});
