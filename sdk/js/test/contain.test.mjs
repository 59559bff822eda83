// SPDX-License-Identifier: MIT
// Whatever a host throws at the SDK, its answers are those without it; the worst that may happen is a missing event.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { flush, withYavio, yavio } from '../dist/index.js';
import { addTool, connect, LINES, text } from './support/lines.mjs';
import { TRANSPORTS } from './support/open.mjs';
import { buildServer, journey } from './support/reference.mjs';
import { runCode } from './support/run.mjs';
import { startSink } from './support/sink.mjs';

const line = await LINES['v1 1.32.2']();
const sink = await startSink();
after(() => sink.close());
let keys = 0;
const optionsOf = (more = {}) => ({ apiKey: `yav_${++keys}`, endpoint: sink.url, handleSignals: false, logger: () => {}, ...more });

/** Every message that crosses the wire, as text, both ways. */
async function transcript(load, name, wrap) {
  const using = await load();
  const [near, far] = using.InMemoryTransport.createLinkedPair();
  const seen = [];
  for (const [side, end] of [['<', near], ['>', far]]) {
    const send = end.send.bind(end);
    end.send = (message, ...rest) => {
      seen.push(side + JSON.stringify(message));
      return send(message, ...rest);
    };
  }
  const server = buildServer(using, optionsOf({ serverOnly: true }), { wrap });
  await server.connect(far);
  const client = new using.Client({ name: 'claude-code', version: '1' });
  await client.connect(near);
  const answers = await journey(using, client);
  await client.close();
  return { seen, answers: JSON.stringify(answers) };
}

for (const [name, load] of Object.entries(LINES)) {
  test(`${name}: serverOnly changes not one byte on the wire`, async () => {
    const bare = await transcript(load, name, false);
    const wrapped = await transcript(load, name, true);
    assert.deepEqual(wrapped.seen, bare.seen);
    assert.equal(wrapped.answers, bare.answers);
  });
}

test('the very same object comes back, whatever it is', () => {
  const frozen = Object.freeze({ connect() {}, setRequestHandler() {} });
  const odd = new Proxy({}, { get() { throw new Error('trap'); }, getPrototypeOf() { throw new Error('trap'); } });
  const log = [];
  for (const value of [{}, frozen, odd, [], () => {}, { server: { connect: 1 } }]) {
    assert.ok(withYavio(value, optionsOf({ logger: (level, code) => log.push(code) })) === value);
  }
  assert.equal(withYavio(null, optionsOf()), null);
  assert.equal(withYavio(undefined), undefined);
  assert.ok(log.includes('YAVIO-1100'));
  const server = new line.McpServer({ name: 'twice', version: '1' });
  assert.equal(withYavio(withYavio(server, optionsOf()), optionsOf()), server);
});

test('a transport that cannot be tapped works untouched', async () => {
  const log = [];
  const server = new line.McpServer({ name: 'frozen', version: '1' });
  addTool(line, server, 'hi', {}, async () => text('hi'));
  withYavio(server, optionsOf({ logger: (level, code) => log.push(code) }));
  const [near, far] = line.InMemoryTransport.createLinkedPair();
  Object.defineProperty(far, 'send', { value: far.send.bind(far), configurable: false, writable: false });
  await server.connect(far);
  const client = new line.Client({ name: 'c', version: '1' });
  await client.connect(near);
  assert.equal((await client.callTool({ name: 'hi', arguments: {} })).content[0].text, 'hi');
  assert.ok(!Object.hasOwn(far, 'onclose') || Object.getOwnPropertyDescriptor(far, 'onclose').get === undefined);
  await client.close();
});

/** Results that hurt whoever looks at them. */
const deep = () => {
  let value = 'bottom';
  for (let i = 0; i < 2_000; i++) value = { value };
  return value;
};
const circular = () => {
  const value = { list: [] };
  value.self = value;
  value.list.push(value);
  return value;
};
const NASTY = {
  circular,
  deep,
  bigint: () => ({ value: 10n ** 40n }),
  symbol: () => ({ value: Symbol('x'), [Symbol('y')]: 1, f() {} }),
  getter: () => Object.defineProperty({}, 'value', { enumerable: true, get() { throw new Error('getter'); } }),
  toJSON: () => ({ toJSON() { throw 'not even an error'; } }),
  proxy: () => new Proxy({}, { ownKeys() { throw new Error('trap'); }, get(target, key) { if (key === 'then') return undefined; throw new Error('trap'); } }),
  huge: () => ({ text: 'ü'.repeat(3_000_000), list: Array(100_000).fill(1) }),
  binary: () => ({ bytes: new Uint8Array(1_000), date: new Date(NaN), map: new Map([[1, 2]]) }),
  proto: () => JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
  frozen: () => Object.freeze({ a: Object.freeze([1]) }),
  lone: () => ({ text: '\ud800 half' }),
};

test('nothing a host hands over breaks it or its answer', async () => {
  // A server of the known shape that copies nothing: what leaves can be told by identity.
  const server = { setRequestHandler() {}, connect(transport) { this.transport = transport; transport.onmessage = (message) => void this.answer(message); } };
  let current;
  server.answer = async ({ id, method, params }) => {
    if (method !== 'tools/call') return;
    const value = NASTY[params.name]();
    yavio.track('nasty', value);
    yavio.identify('same', value);
    yavio.step('s', value);
    yavio.track(value);
    current = { content: [{ type: 'text', text: params.name }], structuredContent: value };
    await server.transport.send({ jsonrpc: '2.0', id, result: current });
  };
  withYavio(server, optionsOf({ widget: { inject: 'never' } }));
  let leave;
  server.connect({ async send(message) { leave(message.result); } });
  for (const name of Object.keys(NASTY)) {
    const left = new Promise((done) => (leave = done));
    server.transport.onmessage({ jsonrpc: '2.0', id: name, method: 'tools/call', params: { name, arguments: {} } });
    assert.ok((await left) === current, `${name}: the host's own object leaves`);
  }
  await flush();
  const calls = sink.accepted.filter((event) => event.event_type === 'tool_call' && Object.hasOwn(NASTY, event.event_name));
  assert.deepEqual(calls.map((event) => event.event_name).sort(), Object.keys(NASTY).sort());
  assert.equal({}.polluted, undefined);
  for (const event of sink.accepted) assert.ok(Buffer.byteLength(JSON.stringify(event)) <= 48_000);
});

test('hooks that throw, answer nonsense or never settle change nothing', async () => {
  const boom = () => {
    throw new Error('host');
  };
  const log = [];
  const all = { session: boom, identify: boom, errorCategory: boom, intent: { fallback: boom }, missingTools: { onReport: boom } };
  for (const more of [all, { ...all, identify: () => new Promise(() => {}) }, { ...all, identify: () => Promise.reject(new Error('no')), session: () => 7, intent: { fallback: () => 5 } }]) {
    const server = new line.McpServer({ name: 'hooks', version: '1' });
    addTool(line, server, 'fail', {}, async () => {
      throw new Error('Timeout of the host');
    });
    withYavio(server, optionsOf({ ...more, logger: (level, code) => (log.push(code), boom()) }));
    const client = await connect(line, server);
    assert.equal((await client.callTool({ name: 'fail', arguments: {} })).content[0].text, 'Timeout of the host');
    assert.ok((await client.callTool({ name: 'report_missing_tool', arguments: { need: 'x' } })).content);
    await client.close();
  }
  const before = sink.accepted.length;
  await flush();
  const failed = sink.accepted.slice(before).filter((event) => event.event_name === 'fail');
  assert.deepEqual(failed.map((event) => event.error_category), ['timeout', 'timeout', 'timeout'], 'events wait 500 ms for a hook that never settles');
  assert.ok(log.includes('YAVIO-1102'));
});

test('a result that cannot be read is sent as it is, and said', async () => {
  const done = await runCode(`
const revoked = Proxy.revocable({}, {}); 
const server = makeServer({ apiKey: 'yav_1', endpoint: '${sink.url}' }, {
  odd: () => ({ get content() { throw new Error('no'); } }),
  odder: () => { setTimeout(() => revoked.revoke()); return revoked.proxy; },
});
await call(server, 'odd', {}); await call(server, 'odder', {});
console.log('ok', (await flush()).sent > 0);`);
  assert.equal(done.stdout, 'ok true\n', done.stderr);
  assert.match(done.stderr, /YAVIO-1106/);
});

test('a pattern that fails costs the value, never the event', async () => {
  const done = await runCode(`
const replace = String.prototype.replace;
String.prototype.replace = function (...args) { if (this.includes('poison@')) throw new Error('engine'); return replace.apply(this, args); };
const server = makeServer({ apiKey: 'yav_1', endpoint: '${sink.url}' }, { hi: () => { yavio.track('poisoned', { a: 'poison@x.org' }); return { content: [] }; } });
await call(server, 'hi', {});
await flush();`);
  assert.match(done.stderr, /YAVIO-1301/);
  const event = sink.accepted.find((one) => one.event_name === 'poisoned');
  assert.ok(event && event.metadata === undefined);
});

test('limits of explicit calls: conflicting users, incomplete conversions, events without identity', async () => {
  const log = [];
  const server = new line.McpServer({ name: 'limits', version: '1' });
  addTool(line, server, 'go', {}, async () => {
    yavio.identify('first', { a: 1 });
    yavio.identify('first', { a: 1 });
    yavio.identify('first', { b: 2 });
    yavio.identify('second');
    yavio.conversion('c', { value: 1 });
    yavio.conversion('c', { value: 1, currency: 'eur' });
    yavio.track('$mine');
    yavio.track('x'.repeat(1_000));
    return text(JSON.stringify(yavio.current()));
  });
  withYavio(server, optionsOf({ logger: (level, code) => log.push(code), beforeSend: (event) => (event.event_name === 'mine' ? {} : event) }));
  const client = await connect(line, server);
  const before = sink.accepted.length;
  const current = JSON.parse((await client.callTool({ name: 'go', arguments: {} })).content[0].text);
  await flush();
  const events = sink.accepted.slice(before);
  assert.deepEqual(events.filter((event) => event.event_type === 'identify').map((event) => event.user_traits), [{ a: 1 }, { a: 1, b: 2 }]);
  assert.ok(events.filter((event) => event.event_type === 'tool_call').every((event) => event.user_id === 'first'));
  assert.equal(current.userId, 'first');
  assert.equal(events.find((event) => event.event_type === 'tool_call').trace_id, current.traceId);
  assert.deepEqual(['YAVIO-1300', 'YAVIO-1302', 'YAVIO-1303'].filter((code) => !log.includes(code)), []);
  assert.equal(events.find((event) => event.event_type === 'track').event_name.length, 256);
  await client.close();
});

test('an error of the SDK itself is told and contained', async () => {
  const done = await runCode(`
const server = makeServer({ apiKey: 'yav_1', endpoint: '${sink.url}' }, { hi: () => ({ content: [] }) });
const meta = new Proxy({}, { get(t, k) { throw new Error('trap'); }, ownKeys() { throw new Error('trap'); } });
const answer = await call(server, 'hi', {}, {}, 'tools/call', { name: 'hi', arguments: {}, _meta: meta });
console.log(JSON.stringify(answer.result));`);
  assert.equal(done.stdout, '{"content":[]}\n', done.stderr);
  assert.match(done.stderr, /YAVIO-1999/);
});

test('two copies of the SDK, and a patch of the host, live side by side', async () => {
  const copy = await import(`../dist/index.js?copy=${Date.now()}`);
  const server = new line.McpServer({ name: 'copies', version: '1' });
  addTool(line, server, 'hi', {}, async () => text('hi'));
  let patched = 0;
  const connectOf = server.server.connect;
  server.server.connect = function (...args) {
    patched++;
    return connectOf.apply(this, args);
  };
  withYavio(server, optionsOf({ apiKey: 'yav_copy1' }));
  copy.withYavio(server, optionsOf({ apiKey: 'yav_copy2' }));
  const before = sink.requests.length;
  const client = await connect(line, server);
  assert.equal((await client.callTool({ name: 'hi', arguments: {} })).content[0].text, 'hi');
  await client.close();
  await flush();
  await copy.flush();
  assert.equal(patched, 1);
  for (const key of ['yav_copy1', 'yav_copy2']) {
    const sent = sink.requests.slice(before).filter(({ headers }) => headers.authorization === `Bearer ${key}`).flatMap(({ body }) => body.events);
    assert.equal(sent.filter((event) => event.event_type === 'tool_call').length, 1);
  }
});

test('reconnected and connected before it is wrapped: each connection counts once', async () => {
  const server = new line.McpServer({ name: 'again', version: '1' });
  addTool(line, server, 'hi', {}, async () => text('hi'));
  const before = sink.accepted.length;
  const first = await connect(line, server);
  withYavio(server, optionsOf());
  await first.callTool({ name: 'hi', arguments: {} });
  await first.close();
  await server.close();
  const second = await connect(line, server);
  await second.callTool({ name: 'hi', arguments: {} });
  await second.close();
  await flush();
  const events = sink.accepted.slice(before);
  assert.equal(events.filter((event) => event.event_type === 'tool_call').length, 2);
  assert.equal(new Set(events.filter((event) => event.event_type === 'tool_call').map((event) => event.session_id)).size, 2);
  assert.ok(events.every((event) => event.event_type !== 'connection' || event.client_name === 'test-client'));
});

test('the last resort: a stack of ingests that misbehave, the host answers alike', async () => {
  const answers = [];
  for (const reply of [undefined, { status: 500, body: 'x'.repeat(200_000) }, { status: 401 }, 'taken', { status: 200, body: '[[[' }]) {
    const bad = await startSink(() => reply);
    const { client, close } = await TRANSPORTS.memory.open(line, optionsOf({ endpoint: bad.url, transport: { maxBatchSize: 5, timeoutMs: 50, maxRetries: 1 } }));
    answers.push(JSON.stringify(await journey(line, client)));
    await close();
    await bad.close();
  }
  assert.equal(new Set(answers).size, 1);
});
