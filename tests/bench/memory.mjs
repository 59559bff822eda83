// SPDX-License-Identifier: MIT
// Resident memory of ingest workers over many events: it has to stay flat once the first requests are over.
// usage: node tests/bench/memory.mjs [events=1000000] [batch=100] [workers=2] [tolerance=2048 KiB]
import { readFileSync } from 'node:fs';
import { UNLIMITED, load, options, print, undoing } from '../support/bench.mjs';
import { childrenOf, sleep } from '../support/process.mjs';
import { Stack } from '../support/stack.mjs';

const SAMPLE_MS = 200;
const WARM_SECONDS = 3;
const CHUNK_SECONDS = 5;

const o = options({ events: 1_000_000, batch: 100, workers: 2, tolerance: 2048 });
const t = undoing();

const resident = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

try {
	const stack = await Stack.create({ ...UNLIMITED, YAVIO_INGEST_WORKERS: String(o.workers), YAVIO_WORKER_MAX_REQUESTS: '0', YAVIO_SPOOL_MAX_BYTES: '32G' });
	t.after(() => stack.stop());
	await stack.up();
	const { key } = await stack.createKey();
	const send = (seconds) => load(key, {}, { port: stack.ingest, events: o.batch, connections: 16, seconds, warmup: 0.1 });
	let accepted = (await send(WARM_SECONDS)).accepted;
	const range = new Map(childrenOf(await stack.pid('ingest')).map((pid) => [pid, { first: resident(pid), least: Infinity, most: 0 }]));
	let over = false;
	const sampling = (async () => {
		while (!over) {
			for (const [pid, seen] of range) {
				const now = resident(pid);
				Object.assign(seen, { last: now, least: Math.min(seen.least, now), most: Math.max(seen.most, now) });
			}
			await sleep(SAMPLE_MS);
		}
	})();
	const began = accepted;
	while (accepted - began < o.events) accepted += (await send(CHUNK_SECONDS)).accepted;
	over = true;
	await sampling;
	const spread = Math.max(...[...range.values()].map((seen) => seen.most - seen.least));
	print({ bench: 'memory', events: accepted - began, workers: o.workers, resident_kib: [...range.values()], spread_kib: spread, flat: spread <= 2 * o.tolerance });
	process.exitCode = spread <= 2 * o.tolerance ? 0 : 1;
} finally {
	await t.undo();
}
