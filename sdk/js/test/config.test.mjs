// SPDX-License-Identifier: MIT
// Where settings come from, and that without them nothing at all happens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runCode } from './support/run.mjs';
import { startSink } from './support/sink.mjs';

let sink;
before(async () => {
  sink = await startSink();
});
after(() => sink.close());

/** Wraps a server with the options given as text, tracks once, prints what came of it. */
const probe = (options) => `
const plain = new Server();
const before = Object.getOwnPropertyDescriptors(plain);
const server = makeServer(${options}, { hello: () => { yavio.track('said'); return { content: [], current: yavio.current() !== undefined }; } });
const answer = await call(server, 'hello', {});
const done = await flush();
console.log(JSON.stringify({ current: answer.result.current, sent: done.sent, own: Object.hasOwn(server, 'connect'),
  listeners: process.listenerCount('SIGTERM') + process.listenerCount('beforeExit'), handles: process._getActiveHandles().filter((h) => h.constructor.name !== 'Socket').length }));
`;
const run = async (options, settings) => {
  const done = await runCode(probe(options), settings);
  assert.equal(done.code, 0, done.stderr);
  return { ...done, ...JSON.parse(done.stdout) };
};
const on = (result) => assert.deepEqual([result.current, result.own, result.sent > 0], [true, true, true], result.stderr);
const off = (result) => assert.deepEqual([result.current, result.own, result.sent, result.listeners], [false, false, 0, 0], result.stderr);

test('code, environment, file: each setting from the first that has it', async () => {
  on(await run(`{ apiKey: ' yav_1 ', endpoint: '${sink.url}' }`));
  on(await run('{}', { env: { YAVIO_API_KEY: 'yav_2', YAVIO_ENDPOINT: sink.url } }));
  on(await run('undefined', { files: { '.yaviorc.json': JSON.stringify({ version: 1, apiKey: 'yav_3' }) }, env: { YAVIO_ENDPOINT: sink.url }, cwd: 'a/b' }));
  on(await run(`{ apiKey: 'yav_4' }`, { files: { '.yaviorc.json': JSON.stringify({ apiKey: 'yav_no', endpoint: sink.url }) } }));
  const keys = new Set(sink.requests.map(({ headers }) => headers.authorization));
  assert.deepEqual([...keys], ['Bearer yav_1', 'Bearer yav_2', 'Bearer yav_3', 'Bearer yav_4']);
});

test('the nearest file wins and a broken one counts as none', async () => {
  const parent = JSON.stringify({ apiKey: 'yav_parent', endpoint: sink.url });
  const broken = await run('{}', { files: { '.yaviorc.json': parent, 'a/.yaviorc.json': '{"apiKey":' }, cwd: 'a' });
  off(broken);
  assert.match(broken.stderr, /YAVIO-1004/);
  const newer = await run('{}', { files: { '.yaviorc.json': JSON.stringify({ ...JSON.parse(parent), version: 2 }) } });
  off(newer);
  assert.match(newer.stderr, /YAVIO-1005/);
  const told = await run('{}', { files: { '.yaviorc.json': parent }, env: { YAVIO_LOG: 'debug' } });
  on(told);
  assert.match(told.stderr, /YAVIO-1003/);
});

test('off: no key, no endpoint, disabled; the argument comes back untouched', async () => {
  const noKey = await run(`{ endpoint: '${sink.url}' }`);
  off(noKey);
  assert.equal(noKey.handles, 0);
  assert.equal(noKey.stderr.match(/YAVIO-/g).length, 1);
  assert.match(noKey.stderr, /YAVIO-1000/);
  const noEndpoint = await run(`{ apiKey: 'yav_1' }`);
  off(noEndpoint);
  assert.match(noEndpoint.stderr, /YAVIO-1002/);
  off(await run(`{ apiKey: 'yav_1', endpoint: 'ftp://x' }`));
  off(await run(`{ apiKey: 'yav_1', endpoint: '${sink.url}', enabled: false }`));
  off(await run(`{ apiKey: 'yav_1', endpoint: '${sink.url}' }`, { env: { YAVIO_DISABLED: 'Yes' } }));
  on(await run(`{ apiKey: 'yav_1', endpoint: '${sink.url}' }`, { env: { YAVIO_DISABLED: 'maybe' } }));
});

test('odd keys and open lines are told, and used', async () => {
  const odd = await run(`{ apiKey: 'key', endpoint: '${sink.url}/v1/events/' }`);
  on(odd);
  assert.match(odd.stderr, /YAVIO-1001/);
  const open = await runCode(`makeServer({ apiKey: 'yav_1', endpoint: 'http://analytics.example' });`);
  assert.match(open.stderr, /YAVIO-1006/);
  assert.equal(open.code, 0);
  const silent = await runCode(`makeServer({ apiKey: 'yav_1', endpoint: 'http://analytics.example' });`, { env: { YAVIO_LOG: 'silent' } });
  assert.equal(silent.stderr, '');
});

test('calls outside a request do nothing, said only while debugging', async () => {
  const code = `yavio.track('x'); yavio.identify('u'); yavio.step('s'); yavio.conversion('c', { value: 1, currency: 'EUR' });
console.log(JSON.stringify([yavio.current() ?? null, yavio.detach() ?? null, stats()]));`;
  const quiet = await runCode(code);
  assert.equal(quiet.stderr, '');
  assert.deepEqual(JSON.parse(quiet.stdout).slice(0, 2), [null, null]);
  assert.match((await runCode(code, { env: { YAVIO_LOG: 'debug' } })).stderr, /YAVIO-1105/);
});

test('importing does nothing', async () => {
  const code = `console.log(process._getActiveHandles().filter((h) => h.constructor.name !== 'Socket').length, ['SIGTERM', 'SIGINT', 'beforeExit'].reduce((sum, name) => sum + process.listenerCount(name), 0));`;
  const done = await runCode(code, { env: { YAVIO_API_KEY: 'yav_1', YAVIO_ENDPOINT: sink.url } });
  assert.deepEqual([done.stdout, done.stderr], ['0 0\n', '']);
});
