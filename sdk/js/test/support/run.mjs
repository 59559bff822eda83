// SPDX-License-Identifier: MIT
// Runs a piece of code as a process of its own, in a directory of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const DIST = new URL('../../dist/index.js', import.meta.url).href;

/** What every piece can use: the SDK, a fake transport pair, and a call that resolves with the answer. */
export const PRELUDE = `
import { withYavio, yavio, flush, shutdown, stats, detectPlatform } from ${JSON.stringify(DIST)};
class Server {
  handlers = new Map();
  setRequestHandler(method, handler) { this.handlers.set(method, handler); }
  async connect(transport) {
    this.transport = transport;
    transport.onmessage = async (message, extra) => {
      const handler = this.handlers.get(message.method);
      if (!handler || message.id === undefined) return;
      try { await transport.send({ jsonrpc: '2.0', id: message.id, result: await handler(message, extra) }); }
      catch (error) { await transport.send({ jsonrpc: '2.0', id: message.id, error: { code: -32603, message: String(error?.message) } }); }
    };
  }
}
let next = 0;
async function call(server, name, args, extra, method = 'tools/call', params = { name, arguments: args }) {
  const id = ++next;
  const answer = new Promise((done) => { const before = server.transport.onsent; server.transport.onsent = (m) => m.id === id ? done(m) : before?.(m); });
  server.transport.onmessage({ jsonrpc: '2.0', id, method, params }, extra);
  return answer;
}
function makeServer(options, tools = {}) {
  const server = new Server();
  const out = withYavio(server, options);
  server.setRequestHandler('tools/list', () => ({ tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } })) }));
  server.setRequestHandler('tools/call', ({ params }) => tools[params.name](params.arguments));
  server.connect({ start() {}, async send(message) { this.onsent?.(message); }, async close() { this.onclose?.(); } });
  return out;
}
`;

/** files: name → text in its directory; the process works in dir/cwd. Resolves with { code, signal, stdout, stderr }. */
export async function runCode(code, { env = {}, files = {}, cwd = '.', onStart, args = [] } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'yavio-sdk-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    await mkdir(join(dir, cwd), { recursive: true });
    await writeFile(join(dir, 'main.mjs'), PRELUDE + code);
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('YAVIO_')));
    const child = spawn(process.execPath, [...args, join(dir, 'main.mjs')], { cwd: join(dir, cwd), env: { ...clean, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const done = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => {
      done.stdout += text;
      onStart?.(child, done.stdout);
    });
    child.stderr.on('data', (text) => (done.stderr += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
    const [exit, signal] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)));
    clearTimeout(timer);
    return { code: exit, signal, ...done };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
