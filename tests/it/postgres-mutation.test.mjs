// SPDX-License-Identifier: MIT
// Proves the checks of postgres-rls.test.mjs: with any policy or grant taken away or loosened, one of them fails.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MutationExecutor } from '../support/executors.mjs';
import { mutationsOf } from '../support/mutations.mjs';
import { migrations, startPostgres } from '../support/postgres.mjs';
import { failuresOf } from '../support/rls-checks.mjs';
import { seedTenants } from '../support/tenants.mjs';

const TIME_MAX_MS = 90_000;

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
	db = await MutationExecutor.over(cluster, 'yavio');
});
after(async () => {
	await db?.end();
	await cluster?.stop();
});

describe('mutations of the rights', () => {
	it('the schema as it is fails no check', async () => {
		assert.deepEqual(await db.mutated('SELECT 1', () => failuresOf(db, world)), []);
	});

	it('every mutation fails a check', { timeout: TIME_MAX_MS }, async (t) => {
		const list = await db.mutated('SELECT 1', () => mutationsOf((sql) => db.service(sql)));
		const survivors = [];
		for (const { name, table, hint, sql } of list) {
			const failures = await db.mutated(sql, () => failuresOf(db, world, { table, hint, first: true }));
			if (failures.length === 0) survivors.push(name);
		}
		t.diagnostic(`${list.length} mutations`);
		assert.ok(list.length > 500, `only ${list.length} mutations were found`);
		assert.deepEqual(survivors, []);
	});
});
