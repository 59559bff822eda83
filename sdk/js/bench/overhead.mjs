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
    // Each request comes in a macrotask of its own, as from a socket: what the SDK put off runs before it and is in its time.
    const near = client.transport;
    const { send, onmessage } = near;
    near.send = (...args) => new Promise((done, fail) => setImmediate(() => {
      sent = performance.now();
      send.apply(near, args).then(done, fail);
    }));
    near.onmessage = (...args) => {
      answered = performance.now();
      return onmessage.apply(near, args);
    };
    return client;
  };
  const clients = { bare: await make(false), wrapped: await make(true) };
  /** Whole calls; of them what passes between sending and handler, handler and answer; processor time. */
  const times = { bare: { call: [], way: [] }, wrapped: { call: [], way: [] } };
  const cpu = { bare: 0, wrapped: 0 };
  for (let block = -2; block < blocks; block++) {
    for (const kind of block % 2 ? ['bare', 'wrapped'] : ['wrapped', 'bare']) {
      const before = process.cpuUsage();
      for (let i = 0; i < calls; i++) {
        const began = performance.now();
        await clients[kind].callTool({ name: 'echo', arguments: { text: payload } });
        if (block < 0) continue;
        times[kind].call.push(performance.now() - began);
        times[kind].way.push(entered - sent + answered - left);
      }
      await flush();
      const used = process.cpuUsage(before);
      if (block >= 0) cpu[kind] += used.user + used.system;
    }
  }
  const added = (what, share) => round(part(times.wrapped[what], share) - part(times.bare[what], share));
  console.log(JSON.stringify({
    bench: 'sdk-overhead', line: name, calls: blocks * calls, added_p50_ms: added('call', 0.5), added_p99_ms: added('call', 0.99),
    own_p50_ms: added('way', 0.5), own_p99_ms: added('way', 0.99),
    bare_p50_ms: round(part(times.bare.call, 0.5)), bare_p99_ms: round(part(times.bare.call, 0.99)),
    cpu_added_us_a_call: Math.round((cpu.wrapped - cpu.bare) / blocks / calls),
  }));
  for (const client of Object.values(clients)) await client.close();
}
process.exit(0);
