// SPDX-License-Identifier: MIT
// The dashboard's views over the benchmark set (10 million events of one project, 30 days), through Caddy: median and p95 of each
// route at one and at several users, over 7 and 30 days, and while events come in. A table, and a JSON line a measurement.
// usage: node tests/bench/query.mjs [dir=DIRECTORY (made and kept; else a temporary one)] [events=10000000] [rounds=7] [users=8]
//        [rate=10000 (events/s that come in, 0: none)] [only=PART OF A ROUTE] [days=7,30] [phases=cold,one,many,busy]
//        [threads=auto (YAVIO_QUERY_THREADS)]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UNLIMITED, load, print, quantile, round, undoing } from '../support/bench.mjs';
import { ROUTES } from '../support/analytics.mjs';
import { Stack, sleep, waitFor } from '../support/stack.mjs';
import { adminQuery } from '../support/store-admin.mjs';

const DAY_MS = 86_400_000;
const MERGED_MS = 20 * 60_000;
const TARGET_MS = { 7: 300, 30: 1000 };
const OVERVIEW_MS = 150;
const DISK_BYTES = 100;
const LOAD_SECONDS = 20;
const LOAD_FIRST_MS = 3000;
const PASSWORD = 'grape liver moss';

/** What stands for {} in a route, and what a route needs to be asked as the pages ask it. */
const NAMES = { tools: 'search_rooms', users: 'user', sessions: 'session', traces: 'trace', export: 'tools' };
const QUERIES = {
	funnels: { step: ['tool_call:search_rooms', 'tool_call:book_room', 'conversion:*'] },
	'funnels/examples': { step: ['tool_call:search_rooms', 'tool_call:book_room', 'conversion:*'], level: '2' },
};
const EXTRA = { funnels: [['funnels (auto)', 'funnels', {}]] };
const SKIPPED = /^(live|export)/;

const o = { dir: '', events: '10000000', rounds: '7', users: '8', rate: '10000', only: '', days: '7,30', phases: 'cold,one,many,busy', threads: 'auto' };
for (const arg of process.argv.slice(2)) {
	const [name, value] = arg.split('=');
	if (!(name in o)) throw new Error(`unknown option ${name}`);
	o[name] = value;
}
const t = undoing();

/** The stack of a directory, as it was left there, or a new one. */
async function openStack() {
	const settings = { ...UNLIMITED, YAVIO_RL_ANALYTICS: '1000000/60', YAVIO_RL_CEILING: '1000000/60', YAVIO_DASHBOARD_WORKERS: '16',
		YAVIO_STORE_MEMORY: '4G', YAVIO_ENV: 'development', YAVIO_QUERY_THREADS: o.threads };
	const stack = await Stack.create(settings);
	if (!o.dir) {
		t.after(() => stack.stop());
		await stack.up();
		return stack;
	}
	await mkdir(o.dir, { recursive: true });
	await chmod(o.dir, 0o711);
	const known = existsSync(join(o.dir, 'env'));
	const temporary = stack.dir;
	stack.home = join(o.dir, 'home');
	if (!known) writeFileSync(join(o.dir, 'env'), readFileSync(stack.envFile), { mode: 0o600 });
	stack.envFile = join(o.dir, 'env');
	Object.assign(stack.env, { YAVIO_HOME: stack.home, YAVIO_ENV_FILE: stack.envFile });
	t.after(async () => {
		await stack.yavio(['down']);
		stack.dir = temporary;
		await stack.stop();
	});
	await stack.up();
	return stack;
}

/** Cookies of a browser that has logged in: as the seed's account, or as the first one where events were there already. */
async function logIn(stack) {
	const file = join(stack.home, '..', 'login.json');
	const origin = `http://localhost:${stack.http}`;
	const cookies = new Map();
	const keep = (answer) => answer.headers.getSetCookie().forEach((line) => cookies.set(...line.split(';')[0].split(/=(.*)/s)));
	const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
	const csrf = await fetch(`${origin}/api/auth/csrf`);
	keep(csrf);
	const { csrfToken } = await csrf.json();
	const post = async (path, body) => {
		const answer = await fetch(`${origin}${path}`, {
			method: 'POST', headers: { 'content-type': 'application/json', origin, 'x-csrf-token': csrfToken, cookie: cookie() }, body: JSON.stringify(body),
		});
		if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
		keep(answer);
	};
	const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { email: 'bench@example.com', password: PASSWORD };
	const link = await stack.yavio(['setup-token', '--json']);
	if (link.code === 0) await post('/api/setup', { setupToken: JSON.parse(link.stdout).url.split('#t=')[1], name: 'Bench', ...known, workspaceName: 'Bench', projectName: 'Bench' });
	else await post('/api/auth/login', known);
	return { origin, cookie: cookie() };
}

/** The benchmark set: loaded unless it is there; every day but the last one merged, as days that are over are. */
async function fill(stack) {
	const found = await adminQuery(stack, `SELECT project_id FROM events GROUP BY project_id HAVING count() >= ${Number(o.events)} LIMIT 1 FORMAT TSV`);
	let project = found.trim();
	if (!project) {
		const began = performance.now();
		const told = await stack.must(['seed', '--profile', 'load', '--events', o.events, '--days', '30', '--json'], { timeout: 30 * 60_000 });
		project = told.project_id;
		if (told.password) writeFileSync(join(stack.home, '..', 'login.json'), JSON.stringify({ email: told.email, password: told.password }), { mode: 0o600 });
		print({ bench: 'query-seed', events: told.events, seconds: round((performance.now() - began) / 1000, 1), target_seconds: 180 });
	}
	const open = "SELECT count() FROM (SELECT table, partition FROM system.parts WHERE active AND table IN ('events', 'visits') AND partition != toString(toYYYYMMDD(now('UTC'))) GROUP BY table, partition HAVING count() > 1) FORMAT TSV";
	await waitFor('days merged', async () => Number(await adminQuery(stack, open)) === 0, MERGED_MS, 2000);
	const [rows, bytes, parts] = (await adminQuery(stack, "SELECT sumIf(rows, table = 'events'), sum(bytes_on_disk), count() FROM system.parts WHERE active AND table IN ('events', 'visits') FORMAT TSV")).trim().split('\t').map(Number);
	print({ bench: 'query-disk', rows, parts, bytes_per_event: round(bytes / rows, 1), target: DISK_BYTES });
	return project;
}

/** Real names in place of {}: a user, a session and a trace of the set. */
async function findNames(stack, project) {
	const row = async (column, where) => (await adminQuery(stack, `SELECT ${column} FROM events WHERE project_id = '${project}' AND ${where} LIMIT 1 FORMAT TSV`)).trim();
	NAMES.users = await row('user_id', "user_id != '' AND event_type = 'tool_call'");
	NAMES.sessions = await row('session_id', "event_type = 'conversion'");
	NAMES.traces = await row('trace_id', "event_type = 'widget_click'");
}

function cases() {
	const list = [];
	for (const route of ROUTES) {
		if (SKIPPED.test(route) || !route.includes(o.only)) continue;
		const path = route.replace('{}', encodeURIComponent(NAMES[route.split('/')[0]]));
		const query = route === 'users/by-id' ? { id: NAMES.users } : (QUERIES[route] ?? {});
		list.push([route, path, query], ...(EXTRA[route] ?? []));
	}
	return list;
}

/** The routes that take no range refuse one: those are asked without. */
async function ask(base, login, path, query, days) {
	const to = new Date();
	const range = days ? { from: new Date(to - days * DAY_MS).toISOString(), to: to.toISOString() } : {};
	const url = new URL(`${base}/${path}`);
	for (const [name, value] of Object.entries({ ...range, ...query })) for (const v of [value].flat()) url.searchParams.append(name, v);
	const began = performance.now();
	const answer = await fetch(url, { headers: { cookie: login.cookie } });
	const text = await answer.text();
	return { ms: performance.now() - began, status: answer.status, text };
}

async function cpuOf(pid) {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(stat[11]) + Number(stat[12])) * 10;
}

/** Rounds of one route, by as many users at a time. */
async function measure(stack, base, login, [name, path, query], days, users, rounds) {
	const times = [];
	const store = await stack.pid('store');
	const before = await cpuOf(store);
	const user = async () => {
		for (let i = 0; i < rounds; i++) {
			const answer = await ask(base, login, path, query, days);
			if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text.slice(0, 300)}`);
			times.push(answer.ms);
		}
	};
	await Promise.all(Array.from({ length: users }, user));
	return { p50: Math.round(quantile(times, 0.5)), p95: Math.round(quantile(times, 0.95)), cpu: Math.round((await cpuOf(store) - before) / times.length) };
}

const table = [];
function report(phase, days, name, result) {
	const target = name === 'overview' && days === 7 && phase === 'one' ? OVERVIEW_MS : phase === 'one' || phase === 'cold' ? TARGET_MS[days] : undefined;
	const row = { bench: 'query', phase, days, route: name, ...result, target_ms: target, met: target === undefined ? undefined : (result.p95 ?? 0) <= target };
	table.push(row);
	print(row);
}

function printTable() {
	console.log(`\n${'route'.padEnd(28)}${'phase'.padEnd(8)}${'days'.padStart(5)}${'p50 ms'.padStart(9)}${'p95 ms'.padStart(9)}${'store CPU'.padStart(11)}${'bar'.padStart(7)}`);
	for (const r of table) console.log(`${r.route.padEnd(28)}${r.phase.padEnd(8)}${String(r.days).padStart(5)}${String(r.p50 ?? r.failed).padStart(9)}${String(r.p95 ?? '').padStart(9)}${String(r.cpu ?? '').padStart(11)}${String(r.target_ms ?? '').padStart(7)}${r.met === false ? ' missed' : ''}`);
}

async function phase(name, users, rounds, context) {
	for (const days of o.days.split(',').map(Number)) {
		for (const one of cases()) {
			const ranged = (await ask(context.base, context.login, one[1], one[2], days)).status === 200;
			try {
				report(name, days, one[0], await measure(context.stack, context.base, context.login, one, ranged ? days : 0, users, rounds));
			} catch (error) {
				report(name, days, one[0], { failed: error.message.slice(0, 120) });
			}
		}
	}
}

/** The same while events come in, into the project that is looked at. */
async function busy(context, project) {
	const { key } = await context.stack.must(['keys', 'create', '--workspace', 'demo', '--project', project, '--json']);
	let ended = false;
	const events = async () => {
		while (!ended) {
			const sent = await load(key, {}, { port: context.stack.ingest, rate: o.rate, seconds: LOAD_SECONDS, warmup: 0, events: 100, connections: 8 });
			print({ bench: 'query-ingest', events_per_s: sent.events_per_s, p99_ms: sent.p99_ms, not_200: sent.other + sent.broken });
		}
	};
	const coming = events();
	await sleep(LOAD_FIRST_MS);
	await phase('busy', 1, Number(o.rounds), context);
	ended = true;
	await coming;
}

/** Nothing in the store's caches nor in the system's. */
async function cold(context) {
	for (const days of o.days.split(',').map(Number)) {
		for (const one of cases()) {
			await context.stack.must(['restart', 'store']);
			try {
				writeFileSync('/proc/sys/vm/drop_caches', '3');
			} catch {
				// not root: the pages of the system stay
			}
			const answer = await ask(context.base, context.login, one[1], one[2], days);
			report('cold', days, one[0], answer.status === 200 ? { p50: Math.round(answer.ms), p95: Math.round(answer.ms) } : { failed: `${answer.status} ${answer.text.slice(0, 100)}` });
		}
	}
}

async function main() {
	const stack = await openStack();
	const project = await fill(stack);
	const login = await logIn(stack);
	await findNames(stack, project);
	const context = { stack, login, base: `${login.origin}/api/analytics/${project}` };
	const phases = o.phases.split(',');
	if (phases.includes('one')) await phase('one', 1, Number(o.rounds), context);
	if (phases.includes('many')) await phase('many', Number(o.users), Math.ceil(Number(o.rounds) / 2), context);
	if (phases.includes('busy') && Number(o.rate) > 0) await busy(context, project);
	if (phases.includes('cold')) await cold(context);
	printTable();
}

try {
	await main();
} finally {
	await t.undo();
}
