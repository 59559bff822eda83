// SPDX-License-Identifier: MIT
// What each role may do, column by column, and a statement that uses every right of a table at once.
import { randomUUID } from 'node:crypto';
import { hash, insert, literal, raw } from './tenants.mjs';

const words = (text) => text.trim().split(/\s+/);

/** Columns by role, table and verb; delete is true or absent. Functions by role. Nothing else is granted. */
export const GRANTS = {
	yavio_app: {
		users: {
			select: words('id email name has_password email_verified_at email_proof last_login_at updated_at created_at'),
			insert: words('id email name password_hash email_verified_at email_proof last_login_at'),
			update: words('name password_hash email_verified_at email_proof last_login_at updated_at'),
			delete: true,
		},
		oauth_accounts: {
			select: words(`id user_id provider provider_account_id email access_token_enc refresh_token_enc expires_at
				created_at`),
			insert: words('id user_id provider provider_account_id email access_token_enc refresh_token_enc expires_at'),
			update: words('email access_token_enc refresh_token_enc expires_at'),
			delete: true,
		},
		sessions: {
			select: words('id user_id stage method auth_at ip user_agent last_seen_at expires_at created_at'),
			insert: words('id user_id token_hash stage method auth_at ip user_agent expires_at'),
			update: words('auth_at'),
			delete: true,
		},
		user_totp: {
			select: words('user_id secret_enc confirmed_at last_step created_at'),
			insert: words('user_id secret_enc confirmed_at last_step'),
			update: words('secret_enc confirmed_at last_step created_at'),
			delete: true,
		},
		recovery_codes: {
			select: words('id user_id code_hash used_at created_at'),
			insert: words('id user_id code_hash'),
			update: words('used_at'),
			delete: true,
		},
		workspaces: {
			select: words(`id name slug owner_id plan stripe_customer_id spending_cap billing_status updated_at
				created_at`),
			insert: words('id name slug owner_id'),
			update: words('name slug updated_at'),
			delete: true,
		},
		workspace_members: {
			select: words('workspace_id user_id role joined_at created_at'),
			insert: words('workspace_id user_id role'),
			update: words('role'),
			delete: true,
		},
		invitations: {
			select: words('id workspace_id email role invited_by sent_at accepted_at expires_at created_at'),
			insert: words('id workspace_id email role invited_by token_hash sent_at accepted_at expires_at'),
			delete: true,
		},
		projects: {
			select: words('id workspace_id name slug updated_at created_at'),
			insert: words('id workspace_id name slug'),
			update: words('name slug updated_at'),
			delete: true,
		},
		api_keys: {
			select: words(`id project_id workspace_id hash_kid key_prefix name created_by replaced_by expires_at
				last_used_at revoked_at created_at`),
			insert: words('id project_id workspace_id key_hash hash_kid key_prefix name created_by expires_at'),
			update: words('name revoked_at replaced_by'),
		},
		audit_log: {
			select: words(`id at workspace_id actor_user_id actor_kind action target_type target_id ip user_agent
				request_id detail created_at`),
			insert: words(`workspace_id actor_user_id actor_kind action target_type target_id ip user_agent request_id
				detail`),
		},
		jobs: { insert: words('kind payload dedupe_key run_at') },
		erasures: {
			select: words(`id scope workspace_id project_ids requested_by state passes rows_deleted last_error
				requested_at finished_at created_at`),
			insert: words('id scope workspace_id project_ids requested_by receipt_hash'),
		},
		stripe_webhook_events: { insert: words('event_id event_type payload') },
		schema_migrations: { select: words('version name checksum program_version duration_ms applied_at created_at') },
	},
	yavio_ingest: {
		api_keys: { select: words('id key_hash project_id workspace_id expires_at revoked_at') },
		schema_migrations: { select: words('version name checksum program_version duration_ms applied_at created_at') },
	},
};

/** A call of each function that a role may execute; arguments that change nothing. */
export const FUNCTIONS = {
	yavio_app: {
		app_uid: 'app_uid()',
		// Refuses: that is all it does.
		app_no_tenant: null,
		app_workspaces: 'app_workspaces(1)',
		app_owns: 'app_owns(NULL)',
		app_comembers: 'app_comembers()',
		app_member_count: 'app_member_count(NULL)',
		app_actor_names: 'app_actor_names(NULL, NULL)',
		auth_session: "auth_session('\\x00', 30, 180)",
		auth_account: "auth_account('\\x00', 30, 180)",
		auth_workspaces: "auth_workspaces('\\x00', 30, 180, 25, 0, 'name', false)",
		auth_login: "auth_login('nobody@example.com')",
		auth_login_begin: "auth_login_begin('nobody@example.com', '192.0.2.1')",
		auth_attempt: "auth_attempt('totp', 'x', '192.0.2.1', 5, 900)",
		auth_attempt_ok: 'auth_attempt_ok(0)',
		auth_attempts_clear: 'auth_attempts_clear()',
		auth_token_use: "auth_token_use('\\x00', 'password_reset')",
		auth_token_user: "auth_token_user('\\x00', 'password_reset')",
		auth_oauth: "auth_oauth('github', 'nobody')",
		auth_register_clear: "auth_register_clear('nobody@example.com')",
		auth_invitation: "auth_invitation('\\x00')",
		auth_invitation_accept: "auth_invitation_accept('\\x00')",
		workspace_transfer: 'workspace_transfer(NULL, NULL)',
		auth_setup_needed: 'auth_setup_needed()',
		auth_setup_claim: "auth_setup_claim('\\x00')",
		// Executable, but refused in itself outside a setup.
		auth_setup_adopt: null,
		auth_erasure: "auth_erasure('\\x00')",
		auth_sealed_keys: 'auth_sealed_keys()',
		auth_invited: "auth_invited('nobody@example.com')",
	},
	yavio_ingest: { ingest_key_touch: "ingest_key_touch('{}')" },
};

const LATER = raw("now() + interval '1 day'");

/** Rows that the owner of tenant A may insert, with every insertable column: { table: { before, row } }. */
export function insertable(world) {
	const { workspace, project } = world.tenants.a;
	const me = world.people.a.owner;
	const id = randomUUID();
	const own = { id, name: 'Other', slug: 'other-workspace', owner_id: me };
	return {
		oauth_accounts: {
			row: { id, user_id: me, provider: 'google', provider_account_id: 'g-a', email: 'a@example.com',
				access_token_enc: 'v1:k1:x', refresh_token_enc: 'v1:k1:x', expires_at: LATER },
		},
		sessions: {
			row: { id, user_id: me, token_hash: raw(hash('another')), stage: 'full', method: 'password',
				auth_at: raw('now()'), ip: '192.0.2.1', user_agent: 'x', expires_at: LATER },
		},
		user_totp: {
			before: ['DELETE FROM yavio.user_totp'],
			row: { user_id: me, secret_enc: 'v1:k1:y', confirmed_at: raw('now()'), last_step: 1 },
		},
		recovery_codes: { row: { id, user_id: me, code_hash: raw(hash('another')) } },
		workspaces: { row: own },
		workspace_members: {
			before: [insert('workspaces', own)],
			row: { workspace_id: id, user_id: me, role: 'owner' },
		},
		invitations: {
			row: { id, workspace_id: workspace, email: 'new@example.com', role: 'viewer', invited_by: me,
				token_hash: raw(hash('another')), sent_at: raw('now()'), accepted_at: null, expires_at: LATER },
		},
		projects: { row: { id, workspace_id: workspace, name: 'New', slug: 'new-project' } },
		api_keys: {
			row: { id, project_id: project, workspace_id: workspace, key_hash: raw(hash('another')), hash_kid: 'h1',
				key_prefix: 'yav_89abcdef', name: 'Another', created_by: me, expires_at: LATER },
		},
		audit_log: {
			row: { workspace_id: workspace, actor_user_id: me, actor_kind: 'user', action: 'key.create', target_type: 'key',
				target_id: id, ip: '192.0.2.1', user_agent: 'x', request_id: 'req_1', detail: '{}' },
		},
		jobs: { row: { kind: 'mail.verify', payload: '{}', dedupe_key: id, run_at: raw('now()') }, returning: false },
		erasures: {
			row: { id, scope: 'project', workspace_id: workspace, project_ids: raw("'{}'"), requested_by: me,
				receipt_hash: raw(hash('another')) },
		},
		stripe_webhook_events: { row: { event_id: id, event_type: 'x', payload: '{}' }, returning: false },
	};
}

/** UPDATE that sets every updatable column of a table to a value it may hold. */
export function updateAll(table, columns, where = '') {
	const value = {
		name: 'Renamed', slug: raw("'slug-' || substr(md5(id::text), 1, 8)"), role: 'viewer', password_hash: '$argon2id$x',
		email_proof: 'mail', email: null, access_token_enc: null, refresh_token_enc: null, secret_enc: 'v1:k1:z',
		last_step: 2, replaced_by: null,
	};
	const set = columns.map((column) => `${column} = ${literal(column in value ? value[column] : raw('now()'))}`);
	return `UPDATE yavio.${table} SET ${set.join(', ')} ${where}`;
}
