// SPDX-License-Identifier: MIT
// Roles, grants and row-level security, Q1-Q23: what each role and person may do, and what every other try gets.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RoleExecutor } from '../support/executors.mjs';
import { migrations, startPostgres } from '../support/postgres.mjs';
import { CHECKS } from '../support/rls-checks.mjs';
import { hash, insert, literal, raw, seedTenants } from '../support/tenants.mjs';

let cluster;
let world;
let db;

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
	const service = await cluster.connect('yavio_service');
	world = await seedTenants(service);
	world.migrations = migrations().length;
	await service.end();
	db = new RoleExecutor((role) => cluster.connect(role));
});
after(async () => {
	await db?.end();
	await cluster?.stop();
});

describe('rights of roles and persons', () => {
	for (const check of CHECKS) {
		it(`${check.q} ${check.name}`, async () => assert.deepEqual(await check.run(db, world), []));
	}
});

describe('connections', () => {
	const DENIED = { code: '42501' };
	const count = async (client, table = 'projects') =>
		(await client.query(`SELECT count(*) FROM ${table}`)).rows[0].count;
	const begin = async (client, tenant) => {
		await client.query('BEGIN');
		await client.query("SELECT set_config('app.current_user_id', $1, true)", [tenant]);
	};

	it('Q9 the tenant ends with its transaction; empty and malformed settings fail', async () => {
		const client = await cluster.connect('yavio_app');
		await begin(client, world.people.a.owner);
		assert.equal(await count(client), 1);
		await client.query('COMMIT');
		await assert.rejects(count(client), DENIED);
		for (const [tenant, code] of [['', '42501'], ['x', '22P02'], ['00000000-0000-0000-0000-000000000000', '42501']]) {
			await begin(client, tenant);
			await assert.rejects(count(client), { code });
			await client.query('ROLLBACK');
		}
		await client.end();
	});

	it('Q10 one connection serves A, then B', async () => {
		const client = await cluster.connect('yavio_app');
		for (const letter of ['a', 'b', 'a']) {
			await begin(client, world.people[letter].owner);
			const { rows } = await client.query('SELECT id FROM projects');
			assert.deepEqual(rows, [{ id: world.tenants[letter].project }]);
			await client.query('COMMIT');
		}
		await client.end();
	});

	it('Q18 app cannot become another, make tables, switch security off or run programs', async () => {
		const client = await cluster.connect('yavio_app');
		for (const sql of [
			'SET ROLE yavio_service', 'SET SESSION AUTHORIZATION yavio_service', 'CREATE TABLE yavio.t (a int)',
			'CREATE TABLE public.t (a int)', 'CREATE TEMPORARY TABLE t (a int)', 'CREATE SCHEMA s',
			'ALTER TABLE yavio.projects DISABLE ROW LEVEL SECURITY', 'DROP POLICY projects_select ON yavio.projects',
			'GRANT SELECT ON yavio.instance TO yavio_app', "COPY (SELECT 1) TO PROGRAM 'true'", "COPY (SELECT 1) TO '/tmp/x'",
			"SELECT pg_read_file('/etc/passwd')", 'ALTER ROLE yavio_app SUPERUSER', 'ALTER ROLE yavio_app BYPASSRLS',
			'CREATE ROLE other', 'ALTER FUNCTION yavio.app_uid() RESET ALL', "SELECT lo_import('/etc/passwd')",
		]) {
			await assert.rejects(client.query(sql), DENIED, sql);
		}
		// Not refused as such, but then nothing answers.
		await client.query('SET row_security = off');
		await begin(client, world.people.a.owner);
		await assert.rejects(count(client), DENIED);
		await client.end();
	});

	it('Q20 a statement prepared once serves each tenant its rows and nobody without one', async () => {
		const client = await cluster.connect('yavio_app');
		const run = async () => (await client.query({ name: 'projects', text: 'SELECT id FROM projects' })).rows;
		await begin(client, world.people.a.owner);
		await run();
		await client.query('COMMIT');
		// Beyond five executions, where PostgreSQL may settle on a generic plan.
		for (let i = 0; i < 8; i++) {
			const letter = 'ab'[i % 2];
			await begin(client, world.people[letter].owner);
			assert.deepEqual(await run(), [{ id: world.tenants[letter].project }]);
			await client.query('COMMIT');
		}
		await assert.rejects(run(), DENIED);
		await client.end();
	});

	it('Q21 of 100 parallel attempts exactly 5 are recorded', async () => {
		const clients = await Promise.all(Array.from({ length: 20 }, () => cluster.connect('yavio_app')));
		const sql = "SELECT attempt_id, locked_until FROM auth_attempt('totp', 'subject', '192.0.2.1', 5, 900)";
		const results = await Promise.all(clients.map(async (client) => {
			const own = [];
			for (let i = 0; i < 5; i++) own.push((await client.query(sql)).rows[0]);
			return own;
		}));
		await Promise.all(clients.map((client) => client.end()));
		assert.equal(results.flat().filter((row) => row.attempt_id !== null).length, 5);
		assert.ok(results.flat().every((row) => (row.attempt_id === null) === (row.locked_until !== null)));
		const stored = await cluster.query('yavio_service', "SELECT count(*) FROM login_attempts WHERE subject = 'subject'");
		assert.equal(stored.rows[0].count, 5);
	});

	it('Q22 of 10 parallel acceptances of one invitation one wins', async () => {
		const guest = { id: '11111111-1111-4111-8111-111111111111', email: 'guest@a.example', name: 'Guest',
			email_verified_at: raw('now()') };
		await cluster.query('yavio_service', insert('users', guest));
		const results = await Promise.all(Array.from({ length: 10 }, async () => {
			const client = await cluster.connect('yavio_app');
			await begin(client, guest.id);
			const { rows } = await client.query(`SELECT result FROM auth_invitation_accept(${hash('invitation a')})`);
			await client.query('COMMIT');
			await client.end();
			return rows[0].result;
		}));
		assert.deepEqual(results.sort(), [...Array(9).fill('invalid'), 'ok']);
		const { rows } = await cluster.query('yavio_service',
			`SELECT workspace_id, role FROM workspace_members WHERE user_id = ${literal(guest.id)}`);
		assert.deepEqual(rows, [{ workspace_id: world.tenants.a.workspace, role: 'member' }]);
		const left = await cluster.query('yavio_service',
			`SELECT token_hash, accepted_at IS NOT NULL AS accepted FROM invitations WHERE email = ${literal(guest.email)}`);
		assert.deepEqual(left.rows, [{ token_hash: null, accepted: true }]);
	});

	it('Q23 an owner deletes his account: refused while he owns, then nothing of his is left', async () => {
		const me = world.people.a.owner;
		const b = async () => (await Promise.all(Object.values(TENANT_ROWS).map(async (sql) =>
			(await cluster.query('yavio_service', sql, [[world.tenants.b.workspace],
				Object.values(world.people.b)])).rows[0].count))).join(' ');
		const before = await b();
		const client = await cluster.connect('yavio_app');
		const run = async (...list) => {
			await begin(client, me);
			for (const sql of list) await client.query(sql);
			await client.query('COMMIT');
		};
		await assert.rejects(run(`DELETE FROM users WHERE id = ${literal(me)}`), { code: '23503' });
		await client.query('ROLLBACK');
		await run(
			insert('audit_log', { workspace_id: world.tenants.a.workspace, actor_user_id: me, actor_kind: 'user',
				action: 'workspace.delete', ip: '192.0.2.1', user_agent: 'browser' }),
			insert('audit_log', { workspace_id: null, actor_user_id: me, actor_kind: 'user', action: 'account.deleted',
				ip: '192.0.2.1', user_agent: 'browser' }),
			`DELETE FROM workspaces WHERE owner_id = ${literal(me)}`,
			`DELETE FROM users WHERE id = ${literal(me)}`,
		);
		await client.end();

		const service = async (sql, params) => (await cluster.query('yavio_service', sql, params)).rows;
		for (const table of Object.keys(TENANT_ROWS)) {
			const [{ count: left }] = await service(TENANT_ROWS[table], [[world.tenants.a.workspace], [me]]);
			assert.equal(left, table === 'audit_log' ? 1 : 0, table);
		}
		const attempts = await service("SELECT FROM login_attempts WHERE subject = 'owner@a.example'");
		assert.equal(attempts.length, 0);
		const audit = await service(`SELECT action, workspace_id, actor_user_id, ip, user_agent FROM audit_log
			WHERE workspace_id = ANY ($1) OR actor_user_id IS NULL ORDER BY id`, [[world.tenants.a.workspace]]);
		const blank = { actor_user_id: null, ip: null, user_agent: null };
		assert.deepEqual(audit, [
			{ action: 'auth.login', workspace_id: null, ...blank },
			{ action: 'workspace.delete', workspace_id: world.tenants.a.workspace, ...blank },
			{ action: 'account.deleted', workspace_id: null, ...blank },
		]);
		assert.equal(await b(), before);
	});
});

/** Rows of a tenant by workspace ids ($1) and person ids ($2). */
const TENANT_ROWS = Object.fromEntries(Object.entries({
	users: 'id = ANY ($2)', oauth_accounts: 'user_id = ANY ($2)', sessions: 'user_id = ANY ($2)',
	user_totp: 'user_id = ANY ($2)', recovery_codes: 'user_id = ANY ($2)', verification_tokens: 'user_id = ANY ($2)',
	workspaces: 'id = ANY ($1)', workspace_members: 'workspace_id = ANY ($1)', invitations: 'workspace_id = ANY ($1)',
	projects: 'workspace_id = ANY ($1)', api_keys: 'workspace_id = ANY ($1)', audit_log: 'workspace_id = ANY ($1)',
	erasures: 'requested_by = ANY ($2)',
}).map(([table, where]) => [
	table,
	`SELECT count(*) FROM yavio.${table} WHERE (${where}) AND ($1::uuid[] IS NOT NULL AND $2::uuid[] IS NOT NULL)`,
]));
