// SPDX-License-Identifier: MIT
// Two views of one project for the isolation suite: through the tenant filter of a store that holds many tenants, and a
// database "ref" that holds only this tenant's rows. Whatever a text may tell through the first, it must tell through the second.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROGRAM_DIR } from './process.mjs';

const exec = promisify(execFile);
const LIMITS = new Set(['158', '159', '160', '241', '307', '396']);

/** Runs the driver of lib/ch: { err, cause, fault, status, code, …, body }. */
export async function ch(store, user, args, { input, database = 'yavio', cluster = '', url = store.url, env = {} } = {}) {
	const running = exec(join(PROGRAM_DIR, 'ch'), [url, url === store.url ? store.socket : '', user, database, cluster, ...args],
		{ env: { ...process.env, CH_PASSWORD: store.passwords[user], ...env }, maxBuffer: 1 << 28 });
	running.child.stdin.on('error', () => {}); // a driver that reads no rows is gone before they are written
	running.child.stdin.end(input ?? '');
	const { stdout } = await running;
	const nl = stdout.indexOf('\n');
	return { ...JSON.parse(stdout.slice(0, nl)), body: stdout.slice(nl + 1) };
}

export const tenants = () => {
	const mine = { workspace: randomUUID(), project: randomUUID() };
	const other = { workspace: randomUUID(), project: randomUUID() };
	return { mine, other, others: [other, { workspace: mine.workspace, project: other.project },
		{ workspace: other.workspace, project: mine.project }] };
};

const uuid = (n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** Rows of one tenant. Of mine every text is a number; of others none is, and every number is 0: what divides by it throws. */
function events(t, from, count, own) {
	return Array.from({ length: count }, (_, i) => {
		const n = from + i;
		const text = own ? String(n % 7 + 1) : `poison${n % 5}`;
		return JSON.stringify({
			workspace_id: t.workspace, project_id: t.project, event_type: own ? '1' : 'poison', event_name: text,
			timestamp: `2026-01-02 03:04:${String(n % 60).padStart(2, '0')}.000`, ingested_at: '2026-01-03 00:00:00.000', event_id: uuid(n),
			trace_id: text, session_id: `s${n % 4}`, user_id: own ? String(n % 3) : `secret${n}`, client_name: text, status: own ? '2' : '',
			latency_ms: own ? n + 1 : 0, is_retry: own ? 1 : 0, tokens_in: own ? n + 1 : 0, error_message: own ? '7' : 'boom',
			metadata: own ? '{"response_size":5}' : '{"response_size":0', input_keys: own ? '["1"]' : '["poison"]',
		});
	});
}

const tool = (t, name, own) => JSON.stringify({ workspace_id: t.workspace, project_id: t.project, tool_name: name,
	description: own ? '5' : 'poison', input_schema: '{}', updated_at: '2026-01-02 00:00:00.000' });

/** Migrates, fills both databases; all tenants' rows lie in one part, so that they share its dictionaries. */
export async function fill(store, { mine, others }) {
	const migrated = await ch(store, 'default', ['migrate']);
	if (migrated.err) throw new Error(JSON.stringify(migrated));
	await ch(store, 'default', ['migrate'], { database: 'ref' });
	const rows = [...events(mine, 0, 50, true), ...others.flatMap((t, i) => events(t, 1000 * (i + 1), 50, false))];
	const tools = [tool(mine, '1', true), tool(mine, '2', true), ...others.flatMap((t) => [tool(t, 'poison', false), tool(t, '1', false)])];
	for (const [table, lines] of [['events', rows], ['tool_registry', tools]]) {
		const reply = await ch(store, 'yavio_ingest', ['insert', table, `fill-${table}`], { input: lines.join('\n') });
		if (reply.err) throw new Error(JSON.stringify(reply));
		await store.run(`OPTIMIZE TABLE yavio.${table} FINAL`);
		await store.run(`INSERT INTO ref.${table} SELECT * FROM yavio.${table} WHERE workspace_id = '${mine.workspace}' AND project_id = '${mine.project}'`);
	}
}

const sorted = (text) => text.split('\n').sort().join('\n');

/** The same text for the database of one tenant. */
const asReference = (sql) => sql.replace(/(["`]?)\byavio\1\./g, 'ref.');

/** The same plan as behind the gate, so that both evaluate the same expressions: there the filter keeps every row. */
function referenceSettings({ workspace, project }) {
	const filter = `workspace_id = \\'${workspace}\\' AND project_id = \\'${project}\\'`;
	return { database: 'ref', max_result_rows: '1000000', optimize_move_to_prewhere: '0', optimize_move_to_prewhere_if_final: '0', query_plan_merge_filters: '0',
		max_threads: '1', additional_table_filters: `{'ref.events': '${filter}', 'ref.visits': '${filter}', 'ref.tool_registry': '${filter}'}` };
}

/**
 * Runs a text both ways. 'refused': the store did not run it; 'same': result, or number of the error, is what a database
 * without other tenants gives; anything else is returned as a description of the leak.
 */
export async function compare(store, mine, sql, { params = {}, settings = {} } = {}) {
	const got = await store.select(mine, sql, { params, settings });
	if (got.status === 403 && got.text.includes('YAVIO-5012')) return 'refused';
	const code = got.headers['x-clickhouse-exception-code'];
	if (LIMITS.has(code)) return 'same';
	const want = await store.request(asReference(sql), { params, settings: { ...referenceSettings(mine), ...settings } });
	const wantCode = want.headers['x-clickhouse-exception-code'];
	if (got.status === 200 && want.status === 200) return sorted(got.text) === sorted(want.text) ? 'same' : `rows differ: ${got.text.slice(0, 200)} | ${want.text.slice(0, 200)}`;
	if (got.status !== 200 && want.status !== 200 && code === wantCode) return 'same';
	return `answered ${got.status} ${got.text.slice(0, 200)}, alone ${want.status} ${want.text.slice(0, 200)}`;
}

/** Seeded numbers (mulberry32): a failure names its seed and comes again. */
export function random(seed) {
	let a = seed >>> 0;
	const next = () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	const below = (n) => Math.floor(next() * n);
	return { below, pick: (list) => list[below(list.length)], chance: (p) => next() < p };
}

/** Runs job over items, width at a time. */
export async function each(items, width, job) {
	const queue = items.entries();
	await Promise.all(Array.from({ length: width }, async () => {
		for (const [i, item] of queue) await job(item, i);
	}));
}
