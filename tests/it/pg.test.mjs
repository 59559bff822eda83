// SPDX-License-Identifier: MIT
// lib/pg and lib/store against a real PostgreSQL: set-up, migrations, connections, transactions, notifications, keys.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Driver } from '../support/pg-driver.mjs';
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.mjs';
import { SUPERUSER, startPostgres } from '../support/postgres.mjs';

// Numbers of the errors that these tests provoke; the driver answers with the bare number.
const number = (code) => Number(code.slice('YAVIO-'.length));
const ERR = {
	refused: number('YAVIO-5200'), failed: number('YAVIO-5201'), rls: number('YAVIO-5204'),
	migration: number('YAVIO-5205'), pool: number('YAVIO-5206'), newer: number('YAVIO-5209'),
	locked: number('YAVIO-5210'), privileged: number('YAVIO-5211'), init: number('YAVIO-5214'),
	timeout: number('YAVIO-5216'), pooler: number('YAVIO-5217'), internal: number('YAVIO-5999'),
	session: number('YAVIO-3000'), invalidKey: number('YAVIO-2001'), expired: number('YAVIO-2002'),
	revoked: number('YAVIO-2003'), away: number('YAVIO-2403'), insecure: number('YAVIO-7302'),
	workspaceSlug: number('YAVIO-3150'), noWorkspace: number('YAVIO-3151'), projectSlug: number('YAVIO-3152'),
	noProject: number('YAVIO-3153'), workspaceName: number('YAVIO-3154'), projectName: number('YAVIO-3155'),
	projectLimit: number('YAVIO-3158'), noKey: number('YAVIO-3250'), keyRevoked: number('YAVIO-3251'),
	keyName: number('YAVIO-3252'), grace: number('YAVIO-3253'), keyLimit: number('YAVIO-3254'),
};
const MIGRATIONS = readdirSync('sql/migrations').filter((f) => f.endsWith('.sql')).sort();
const LOCK = 8386109803225n;

let cluster;
let drivers = [];

const driver = () => {
	const d = new Driver();
	drivers.push(d);
	return d;
};
const connected = (role, options) => driver().start(role, cluster.url(`yavio_${role}`), options);
const as = (role, sql, params) => cluster.query(role, sql, params);
const passwords = () => ['yavio_service', 'yavio_app', 'yavio_ingest'].map((role) => cluster.passwords[role]);
const bootstrap = (d, url = cluster.url(SUPERUSER, 'postgres')) => d.call('bootstrap', url, ...passwords());

before(async () => {
	cluster = await startPostgres({ settings: { max_connections: 40 } });
});

// Every driver must have ended by itself: under the sanitizers an exit status other than 0 is a leak.
afterEach(async () => {
	const ended = drivers;
	drivers = [];
	for (const d of ended) assert.equal(await d.end(), 0, d.log);
});

after(() => cluster?.stop());

async function withMigrations(change, run) {
	const dir = mkdtempSync(join(tmpdir(), 'yavio-mig-'));
	try {
		cpSync('sql/migrations', dir, { recursive: true });
		change(dir);
		return await run(dir);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

const versions = async () =>
	(await as('yavio_service', 'SELECT version FROM yavio.schema_migrations ORDER BY version')).rows.map((r) => r.version);

// --- set-up: in order, on the empty cluster ---

test('bootstrap makes database, roles and passwords, and can be run again', async () => {
	const d = driver();
	for (let run = 0; run < 2; run++) {
		assert.deepEqual(await bootstrap(d), { done: 1, err: 0, why: '', events: [] });
		for (const role of ['yavio_service', 'yavio_app', 'yavio_ingest']) {
			const { rows } = await as(role, 'SELECT current_user AS name, current_setting($1) AS path', ['search_path']);
			assert.deepEqual(rows, [{ name: role, path: 'yavio, pg_catalog' }]);
		}
	}
	const { rows } = await cluster.query(SUPERUSER, "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'yavio%'");
	assert.equal(rows.filter((r) => r.rolpassword.startsWith('SCRAM-SHA-256$')).length, 3);
});

test('two bootstraps at once both end well', async () => {
	const results = await Promise.all([driver(), driver(), driver()].map((d) => bootstrap(d)));
	assert.deepEqual(results.map((r) => r.err), [0, 0, 0]);
});

test('bootstrap says why it failed, without the password', async () => {
	const d = driver();
	const wrong = cluster.url(SUPERUSER, 'postgres').replace(cluster.passwords[SUPERUSER], 'not-the-right-password');
	const refused = await bootstrap(d, wrong);
	assert.equal(refused.err, ERR.refused);
	assert.match(refused.why, /password authentication failed/);
	assert.doesNotMatch(refused.why, /not-the-right-password/);
	const short = await d.call('bootstrap', cluster.url(SUPERUSER, 'postgres'), 'short', 'short', 'short');
	assert.equal(short.err, ERR.init);
	const service = await bootstrap(d, cluster.url('yavio_service'));
	assert.equal(service.err, ERR.init);
	assert.match(service.why, /42501/);
	await d.end();
	assert.doesNotMatch(d.log, /password/);
});

test('a program waits for the schema, for a bounded time', async () => {
	for (const role of ['ingest', 'app', 'service']) {
		const d = driver();
		await d.call('open', role, cluster.url(`yavio_${role}`), 1, 5000);
		const begin = Date.now();
		const result = await d.call('start', 2000, 600);
		assert.equal(result.err, ERR.migration);
		assert.match(result.detail, /has no schema/);
		assert.ok(Date.now() - begin >= 600 && Date.now() - begin < 30_000);
		await d.end();
		assert.match(d.log, /waiting for the schema/);
	}
});

test('a dry run applies nothing', async () => {
	const r = await driver().call('migrate', cluster.url(), '-', 1, 0);
	assert.equal(r.err, 0);
	assert.equal(r.applied, MIGRATIONS.length);
	assert.equal(r.before, 0);
	const { rows } = await as('yavio_service', "SELECT to_regclass('yavio.users') AS users");
	assert.equal(rows[0].users, null);
});

test('a run that cannot have the lock in time says so', async () => {
	const holder = await cluster.connect('yavio_service');
	await holder.query(`SELECT pg_advisory_lock(${LOCK})`);
	const r = await driver().call('migrate', cluster.url(), '-', 0, 500);
	await holder.end();
	assert.equal(r.err, ERR.locked);
	assert.deepEqual(r.events, ['waiting', 'failed']);
});

test('Q24: of two migrations at once one applies, one waits, both end well', async () => {
	const holder = await cluster.connect('yavio_service');
	await holder.query(`SELECT pg_advisory_lock(${LOCK})`);
	const program = await driver();
	await program.call('open', 'ingest', cluster.url('yavio_ingest'), 1, 5000);
	const starting = program.call('start', 1000, 30_000);
	const runs = [driver(), driver()].map((d) => d.call('migrate', cluster.url(), '-', 0, 0));
	await sleep(500);
	await holder.end();
	const results = await Promise.all(runs);
	assert.deepEqual(results.map((r) => r.err), [0, 0]);
	assert.deepEqual(results.map((r) => r.applied).sort(), [0, MIGRATIONS.length].sort());
	for (const r of results) {
		assert.equal(r.events[0], 'waiting');
		assert.equal(r.after, MIGRATIONS.length);
	}
	assert.deepEqual(await versions(), MIGRATIONS.map((_, i) => i + 1));
	// The program that waited for it starts now.
	assert.equal((await starting).err, 0);
});

test('a migrated database: nothing to do, and its status', async () => {
	const d = driver();
	const r = await d.call('migrate', cluster.url(), '-', 0, 0);
	assert.deepEqual([r.err, r.applied, r.before], [0, 0, MIGRATIONS.length]);
	const status = await d.call('migrate_status', cluster.url(), '-');
	assert.deepEqual(status.list, MIGRATIONS.map((f, i) => `${i + 1} ${f.slice(5, -4)} done`));
	const { rows } = await as('yavio_service', 'SELECT DISTINCT program_version AS v FROM yavio.schema_migrations');
	assert.deepEqual(rows, [{ v: readFileSync('VERSION', 'utf8').trim() }]);
});

test('Q24: a changed file is refused and nothing changes', async () => {
	await withMigrations(
		(dir) => {
			appendFileSync(join(dir, MIGRATIONS[2]), '-- changed\n');
			writeFileSync(join(dir, '0099_next.sql'), 'CREATE TABLE yavio.next ();');
		},
		async (dir) => {
			const d = driver();
			const r = await d.call('migrate', cluster.url(), dir, 0, 0);
			assert.equal(r.err, ERR.migration);
			assert.match(r.text, /0003_\w+ was changed/);
			const status = await d.call('migrate_status', cluster.url(), dir);
			assert.match(status.list[2], /changed$/);
		},
	);
	assert.deepEqual(await versions(), MIGRATIONS.map((_, i) => i + 1));
});

test('a gap in the database is refused', async () => {
	const { rows } = await as('yavio_service', 'DELETE FROM yavio.schema_migrations WHERE version = 2 RETURNING *');
	const r = await driver().call('migrate', cluster.url(), '-', 0, 0);
	await as('yavio_service', 'INSERT INTO yavio.schema_migrations SELECT * FROM jsonb_populate_record(NULL::yavio.schema_migrations, $1)',
		[JSON.stringify({ ...rows[0], checksum: `\\x${rows[0].checksum.toString('hex')}` })]);
	assert.equal(r.err, ERR.migration);
	assert.match(r.text, /lacks migration 2/);
});

const NEXT = MIGRATIONS.length + 1;
const next = (n, what) => `${String(n).padStart(4, '0')}_${what}.sql`;

test('a file that fails leaves nothing of itself', async () => {
	const bad = [
		['CREATE TABLE yavio.half (id int); SELECT 1/0;', /division by zero.*22012/],
		['CREATE TABLE yavio.half (id int); COMMIT; DROP TABLE yavio.half;', /ends the transaction/],
	];
	for (const [sql, why] of bad) {
		await withMigrations(
			(dir) => writeFileSync(join(dir, next(NEXT, 'bad')), sql),
			async (dir) => {
				const r = await driver().call('migrate', cluster.url(), dir, 0, 0);
				assert.equal(r.err, ERR.migration);
				assert.match(r.text, why);
				assert.deepEqual(r.events, ['applying', 'failed']);
			},
		);
		const { rows } = await as('yavio_service', "SELECT to_regclass('yavio.half') AS half");
		assert.equal(rows[0].half, null);
		assert.equal((await versions()).length, MIGRATIONS.length);
	}
});

test('a locked table: the file is tried again; a no-transaction file runs alone', async () => {
	await as('yavio_service', 'CREATE TABLE yavio.scratch (id int)');
	const holder = await cluster.connect('yavio_service');
	await holder.query('BEGIN; LOCK TABLE yavio.scratch');
	await withMigrations(
		(dir) => {
			writeFileSync(join(dir, next(NEXT, 'gentle')), 'ALTER TABLE yavio.scratch ADD COLUMN b int;');
			writeFileSync(join(dir, next(NEXT + 1, 'index')),
				'-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS scratch_id_idx ON yavio.scratch (id);');
		},
		async (dir) => {
			const run = driver().call('migrate', cluster.url(), dir, 0, 0);
			await sleep(5600);
			await holder.query('COMMIT');
			const r = await run;
			assert.equal(r.err, 0, r.text);
			assert.deepEqual(r.events, ['applying', 'retrying', 'applied', 'applying', 'applied']);
			assert.equal(r.applied, 2);
		},
	);
	await holder.end();
	const { rows } = await as('yavio_service', "SELECT indisvalid FROM pg_index WHERE indexrelid = 'yavio.scratch_id_idx'::regclass");
	assert.deepEqual(rows, [{ indisvalid: true }]);
	await as('yavio_service', `DROP TABLE yavio.scratch; DELETE FROM yavio.schema_migrations WHERE version >= ${NEXT}`);
});

test('a newer schema: the next release is lived with, one further is refused', async () => {
	const [major, minor] = readFileSync('VERSION', 'utf8').trim().split('.').map(Number);
	const insert = (version) => as('yavio_service', `INSERT INTO yavio.schema_migrations
		(version, name, checksum, program_version, duration_ms) VALUES ($1, 'later', $2, $3, 1)`,
		[NEXT, Buffer.alloc(32), version]);
	for (const [version, err] of [[`${major}.${minor + 1}.0`, 0], [`${major}.${minor + 2}.0`, ERR.newer]]) {
		await insert(version);
		const d = driver();
		assert.equal((await d.call('migrate', cluster.url(), '-', 0, 0)).err, err);
		await d.call('open', 'app', cluster.url('yavio_app'), 1, 5000);
		assert.equal((await d.call('start', 1000, 300)).err, err);
		await as('yavio_service', `DELETE FROM yavio.schema_migrations WHERE version = ${NEXT}`);
	}
});

// --- connections ---

test('a server that is not there: waiting is visible and bounded', async () => {
	const d = driver();
	await d.call('open', 'ingest', 'postgresql://a:secret-of-a@/yavio?host=%2Fnonexistent', 1, 5000);
	const begin = Date.now();
	const r = await d.call('start', 700, 700);
	assert.equal(r.err, ERR.refused);
	assert.ok(Date.now() - begin >= 700 && Date.now() - begin < 30_000);
	// Within the back-off the next call costs nothing.
	const again = Date.now();
	for (let i = 0; i < 100; i++) assert.equal((await d.call('probe')).err, ERR.refused);
	assert.ok(Date.now() - again < 30_000);
	await d.end();
	assert.match(d.log, /waiting for PostgreSQL/);
	assert.doesNotMatch(d.log + JSON.stringify(r), /secret-of-a/);
});

test('another machine without verified TLS is refused before a byte is sent', async () => {
	const d = driver();
	assert.equal((await d.call('open', 'ingest', 'postgresql://a:b@192.0.2.1/yavio?sslmode=require', 1, 0)).err, ERR.insecure);
});

test('5211: a role with more rights than it should have is refused', async () => {
	const faults = [
		['ALTER ROLE yavio_app SUPERUSER', 'ALTER ROLE yavio_app NOSUPERUSER', /is superuser/],
		['ALTER ROLE yavio_app BYPASSRLS', 'ALTER ROLE yavio_app NOBYPASSRLS', /BYPASSRLS/],
		['GRANT yavio_service TO yavio_app', 'REVOKE yavio_service FROM yavio_app', /member of yavio_service/],
		['CREATE TABLE yavio.mine (); ALTER TABLE yavio.mine ENABLE ROW LEVEL SECURITY; ALTER TABLE yavio.mine OWNER TO yavio_app',
			'DROP TABLE yavio.mine', /owns mine/],
		['CREATE TABLE yavio.open ()', 'DROP TABLE yavio.open', /open has no row-level security/],
	];
	for (const [loosen, repair, why] of faults) {
		await cluster.query(SUPERUSER, loosen);
		const d = driver();
		await d.call('open', 'app', cluster.url('yavio_app'), 1, 5000);
		const r = await d.call('start', 1000, 1000);
		await cluster.query(SUPERUSER, repair);
		assert.equal(r.err, ERR.privileged);
		assert.match(r.detail, why);
		assert.equal((await d.call('start', 1000, 1000)).err, 0);
	}
});

test('a connection lost while idle is replaced, its statements prepared again', async () => {
	for (const prepare of [1, 0]) {
		const d = await connected('ingest', { prepare });
		const { pid } = await d.call('pid');
		await cluster.query(SUPERUSER, 'SELECT pg_terminate_backend($1)', [pid]);
		await sleep(100);
		assert.equal((await d.call('probe')).err, 0);
		assert.notEqual((await d.call('pid')).pid, pid);
	}
});

test('a lost connection never lets a transaction go on elsewhere', async () => {
	const d = await connected('service');
	assert.equal((await d.call('begin')).err, 0);
	const { pid } = await d.call('pid');
	await cluster.query(SUPERUSER, 'SELECT pg_terminate_backend($1)', [pid]);
	await sleep(100);
	assert.equal((await d.call('probe')).err, ERR.refused);
	assert.equal((await d.call('probe')).err, ERR.refused);
	assert.equal((await d.call('commit')).err, ERR.refused);
	assert.equal((await d.call('probe')).err, 0);
});

test('connections survive a crash and restart of the server', async () => {
	const ingest = await connected('ingest');
	const listener = await connected('ingest');
	await listener.call('listen');
	assert.equal((await listener.call('wait', 1000)).kind, 'reset');
	const { pid } = await ingest.call('pid');
	process.kill(pid, 'SIGKILL'); // the server then ends every backend and recovers
	const begin = Date.now();
	const outcomes = new Set();
	for (let r; (r = await ingest.call('probe')).err !== 0; await sleep(20)) {
		outcomes.add(r.err);
		assert.ok(Date.now() - begin < 60_000, 'not back within a minute');
	}
	for (const err of outcomes) assert.equal(err, ERR.refused);
	// The listener listens again and says that it may have missed something.
	let heard;
	for (let i = 0; i < 10 && heard?.kind !== 'reset'; i++) heard = await listener.call('wait', 1000);
	assert.equal(heard.kind, 'reset');
});

test('no connection left is told from no server', async () => {
	await cluster.query(SUPERUSER, 'ALTER ROLE yavio_app CONNECTION LIMIT 0');
	const d = driver();
	await d.call('open', 'app', cluster.url('yavio_app'), 1, 5000);
	assert.equal((await d.call('start', 100, 100)).err, ERR.pool);
	await cluster.query(SUPERUSER, 'ALTER ROLE yavio_app CONNECTION LIMIT -1');
	assert.equal((await d.call('start', 3000, 100)).err, 0);
});

test('a statement without an answer loses its connection in time', async () => {
	const d = await connected('service', { timeout: 300 });
	const begin = Date.now();
	assert.equal((await d.call('script', 'SELECT pg_sleep(30)')).err, ERR.refused);
	assert.ok(Date.now() - begin < 15_000, 'waited for the half minute');
	assert.equal((await d.call('probe')).err, 0);
});

test('a statement that the server ends is 5216', async () => {
	const d = await connected('ingest');
	const r = await d.call('script', 'SELECT pg_sleep(30)');
	assert.deepEqual([r.err, r.sqlstate], [ERR.timeout, '57014']);
});

// --- poolers ---

test('5217: a pooler that loses prepared statements is found; PG_PREPARE=0 and session mode work', { skip: noPgbouncer }, async () => {
	for (const [mode, prepare, err] of [['transaction', 1, ERR.pooler], ['transaction', 0, 0], ['session', 1, 0]]) {
		const pooler = await startPgbouncer(cluster, mode);
		try {
			const d = driver();
			await d.call('open', 'ingest', pooler.url('yavio_ingest'), prepare, 5000);
			const r = await d.call('start', 3000, 1000);
			assert.equal(r.err, err, `${mode} ${prepare}: ${JSON.stringify(r)}`);
			if (err === 0) for (let i = 0; i < 5; i++) assert.equal((await d.call('probe')).err, 0);
			if (prepare === 0) {
				// Clients that share server connections, and switch tenants on them, see their own only.
				const apps = [driver(), driver(), driver(), driver()];
				for (const app of apps) {
					await app.call('open', 'app', pooler.url('yavio_app'), 0, 5000);
					assert.equal((await app.call('start', 3000, 1000)).err, 0);
				}
				await Promise.all(apps.map(async (app) => {
					for (let i = 0; i < 20; i++) {
						const id = randomUUID();
						assert.equal((await app.call('begin_user', id)).err, 0);
						assert.equal((await app.call('script', "DO $$ BEGIN RAISE EXCEPTION '%', yavio.app_uid(); END $$")).text, id);
						await app.call('rollback');
						assert.equal((await app.call('script', 'SELECT yavio.app_uid()')).err, ERR.rls);
					}
				}));
			}
		} finally {
			await pooler.stop();
		}
	}
});

// --- transactions ---

const A = randomUUID();
const B = randomUUID();

test('an app connection opens a transaction only as somebody', async () => {
	for (const [id, mail] of [[A, 'a@example.com'], [B, 'b@example.com']]) {
		await as('yavio_service', 'INSERT INTO yavio.users (id, email, name) VALUES ($1, $2, $2)', [id, mail]);
		const ws = randomUUID();
		await as('yavio_service', 'INSERT INTO yavio.workspaces (id, name, slug, owner_id) VALUES ($1, $2, $3, $4)',
			[ws, mail, `ws-${mail[0]}1`, id]);
		await as('yavio_service', "INSERT INTO yavio.workspace_members (workspace_id, user_id, role) VALUES ($1, $2, 'owner')", [ws, id]);
	}
	const show = "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT string_agg(name, ',') FROM yavio.workspaces); END $$";
	for (const prepare of [1, 0]) {
		const d = await connected('app', { prepare });
		const misuse = await d.call('misuse');
		assert.deepEqual([misuse.role, misuse.count, misuse.uuid, misuse.open, misuse.err],
			[ERR.internal, ERR.internal, ERR.internal, 0, ERR.internal]);
		for (const [id, mail] of [[A, 'a@example.com'], [B, 'b@example.com'], [A, 'a@example.com']]) {
			assert.equal((await d.call('begin_user', id)).err, 0);
			assert.equal((await d.call('script', show)).text, mail);
			assert.equal((await d.call('commit')).err, ERR.failed); // RAISE made it fail
		}
		// The tenant ends with the transaction.
		assert.equal((await d.call('script', show)).err, ERR.rls);
		assert.equal((await d.call('begin_user', A)).err, 0);
		assert.equal((await d.call('commit')).err, 0);
		assert.equal((await d.call('script', show)).err, ERR.rls);
	}
});

test('a login opens a transaction as its user; no login opens none', async () => {
	const hash = randomBytes(32);
	await as('yavio_service', `INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, expires_at, last_seen_at)
		VALUES ($1, $2, $3, 'full', 'password', now() + interval '1 day', now() - interval '1 hour')`, [randomUUID(), B, hash]);
	const d = await connected('app');
	const r = await d.call('begin_login', hash.toString('hex'));
	assert.deepEqual([r.err, r.user, r.stage, r.touched], [0, B, 'full', 1]);
	assert.ok(r.expires > Date.now() + 29 * 86_400_000);
	assert.equal((await d.call('script', "DO $$ BEGIN RAISE EXCEPTION '%', yavio.app_uid(); END $$")).text, B);
	await d.call('rollback');
	assert.equal((await d.call('begin_login', randomBytes(32).toString('hex'))).err, ERR.session);
	assert.equal((await d.call('commit')).err, ERR.internal); // none is open
	assert.equal((await d.call('probe')).err, 0);
});

test('40001: the whole transaction runs again, three times at most', async () => {
	await as('yavio_service', 'CREATE SEQUENCE yavio.tries; CREATE TABLE yavio.counted (n int)');
	const d = await connected('service');
	const failing = (until) => `INSERT INTO yavio.counted VALUES (1); DO $$ BEGIN IF nextval('yavio.tries') < ${until} THEN
		RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF; END $$`;
	const twice = await d.call('txrun', '-', failing(3));
	assert.deepEqual([twice.err, twice.runs], [0, 3]);
	assert.equal((await as('yavio_service', 'SELECT count(*) AS n FROM yavio.counted')).rows[0].n, 1);
	const never = await d.call('txrun', '-', failing(1000));
	assert.deepEqual([never.err, never.runs, never.sqlstate], [ERR.failed, 3, '40001']);
	const other = await d.call('txrun', '-', 'SELECT 1/0');
	assert.deepEqual([other.err, other.runs, other.sqlstate], [ERR.failed, 1, '22012']);
	assert.equal((await as('yavio_service', 'SELECT count(*) AS n FROM yavio.counted')).rows[0].n, 1);
	await as('yavio_service', 'DROP SEQUENCE yavio.tries; DROP TABLE yavio.counted');
});

test('40P01: two transactions in each other\'s way both end well', async () => {
	await as('yavio_service', 'CREATE TABLE yavio.pair (id int PRIMARY KEY, n int); INSERT INTO yavio.pair VALUES (1, 0), (2, 0)');
	const add = (first, second) => `UPDATE yavio.pair SET n = n + 1 WHERE id = ${first}; SELECT pg_sleep(0.3);
		UPDATE yavio.pair SET n = n + 1 WHERE id = ${second}`;
	const [one, two] = [await connected('service'), await connected('service')];
	const results = await Promise.all([one.call('txrun', '-', add(1, 2)), two.call('txrun', '-', add(2, 1))]);
	assert.deepEqual(results.map((r) => r.err), [0, 0]);
	assert.equal(results[0].runs + results[1].runs, 3);
	const { rows } = await as('yavio_service', 'SELECT n FROM yavio.pair');
	assert.deepEqual(rows.map((r) => r.n), [2, 2]);
	await as('yavio_service', 'DROP TABLE yavio.pair');
});

test('a transaction whose connection was lost before it began runs on a new one', async () => {
	const d = await connected('service');
	const { pid } = await d.call('pid');
	await cluster.query(SUPERUSER, 'SELECT pg_terminate_backend($1)', [pid]);
	const r = await d.call('txrun', '-', 'SELECT 1');
	assert.deepEqual([r.err, r.runs], [0, 1]);
});

// --- keys ---

const SECRET = (n) => `secret-number-${n}-${'x'.repeat(32)}`;

async function aKey(service, name = 'key', expires = 0) {
	const ws = await service.call('workspace', 'Key Tests', 1);
	const project = await service.call('project', ws.id, 'Main', 1);
	return { ...(await service.call('key', ws.id, project.id, name, expires)), project: project.id, workspace: ws.id };
}

test('headless set-up: what is absent is made once, and owned by the system account', async () => {
	const both = await Promise.all([connected('service'), connected('service')]);
	const made = await Promise.all(both.map((d) => d.call('workspace', 'Acme Inc.', 1)));
	assert.deepEqual(made.map((m) => m.err), [0, 0]);
	assert.equal(made[0].id, made[1].id);
	assert.equal(made[0].created + made[1].created, 1);
	assert.equal(made[0].slug, 'acme-inc');
	const d = both[0];
	assert.equal((await d.call('workspace', 'acme-inc', 0)).id, made[0].id);
	assert.equal((await d.call('workspace', made[0].id, 0)).id, made[0].id);
	assert.equal((await d.call('workspace', 'Nobody', 0)).err, ERR.noWorkspace);
	assert.equal((await d.call('workspace', 'x', 1)).err, ERR.workspaceName);
	assert.match((await d.call('workspace', 'API', 1)).slug, /^api-[0-9a-f]{4}$/);
	assert.match((await d.call('workspace', 'ACME inc', 1)).slug, /^acme-inc-[0-9a-f]{4}$/);
	assert.equal((await d.call('project', made[0].id, 'x', 1)).err, ERR.projectName);
	const project = await d.call('project', made[0].id, 'Shop', 1);
	assert.deepEqual([project.err, project.slug, project.created], [0, 'shop', 1]);
	assert.deepEqual([(await d.call('project', made[0].id, 'Shop', 1)).id, (await d.call('find', 'acme-inc/shop')).id],
		[project.id, project.id]);
	assert.equal((await d.call('project', randomUUID(), 'Shop', 1)).err, ERR.noWorkspace);
	assert.equal((await d.call('find', 'acme-inc/none')).err, ERR.noProject);
	assert.equal((await d.call('find', `${'a'.repeat(60)}/none`)).err, ERR.noProject);
	const { rows } = await as('yavio_service', `SELECT w.owner_id = yavio.system_account() AS owned, m.role, m.user_id = w.owner_id AS same
		FROM yavio.workspaces w JOIN yavio.workspace_members m ON m.workspace_id = w.id WHERE w.id = $1`, [made[0].id]);
	assert.deepEqual(rows, [{ owned: true, role: 'owner', same: true }]);
	const audit = await as('yavio_service', 'SELECT actor_kind, action FROM yavio.audit_log WHERE workspace_id = $1 ORDER BY id', [made[0].id]);
	assert.deepEqual(audit.rows, [{ actor_kind: 'cli', action: 'workspace.create' }, { actor_kind: 'cli', action: 'project.create' }]);
});

test('good, unknown, malformed, expired and revoked keys', async () => {
	const service = await connected('service');
	await service.call('secrets', `h1:${SECRET(1)}`, '');
	const good = await aKey(service, 'good');
	assert.equal(good.err, 0);
	assert.match(good.key, /^yav_[0-9a-f]{64}$/);
	assert.equal(good.prefix, good.key.slice(0, 12));
	const expired = await aKey(service, 'expired', Date.now() - 1000);
	const revoked = await aKey(service, 'revoked');
	assert.equal((await service.call('revoke', revoked.prefix, 0)).id, revoked.id);
	assert.equal((await aKey(service, '')).err, ERR.keyName);
	assert.equal((await aKey(service, 'n'.repeat(101))).err, ERR.keyName);
	assert.equal((await service.call('revoke', revoked.id, 0)).err, ERR.keyRevoked);
	assert.equal((await service.call('revoke', 'yav_00000000', 0)).err, ERR.noKey);
	assert.equal((await service.call('revoke', good.id, 86_400_001)).err, ERR.grace);
	const grace = await aKey(service, 'grace');
	assert.equal((await service.call('revoke', grace.id, 60_000)).err, 0);

	for (const prepare of [1, 0]) {
		const ingest = await connected('ingest', { prepare });
		await ingest.call('secrets', `h1:${SECRET(1)}`, '');
		const found = await ingest.call('lookup', good.key);
		assert.deepEqual([found.err, found.id, found.project, found.workspace], [0, good.id, good.project, good.workspace]);
		assert.equal((await ingest.call('lookup', `yav_${'0'.repeat(64)}`)).err, ERR.invalidKey);
		assert.equal((await ingest.call('lookup', "yav_' OR 1=1 --")).err, ERR.invalidKey);
		assert.equal((await ingest.call('lookup', good.key.toUpperCase())).err, ERR.invalidKey);
		assert.equal((await ingest.call('lookup', expired.key)).err, ERR.expired);
		assert.equal((await ingest.call('lookup', revoked.key)).err, ERR.revoked);
		assert.equal((await ingest.call('lookup', grace.key)).err, 0);
		assert.equal((await ingest.call('touch', good.id)).err, 0);
	}
	const list = (await service.call('list', good.project)).list;
	assert.deepEqual(list.map((k) => k.name), ['grace', 'revoked', 'expired', 'good']);
	assert.ok(list[3].used > Date.now() - 60_000);
	// Only hash and prefix are kept, and no log line has a key.
	const dump = JSON.stringify((await as('yavio_service', 'SELECT * FROM yavio.api_keys')).rows);
	for (const k of [good, expired, revoked]) assert.ok(!dump.includes(k.key.slice(12)));
	for (const d of drivers) {
		await d.end();
		assert.ok(!d.log.includes(good.key.slice(12)));
	}
});

test('secrets rotate: new keys use the first, all are tried, a missing one is named', async () => {
	const service = await connected('service');
	const ingest = await connected('ingest');
	await service.call('secrets', SECRET(1), '');
	const old = await aKey(service, 'old');
	await service.call('secrets', `h2:${SECRET(2)},h1:${SECRET(1)}`, '');
	const young = await aKey(service, 'young');
	await ingest.call('secrets', `h2:${SECRET(2)},h1:${SECRET(1)}`, '');
	assert.equal((await ingest.call('lookup', old.key)).err, 0);
	assert.equal((await ingest.call('lookup', young.key)).err, 0);
	await ingest.call('secrets', `h2:${SECRET(2)}`, SECRET(1));
	assert.equal((await ingest.call('lookup', old.key)).err, 0);
	await ingest.call('secrets', `h2:${SECRET(2)}`, '');
	assert.equal((await ingest.call('lookup', old.key)).err, ERR.invalidKey);
	assert.equal((await service.call('missing')).kid, '');
	await service.call('secrets', `h2:${SECRET(2)}`, '');
	assert.equal((await service.call('missing')).kid, 'h1');
	assert.deepEqual((await service.call('list', '-')).list.slice(0, 2).map((k) => k.kid), ['h2', 'h1']);
});

test('a project has 20 live keys, also when two are made at once', async () => {
	const both = await Promise.all([connected('service'), connected('service')]);
	for (const d of both) await d.call('secrets', SECRET(1), '');
	const ws = await both[0].call('workspace', 'Limits', 1);
	const project = await both[0].call('project', ws.id, 'Main', 1);
	const results = await Promise.all(
		Array.from({ length: 24 }, (_, i) => both[i % 2].call('key', ws.id, project.id, `k${i}`, 0)));
	assert.equal(results.filter((r) => r.err === 0).length, 20);
	assert.equal(results.filter((r) => r.err === ERR.keyLimit).length, 4);
	assert.equal((await both[0].call('key', ws.id, randomUUID(), 'x', 0)).err, ERR.noProject);
	assert.equal((await both[0].call('find', 'limits/main')).live, 20);
	const counts = await both[0].call('counts');
	assert.ok(counts.keys >= 20 && counts.workspaces >= 1 && counts.projects >= 1 && counts.users === 2);
});

test('a workspace has 100 projects, and no 101st', async () => {
	const d = await connected('service');
	const ws = await d.call('workspace', 'Many Projects', 1);
	await as('yavio_service', `INSERT INTO yavio.projects (id, workspace_id, name, slug)
		SELECT gen_random_uuid(), $1, 'Project ' || n, 'project-' || n FROM generate_series(1, 99) AS n`, [ws.id]);
	assert.equal((await d.call('project', ws.id, 'The hundredth', 1)).err, 0);
	assert.equal((await d.call('project', ws.id, 'One more', 1)).err, ERR.projectLimit);
	assert.equal((await d.call('project', ws.id, 'Project 7', 1)).err, 0, 'one that is there is found all the same');
});

// Whatever slug is tried, another has it: a trigger drops the row as ON CONFLICT DO NOTHING would.
test('slugs that are all taken end the tries', async () => {
	const d = await connected('service');
	const ws = await d.call('workspace', 'Slugs', 1);
	await as('yavio_service', `CREATE FUNCTION yavio.all_taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
		CREATE TRIGGER all_taken BEFORE INSERT ON yavio.workspaces FOR EACH ROW EXECUTE FUNCTION yavio.all_taken();
		CREATE TRIGGER all_taken BEFORE INSERT ON yavio.projects FOR EACH ROW EXECUTE FUNCTION yavio.all_taken()`);
	try {
		assert.equal((await d.call('workspace', 'No room', 1)).err, ERR.workspaceSlug);
		assert.equal((await d.call('project', ws.id, 'No room', 1)).err, ERR.projectSlug);
	} finally {
		await as('yavio_service', 'DROP FUNCTION yavio.all_taken() CASCADE');
	}
	assert.equal((await d.call('workspace', 'No room', 1)).err, 0);
});

test('PostgreSQL away: a key is not called invalid', async () => {
	const d = driver();
	await d.call('open', 'ingest', 'postgresql://a:b@/yavio?host=%2Fnonexistent', 1, 5000);
	await d.call('secrets', SECRET(1), '');
	assert.equal((await d.call('lookup', `yav_${'0'.repeat(64)}`)).err, ERR.away);
	await d.end();
	assert.match(d.log, /API key not checked.*YAVIO-5200|YAVIO-5200.*API key not checked/);
});

test('a made, revoked or deleted key is heard of at once', async (t) => {
	const service = await connected('service');
	await service.call('secrets', SECRET(1), '');
	const listener = await connected('ingest');
	await listener.call('listen');
	assert.equal((await listener.call('wait', 2000)).kind, 'reset');
	assert.equal((await listener.call('wait', 50)).kind, 'none');
	const waits = [];
	for (let i = 0; i < 10; i++) {
		const hearing = listener.call('wait', 5000);
		const begin = Date.now();
		const key = await aKey(service, `heard ${i}`);
		const heard = await hearing;
		assert.deepEqual([heard.kind, heard.channel], ['message', 'yavio_keys']);
		const { rows } = await as('yavio_service', 'SELECT key_hash FROM yavio.api_keys WHERE id = $1', [key.id]);
		assert.equal(heard.payload, rows[0].key_hash.toString('hex'));
		waits.push(heard.at - begin);
		await service.call('revoke', key.id, 0);
		assert.equal((await listener.call('wait', 5000)).payload, heard.payload);
	}
	t.diagnostic(`from the call to the news: ${waits.join(', ')} ms`);
	assert.ok(Math.max(...waits) < 1000, `slowest ${Math.max(...waits)} ms`);
});

test('key look-up stays under 1 ms', async (t) => {
	const service = await connected('service');
	await service.call('secrets', SECRET(1), '');
	const key = await aKey(service, 'bench');
	for (const prepare of [1, 0]) {
		const ingest = await connected('ingest', { prepare });
		await ingest.call('secrets', `h2:${SECRET(2)},h1:${SECRET(1)}`, '');
		await ingest.call('bench', 200, key.key);
		const r = await ingest.call('bench', 2000, key.key);
		t.diagnostic(`prepare=${prepare}: ${r.per_s}/s, p50 ${r.p50} µs, p95 ${r.p95} µs, p99 ${r.p99} µs`);
		// The machine may be busy: the median, and only for the ordinary build.
		if (process.env.YAVIO_VARIANT !== 'asan' && prepare === 1) assert.ok(r.p50 < 1000, `p50 ${r.p50} µs`);
	}
});
