// SPDX-License-Identifier: MIT
// Ingest against a worker that does nothing, through the same Caddy, in rounds that take turns; medians as JSON lines.
// usage: node tests/bench/ingest.mjs [rounds=5] [seconds=4] [connections=16] [workers=0 (as by default)]
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { BENCH_DIR, UNLIMITED, caddyFor, load, median, options, print, round, undoing } from '../support/bench.mjs';
import { start, temporaryDir } from '../support/process.mjs';
import { Stack } from '../support/stack.mjs';

const SIZES = (process.env.BENCH_SIZES ?? "1,20,100").split(",").map(Number);
const TARGET = { 1: 0.75, 100: 0.4 };

const o = options({ rounds: 5, seconds: 4, connections: 16, workers: 0 });
const workers = o.workers || Math.max(2, 2 * availableParallelism());
const t = undoing();

function summary(side, events, runs) {
	const cpu = (group) => (run) => (run.cpu_seconds[group] * 1e6) / (run.events_per_s * run.seconds);
	const of = (pick) => median(runs.map(pick));
	const line = {
		bench: 'ingest', side, events_per_request: events, connections: o.connections, workers, rounds: runs.length,
		events_per_s: Math.round(of((r) => r.events_per_s)), requests_per_s: Math.round(of((r) => r.requests_per_s)),
		p50_ms: of((r) => r.p50_ms), p99_ms: of((r) => r.p99_ms),
		cpu_us_per_event: {},
		not_200: runs.reduce((sum, r) => sum + r.other + r.broken, 0),
	};
	for (const group of Object.keys(runs[0].cpu_seconds)) line.cpu_us_per_event[group] = round(of(cpu(group)));
	line.cpu_us_per_event.all = round(of((r) => Object.entries(r.cpu_seconds).reduce(
		(sum, [name, seconds]) => sum + (name === 'others' ? 0 : seconds), 0) * 1e6 / (r.events_per_s * r.seconds)));
	return line;
}

async function main() {
	const dir = temporaryDir(t, 'yavio-bench-');
	const stack = await Stack.create({ ...UNLIMITED, YAVIO_INGEST_WORKERS: String(workers), YAVIO_SPOOL_MAX_BYTES: '32G' });
	t.after(() => stack.stop());
	await stack.up();
	const { key } = await stack.createKey();
	// What is behind the spool is measured by bench-pipeline; here it would only take CPU from both sides by turns.
	const shipper = await stack.pid('shipper');
	process.kill(shipper, 'SIGSTOP');
	t.after(() => process.kill(shipper, 'SIGCONT'));

	const socket = join(dir, 'null.sock');
	const nullWorker = start(t, join(BENCH_DIR, 'null_worker'), [socket, String(workers)]);
	const sides = {
		null: { caddy: await caddyFor(t, join(dir, 'a'), socket), worker: nullWorker.pid },
		full: { caddy: await caddyFor(t, join(dir, 'b'), join(stack.home, 'run/ingest.sock')), worker: await stack.pid('ingest') },
	};
	for (const events of SIZES) {
		const runs = { null: [], full: [] };
		for (let n = 0; n < o.rounds; n++) {
			for (const [name, side] of Object.entries(sides)) {
				runs[name].push(await load(key, { caddy: side.caddy.caddy.pid, worker: side.worker },
					{ port: side.caddy.ingestPort, events, connections: o.connections, seconds: o.seconds, warmup: 0.5 }));
			}
		}
		const lines = Object.fromEntries(Object.entries(runs).map(([name, list]) => [name, summary(name, events, list)]));
		print(lines.null);
		print(lines.full);
		print({
			bench: 'ingest', side: 'ratio', events_per_request: events,
			ratio: round(median(runs.full.map((run, n) => run.events_per_s / runs.null[n].events_per_s)), 3),
			ratio_by_cpu: round(lines.null.cpu_us_per_event.all / lines.full.cpu_us_per_event.all, 3),
			target: TARGET[events] ?? null,
		});
	}
}

try {
	await main();
} finally {
	await t.undo();
}
