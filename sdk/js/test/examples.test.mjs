// SPDX-License-Identifier: MIT
// Every example, run as it stands against a real stack; what the guide promises is in the store afterwards.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { freePort } from '../../../tests/support/port.mjs';
import { Stack, waitFor } from '../../../tests/support/stack.mjs';
import { LINES } from './support/lines.mjs';

const example = (name) => new URL(`../examples/${name}`, import.meta.url).pathname;
const v1 = await LINES['v1 1.32.2']();
const v2 = await LINES['v2 2.4.0']();
let stack, browser;
before(async () => {
  stack = await Stack.start();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const account = async (name) => {
  const { key, project_id: project } = await stack.createKey('Examples', name);
  return { project, env: { ...process.env, YAVIO_API_KEY: key, YAVIO_ENDPOINT: stack.ingestUrl } };
};

/** Waits until the project holds these, as "type name". */
async function holds(project, ...wanted) {
  let found = [];
  await waitFor(wanted.join(', '), async () => {
    found = (await stack.query('SELECT event_type, event_name, user_id FROM events FINAL', project)).map((row) => `${row.event_type} ${row.event_name}`.trim());
    return wanted.every((one) => found.includes(one));
  }, 30_000, 100).catch(() => assert.fail(`${wanted} is not all in ${found}`));
}

async function stdio(name, work) {
  const { project, env } = await account(name);
  const client = new v1.Client({ name: 'test', version: '1' });
  await client.connect(new v1.StdioClientTransport({ command: process.execPath, args: [example(name)], env }));
  await client.listTools();
  await work(client);
  await client.close();
  return project;
}

async function http(name, line, work, headers = {}) {
  const { project, env } = await account(name);
  const port = await freePort();
  const child = spawn(process.execPath, [example(name)], { env: { ...env, PORT: String(port) }, stdio: ['ignore', 'inherit', 'pipe'] });
  await once(child.stderr, 'data');
  const client = new line.Client({ name: 'test', version: '1' });
  await client.connect(new line.HttpClientTransport(new URL(`http://127.0.0.1:${port}/`), { requestInit: { headers } }));
  await client.listTools();
  await work(client);
  await client.close();
  child.kill();
  await once(child, 'exit');
  return project;
}
const call = (name, args) => (client) => client.callTool({ name, arguments: args });

test('stdio', async () => {
  await holds(await stdio('stdio.mjs', call('find_hotels', { city: 'Porto', nights: 3, context: 'A quiet weekend' })), 'tool_call find_hotels', 'step searched', 'connection');
});
test('http-stateful', async () => {
  const project = await http('http-stateful.mjs', v1, call('find_hotels', { city: 'Porto' }), { 'x-user': 'cust_2041' });
  await holds(project, 'tool_call find_hotels', 'track searched', 'identify');
  assert.deepEqual(await stack.query(`SELECT DISTINCT user_id FROM events FINAL WHERE event_type = 'tool_call'`, project), [{ user_id: 'cust_2041' }]);
});
test('http-stateless', async () => {
  await holds(await http('http-stateless.mjs', v1, call('book_hotel', { id: 'H-118' })), 'tool_call book_hotel', 'conversion booking');
});
test('http-2026', async () => {
  await holds(await http('http-2026.mjs', v2, call('find_hotels', { city: 'Porto' })), 'tool_call find_hotels', 'step searched');
});
test('low-level', async () => {
  await holds(await stdio('low-level.mjs', call('find_hotels', { city: 'Porto' })), 'tool_call find_hotels', 'identify');
});

test('serverless', async () => {
  const { project, env } = await account('serverless');
  Object.assign(process.env, { YAVIO_API_KEY: env.YAVIO_API_KEY, YAVIO_ENDPOINT: env.YAVIO_ENDPOINT });
  const { default: worker } = await import('../examples/serverless.mjs');
  const waits = [];
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'find_hotels', arguments: { city: 'Porto' } } };
  const answer = await worker.fetch(new Request('http://x/', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }, body: JSON.stringify(body) }), {}, { waitUntil: (work) => waits.push(work) });
  assert.match(await answer.text(), /3 hotels in Porto/);
  await Promise.all(waits);
  assert.ok(waits.length > 0);
  await holds(project, 'tool_call find_hotels');
});

/** A host's page around a widget's document, which posts the tool's result into it. */
async function host(html, result, work) {
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] });
  const pages = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/widget' ? html : '<iframe id="w" src="/widget" width="400" height="300"></iframe>');
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${pages.address().port}/`);
  await page.frameLocator('#w').locator('#book').waitFor();
  await page.evaluate((params) => document.querySelector('#w').contentWindow.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/tool-result', params }, '*'), result);
  await work(page.frameLocator('#w'));
  await page.goto('about:blank'); // the widget's frame goes, and sends what it holds
  await page.close();
  pages.closeAllConnections();
  pages.close();
}

test('widget-plain and widget-react, from the tool to the booking', async () => {
  let html, result;
  const react = await build({ entryPoints: [example('widget-react.jsx')], bundle: true, write: false, format: 'iife', jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' } });
  const pages = [() => html, () => `<!doctype html><div id="root"></div><script>${react.outputFiles[0].text}</script>`];
  const project = await stdio('widget-plain.mjs', async (client) => {
    for (const page of pages) {
      // A result waits 300 ms for its token; a busy machine may need another call.
      await waitFor('a result with a token', async () => (result = await client.callTool({ name: 'list_hotels', arguments: {} }))._meta?.yavio, 30_000);
      html = (await client.readResource({ uri: 'ui://hotels/list.html' })).contents[0].text;
      assert.ok(result._meta.yavio.token);
      await host(page(), result, (frame) => frame.locator('#book').click());
    }
  });
  await holds(project, 'tool_call list_hotels', 'widget_response list_hotels', 'widget_render', 'widget_click book', 'conversion booking', 'step seen');
  const bookings = await stack.query(`SELECT count() AS n FROM events FINAL WHERE event_type = 'conversion'`, project);
  assert.equal(Number(bookings[0].n), 2);
});

test('no example is untried', () => {
  assert.deepEqual(readdirSync(example('.')).sort(), ['http-2026.mjs', 'http-stateful.mjs', 'http-stateless.mjs', 'low-level.mjs', 'serverless.mjs', 'stdio.mjs', 'widget-plain.mjs', 'widget-react.jsx']);
});
