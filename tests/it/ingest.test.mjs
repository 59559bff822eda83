// SPDX-License-Identifier: MIT
// yavio-ingest with a real PostgreSQL and a real store: events in, answers, health, metrics, start and stop.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPostgres } from '../support/postgres.mjs';
import { childrenOf, sleep, start, temporaryDir, until } from '../support/process.mjs';
import { baseEnv, event, ingestSecrets, installProgram, makeKey, ownDir, spoolText, startProgram } from '../support/programs.mjs';
import { startStore } from '../support/store.mjs';

let postgres;
let store;

before(async () => {
	postgres = await startPostgres();
	await postgres.createDatabase();
	store = await startStore();
});
after(async () => {
	await store?.stop();
	await postgres?.stop();
});

/** A home of its own for a program, beside the store's socket where the store is wanted. */
function world(t, extra = {}) {
	const dir = temporaryDir(t);
	const home = ownDir(join(dir, 'home'));
	return { dir, env: baseEnv(home, { ...ingestSecrets(), DATABASE_INGEST_URL: postgres.url('yavio_ingest'), YAVIO_INGEST_WORKERS: '2', ...extra }) };
}

async function ingest(t, extra = {}, options = {}) {
	const w = world(t, extra);
	const program = await startProgram(t, 'ingest', { ...w, ...options });
	const key = await makeKey(postgres, w.env);
	const auth = { Authorization: `Bearer ${key.text}`, 'Content-Type': 'application/json' };
	const post = (body, headers = {}) =>
		program.ask({ method: 'POST', uri: '/v1/events', headers: { ...auth, ...headers }, body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) });
	return { ...w, ...program, key, auth, post };
}

const refused = (answer, code, status) => {
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.json.error.code, code);
	assert.equal(answer.json.error.status, status);
	assert.equal(answer.json.error.requestId, answer.headers['x-request-id']);
};

describe('POST /v1/events', () => {
	it('answers 200 once the rows are in the spool, with the tenant of the key', async (t) => {
		const { post, env, key } = await ingest(t);
		const events = [event(), event({ event_type: 'session_start' })];
		const answer = await post({ events, sdk_version: '0.3.1' });
		assert.equal(answer.status, 200, answer.text);
		assert.deepEqual(answer.json, { accepted: 2, rejected: 0, requestId: answer.headers['x-request-id'] });
		const spool = spoolText(env);
		for (const e of events) assert.ok(spool.includes(e.event_id));
		assert.ok(spool.includes(key.project) && spool.includes(key.workspace));
	});

	it('answers 207 with the index of each refused event, 400 when all are refused', async (t) => {
		const { post, env } = await ingest(t);
		const good = event();
		const some = await post({ events: [event({ trace_id: '' }), good, 7] });
		assert.equal(some.status, 207);
		assert.equal(some.json.accepted, 1);
		assert.equal(some.json.rejected, 2);
		assert.deepEqual(some.json.errors.map(({ index, code }) => [index, code]), [[0, 'YAVIO-2101'], [2, 'YAVIO-2100']]);
		assert.ok(spoolText(env).includes(good.event_id));
		const bad = event({ event_id: 'x' });
		const none = await post({ events: [bad] });
		refused(none, 'YAVIO-2100', 400);
		assert.deepEqual([none.json.accepted, none.json.rejected, none.json.errors.length], [0, 1, 1]);
	});

	it('takes gzip and chunked bodies, refuses broken and inflated-too-large ones', async (t) => {
		const { post, ask, auth, env } = await ingest(t);
		const e = event();
		const zipped = gzipSync(JSON.stringify({ events: [e] }));
		for (const coding of ['gzip', 'x-gzip']) assert.equal((await post(zipped, { 'Content-Encoding': coding })).status, 200);
		assert.ok(spoolText(env).includes(e.event_id));
		refused(await post(zipped.subarray(0, 40), { 'Content-Encoding': 'gzip' }), 'YAVIO-2109', 400);
		refused(await post('{"events":[]}', { 'Content-Encoding': 'gzip' }), 'YAVIO-2109', 400);
		refused(await post(gzipSync(Buffer.alloc(600_000, 32)), { 'Content-Encoding': 'gzip' }), 'YAVIO-2120', 413);
		refused(await post(zipped, { 'Content-Encoding': 'gzip, gzip' }), 'YAVIO-2119', 415);
		const chunked = await ask({ method: 'POST', uri: '/v1/events', headers: auth, body: JSON.stringify({ events: [event()] }), length: '', pieceBytes: 1 });
		assert.equal(chunked.status, 200);
	});

	it('refuses bodies by size, type and form, before it stores anything', async (t) => {
		const { post, ask, auth, env } = await ingest(t);
		refused(await post('x'.repeat(512_001)), 'YAVIO-2111', 413);
		refused(await ask({ method: 'POST', uri: '/v1/events', headers: auth, body: 'x'.repeat(512_001), length: '-1' }), 'YAVIO-2111', 413);
		refused(await ask({ method: 'POST', uri: '/v1/events', headers: auth, body: '{}', length: 100 }), 'YAVIO-2121', 400);
		refused(await post('{}', { 'Content-Type': 'text/plain' }), 'YAVIO-2118', 415);
		refused(await post(''), 'YAVIO-2109', 400);
		refused(await post('{'), 'YAVIO-2109', 400);
		refused(await post({}), 'YAVIO-2100', 400);
		refused(await post({ events: [] }), 'YAVIO-2110', 400);
		refused(await post({ events: Array.from({ length: 1001 }, () => 1) }), 'YAVIO-2115', 413);
		assert.equal(existsSync(join(env.YAVIO_HOME, 'spool')) ? /event_id/.test(spoolText(env)) : false, false);
	});

	it('tells credentials apart, and 401 only for a certainly bad one', async (t) => {
		const { env, ask, key } = await ingest(t);
		const with_ = (authorization, uri = '/v1/events') =>
			ask({ method: 'POST', uri, headers: authorization === undefined ? {} : { Authorization: authorization }, body: '{}' });
		refused(await with_(undefined), 'YAVIO-2000', 401);
		refused(await with_('Bearer'), 'YAVIO-2006', 401);
		refused(await with_('Basic abc'), 'YAVIO-2006', 401);
		refused(await with_('Bearer nonsense'), 'YAVIO-2006', 401);
		refused(await with_(`Bearer yav_${'0'.repeat(64)}`), 'YAVIO-2001', 401);
		refused(await with_('Bearer yav_xyz'), 'YAVIO-2001', 401);
		refused(await with_(undefined, `/v1/events?token=${key.text}`), 'YAVIO-2006', 401);
		const expired = await makeKey(postgres, env, { expires: new Date(Date.now() - 1000) });
		refused(await with_(`Bearer ${expired.text}`), 'YAVIO-2002', 401);
		const revoked = await makeKey(postgres, env, { revoked: new Date(Date.now() - 1000) });
		refused(await with_(`Bearer ${revoked.text}`), 'YAVIO-2003', 401);
		assert.equal((await with_(`bEaReR   ${key.text}`)).status, 400, 'any case, several spaces');
		// The route is judged before the credential, the credential before the body.
		refused(await ask({ method: 'POST', uri: '/v1/nothing', body: '{}' }), 'YAVIO-2900', 404);
		refused(await ask({ method: 'PUT', uri: '/v1/events', body: '{}' }), 'YAVIO-2901', 405);
		refused(await ask({ method: 'POST', uri: '/v1/events', body: 'x'.repeat(600_000) }), 'YAVIO-2000', 401);
	});

	it('never writes a key, a body or a query into its log', async (t) => {
		const { post, ask, key, program } = await ingest(t, { LOG_LEVEL: 'trace' });
		await post({ events: [event({ event_name: 'planted-name' })] });
		await ask({ method: 'POST', uri: `/v1/events?token=planted-query`, headers: { Authorization: `Bearer ${key.text}x` }, body: 'planted-body' });
		await until('a request line', () => program.logs().some((l) => l.route === '/v1/events'));
		assert.doesNotMatch(program.output(), new RegExp(`planted|${key.text}|${key.text.slice(4)}`));
	});

	it('kill -9 of every worker right after a 200: the events are there', async (t) => {
		const { post, env, program } = await ingest(t);
		const acknowledged = [];
		for (let round = 0; round < 5; round++) {
			const e = event();
			if ((await post({ events: [e] })).status === 200) acknowledged.push(e.event_id);
			for (const pid of childrenOf(program.pid)) process.kill(pid, 'SIGKILL');
			await until('answers again', async () => (await post({ events: [event()] })).status === 200);
		}
		const spool = spoolText(env);
		for (const id of acknowledged) assert.ok(spool.includes(id));
		assert.equal(acknowledged.length, 5);
	});

	it('SIGHUP with traffic: nothing fails', async (t) => {
		const { post, program, ask } = await ingest(t);
		let running = true;
		const failures = [];
		const client = (async () => {
			while (running) {
				const status = await post({ events: [event()] }).then((a) => a.status, (e) => e.message);
				if (status !== 200) failures.push(status);
			}
		})();
		await sleep(200);
		program.kill('SIGHUP');
		await until('new workers', () => program.logs().some((l) => l.msg === 'new workers serve'));
		await sleep(200);
		running = false;
		await client;
		assert.deepEqual(failures, []);
		assert.equal((await ask('/health/live')).status, 200);
	});
});

describe('health and metrics', () => {
	it('/health says all is well with store, PostgreSQL and spool, and who is away', async (t) => {
		const dir = temporaryDir(t);
		const env = baseEnv(store.home, { ...ingestSecrets(), DATABASE_INGEST_URL: postgres.url('yavio_ingest'), YAVIO_INGEST_WORKERS: '1' });
		const { ask, program } = await startProgram(t, 'ingest', { dir, env });
		const health = await until('all up', async () => {
			const answer = await ask('/health');
			return answer.status === 200 && answer;
		});
		const { services, uptime, version, ...flat } = health.json;
		assert.deepEqual(flat, { status: 'ok', postgres: 'up', clickhouse: 'up', spool: 'ok', accepting: true });
		assert.deepEqual(Object.entries(services).map(([name, s]) => [name, s.status, Number.isInteger(s.latencyMs)]), [
			['postgres', 'healthy', true],
			['clickhouse', 'healthy', true],
			['spool', 'healthy', true],
		]);
		assert.ok(uptime >= 0 && version.length > 0);
		assert.equal((await ask({ method: 'HEAD', uri: '/health' })).status, 200);
		const far = await ask({ uri: '/health', params: { REMOTE_ADDR: '192.0.2.1' } });
		assert.equal(far.json.version, undefined);
		assert.equal((await ask({ uri: '/health', params: { REMOTE_ADDR: '192.0.2.1' }, headers: { Authorization: `Bearer ${env.METRICS_BEARER_TOKEN}` } })).json.version, version);
		await store.signal('SIGTERM');
		const degraded = await until('store away', async () => {
			const answer = await ask('/health');
			return answer.status === 503 && answer;
		});
		assert.equal(degraded.json.status, 'degraded');
		assert.equal(degraded.json.clickhouse, 'down');
		assert.equal(degraded.json.accepting, true);
		assert.equal((await ask('/health/ready')).status, 200);
		assert.ok(program.logs().some((l) => l.err?.code === 'YAVIO-7000' && l.name === 'clickhouse'));
		await store.start();
		await until('store back', async () => (await ask('/health')).status === 200);
		await program.stop();
	});

	it('PostgreSQL away: not ready with a reason, events 503 and never 401', async (t) => {
		const own = await startPostgres();
		t.after(() => own.stop());
		await own.createDatabase();
		const w = world(t, { DATABASE_INGEST_URL: own.url('yavio_ingest') });
		const { ask } = await startProgram(t, 'ingest', w);
		const key = await makeKey(own, w.env);
		await until('ready', async () => (await ask('/health/ready')).status === 200);
		await own.stop();
		const away = await until('not ready', async () => {
			const answer = await ask('/health/ready');
			return answer.status === 503 && answer;
		});
		assert.deepEqual(away.json, { status: 'unhealthy', reason: 'YAVIO-2403' });
		assert.ok(Number(away.headers['retry-after']) >= 1);
		const answer = await ask({ method: 'POST', uri: '/v1/events', headers: { Authorization: `Bearer ${key.text}` }, body: '{}' });
		refused(answer, 'YAVIO-2403', 503);
		assert.ok(Number(answer.headers['retry-after']) >= 1);
		assert.equal((await ask('/health/live')).status, 200);
	});

	it('/metrics wants the token, counts all workers together, has Prometheus form', async (t) => {
		const { ask, post, env } = await ingest(t);
		await post({ events: [event(), event({ error_message: 'mail alice@example.com' })] });
		await post({ events: [event({ event_id: '' })] });
		refused(await ask('/metrics'), 'YAVIO-7102', 401);
		refused(await ask({ uri: '/metrics', headers: { Authorization: 'Bearer wrong' } }), 'YAVIO-7102', 401);
		const { status, text, headers } = await until('gauges', async () => {
			const answer = await ask({ uri: '/metrics', headers: { Authorization: `Bearer ${env.METRICS_BEARER_TOKEN}` } });
			return /dependency_up\{.*postgres"\} 1/.test(answer.text) && answer;
		});
		assert.equal(status, 200);
		assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
		for (const line of [
			'yavio_ingest_events_received_total{source="server"} 3',
			'yavio_ingest_events_rejected_total{reason="YAVIO-2101",class="validation"} 1',
			'yavio_ingest_pii_redacted_total{kind="email"} 1',
			'yavio_ingest_http_request_duration_seconds_count{method="POST",route="/v1/events",status="200"} 1',
			'yavio_spool_append_duration_seconds_count 1',
			'yavio_errors_total{service="ingest",code="YAVIO-7102"} 2',
			'yavio_dependency_up{service="ingest",dependency="postgres"} 1',
		]) {
			assert.ok(text.includes(`\n${line}\n`), `${line}\n${text}`);
		}
		for (const line of text.trim().split('\n')) {
			assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)+\})? -?([0-9.e+-]+|\+Inf|NaN))$/);
		}
	});

	it('/metrics without a token is for loopback alone', async (t) => {
		const { ask } = await ingest(t, { METRICS_BEARER_TOKEN: '' });
		assert.equal((await ask('/metrics')).status, 200);
		refused(await ask({ uri: '/metrics', params: { REMOTE_ADDR: '192.0.2.1' } }), 'YAVIO-7102', 401);
	});
});

describe('start and stop', () => {
	const run = async (t, args, env, user = {}) => {
		const dir = temporaryDir(t);
		const program = start(t, installProgram('yavio-ingest', dir), args, { env, ...user });
		return { ...(await program.exited), output: program.output() };
	};

	it('--version, --help, --check-config, unknown arguments', async (t) => {
		const { env } = world(t);
		assert.deepEqual(await run(t, ['--version'], env), { code: 0, signal: null, output: (await run(t, ['--version'], env)).output });
		assert.match((await run(t, ['--version'], env)).output, /^yavio-ingest \d+\.\d+/);
		assert.equal((await run(t, ['--check-config'], env)).code, 0);
		const unknown = await run(t, ['--nope'], env);
		assert.equal(unknown.code, 2);
		assert.match(unknown.output, /unknown argument --nope\nusage: yavio-ingest/);
		const weak = await run(t, ['--check-config'], { ...env, JWT_SECRET: 'short' });
		assert.equal(weak.code, 78);
		assert.match(weak.output, /YAVIO-7201 JWT_SECRET/);
	});

	it('refuses root', { skip: process.getuid() !== 0 && 'not root' }, async (t) => {
		const { env } = world(t);
		const { code, output } = await run(t, [], env);
		assert.equal(code, 78);
		assert.match(output, /YAVIO-7211/);
	});

	it('waits for PostgreSQL visibly, serves nothing meanwhile, starts when it comes', async (t) => {
		const own = await startPostgres();
		t.after(() => own.stop());
		const w = world(t, { DATABASE_INGEST_URL: own.url('yavio_ingest') });
		const waiting = await startProgram(t, 'ingest', { ...w, ready: false });
		await until('a line about waiting', () => waiting.program.output().length > 0);
		assert.ok(!existsSync(waiting.socket) && !existsSync(waiting.readyFile));
		await own.createDatabase();
		await until('ready', () => existsSync(waiting.readyFile), 20_000);
		assert.equal((await waiting.ask('/health/live')).status, 200);
		assert.equal((await waiting.program.stop()).code, 0);
		assert.ok(!existsSync(waiting.socket) && !existsSync(waiting.readyFile));
	});

	it('a request id that Caddy set is in the reply and in the log', async (t) => {
		const { ask, program } = await ingest(t, { LOG_LEVEL: 'debug' });
		const id = `req_${randomUUID()}`;
		assert.equal((await ask({ uri: '/nothing', headers: { 'X-Request-Id': id } })).headers['x-request-id'], id);
		const line = await until('log line', () => program.logs().find((l) => l.requestId === id));
		assert.equal(line.err.code, 'YAVIO-2900');
		assert.equal(line.status, 404);
	});
});
