// SPDX-License-Identifier: MIT
// Ingest against a worker that does nothing, and against one that only puts the body on disk, through the same Caddy. The sides
// take turns, each round in another order; ratios are those of a round, medians over the rounds are printed as JSON lines.
// usage: node tests/bench/ingest.mjs [rounds=5] [seconds=4] [connections=64] [workers=0 (as by default)] [floor=1]
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { BENCH_DIR, UNLIMITED, caddyFor, load, median, options, print, round, undoing } from '../support/bench.mjs';
import { start, temporaryDir } from '../support/process.mjs';
import { Stack } from '../support/stack.mjs';

const SIZES = (process.env.BENCH_SIZES ?? '1,20,100').split(',').map(Number);
const TARGET = { 1: 0.75, 100: 0.4 };

const o = options({ rounds: 5, seconds: 4, connections: 64, workers: 0, floor: 1 });
const workers = o.workers || Math.max(2, 6 * availableParallelism());
const t = undoing();

/** CPU of a run for one event, in µs: of a group of processes, or of all that have a part in the request. */
function cpu(run, group) {
	const named = Object.entries(run.cpu_seconds).filter(([name]) => name !== 'others');
	const seconds = group ? run.cpu_seconds[group] : named.reduce((sum, [, one]) => sum + one, 0);
	return (seconds * 1e6) / (run.events_per_s * run.seconds);
}

function summary(side, events, runs) {
	const of = (pick) => median(runs.map(pick));
	const groups = [...Object.keys(runs[0].cpu_seconds), undefined];
	return {
		bench: 'ingest', side, events_per_request: events, connections: o.connections, workers, rounds: runs.length,
		events_per_s: Math.round(of((r) => r.events_per_s)), requests_per_s: Math.round(of((r) => r.requests_per_s)),
		p50_ms: of((r) => r.p50_ms), p99_ms: of((r) => r.p99_ms),
		cpu_us_per_event: Object.fromEntries(groups.map((group) => [group ?? 'all', round(of((run) => cpu(run, group)))])),
		not_200: runs.reduce((sum, r) => sum + r.other + r.broken, 0),
	};
}

/** How a side compares with the null worker: by what got through, and by CPU spent on a request, which a busy machine moves less. */
function ratios(side, events, runs, nulls) {
	const of = (pick) => round(median(runs.map((run, n) => pick(run, nulls[n]))), 3);
	return {
		bench: 'ingest', side: `${side}/null`, events_per_request: events,
		ratio: of((run, base) => run.events_per_s / base.events_per_s),
		ratio_by_cpu: of((run, base) => cpu(base) / cpu(run)),
		target: side === 'full' ? (TARGET[events] ?? null) : null,
	};
}

async function nullSide(dir, ...args) {
	const socket = join(dir, 'null.sock');
	const worker = start(t, join(BENCH_DIR, 'null_worker'), [socket, String(workers), ...args]);
	return { caddy: await caddyFor(t, dir, socket), worker: worker.pid };
}

async function main() {
	const stack = await Stack.create({ ...UNLIMITED, YAVIO_INGEST_WORKERS: String(workers), YAVIO_SPOOL_MAX_BYTES: '32G' });
	t.after(() => stack.stop());
	await stack.up();
	const { key } = await stack.createKey();
	// What is behind the spool is measured by bench-pipeline; here it would only take CPU from both sides by turns.
	const shipper = await stack.pid('shipper');
	process.kill(shipper, 'SIGSTOP');
	t.after(() => process.kill(shipper, 'SIGCONT'));

	const sides = {
		null: await nullSide(temporaryDir(t, 'yavio-bench-')),
		full: { caddy: await caddyFor(t, temporaryDir(t, 'yavio-bench-'), join(stack.home, 'run/ingest.sock')), worker: await stack.pid('ingest') },
	};
	if (o.floor) {
		const spool = mkdtempSync(join(stack.home, 'floor-')); // on the disk of the other spool
		t.after(() => rmSync(spool, { recursive: true }));
		sides.floor = await nullSide(temporaryDir(t, 'yavio-bench-'), join(spool, 'spool'));
	}
	const names = Object.keys(sides);
	for (const events of SIZES) {
		const runs = Object.fromEntries(names.map((name) => [name, []]));
		for (let n = 0; n < o.rounds; n++) {
			for (let i = 0; i < names.length; i++) {
				const name = names[(n + i) % names.length];
				runs[name].push(await load(key, { caddy: sides[name].caddy.caddy.pid, worker: sides[name].worker },
					{ port: sides[name].caddy.ingestPort, events, connections: o.connections, seconds: o.seconds, warmup: 0.5 }));
			}
		}
		for (const name of names) print(summary(name, events, runs[name]));
		for (const name of names.slice(1)) print(ratios(name, events, runs[name], runs.null));
	}
}

try {
	await main();
} finally {
	await t.undo();
}
