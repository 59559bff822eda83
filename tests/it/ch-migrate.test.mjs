// SPDX-License-Identifier: MIT
// Migrations of the event store that must not run: a changed file, a newer schema, users without passwords.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ch } from '../support/isolation.mjs';
import { startStore } from '../support/store.mjs';

const number = (code) => Number(code.slice('YAVIO-'.length));

describe('migrations of the event store', { concurrency: false }, () => {
	let store;
	let applied;
	before(async () => {
		store = await startStore();
		assert.equal((await ch(store, 'default', ['migrate'])).err, 0);
		applied = Number((await ch(store, 'default', ['version'])).body);
	});
	after(() => store?.stop());

	const record = (version, checksum) =>
		store.run(`INSERT INTO yavio.schema_migrations (version, name, checksum) SELECT ${version}, 'planted', '${checksum}'`);

	it('do nothing when all are applied', async () => {
		const again = await ch(store, 'default', ['migrate']);
		assert.equal(again.err, 0);
		assert.doesNotMatch(again.body, /applied/);
	});

	it('refuse a store that is newer', async () => {
		await record(applied + 1, 'a'.repeat(64));
		assert.equal((await ch(store, 'default', ['migrate'])).err, number('YAVIO-5019'));
		await store.run(`ALTER TABLE yavio.schema_migrations DELETE WHERE version = ${applied + 1} SETTINGS mutations_sync = 1`);
		assert.equal((await ch(store, 'default', ['migrate'])).err, 0);
	});

	it('refuse a file that changed after it was applied, and name it', async () => {
		await store.run(`ALTER TABLE yavio.schema_migrations DELETE WHERE version = ${applied} SETTINGS mutations_sync = 1`);
		await record(applied, 'b'.repeat(64));
		const refused = await ch(store, 'default', ['migrate']);
		assert.equal(refused.err, number('YAVIO-5007'));
		assert.match(refused.text, /differs from the one that was applied/);
		assert.match(refused.body, /^failed \d*\w+/m);
	});

	it('make no user without a password', async () => {
		assert.equal((await ch(store, 'default', ['users', 'i'.repeat(20), '', 'e'.repeat(20), ''])).err, number('YAVIO-5022'));
	});
});
