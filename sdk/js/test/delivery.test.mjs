// SPDX-License-Identifier: MIT
// Every answer that ingest may give, and what becomes of the events: none is lost while the process lives, none is sent twice as new.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { flush, shutdown, stats, withYavio, yavio } from '../dist/index.js';
import { addTool, connect, LINES, text } from './support/lines.mjs';
import { startSink, waitFor } from './support/sink.mjs';

const line = await LINES['v1 1.32.2']();
const open = [];
after(async () => {
  for (const close of open) await close();
});

/** A server with one tool that tracks n events a call, its log, and a client. */
async function makeServer(answer, { endpoint, ...options } = {}) {
  const sink = await startSink(answer);
  const log = [];
  const server = new line.McpServer({ name: 'delivery', version: '1' });
  withYavio(server, { apiKey: 'yav_00', endpoint: endpoint ?? sink.url, logger: (level, code, message) => log.push({ level, code, message }), handleSignals: false, ...options });
  addTool(line, server, 'emit', { n: line.z.number(), size: line.z.number().optional() }, async ({ n, size = 1 }) => {
    for (let i = 0; i < n; i++) yavio.track('event', { i, filler: 'x'.repeat(size) });
    return text('done');
  });
  const client = await connect(line, server);
  open.push(() => client.close(), () => sink.close());
  return { sink, log, client, emit: (n, size) => client.callTool({ name: 'emit', arguments: { n, size } }), codes: () => log.map(({ code }) => code) };
}
const tracked = (sink) => sink.accepted.filter((event) => event.event_type === 'track');

test('a batch has the form of the contract', async () => {
  const { sink, emit } = await makeServer();
  await emit(3);
  await flush();
  const [{ method, url, headers, body }] = sink.requests;
  assert.equal(method, 'POST');
  assert.equal(url, '/v1/events');
  assert.equal(headers.authorization, 'Bearer yav_00');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['content-encoding'], undefined);
  assert.deepEqual(Object.keys(body), ['events', 'sdk_version', 'sent_at']);
  assert.equal(tracked(sink).length, 3);
  for (const event of body.events) {
    assert.match(event.event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.match(event.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(event.trace_id, /^tr_[\w-]{21}$/);
    assert.match(event.session_id, /^ses_[\w-]{21}$/);
  }
});

test('100 events go at once, in batches of at most 100 and 400 KiB', async () => {
  const { sink, emit } = await makeServer();
  await emit(250);
  await waitFor('two full batches', () => sink.requests.length >= 2);
  await flush();
  assert.equal(tracked(sink).length, 250);
  assert.ok(sink.requests.every(({ body }) => body.events.length <= 100));
  await emit(90, 2_000);
  await emit(90, 2_000);
  await flush();
  assert.ok(sink.requests.every(({ text: sent }) => sent.length <= 410 * 1024));
  assert.equal(tracked(sink).length, 430);
});

test('503, 500, 429, 408 and a broken connection are tried again with the same events', async () => {
  const answers = [{ status: 503 }, { status: 500 }, { status: 429 }, { status: 408 }];
  const { sink, emit, codes } = await makeServer((n, body, response) => {
    if (n === 1) return response.destroy(), 'taken';
    if (n <= 5) return { ...answers[n - 2], headers: { 'retry-after': '0' }, body: '<html>' };
    return undefined;
  });
  await emit(2);
  await flush({ timeoutMs: 30_000 });
  await waitFor('the sixth request', () => sink.requests.length >= 6);
  await flush();
  assert.equal(new Set(sink.requests.map(({ body }) => JSON.stringify(body.events))).size, 1, 'a retry repeats its events byte for byte');
  assert.equal(tracked(sink).length, 2);
  assert.ok(codes().includes('YAVIO-1200') && codes().includes('YAVIO-1202'));
});

test('after a series that failed nothing is lost, and a probe brings it all', async () => {
  let away = true;
  const { sink, emit, codes } = await makeServer(() => (away ? { status: 503, headers: { 'retry-after': '0' } } : undefined));
  await emit(5);
  const { remaining } = await flush({ timeoutMs: 5_000 });
  assert.equal(sink.requests.length, 6, 'one try and five more');
  assert.ok(remaining >= 5);
  assert.ok(codes().includes('YAVIO-1201'));
  await emit(5);
  await flush();
  assert.equal(sink.requests.length, 7, 'a paused delivery sends one probe');
  away = false;
  await flush();
  assert.equal(tracked(sink).length, 10);
  assert.equal(sink.ids.size, sink.accepted.length);
});

test('401 and 403 stop for good; the host goes on', async () => {
  for (const status of [401, 403]) {
    const { sink, emit, log } = await makeServer(() => ({ status }));
    await emit(3);
    const done = await flush();
    assert.ok(done.dropped >= 4);
    assert.equal((await emit(3)).content[0].text, 'done');
    await flush();
    assert.equal(sink.requests.length, 1);
    if (status === 401) assert.equal(log.find(({ code }) => code === 'YAVIO-1203').level, 'error');
  }
  assert.ok(stats().dropped.auth >= 8);
});

test('413 halves until it fits; an event that never fits is dropped alone', async () => {
  const { sink, emit, codes } = await makeServer((n, { events }) =>
    events.length > 3 || events.some((event) => event.metadata?.filler?.length > 1_000) ? { status: 413 } : undefined);
  await emit(20);
  await emit(1, 1_500);
  await flush();
  assert.equal(tracked(sink).length, 20);
  assert.ok(codes().includes('YAVIO-1304'));
  assert.equal((await flush()).remaining, 0);
});

test('400, 415 and other refusals are not repeated, and named', async () => {
  for (const status of [400, 415, 422]) {
    const before = stats().dropped.refused;
    const { sink, emit, log } = await makeServer(() => ({ status, body: { error: { code: 'YAVIO-2100' }, errors: [{ index: 1, code: 'YAVIO-2101', field: 'trace_id' }] } }));
    await emit(2);
    await flush();
    await flush();
    assert.equal(sink.requests.length, 1);
    assert.ok(stats().dropped.refused > before);
    if (status === 400) assert.match(log.find(({ code }) => code === 'YAVIO-1208').message, /YAVIO-2101 \w+ trace_id/);
  }
});

test('207 counts what was refused and does not send it again', async () => {
  const before = stats().rejected;
  const { sink, emit, log } = await makeServer((n, { events }) => ({ status: 207, body: { accepted: events.length - 1, rejected: 1, errors: [{ index: 0, code: 'YAVIO-2102', field: 'event_type' }] } }));
  await emit(2);
  await flush();
  assert.equal(sink.requests.length, 1);
  assert.equal(stats().rejected - before, 1);
  assert.match(log.find(({ code }) => code === 'YAVIO-1204').message, /1: YAVIO-2102 \w+ event_type/);
});

test('404, 405 and redirects pause and say that the endpoint is wrong; no redirect is followed', async () => {
  for (const status of [404, 405, 302]) {
    const elsewhere = await startSink();
    const { sink, emit } = await makeServer((n) => (n === 1 ? { status, headers: { location: `${elsewhere.url}/v1/events` } } : undefined));
    await emit(2);
    await flush();
    assert.equal(sink.accepted.length, 0);
    await flush();
    assert.equal(tracked(sink).length, 2, 'kept and sent by the probe');
    assert.equal(elsewhere.requests.length, 0);
    await elsewhere.close();
  }
});

test('an ingest that never answers is given up after the timeout, garbage as a success is a success', async () => {
  const { sink, emit } = await makeServer((n, body, response) => {
    if (n === 1) return 'taken';
    return { status: 200, body: '\u0000<not json', headers: { 'content-type': 'image/png' } };
  }, { transport: { timeoutMs: 100, maxRetries: 0 } });
  await emit(2);
  await flush();
  await flush();
  assert.equal(sink.requests.length, 2);
  assert.equal(tracked(sink).length, 2);
});

test('a full buffer loses the oldest and counts them', async () => {
  const before = stats().dropped.overflow;
  let away = true;
  const { sink, emit, codes } = await makeServer(() => (away ? { status: 503, headers: { 'retry-after': '0' } } : undefined), { transport: { maxBufferSize: 50 } });
  await emit(40);
  await flush();
  await emit(40);
  await flush();
  assert.ok(codes().includes('YAVIO-1206'));
  assert.ok(stats().dropped.overflow > before);
  away = false;
  await flush();
  const kept = sink.accepted;
  assert.equal(kept.length, 50);
  assert.equal(kept.at(-1).event_type, 'tool_call', 'the newest stay');
});

test('Retry-After as a date or nonsense', async () => {
  for (const value of [new Date(Date.now() - 1_000).toUTCString(), 'soon', '-3', '1e9']) {
    const { sink, emit } = await makeServer((n) => (n === 1 ? { status: 503, headers: { 'retry-after': value } } : undefined));
    await emit(1);
    await waitFor('the retry', async () => (await flush({ timeoutMs: 50 })).remaining === 0);
    assert.equal(tracked(sink).length, 1);
  }
});

test('beforeSend may change and drop; a throw, no event and no JSON drop and count', async () => {
  const before = stats().dropped;
  let others = 0;
  const { sink, emit } = await makeServer(undefined, {
    beforeSend: (event) => {
      if (event.event_type !== 'track') return void others++;
      if (event.metadata.i === 0) throw new Error('host');
      if (event.metadata.i === 1) return {};
      if (event.metadata.i === 2) return { ...event, metadata: { i: 2n } };
      return { ...event, event_name: 'changed' };
    },
  });
  await emit(5);
  await flush();
  assert.deepEqual(sink.accepted.map((event) => event.event_name), ['changed', 'changed']);
  const { beforeSend, refused } = stats().dropped;
  assert.equal(beforeSend - before.beforeSend, others + 2); // the throw, what is no event
  assert.equal(refused - before.refused, 1); // what is no JSON
});

test('servers of one endpoint and key share one delivery, others have their own', async () => {
  const { sink, emit } = await makeServer();
  const other = await startSink();
  for (const [endpoint, apiKey] of [[sink.url, 'yav_00'], [`${other.url}/v1/events`, 'yav_01'], [`${other.url}/`, 'yav_01']]) {
    const server = new line.McpServer({ name: 'another', version: '1' });
    addTool(line, server, 'ping', {}, async () => text('pong'));
    const client = await connect(line, withYavio(server, { apiKey, endpoint, handleSignals: false }));
    await client.callTool({ name: 'ping', arguments: {} });
    open.push(() => client.close());
  }
  await emit(1);
  await flush();
  assert.equal(sink.requests.length, 1, 'one batch for both servers');
  assert.equal(other.requests.length, 1, 'with and without path it is the same endpoint');
  await other.close();
});

test('shutdown sends, then stops for good', async () => {
  const { sink, emit } = await makeServer();
  const silent = await makeServer(() => ({ status: 503 }));
  await emit(2);
  await silent.emit(2);
  const done = await shutdown({ timeoutMs: 500 });
  assert.equal(tracked(sink).length, 2);
  assert.ok(done.dropped >= 2);
  assert.ok(silent.codes().includes('YAVIO-1205'));
  await emit(2);
  assert.deepEqual(await shutdown(), { sent: 0, remaining: 0, dropped: 0 });
  assert.equal(sink.requests.length, 1);
});
