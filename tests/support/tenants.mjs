// SPDX-License-Identifier: MIT
// Two tenants with a person of every role, one who is in both, and a row of everything; and the model that says
// which of those rows each person may see, change and delete. The model is written from the rules, not from the policies.
import { createHash, randomUUID } from 'node:crypto';

const RANK = { viewer: 1, member: 2, admin: 3, owner: 4 };
export const MEMBER_ROLES = ['owner', 'admin', 'member', 'viewer'];

/** 32 bytes that stand for a hash, as a bytea literal. */
export const hash = (text) => `'\\x${createHash('sha256').update(text).digest('hex')}'::bytea`;

/** A value as an SQL literal; { raw } passes through. */
export function literal(value) {
	if (value === null || value === undefined) return 'NULL';
	if (typeof value === 'object') return value.raw;
	if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
	return String(value);
}

export const raw = (text) => ({ raw: text });

/** INSERT of one row given as { column: value }. */
export function insert(table, row, tail = '') {
	const columns = Object.keys(row);
	return `INSERT INTO yavio.${table} (${columns.join(', ')})
		VALUES (${columns.map((column) => literal(row[column])).join(', ')}) ${tail}`;
}

const SOON = raw("now() + interval '1 hour'");

/** Rows of tenant `letter` by table, in an order that foreign keys accept. */
function tenantRows(letter, people, both) {
	const t = { workspace: randomUUID(), project: randomUUID(), key: randomUUID() };
	const owner = people.owner;
	const users = Object.entries(people).map(([role, id]) => ({
		id, email: `${role}@${letter}.example`, name: `${letter} ${role}`, password_hash: '$argon2id$secret',
		email_verified_at: raw('now()'), email_proof: 'mail',
	}));
	const mine = (extra) => ({ id: randomUUID(), user_id: owner, ...extra });
	t.rows = {
		users,
		workspaces: [{ id: t.workspace, name: `Tenant ${letter}`, slug: `tenant-${letter}`, owner_id: owner }],
		workspace_members: [
			...Object.entries(people).map(([role, id]) => ({ workspace_id: t.workspace, user_id: id, role })),
			{ workspace_id: t.workspace, user_id: both, role: letter === 'a' ? 'viewer' : 'member' },
		],
		oauth_accounts: [mine({ provider: 'github', provider_account_id: `gh-${letter}` })],
		sessions: Object.values(people).map((id) => ({
			id: randomUUID(), user_id: id, token_hash: raw(hash(`session ${id}`)), stage: 'full', method: 'password',
			expires_at: SOON,
		})),
		user_totp: [{ user_id: owner, secret_enc: 'v1:k1:x', confirmed_at: raw('now()') }],
		recovery_codes: [mine({ code_hash: raw(hash(`code ${letter}`)) })],
		verification_tokens: [
			mine({ token_hash: raw(hash(`token ${letter}`)), type: 'password_reset', expires_at: SOON }),
		],
		login_attempts: [{ kind: 'password', subject: `owner@${letter}.example`, ip: '192.0.2.1' }],
		invitations: [{
			id: randomUUID(), workspace_id: t.workspace, email: `guest@${letter}.example`, role: 'member',
			invited_by: owner, token_hash: raw(hash(`invitation ${letter}`)), expires_at: SOON,
		}],
		projects: [{ id: t.project, workspace_id: t.workspace, name: 'Project', slug: 'project' }],
		api_keys: [{
			id: t.key, project_id: t.project, workspace_id: t.workspace, key_hash: raw(hash(`key ${letter}`)),
			hash_kid: 'h1', key_prefix: 'yav_01234567', name: 'Default', created_by: owner,
		}],
		audit_log: [
			{ workspace_id: t.workspace, actor_user_id: owner, actor_kind: 'user', action: 'project.create', ip: '192.0.2.1',
				user_agent: 'browser' },
			{ workspace_id: null, actor_user_id: owner, actor_kind: 'user', action: 'auth.login', ip: '192.0.2.1',
				user_agent: 'browser' },
			{ workspace_id: null, actor_user_id: people.viewer, actor_kind: 'user', action: 'auth.login' },
		],
		erasures: [{
			id: randomUUID(), scope: 'workspace', workspace_id: randomUUID(), project_ids: raw("'{}'"), requested_by: owner,
			receipt_hash: raw(hash(`receipt ${letter}`)),
		}],
		jobs: [{ kind: 'mail.reset', payload: `{"email":"owner@${letter}.example"}` }],
		stripe_webhook_events: [{ event_id: `evt_${letter}`, event_type: 'invoice.paid' }],
	};
	return t;
}

/** Primary key columns of each table that app may read. */
export const KEYS = {
	users: ['id'], oauth_accounts: ['id'], sessions: ['id'], user_totp: ['user_id'], recovery_codes: ['id'],
	workspaces: ['id'], workspace_members: ['workspace_id', 'user_id'], invitations: ['id'], projects: ['id'],
	api_keys: ['id'], audit_log: ['id'], erasures: ['id'],
};

/** Fills a migrated database through `client` (yavio_service) and returns the two tenants and the model over them. */
export async function seedTenants(client) {
	const both = randomUUID();
	const people = Object.fromEntries(
		['a', 'b'].map((letter) => [letter, Object.fromEntries(MEMBER_ROLES.map((role) => [role, randomUUID()]))]),
	);
	const bothRow = { id: both, email: 'both@example.com', name: 'Both', email_verified_at: raw('now()') };
	const tenants = Object.fromEntries(['a', 'b'].map((letter) => [letter, tenantRows(letter, people[letter], both)]));
	await client.query(insert('users', bothRow));
	for (const letter of ['a', 'b']) {
		for (const [table, rows] of Object.entries(tenants[letter].rows)) {
			for (const row of rows) {
				const { rows: [stored] } = await client.query(insert(table, row, 'RETURNING *'));
				if (table === 'audit_log') row.id = stored.id;
			}
		}
	}
	const rows = Object.fromEntries(
		Object.keys(tenants.a.rows).map((table) => [table, [...tenants.a.rows[table], ...tenants.b.rows[table]]]),
	);
	rows.users.push(bothRow);
	return new World({ people, both, tenants, rows });
}

/** The fixture and its model. */
export class World {
	constructor({ people, both, tenants, rows }) {
		Object.assign(this, { people, both, tenants, rows });
		/** Everybody: { name, id }. */
		this.actors = [
			...['a', 'b'].flatMap((letter) =>
				MEMBER_ROLES.map((role) => ({ name: `${letter}.${role}`, id: people[letter][role] }))),
			{ name: 'both', id: both },
		];
	}

	/** Rank of a person in a workspace, 0 for a stranger. */
	rank(person, workspace) {
		const row = this.rows.workspace_members.find((m) => m.workspace_id === workspace && m.user_id === person);
		return row ? RANK[row.role] : 0;
	}

	/** Whether `me` is at least member of a workspace that `other` is in. */
	comember(me, other) {
		return this.rows.workspace_members.some((m) => m.user_id === other && this.rank(me, m.workspace_id) >= 2);
	}

	/** Rows of a table for which the person may do it: 'select', 'update' or 'delete'. */
	allowed(person, table, verb) {
		const rule = RULES[table][verb];
		return rule ? this.rows[table].filter((row) => rule(row, person, this)) : [];
	}
}

const own = (row, me) => row.user_id === me;
const ownAlways = { select: own, update: own, delete: own };
const atLeast = (rank) => (row, me, world) => world.rank(me, row.workspace_id) >= rank;

const RULES = {
	users: {
		select: (row, me, world) => row.id === me || world.comember(me, row.id),
		update: (row, me) => row.id === me,
		delete: (row, me) => row.id === me,
	},
	oauth_accounts: ownAlways,
	sessions: ownAlways,
	user_totp: ownAlways,
	recovery_codes: ownAlways,
	workspaces: {
		select: (row, me, world) => row.owner_id === me || world.rank(me, row.id) >= 1,
		update: (row, me, world) => world.rank(me, row.id) >= 3,
		delete: (row, me) => row.owner_id === me,
	},
	workspace_members: {
		select: (row, me, world) => row.user_id === me || world.rank(me, row.workspace_id) >= 2,
		update: (row, me, world) => row.role !== 'owner' && world.rank(me, row.workspace_id) >= 3,
		delete: (row, me, world) =>
			row.role !== 'owner' && (row.user_id === me || world.rank(me, row.workspace_id) >= 3),
	},
	invitations: { select: atLeast(3), delete: atLeast(3) },
	projects: { select: atLeast(1), update: atLeast(3), delete: atLeast(3) },
	api_keys: { select: atLeast(2), update: atLeast(3) },
	audit_log: {
		select: (row, me, world) =>
			row.workspace_id === null ? row.actor_user_id === me : world.rank(me, row.workspace_id) >= 3,
	},
	erasures: { select: (row, me) => row.requested_by === me },
};
