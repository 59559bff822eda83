// SPDX-License-Identifier: MIT
// What yavio-store survives: kill -9 during inserts and merges, a full disk. Every acknowledged row is there once, a repeated
// token stores nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { realpathSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { schema } from '../support/shipper.mjs';
import { eventRows, insertEvents, insertSettings, newTenant, TABLES } from '../support/store-tables.mjs';
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

const directory = (store, table) => realpathSync(join(store.home, `clickhouse/data/yavio/${table}`));
const parts = (store, table) => readdirSync(directory(store, table)).filter((name) => /^\w+_\d+_\d+_\d+$/.test(name)).sort();
const forgotten = (store) => store.log.split('\n').filter((line) => line.includes('YAVIO-5023')).map((line) => JSON.parse(line).forgotten);

// What a crash between the engine's note of a token and the rename of the part leaves is the part taken away.
it('stores rows whose insert was noted and not finished, and no others, when they come again', async (t) => {
	const store = await startStore({ statements: TABLES });
	t.after(() => store.stop());
	const tenant = newTenant();
	const insert = async (n) => assert.equal((await insertEvents(store, tenant, `spool:${n}`, n * ROWS, ROWS)).status, 200);
	const there = async (n) => assert.equal(await store.run('SELECT count(), uniqExact(event_id) FROM events'), `${n * ROWS}\t${n * ROWS}\n`);

	for (let n = 0; n < 3; n++) await insert(n);
	await store.run('OPTIMIZE TABLE events FINAL');
	for (let n = 3; n < 6; n++) await insert(n);
	await store.signal('SIGKILL');
	const last = parts(store, 'events').find((name) => name.includes('_6_6_'));
	rmSync(join(directory(store, 'events'), last), { recursive: true });
	writeFileSync(join(directory(store, 'events'), 'tmp_deduplication_log'), 'of a start that was killed');
	await store.start();
	assert.deepEqual(forgotten(store), [2]);
	await there(5);
	for (let n = 0; n < 6; n++) await insert(n);
	await there(6);
	await store.crash();
	assert.deepEqual(forgotten(store), []);
	for (let n = 0; n < 6; n++) await insert(n);
	await there(6);

	// what the engine drops itself it takes back itself
	await store.run("ALTER TABLE events DELETE WHERE event_name = 'event 0' SETTINGS mutations_sync = 1");
	await store.run('ALTER TABLE events DROP PARTITION 202601');
	await store.crash();
	assert.deepEqual(forgotten(store), []);
});

it('stores rows whose insert failed after its note, again at once or after a merge and a crash', async (t) => {
	const store = await startStore({ statements: TABLES });
	t.after(() => store.stop());
	const tenant = newTenant();
	const insert = async (n) => (await insertEvents(store, tenant, `spool:${n}`, n * ROWS, ROWS)).status;
	const there = async (n) => assert.equal(await store.run('SELECT count(), uniqExact(event_id) FROM events'), `${n * ROWS}\t${n * ROWS}\n`);
	// a file where the part would go; without optimize_on_insert = 0 the first part has level 1
	const inTheWay = async (n, block) => {
		const path = join(directory(store, 'events'), `202601_${block}_${block}_1`);
		writeFileSync(path, '');
		assert.equal(await insert(n), 500);
		rmSync(path);
		assert.equal(forgotten(store).at(-1), 2);
	};

	assert.equal(await insert(0), 200);
	await inTheWay(1, 2);
	await there(1);
	assert.equal(await insert(1), 200);
	await there(2);
	assert.equal(await insert(1), 200);
	await there(2);
	await inTheWay(2, 5); // a repeat takes a number, too
	assert.equal(await insert(3), 200);
	await store.run('OPTIMIZE TABLE events FINAL');
	await store.crash();
	assert.deepEqual(forgotten(store), [4]);
	await there(3);
	assert.equal(await insert(2), 200);
	await there(4);
});

it('makes up what a materialized view had not stored', async (t) => {
	const store = await startStore({ statements: schema() });
	t.after(() => store.stop());
	const tenant = newTenant();
	const insert = () => store.run('INSERT INTO events (workspace_id, project_id, timestamp, event_id, event_name, ingested_at) FORMAT JSONEachRow',
		{ user: 'yavio_ingest', settings: insertSettings('spool:0'), rows: eventRows(tenant, 0, ROWS) });
	const told = async () => [await store.run('SELECT count() FROM events'), await store.run('SELECT * FROM visits FINAL ORDER BY ALL FORMAT JSONEachRow')];

	await insert();
	const before = await told();
	assert.notEqual(before[1], '');
	await store.signal('SIGKILL');
	for (const part of parts(store, 'visits')) rmSync(join(directory(store, 'visits'), part), { recursive: true });
	await store.start();
	assert.ok(forgotten(store).length > 0);
	assert.deepEqual(await told(), [before[0], '']);
	await insert();
	assert.deepEqual(await told(), before);
});
