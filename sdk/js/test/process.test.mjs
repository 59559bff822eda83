// SPDX-License-Identifier: MIT
// The process of the host: it ends by itself, with its own exit status, and its last events arrive.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { runCode } from './support/run.mjs';
import { startSink } from './support/sink.mjs';

let sink = await startSink();
beforeEach(async () => {
  await sink.close();
  sink = await startSink();
});
after(() => sink.close());

// No widget: a token that a busy machine brings too late would be said on stderr.
const options = () => `{ apiKey: 'yav_1', endpoint: '${sink.url}', widget: { inject: 'never' } }`;
const serve = () => `
const server = makeServer(${options()}, { hello: () => { yavio.track('said'); return { content: [] }; } });
await call(server, 'hello', {});
`;
const types = () => sink.accepted.map((event) => event.event_type).sort();
const ALL = ['connection', 'connection', 'tool_call', 'tool_discovery', 'track'];

test('an idle host ends by itself and its events arrive', async () => {
  const done = await runCode(serve());
  assert.deepEqual([done.code, done.stdout, done.stderr], [0, '', '']);
  assert.deepEqual(types(), ALL);
});

test('also when ingest is away or silent', async () => {
  const url = sink.url;
  await sink.close();
  const began = Date.now();
  const done = await runCode(`const server = makeServer({ apiKey: 'yav_1', endpoint: '${url}' }, { hello: () => ({ content: [] }) }); await call(server, 'hello', {});`);
  assert.deepEqual([done.code, done.stdout], [0, '']);
  assert.match(done.stderr, /YAVIO-1200/);
  assert.ok(Date.now() - began < 30_000);
});

test('process.exit keeps its status; shutdown first keeps the events', async () => {
  assert.equal((await runCode(`${serve()} process.exit(3);`)).code, 3);
  assert.equal(sink.accepted.length, 0);
  assert.equal((await runCode(`${serve()} console.error(JSON.stringify(await shutdown())); process.exit(3);`)).code, 3);
  assert.equal(sink.accepted.length, 4);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  const kill = (child, text) => text.includes('ready') && child.kill(signal);
  test(`${signal}: without a listener of the host the process dies of it, flushed`, async () => {
    const done = await runCode(`${serve()} setInterval(() => {}, 1000); console.log('ready');`, { onStart: kill });
    assert.deepEqual([done.code, done.signal], [null, signal]);
    assert.deepEqual(types(), ALL);
  });
  test(`${signal}: a listener of the host decides, even one that is called once`, async () => {
    const done = await runCode(`process.once('${signal}', () => setTimeout(() => process.exit(7), 300)); ${serve()} setInterval(() => {}, 1000); console.log('ready');`, { onStart: kill });
    assert.deepEqual([done.code, done.signal], [7, null]);
    assert.ok(types().includes('tool_call'));
  });
}

test('handleSignals: false leaves signals alone; a silent ingest delays death by 2 s at most', async () => {
  const none = await runCode(`makeServer({ ...${options()}, handleSignals: false }); console.log(process.listenerCount('SIGTERM'), process.listenerCount('SIGINT'));`);
  assert.equal(none.stdout, '0 0\n');
  await sink.close();
  sink = await startSink(() => 'taken');
  const done = await runCode(`${serve()} setInterval(() => {}, 1000); console.log('ready');`, { onStart: (child, text) => text.includes('ready') && child.kill('SIGTERM') });
  assert.equal(done.signal, 'SIGTERM');
});

test('many servers: three listeners, and none of a host is touched', async () => {
  const done = await runCode(`
const mine = () => {};
process.on('SIGTERM', mine); process.on('beforeExit', mine);
for (let i = 0; i < 50; i++) makeServer({ apiKey: 'yav_' + i, endpoint: '${sink.url}' });
const count = (name) => process.listenerCount(name);
console.log(count('SIGTERM'), count('SIGINT'), count('beforeExit'), process.listeners('SIGTERM').includes(mine));
process.removeAllListeners();`);
  assert.equal(done.stdout, '2 1 2 true\n');
});

test('worker threads have a delivery of their own and no signals', async () => {
  const done = await runCode(`
import { isMainThread, Worker } from 'node:worker_threads';
if (isMainThread) {
  const worker = new Worker(process.argv[1]);
  worker.on('exit', (code) => console.log('worker', code));
} else {
  ${serve()}
  console.log(process.listenerCount('SIGTERM'));
}`);
  assert.match(done.stdout, /^0\nworker 0$/m);
  assert.deepEqual(types(), ALL);
});

test('waitUntil gets the delivery of each request', async () => {
  const done = await runCode(`
const waits = [];
const server = makeServer({ ...${options()}, waitUntil: (work) => waits.push(work) }, { hello: () => ({ content: [] }) });
await call(server, 'hello', {});
await Promise.all(waits);
console.log(waits.length > 0, stats().sent);
process.kill(process.pid, 'SIGKILL');`);
  assert.match(done.stdout, /^true [34]\n$/);
});
