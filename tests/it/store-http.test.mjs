// SPDX-License-Identifier: MIT
// yavio-store as an HTTP server and as a process: logins, both listeners, broken requests, start and stop.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { runStore, startStore, USERS } from '../support/store.mjs';

const curl = promisify(execFile).bind(null, 'curl');
const secrets = () => Object.fromEntries(Object.values(USERS).map((name, i) => [name, `${i}`.repeat(8) + 'a9c1e2f3b4d5a6978812']));

describe('HTTP', () => {
	let store;
	before(async () => {
		store = await startStore();
	});
	after(() => store?.stop());

	it('answers /ping and an empty GET without a login', async () => {
		for (const path of ['/ping', '/']) {
			const reply = await store.request('', { user: null, path, method: path === '/' ? 'POST' : 'GET' });
			if (path === '/ping') assert.deepEqual([reply.status, reply.text], [200, 'Ok.\n']);
		}
		const { stdout } = await curl(['-sS', `${store.url}/`]);
		assert.equal(stdout, 'Ok.\n');
		assert.equal((await store.request('', { user: null, path: '/nosuch', method: 'GET' })).status, 404);
		assert.equal((await store.request('SELECT 1', { method: 'PUT' })).status, 405);
	});

	it('takes curl with Basic auth on TCP and on the unix socket', async () => {
		const login = ['-sS', '-u', `default:${store.passwords.default}`];
		const tcp = await curl([...login, '--data-binary', 'SELECT 1 + 1 FORMAT CSV', `${store.url}/`]);
		assert.equal(tcp.stdout, '2\n');
		const unix = await curl([...login, '--unix-socket', store.socket, 'http://store/?query=SELECT%2042']);
		assert.equal(unix.stdout, '42\n');
		assert.equal(statSync(store.socket).mode & 0o777, 0o660);
	});

	it('answers the way Grafana asks: GET, Basic auth, FORMAT JSON, a time series', async () => {
		const sql = `SELECT toUnixTimestamp(toStartOfMinute(toDateTime(number * 30))) * 1000 AS t, count() AS n
			FROM numbers(10) GROUP BY t ORDER BY t FORMAT JSON`;
		const login = Buffer.from(`default:${store.passwords.default}`).toString('base64');
		const reply = await store.request(sql, { method: 'GET', user: null, headers: { Authorization: `Basic ${login}` },
			settings: { database: 'yavio', add_http_cors_header: '1', max_execution_time: '10' } });
		const { meta, data, rows, statistics } = JSON.parse(reply.text);
		assert.deepEqual(meta.map((m) => m.name), ['t', 'n']);
		assert.equal(rows, 5);
		assert.deepEqual(data.map((d) => Number(d.n)), [2, 2, 2, 2, 2]);
		assert.equal(statistics.rows_read, 10);
	});

	it('takes the login from headers and from parameters', async () => {
		assert.equal(await store.run('SELECT 1'), '1\n');
		const params = { user: 'default', password: store.passwords.default };
		const reply = await store.request('SELECT 1', { user: null, settings: params });
		assert.equal(reply.text, '1\n');
	});

	it('refuses unknown users, wrong passwords and none', async () => {
		const tries = [{ user: 'nobody', password: store.passwords.default }, { password: 'x' }, { password: '' }, { user: null },
			{ user: 'yavio_ingest', password: store.passwords.default }, { user: 'x'.repeat(500), password: 'y'.repeat(5000) },
			{ user: null, headers: { Authorization: 'Basic !!!' } }, { user: null, headers: { Authorization: 'Basic ' } }];
		for (const login of tries) {
			const reply = await store.request('SELECT 1', login);
			assert.equal(reply.status, 403, JSON.stringify(login));
			assert.equal(reply.headers['x-clickhouse-exception-code'], '516');
			assert.match(reply.text, /YAVIO-5010.*AUTHENTICATION_FAILED/);
		}
	});

	it('gives the headers of ClickHouse', async () => {
		const { headers } = await store.request('SELECT number FROM numbers(3) FORMAT JSONEachRow', { settings: { query_id: 'abc-1' } });
		assert.equal(headers['x-clickhouse-query-id'], 'abc-1');
		assert.equal(headers['x-clickhouse-format'], 'JSONEachRow');
		assert.match(headers['content-type'], /x-ndjson/);
		assert.equal(headers['x-clickhouse-server-display-name'], 'yavio-store');
		assert.ok(headers['x-clickhouse-timezone']);
		assert.equal(JSON.parse(headers['x-clickhouse-summary']).result_rows, '3');
	});

	it('honours default_format, FORMAT, database, param_ and settings', async () => {
		const csv = { settings: { default_format: 'CSV' } };
		assert.equal(await store.run("SELECT 'a', 1", csv), '"a",1\n');
		assert.equal(await store.run("SELECT 'a', 1 FORMAT TSV", csv), 'a\t1\n');
		assert.equal(await store.run('SELECT currentDatabase()'), 'yavio\n');
		assert.equal(await store.run('SELECT currentDatabase()', { settings: { database: 'system' } }), 'system\n');
		assert.equal(await store.run('SELECT {x:UInt8} + 1', { params: { x: '41' } }), '42\n');
		assert.equal(await store.run("SELECT getSetting('max_threads')", { settings: { max_threads: '1' } }), '1\n');
		assert.equal((await store.request('SELECT 1', { settings: { nosuchsetting: '1' } })).status, 404);
		assert.equal((await store.request('SELECT 1', { settings: { database: 'nosuch' } })).status, 404);
		assert.equal((await store.request('SELECT 1', { settings: { default_format: 'Nosuch' } })).status, 404);
	});

	it('gives totals and extremes, which the engine cannot stream', async () => {
		const sql = 'SELECT number % 2 AS k, count() AS n FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k FORMAT JSON';
		const answer = JSON.parse(await store.run(sql));
		assert.deepEqual([Number(answer.totals.n), answer.data.length], [10, 2]);
		const extremes = JSON.parse(await store.run('SELECT number FROM numbers(10) SETTINGS extremes = 1 FORMAT JSON'));
		assert.equal(Number(extremes.extremes.max.number), 9);
	});

	it('gives valid results of every shape, streamed or whole', async () => {
		for (const wait_end_of_query of ['0', '1']) {
			for (const n of [0, 1, 200_000]) {
				const sql = `SELECT number AS n FROM numbers(${n}) FORMAT `;
				const settings = { wait_end_of_query };
				assert.equal(JSON.parse(await store.run(`${sql}JSON`, { settings })).data.length, n);
				assert.equal(JSON.parse(await store.run(`${sql}JSONCompact`, { settings })).rows, n);
				assert.equal((await store.run(`${sql}CSVWithNames`, { settings })).split('\n').length, n + 2);
				assert.equal((await store.run(`${sql}TSVWithNamesAndTypes`, { settings })).split('\n').length, n + 3);
				assert.equal((await store.run(`${sql}JSONCompactEachRowWithNames`, { settings })).split('\n').length, n + 2);
				const odd = `SELECT number AS "a\nb""c" FROM numbers(${n}) FORMAT CSVWithNames`;
				assert.equal((await store.run(odd, { settings })).split('\n').length, n + 3);
				const native = await store.request(`${sql}RowBinary`, { settings });
				assert.equal(native.body.length, n * 8);
				assert.equal(await store.run(`${sql}Null`, { settings }), '');
			}
		}
	});

	it('runs SHOW, DESCRIBE, EXPLAIN and DDL of the admin user', async () => {
		assert.match(await store.run('SHOW DATABASES'), /yavio/);
		await store.run('CREATE TABLE d (a UInt8) ENGINE = MergeTree ORDER BY a');
		assert.match(await store.run('DESCRIBE TABLE d'), /UInt8/);
		assert.match(await store.run('EXPLAIN SELECT a FROM d'), /Read/);
		await store.run('INSERT INTO d VALUES (1), (2)');
		await store.run('INSERT INTO d SELECT number FROM numbers(3, 5)');
		await store.run('INSERT INTO d (a) FORMAT CSV\n9\n10\n');
		await store.run('INSERT INTO d FORMAT RowBinary', { rows: Buffer.from([11, 12]) });
		await store.run('INSERT INTO d SETTINGS max_threads = 1 FORMAT JSONEachRow {"a":13}');
		await store.run('INSERT INTO d FORMAT JSONEachRow', { rows: '' });
		assert.equal(await store.run('SELECT count(), max(a) FROM d'), '12\t13\n');
		await store.run('DROP TABLE d');
	});

	it('makes GET read-only for everybody', async () => {
		assert.equal(await store.run('SELECT 1', { method: 'GET' }), '1\n');
		const reply = await store.request('CREATE TABLE g (a UInt8) ENGINE = MergeTree ORDER BY a', { method: 'GET' });
		assert.equal(reply.headers['x-clickhouse-exception-code'], '164');
	});

	it('refuses sessions, native compression, unknown encodings, several statements, no statement', async () => {
		assert.equal((await store.request('SELECT 1', { settings: { session_id: 'x' } })).status, 403);
		assert.equal((await store.request('SELECT 1', { settings: { compress: '1' } })).status, 403);
		assert.equal((await store.request('SELECT 1', { headers: { 'Content-Encoding': 'br' } })).status, 501);
		const several = await store.request('SELECT 1; SELECT 2');
		assert.deepEqual([several.status, several.headers['x-clickhouse-exception-code']], [400, '62']);
		assert.equal((await store.request('SELECT 1;')).status, 200);
		assert.equal((await store.request(' -- nothing\n')).status, 400);
	});

	it('takes and gives gzip, and refuses what only pretends', async () => {
		const packed = (body) => store.request(body, { headers: { 'Content-Encoding': 'gzip' } });
		assert.equal((await packed(gzipSync('SELECT 7'))).text, '7\n');
		const sql = gzipSync('SELECT 7');
		for (const bad of ['SELECT 1', sql.subarray(0, -4), Buffer.concat([sql.subarray(0, 12), Buffer.alloc(20, 255)]), ''])
			assert.equal((await packed(bad)).status, 400);
		const bomb = await packed(gzipSync(Buffer.alloc(100 * 1024 * 1024, 32)));
		assert.equal(bomb.status, 413);
		const reply = await store.request('SELECT number FROM numbers(100000)',
			{ settings: { enable_http_compression: '1' }, headers: { 'Accept-Encoding': 'deflate, gzip' } });
		assert.equal(reply.headers['content-encoding'], 'gzip');
		assert.equal(gunzipSync(reply.body).toString().split('\n').length, 100_001);
		const plain = await store.request('SELECT 1', { headers: { 'Accept-Encoding': 'gzip' } });
		assert.equal(plain.headers['content-encoding'], undefined);
	});

	it('bounds texts, parameters and headers', async () => {
		assert.equal((await store.request(`SELECT '${'x'.repeat(2_000_000)}'`)).status, 413);
		assert.equal((await store.request('SELECT 1', { params: { x: 'y'.repeat(70_000) } })).status, 403);
		assert.equal((await store.request('SELECT 1', { params: { "x' = 1, readonly": '0' } })).status, 403);
		const long = await store.request('SELECT 1', { params: { x: 'y'.repeat(500_000) } });
		assert.ok([413, 414, 431].includes(long.status), String(long.status));
		assert.equal(await store.run('SELECT 1'), '1\n');
	});

	it('survives clients that send garbage or leave in the middle', async () => {
		const sends = ['\0\0\0\n\n', 'GET / HTTP/9.9\r\n\r\n', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc',
			'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'GET /?query=%zz%00 HTTP/1.1\r\nHost: x\r\n\r\n'];
		for (const text of sends) {
			const socket = connect(store.port, '127.0.0.1');
			socket.on('error', () => {});
			await once(socket, 'connect');
			socket.end(text);
			socket.resume();
			await once(socket, 'close');
		}
		for (let i = 0; i < 20; i++) {
			const signal = AbortSignal.timeout(5 + i);
			await store.request('SELECT number FROM numbers(100000000)', { signal }).catch(() => {});
		}
		assert.equal(await store.run('SELECT 1'), '1\n');
	});

	it('cuts the connection when a query fails after its first bytes', async () => {
		const sql = 'SELECT throwIf(number = 900000) AS x FROM numbers(1000000) SETTINGS max_block_size = 1000';
		await assert.rejects(store.request(sql), /aborted|hang up|ECONNRESET/i);
		const whole = await store.request(sql, { settings: { wait_end_of_query: '1' } });
		assert.equal(whole.headers['x-clickhouse-exception-code'], '395');
	});
});

describe('process', () => {
	it('prints its version and checks its settings without starting', async () => {
		assert.match((await runStore(['--version'])).stdout, /^yavio-store \d/);
		assert.equal((await runStore(['--check-config'], { YAVIO_HOME: '/nonexistent', ...secrets() })).code, 0);
		const missing = await runStore(['--check-config'], { ...secrets(), CLICKHOUSE_ERASER_PASSWORD: '' });
		assert.equal(missing.code, 78);
		assert.match(missing.stderr, /YAVIO-7200 CLICKHOUSE_ERASER_PASSWORD/);
		const pools = await runStore(['--check-config'], { ...secrets(), YAVIO_STORE_CONNECTIONS: '0:1' });
		assert.match(pools.stderr, /YAVIO-7201 YAVIO_STORE_CONNECTIONS/);
	});

	it('answers wrong arguments with its usage and 2', async () => {
		for (const args of [['--nosuch'], ['x'], ['--version', '--version']]) {
			const { code, stderr } = await runStore(args);
			assert.equal(code, 2);
			assert.match(stderr, /^usage: yavio-store/);
		}
	});

	it('refuses to run as root', { skip: process.getuid() !== 0 && 'not root' }, async () => {
		const { code, stderr } = await runStore([], { YAVIO_HOME: '/tmp', ...secrets() });
		assert.equal(code, 78);
		assert.match(stderr, /YAVIO-7211/);
	});

	it('lets no second process into its directory', async () => {
		const store = await startStore();
		const held = { ...store.env, YAVIO_HOME: store.home, CLICKHOUSE_HTTP_PORT: '0' };
		const as = process.getuid() === 0 ? ['setpriv', '--reuid=yavio', '--regid=yavio', '--clear-groups'] : ['env'];
		assert.throws(() => execFileSync(as[0], [...as.slice(1), store.program], { env: held, stdio: 'pipe' }), (err) => {
			assert.match(err.stderr.toString(), /YAVIO-5009/);
			return true;
		});
		assert.equal(await store.run('SELECT 1'), '1\n');
		await store.stop();
	});

	it('names a port that is taken', async () => {
		const taken = createServer();
		taken.listen(0, '127.0.0.1');
		await once(taken, 'listening');
		const port = taken.address().port;
		await assert.rejects(startStore({ env: { CLICKHOUSE_HTTP_PORT: String(port) } }), (err) => {
			assert.match(err.message, /YAVIO-6306/);
			assert.ok(err.message.includes(String(port)));
			return true;
		});
		taken.close();
	});

	it('says why it cannot use its data directory', async () => {
		const prepare = (home) => writeFileSync(`${home}/clickhouse`, 'in the way');
		await assert.rejects(startStore({ prepare }), (err) => {
			assert.match(err.message, /YAVIO-5008/);
			assert.match(err.message, /Not a directory/);
			return true;
		});
	});

	it('stops cleanly: finishes what runs, refuses what comes, exits 0, removes its marks', async () => {
		const store = await startStore();
		const running = store.run('SELECT sum(sleepEachRow(0.1)) FROM numbers(10) SETTINGS max_block_size = 1');
		await new Promise((done) => setTimeout(done, 300));
		const ended = store.signal('SIGTERM');
		assert.equal(await running, '0\n');
		assert.deepEqual(await ended, { code: 0, signal: null });
		assert.equal(existsSync(`${store.home}/run/store.ready`), false);
		assert.equal(existsSync(`${store.home}/run/store.sock`), false);
		await store.start();
		assert.equal(await store.run('SELECT 1'), '1\n');
		assert.equal((await store.stop()).code, 0);
	});

	it('keeps secrets out of its log and its process list entry', async () => {
		const store = await startStore({ env: { LOG_LEVEL: 'trace' } });
		await store.request('SELECT 1', { user: null, settings: { user: 'default', password: store.passwords.default } });
		await store.request('SELECT 1', { password: 'guessed-password' });
		await store.request('SELECT secret_column_value');
		const argv = readFileSync(`/proc/${store.pid}/cmdline`, 'utf8');
		await store.stop();
		for (const secret of [...Object.values(store.passwords), 'guessed-password', 'secret_column_value'])
			assert.ok(!store.log.includes(secret) && !argv.includes(secret));
	});
});
