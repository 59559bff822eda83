// SPDX-License-Identifier: MIT
// The whole way at a fixed rate: Caddy, ingest, spool, shipper, store; how long until an accepted event can be selected.
// Finds the highest rate whose p99 stays below the bound by short runs, then holds it for the full time.
// usage: node tests/bench/pipeline.mjs [seconds=60] [rate=0 (search)] [from=20000] [to=100000] [step=5000] [probe=15]
//        [events=100] [connections=32] [bound=2000 ms]; settings of programs come from the environment.
import { randomUUID } from 'node:crypto';
import { UNLIMITED, load, options, print, quantile, round, undoing } from '../support/bench.mjs';
import { Stack, event, sleep, waitFor } from '../support/stack.mjs';
import { adminQuery } from '../support/store-admin.mjs';

const PROBE_EVERY_MS = 200;
const POLL_EVERY_MS = 150;
const DRAINED_MS = 60_000;
const PROGRAMS = ['caddy', 'ingest', 'shipper', 'store', 'postgres'];

const o = options({ seconds: 60, rate: 0, from: 20000, to: 100000, step: 5000, probe: 15, events: 100, connections: 32, bound: 2000 });
const t = undoing();

/** Single events of a type of their own, sent beside the load and looked for until they can be seen. */
class Probes {
	constructor(stack, key, type) {
		Object.assign(this, { stack, key, type, accepted: new Map(), seen: new Map(), stopped: false });
		this.done = Promise.all([this.#send(), this.#poll()]);
	}

	async #send() {
		while (!this.stopped) {
			const one = event({ event_id: randomUUID(), event_type: this.type });
			const reply = await this.stack.post(this.key, [one]).catch(() => undefined);
			await reply?.arrayBuffer();
			if (reply?.status === 200) this.accepted.set(one.event_id, performance.now());
			await sleep(PROBE_EVERY_MS);
		}
	}

	async #poll() {
		const end = () => this.stopped && this.seen.size === this.accepted.size;
		for (let deadline = Infinity; !end() && performance.now() < deadline;) {
			if (this.stopped && deadline === Infinity) deadline = performance.now() + DRAINED_MS;
			const text = await adminQuery(this.stack, `SELECT event_id FROM events WHERE event_type = '${this.type}' FORMAT TSV`).catch(() => '');
			const now = performance.now();
			for (const id of text.split('\n')) if (id && !this.seen.has(id)) this.seen.set(id, now);
			await sleep(POLL_EVERY_MS);
		}
	}

	async stop() {
		this.stopped = true;
		await this.done;
		return [...this.accepted].map(([id, at]) => (this.seen.has(id) ? this.seen.get(id) - at : Infinity));
	}
}

const stored = async (stack) =>
	Number((await adminQuery(stack, 'SELECT count() FROM events FORMAT TSV')).trim());

/** One run: what went in, what came out and when, who spent the CPU. */
async function hold(stack, key, rate, seconds) {
	const before = await stored(stack);
	const type = `widget_probe_${rate}_${Math.floor(performance.now())}`;
	const probes = new Probes(stack, key, type);
	const groups = Object.fromEntries(await Promise.all(PROGRAMS.map(async (name) => [name, await stack.pid(name)])));
	const sent = await load(key, groups, { port: stack.ingest, rate, seconds, warmup: 2, events: o.events, connections: o.connections });
	const ended = performance.now();
	const waits = await probes.stop();
	const want = before + sent.accepted + probes.accepted.size;
	await waitFor('every accepted event', async () => (await stored(stack)) >= want, DRAINED_MS, 200);
	const caughtUp = performance.now() - ended;
	const parts = (await adminQuery(stack, "SELECT count(), sum(rows), round(sum(bytes_on_disk) / sum(rows), 1) FROM system.parts WHERE active AND table = 'events' FORMAT TSV")).trim().split('\t');
	const cpu = {};
	for (const [name, spent] of Object.entries(sent.cpu_seconds)) cpu[name] = round((spent * 1e6) / (sent.events_per_s * sent.seconds));
	// The ends of a run are as sharp as one request of each connection: that may be on its way, or about to be sent.
	const kept = sent.events_per_s >= rate - (o.connections * o.events) / seconds && sent.late <= o.connections;
	const p99 = quantile(waits, 0.99);
	return {
		bench: 'pipeline', rate, seconds, events_per_s: sent.events_per_s, not_200: sent.other + sent.broken,
		answer_p50_ms: sent.p50_ms, answer_p99_ms: sent.p99_ms,
		visible_p50_ms: Math.round(quantile(waits, 0.5)), visible_p99_ms: Math.round(p99), visible_max_ms: Math.round(Math.max(...waits)),
		caught_up_ms: Math.round(caughtUp), probes: waits.length, cpu_us_per_event: cpu,
		parts: Number(parts[0]), bytes_per_event: Number(parts[2]),
		held: kept && sent.other + sent.broken === 0 && p99 < o.bound,
	};
}

async function main() {
	const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) =>
		/^(YAVIO_(SHIP|SPOOL|STORE|INGEST_WORKERS)|LOG_LEVEL)/.test(name)));
	const stack = await Stack.create({ ...UNLIMITED, YAVIO_INGEST_WORKERS: '4', YAVIO_STORE_MEMORY: '4G', YAVIO_ENV: 'production', ...inherited });
	t.after(() => stack.stop());
	await stack.up();
	const { key } = await stack.createKey();
	let best = o.rate;
	if (!best) {
		for (let rate = o.from; rate <= o.to; rate += o.step) {
			const run = await hold(stack, key, rate, o.probe);
			print(run);
			if (!run.held) break;
			best = rate;
		}
	}
	if (best) print({ ...(await hold(stack, key, best, o.seconds)), bench: 'pipeline-sustained', target: 60000 });
}

try {
	await main();
} finally {
	await t.undo();
}
