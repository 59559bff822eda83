// SPDX-License-Identifier: MIT
// The same rights through PgBouncer, where many clients share two server connections: in session mode, and in
// transaction mode with unnamed statements (PG_PREPARE=0, what Debian 12's 1.18 needs).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RoleExecutor } from '../support/executors.mjs';
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.mjs';
import { migrations, startPostgres } from '../support/postgres.mjs';
import { failuresOf } from '../support/rls-checks.mjs';
import { seedTenants } from '../support/tenants.mjs';

const DENIED = { code: '42501' };

for (const mode of ['session', 'transaction']) {
	describe(`PgBouncer in ${mode} mode`, { skip: noPgbouncer }, () => {
		let cluster;
		let pooler;
		let world;

		before(async () => {
			cluster = await startPostgres();
			await cluster.createDatabase();
			const service = await cluster.connect('yavio_service');
			world = await seedTenants(service);
			world.migrations = migrations().length;
			await service.end();
			pooler = await startPgbouncer(cluster, mode);
		});
		after(async () => {
			await pooler?.stop();
			await cluster?.stop();
		});

		const projects = async (client, name) =>
			(await client.query({ name, text: 'SELECT id FROM projects WHERE $1', values: [true] })).rows;
		const begin = async (client, tenant) => {
			await client.query('BEGIN');
			await client.query("SELECT set_config('app.current_user_id', $1, true)", [tenant]);
		};

		it('every check of roles and row security holds', async () => {
			const db = new RoleExecutor(pooler.connect);
			assert.deepEqual(await failuresOf(db, world), []);
			await db.end();
		});

		it('role settings survive', async () => {
			const client = await pooler.connect('yavio_app');
			const { rows } = await client.query(`
				SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS time`);
			assert.deepEqual(rows, [{ path: 'yavio, pg_catalog', time: '5s' }]);
			await client.end();
		});

		it('Q9 Q20 one statement serves A, B, A and nobody', async () => {
			const client = await pooler.connect('yavio_app');
			const name = mode === 'session' ? 'projects' : undefined;
			await assert.rejects(projects(client, name), DENIED);
			for (const letter of 'aba') {
				await begin(client, world.people[letter].owner);
				assert.deepEqual(await projects(client, name), [{ id: world.tenants[letter].project }]);
				await client.query('COMMIT');
			}
			await assert.rejects(projects(client, name), DENIED);
			await client.end();
		});

		// In session mode a client keeps its server connection, so only two are served at a time.
		it('Q10 clients that switch tenants never see another\'s rows', async () => {
			const clients = mode === 'session' ? 2 : 20;
			const wrong = [];
			await Promise.all(Array.from({ length: clients }, async (_, n) => {
				const client = await pooler.connect('yavio_app');
				for (let i = 0; i < 100; i++) {
					const letter = 'ab'[(i + n) % 2];
					await begin(client, world.people[letter].owner);
					const [row, ...more] = await projects(client);
					if (row?.id !== world.tenants[letter].project || more.length > 0) wrong.push([n, i]);
					await client.query(i % 3 ? 'COMMIT' : 'ROLLBACK');
					if (i % 10 === 0) await assert.rejects(projects(client), DENIED);
				}
				await client.end();
			}));
			assert.deepEqual(wrong, []);
		});
	});
}
