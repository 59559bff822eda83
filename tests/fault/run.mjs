// SPDX-License-Identifier: MIT
// A whole stack under load while everything in it is killed, stopped and spoiled; then: what was acknowledged is stored,
// each event once, and nothing was counted that was not sent. usage: node tests/fault/run.mjs [seconds=300] [seed=N]
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BIN_DIR, ROOT } from '../support/process.mjs';
import { preloaded } from '../support/preload.mjs';
import { SmallDisk } from '../support/small-disk.mjs';
import { Stack, sleep, waitFor } from '../support/stack.mjs';
import { adminQuery } from '../support/store-admin.mjs';
import { Chaos, seeded } from './chaos.mjs';
import { Ledger } from './ledger.mjs';
import { StoreProxy } from './store-proxy.mjs';

const SMALL_DISK = '256m';
const HEAL_MS = 60_000;
const STILL_MS = 90_000;
const POLL_MS = 500;
// Longer runs need merges, or the store ends up with too many parts; without them copies cannot hide.
const MERGES_AFTER_S = 120;
// From here on every kind of fault has to happen.
const COMPLETE_S = 60;

/** The programs in a directory of their own, ingest with the failing disk in front. */
function install(dir, { env }) {
	const bin = join(dir, 'bin');
	mkdirSync(bin);
	for (const name of readdirSync(BIN_DIR)) copyFileSync(join(BIN_DIR, name), join(bin, name));
	for (const [name, target] of [['lib', 'build/lib'], ['caddy', 'caddy'], ['web', 'web']]) symlinkSync(join(ROOT, target), join(dir, name));
	copyFileSync(join(bin, 'yavio-ingest'), join(bin, 'ingest'));
	const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`).join('');
	writeFileSync(join(bin, 'yavio-ingest'), `#!/bin/sh\n${exports}exec ${bin}/ingest "$@"\n`);
	for (const name of ['.', 'bin', ...readdirSync(bin).map((file) => join('bin', file))]) chmodSync(join(dir, name), 0o755);
	return bin;
}

async function startStack() {
	const stack = await Stack.create({ YAVIO_RATE_KEY: '0', YAVIO_RATE_IP: '0', YAVIO_INGEST_WORKERS: '6', YAVIO_SHIP_INTERVAL: '100ms',
		YAVIO_SHIP_ROWS: '500', YAVIO_SPOOL_MAX_BYTES: '128M', YAVIO_SPOOL_SEGMENT_BYTES: '1M', YAVIO_DISK_RESERVE: '64M' });
	try {
		stack.preload = preloaded(stack.dir);
		stack.bin = install(stack.dir, stack.preload);
		stack.smallDisk = SmallDisk.mount(stack.dir, SMALL_DISK);
		if (stack.smallDisk) {
			stack.env.YAVIO_SPOOL_DIR = stack.smallDisk.spool;
			stack.env.YAVIO_SPOOL_ALLOW_LOSS = 'true'; // a memory file system is refused otherwise
		}
		await stack.up();
		return stack;
	} catch (error) {
		await stopStack(stack);
		throw error;
	}
}

async function stopStack(stack) {
	await stack.yavio(['down', '--timeout', '5s']).catch(() => {});
	stack.smallDisk?.unmount();
	await stack.stop();
}

/** Keeps merges from hiding what was stored twice, also after each start of the store; ends when told. */
async function withoutMerges(stack, state) {
	while (!state.over) {
		await adminQuery(stack, 'SYSTEM STOP MERGES events', { signal: AbortSignal.timeout(1000) }).catch(() => {});
		await new Promise((done) => setTimeout(done, 300));
	}
}

async function healthy(stack) {
	for (const program of ['ingest', 'shipper', 'store', 'postgres', 'caddy']) {
		try {
			process.kill(await stack.pid(program), 'SIGCONT');
		} catch {
			return false;
		}
	}
	const reply = await fetch(`${stack.ingestUrl}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
	await reply?.arrayBuffer();
	return reply?.status === 200;
}

/** Rows of each event_id, merges or not. */
async function storedRows(stack) {
	const text = await adminQuery(stack, 'SELECT toString(event_id), count() FROM events GROUP BY event_id FORMAT TSV');
	return new Map(text.split('\n').filter(Boolean).map((line) => line.split('\t')).map(([id, rows]) => [id, Number(rows)]));
}

/** Rows once all that was acknowledged is among them, or when nothing new came for long: a backlog takes its time. */
async function everyAcknowledged(stack, ledger, log) {
	let rows = new Map();
	for (let last = performance.now(); performance.now() - last < STILL_MS;) {
		const now = await storedRows(stack).catch((error) => {
			log(`asking again: ${error.message}`);
			return rows;
		});
		if (now.size > rows.size) last = performance.now();
		rows = now;
		if ([...ledger.acknowledged].every((id) => rows.has(id))) return rows;
		await sleep(POLL_MS);
	}
	log(`nothing new for ${STILL_MS} ms`);
	return rows;
}

/** Lines in which a sanitizer of the build found something; a crash it caused would pass for one of our kills. */
function sanitizerReports(stack) {
	const dir = join(stack.home, 'log');
	return readdirSync(dir, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.flatMap((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8').split('\n'))
		.filter((line) => /ERROR: (Address|Leak)Sanitizer|runtime error:/.test(line));
}

/** What must not be: a list for each rule. */
function judge(ledger, rows) {
	return {
		lost: [...ledger.acknowledged].filter((id) => !rows.has(id)),
		unknown: [...rows.keys()].filter((id) => !ledger.sent.has(id)),
		// sent once, so only the pipeline itself could have stored it twice
		doubled: [...rows].filter(([id, count]) => count > 1 && ledger.sent.get(id) === 1).map(([id]) => id),
		// sent again: one record each time at most
		tooOften: [...rows].filter(([id, count]) => count > (ledger.sent.get(id) ?? 0)).map(([id]) => id),
	};
}

/** One run; log gets lines of progress. Result: faults done, answers seen, counts, and what broke the promise. */
export async function runFaults({ seconds, seed, log = () => {} }) {
	const stack = await startStack();
	const state = { over: false };
	let proxy;
	let ledger;
	try {
		const { key } = await stack.createKey();
		proxy = new StoreProxy(join(stack.home, 'run/store.sock'), stack.clickhouse);
		const merging = seconds <= MERGES_AFTER_S ? withoutMerges(stack, state) : undefined;
		ledger = await Ledger.open(join(stack.dir, 'ledger'), { stack, key, random: seeded(seed + 1) });
		const chaos = new Chaos({ stack, proxy, random: seeded(seed), preload: stack.preload, smallDisk: stack.smallDisk,
			refusedFull: () => ledger.codes['YAVIO-2406'] ?? 0 });
		log(`seed ${seed}, ${seconds} s, small disk: ${Boolean(stack.smallDisk)}`);
		await chaos.run(seconds, { complete: seconds >= COMPLETE_S });
		await ledger.stop();
		log(`faults ${JSON.stringify(chaos.done)}; answers ${JSON.stringify(ledger.answers)}; ${ledger.acknowledged.size} acknowledged`);
		await waitFor('a healthy stack', () => healthy(stack), HEAL_MS, 200);
		const rows = await everyAcknowledged(stack, ledger, log);
		const spool = JSON.parse((await stack.yavio(['spool', 'status', '--json']).catch(() => ({ stdout: '{}' }))).stdout || '{}');
		const [rowsFinal, ids] = (await adminQuery(stack, 'SELECT count(), uniqExact(event_id) FROM events FINAL FORMAT TSV')).trim().split('\t').map(Number);
		state.over = true;
		await merging;
		return { seed, faults: chaos.done, missing: seconds >= COMPLETE_S ? chaos.missing : [], codes: ledger.codes, answers: ledger.answers, unexpected: ledger.unexpected, acknowledged: ledger.acknowledged.size,
			sent: ledger.sent.size, rows: [...rows.values()].reduce((a, b) => a + b, 0), rowsFinal, ids, spool, spoiled: proxy.spoiled,
			sanitizer: sanitizerReports(stack), broken: judge(ledger, rows) };
	} finally {
		state.over = true;
		await ledger?.stop().catch(() => {});
		await proxy?.stop();
		await stopStack(stack);
	}
}

/** One line a rule that was broken; empty: all is well. */
export function complaints(result) {
	const list = Object.entries(result.broken).filter(([, ids]) => ids.length > 0)
		.map(([rule, ids]) => `${ids.length} events ${rule}: ${ids.slice(0, 5).join(' ')}`);
	if (result.rowsFinal !== result.ids) list.push(`FINAL counts ${result.rowsFinal} rows of ${result.ids} events`);
	for (const answer of new Set(result.unexpected)) list.push(`an answer that is no retry: ${answer}`);
	if (result.acknowledged === 0) list.push('nothing was acknowledged');
	for (const line of new Set(result.sanitizer)) list.push(`the sanitizer says: ${line.slice(0, 300)}`);
	if (result.missing.length > 0) list.push(`never happened: ${result.missing.join(', ')}`);
	return list;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
	const given = Object.fromEntries(process.argv.slice(2).map((arg) => arg.split('=')));
	const result = await runFaults({ seconds: Number(given.seconds ?? 300), seed: Number(given.seed ?? Date.now() % 1e9), log: console.error });
	const broken = complaints(result);
	console.log(JSON.stringify({ ...result, broken: Object.fromEntries(Object.entries(result.broken).map(([rule, ids]) => [rule, ids.length])) }));
	for (const line of broken) console.error(`broken (seed ${result.seed}): ${line}`);
	process.exitCode = broken.length > 0 ? 1 : 0;
}
