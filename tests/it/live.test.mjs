// SPDX-License-Identifier: MIT
// Live views with the real stack: ingest, shipper, store and yavio-live behind Caddy.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { refused, ok } from '../support/dashboard.mjs';
import { event } from '../support/stack.mjs';
import { track } from '../support/ingest.mjs';
import { PATIENCE_MS, startLive } from '../support/live.mjs';
import { until } from '../support/process.mjs';

let stack;
const viewers = [];

before(async () => {
	stack = await startLive();
});
after(() => stack?.stop());

/** A stream that is closed with the file. */
async function view(...args) {
	const viewer = await stack.view(...args);
	viewers.push(viewer);
	return viewer;
}
after(() => viewers.forEach((viewer) => viewer.close()));

/** An event that was sent and is in the store. */
async function stored(tenant, ...events) {
	await stack.send(tenant.key, ...events);
	const ids = events.map((e) => `'${e.event_id}'`).join(',');
	await until('the events are stored', async () =>
		Number(await stack.site.store.run(`SELECT uniqExact(event_id) FROM events WHERE event_id IN (${ids})`)) === events.length, PATIENCE_MS);
	return events;
}

const names = (viewer) => viewer.events.map((e) => e.eventName);
const call = (fields) => event({ trace_id: `t-${randomUUID()}`, session_id: `s-${randomUUID()}`, ...fields });

describe('a live view', () => {
	it('begins with the newest events, oldest first, and goes on with what arrives', async () => {
		const one = await stack.tenant();
		for (const name of ['a', 'b', 'c']) await stored(one, track({ event_name: name }));
		const viewer = await view(one.owner, one.project, { backlog: 2 });
		assert.equal(viewer.headers['cache-control'], 'no-store');
		assert.equal(viewer.headers['x-accel-buffering'], 'no');
		await until('the backlog', () => names(viewer).length === 2, PATIENCE_MS);
		assert.deepEqual(viewer.messages[0].retry, '3000');
		const [sent] = await stack.send(one.key, track({ event_name: 'd' }));
		const shown = await viewer.event((e) => e.eventName === 'd');
		assert.deepEqual(names(viewer), ['b', 'c', 'd']);
		assert.equal(shown.eventId, sent.event_id);
		assert.equal(viewer.of('event')[2].id, `${Date.parse(shown.storedAt)}-${sent.event_id}`);
	});

	it('shows an event as the other routes do', async () => {
		const one = await stack.tenant();
		const viewer = await view(one.owner, one.project, { backlog: 0 });
		const session = `s-${randomUUID()}`;
		await stack.send(one.key, track({ event_type: 'identify', event_name: 'identify', session_id: session, user_id: 'ü1', timestamp: new Date(Date.now() - 60_000).toISOString() }));
		await viewer.event((e) => e.eventType === 'identify');
		const at = new Date(Date.now() - 1000).toISOString();
		await stack.send(one.key,
			call({ session_id: session, event_name: 'suche "x"\n', status: 'error', error_category: 'timeout', error_message: 'späť\\', is_retry: 1, latency_ms: 12.5,
				platform: 'claude', timestamp: at, metadata: { a: ['ü', 1, null], 'b"': {} }, intent_signals: { intent: 'find', source: 'inferred' } }),
			track({ event_type: 'conversion', event_name: 'buy', session_id: session, conversion_value: 12.5, conversion_currency: 'EUR' }),
			track({ event_type: 'step', event_name: 'third', session_id: session, step_sequence: 3 }));
		const shown = await viewer.event((e) => e.eventType === 'tool_call');
		const { eventId, storedAt, traceId, ...rest } = shown;
		assert.match(eventId, /^[0-9a-f-]{36}$/);
		assert.match(traceId, /^t-/);
		assert.ok(Date.parse(storedAt) > Date.parse(at));
		assert.deepEqual(rest, {
			eventType: 'tool_call', eventName: 'suche "x"\n', timestamp: at, source: 'server', platform: 'claude', sessionId: session,
			userId: 'ü1', status: 'error', latencyMs: 12.5, errorCategory: 'timeout', errorMessage: 'späť\\', isRetry: true,
			stepSequence: null, conversion: null, intent: 'find', metadata: { a: ['ü', 1, null], 'b"': {} },
		});
		const bought = await viewer.event((e) => e.eventType === 'conversion');
		assert.deepEqual(bought.conversion, { value: 12.5, currency: 'EUR' });
		assert.equal((await viewer.event((e) => e.eventType === 'step')).stepSequence, 3);
	});

	it('shows an event that is late, and one that was sent twice once', async () => {
		const one = await stack.tenant();
		const viewer = await view(one.owner, one.project);
		const late = track({ event_name: 'late', timestamp: new Date(Date.now() - 7_200_000).toISOString() });
		await stack.send(one.key, late, late);
		await stack.send(one.key, late);
		await viewer.event((e) => e.eventName === 'late');
		await stack.send(one.key, track({ event_name: 'last' }));
		await viewer.event((e) => e.eventName === 'last');
		assert.deepEqual(names(viewer), ['late', 'last']);
	});

	it('filters by type, tool, platform and status, in the backlog and live', async () => {
		const one = await stack.tenant();
		const batch = (n) => [
			call({ event_name: `search,${n}`, platform: 'claude' }),
			call({ event_name: `book-${n}`, status: 'error' }),
			track({ event_name: `seen-${n}`, platform: 'chatgpt' }),
			track({ event_name: `search,${n}`, event_type: 'step' }),
		];
		await stored(one, ...batch(1));
		const cases = [
			[{ type: 'track,step' }, ['search,1', 'search,2', 'seen-1', 'seen-2']],
			[{ type: ['step', 'step'] }, ['search,1', 'search,2']],
			[{ tool: ['search,1', 'book-2'] }, ['book-2', 'search,1']],
			[{ status: 'error' }, ['book-1', 'book-2']],
			[{ platform: ['claude', 'unknown'] }, ['book-1', 'book-2', 'search,1', 'search,1', 'search,2', 'search,2']],
			[{ platform: 'chatgpt', type: 'tool_call' }, []],
			[{}, [1, 2].flatMap((n) => [`book-${n}`, `search,${n}`, `search,${n}`, `seen-${n}`])],
		];
		const open = await Promise.all(cases.map(([query]) => view(one.owner, one.project, query)));
		await open.at(-1).event((e) => e.eventName === 'seen-1');
		await stack.send(one.key, ...batch(2));
		await open.at(-1).all([]);
		for (const [i, [query, expected]] of cases.entries()) {
			await until(`${JSON.stringify(query)}: ${names(open[i])}`, () => names(open[i]).length === expected.length, PATIENCE_MS);
			assert.deepEqual(names(open[i]).sort(), expected.sort(), JSON.stringify(query));
		}
	});

	it('has a heartbeat from which one can go on', async () => {
		const one = await stack.tenant();
		const viewer = await view(one.owner, one.project, { backlog: 0 });
		const { data, id } = await viewer.message('heartbeat', (d, m) => m.id !== undefined);
		assert.equal(data.dropped, 0);
		assert.ok(Math.abs(Date.parse(data.time) - Date.now()) < 60_000);
		assert.match(id, /^[0-9]+-$/);
		viewer.close();
		const events = await stored(one, track({ event_name: 'missed' }));
		const again = await view(one.owner, one.project, { backlog: 0, lastEventId: id });
		await again.all(events);
	});
});

describe('a view that begins again', () => {
	it('misses nothing, over a kill -9 of yavio-live', async () => {
		const one = await stack.tenant();
		const viewer = await view(one.owner, one.project, { backlog: 0 });
		const sent = await stack.send(one.key, ...Array.from({ length: 20 }, () => track()));
		await viewer.all(sent);
		const before_ = viewer.lastId;
		await stack.restart('SIGKILL');
		await until('the stream is cut', () => viewer.ended, PATIENCE_MS);
		const missed = await stored(one, ...Array.from({ length: 600 }, (_, i) => track({ event_name: `missed-${i}` })));
		const header = await view(one.owner, one.project, { backlog: 0, lastEventId: '5-' }, { 'Last-Event-ID': before_ });
		await header.all(missed);
		assert.equal(header.of('gap').length, 0);
		assert.equal(new Set(header.ids).size, header.ids.length, 'each once');
		const live = await stack.send(one.key, track({ event_name: 'after' }));
		await header.all(live);
		const times = header.of('event').map((m) => Number(m.id.split('-')[0]));
		assert.deepEqual(times, [...times].sort((a, b) => a - b), 'in the order they were stored');
	});

	it('is told to by a stop, and where to go on', async () => {
		const one = await stack.tenant();
		const viewer = await view(one.owner, one.project, { backlog: 0 });
		const sent = await stack.send(one.key, track());
		await viewer.all(sent);
		stack.live.kill('SIGTERM');
		const end = await viewer.message('end');
		assert.equal(end.data.code, 'YAVIO-3501');
		await until('the stream ends', () => viewer.ended, PATIENCE_MS);
		assert.ok(viewer.response.complete, 'as a whole answer');
		assert.deepEqual(await stack.live.exited, { code: 0, signal: null });
		const missed = await stored(one, track());
		stack.live = await stack.site.startProgram('live');
		const again = await view(one.owner, one.project, { backlog: 0, lastEventId: viewer.lastId });
		await again.all(missed);
	});

	it('goes over to new workers at a reload', async () => {
		const one = await stack.tenant();
		const viewer = await view(one.owner, one.project, { backlog: 0 });
		stack.live.kill('SIGHUP');
		await viewer.message('end');
		const again = await view(one.owner, one.project, { backlog: 0, ...(viewer.lastId ? { lastEventId: viewer.lastId } : {}) });
		await again.all(await stack.send(one.key, track()));
	});

	it('is told of a gap when it was away for too long', async () => {
		const one = await stack.tenant();
		await stored(one, track({ event_name: 'a' }));
		await stored(one, track({ event_name: 'b' }));
		const from = Date.now() - 16 * 60_000;
		const viewer = await view(one.owner, one.project, { backlog: 1, lastEventId: `${from}-${randomUUID()}` });
		await viewer.event((e) => e.eventName === 'b');
		assert.deepEqual(names(viewer), ['b']);
		const [gap] = viewer.of('gap');
		assert.equal(gap.data.from, new Date(from).toISOString());
		assert.equal(gap.data.to, viewer.events[0].storedAt);
	});
});

describe('who may', () => {
	it('is whoever may see the project, and nobody else', async () => {
		const one = await stack.tenant();
		const other = await stack.tenant();
		const viewerOf = await stack.site.person();
		await stack.site.join(one.workspace, viewerOf, 'viewer');
		const mine = await view(viewerOf, one.project, { backlog: 0 });
		const theirs = await view(other.owner, other.project, { backlog: 0 });
		const [a] = await stack.send(one.key, track({ event_name: 'of one' }));
		const [b] = await stack.send(other.key, track({ event_name: 'of other', event_id: a.event_id }));
		assert.equal(a.event_id, b.event_id);
		await mine.event((e) => e.eventName === 'of one');
		await theirs.event((e) => e.eventName === 'of other');
		assert.deepEqual([names(mine), names(theirs)], [['of one'], ['of other']]);

		const answer = async (person, project, query) => {
			const v = await stack.open(person, project, query);
			return { status: v.status, headers: v.headers, json: await v.json() };
		};
		refused(await answer(null, one.project), 401, 3000);
		refused(await answer({ client: { session: 'x'.repeat(43) } }, one.project), 401, 3000);
		refused(await answer(other.owner, one.project), 404, 3153);
		refused(await answer(one.owner, { id: randomUUID() }), 404, 3153);
		refused(await answer(one.owner, { id: 'no-id' }), 404, 3153);
		const staged = { client: await stack.site.signIn(one.owner, { stage: 'totp' }) };
		refused(await answer(staged, one.project), 401, 3016);
		refused(await answer(one.owner, one.project, { backlog: 201 }), 400, 3050, { backlog: 'too_large' });
		refused(await answer(one.owner, one.project, { backlog: ['1', '2'] }), 400, 3050, { backlog: 'duplicate' });
		refused(await answer(one.owner, one.project, { lastEventId: '12' }), 400, 3050, { lastEventId: 'bad_format' });
		refused(await answer(one.owner, one.project, { status: 'fine' }), 400, 3050, { status: 'unknown_value' });
		refused(await answer(one.owner, one.project, { type: 'A' }), 400, 3050, { type: 'bad_format' });
		refused(await answer(one.owner, one.project, { from: 'x' }), 400, 3050, { from: 'unknown' });
		refused(await answer(one.owner, one.project, { platform: '-' }), 400, 3402);
	});

	it('ends with the membership: 3503', async () => {
		const one = await stack.tenant();
		const member = await stack.site.person();
		await stack.site.join(one.workspace, member, 'viewer');
		const viewer = await view(member, one.project);
		const stays = await view(one.owner, one.project);
		ok(await one.owner.client.delete(`/api/workspaces/${one.workspace.id}/members/${member.id}`), 204);
		assert.equal((await viewer.message('end')).data.code, 'YAVIO-3503');
		await until('the stream ends', () => viewer.ended, PATIENCE_MS);
		await stays.all(await stack.send(one.key, track()));
		assert.equal(stays.ended, false);
	});

	it('ends with the login, at once', async () => {
		const one = await stack.tenant();
		const other = { ...one.owner, client: await stack.site.signIn(one.owner) };
		const viewer = await view(one.owner, one.project);
		const stays = await view(other, one.project);
		ok(await one.owner.client.post('/api/auth/logout'), 204);
		assert.equal((await viewer.message('end', () => true, 20_000)).data.code, 'YAVIO-3503');
		await stays.all(await stack.send(one.key, track()));
		assert.equal(stays.ended, false);
	});
});

describe('a store that is away', () => {
	it('is said in the stream, which goes on when it is back', async () => {
		const one = await stack.tenant();
		const viewer = await view(one.owner, one.project, { backlog: 0 });
		await viewer.all(await stack.send(one.key, track()));
		await stack.site.store.signal('SIGKILL');
		assert.deepEqual((await viewer.message('status')).data, { store: 'away', code: 'YAVIO-3501' });
		const late = await view(one.owner, one.project);
		await late.message('status');
		const missed = await stack.send(one.key, track({ event_name: 'meanwhile' }));
		await viewer.message('heartbeat', (d) => Date.parse(d.time) > Date.now() - 4000);
		assert.equal(viewer.ended, false);
		await stack.site.store.start();
		await viewer.message('status', (d) => d.store === 'ok');
		await viewer.all(missed);
		await late.all(missed);
	});
});

describe('many viewers', () => {
	it('200 of one project ask the store as one does', async () => {
		const one = await stack.tenant();
		const open = [];
		for (let i = 0; i < 4; i++) {
			const person = await stack.site.person();
			await stack.site.join(one.workspace, person, 'viewer');
			open.push(...(await Promise.all(Array.from({ length: 48 }, () => view(person, one.project, { backlog: 0 })))));
		}
		assert.equal(open.length, 192);
		const asked = async () => Number(/^yavio_dashboard_clickhouse_query_duration_seconds_count\{query_type="live"\} (\d+)/m.exec(await stack.metrics())?.[1] ?? 0);
		const connections = async () => Number(/^yavio_dashboard_sse_connections (\d+)/m.exec(await stack.metrics())?.[1] ?? 0);
		await until('the gauge', async () => (await connections()) >= 192, PATIENCE_MS);
		const sent = await stack.send(one.key, ...Array.from({ length: 50 }, () => track()));
		await Promise.all(open.map((viewer) => viewer.all(sent)));
		const [queries, began] = [await asked(), performance.now()];
		const more = await stack.send(one.key, ...Array.from({ length: 50 }, () => track()));
		await Promise.all(open.map((viewer) => viewer.all(more)));
		const seconds = (performance.now() - began) / 1000;
		// A poll every 0.7 s, a fetch with each that finds something; other projects of this file may still be watched.
		assert.ok((await asked()) - queries < 192, `${(await asked()) - queries} queries in ${seconds} s`);
		for (const viewer of open) viewer.close();
		await until('the seats are given back', async () => (await connections()) < 60, PATIENCE_MS);
	});
});
