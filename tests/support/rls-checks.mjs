// SPDX-License-Identifier: MIT
// The checks of roles, policies and grants, each a function that returns its failures: run once as tests, and again
// under every mutation of the schema, where at least one must fail.
import { randomUUID } from 'node:crypto';
import { FUNCTIONS, GRANTS, insertable, updateAll } from './grants.mjs';
import { KEYS, hash, insert, literal, raw } from './tenants.mjs';

const APP = 'yavio_app';
const INGEST = 'yavio_ingest';
const DENIED = '42501';
const SECRETS = ['password_hash', 'token_hash', 'key_hash', 'receipt_hash', 'setup_token_hash'];
const NO_TENANT_NEEDED = ['jobs', 'stripe_webhook_events', 'schema_migrations'];

const appTables = Object.keys(GRANTS[APP]);
/** Every table of the schema; Q1 below finds one that is missing here. */
const TABLES = [...appTables, 'verification_tokens', 'login_attempts', 'instance'];

/** Functions that pass on to others and look nothing up by their path. */
const UNPINNED = ['auth_account', 'auth_workspaces'];

/** Collects failures; expect() compares and says what was asked of whom. */
class Failures extends Array {
	expect(what, got, want) {
		const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
		if (a !== b) this.push(`${what}: got ${a}, want ${b}`);
	}
}

const check = (q, name, tables, body) => ({
	q,
	name,
	tables,
	async run(db, world) {
		const failures = new Failures();
		await body(db, world, failures);
		return [...failures];
	},
});

/** A check that holds for each table by itself. */
const perTable = (q, name, tables, body) =>
	tables.map((table) => check(q, `${name}: ${table}`, [table], (db, world, f) => body(db, world, f, table)));

/** A check of the catalog: the rows of a query as the service role, against a list. */
const catalog = (q, name, sql, want = []) =>
	check(q, name, null, async (db, world, f) => {
		f.expect(name, (await db.service(sql)).map((row) => Object.values(row).join(' ')).sort(), want);
	});

const catalogChecks = [
	catalog('Q1', 'tables without row-level security', `
		SELECT relname FROM pg_class
		WHERE relnamespace = 'yavio'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity`),
	catalog('Q1', 'tables', "SELECT relname FROM pg_class WHERE relnamespace = 'yavio'::regnamespace AND relkind = 'r'",
		[...TABLES].sort()),
	catalog('Q2', 'privileged attributes of the three roles', `
		SELECT rolname FROM pg_roles
		WHERE rolname IN ('yavio_service', 'yavio_app', 'yavio_ingest')
			AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit)`),
	catalog('Q3', 'objects owned by app or ingest, memberships of theirs', `
		SELECT r.rolname, 'owns', d.objid::text FROM pg_shdepend AS d JOIN pg_roles AS r ON r.oid = d.refobjid
		WHERE d.deptype = 'o' AND d.refclassid = 'pg_authid'::regclass AND r.rolname IN ('yavio_app', 'yavio_ingest')
		UNION ALL
		SELECT r.rolname, 'member of', m.roleid::regrole::text FROM pg_auth_members AS m
		JOIN pg_roles AS r ON r.oid = m.member WHERE r.rolname IN ('yavio_app', 'yavio_ingest')`),
	// A body that is kept parsed looks nothing up when it runs: it needs no path.
	catalog('Q4', 'functions open to PUBLIC or without the pinned path', `
		SELECT p.proname FROM pg_proc AS p
		WHERE p.pronamespace = 'yavio'::regnamespace
			AND ((p.prosqlbody IS NULL AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, yavio, pg_temp'])
				OR EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) WHERE grantee = 0))`, UNPINNED),
	// These may do without: nothing in them is looked up by the path, no operator, no type, no name without its schema.
	catalog('Q4', 'functions without the pinned path that do more than pass on', `
		SELECT p.proname FROM pg_proc AS p
		WHERE p.pronamespace = 'yavio'::regnamespace AND p.prosqlbody IS NULL AND p.proconfig IS NULL
			AND regexp_replace(p.prosrc,
				'(RETURN QUERY SELECT \\*|PERFORM) FROM yavio\\.[a-z_]+\\([a-z_, ]*\\);|IF NOT FOUND THEN|END IF;|BEGIN|END|\\s', '', 'g') <> ''`),
	catalog('Q4', 'functions that run with their caller\'s rights', `
		SELECT p.proname FROM pg_proc AS p
		WHERE p.pronamespace = 'yavio'::regnamespace AND NOT p.prosecdef`, ['access_changed', 'app_no_tenant', 'app_uid', 'jobs_wake',
		'login_account', 'login_in_use', 'login_workspaces', 'login_workspaces_end']),
	catalog('Q5', 'policies that are true', `
		SELECT policyname FROM pg_policies WHERE schemaname = 'yavio' AND 'true' IN (qual, with_check)`,
	['api_keys_ingest', 'schema_migrations_select', 'stripe_webhook_events_insert']),
	catalog('Q6', 'secrets that app may select', `
		SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'yavio' AND column_name IN (${SECRETS.map(literal)})
			AND has_column_privilege('yavio_app', format('yavio.%I', table_name), column_name, 'SELECT')`),
	catalog('Q7', 'views that run as their owner, materialised views', `
		SELECT relname FROM pg_class
		WHERE relnamespace = 'yavio'::regnamespace
			AND (relkind = 'm' OR (relkind = 'v' AND NOT coalesce(reloptions, '{}') @> ARRAY['security_invoker=true']))`),
	catalog('Q7', 'foreign keys whose first column leads no whole index', `
		SELECT c.conrelid::regclass, c.conname FROM pg_constraint AS c
		WHERE c.contype = 'f' AND c.connamespace = 'yavio'::regnamespace
			AND NOT EXISTS (
				SELECT FROM pg_index AS i
				WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL AND i.indisvalid)`),
];

/** A statement of each verb that a table grants, without naming a row. */
function statements(table, world) {
	const { select, insert: ins, update, delete: del } = GRANTS[APP][table];
	const list = {};
	if (select) list.select = `SELECT count(*) FROM yavio.${table}`;
	if (ins && insertable(world)[table]) list.insert = insert(table, insertable(world)[table].row);
	if (update) list.update = updateAll(table, update);
	if (del) list.delete = `DELETE FROM yavio.${table}`;
	return list;
}

const q8 = perTable('Q8', 'no tenant set', appTables, async (db, world, f, table) => {
	for (const [verb, sql] of Object.entries(statements(table, world))) {
		const { code } = await db.as(APP, null, sql);
		f.expect(`${verb} ${table} without a tenant`, code, NO_TENANT_NEEDED.includes(table) ? null : DENIED);
	}
});

const keyOf = (table, row) => KEYS[table].map((column) => String(row[column])).join('/');
const keySql = (table) => KEYS[table].map((column) => `${column}::text`).join(" || '/' || ");

const readable = Object.keys(KEYS);

const q10 = perTable('Q10', 'every person sees exactly the rows the rules give', readable, async (db, world, f, table) => {
	for (const { name, id } of world.actors) {
		const allowed = world.allowed(id, table, 'select').map((row) => keyOf(table, row)).sort();
		const seen = await db.as(APP, id, `SELECT ${keySql(table)} AS key FROM yavio.${table}`);
		f.expect(`${name} reads ${table}`, seen.code ?? seen.rows.map((row) => row.key).sort(), allowed);
		const others = world.rows[table].map((row) => keyOf(table, row)).filter((key) => !allowed.includes(key));
		if (others.length === 0) continue;
		const stolen = await db.as(APP, id,
			`SELECT FROM yavio.${table} WHERE ${keySql(table)} IN (${others.map(literal)})`);
		f.expect(`${name} reads foreign ids of ${table}`, stolen.code ?? stolen.count, 0);
	}
});

const q11write = perTable('Q11', 'every person changes exactly the rows the rules give', readable,
	async (db, world, f, table) => {
		const { update, delete: del } = GRANTS[APP][table];
		for (const { name, id } of world.actors) {
			if (update) {
				const { code, count } = await db.as(APP, id, updateAll(table, update));
				f.expect(`${name} updates ${table}`, code ?? count, world.allowed(id, table, 'update').length);
			}
			if (!del) continue;
			const { code, count } = await db.as(APP, id, `DELETE FROM yavio.${table}`);
			// The only deletion of an allowed row that fails: an account that still owns a workspace.
			const held = table === 'users' && world.rows.workspaces.some((row) => row.owner_id === id);
			f.expect(`${name} deletes from ${table}`, code ?? count,
				held ? '23503' : world.allowed(id, table, 'delete').length);
		}
	});

/** Who may insert into a workspace: rank by table. */
const INSERT_RANK = { invitations: 3, projects: 3, api_keys: 3, audit_log: 1 };

const q11insert = perTable('Q11', 'who may insert into a workspace', Object.keys(INSERT_RANK),
	async (db, world, f, table) => {
		for (const { name, id } of world.actors) {
			const { row } = insertable(world)[table];
			const me = { invited_by: id, created_by: id, actor_user_id: id };
			const mine = Object.fromEntries(Object.entries(row).map(([column, value]) => [column, me[column] ?? value]));
			const { code } = await db.as(APP, id, insert(table, mine));
			const enough = world.rank(id, world.tenants.a.workspace) >= INSERT_RANK[table];
			f.expect(`${name} inserts into ${table} of A`, code, enough ? null : DENIED);
		}
	});

const PERSONAL = ['users', 'oauth_accounts', 'sessions', 'user_totp', 'recovery_codes', 'workspaces', 'erasures'];

const q11personal = perTable('Q11', 'nobody inserts in another\'s name', PERSONAL,
	async (db, world, f, table) => {
		const stranger = world.people.b.owner;
		const { row } = insertable(world)[table] ?? newUser();
		const { code } = await db.as(APP, stranger, insert(table, row));
		f.expect(`b.owner inserts a row of another into ${table}`, code, DENIED);
	});

const q12 = check('Q12', 'a key with one\'s own workspace and a foreign project', ['api_keys'], async (db, world, f) => {
	const row = { ...insertable(world).api_keys.row, workspace_id: world.tenants.b.workspace,
		created_by: world.people.b.owner };
	f.expect('key of A\'s project in B\'s workspace', (await db.as(APP, world.people.b.owner, insert('api_keys', row))).code,
		'23503');
});

const q13 = check('Q13', 'nobody makes himself a member', ['workspace_members'], async (db, world, f) => {
	const workspace = world.tenants.a.workspace;
	const join = (user, role) => insert('workspace_members', { workspace_id: workspace, user_id: user, role });
	for (const role of ['owner', 'admin', 'member', 'viewer']) {
		const { code } = await db.as(APP, world.people.b.owner, join(world.people.b.owner, role));
		f.expect(`b.owner joins A as ${role}`, code, DENIED);
		for (const inviter of ['admin', 'owner']) {
			const added = await db.as(APP, world.people.a[inviter], join(world.people.b.owner, role));
			f.expect(`a.${inviter} adds a stranger as ${role}`, added.code, DENIED);
		}
	}
	const fresh = { id: randomUUID(), name: 'Fresh', slug: 'fresh-one', owner_id: world.people.a.owner };
	for (const [user, role] of [[world.people.a.owner, 'admin'], [world.people.b.owner, 'owner']]) {
		const { code } = await db.as(APP, world.people.a.owner, insert('workspaces', fresh),
			insert('workspace_members', { workspace_id: fresh.id, user_id: user, role }));
		f.expect(`the creator adds a first member as ${role}`, code, DENIED);
	}
});

const q14 = check('Q14', 'viewer and member get no further', ['workspace_members', 'projects', 'api_keys', 'invitations',
	'audit_log', 'users'], async (db, world, f) => {
	const { workspace } = world.tenants.a;
	for (const role of ['viewer', 'member']) {
		const me = world.people.a[role];
		const count = async (what, sql) => f.expect(`a.${role} ${what}`, await db.as(APP, me, sql)
			.then(({ code, count }) => code ?? count), 0);
		for (const wanted of ['admin', 'member', 'viewer', 'owner'].filter((other) => other !== role)) {
			await count(`makes himself ${wanted}`,
				`UPDATE yavio.workspace_members SET role = '${wanted}' WHERE user_id = ${literal(me)}`);
		}
		for (const table of ['projects', 'api_keys']) {
			f.expect(`a.${role} inserts into ${table}`,
				(await db.as(APP, me, insert(table, insertable(world)[table].row))).code, DENIED);
		}
		await count('reads invitations', 'SELECT id FROM yavio.invitations');
		await count('reads the audit log', `SELECT id FROM yavio.audit_log WHERE workspace_id = ${literal(workspace)}`);
		if (role !== 'viewer') continue;
		await count('reads keys', 'SELECT id FROM yavio.api_keys');
		await count('reads members', `SELECT role FROM yavio.workspace_members WHERE user_id <> ${literal(me)}`);
		await count('reads people', `SELECT id FROM yavio.users WHERE id <> ${literal(me)}`);
	}
});

const q15 = check('Q15', 'an admin is not the owner', ['workspace_members', 'workspaces'], async (db, world, f) => {
	const { admin, owner } = world.people.a;
	const workspace = literal(world.tenants.a.workspace);
	const result = async (sql) => db.as(APP, admin, sql).then(({ code, count }) => code ?? count);
	const ownerRow = `workspace_id = ${workspace} AND user_id = ${literal(owner)}`;
	f.expect('changes the owner', await result(`UPDATE yavio.workspace_members SET role = 'admin' WHERE ${ownerRow}`), 0);
	f.expect('removes the owner', await result(`DELETE FROM yavio.workspace_members WHERE ${ownerRow}`), 0);
	f.expect('makes himself owner', await result(
		`UPDATE yavio.workspace_members SET role = 'owner' WHERE user_id = ${literal(admin)}`), DENIED);
	f.expect('moves ownership', (await db.as(APP, admin,
		`SELECT workspace_transfer(${workspace}, ${literal(admin)}) AS moved`)).rows[0]?.moved, false);
	f.expect('deletes the workspace', await result(`DELETE FROM yavio.workspaces WHERE id = ${workspace}`), 0);
	for (const column of ['owner_id', 'plan', 'billing_status', 'spending_cap', 'stripe_customer_id']) {
		f.expect(`sets ${column}`, await result(`UPDATE yavio.workspaces SET ${column} = DEFAULT`), DENIED);
	}
});

/** Every right of the matrix is there: one statement uses all columns of a verb. */
const granted = perTable('Q16', 'what is granted works', appTables, async (db, world, f, table) => {
	const me = world.people.a.owner;
	const { select, insert: ins, update, delete: del } = GRANTS[APP][table];
	const outcome = ({ code, count }) => code ?? (count > 0 ? 'rows' : 'no row');
	if (select) {
		f.expect(`select ${table}`, outcome(await db.as(APP, me, `SELECT ${select.join(', ')} FROM yavio.${table}`)), 'rows');
	}
	if (ins) {
		const { before = [], row, returning = true } = insertable(world)[table] ?? newUser();
		const who = table === 'users' ? row.id : me;
		const sql = insert(table, row, returning ? `RETURNING ${KEYS[table][0]}` : 'ON CONFLICT DO NOTHING');
		f.expect(`${table}: columns of the sample`, Object.keys(row), ins);
		f.expect(`insert ${table}`, outcome(await db.as(APP, who, ...before, sql)), 'rows');
	}
	// The first row this person may change, by key: the read and the write policy together.
	const target = (verb) => {
		const row = world.allowed(me, table, verb)[0];
		return `WHERE ${KEYS[table].map((column) => `${column} = ${literal(row[column])}`).join(' AND ')}`;
	};
	if (update) f.expect(`update ${table}`, outcome(await db.as(APP, me, updateAll(table, update, target('update')))), 'rows');
	if (del && table !== 'users') {
		f.expect(`delete ${table}`, outcome(await db.as(APP, me, `DELETE FROM yavio.${table} ${target('delete')}`)), 'rows');
	}
});

const newUser = () => ({
	row: { id: randomUUID(), email: 'new@example.com', name: 'New', password_hash: '$argon2id$x',
		email_verified_at: raw('now()'), email_proof: 'mail', last_login_at: raw('now()') },
});

/** Nothing else is: each column and verb that the matrix leaves out. */
const withheld = (role) => perTable('Q16', `what is not granted to ${role} is refused`, TABLES,
	async (db, world, f, table) => {
		const tenant = world.people.a.owner;
		const rights = GRANTS[role][table] ?? {};
		// By the missing right, not by a policy that happens to refuse the row: both are 42501.
		const refused = async (what, sql) => {
			const { code, message = '' } = await db.as(role, tenant, sql);
			f.expect(`${role}: ${what}`, [code, message.startsWith('permission denied')], [DENIED, true]);
		};
		const columns = await db.service(`
			SELECT attname AS name FROM pg_attribute
			WHERE attrelid = 'yavio.${table}'::regclass AND attnum > 0 AND NOT attisdropped`);
		for (const { name } of columns) {
			if (!rights.select?.includes(name)) await refused(`select ${name}`, `SELECT ${name} FROM yavio.${table}`);
			if (!rights.insert?.includes(name)) {
				await refused(`insert ${name}`, `INSERT INTO yavio.${table} (${name}) VALUES (DEFAULT)`);
			}
			if (!rights.update?.includes(name)) {
				await refused(`update ${name}`, `UPDATE yavio.${table} SET ${name} = DEFAULT`);
			}
		}
		if (!rights.delete) await refused('delete', `DELETE FROM yavio.${table}`);
		await refused('truncate', `TRUNCATE yavio.${table} CASCADE`);
	});

const q17 = check('Q17', 'the audit log only grows, and in one\'s own name', ['audit_log'], async (db, world, f) => {
	const { owner, admin } = world.people.a;
	const { row } = insertable(world).audit_log;
	const code = async (sql) => (await db.as(APP, owner, sql)).code;
	f.expect('update', await code("UPDATE yavio.audit_log SET action = 'x'"), DENIED);
	f.expect('delete', await code('DELETE FROM yavio.audit_log'), DENIED);
	f.expect('another actor', await code(insert('audit_log', { ...row, actor_user_id: admin })), DENIED);
	f.expect('no actor', await code(insert('audit_log', { ...row, actor_user_id: null })), DENIED);
	f.expect('another kind', await code(insert('audit_log', { ...row, actor_kind: 'system' })), DENIED);
	f.expect('no workspace', await code(insert('audit_log', { ...row, workspace_id: null })), null);
	f.expect('a workspace that is not', await code(insert('audit_log', { ...row, workspace_id: randomUUID() })), DENIED);
});

const rules = check('Q11', 'an invitation is new and from the caller, a job of the dashboard\'s kinds', ['invitations', 'jobs'],
	async (db, world, f) => {
		const { owner, admin } = world.people.a;
		const { row } = insertable(world).invitations;
		const code = async (sql) => (await db.as(APP, owner, sql)).code;
		f.expect('from another', await code(insert('invitations', { ...row, invited_by: admin })), DENIED);
		f.expect('from nobody', await code(insert('invitations', { ...row, invited_by: null })), DENIED);
		f.expect('accepted already', await code(insert('invitations', { ...row, accepted_at: raw('now()') })), DENIED);
		for (const kind of ['cron.cleanup', 'mail', 'mail.anything', 'erase', '']) {
			f.expect(`job ${kind}`, await code(insert('jobs', { kind })), DENIED);
		}
		for (const kind of ['verify', 'account_exists', 'reset', 'invite', 'locked', 'security']) {
			f.expect(`job mail.${kind}`, await code(insert('jobs', { kind: `mail.${kind}` })), null);
		}
		f.expect('job erase.events', await code(insert('jobs', { kind: 'erase.events' })), null);
		f.expect('job stripe.event', await code(insert('jobs', { kind: 'stripe.event' })), null);
	});

const q19 = check('Q19', 'ingest reads keys by hash and nothing else', ['api_keys', 'users', 'projects',
	'schema_migrations'], async (db, world, f) => {
	const run = (sql) => db.as(INGEST, null, sql);
	for (const [table, { select }] of Object.entries(GRANTS[INGEST])) {
		const { code, count } = await run(`SELECT ${select.join(', ')} FROM yavio.${table}`);
		f.expect(`reads every row of ${table}`, code ?? count, table === 'api_keys' ? 2 : world.migrations);
	}
	const { code, count } = await run(`SELECT id FROM yavio.api_keys WHERE key_hash = ${hash('key a')}`);
	f.expect('finds a key', code ?? count, 1);
	for (const sql of ['SELECT id FROM yavio.users', 'SELECT id FROM yavio.projects', 'SELECT name FROM yavio.api_keys',
		'UPDATE yavio.api_keys SET last_used_at = now()', "SELECT auth_login('owner@a.example')",
		'SELECT app_workspaces(1)']) {
		f.expect(sql, (await run(sql)).code, DENIED);
	}
});

const functions = check('Q19', 'each function answers the one role it is for', ['functions'], async (db, world, f) => {
	const tenant = world.people.a.owner;
	for (const [role, calls] of Object.entries(FUNCTIONS)) {
		for (const [name, call] of Object.entries(calls)) {
			if (call) f.expect(`${role} calls ${name}`, (await db.as(role, tenant, `SELECT yavio.${call}`)).code, null);
			for (const other of Object.keys(FUNCTIONS).filter((one) => one !== role)) {
				if (call) f.expect(`${other} calls ${name}`, (await db.as(other, tenant, `SELECT yavio.${call}`)).code, DENIED);
			}
		}
	}
	const grants = await db.service(`
		SELECT p.proname, g.grantee::regrole::text AS role FROM pg_proc AS p, aclexplode(p.proacl) AS g
		WHERE p.pronamespace = 'yavio'::regnamespace AND g.grantee <> p.proowner ORDER BY 1, 2`);
	const want = Object.entries(FUNCTIONS).flatMap(([role, calls]) => Object.keys(calls).map((name) => `${name} ${role}`));
	const got = grants.map((g) => `${g.proname} ${g.role}`);
	f.expect('executable beyond the list', got.filter((one) => !want.includes(one)), []);
	f.expect('not executable', want.filter((one) => !got.includes(one)), []);
});

/** Every check that both executors can run; those of connections, pools and races are in the test file. */
export const CHECKS = [
	...catalogChecks, ...granted, ...q10, ...q11write, ...q11insert, ...q11personal, rules, q12, q13, q14, q15, q17, q19, ...withheld(APP),
	...withheld(INGEST), ...q8, functions,
];

/**
 * Failures of the checks. Those of `table` come first, and of these the ones whose name begins with `hint`: first: true
 * stops at the first check that fails.
 */
export async function failuresOf(db, world, { table, hint, first = false } = {}) {
	const distance = (one) => (table && one.tables?.includes(table) ? (hint && one.name.startsWith(hint) ? 0 : 1) : 2);
	const all = [];
	for (const one of [...CHECKS].sort((a, b) => distance(a) - distance(b))) {
		all.push(...(await one.run(db, world)).map((failure) => `${one.q} ${failure}`));
		if (first && all.length > 0) break;
	}
	return all;
}
