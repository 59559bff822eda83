// SPDX-License-Identifier: MIT
// Logged-in reads of the dashboard against a worker that does nothing (null) and one that only asks PostgreSQL for a number
// (floor), each behind a Caddy, in rounds that take turns; medians as JSON lines, with the CPU time of each program and the
// round trips to PostgreSQL that a request makes. cpu_ratio is what ratio is where nothing else runs.
// usage: node tests/bench/api.mjs [rounds=5] [seconds=4] [connections=16] [workers=0 (as by default)] [users=1000]
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { BENCH_DIR, load, median, options, print, round, undoing } from '../support/bench.mjs';
import { startCaddy } from '../support/caddy.mjs';
import { startDashboard } from '../support/dashboard.mjs';
import { childrenOf, start, temporaryDir, until } from '../support/process.mjs';

const PATHS = ['/api/auth/session', '/api/workspaces'];
const TARGET = 0.5;

const o = options({ rounds: 5, seconds: 4, connections: 16, workers: 0, users: 1000 });
const workers = o.workers || Math.max(4, 3 * availableParallelism());
const t = undoing();

/** Other accounts, workspaces and logins, so that an index is an index. */
async function fillTables(stack) {
	await stack.sql(`INSERT INTO yavio.users (id, email, name)
		SELECT gen_random_uuid(), 'n' || n || '@a.example', 'User' FROM generate_series(1, ${o.users}) AS n`);
	await stack.sql(`INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, expires_at)
		SELECT gen_random_uuid(), u.id, sha256((u.id::text || n)::bytea), 'full', 'password', now() + interval '30 days'
		FROM yavio.users AS u, generate_series(1, 10) AS n`);
	await stack.sql(`WITH made AS (
			INSERT INTO yavio.workspaces (id, name, slug, owner_id)
			SELECT gen_random_uuid(), 'Workspace', 'w-' || replace(u.id::text, '-', ''), u.id FROM yavio.users AS u RETURNING id, owner_id)
		INSERT INTO yavio.workspace_members (workspace_id, user_id, role) SELECT id, owner_id, 'owner' FROM made`);
	await stack.sql('ANALYZE');
}

/**
 * How often a worker sends to PostgreSQL during one request, by strace where there is one. To be asked after the load: then
 * every worker has its connection, and what opening one takes is not counted.
 */
async function roundTrips(stack, client, path) {
	const workers = childrenOf(stack.dashboard.program.pid).flatMap((pid) => ['-p', String(pid)]);
	try {
		execFileSync('strace', ['-V'], { stdio: 'ignore' });
	} catch {
		return null;
	}
	const trace = spawn('strace', ['-f', '-e', 'trace=sendto', ...workers], { stdio: ['ignore', 'ignore', 'pipe'] });
	const ended = new Promise((done) => trace.on('close', done));
	let lines = '';
	trace.stderr.on('data', (piece) => (lines += piece));
	await until('strace', () => lines.split('attached').length > workers.length / 2);
	const requests = 20;
	for (let i = 0; i < requests; i++) await client.get(path, { check: false });
	trace.kill('SIGINT');
	await ended;
	return round(lines.split('\n').filter((line) => /sendto\(.*MSG_NOSIGNAL/.test(line)).length / requests);
}

/** CPU time of a request in µs, by program, as the median of the rounds. */
function cpuOf(runs) {
	const names = Object.keys(runs[0].cpu_seconds);
	const each = (name) => median(runs.map((run) => (run.cpu_seconds[name] * 1e6) / run.ok));
	return Object.fromEntries(names.map((name) => [name, round(each(name), 0)]));
}

/** Of the programs that serve and the one that asks; what else the machine does is left out. */
const named = ({ others, ...cpu }) => Object.values(cpu).reduce((sum, us) => sum + us, 0);

async function caddyFor(dir, socket) {
	await mkdir(join(dir, 'run'), { recursive: true });
	await symlink(socket, join(dir, 'run/dashboard.sock'));
	return startCaddy(t, { dir, run: join(dir, 'run'), env: { YAVIO_ACCESS_LOG: 'errors' } });
}

async function main() {
	const stack = await startDashboard({ workers, settings: { YAVIO_RL_MANAGE: '1000000/1', YAVIO_RL_CEILING: '1000000/1', LOG_LEVEL: 'warn' } });
	t.after(() => stack.stop());
	await fillTables(stack);
	const { owner } = await stack.cast();
	const dir = temporaryDir(t, 'yavio-bench-');
	const nullWorker = (name, env) => start(t, join(BENCH_DIR, 'null_worker'), [join(dir, `${name}.sock`), String(workers)], { env });
	const programs = { null: nullWorker('null'), floor: nullWorker('floor', { YAVIO_BENCH_PG: stack.env.DATABASE_URL }), full: stack.dashboard.program };
	const sides = {};
	for (const [name, worker] of Object.entries(programs)) {
		const side = await caddyFor(join(dir, name), name === 'full' ? stack.dashboard.socket : join(dir, `${name}.sock`));
		sides[name] = { port: side.port, groups: { caddy: side.caddy.pid, worker: worker.pid, postgres: stack.postgres.pid } };
	}
	for (const path of PATHS) {
		const file = join(dir, path.replaceAll('/', '-'));
		writeFileSync(file, `${path} yavio_session=${owner.client.session}\n`);
		const runs = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
		for (let n = 0; n < o.rounds; n++)
			for (const [name, { port, groups }] of Object.entries(sides))
				runs[name].push(await load('none', groups, { port, events: 1, connections: o.connections, seconds: o.seconds, warmup: 0.5, get: file }));
		for (const [side, list] of Object.entries(runs)) {
			const cpu = cpuOf(list);
			print({
				bench: 'api', path, side, connections: o.connections, workers, rounds: list.length,
				requests_per_s: Math.round(median(list.map((r) => r.requests_per_s))), p50_ms: median(list.map((r) => r.p50_ms)),
				p99_ms: median(list.map((r) => r.p99_ms)), not_200: list.reduce((sum, r) => sum + r.other + r.broken, 0),
				cpu_us_per_request: { ...cpu, named: named(cpu) },
			});
		}
		const ratio = (side) => round(median(runs[side].map((run, n) => run.requests_per_s / runs.null[n].requests_per_s)), 3);
		const cpuRatio = (side) => round(named(cpuOf(runs.null)) / named(cpuOf(runs[side])), 3);
		print({
			bench: 'api', path, side: 'ratio', ratio: ratio('full'), cpu_ratio: cpuRatio('full'), floor_ratio: ratio('floor'),
			floor_cpu_ratio: cpuRatio('floor'), target: TARGET, round_trips: await roundTrips(stack, owner.client, path),
		});
	}
}

try {
	await main();
} finally {
	await t.undo();
}
