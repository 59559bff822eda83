// SPDX-License-Identifier: MIT
// The statements of every request read by index, not whole tables: plans on a database with some thousand rows each.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startPostgres } from '../support/postgres.mjs';
import { cpuMs } from '../support/process.mjs';

let cluster;
let me;
let workspace;
let project;

const USERS = 5_000;

/** Ids are made of their number, so that rows can name each other. */
const id = (kind, n) => `(lpad('${kind}', 8, '0') || '-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
const sha = (what) => `sha256(('${what}' || n)::text::bytea)`;

const FILL = `
	INSERT INTO users (id, email, name, email_verified_at)
		SELECT ${id('1', 'n')}, 'user' || n || '@example.com', 'User', now() FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO workspaces (id, name, slug, owner_id)
		SELECT ${id('2', 'n')}, 'Workspace', 'workspace-' || n, ${id('1', 'n')} FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO workspace_members (workspace_id, user_id, role)
		SELECT ${id('2', 'n')}, ${id('1', `(n + k * 7 - 1) % ${USERS} + 1`)}, CASE k WHEN 0 THEN 'owner' ELSE 'member' END
		FROM generate_series(1, ${USERS}) AS n, generate_series(0, 2) AS k;
	INSERT INTO projects (id, workspace_id, name, slug)
		SELECT ${id('3', 'n')}, ${id('2', 'n')}, 'Project', 'project' FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name)
		SELECT ${id('4', 'n')}, ${id('3', 'n')}, ${id('2', 'n')}, ${sha('key')}, 'h1', 'yav_01234567', 'Default'
		FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO sessions (id, user_id, token_hash, stage, method, expires_at)
		SELECT gen_random_uuid(), ${id('1', `n % ${USERS} + 1`)}, ${sha('session')}, 'full', 'password',
			now() + n * interval '1 minute'
		FROM generate_series(1, ${2 * USERS}) AS n;
	INSERT INTO user_totp (user_id, secret_enc, confirmed_at)
		SELECT ${id('1', 'n')}, '\\x00', now() FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO recovery_codes (id, user_id, code_hash)
		SELECT gen_random_uuid(), ${id('1', 'n')}, ${sha('code')} FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO audit_log (workspace_id, actor_user_id, actor_kind, action, at)
		SELECT ${id('2', `n % ${USERS} + 1`)}, ${id('1', `n % ${USERS} + 1`)}, 'user', 'key.create',
			now() - n * interval '1 minute'
		FROM generate_series(1, ${4 * USERS}) AS n;
	INSERT INTO login_attempts (kind, subject, ip, at)
		SELECT 'password', 'user' || n % 500 || '@example.com', '192.0.2.1', now() - n * interval '1 second'
		FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO jobs (kind, state, finished_at, run_at)
		SELECT 'mail.reset', CASE WHEN n % 50 = 0 THEN 'queued' ELSE 'done' END, now(), now() - n * interval '1 second'
		FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO erasures (id, scope, workspace_id, project_ids, requested_by, receipt_hash)
		SELECT gen_random_uuid(), 'project', ${id('2', 'n')}, '{}', ${id('1', 'n')}, ${sha('receipt')}
		FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO invitations (id, workspace_id, email, role, token_hash, expires_at)
		SELECT gen_random_uuid(), ${id('2', 'n')}, 'guest' || n || '@example.com', 'viewer', ${sha('invitation')}, now()
		FROM generate_series(1, ${USERS}) AS n;
	INSERT INTO verification_tokens (id, user_id, token_hash, type, expires_at)
		SELECT gen_random_uuid(), ${id('1', 'n')}, ${sha('token')}, 'password_reset', now()
		FROM generate_series(1, ${USERS}) AS n;
	ANALYZE`;

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
	await cluster.query('yavio_service', FILL);
	const { rows } = await cluster.query('yavio_service',
		`SELECT ${id('1', '7')} AS me, ${id('2', '7')} AS workspace, ${id('3', '7')} AS project`);
	({ me, workspace, project } = rows[0]);
});
after(() => cluster?.stop());

/** Every node of a plan, as the planner nests them. */
const nodes = (plan) => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** Plan and run of a statement as a role: { scans: ['Seq Scan users', ...], calls, rows } without what was never executed. */
async function explain(role, sql, params, tenant) {
	const client = await cluster.connect(role);
	try {
		await client.query('BEGIN');
		if (tenant) await client.query("SELECT set_config('app.current_user_id', $1, true)", [tenant]);
		const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, params);
		const plan = rows[0]['QUERY PLAN'][0].Plan;
		return {
			plan,
			scans: nodes(plan).filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']),
			calls: nodes(plan).filter((node) => node['Node Type'] === 'Function Scan').map((node) => node['Function Name']),
			rows: plan['Actual Rows'],
		};
	} finally {
		await client.end();
	}
}

const HOT = [
	['a key by its hash', 'yavio_ingest', `
		SELECT id, project_id, workspace_id, expires_at, revoked_at FROM api_keys WHERE key_hash = ANY (ARRAY[$1, $2])`,
	["sha256('key7')", "sha256('no such')"], 1],
	['one\'s workspaces', 'yavio_app', `
		SELECT w.id, w.name, w.slug, m.role, w.plan
		FROM workspace_members AS m JOIN workspaces AS w ON w.id = m.workspace_id
		WHERE m.user_id = $1 ORDER BY w.created_at LIMIT 100`, [() => me], 3],
	['a workspace', 'yavio_app', 'SELECT id, name FROM workspaces WHERE id = $1', [() => workspace], 1],
	['the projects of a workspace', 'yavio_app', `
		SELECT id, name, slug FROM projects WHERE workspace_id = $1 ORDER BY name LIMIT 25`, [() => workspace], 1],
	['the members of a workspace', 'yavio_app', `
		SELECT m.user_id, u.name, u.email, m.role FROM workspace_members AS m JOIN users AS u ON u.id = m.user_id
		WHERE m.workspace_id = $1 ORDER BY m.joined_at LIMIT 25`, [() => workspace], 3],
	['the keys of a project', 'yavio_app', `
		SELECT id, name, key_prefix FROM api_keys WHERE project_id = $1 AND workspace_id = $2
		ORDER BY created_at DESC LIMIT 25`, [() => project, () => workspace], 1],
	['the audit log of a workspace', 'yavio_app', `
		SELECT id, at, action FROM audit_log WHERE workspace_id = $1 ORDER BY at DESC, id DESC LIMIT 25`,
	[() => workspace], 4],
	['one\'s logins', 'yavio_app', 'SELECT id, method FROM sessions WHERE user_id = $1', [() => me], 2],
	['one\'s erasures', 'yavio_app', `
		SELECT id, state FROM erasures WHERE requested_by = $1 ORDER BY requested_at DESC LIMIT 25`, [() => me], 1],
	['the next job', 'yavio_service', `
		SELECT id FROM jobs WHERE state = 'queued' AND run_at <= now() ORDER BY priority, run_at, id LIMIT 1
		FOR UPDATE SKIP LOCKED`, [], 1],
	['logins to clean up', 'yavio_service', 'SELECT id FROM sessions WHERE expires_at < now() LIMIT 1000', [], 0],
	['attempts to clean up', 'yavio_service', `
		SELECT id FROM login_attempts WHERE at < now() - interval '24 hours' LIMIT 1000`, [], 0],
];

/** What the functions do inside, as their owner: the plan cannot be read through the call. */
const INSIDE = [
	['auth_session', `SELECT * FROM sessions AS s WHERE s.token_hash = $1 AND s.expires_at > now()
		AND s.created_at > now() - make_interval(days => 180)`, ["sha256('session7')"], 1],
	// In one plan with what it asks: a part that were called by itself would be planned anew each time.
	['auth_account', 'SELECT * FROM login_account($1, 180)', ["sha256('session7')"], 3],
	['auth_workspaces', "SELECT * FROM login_workspaces($1, 180, 25, 0, 'name', false)", ["sha256('session7')"], 3],
	['auth_workspaces behind the last', 'SELECT * FROM login_workspaces_end($1, 180)', ["sha256('session7')"], 1],
	['auth_login', 'SELECT id FROM users WHERE email = $1', ["'user7@example.com'"], 1],
	['auth_attempt', `SELECT at FROM login_attempts AS a WHERE a.kind = 'password' AND a.subject = $1
		AND a.at > now() - interval '24 hours'`, ["'user7@example.com'"], 10],
	['auth_invitation', `SELECT i.id FROM invitations AS i JOIN workspaces AS w ON w.id = i.workspace_id
		WHERE i.token_hash = $1`, ["sha256('invitation7')"], 1],
	['auth_token_use', 'SELECT id FROM verification_tokens WHERE token_hash = $1', ["sha256('token7')"], 1],
	['auth_erasure', 'SELECT state FROM erasures WHERE receipt_hash = $1', ["sha256('receipt7')"], 1],
	['app_workspaces', "SELECT workspace_id FROM workspace_members WHERE user_id = $1 AND role = 'member'", [() => me], 2],
];

const fill = (sql, params) =>
	params.reduce((text, param, i) =>
		text.replaceAll(`$${i + 1}`, typeof param === 'function' ? `'${param()}'::uuid` : param), sql);

describe('plans', () => {
	for (const [what, role, sql, params, rows] of HOT) {
		it(`${what}: by index`, async () => {
			const result = await explain(role, fill(sql, params), [], role === 'yavio_app' ? me : undefined);
			assert.deepEqual(result.scans, [], JSON.stringify(result.plan, null, 1));
			assert.equal(result.rows, rows);
		});
	}
	for (const [what, sql, params, rows] of INSIDE) {
		it(`inside ${what}: by index`, async () => {
			const result = await explain('yavio_service', fill(sql, params), []);
			assert.deepEqual(result.scans, [], JSON.stringify(result.plan, null, 1));
			assert.deepEqual(result.calls, [], JSON.stringify(result.plan, null, 1));
			assert.equal(result.rows, rows);
		});
	}

	it('a login, its tenant and its workspaces take less than 5 ms of the server', async (t) => {
		const client = await cluster.connect('yavio_app');
		const hash = createHash('sha256').update('session7').digest();
		const server = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
		const before = cpuMs(server);
		const times = 200;
		for (let i = 0; i < times; i++) {
			await client.query('BEGIN');
			const { rows: [login] } = await client.query({ name: 'session', text: 'SELECT * FROM auth_session($1, 30, 180)',
				values: [hash] });
			const { rows } = await client.query({ name: 'workspaces', text: HOT[1][2], values: [login.user_id] });
			await client.query('COMMIT');
			assert.equal(rows.length, 3);
		}
		const each = (cpuMs(server) - before) / times;
		await client.end();
		t.diagnostic(`${each.toFixed(3)} ms`);
		assert.ok(each < 5, `${each.toFixed(3)} ms`);
	});
});
