// SPDX-License-Identifier: MIT
// yavio-shipper against a real store: what is acknowledged in the spool is stored, once, whatever dies meanwhile.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { BIN_DIR, sleep, until } from '../support/process.mjs';
import { startPipeline } from '../support/shipper.mjs';

const PROGRAM = join(BIN_DIR, 'yavio-shipper');

/** Small seeded generator: a failure can be repeated. */
function random(seed) {
	let state = seed;
	return () => {
		state = (state * 1664525 + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}

const drained = (p, ms = 30_000) => until('the spool is empty', () => p.status().depth === 0, ms);

it('says what it is and what is wrong with its arguments and settings', () => {
	const run = (args, env = {}) =>
		spawnSync(PROGRAM, args, { encoding: 'utf8', env: { PATH: process.env.PATH, YAVIO_ENV_FILE: '/dev/null', YAVIO_HOME: '/var/tmp', ...env } });
	const version = run(['--version']);
	assert.equal(version.status, 0);
	assert.match(version.stdout, /^yavio-shipper \d+\.\d+/);
	for (const args of [['--nope'], ['--version', '--check-config'], ['x']]) {
		const bad = run(args);
		assert.equal(bad.status, 2);
		assert.match(bad.stderr, /^usage: yavio-shipper .*\n$/);
	}
	const secret = { CLICKHOUSE_INGEST_PASSWORD: 'f'.repeat(12) + '0123456789abcdef0123' };
	assert.equal(run(['--check-config'], secret).status, 0, run(['--check-config'], secret).stderr);
	const weak = run(['--check-config'], { CLICKHOUSE_INGEST_PASSWORD: 'short' });
	assert.equal(weak.status, 78);
	assert.match(weak.stderr, /CLICKHOUSE_INGEST_PASSWORD/);
	const rows = run(['--check-config'], { ...secret, YAVIO_SHIP_ROWS: '5' });
	assert.equal(rows.status, 78);
	assert.match(rows.stderr, /YAVIO_SHIP_ROWS/);
	if (process.getuid() === 0) assert.match(run([], secret).stderr, /YAVIO-7211/);
});

it('stores each row once, in both tables; empties the spool; ends with a last insert', async (t) => {
	const p = await startPipeline(t, { env: { YAVIO_SHIP_INTERVAL: '1s' } });
	const shipper = p.startShipper();
	await until('ready', () => readdirSync(join(p.store.home, 'run')).includes('shipper.ready'));
	assert.equal(p.driver('mixed', 0, 100).status, 0);
	await until('visible', async () => (await p.counts())[0] === 100);
	await drained(p);
	assert.equal((await p.store.run('SELECT tool_name FROM tool_registry FINAL')).trim(), 'search');
	await until('segments are freed', () => p.status().segments === 0);

	const second = p.startShipper();
	assert.equal((await second.exited).code, 1);
	assert.match(second.output(), /YAVIO-5408/);

	assert.equal(p.driver('append', 1000, 10, 5, 0).status, 0);
	assert.deepEqual(await shipper.stop(), { code: 0, signal: null });
	assert.deepEqual(await p.counts(), [150, 150, 150]);
	assert.ok(!readdirSync(join(p.store.home, 'run')).includes('shipper.ready'));
	for (const line of shipper.logs()) assert.ok(!JSON.stringify(line).includes(p.store.passwords.yavio_ingest));
});

it('waits for a store that is away, at its start and later, and loses nothing', async (t) => {
	const p = await startPipeline(t);
	await p.store.signal('SIGTERM');
	const shipper = p.startShipper();
	assert.equal(p.driver('append', 0, 10, 20, 0).status, 0);
	await until('it says that it waits', () => shipper.logs().some((l) => l.msg === 'waiting for the store'));
	await sleep(500);
	assert.equal(p.status().depth, 200);
	await p.store.start();
	await drained(p);
	await p.store.signal('SIGKILL');
	assert.equal(p.driver('append', 200, 10, 20, 0).status, 0);
	await until('it says that it repeats', () => shipper.logs().some((l) => l.err?.code === 'YAVIO-2400'));
	await p.store.start();
	await drained(p);
	assert.deepEqual(await p.counts(), [400, 400, 400]);
});

it('stops within its time although the store hangs, and its successor sends the same batch: once', async (t) => {
	const p = await startPipeline(t);
	const shipper = p.startShipper();
	await until('ready', () => shipper.output().includes('shipper is ready'));
	process.kill(p.store.pid, 'SIGSTOP');
	assert.equal(p.driver('append', 0, 50, 10, 0).status, 0);
	await sleep(1000);
	const began = Date.now();
	assert.deepEqual(await shipper.stop(), { code: 0, signal: null });
	assert.ok(Date.now() - began < 20_000, `${Date.now() - began} ms`);
	process.kill(p.store.pid, 'SIGCONT');
	const next = p.startShipper();
	await drained(p);
	assert.ok(next.logs().some((l) => l.msg === 'a batch that was under way is sent again'));
	assert.deepEqual(await p.counts(), [500, 500, 500]);
});

it('sets rows aside that the store refuses, and only those', async (t) => {
	const p = await startPipeline(t);
	const shipper = p.startShipper();
	const bad = [0, 77, 78, 333, 499];
	assert.equal(p.driver('mixed', 0, 500, ...bad).status, 0);
	assert.equal(p.driver('append', 500, 10, 10, 0).status, 0);
	await drained(p);
	const numbers = new Set(await p.numbers());
	for (let n = 0; n < 600; n++) assert.equal(numbers.has(n), !bad.includes(n), `row ${n}`);
	assert.deepEqual(await p.counts(), [595, 595, 595]);
	const entries = p.quarantine();
	assert.equal(entries.length, bad.length);
	for (const entry of entries) {
		assert.equal(entry.table, 'events');
		assert.equal(entry.rows, 1);
		assert.match(entry.code, /^YAVIO-500[23]$/);
		assert.ok(entry.storeCode > 0);
	}
	assert.ok(shipper.logs().some((l) => l.err?.code === 'YAVIO-5450'));
	// a retry of what still cannot be stored comes back, and stops nothing
	assert.equal(p.driver('retry', entries[0].id).status, 0);
	await until('it is back', () => p.quarantine().length === bad.length && !p.quarantine().some((e) => e.id === entries[0].id));
	assert.deepEqual(await p.counts(), [595, 595, 595]);
});

it('splits rows of many days into several inserts', async (t) => {
	const p = await startPipeline(t, { env: { YAVIO_SHIP_ROWS: '1000' } });
	p.startShipper();
	assert.equal(p.driver('append', 0, 100, 3, 0, 70).status, 0);
	await drained(p);
	assert.deepEqual(await p.counts(), [300, 300, 300]);
	const [days] = (await p.store.run('SELECT uniqExact(toDate(timestamp)) FROM events')).split('\n').map(Number);
	assert.ok(days >= 69, `${days} days`);
});

// The promise of the whole thing: a ledger of acknowledged rows, everything killed at random, and in the end the
// ledger is in the store, each row once, also without FINAL.
it('keeps every acknowledged row, once, over kill -9 of writers, shipper and store', async (t) => {
	const seed = Number(process.env.SEED ?? 20261121);
	t.diagnostic(`SEED=${seed}`);
	const rand = random(seed);
	const rounds = Number(process.env.ROUNDS ?? 8);
	const p = await startPipeline(t, { env: { YAVIO_SHIP_ROWS: '500' } });
	let shipper = p.startShipper();
	let next = 0;
	const writers = [];
	const launch = () => {
		const writer = p.writer(next, 1 + Math.floor(rand() * 60), 100_000, 2000, { SPOOL_SEGMENT_BYTES: String(1 << 18) });
		next += 10_000_000;
		writers.push(writer);
		return writer;
	};
	const live = [launch(), launch()];
	for (let round = 0; round < rounds; round++) {
		await sleep(100 + rand() * 500);
		const what = Math.floor(rand() * 5);
		if (what === 0 || what === 2) {
			shipper.kill('SIGKILL');
			await shipper.exited;
		}
		if (what === 1 || what === 2) await p.store.crash();
		if (what === 4) {
			process.kill(p.store.pid, 'SIGSTOP');
			await sleep(300 + rand() * 1000);
			process.kill(p.store.pid, 'SIGCONT');
		}
		if (what === 3) {
			live[round % 2].kill();
			await live[round % 2].exited;
			live[round % 2] = launch();
		}
		if (what === 0 || what === 2) shipper = p.startShipper();
	}
	await sleep(200);
	for (const writer of live) writer.kill();
	await Promise.all(writers.map((w) => w.exited));
	await drained(p, 60_000);
	await shipper.stop();

	const times = new Map();
	for (const n of await p.numbers()) times.set(n, (times.get(n) ?? 0) + 1);
	let acknowledged = 0;
	for (const writer of writers)
		for (const [from, to] of writer.acknowledged)
			for (let n = from; n < to; n++, acknowledged++) assert.equal(times.get(n), 1, `row ${n} is there ${times.get(n) ?? 0} times`);
	const [rows, ids, final] = await p.counts();
	assert.ok(acknowledged > 1000, `${acknowledged} rows`);
	assert.equal(rows, ids, 'a row is there twice');
	assert.equal(final, ids);
	// of unacknowledged rows at most the last record of each writer that was killed
	assert.ok(rows - acknowledged <= writers.length * 60, `${rows - acknowledged} rows nobody was told of`);
	assert.deepEqual(p.quarantine(), []);
	t.diagnostic(`${acknowledged} rows acknowledged, ${rows} stored`);
});
