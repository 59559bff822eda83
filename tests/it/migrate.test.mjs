// SPDX-License-Identifier: MIT
// `yavio migrate` from several machines at once, against servers that run already: each file is applied once, by one of them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { migrations, startPostgres } from '../support/postgres.mjs';
import { Stack } from '../support/stack.mjs';
import { startStore } from '../support/store.mjs';

const AT_ONCE = 4;

describe('migrations from several machines', () => {
	let postgres;
	let store;
	let stack;
	before(async () => {
		postgres = await startPostgres();
		await postgres.createDatabase('yavio', { migrate: false });
		store = await startStore();
		stack = await Stack.create({
			DATABASE_SERVICE_URL: postgres.url('yavio_service'),
			CLICKHOUSE_URL: store.url,
			CLICKHOUSE_ADMIN_PASSWORD: store.passwords.default,
		});
	});
	after(async () => {
		await stack?.stop();
		await store?.stop();
		await postgres?.stop();
	});

	it('apply each file once, and all end well', async () => {
		const all = await Promise.all(Array.from({ length: AT_ONCE }, () => stack.yavio(['migrate'])));
		for (const { code, stdout, stderr } of all) assert.equal(code, 0, stdout + stderr);
		const applied = (name) => all.flatMap(({ stdout }) => [...stdout.matchAll(new RegExp(`^\\S+ ${name} (\\S+)`, 'gm'))].map((m) => m[1])).sort();
		assert.deepEqual(applied('PostgreSQL'), migrations().map((m) => m.name).sort());
		const rows = await store.run('SELECT name FROM yavio.schema_migrations ORDER BY version');
		assert.deepEqual(applied('ClickHouse'), rows.trim().split('\n'));
	});
});
