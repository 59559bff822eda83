// SPDX-License-Identifier: MIT
// What was acknowledged is stored, once, whatever dies; what was not is never seen; and when there is no room, the client
// is told when to come back. With shipper and store. Numbers: rows of the contract's test table.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { beginRecord, encodeParams, open, paramsOf, record, stream } from '../support/fcgi.mjs';
import { refused, startSite, taken, track } from '../support/ingest.mjs';
import { preloaded } from '../support/preload.mjs';
import { childrenOf, sleep, temporaryDir, until } from '../support/process.mjs';
import { startPipeline } from '../support/shipper.mjs';
import { SmallDisk } from '../support/small-disk.mjs';

const STORED_MS = 30_000;
const closers = [];
const t = { after: (fn) => closers.push(fn) };
let pipeline;
let preload;
let shipper;
let site;

before(async () => {
	preload = preloaded(temporaryDir(t));
	pipeline = await startPipeline(t, { env: { YAVIO_SPOOL_MAX_BYTES: '64M', ...preload.env } });
	shipper = pipeline.startShipper();
	site = await startSite({ home: pipeline.store.home, env: { YAVIO_SPOOL_MAX_BYTES: '64M', YAVIO_DISK_RESERVE: '64M', YAVIO_MAX_EVENT_AGE: '0', ...preload.env } });
	t.after(() => site.close());
});
after(async () => {
	while (closers.length > 0) await closers.pop()();
});

const select = async (sql) =>
	(await pipeline.store.run(`${sql} FORMAT JSONEachRow`)).split('\n').filter(Boolean).map((line) => JSON.parse(line));
const countOf = async (trace) => Number((await select(`SELECT count() AS n FROM events FINAL WHERE trace_id = '${trace}'`))[0].n);
const storedAll = (trace, n) => until(`${n} events of ${trace}`, async () => (await countOf(trace)) === n, STORED_MS);
const trace = () => `tr_${randomUUID()}`;
const batch = (n, trace_id) => Array.from({ length: n }, () => track({ trace_id }));
const workers = () => childrenOf(site.program.pid);

it('1: batches as the SDK sends them are stored column by column', async () => {
	const ids = { trace_id: trace(), session_id: 'ses_Bq5nR8sJc2GfWv6xHt4Ky', source: 'server', platform: 'chatgpt', sdk_version: '0.3.1' };
	const call = {
		...ids, event_id: randomUUID(), event_type: 'tool_call', timestamp: '2024-11-20T09:14:07.318Z', user_id: 'cust_2041', event_name: 'find_hotels', latency_ms: 184,
		status: 'success', is_retry: 0, input_keys: { city: true, nights: true, contact: true }, input_types: { city: 'string', nights: 'number', contact: 'string' },
		input_values: { city: 'Porto', nights: 3, contact: 'ana.reis@example.pt', _requestId: 7, _meta: { 'openai/locale': 'pt-PT' } },
		output_content: { content: [{ type: 'text', text: '{"hotels":[{"id":"H-118","price":94.5}]}' }], isError: false },
		intent_signals: { intent: 'Find a quiet hotel in Porto for three nights', source: 'context_parameter' }, tokens_in: 61, tokens_out: 240,
		metadata: { response_size: 512, content_types: ['text'], zero_result: false }, country_code: 'pt', locale: 'pt-PT', end_user_agent: 'ChatGPT/1.2026.308', subject_id: 'v1/9hQx',
	};
	const others = [
		{ ...ids, event_id: randomUUID(), event_type: 'connection', timestamp: '2024-11-20T09:14:06.001Z', protocol_version: '2025-06-18', client_name: 'openai-mcp', client_version: '1.0.0', metadata: { intent_enabled: true } },
		{ ...ids, event_id: randomUUID(), event_type: 'conversion', timestamp: '2024-11-20T09:14:07.322Z', user_id: 'cust_2041', event_name: 'booking', conversion_value: 283.5, conversion_currency: 'EUR', metadata: { hotel: 'H-118', nights: 3 } },
		{ ...ids, event_id: randomUUID(), event_type: 'identify', timestamp: '2024-11-20T09:14:07.400Z', user_id: 'cust_2041', user_traits: { plan: 'pro' } },
		{ ...ids, event_id: randomUUID(), event_type: 'step', timestamp: '2024-11-20T09:14:07.500Z', event_name: 'chose', step_sequence: 1 },
		{ ...ids, event_id: randomUUID(), event_type: 'tool_discovery', timestamp: '2024-11-20T09:13:58.040Z', tool_name: 'find_hotels', description: 'Search hotels by city and number of nights',
			input_schema: { type: 'object', properties: { city: { type: 'string' }, nights: { type: 'integer' } }, required: ['city'] } },
	];
	taken(await site.post({ events: [call, ...others], sdk_version: '0.3.1', sent_at: '2024-11-20T09:14:10.002Z' }), 6);
	const widget = { ...ids, event_id: randomUUID(), event_type: 'widget_render', source: 'widget', timestamp: '2024-11-20T09:14:09.000Z',
		metadata: { viewport_width: 390, viewport_height: 844, device_pixel_ratio: 3, touch_support: true, connection_type: '4g', timezone: 'Europe/Lisbon' } };
	taken(await site.post(JSON.stringify({ events: [widget], sdk_version: '0.3.1' }), { key: null, path: `/v1/events?token=${site.token({ tid: ids.trace_id, sid: 'ses_w' })}`,
		headers: { 'Content-Type': 'text/plain;charset=UTF-8' } }));
	await storedAll(ids.trace_id, 6);
	const [row] = await select(`SELECT * EXCEPT (ingested_at), input_captured, param_keys, response_size, content_types, zero_result, intent, intent_source
		FROM events FINAL WHERE event_id = '${call.event_id}'`);
	const json = (value) => JSON.stringify(value);
	const expected = {
		workspace_id: site.key.workspace, project_id: site.key.project, event_id: call.event_id, event_type: 'tool_call', event_name: 'find_hotels', trace_id: ids.trace_id,
		session_id: ids.session_id, timestamp: '2024-11-20 09:14:07.318', source: 'server', user_id: 'cust_2041', platform: 'chatgpt', sdk_version: '0.3.1', latency_ms: 184, status: 'success',
		is_retry: 0, input_keys: json(call.input_keys), input_types: json(call.input_types), input_values: json({ ...call.input_values, contact: '[EMAIL_REDACTED]' }),
		output_content: json(call.output_content), intent_signals: json(call.intent_signals), metadata: json(call.metadata), tokens_in: 61, tokens_out: 240, country_code: 'PT', locale: 'pt-PT',
		end_user_agent: 'ChatGPT/1.2026.308', subject_id: 'v1/9hQx', error_message: '', user_traits: '', conversion_value: null, conversion_currency: '', viewport_width: null,
		input_captured: 1, param_keys: ['city', 'contact', 'nights'], response_size: 512, content_types: ['text'], zero_result: 0, intent: call.intent_signals.intent, intent_source: 'context_parameter',
	};
	for (const [name, value] of Object.entries(expected)) assert.deepEqual(['response_size'].includes(name) ? Number(row[name]) : row[name], value, name);
	const rows = await select(`SELECT event_type, source, session_id, sdk_version, conversion_value, conversion_currency, user_traits, step_sequence, client_name, viewport_width, device_touch
		FROM events FINAL WHERE trace_id = '${ids.trace_id}' ORDER BY timestamp`);
	assert.deepEqual(rows.map((r) => r.event_type), ['connection', 'tool_call', 'conversion', 'identify', 'step', 'widget_render']);
	const [connection, , conversion, identify, step, render] = rows;
	assert.equal(connection.client_name, 'openai-mcp');
	assert.deepEqual([Number(conversion.conversion_value), conversion.conversion_currency], [283.5, 'EUR']);
	assert.equal(identify.user_traits, '{"plan":"pro"}');
	assert.equal(step.step_sequence, 1);
	assert.deepEqual([render.source, render.session_id, render.viewport_width, render.device_touch, render.sdk_version], ['widget', 'ses_w', 390, 1, '0.3.1']);
	const [tool] = await select(`SELECT tool_name, description, input_schema, updated_at FROM tool_registry FINAL WHERE project_id = '${site.key.project}'`);
	assert.deepEqual(tool, { tool_name: 'find_hotels', description: others[4].description, input_schema: json(others[4].input_schema), updated_at: '2024-11-20 09:13:58.040' });
});

it('odd rows are storable: 27, 31, 34, 36, 37', async () => {
	const trace_id = trace();
	const odd = [{ event_type: 'widget_long_press' }, { event_type: 'tool_call', latency_ms: 5, tokens_in: 4294967295 }, { event_id: '00000000-0000-0000-0000-000000000000' },
		{ metadata: { a: '\0', b: '�' } }, { event_type: 'widget_render', viewport_width: 65535, device_pixel_ratio: 100 }, { event_type: 'conversion', conversion_value: -99999999999999.99 },
		{ timestamp: '2024-02-29T23:59:59.9999999-12:00' }, { event_name: '"\\\n\t😀' }];
	taken(await site.send(...odd.map((fields) => track({ trace_id, ...fields }))), odd.length);
	await storedAll(trace_id, odd.length);
	const status = pipeline.status();
	assert.equal(status.quarantine_rows ?? status.quarantine_events ?? 0, 0);
});

it('55: acknowledged events outlive SIGTERM and SIGKILL', async () => {
	for (const signal of ['SIGTERM', 'SIGKILL']) {
		const trace_id = trace();
		const answers = await Promise.all(Array.from({ length: 10 }, () => site.send(...batch(10, trace_id))));
		const kill = signal === 'SIGKILL' ? workers() : [];
		site.program.program.kill(signal);
		for (const pid of kill) process.kill(pid, 'SIGKILL');
		for (const answer of answers) taken(answer, 10);
		const { code } = await site.program.program.exited;
		if (signal === 'SIGTERM') assert.equal(code, 0);
		await site.restart();
		await storedAll(trace_id, 100);
	}
});

it('56: repeats are stored once', async () => {
	const trace_id = trace();
	const events = batch(3, trace_id);
	const answers = await Promise.all(Array.from({ length: 50 }, () => site.send(...events)));
	for (const answer of answers) taken(answer, 3);
	const twin = track({ trace_id });
	taken(await site.send(twin, twin), 2);
	await storedAll(trace_id, 4);

	// Workers die while requests are under way; the client sends the same body until it is acknowledged.
	const killed = trace();
	let broken = 0;
	for (let round = 0; round < 10; round++) {
		const events = batch(5, killed);
		const first = site.send(...events).catch(() => ({ status: 0 }));
		await sleep(Math.random() * 4);
		for (const pid of workers()) process.kill(pid, 'SIGKILL');
		if ((await first).status !== 200) broken++;
		await until('acknowledged', async () => (await site.send(...events)).status === 200);
	}
	await storedAll(killed, 50);
	await sleep(500);
	assert.equal(await countOf(killed), 50, `${broken} of 10 answers were lost`);
	assert.equal(await countOf(trace_id), 4);
	// The monitor was killed as often as the workers, and comes back after the same pauses: until then all counts as down.
	await until('watched again', async () => (await site.ask('/health')).status === 200, 30_000);
});

it('57: ClickHouse away for an hour: events are taken throughout, health says so, all is stored later', async () => {
	const trace_id = trace();
	await pipeline.store.signal('SIGTERM');
	for (let minutes = 0; minutes <= 60; minutes += 10) {
		preload.ahead(minutes * 60_000);
		const health = await until(`degraded after ${minutes} minutes`, async () => {
			const answer = await site.ask('/health');
			// what the monitor saw before the clocks jumped is too old to count
			return answer.status === 503 && answer.json.accepting && answer.json.postgres === 'up' && answer.json;
		});
		assert.deepEqual([health.status, health.clickhouse, health.spool], ['degraded', 'down', 'ok']);
		for (let i = 0; i < 4; i++) {
			taken(await site.send(...batch(10, trace_id)), 10);
			assert.equal((await site.ask('/health/ready')).status, 200);
		}
	}
	await until('the lag is told', async () => (await site.metric('yavio_spool_oldest_unshipped_seconds')) > 3500);
	await until('the depth is told', async () => (await site.metric('yavio_spool_depth_events')) === 280);
	await pipeline.store.start();
	await storedAll(trace_id, 280);
	await until('well again', async () => (await site.ask('/health')).status === 200);
});

it('a body that takes longer than 30 s is refused, and nothing of it is stored', async () => {
	const headers = { Authorization: `Bearer ${site.key.text}`, 'Content-Type': 'application/json' };
	const event = track();
	const body = Buffer.from(JSON.stringify({ events: [event] }));
	const slow = open(join(site.env.YAVIO_HOME, 'run/ingest.sock'));
	await slow.write(Buffer.concat([beginRecord(), stream(4, encodeParams(paramsOf({ method: 'POST', uri: '/v1/events', headers, body }))), record(5, body.subarray(0, 10))]));
	await until('a worker has it', async () => (await site.metric('yavio_worker_processes{service="ingest",state="busy"}')) >= 1);
	preload.ahead(61 * 60_000);
	await slow.write(Buffer.concat([record(5, body.subarray(10)), record(5)]));
	refused(await slow.answer(), 503, 'YAVIO-2410');
	assert.equal(site.row(event.event_id), undefined);
	await until('seen again since the clocks jumped', async () => (await site.ask('/health')).status === 200);
});

it('53: over the quota 503 with Retry-After 5, before the body is read; open again when drained', async () => {
	shipper.kill('SIGSTOP');
	const events = Array.from({ length: 450 }, () => ({ ...track({ trace_id: 'fill' }), metadata: { pad: 'x'.repeat(850) } }));
	let answer;
	try {
		for (let i = 0; i < 400; i++) {
			answer = await site.send(...events.map((e) => ({ ...e, event_id: randomUUID() })));
			if (answer.status !== 200) break;
		}
		refused(answer, 503, 'YAVIO-2402');
		assert.equal(answer.headers['retry-after'], '5');
		// Read no further than the headers: the body is not even JSON, of a type that is not taken.
		refused(await site.post('x', { headers: { 'Content-Type': 'a/b' } }), 503, 'YAVIO-2402');
		refused(await site.post('x', { key: null }), 401, 'YAVIO-2000');
		assert.equal((await site.post({ traceId: 't', sessionId: 's' }, { path: '/v1/widget-tokens' })).status, 200);
		await until('not ready', async () => (await site.ask('/health/ready')).json.reason === 'YAVIO-2402');
		const health = (await site.ask('/health')).json;
		assert.deepEqual([health.spool, health.accepting], ['full', false]);
		const ready = await site.ask('/health/ready');
		assert.deepEqual([ready.json.reason, /^[1-9]/.test(ready.headers['retry-after'])], ['YAVIO-2402', true]);
		await until('gauge', async () => (await site.metric('yavio_ingest_backpressure_active')) === 1);
		assert.ok((await site.metric('yavio_spool_bytes')) > 60e6);
		assert.equal(await site.metric('yavio_spool_quota_bytes'), 64 * 1024 * 1024);
		assert.ok((await site.metric('yavio_ingest_events_rejected_total{reason="YAVIO-2402",class="backpressure"}')) >= 2);
	} finally {
		shipper.kill('SIGCONT');
	}
	await until('open again', async () => (await site.send(track())).status === 200, STORED_MS);
	await until('drained', async () => (await site.metric('yavio_spool_depth_events')) === 0, STORED_MS);
	assert.equal(await site.metric('yavio_shipper_up'), 1);
});

it('54: a disk that fails: 503, not ready, nothing of it is ever stored', async () => {
	const lost = track({ trace_id: trace() });
	taken(await site.send(track()));
	preload.disk('10');
	refused(await site.send(lost), 503, 'YAVIO-2405');
	await until('not ready', async () => (await site.ask('/health/ready')).json.reason === 'YAVIO-2405');
	assert.equal((await site.ask('/health')).json.spool, 'error');
	preload.disk('00');
	const trace_id = trace();
	await until('works again', async () => (await site.send(track({ trace_id }))).status === 200);
	await site.program.program.stop();
	await site.restart();
	taken(await site.send(track({ trace_id })));
	await storedAll(trace_id, 2);
	assert.equal(await countOf(lost.trace_id), 0);
});

it('54: a full disk: 503, not ready, nothing of it is ever stored; open again when there is room', async (t) => {
	const disk = SmallDisk.mount(site.dir, '192m');
	if (!disk) return t.skip('only root may mount a file system to fill');
	const home = site.env.YAVIO_SPOOL_DIR;
	const lost = [];
	const refusedNow = async () => {
		const event = track();
		const answer = await site.send(event);
		if (answer.status === 200) return false;
		lost.push(event.event_id);
		refused(answer, 503, 'YAVIO-2406');
		assert.equal(answer.headers['retry-after'], '60');
		return true;
	};
	try {
		await site.program.program.stop();
		await site.restart({ YAVIO_SPOOL_DIR: disk.spool, YAVIO_SPOOL_SEGMENT_BYTES: '1M' });
		const kept = track();
		taken(await site.send(kept));
		disk.fill();
		await until('no room', refusedNow);
		for (let i = 0; i < 5; i++) assert.ok(await refusedNow());
		await until('not ready', async () => (await site.ask('/health/ready')).json.reason === 'YAVIO-2406');
		assert.deepEqual([(await site.ask('/health')).json.spool, (await site.ask('/health')).json.accepting], ['full', false]);
		disk.empty();
		await until('open again', async () => (await site.send(track())).status === 200);
		// A disk that is full although there seemed to be room: what the write itself says.
		preload.disk('02');
		const event = track();
		const answer = await site.send(event);
		preload.disk('00');
		refused(answer, 503, 'YAVIO-2406');
		lost.push(event.event_id);
		await until('open again', async () => (await site.send(track())).status === 200);
		await site.program.program.stop();
		await site.restart();
		taken(await site.send(track()));
		assert.ok(site.row(kept.event_id));
		for (const id of lost) assert.equal(site.row(id), undefined);
	} finally {
		await site.program.program.stop();
		disk.unmount();
		await site.restart({ YAVIO_SPOOL_DIR: home });
	}
});

it('stopping: the request under way is finished, one that came too late is asked to come back', async () => {
	await site.program.program.stop();
	await site.restart({ YAVIO_INGEST_WORKERS: '1' });
	const headers = { Authorization: `Bearer ${site.key.text}`, 'Content-Type': 'application/json' };
	const body = Buffer.from(JSON.stringify({ events: [track()] }));
	const opening = () => Buffer.concat([beginRecord(), stream(4, encodeParams(paramsOf({ method: 'POST', uri: '/v1/events', headers, body })))]);
	const socket = join(site.env.YAVIO_HOME, 'run/ingest.sock');
	const first = open(socket);
	await first.write(Buffer.concat([opening(), record(5, body.subarray(0, 10))]));
	await sleep(100);
	const late = open(socket);
	await late.write(Buffer.concat([opening(), stream(5, body)]));
	await sleep(50);
	site.program.program.kill('SIGTERM');
	await sleep(200);
	await first.write(Buffer.concat([record(5, body.subarray(10)), record(5)]));
	taken(await first.answer());
	refused(await late.answer(), 503, 'YAVIO-2408');
	assert.equal((await site.program.program.exited).code, 0);
	// Caddy answers for a program that is not there, to browsers too.
	const away = await site.post({ events: [track()] }, { headers: { Origin: 'https://a.example' } });
	assert.ok([502, 503].includes(away.status), away.text);
	assert.match(away.headers['retry-after'], /^[1-9]/);
	assert.equal(away.headers['access-control-allow-origin'], 'https://a.example');
	await site.restart();
});
