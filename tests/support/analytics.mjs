// SPDX-License-Identifier: MIT
// The analytics as people reach them: a dashboard with an event store, projects with events, and answers to compare.
//
//   const stack = await startAnalytics();                       // before(); stack.stop() in after()
//   const tenant = await stack.tenant();                        // a workspace with a project: { workspace, project }
//   await stack.load(rows, registry);                           // rows as stored, of any tenants
//   const answer = await stack.ask(`/api/analytics/${tenant.project}/overview`, { from, to });
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, startDashboard } from './dashboard.mjs';
import { ROOT } from './process.mjs';

/** Routes below /api/analytics/{project}/ that are there; {} stands for a name. Those of a project's views are compared with the
 *  worked fixture and, by random datasets, with the oracle. */
export const ROUTES = ['overview', 'tools', 'tools/{}', 'tools/{}/invocations', 'errors', 'errors/groups', 'errors/series', 'errors/list', 'intents', 'sessions', 'sessions/{}', 'traces/{}',
	'funnels', 'funnels/examples', 'users', 'users/retention', 'users/active', 'users/{}', 'users/{}/events', 'paths'];

const inPattern = (pattern, route) => pattern.split('/').length === route.split('/').length && pattern.split('/').every((part, i) => part === '{}' || part === route.split('/')[i]);
/** Whether the route of a path is one that is there; a fixed word wins over a name. */
export const isThere = (route) => ROUTES.some((pattern) => inPattern(pattern, route)) && (ROUTES.includes(route) || !FIXED.has(route));
const FIXED = new Set(['users/retention', 'users/active', 'users/by-id']);

const fixtureFile = (name) => readFileSync(join(ROOT, 'tests/fixtures/analytics', name), 'utf8');
/** The worked example: { rows, setup, cases, errors }. */
export function fixture() {
	return { rows: fixtureFile('events.ndjson').trim().split('\n').map((line) => JSON.parse(line)), ...JSON.parse(fixtureFile('expected.json')) };
}

/** A query string; lists become repeated parameters. */
export const queryString = (query) =>
	Object.entries(query).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((v) => `${encodeURIComponent(name)}=${encodeURIComponent(v)}`)).join('&');

/** Numbers that repeat for a seed: random() in [0, 1), int(n), pick(list), shuffle(list). */
export function dice(seed) {
	let state = seed >>> 0;
	const random = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	const int = (n) => Math.floor(random() * n);
	return {
		random, int, pick: (list) => list[int(list.length)], chance: (p) => random() < p,
		shuffle: (list) => {
			const all = [...list];
			for (let i = all.length - 1; i > 0; i--) {
				const j = int(i + 1);
				[all[i], all[j]] = [all[j], all[i]];
			}
			return all;
		},
	};
}

/** Splits a list into pieces of at most size. */
export const pieces = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

class Analytics {
	static async start(options = {}) {
		const stack = new Analytics();
		stack.dashboard = await startDashboard({ workers: 8, store: true, ...options });
		try {
			stack.owner = await stack.dashboard.person();
		} catch (err) {
			await stack.stop();
			throw err;
		}
		return stack;
	}

	get store() {
		return this.dashboard.store;
	}

	/** A workspace of the owner with a project, by the ids given or new ones: { workspace, project }. */
	async tenant({ workspace = randomUUID(), project = randomUUID() } = {}) {
		const [known] = await this.dashboard.sql('SELECT id FROM yavio.workspaces WHERE id = $1', [workspace]);
		const owned = known ?? (await this.dashboard.workspace({ owner: this.owner, id: workspace }));
		await this.dashboard.project({ ...owned, id: workspace }, { id: project });
		return { workspace, project };
	}

	/** Inserts rows as they are, in batches of size; as the shipper does, without looking for copies among them. */
	async load(rows, registry = [], size = 10_000) {
		const settings = { async_insert: 0, insert_deduplicate: 0, optimize_on_insert: 0, date_time_input_format: 'best_effort' };
		const insert = (table, list) => this.store.run(`INSERT INTO ${table} FORMAT JSONEachRow`, { user: 'yavio_ingest', settings, rows: list.map((row) => JSON.stringify(row)).join('\n') });
		for (const batch of pieces(rows, size)) await insert('events', batch);
		if (registry.length > 0) await insert('tool_registry', registry);
	}

	/** Merges all parts, so that copies of events are gone from the disk, too. */
	async merge() {
		await this.store.run('OPTIMIZE TABLE visits FINAL');
		await this.store.run('OPTIMIZE TABLE events FINAL');
		await this.store.run('OPTIMIZE TABLE tool_registry FINAL');
	}

	async empty() {
		await this.store.run('TRUNCATE TABLE events');
		await this.store.run('TRUNCATE TABLE visits');
		await this.store.run('TRUNCATE TABLE tool_registry');
	}

	/** The answer to a request, whatever its status. */
	request(path, query = {}, client = this.owner.client) {
		const text = queryString(query);
		return client.get(text === '' ? path : `${path}?${text}`);
	}

	/** The JSON of a successful answer. */
	async ask(path, query) {
		return ok(await this.request(path, query));
	}

	async stop() {
		await this.dashboard?.stop();
	}
}

export const startAnalytics = (options) => Analytics.start(options);
