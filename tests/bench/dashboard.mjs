// SPDX-License-Identifier: MIT
// Reads of the dashboard API through Caddy, with as many users, workspaces and logins as a large installation has; medians as
// JSON lines, and the plan of every list's statement at that size.
// usage: node tests/bench/dashboard.mjs [rounds=3] [seconds=3] [connections=50] [rate=1500] [users=100000]
//        [workspaces=20000] [logins=1000000] [workers=0 (as by default)]
// Two runs a round: as fast as answers come, and at the rate, where latency counts from the moment a request was due.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startCaddy } from '../support/caddy.mjs';
import { load, median, options, print, undoing } from '../support/bench.mjs';
import { startDashboard } from '../support/dashboard.mjs';
import { ROOT, temporaryDir } from '../support/process.mjs';

/** What must hold at this rate; a closed loop of 50 clients would only measure its own queue. */
const TARGET = { p95_ms: 15, requests_per_s: 1500 };
const o = options({ rounds: 3, seconds: 3, connections: 50, rate: TARGET.requests_per_s, users: 100_000, workspaces: 20_000, logins: 1_000_000, workers: 0 });
const t = undoing();

/** Ids and tokens are made of their number, here and there alike. */
const idSql = (kind, n) => `(lpad('${kind}', 8, '0') || '-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
const id = (kind, n) => `${String(kind).padStart(8, '0')}-0000-4000-8000-${String(n).padStart(12, '0')}`;
const tokenSql = "left(translate(encode(sha256(('login' || n)::text::bytea), 'base64'), '+/', '-_'), 43)";
const token = (n) => createHash('sha256').update(`login${n}`).digest('base64url');

/** Every user owns or belongs to two workspaces; a workspace has some ten members, five projects and 50 lines of audit. */
const FILL = [
	`INSERT INTO yavio.users (id, email, name, email_verified_at)
		SELECT ${idSql(1, 'n')}, 'user' || n || '@example.com', 'User ' || n, now() FROM generate_series(0, ${o.users - 1}) AS n`,
	`INSERT INTO yavio.workspaces (id, name, slug, owner_id)
		SELECT ${idSql(2, 'n')}, 'Workspace ' || n, 'workspace-' || n, ${idSql(1, 'n')} FROM generate_series(0, ${o.workspaces - 1}) AS n`,
	`INSERT INTO yavio.workspace_members (workspace_id, user_id, role)
		SELECT ${idSql(2, `(n + k) % ${o.workspaces}`)}, ${idSql(1, 'n')}, CASE WHEN k = 0 AND n < ${o.workspaces} THEN 'owner' ELSE 'admin' END
		FROM generate_series(0, ${o.users - 1}) AS n, generate_series(0, 1) AS k`,
	`INSERT INTO yavio.projects (id, workspace_id, name, slug)
		SELECT ${idSql(3, 'n * 5 + k')}, ${idSql(2, 'n')}, 'Project ' || k, 'project-' || k
		FROM generate_series(0, ${o.workspaces - 1}) AS n, generate_series(0, 4) AS k`,
	`INSERT INTO yavio.api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name)
		SELECT ${idSql(4, 'n')}, ${idSql(3, 'n')}, ${idSql(2, 'n / 5')}, sha256(('key' || n)::text::bytea), 'h1', 'yav_01234567', 'Default'
		FROM generate_series(0, ${o.workspaces * 5 - 1}) AS n`,
	`INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, ip, user_agent, last_seen_at, expires_at)
		SELECT gen_random_uuid(), ${idSql(1, `n % ${o.users}`)}, sha256(${tokenSql}::bytea), 'full', 'password', '192.0.2.1',
			'Mozilla/5.0 (X11; Linux x86_64)', now() + interval '1 hour', now() + interval '30 days'
		FROM generate_series(0, ${o.logins - 1}) AS n`,
	`INSERT INTO yavio.audit_log (workspace_id, actor_user_id, actor_kind, action, at)
		SELECT ${idSql(2, `n % ${o.workspaces}`)}, ${idSql(1, `n % ${o.workspaces}`)}, 'user', 'key.create', now() - n * interval '1 second'
		FROM generate_series(0, ${o.workspaces * 50 - 1}) AS n`,
];

/** As long as it is loaded nothing is checked that the statements above hold by themselves. */
async function fill(stack) {
	const client = await stack.postgres.connect('bootstrap');
	await client.query("SET session_replication_role = 'replica'; SET synchronous_commit = off");
	for (const sql of FILL) await client.query(sql);
	await client.query('VACUUM ANALYZE');
	await client.end();
}

/** User n belongs to workspaces n and n + 1. */
const CASES = {
	session: () => '/api/auth/session',
	workspaces: () => '/api/workspaces',
	workspace: (n) => `/api/workspaces/${id(2, n % o.workspaces)}`,
	projects: (n) => `/api/workspaces/${id(2, n % o.workspaces)}/projects`,
	members: (n) => `/api/workspaces/${id(2, n % o.workspaces)}/members`,
	keys: (n) => `/api/workspaces/${id(2, n % o.workspaces)}/projects/${id(3, (n % o.workspaces) * 5)}/keys`,
	audit: (n) => `/api/workspaces/${id(2, n % o.workspaces)}/audit`,
};

/** Paths and cookies of 5,000 logins all over the tables. */
function targets(dir, name, pathOf) {
	const lines = Array.from({ length: 5000 }, (_, i) => {
		const login = (i * 7919 * 13) % o.logins;
		return `${pathOf(login % o.users)} yavio_session=${token(login)}`;
	});
	const file = join(dir, name);
	writeFileSync(file, `${lines.join('\n')}\n`);
	return file;
}

/** Statements by name, as sql/queries has them. */
const statement = (file, name) => {
	const text = readFileSync(join(ROOT, 'sql/queries', `${file}.sql`), 'utf8').split(/^-- name: /m).find((part) => part.startsWith(`${name}\n`));
	return text.split('\n').filter((line) => !line.startsWith('--')).slice(1).join('\n').replace(/;\s*$/, '');
};

const PLANS = {
	workspace_page: ['workspace', [25, 0, 'name', false]],
	workspace_get: ['workspace', [id(2, 7)]],
	member_page: ['member', [id(2, 7), 25, 0, 'name', false]],
	invitation_page: ['invitation', [id(2, 7), 25, 0, 'createdAt', true]],
	project_page: ['project', [id(2, 7), 25, 0, 'name', false]],
	key_page: ['key', [id(3, 35), id(2, 7), 25, 0, 'createdAt', true]],
	audit_page: ['audit', [id(2, 7), 25, 0, null, null, null, null, true]],
	erasure_page: ['erasure', [id(1, 7), 25, 0, true]],
};

const nodes = (plan) => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** Rows read by a whole scan of a table, in the generic plan that a prepared statement ends up with. */
async function plans(stack) {
	const client = await stack.postgres.connect('yavio_app');
	await client.query('SET plan_cache_mode = force_generic_plan');
	for (const [name, [file, params]] of Object.entries(PLANS)) {
		await client.query('BEGIN');
		await client.query("SELECT set_config('app.current_user_id', $1, true)", [id(1, 7)]);
		const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${statement(file, name)}`, params);
		await client.query('COMMIT');
		const root = rows[0]['QUERY PLAN'][0];
		const scans = nodes(root.Plan).filter((node) => node['Node Type'] === 'Seq Scan' && node['Actual Loops'] > 0 && node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) > 100);
		print({ bench: 'dashboard', plan: name, ms: root['Execution Time'], whole_scans: scans.map((node) => node['Relation Name']) });
	}
	await client.end();
}

async function main() {
	const workers = o.workers || Math.max(4, 3 * availableParallelism());
	const settings = { YAVIO_RL_CEILING: '1000000/1', YAVIO_RL_MANAGE: '1000000/1', YAVIO_RL_AUTH: '1000000/1', YAVIO_ACCESS_LOG: 'errors' };
	const stack = await startDashboard({ workers, settings });
	t.after(() => stack.stop());
	const dir = temporaryDir(t, 'yavio-bench-');
	const began = Date.now();
	await fill(stack);
	print({ bench: 'dashboard', users: o.users, workspaces: o.workspaces, logins: o.logins, loaded_s: Math.round((Date.now() - began) / 1000) });
	await plans(stack);
	const caddy = await startCaddy(t, { dir, run: join(stack.home, 'run'), env: { YAVIO_ACCESS_LOG: 'errors' } });
	const runs = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]));
	const files = Object.fromEntries(Object.entries(CASES).map(([name, pathOf]) => [name, targets(dir, name, pathOf)]));
	const postgres = readFileSync(join(stack.postgres.dir, 'data/postmaster.pid'), 'utf8').split('\n')[0];
	const run = (name, rate) => load('none', { caddy: caddy.caddy.pid, dashboard: stack.dashboard.pid, postgres },
		{ port: caddy.port, events: 1, connections: o.connections, seconds: o.seconds, warmup: 0.5, get: files[name], rate });
	for (let n = 0; n < o.rounds; n++)
		for (const name of Object.keys(CASES)) runs[name].push({ free: await run(name, 0), paced: await run(name, o.rate) });
	for (const [name, list] of Object.entries(runs)) {
		const of = (kind, key) => median(list.map((one) => one[kind][key]));
		print({
			bench: 'dashboard', read: name, connections: o.connections, workers, rounds: list.length,
			requests_per_s: of('free', 'requests_per_s'), free_p50_ms: of('free', 'p50_ms'), free_p95_ms: of('free', 'p95_ms'),
			cpu_us: Object.fromEntries(Object.keys(list[0].free.cpu_seconds).map((group) => [group,
				Math.round(median(list.map(({ free }) => (free.cpu_seconds[group] * 1e6) / (free.requests_per_s * free.seconds))))])),
			rate: o.rate, p50_ms: of('paced', 'p50_ms'), p95_ms: of('paced', 'p95_ms'), p99_ms: of('paced', 'p99_ms'),
			not_200: list.reduce((sum, { free, paced }) => sum + free.other + free.broken + paced.other + paced.broken, 0),
			holds: of('paced', 'p95_ms') <= TARGET.p95_ms && of('free', 'requests_per_s') >= TARGET.requests_per_s,
		});
	}
}

try {
	await main();
} finally {
	await t.undo();
}
