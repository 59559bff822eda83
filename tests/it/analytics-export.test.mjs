// SPDX-License-Identifier: MIT
// Tables as files, through Caddy: what the views show, whole or visibly not; who may, how many at a time, what is written down.
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { fixture, queryString, startAnalytics } from '../support/analytics.mjs';
import { ok, refused } from '../support/dashboard.mjs';
import { childrenOf, until } from '../support/process.mjs';

const { rows, setup, cases } = fixture();
const RANGE = { from: '2026-11-02T00:00:00.000Z', to: '2026-11-16T00:00:00.000Z' };
const PROJECT = `/api/analytics/${setup.projectId}`;
/** Export tables whose rows are a list of a view: [table, route, member, more]. */
const VIEWS = [
	['tools', 'tools', 'items', { unused: '1', sort: 'tool', order: 'asc' }], ['sessions', 'sessions', 'items', { user: 'anonymous' }], ['errors', 'errors/list', 'items', { kind: 'all' }],
	['error-groups', 'errors/groups', 'items', { kind: 'all', sort: 'lastSeen' }], ['intents', 'intents', 'items', { source: 'inferred' }], ['overview', 'overview', 'series', { granularity: 'week' }],
	['users', 'users', 'items', { sort: 'sessions', order: 'asc' }], ['active-users', 'users/active', 'days', { timezone: 'Europe/Berlin' }], ['new-vs-returning', 'users/active', 'newVsReturning', { granularity: 'week' }],
	['funnel', 'funnels', 'positions', { scope: 'user' }], ['path-links', 'paths', 'links', { depth: '3' }], ['path-sequences', 'paths', 'sequences', { collapse: '1' }],
	['invocations', 'tools/book_room/invocations', 'items', { tool: 'book_room', status: 'success' }],
];

let stack;
before(async () => {
	stack = await startAnalytics({ workers: 4 });
	await stack.tenant({ workspace: setup.workspaceId, project: setup.projectId });
	await stack.load([...rows, ...rows].reverse(), setup.toolRegistry, 7);
});
after(() => stack?.stop());

const ask = (table, query = {}, client) => stack.request(`${PROJECT}/export/${table}`, { ...RANGE, ...query }, client);
const lines = (text) => text.split('\n').slice(0, -1).map((line) => JSON.parse(line));

/** Cells of a CSV text. */
function csv(text) {
	const table = [[]];
	for (let at = 0; at < text.length;) {
		const quoted = text[at] === '"';
		const end = quoted ? /"(?!")/.exec(text.slice(at + 1).replaceAll('""', '\0\0')).index + at + 2 : at + /,|\r\n/.exec(text.slice(at)).index;
		table.at(-1).push(quoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end));
		at = end + (text[end] === ',' ? 1 : 2);
		if (text[end] === '\r' && at < text.length) table.push([]);
	}
	return table;
}
const cell = (value) => (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));

describe('exports', () => {
	it('the worked example: tools as CSV', async () => {
		const { request, expectText } = cases.find((c) => c.expectText);
		const answer = await stack.request(request.path, request.query);
		assert.equal(answer.text, expectText);
		assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8');
		assert.equal(answer.headers['content-length'], String(expectText.length));
		assert.match(answer.headers['content-disposition'], /^attachment; filename="p-[0-9a-f]{8}-tools-2026-11-02-2026-11-16\.csv"$/);
		assert.equal(answer.headers['cache-control'], 'no-store');
	});

	for (const [table, route, member, more] of VIEWS) {
		it(`${table}: rows of the view, in its order, as NDJSON and as CSV`, async () => {
			for (const query of [{}, more]) {
				const all = { ...(table === 'invocations' ? { tool: 'book_room' } : {}), ...query };
				const shown = (await stack.ask(`${PROJECT}/${route}`, { ...RANGE, ...all, ...(member === 'items' ? { pageSize: 100 } : {}) }))[member];
				const text = await ask(table, { ...all, format: 'ndjson' });
				assert.equal(text.headers['content-type'], 'application/x-ndjson; charset=utf-8');
				assert.deepEqual(lines(text.text), shown);
				assert.equal(ok(await ask(table, { ...all, count: '1' })).rows, shown.length);
				const [header, ...cells] = csv((await ask(table, all)).text);
				if (shown.length > 0) assert.deepEqual(header, Object.keys(shown[0]));
				assert.deepEqual(cells, shown.map((row) => Object.values(row).map(cell)));
			}
		});
	}

	it('without rows there is the header alone, the one that rows would have', async () => {
		const empty = { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' };
		for (const [table] of [...VIEWS, ['events']]) {
			if (['overview', 'active-users', 'new-vs-returning'].includes(table)) continue; // days and buckets are there without events, too
			const tool = table === 'invocations' ? { tool: 'book_room' } : {};
			const full = (await ask(table, { ...tool, ...(table === 'errors' ? { kind: 'all' } : {}) })).text.split('\r\n')[0];
			assert.equal((await ask(table, { ...empty, ...tool })).text, `${full}\r\n`, table);
			assert.equal((await ask(table, { ...empty, ...tool, format: 'ndjson' })).text, '', table);
		}
	});

	it('retention: a row for each period of a cohort; a funnel of given steps: its steps', async () => {
		const { cohorts } = await stack.ask(`${PROJECT}/users/retention`, RANGE);
		const flat = cohorts.flatMap((c) => c.retained.map((retained, offset) => ({ cohort: c.cohort, offset, size: c.size, retained, rate: c.rates[offset] })));
		assert.ok(flat.length > 1);
		assert.deepEqual(lines((await ask('retention', { format: 'ndjson' })).text), flat);
		assert.equal(ok(await ask('retention', { count: '1' })).rows, flat.length);
		const step = ['tool_call:search_rooms', 'tool_call:book_room'];
		assert.deepEqual(lines((await ask('funnel', { step, format: 'ndjson' })).text), (await stack.ask(`${PROJECT}/funnels`, { ...RANGE, step })).steps);
	});

	it('events: each once, as stored, by time, without the tenant', async () => {
		const mine = rows.filter((r) => r.project_id === setup.projectId && r.timestamp >= RANGE.from && r.timestamp < RANGE.to);
		const ids = [...new Map(mine.toSorted((a, b) => (a.timestamp + a.event_id < b.timestamp + b.event_id ? -1 : 1)).map((r) => [r.event_id, r])).keys()];
		const got = lines((await ask('events', { format: 'ndjson' })).text);
		assert.deepEqual(got.map((e) => e.event_id), ids);
		const columns = JSON.parse(await stack.store.run("SELECT groupArray(name) FROM system.columns WHERE table = 'events' AND database = currentDatabase() FORMAT JSONCompactEachRow"))[0];
		assert.deepEqual(Object.keys(got[0]).toSorted(), columns.filter((name) => !['workspace_id', 'project_id'].includes(name)).toSorted());
		assert.deepEqual(JSON.parse(got[0].metadata), { intent_enabled: true });
		assert.equal(ok(await ask('events', { count: '1' })).rows, ids.length);
		assert.equal(csv((await ask('events')).text).length, ids.length + 1);
	});

	it('events and pages beyond the first: more rows than are read at a time', async () => {
		const tenant = await stack.tenant();
		const many = Array.from({ length: 1234 }, (_, i) => ({
			workspace_id: tenant.workspace, project_id: tenant.project, event_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`, event_type: 'tool_call', event_name: `=tool ${i % 7}`,
			timestamp: new Date(Date.parse('2026-11-05T00:00:00Z') + (i >> 1) * 1000).toISOString(), ingested_at: '2026-11-06T00:00:00Z', trace_id: `t${i}`, session_id: `s${i % 450}`, source: 'server', status: 'error',
			error_message: `failure ${i}`, intent_signals: { intent: 'x', source: 'inferred' },
		}));
		await stack.load([...many, ...many.slice(0, 100)]);
		const file = async (table, query = {}) => lines((await stack.request(`/api/analytics/${tenant.project}/export/${table}`, { ...RANGE, format: 'ndjson', ...query })).text);
		assert.deepEqual((await file('events')).map((e) => e.event_id), many.map((e) => e.event_id));
		assert.deepEqual((await file('errors')).map((e) => e.eventId), many.map((e) => e.event_id).toReversed());
		assert.deepEqual((await file('intents', { order: 'asc' })).map((e) => e.eventId), many.map((e) => e.event_id));
		assert.equal(new Set((await file('sessions')).map((s) => s.sessionId)).size, 450);
		const guarded = (await stack.request(`/api/analytics/${tenant.project}/export/errors`, RANGE)).text;
		assert.match(guarded, /,'=tool [0-6],/);
	});

	it('are for members and above; a viewer gets 3103, a stranger 3153', async () => {
		const { dashboard } = stack;
		const [viewer, member, stranger] = [await dashboard.person(), await dashboard.person(), await dashboard.person()];
		await dashboard.join({ id: setup.workspaceId }, viewer, 'viewer');
		await dashboard.join({ id: setup.workspaceId }, member, 'member');
		refused(await ask('tools', {}, viewer.client), 403, 3103);
		refused(await ask('tools', { count: '1' }, viewer.client), 403, 3103);
		refused(await ask('tools', {}, stranger.client), 404, 3153);
		assert.equal((await ask('tools', {}, member.client)).status, 200);
		const [row] = await dashboard.sql("SELECT * FROM yavio.audit_log WHERE action = 'export.run' AND actor_user_id = $1", [member.id]);
		assert.deepEqual([row.target_type, row.target_id, row.workspace_id], ['project', setup.projectId, setup.workspaceId]);
		assert.deepEqual(row.detail, { table: 'tools', from: '2026-11-02', to: '2026-11-16' });
		assert.deepEqual(await dashboard.sql("SELECT 1 FROM yavio.audit_log WHERE action = 'export.run' AND actor_user_id = ANY($1)", [[viewer.id, stranger.id]]), []);
	});

	it('refuse what they do not know, and calls of no tool or of several', async () => {
		refused(await ask('nope'), 404, 3054);
		refused(await ask('tools', { format: 'xlsx' }), 400, 3050, { format: 'unknown_value' });
		refused(await ask('tools', { page: 1 }), 400, 3050, { page: 'unknown' });
		refused(await ask('tools', { sort: 'nope' }), 400, 3404);
		refused(await ask('tools', { from: RANGE.to }), 400, 3400);
		refused(await ask('invocations'), 400, 3050, { tool: 'required' });
		refused(await ask('invocations', { tool: ['a', 'b'] }), 400, 3050, { tool: 'too_many' });
	});

	it('a user has one at a time; it ends with its reader, and leaves no file behind', async () => {
		const tenant = await stack.tenant();
		const big = Array.from({ length: 3000 }, (_, i) => ({
			workspace_id: tenant.workspace, project_id: tenant.project, event_id: `00000000-0000-4000-9000-${String(i).padStart(12, '0')}`, event_type: 'track', timestamp: new Date(Date.parse('2026-11-05T00:00:00Z') + i).toISOString(),
			ingested_at: '2026-11-06T00:00:00Z', trace_id: 't', session_id: 's', source: 'server', metadata: { text: 'x'.repeat(8000) },
		}));
		await stack.load(big);
		const path = `/api/analytics/${tenant.project}/export/events?${queryString(RANGE)}`;
		const { client } = stack.owner;
		const reader = httpRequest({ host: 'localhost', port: stack.dashboard.port, path, agent: false, headers: { Cookie: [...client.cookies].map((c) => c.join('=')).join('; ') } });
		const stuck = await new Promise((resolve, reject) => reader.on('response', resolve).on('error', reject).end());
		assert.equal(stuck.statusCode, 200);
		assert.ok(Number(stuck.headers['content-length']) > 24_000_000, 'too long for what sockets hold');
		const busy = refused(await ask('tools'), 429, 3801);
		assert.match(busy.headers['retry-after'], /^[1-9]/);
		assert.equal(ok(await ask('tools', { count: '1' })).rows, 3, 'counting needs no place');
		reader.destroy();
		await until('the place is free', async () => (await ask('tools')).status === 200);
		const open = childrenOf(stack.dashboard.dashboard.program.pid).flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => {
			try {
				return readlinkSync(`/proc/${pid}/fd/${fd}`);
			} catch {
				return '';
			}
		})).filter((name) => name.startsWith(stack.dashboard.home) && name.endsWith('(deleted)'));
		assert.deepEqual(open, []);
	});

	it('a store that is gone is said by a code, not by a short file', async () => {
		await stack.store.signal('SIGTERM');
		refused(await ask('tools'), 503, 3406);
		refused(await ask('events', { count: '1' }), 503, 3406);
	});
});
