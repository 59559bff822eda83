// SPDX-License-Identifier: MIT
// First-user setup on a fresh database: one winner, and what a headless set-up made before is handed over.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startPostgres } from '../support/postgres.mjs';
import { hash, insert, literal, raw } from '../support/tenants.mjs';

const NOBODY = '00000000-0000-0000-0000-000000000000';

let cluster;
let service;

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
	service = await cluster.connect('yavio_service');
});
after(() => cluster?.stop());

const user = (n) => ({ id: randomUUID(), email: `first${n}@example.com`, name: 'First', email_verified_at: raw('now()'),
	email_proof: 'setup' });

/** Claims, makes the account and adopts in one transaction, as POST /api/setup does. */
async function setUp(token, row) {
	const client = await cluster.connect('yavio_app');
	try {
		await client.query('BEGIN');
		const { rows: [{ result }] } = await client.query(`SELECT auth_setup_claim(${hash(token)}) AS result`);
		if (result !== 'ok') return [result, null];
		await client.query("SELECT set_config('app.current_user_id', $1, true)", [row.id]);
		await client.query(insert('users', row));
		const { rows: [{ adopted }] } = await client.query('SELECT auth_setup_adopt() AS adopted');
		await client.query('COMMIT');
		return [result, adopted];
	} finally {
		await client.end();
	}
}

describe('setup', () => {
	const needed = async () => (await cluster.query('yavio_app', 'SELECT auth_setup_needed() AS it')).rows[0].it;
	const workspace = { id: randomUUID(), name: 'Headless', slug: 'headless', owner_id: NOBODY };

	it('is needed while there is only the system account, also after a headless set-up', async () => {
		assert.equal(await needed(), true);
		await service.query(insert('workspaces', workspace));
		await service.query(insert('workspace_members', { workspace_id: workspace.id, user_id: NOBODY, role: 'owner' }));
		assert.equal(await needed(), true);
	});

	it('refuses every token while none was made, and a wrong one after', async () => {
		assert.deepEqual(await setUp('token', user(0)), ['wrong', null]);
		await service.query(`UPDATE instance SET setup_token_hash = ${hash('token')}`);
		assert.deepEqual(await setUp('guess', user(0)), ['wrong', null]);
	});

	it('adoption outside a setup is refused', async () => {
		const client = await cluster.connect('yavio_app');
		const row = user(0);
		await client.query('BEGIN');
		await client.query("SELECT set_config('app.current_user_id', $1, true)", [row.id]);
		await client.query(insert('users', row));
		await assert.rejects(client.query('SELECT auth_setup_adopt()'), { code: '42501' });
		await client.query('ROLLBACK');
		await client.end();
	});

	it('of two parallel calls one wins and owns what was made before; the token is void', async () => {
		const rows = [user(1), user(2)];
		const results = await Promise.all(rows.map((row) => setUp('token', row)));
		assert.deepEqual(results.map(([result]) => result).sort(), ['done', 'ok']);
		const winner = rows[results.findIndex(([result]) => result === 'ok')];
		assert.ok(results.some(([, adopted]) => adopted === 1));
		assert.equal(await needed(), false);
		const { rows: owners } = await service.query(`
			SELECT w.owner_id, m.user_id, m.role FROM workspaces AS w JOIN workspace_members AS m ON m.workspace_id = w.id`);
		assert.deepEqual(owners, [{ owner_id: winner.id, user_id: winner.id, role: 'owner' }]);
		const { rows: [instance] } = await service.query('SELECT setup_token_hash, setup_done_at IS NOT NULL AS done FROM instance');
		assert.deepEqual(instance, { setup_token_hash: null, done: true });
		assert.deepEqual(await setUp('token', user(3)), ['done', null]);
	});

	it('the first account cannot adopt again later', async () => {
		const client = await cluster.connect('yavio_app');
		await client.query('BEGIN');
		const { rows: [{ id }] } = await service.query(`SELECT id FROM users WHERE id <> ${literal(NOBODY)}`);
		await client.query("SELECT set_config('app.current_user_id', $1, true)", [id]);
		await assert.rejects(client.query('SELECT auth_setup_adopt()'), { code: '42501' });
		await client.end();
	});
});
