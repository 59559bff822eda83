// SPDX-License-Identifier: MIT
// No answer of the analytics tells anything of another project: neighbours with the same ids of events, sessions, traces and
// users, ids of others in the path, forged settings, names that try to be SQL. And queries over their limits.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ROUTES, startAnalytics } from '../support/analytics.mjs';
import { ok, refused } from '../support/dashboard.mjs';
import { until } from '../support/process.mjs';
import { routes } from '../support/routes.mjs';

const RANGE = { from: '2026-11-02T00:00:00.000Z', to: '2026-11-09T00:00:00.000Z' };
const EXPORTS = routes().filter((row) => row.has('export')).map((row) => row.path.split('/').slice(4).join('/'));
const SECRET = 'secret';

/** The same journey with the same ids; every other text and number is the tenant's own. */
function journey({ workspace, project }, word, latency) {
	const at = (s) => new Date(Date.parse('2026-11-03T10:00:00Z') + s * 1000).toISOString();
	const own = (n, type, more) => ({ workspace_id: workspace, project_id: project, event_id: `00000000-0000-4000-8000-00000000000${n}`, event_type: type, timestamp: at(n), ingested_at: at(n), trace_id: 'tr', session_id: 'ses', source: 'server', platform: 'claude', ...more });
	return [
		own(0, 'connection', { client_name: `${word} client`, sdk_version: word, metadata: { intent_enabled: true } }), own(1, 'tool_discovery', { metadata: { tools_listed: [`${word} tool`, 'tool'] } }),
		own(2, 'tool_call', { event_name: 'tool', status: 'error', latency_ms: latency, error_category: word, error_message: `${word} failed`, intent_signals: { intent: `${word} intent`, source: 'inferred' }, input_keys: { [word]: true }, input_values: { [word]: word }, output_content: { text: word } }),
		own(3, 'tool_call', { event_name: `${word} tool`, status: 'success', latency_ms: latency }), own(4, 'identify', { user_id: 'u', user_traits: { plan: word } }), own(5, 'step', { event_name: `${word} step` }),
		own(6, 'conversion', { event_name: `${word} sale`, conversion_value: latency, conversion_currency: 'EUR' }), own(7, 'widget_render', {}), own(8, 'widget_error', { error_message: `${word} widget` }),
	];
}
const tools = ({ workspace, project }, word) => [{ workspace_id: workspace, project_id: project, tool_name: 'tool', description: word, input_schema: JSON.stringify({ properties: { [word]: {} } }), updated_at: '2026-11-01 00:00:00.000' }];

/** Every view and file of a project, names filled in, some with filters. */
const paths = (project) => [
	...ROUTES.map((route) => route.replace('tools/{}', 'tools/tool').replace('users/{}', 'users/u').replace('sessions/{}', 'sessions/ses').replace('traces/{}', 'traces/tr')),
	'users/by-id?id=u', 'users/by-id/events?id=u',
	...EXPORTS.flatMap((path) => [`${path}?format=csv`, `${path}?format=ndjson`]),
].map((path) => `/api/analytics/${project}/${path}`);
const query = (path) => {
	if (path.includes('users/by-id')) return {};
	if (/\/(sessions|traces|users)\/[^/?]+(\/events)?$/.test(path) && !/users\/(active|retention)$|export\//.test(path)) return {};
	return { ...RANGE, ...(path.includes('invocations?') ? { tool: 'tool' } : {}), ...(path.endsWith('funnels/examples') ? { step: ['tool_call:*', 'conversion:*'], level: '1' } : {}) };
};
const withQuery = (path, more) => [path.split('?')[0], { ...Object.fromEntries(new URLSearchParams(path.split('?')[1] ?? '')), ...more }];

describe('isolation of projects', () => {
	let stack;
	let mine;
	let neighbour;
	let other;
	let stranger;
	before(async () => {
		stack = await startAnalytics();
		mine = await stack.tenant();
		neighbour = await stack.tenant({ workspace: mine.workspace });
		other = await stack.tenant();
		stranger = await stack.dashboard.person();
		await stack.load([...journey(neighbour, SECRET, 7777), ...journey(mine, 'open', 10), ...journey(other, SECRET, 7777)], [...tools(neighbour, SECRET), ...tools(mine, 'open'), ...tools(other, SECRET)]);
		await stack.merge(); // into one part, whose dictionaries all tenants share
	});
	after(() => stack?.stop());

	const ask = (path, more, client) => stack.request(...withQuery(path, { ...query(path), ...more }), client);

	it('neighbours with the same ids: nothing of theirs in any view or file', async () => {
		for (const path of paths(mine.project)) {
			const answer = await ask(path);
			assert.equal(answer.status, 200, `${path}: ${answer.text}`);
			assert.doesNotMatch(answer.text, /secret|7777/i, path);
		}
		const theirs = await ask(`/api/analytics/${other.project}/overview`);
		assert.equal(theirs.json.kpis.avgLatencyMs.value, 7777, 'the other project does have its rows');
	});

	it('ids of others in the path are ids that nobody has', async () => {
		for (const path of paths(mine.project)) refused(await ask(path, {}, stranger.client), 404, 3153);
		const counts = (workspace) => `/api/analytics/workspaces/${workspace}/projects`;
		refused(await stack.request(counts(mine.workspace), {}, stranger.client), 404, 3151);
		const { items } = ok(await stack.request(counts(mine.workspace), { to: RANGE.to }));
		assert.deepEqual(items.map((i) => [i.projectId, i.events]).toSorted(), [[mine.project, 9], [neighbour.project, 9]].toSorted());
	});

	it('settings and parameters of the store in the query are unknown fields', async () => {
		const forged = { SQL_project_id: neighbour.project, SQL_workspace_id: other.workspace, param_from: '2000-01-01', additional_table_filters: '{}', readonly: '0', user: 'default' };
		for (const path of paths(mine.project)) {
			if (path.includes('/sessions?') || path.endsWith('/sessions')) delete forged.user; // a filter of its own there
			for (const [name, value] of Object.entries(forged)) refused(await ask(path, { [name]: value }), 400, 3050, { [name]: 'unknown' });
		}
	});

	it('headers of the store change nothing', async () => {
		const headers = { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': '', 'X-ClickHouse-Database': 'system' };
		const answer = await stack.owner.client.get(`/api/analytics/${mine.project}/errors/list?from=${RANGE.from}&to=${RANGE.to}`, { headers });
		assert.deepEqual(ok(answer).items.map((i) => i.message), ['open failed']);
	});

	it('names that try to be SQL are names', async () => {
		const evil = ["' OR 1=1 --", "x'] OR project_id != ''", '\\', "\\' OR 1=1", '{from}', '%', "tool', 'secret tool", 'SETTINGS additional_table_filters={}'];
		const texts = [['overview', 'tool'], ['errors/groups', 'category'], ['errors/list', 'category'], ['intents', 'q'], ['sessions', 'user'], ['sessions', 'q'], ['export/events', 'tool']];
		for (const text of evil) {
			for (const [route, name] of texts) {
				const answer = await ask(`/api/analytics/${mine.project}/${route}`, { [name]: text });
				assert.equal(answer.status, 200, `${route} ${name}=${text}: ${answer.text}`);
				assert.doesNotMatch(answer.text.replaceAll(JSON.stringify(text).slice(1, -1), ''), /secret|7777/i, `${route} ${name}=${text}`);
			}
			for (const route of ['tools', 'sessions', 'traces']) {
				const answer = await ask(`/api/analytics/${mine.project}/${route}/${encodeURIComponent(text)}`);
				assert.equal(answer.status, 200, `${route}/${text}: ${answer.text}`);
				assert.doesNotMatch(answer.text.replaceAll(JSON.stringify(text).slice(1, -1), ''), /secret|7777/i);
			}
		}
	});
});

describe('a query over its limits', () => {
	let stack;
	let tenant;
	before(async () => {
		stack = await startAnalytics({ settings: { YAVIO_QUERY_TIMEOUT: '5s', YAVIO_QUERY_MEMORY: '64M' } });
		tenant = await stack.tenant();
		await stack.load([{ workspace_id: tenant.workspace, project_id: tenant.project, event_id: '00000000-0000-4000-8000-000000000001', event_type: 'tool_call', event_name: 'tool', timestamp: '2026-11-03T00:00:00Z', ingested_at: '2026-11-03T00:00:00Z', trace_id: 't', session_id: 's', source: 'server', status: 'error' }]);
	});
	after(() => stack?.stop());

	const overview = (range) => stack.request(`/api/analytics/${tenant.project}/overview`, { ...RANGE, ...range });

	it('of time is 3405; the next one works', async () => {
		assert.equal(ok(await overview()).kpis.errors.value, 1);
		process.kill(stack.store.pid, 'SIGSTOP');
		try {
			refused(await overview(), 504, 3405);
			refused(await stack.request(`/api/analytics/${tenant.project}/errors/groups`, RANGE), 504, 3405);
		} finally {
			process.kill(stack.store.pid, 'SIGCONT');
		}
		// The store may still be at what was asked before.
		const next = await until('the next one works', async () => {
			const answer = await overview();
			return answer.status !== 504 && answer;
		});
		assert.equal(ok(next).kpis.errors.value, 1);
	});

	it('of memory is 3407; the next one works', async () => {
		for (let part = 0; part < 10; part++)
			await stack.store.run(`INSERT INTO events (workspace_id, project_id, event_type, timestamp, event_id, session_id, trace_id, ingested_at)
				SELECT '${tenant.workspace}', '${tenant.project}', 'track', toDateTime64('2026-12-01 00:00:00', 3, 'UTC') + number / 1000, generateUUIDv4(), repeat(toString(cityHash64(number)), 5), 't', now64(3) FROM numbers(${part * 100_000}, 100000)`);
		refused(await overview({ from: '2026-11-30T00:00:00Z', to: '2026-12-03T00:00:00Z' }), 400, 3407);
		refused(await stack.request(`/api/analytics/${tenant.project}/export/sessions`, { from: '2026-11-30T00:00:00Z', to: '2026-12-03T00:00:00Z' }), 400, 3407);
		assert.equal(ok(await overview()).kpis.errors.value, 1);
	});
});
