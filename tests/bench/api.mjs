// SPDX-License-Identifier: MIT
// Logged-in reads of the dashboard against a worker that does nothing, through the same Caddy, in rounds that take turns; medians
// as JSON lines, with the round trips to PostgreSQL that a request makes.
// usage: node tests/bench/api.mjs [rounds=5] [seconds=4] [connections=16] [workers=0 (as by default)] [users=1000]
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { BENCH_DIR, load, median, options, print, round, undoing } from '../support/bench.mjs';
import { startCaddy } from '../support/caddy.mjs';
import { startDashboard } from '../support/dashboard.mjs';
import { childrenOf, start, temporaryDir } from '../support/process.mjs';

const PATHS = ['/api/auth/session', '/api/workspaces'];
const TARGET = 0.5;

const o = options({ rounds: 5, seconds: 4, connections: 16, workers: 0, users: 1000 });
const workers = o.workers || 4 * availableParallelism();
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

/** How often a worker waits for PostgreSQL during one request: calls of poll on its connection, by strace where there is one. */
async function roundTrips(stack, client, path) {
	const worker = childrenOf(stack.dashboard.program.pid)[0];
	try {
		execFileSync('strace', ['-V'], { stdio: 'ignore' });
	} catch {
		return null;
	}
	const trace = spawn('strace', ['-f', '-e', 'trace=sendto', '-p', String(stack.dashboard.program.pid), ...childrenOf(stack.dashboard.program.pid).flatMap((pid) => ['-p', String(pid)])], { stdio: ['ignore', 'ignore', 'pipe'] });
	let lines = '';
	trace.stderr.on('data', (piece) => (lines += piece));
	await new Promise((done) => setTimeout(done, 500));
	const requests = 20;
	for (let i = 0; i < requests; i++) await client.get(path, { check: false });
	await new Promise((done) => setTimeout(done, 200));
	trace.kill('SIGINT');
	return worker && round(lines.split('\n').filter((line) => /sendto\(.*MSG_NOSIGNAL/.test(line)).length / requests);
}

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
	const socket = join(dir, 'null.sock');
	start(t, join(BENCH_DIR, 'null_worker'), [socket, String(workers)]);
	const sides = { null: await caddyFor(join(dir, 'a'), socket), full: await caddyFor(join(dir, 'b'), stack.dashboard.socket) };
	for (const path of PATHS) {
		const trips = await roundTrips(stack, owner.client, path);
		const file = join(dir, path.replaceAll('/', '-'));
		writeFileSync(file, `${path} yavio_session=${owner.client.session}\n`);
		const runs = { null: [], full: [] };
		for (let n = 0; n < o.rounds; n++)
			for (const [name, side] of Object.entries(sides))
				runs[name].push(await load('none', {}, { port: side.port, events: 1, connections: o.connections, seconds: o.seconds, warmup: 0.5, get: file }));
		for (const [side, list] of Object.entries(runs))
			print({
				bench: 'api', path, side, connections: o.connections, workers, rounds: list.length,
				requests_per_s: Math.round(median(list.map((r) => r.requests_per_s))), p50_ms: median(list.map((r) => r.p50_ms)),
				p99_ms: median(list.map((r) => r.p99_ms)), not_200: list.reduce((sum, r) => sum + r.other + r.broken, 0),
			});
		print({
			bench: 'api', path, side: 'ratio', ratio: round(median(runs.full.map((run, n) => run.requests_per_s / runs.null[n].requests_per_s)), 3),
			target: TARGET, round_trips: trips,
		});
	}
}

try {
	await main();
} finally {
	await t.undo();
}
