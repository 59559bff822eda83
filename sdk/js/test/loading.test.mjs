// SPDX-License-Identifier: MIT
// The server entry loads its second file by itself: whatever happens before that file is there arrives as what happens later,
// and a bundler's single file holds both.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { PRELUDE, runCode } from './support/run.mjs';
import { startSink } from './support/sink.mjs';

/** What a script says on stdout; it must end well. */
const run = async (file, env = {}) => (await promisify(execFile)(process.execPath, [file], { env: { ...process.env, ...env } })).stdout;
const dist = (file) => new URL(`../dist/${file}`, import.meta.url).pathname;
let dir;
let sink = await startSink();
before(() => (dir = mkdtempSync(join(tmpdir(), 'yavio-loading-'))));
beforeEach(async () => {
  await sink.close();
  sink = await startSink();
});
after(async () => {
  rmSync(dir, { recursive: true, force: true });
  await sink.close();
});

const options = () => `{ apiKey: 'yav_1', endpoint: '${sink.url}', widget: { inject: 'never' } }`;
const told = () => sink.accepted.map((event) => [event.event_type, event.event_name, event.user_id].filter(Boolean).join(' ')).sort();

/** Everything in the turn in which the server was wrapped: messages by hand, without a single turn of the event loop. */
const atOnce = () => `
const result = { content: [{ type: 'text', text: 'as it was' }], structuredContent: { rows: [1, 2] } };
const server = makeServer(${options()}, { early: (args) => {
  yavio.step('first'); yavio.identify('user-1', { plan: 'pro' }); yavio.conversion('sale', { value: 1, currency: 'EUR' }); yavio.conversion('none', {});
  if (yavio.current().userId !== 'user-1') throw new Error('the user is known at once');
  args.city = 'changed by the host';
  return result;
} });
const answered = call(server, 'early', { city: 'Porto' });
`;
const EXPECTED = ['connection', 'connection user-1', 'conversion sale user-1', 'identify user-1', 'step first', 'tool_call early user-1', 'tool_discovery user-1'];

test('what happens before the second file is there arrives, with its own values, users and order', async () => {
  const done = await runCode(`${atOnce()}
await answered;
result.content[0].text = 'changed after the answer';
result.structuredContent.rows.length = 0;
if (stats().queued < 4) throw new Error('it is there already: this test shows nothing');`, { env: { YAVIO_LOG: 'error' } });
  assert.deepEqual([done.code, done.stdout, done.stderr], [0, '', '']);
  assert.deepEqual(told(), EXPECTED);
  const event = sink.accepted.find((one) => one.event_type === 'tool_call');
  assert.deepEqual(event.input_values, { city: 'Porto' });
  assert.deepEqual([event.output_content.content[0].text, event.metadata.result_count], ['as it was', 2]);
  assert.equal(sink.accepted.find((one) => one.event_type === 'step').user_id, undefined, 'told before the user was known');
});

const ENDS = {
  'flush() at once': 'console.error((await flush()).sent > 0); process.exit(5);',
  'shutdown() at once': 'console.error((await shutdown()).remaining); process.exit(5);',
  'a host that ends by itself': 'process.exitCode = 5;',
  'a host that takes its signal': `process.on('SIGTERM', async () => { await flush(); process.exit(5); }); process.kill(process.pid, 'SIGTERM'); await new Promise((done) => setTimeout(done, 20_000));`,
};
for (const [name, code] of Object.entries(ENDS)) {
  test(`the last events of a first turn: ${name}`, async () => {
    const done = await runCode(`${atOnce()}\n${code}`, { env: { YAVIO_LOG: 'silent' } });
    assert.deepEqual([done.code, done.signal, done.stdout], [5, null, '']);
    assert.deepEqual(told().filter((one) => one.startsWith('tool_call')), ['tool_call early user-1']);
  });
}

test('SIGTERM in the first turn: the status is that of the signal, and the events arrive', async () => {
  const done = await runCode(`${atOnce()} process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1_000);`, { env: { YAVIO_LOG: 'silent' } });
  assert.deepEqual([done.code, done.signal], [null, 'SIGTERM']);
  assert.deepEqual(told(), EXPECTED);
});

test('a worker that ends in its first turn', async () => {
  const done = await runCode(`import { isMainThread, Worker } from 'node:worker_threads';
if (isMainThread) new Worker(process.argv[1]).on('exit', (code) => console.log('worker', code));
else { ${atOnce()} }`, { env: { YAVIO_LOG: 'silent' } });
  assert.deepEqual([done.code, done.stdout], [0, 'worker 0\n'], done.stderr);
  assert.deepEqual(told(), EXPECTED);
});

test('a list of tools that is asked for in the first turn has our parameter and our tool', async () => {
  const done = await runCode(`
const server = makeServer({ apiKey: 'yav_1', endpoint: '${sink.url}', intent: true, missingTools: true }, { hi: (args) => (console.log(JSON.stringify(args)), { content: [] }) });
const { result: { tools } } = await call(server, '', {}, undefined, 'tools/list', {});
console.log(tools.map(({ name, inputSchema }) => name + ': ' + Object.keys(inputSchema.properties) + '; ' + inputSchema.required).join('\\n'));
await call(server, 'hi', { context: 'to greet', who: 'you' });`, { env: { YAVIO_LOG: 'error' } });
  assert.deepEqual([done.code, done.stdout, done.stderr], [0, 'hi: context; context\nreport_missing_tool: need,attempted; need\n{"who":"you"}\n', '']);
  assert.equal(sink.accepted.find((event) => event.event_type === 'tool_call').intent_signals.intent, 'to greet');
});

test('a second file that cannot be loaded costs the events, what would be added to lists and one line, never the host', async () => {
  for (const [file, load] of [['index.js', 'import * as sdk from'], ['index.cjs', '']]) {
    const at = mkdtempSync(join(dir, 'torn-'));
    cpSync(dist(file), join(at, file));
    const main = join(at, file === 'index.js' ? 'main.mjs' : 'main.cjs');
    writeFileSync(join(at, 'package.json'), `{ "type": "${file === 'index.js' ? 'module' : 'commonjs'}" }`);
    const body = PRELUDE.replace(/^import.*$/m, load ? `${load} './index.js'; const { withYavio, yavio, flush, stats } = sdk;` : `const { withYavio, yavio, flush, stats } = require('./index.cjs');`);
    writeFileSync(main, `${body} (async () => {
const server = makeServer({ apiKey: 'yav_1', endpoint: '${sink.url}', intent: true, missingTools: true, logger: (level, code) => console.log(level, code) }, { hi: () => (yavio.track('x'), { content: [] }) });
const answer = await call(server, 'hi', {});
const { remaining } = await flush();
await call(server, 'hi', {});
console.log(JSON.stringify((await call(server, '', {}, undefined, 'tools/list', {})).result));
console.log(JSON.stringify(answer.result), remaining, stats().dropped.refused > 0);
})();`);
    assert.equal(await run(main), 'error YAVIO-1999\n{"tools":[{"name":"hi","inputSchema":{"type":"object"}}]}\n{"content":[]} 0 true\n', file);
  }
});

for (const format of ['esm', 'cjs']) {
  for (const from of ['index.js', 'index.cjs']) {
    test(`bundled into one ${format} file by esbuild from ${from}`, async () => {
      const entry = join(dir, `host-${format}.mjs`);
      writeFileSync(entry, PRELUDE.replace(/'[^']*index\.js'|"[^"]*index\.js"/, JSON.stringify(dist(from))) + `(async () => { ${atOnce()} await answered; })();`);
      const out = join(mkdtempSync(join(dir, 'bundle-')), `host.${format === 'esm' ? 'mjs' : 'cjs'}`);
      await build({ entryPoints: [entry], bundle: true, platform: 'node', format, outfile: out, logLevel: 'silent', banner: format === 'esm' && from.endsWith('cjs') ? { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` } : {} });
      assert.equal(await run(out, { YAVIO_LOG: 'silent' }), '');
      assert.deepEqual(told(), EXPECTED);
    });
  }
}
