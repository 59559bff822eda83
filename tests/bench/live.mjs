// SPDX-License-Identifier: MIT
// Live views while events arrive: memory and CPU of yavio-live, how long from an acknowledgement until an event is shown, and,
// with users, the views of a dashboard asked beside it. Memory is told over the time: flat is what it is to be.
// usage: node tests/bench/live.mjs [streams=500] [probes=10] [users=0] [rate=1000 events/s] [seconds=30] [events=20 a batch]
//        [pause=2000 ms between two requests of a user]; the soak: streams=200 users=50 seconds=600
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { load, options, print, quantile, round, undoing } from '../support/bench.mjs';
import { track } from '../support/ingest.mjs';
import { startLive } from '../support/live.mjs';
import { childrenOf, sleep, until } from '../support/process.mjs';

const SEATS = 50; // of a user
const PROBE_EVERY_MS = 250;
const SHOWN_MS = 20_000;
const SAMPLES = 10;
const TICKS_PER_S = 100;
const PROBE = 'widget_probe';

const o = options({ streams: 500, probes: 10, users: 0, rate: 1000, seconds: 30, events: 20, pause: 2000 });
const t = undoing();

const residentMb = (pid) => Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
function cpuSeconds(pid) {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** A stream whose bytes are only counted. */
function sink(stack, person, project) {
	return new Promise((done, failed) => {
		const headers = { Cookie: `${stack.site.cookie('yavio_session')}=${person.client.session}` };
		const req = request({ host: '127.0.0.1', port: stack.site.port, path: stack.path(project, { backlog: 0 }), headers, agent: false }, (res) => {
			const stream = { bytes: 0, ended: false, status: res.statusCode, close: () => req.destroy() };
			res.on('data', (piece) => (stream.bytes += piece.length));
			res.on('close', () => (stream.ended = true));
			done(stream);
		});
		req.on('error', failed);
		req.end();
	});
}

/** Events of a type of their own, and how long each of them took to every viewer that looks for them. */
async function probe(stack, tenant, viewers, running) {
	const waits = [];
	const sent = [];
	while (running()) {
		const [one] = await stack.send(tenant.key, track({ event_type: PROBE }));
		sent.push([one.event_id, performance.now()]);
		await sleep(PROBE_EVERY_MS);
	}
	for (const viewer of viewers) {
		const shown = () => new Map(viewer.of('event').map((m) => [m.data.eventId, m.at]));
		await until('every probe', () => sent.every(([id]) => shown().has(id)), SHOWN_MS).catch(() => {});
		const at = shown();
		waits.push(...sent.map(([id, accepted]) => (at.get(id) ?? Infinity) - accepted));
	}
	return waits;
}

/** A person who opens one view after the other. */
async function user(stack, tenant, running, took, failures) {
	const views = ['overview', 'tools', 'errors', 'sessions', 'intents'];
	await sleep(Math.random() * o.pause);
	for (let i = Math.floor(Math.random() * views.length); running(); i++) {
		const began = performance.now();
		const answer = await tenant.owner.client.get(`/api/analytics/${tenant.project.id}/${views[i % views.length]}`, { check: false });
		took.push(performance.now() - began);
		if (answer.status !== 200) failures.push(answer.status);
		await sleep(o.pause);
	}
}

/** { name: pid } of what is watched. */
const pids = (stack) => ({
	live: childrenOf(stack.live.pid)[0], store: stack.site.store.pid, shipper: stack.shipper.pid, caddy: stack.site.caddy.caddy.pid,
	ingest: childrenOf(stack.ingest.pid)[0], dashboard: childrenOf(stack.site.dashboard.pid)[0],
});

async function main() {
	const stack = await startLive({ ship: '1s', settings: { LOG_LEVEL: 'info', YAVIO_SSE_PER_USER: String(SEATS), YAVIO_SSE_MAX: '1000', YAVIO_DASHBOARD_WORKERS: '8' } });
	t.after(() => stack.stop());
	const tenant = await stack.tenant();
	const people = [];
	for (let i = 0; i * SEATS < o.streams + o.probes; i++) {
		people.push(await stack.site.person());
		await stack.site.join(tenant.workspace, people[i], 'viewer');
	}
	const watched = pids(stack);
	const empty = residentMb(watched.live);
	const streams = [];
	const began = performance.now();
	for (let i = 0; i < o.streams; i += 20)
		streams.push(...(await Promise.all(Array.from({ length: Math.min(20, o.streams - i) }, (_, j) => sink(stack, people[Math.floor((i + j) / SEATS)], tenant.project)))));
	const opened = performance.now() - began;
	const viewers = [];
	for (let i = 0; i < o.probes; i++) viewers.push(await stack.view(people[Math.floor((o.streams + i) / SEATS)], tenant.project, { backlog: 0, type: PROBE }));
	t.after(() => [...streams, ...viewers].forEach((s) => s.close()));
	const refused = streams.filter((s) => s.status !== 200).length;
	print({ bench: 'live-open', streams: streams.length, refused, seconds: round(opened / 1000), live_mb_empty: empty, live_mb: residentMb(watched.live) });

	const end = performance.now() + o.seconds * 1000;
	const running = () => performance.now() < end;
	const took = [];
	const failures = [];
	const before = Object.fromEntries(Object.entries(watched).map(([name, pid]) => [name, cpuSeconds(pid)]));
	const samples = [];
	const sampled = (async () => {
		for (let i = 0; i < SAMPLES && running(); i++) {
			samples.push(Object.fromEntries(Object.entries(watched).map(([name, pid]) => [name, residentMb(pid)])));
			await sleep((o.seconds * 1000) / SAMPLES);
		}
	})();
	const [sent, waits] = await Promise.all([
		o.rate > 0 ? load(tenant.key, {}, { port: stack.site.caddy.ingestPort, rate: o.rate, seconds: o.seconds, warmup: 0, events: o.events, connections: 4 }) : {},
		probe(stack, tenant, viewers, running), sampled,
		...Array.from({ length: o.users }, () => user(stack, tenant, running, took, failures)),
	]);
	const cpu = Object.fromEntries(Object.entries(watched).map(([name, pid]) => [name, round((100 * (cpuSeconds(pid) - before[name])) / o.seconds, 1)]));
	const memory = Object.fromEntries(Object.keys(watched).map((name) => [name, samples.map((s) => s[name])]));
	print({
		bench: 'live', streams: o.streams, users: o.users, seconds: o.seconds, events_per_s: sent.events_per_s, ingest_p99_ms: sent.p99_ms, ingest_late: sent.late, not_200: (sent.other ?? 0) + (sent.broken ?? 0),
		shown_p50_ms: Math.round(quantile(waits, 0.5)), shown_p95_ms: Math.round(quantile(waits, 0.95)), shown_max_ms: Math.round(Math.max(...waits)), probes: waits.length, never_shown: waits.filter((ms) => ms === Infinity).length, gaps: viewers.reduce((sum, v) => sum + v.of('gap').length, 0),
		status: viewers.reduce((sum, v) => sum + v.of('status').length, 0), dropped: viewers.reduce((sum, v) => sum + v.of('heartbeat').reduce((n, m) => n + m.data.dropped, 0), 0),
		mb_per_s_sent: round(streams.reduce((sum, s) => sum + s.bytes, 0) / 1e6 / o.seconds, 1), ended: streams.filter((s) => s.ended).length,
		cpu_percent: cpu, memory_mb: memory,
		...(o.users > 0 ? { requests: took.length, request_p50_ms: Math.round(quantile(took, 0.5)), request_p95_ms: Math.round(quantile(took, 0.95)), failed: failures.length } : {}),
	});
}

try {
	await main();
} finally {
	await t.undo();
}
