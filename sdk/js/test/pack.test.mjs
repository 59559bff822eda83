// SPDX-License-Identifier: MIT
// What npm would publish: its files, and that it works installed into fresh projects with each line of the MCP SDK.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const ROOT = new URL('..', import.meta.url).pathname;
const run = (file, args, cwd) => {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_UPDATE_NOTIFIER: '1' } });
  } catch (error) {
    throw new Error(`${file} ${args.join(' ')}: ${error.stdout}${error.stderr}`);
  }
};
let dir, tarball, packed;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'yavio-pack-'));
  packed = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], ROOT))[0];
  tarball = join(dir, packed.filename);
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** A fresh project with the package installed and these packages of ours beside it. */
function project(name, type, links = {}) {
  const at = join(dir, name);
  mkdirSync(at);
  writeFileSync(join(at, 'package.json'), JSON.stringify({ name, private: true, type }));
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps', tarball], at);
  for (const [as, from] of Object.entries(links)) {
    mkdirSync(join(at, 'node_modules', as, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', from), join(at, 'node_modules', as));
  }
  return at;
}

test('only what belongs there is published, and nothing runs at installation', () => {
  const files = packed.files.map(({ path }) => path);
  const entries = ['index', 'widget', 'widget-core', 'react'].flatMap((name) => ['js', 'js.map', 'cjs', 'cjs.map', 'd.ts', 'd.cts'].map((end) => `dist/${name}.${end}`));
  const loaded = ['behind', 'widget-auto'].flatMap((name) => ['js', 'js.map', 'cjs', 'cjs.map'].map((end) => `dist/${name}.${end}`));
  const types = ['types', 'version', 'widget-types'].flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.d.cts`]);
  assert.deepEqual(files.sort(), [...entries, ...loaded, ...types, 'dist/widget.global.js', 'dist/widget.global.js.map', 'LICENSE', 'README.md', 'package.json'].sort());
  const { scripts, dependencies, sideEffects, peerDependenciesMeta } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.deepEqual(Object.keys(scripts).filter((name) => /install|prepare/.test(name)), []);
  assert.equal(dependencies, undefined);
  assert.equal(sideEffects, false);
  assert.ok(Object.values(peerDependenciesMeta).every(({ optional }) => optional));
});

test('browser bundles hold no server code, the server none of React', () => {
  for (const name of ['widget.js', 'widget.cjs', 'widget-core.js', 'widget-auto.js', 'react.js', 'widget.global.js']) {
    assert.doesNotMatch(readFileSync(join(ROOT, 'dist', name), 'utf8'), /node:|async_hooks|process\.env|beforeExit/, name);
  }
  for (const name of ['index.js', 'behind.js']) assert.doesNotMatch(readFileSync(join(ROOT, 'dist', name), 'utf8'), /from ["'](react|@modelcontextprotocol)/, name);
});

const MCP = { '@modelcontextprotocol/sdk': ['mcp-v1-min', '@modelcontextprotocol/sdk'], '@modelcontextprotocol/server': ['mcp-server-min', '@modelcontextprotocol/server'] };
for (const [as, versions] of Object.entries(MCP)) {
  for (const from of versions) {
    test(`installed beside ${from} as ${as}, by import and by require`, () => {
      const at = project(from.replace(/\W/g, '-'), 'module', { [as]: from, '@modelcontextprotocol/client': '@modelcontextprotocol/client' });
      const v1 = as.endsWith('/sdk');
      const body = (load) => `
const { withYavio, yavio, flush, stats } = ${load('@yavio/sdk')};
const { McpServer } = ${load(v1 ? `${as}/server/mcp.js` : as)};
const { Client } = ${load(v1 ? `${as}/client/index.js` : '@modelcontextprotocol/client')};
const { InMemoryTransport } = ${load(v1 ? `${as}/inMemory.js` : '@modelcontextprotocol/client')};
let sent = 0;
const fetch = async (url, { body }) => ((sent += JSON.parse(body).events.length), new Response('{}'));
const server = withYavio(new McpServer({ name: 'fresh', version: '1' }), { apiKey: 'yav_1', endpoint: 'https://yavio.example', transport: { fetch } });
${v1 ? `server.tool('hi', async () => (yavio.track('x'), { content: [] }));` : `server.registerTool('hi', {}, async () => (yavio.track('x'), { content: [] }));`}
const [near, far] = InMemoryTransport.createLinkedPair();
const client = new Client({ name: 'c', version: '1' });
(async () => {
  await Promise.all([server.connect(far), client.connect(near)]);
  await client.callTool({ name: 'hi', arguments: {} });
  await client.close();
  await flush();
  console.log(sent, stats().sent);
})();`;
      writeFileSync(join(at, 'main.mjs'), body((name) => `await import('${name}')`));
      writeFileSync(join(at, 'main.cjs'), body((name) => `require('${name}')`));
      for (const file of ['main.mjs', 'main.cjs']) assert.equal(run(process.execPath, [file], at), '5 5\n', file);
    });
  }
}

test('types hold under nodenext and bundler, by import and by require', () => {
  const at = project('types', 'module', { react: 'react', '@types/react': '@types/react', '@modelcontextprotocol/sdk': '@modelcontextprotocol/sdk', '@types/node': '@types/node' });
  const source = `
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { withYavio, yavio, flush, platformValues, type WithYavioOptions, type FlushResult, type Platform } from '@yavio/sdk';
import { createWidget, type YavioWidgetHandle } from '@yavio/sdk/widget';
import { createWidget as createCore } from '@yavio/sdk/widget/core';
import { useYavio, extractWidgetConfig, type WidgetConfig } from '@yavio/sdk/react';
const options: WithYavioOptions = { intent: { required: false }, session: (request) => request.headers['x-team'] };
const server: McpServer = withYavio(new McpServer({ name: 'x', version: '1' }), options);
const platform: Platform = platformValues[0];
const result: Promise<FlushResult> = flush({ timeoutMs: 1 });
const widget: YavioWidgetHandle = createWidget(null, { autocapture: { click: false } });
const config: WidgetConfig | null = extractWidgetConfig({});
// @ts-expect-error a currency is needed
yavio.conversion('x', { value: 1 });
const core: YavioWidgetHandle = createCore({}, { detect: false });
export { server, platform, result, widget, core, config, useYavio };
`;
  writeFileSync(join(at, 'main.ts'), source);
  writeFileSync(join(at, 'main.cts'), source.replace("import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';", 'class McpServer { constructor(_info: object) {} }'));
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--types', 'node', '--lib', 'es2023,dom'];
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  run(tsc, [...flags, '--module', 'nodenext', '--moduleResolution', 'nodenext', 'main.ts', 'main.cts'], at);
  run(tsc, [...flags, '--module', 'esnext', '--moduleResolution', 'bundler', 'main.ts'], at);
});
