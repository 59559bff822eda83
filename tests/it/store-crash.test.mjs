// SPDX-License-Identifier: MIT
// What yavio-store survives: kill -9 during inserts and merges, a full disk. Every acknowledged row is there once, a repeated
// token stores nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { insertEvents, newTenant, TABLES } from '../support/store-tables.mjs';
import { startStore } from '../support/store.mjs';

const ROUNDS = 5;
const ROWS = 200;

it('loses nothing and doubles nothing over kill -9', async (t) => {
	const store = await startStore({ statements: TABLES });
	t.after(() => store.stop());
	const tenant = newTenant();
	const sent = [];
	let next = 0;
	let stopping = false;

	const insertUntilCrash = async () => {
		while (!stopping) {
			const batch = { token: `spool:${next}`, from: next * ROWS, acknowledged: false };
			next++;
			sent.push(batch);
			const reply = await insertEvents(store, tenant, batch.token, batch.from, ROWS).catch(() => undefined);
			batch.acknowledged = reply?.status === 200;
			if (!reply) return;
		}
	};
	const optimize = () => store.run('OPTIMIZE TABLE events FINAL').catch(() => {});

	for (let round = 0; round < ROUNDS; round++) {
		stopping = false;
		const clients = [insertUntilCrash(), insertUntilCrash()];
		await sleep(200 + round * 150);
		const merging = optimize();
		await sleep(round * 7);
		stopping = true;
		await store.crash();
		await Promise.all([...clients, merging]);

		// what was acknowledged is there before anything is repeated
		const present = new Set((await store.run('SELECT DISTINCT intDiv(toUInt64(substring(event_name, 7)), 200) FROM events'))
			.split('\n').filter(Boolean).map(Number));
		const missing = sent.filter((b) => b.acknowledged && !present.has(b.from / ROWS));
		assert.deepEqual(missing, [], 'acknowledged batches are gone');

		// the shipper repeats what it has no answer for, and sometimes what it has one for
		for (const batch of sent) {
			if (batch.acknowledged && batch.from % (3 * ROWS) !== 0) continue;
			const reply = await insertEvents(store, tenant, batch.token, batch.from, ROWS);
			assert.equal(reply.status, 200, reply.text);
			batch.acknowledged = true;
		}
		const [rows, ids] = (await store.run('SELECT count(), uniqExact(event_id) FROM events')).trim().split('\t').map(Number);
		assert.equal(ids, sent.length * ROWS);
		assert.equal(rows, ids, 'a row is there twice');
	}
	assert.ok(sent.length > 10);
});

// A small file system needs root.
const DISK = { skip: process.getuid() !== 0 && 'a small file system cannot be mounted by this user' };

it('refuses inserts while the disk is full, keeps reading, and goes on when there is space', DISK, async (t) => {
	let home;
	const store = await startStore({
		statements: TABLES,
		prepare(at) {
			home = at;
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', at]);
		},
	});
	t.after(async () => {
		await store.signal('SIGTERM');
		execFileSync('umount', ['-l', home]);
		await store.stop();
	});
	const tenant = newTenant();
	writeFileSync(`${home}/ballast`, Buffer.alloc(30e6));
	let refused;
	let stored = 0;
	for (let i = 0; i < 2000 && !refused; i++) {
		const reply = await insertEvents(store, tenant, `full ${i}`, i * 5000, 5000);
		if (reply.status === 200) stored += 5000;
		else refused = { i, reply };
	}
	assert.ok(refused, 'the disk did not fill');
	assert.notEqual(refused.reply.status, 403);
	assert.match(store.log, /YAVIO-5015/);
	assert.equal(await store.run('SELECT uniqExact(event_id) FROM events'), `${stored}\n`);
	rmSync(`${home}/ballast`);
	const again = await insertEvents(store, tenant, `full ${refused.i}`, refused.i * 5000, 5000);
	assert.equal(again.status, 200, again.text);
	assert.equal(await store.run('SELECT count(), uniqExact(event_id) FROM events'), `${stored + 5000}\t${stored + 5000}\n`);
});
