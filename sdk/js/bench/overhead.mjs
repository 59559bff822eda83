// SPDX-License-Identifier: MIT
// What a tool call costs more with the SDK: alternating blocks, bare and wrapped, over the official client in memory. A JSON line a line.
// usage: node bench/overhead.mjs [blocks=20] [calls=1000]
import { flush, withYavio } from '../dist/index.js';
import { connect, LINES } from '../test/support/lines.mjs';

const settings = Object.fromEntries(process.argv.slice(2).map((word) => word.split('=')));
const blocks = Number(settings.blocks ?? 20);
const calls = Number(settings.calls ?? 1_000);
const payload = 'lorem ipsum dolor sit amet '.repeat(76); // 2 KB
// A sink within the process that reads nothing: what is measured is the SDK, not a server.
const transport = { fetch: async () => new Response('{}') };
/** A turn of the event loop, after everything that waits for one. */
const turn = () => new Promise((done) => setImmediate(() => setImmediate(done)));
const round = (value) => Number(value.toFixed(4));
const part = (list, share) => Float64Array.from(list).sort()[Math.min(list.length - 1, Math.floor(list.length * share))];

for (const name of ['v1 1.32.2', 'v2 2.4.0']) {
  const line = await LINES[name]();
  let sent, entered, left, answered;
  const make = async (wrap) => {
    const server = new line.McpServer({ name: 'bench', version: '1' });
    if (wrap) withYavio(server, { apiKey: 'yav_bench', endpoint: 'http://127.0.0.1:9', transport, serverOnly: true, handleSignals: false });
    const shape = { text: line.z.string() };
    server.registerTool('echo', { inputSchema: line.v2 ? line.z.object(shape) : shape }, async ({ text }) => {
      entered = performance.now();
      const result = { content: [{ type: 'text', text }] };
      left = performance.now();
      return result;
    });
    const client = await connect(line, server);
    const near = client.transport;
    const { send, onmessage } = near;
    near.send = (...args) => {
      sent = performance.now();
      return send.apply(near, args);
    };
    near.onmessage = (...args) => {
      answered = performance.now();
      return onmessage.apply(near, args);
    };
    return client;
  };
  const clients = { bare: await make(false), wrapped: await make(true) };
  /** Of a call: its time, its processor time (which a busy machine changes less), and of it what passes between sending and handler, handler and answer;
      after: processor time of the turn that follows, in which the SDK does what it put off, and 1 of about 70 times sends a batch. */
  const times = { bare: { call: [], cpu: [], own: [], after: [] }, wrapped: { call: [], cpu: [], own: [], after: [] } };
  const all = { bare: 0, wrapped: 0 };
  const cpuNow = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  for (let block = -2; block < blocks; block++) {
    for (const kind of block % 2 ? ['bare', 'wrapped'] : ['wrapped', 'bare']) {
      const before = cpuNow();
      for (let i = 0; i < calls; i++) {
        const began = performance.now();
        const cpu = cpuNow();
        await clients[kind].callTool({ name: 'echo', arguments: { text: payload } });
        const cpuEnd = cpuNow();
        const end = performance.now();
        await turn();
        if (block < 0) continue;
        const of = times[kind];
        of.call.push(end - began);
        of.cpu.push(cpuEnd - cpu);
        of.own.push(entered - sent + answered - left);
        of.after.push(cpuNow() - cpuEnd);
      }
      await flush();
      if (block >= 0) all[kind] += cpuNow() - before;
    }
  }
  const added = (what, share) => round(part(times.wrapped[what], share) - part(times.bare[what], share));
  const of = (what) => [added(what, 0.5), added(what, 0.99)];
  console.log(JSON.stringify({
    bench: 'sdk-overhead', line: name, calls: blocks * calls, unit: 'ms, p50 and p99, wrapped less bare',
    call: of('call'), call_cpu: of('cpu'), own: of('own'), after_cpu: of('after'),
    bare: [round(part(times.bare.call, 0.5)), round(part(times.bare.call, 0.99))], mean_cpu: round((all.wrapped - all.bare) / blocks / calls),
  }));
  for (const client of Object.values(clients)) await client.close();
}
process.exit(0);
