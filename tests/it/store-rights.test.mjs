// SPDX-License-Identifier: MIT
// What each user of yavio-store may do, and that everything else is refused.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventRows, insertEvents, insertSettings, newTenant, TABLES } from '../support/store-tables.mjs';
import { startStore } from '../support/store.mjs';

const ERASE = (table) => `ALTER TABLE ${table} DELETE WHERE workspace_id = {w:String} AND project_id = {p:String}`
	+ ' SETTINGS mutations_sync = 2';

describe('users', () => {
	let store;
	const [mine, other] = [newTenant(), newTenant()];

	before(async () => {
		store = await startStore({ statements: TABLES });
		assert.equal((await insertEvents(store, mine, 'mine', 0, 100)).status, 200);
		assert.equal((await insertEvents(store, other, 'other', 100, 50)).status, 200);
	});
	after(() => store?.stop());

	const denied = (reply, code = 'YAVIO-5012') => {
		assert.equal(reply.status, 403, reply.text);
		assert.ok(reply.text.includes(code), reply.text);
		assert.equal(reply.headers['x-clickhouse-exception-code'], '497');
	};
	const ddl = ['CREATE TABLE x (a UInt8) ENGINE = Memory', 'DROP TABLE events', 'TRUNCATE TABLE events', 'CREATE DATABASE x',
		'ALTER TABLE events ADD COLUMN x UInt8', 'RENAME TABLE events TO e', 'SYSTEM FLUSH LOGS', 'OPTIMIZE TABLE events FINAL',
		'ATTACH TABLE x', 'DETACH TABLE events', 'CREATE VIEW v AS SELECT * FROM events', 'CREATE FUNCTION f AS x -> x',
		'KILL QUERY WHERE 1', "SET readonly = 0", 'USE system', 'BACKUP TABLE events TO Disk(\'d\', \'x\')', 'GRANT ALL ON *.* TO default',
		'EXCHANGE TABLES events AND tool_registry', 'DELETE FROM events WHERE 1', 'ALTER TABLE events DELETE WHERE 1'];
	const reads = ['SELECT 1', 'SELECT * FROM events', 'SHOW TABLES', 'DESCRIBE events', 'EXPLAIN SELECT 1', 'WITH 1 AS x SELECT x',
		'EXISTS events', '(SELECT 1)', 'SHOW CREATE TABLE events'];
	const writes = ["INSERT INTO events (event_name) VALUES ('x')", 'INSERT INTO events SELECT * FROM events',
		'INSERT INTO events FORMAT JSONEachRow {}'];

	it('yavio_ingest inserts JSON lines into the tenant tables and nothing else', async () => {
		const as = { user: 'yavio_ingest' };
		const text = `INSERT INTO events FORMAT JSONEachRow\n${eventRows(mine, 1000, 3)}`;
		assert.equal((await store.request(text, as)).status, 200);
		const tool = JSON.stringify({ workspace_id: mine.workspace, project_id: mine.project, tool_name: 'x', updated_at: '2026-01-01 00:00:00.000' });
		assert.equal((await store.request('INSERT INTO yavio.tool_registry FORMAT JSONEachRow', { ...as, rows: tool })).status, 200);
		const columns = 'INSERT INTO events (workspace_id, project_id, timestamp, event_id) FORMAT JSONEachRow';
		assert.equal((await store.request(columns, { ...as, rows: eventRows(mine, 1100, 1) })).status, 200);
		assert.equal(await store.run(`SELECT count() FROM events WHERE project_id = '${mine.project}'`), '104\n');
		for (const sql of [...ddl, ...reads, ...writes.slice(0, 2), 'INSERT INTO schema_migrations FORMAT JSONEachRow {}',
			'INSERT INTO system.one FORMAT JSONEachRow {}', "INSERT INTO FUNCTION file('/tmp/x', CSV) FORMAT JSONEachRow {}",
			"INSERT INTO events FROM INFILE '/etc/passwd' FORMAT JSONEachRow", 'INSERT INTO events FORMAT CSV\n1',
			'INSERT INTO other.events FORMAT JSONEachRow {}', 'INSERT INTO events SETTINGS readonly = 0 FORMAT JSONEachRow {}'])
			denied(await store.request(sql, as));
		denied(await store.request('INSERT INTO events FORMAT JSONEachRow', { ...as, method: 'GET' }));
		denied(await store.request('INSERT INTO events FORMAT JSONEachRow', { ...as, rows: '{}', settings: { allow_experimental_x: '1' } }));
		denied(await store.request('INSERT INTO events FORMAT JSONEachRow', { ...as, rows: '{}', settings: { database: 'system' } }));
	});

	it('tells yavio_ingest the number of what is wrong with its rows, not the rows', async () => {
		const rows = `${eventRows(mine, 2000, 2)}{"workspace_id":"very-private-text","event_id":"no uuid"}\n`;
		const reply = await store.request('INSERT INTO events FORMAT JSONEachRow', { user: 'yavio_ingest', rows });
		assert.ok(Number(reply.headers['x-clickhouse-exception-code']) > 0);
		assert.ok(!reply.text.includes('very-private-text'));
		assert.equal(await store.run("SELECT count() FROM events WHERE event_name LIKE 'event 200_'"), '0\n');
	});

	it('yavio_dashboard reads its project and nothing else', async () => {
		assert.equal((await store.select(mine, 'SELECT uniq(project_id), min(project_id) FROM events')).text, `1\t${mine.project}\n`);
		assert.equal((await store.select(other, 'SELECT count() FROM events')).text, '50\n');
		assert.equal((await store.select({ workspace: mine.workspace, project: other.project }, 'SELECT count() FROM events')).text, '0\n');
		assert.equal((await store.select(mine, 'SELECT count() FROM (SELECT * FROM events) AS a JOIN yavio.events AS b USING event_id'))
			.text, '104\n');
		assert.equal((await store.select(mine, 'SELECT {x:UInt8} AS x FORMAT JSONEachRow', { params: { x: '7' } })).text, '{"x":7}\n');
		for (const sql of [...ddl, ...writes, 'SHOW TABLES', 'DESCRIBE events', 'SELECT * FROM system.tables', 'EXPLAIN SELECT 1',
			'SELECT 1 SETTINGS max_threads = 1', "SELECT 1 INTO OUTFILE '/tmp/yavio-x'", 'SELECT 1; SELECT 2',
			"SELECT file('/etc/passwd')", "SELECT * FROM file('/etc/passwd', LineAsString)", "SELECT * FROM url('http://127.0.0.1/')",
			"SELECT * FROM remote('127.0.0.1', yavio.events)", "SELECT * FROM merge('yavio', '.*')", 'SELECT 1 FORMAT Parquet; x'])
			denied(await store.select(mine, sql));
	});

	it('yavio_dashboard needs both tenant settings, as UUIDs', async () => {
		const tries = [{}, { SQL_workspace_id: mine.workspace }, { SQL_project_id: mine.project },
			{ SQL_workspace_id: '', SQL_project_id: mine.project }, { SQL_workspace_id: mine.workspace, SQL_project_id: 'x' },
			{ SQL_workspace_id: `${mine.workspace}' OR '1'='1`, SQL_project_id: mine.project },
			{ SQL_workspace_id: mine.workspace, SQL_project_id: `${mine.project}\\` },
			{ SQL_workspace_id: `'${mine.workspace}`, SQL_project_id: mine.project }];
		for (const settings of tries)
			denied(await store.request('SELECT 1', { user: 'yavio_dashboard', settings }), 'YAVIO-5011');
		const quoted = { SQL_workspace_id: `'${mine.workspace}'`, SQL_project_id: `'${mine.project}'` };
		assert.equal((await store.request('SELECT 1', { user: 'yavio_dashboard', settings: quoted })).text, '1\n');
	});

	it('keeps tenants apart on one connection and for one text', async () => {
		const count = async (tenant) => (await store.select(tenant, 'SELECT count() FROM events')).text;
		const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => count(i % 2 ? mine : other)));
		answers.forEach((text, i) => assert.equal(text, i % 2 ? '104\n' : '50\n'));
	});

	it('looks at a text with an identifier parameter every time', async () => {
		const ask = (name) => store.select(mine, 'SELECT count() FROM {t:Identifier}', { params: { t: name } });
		await ask('events');
		for (const name of ['system.tables', 'schema_migrations'])
			assert.notEqual((await ask(name)).status, 200);
		await ask('events');
		assert.notEqual((await ask('one')).text, '1\n');
	});

	it('tells yavio_dashboard number and name of an error, not its text', async () => {
		const reply = await store.select(mine, 'SELECT nosuchcolumn FROM events');
		assert.notEqual(reply.status, 200);
		assert.ok(!reply.text.includes('nosuchcolumn'));
	});

	it('yavio_intelligence reads like the dashboard', async () => {
		const settings = { SQL_workspace_id: other.workspace, SQL_project_id: other.project };
		assert.equal((await store.request('SELECT count() FROM events', { user: 'yavio_intelligence', settings })).text, '50\n');
		denied(await store.request('SELECT 1', { user: 'yavio_intelligence' }), 'YAVIO-5011');
		denied(await store.request('DROP TABLE events', { user: 'yavio_intelligence', settings }));
	});

	it('yavio_eraser deletes a project and does nothing else', async () => {
		const as = { user: 'yavio_eraser', params: { w: other.workspace, p: other.project } };
		for (const sql of [...ddl, ...reads, ...writes, 'ALTER TABLE events DELETE WHERE workspace_id = {w:String}',
			`${ERASE('events')}; DROP TABLE events`, ERASE('schema_migrations'), ERASE('events').replace(' AND ', ' OR ')])
			denied(await store.request(sql, as));
		denied(await store.request(ERASE('events'), { ...as, method: 'GET' }));
		assert.equal(await store.run('SELECT count() FROM events'), '154\n');
		for (const table of ['events', 'tool_registry'])
			assert.equal((await store.request(ERASE(table), as)).status, 200);
		assert.equal((await store.select(other, 'SELECT count() FROM events')).text, '0\n');
		assert.equal((await store.select(mine, 'SELECT count() FROM events')).text, '104\n');
	});

	it('without a password the intelligence user does not exist', async () => {
		const closed = await startStore({ env: { CLICKHOUSE_INTELLIGENCE_PASSWORD: '' } });
		assert.equal((await closed.request('SELECT 1', { user: 'yavio_intelligence', password: '' })).status, 403);
		await closed.stop();
	});

	it('does not store a token twice', async () => {
		const settings = insertSettings('twice');
		for (let i = 0; i < 3; i++)
			assert.equal((await store.request('INSERT INTO events FORMAT JSONEachRow',
				{ user: 'yavio_ingest', settings, rows: eventRows(mine, 5000, 10) })).status, 200);
		assert.equal(await store.run("SELECT count() FROM events WHERE event_name LIKE 'event 50__'"), '10\n');
	});
});
