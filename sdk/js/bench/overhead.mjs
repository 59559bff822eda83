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
const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

for (const name of ['v1 1.32.2', 'v2 2.4.0']) {
  const line = await LINES[name]();
  const make = async (wrap) => {
    const server = new line.McpServer({ name: 'bench', version: '1' });
    if (wrap) withYavio(server, { apiKey: 'yav_bench', endpoint: 'http://127.0.0.1:9', transport, serverOnly: true, handleSignals: false });
    const shape = { text: line.z.string() };
    server.registerTool('echo', { inputSchema: line.v2 ? line.z.object(shape) : shape }, async ({ text }) => ({ content: [{ type: 'text', text }] }));
    return connect(line, server);
  };
  const clients = { bare: await make(false), wrapped: await make(true) };
  const times = { bare: [], wrapped: [] };
  const cpu = { bare: 0, wrapped: 0 };
  for (let block = 0; block < blocks + 2; block++) {
    for (const kind of block % 2 ? ['bare', 'wrapped'] : ['wrapped', 'bare']) {
      const before = process.cpuUsage();
      for (let i = 0; i < calls; i++) {
        const began = performance.now();
        await clients[kind].callTool({ name: 'echo', arguments: { text: payload } });
        if (block > 1) times[kind].push(performance.now() - began);
      }
      await flush();
      const used = process.cpuUsage(before);
      if (block > 1) cpu[kind] += used.user + used.system;
    }
  }
  const sorted = Object.fromEntries(Object.entries(times).map(([kind, list]) => [kind, Float64Array.from(list).sort()]));
  const round = (value) => Number(value.toFixed(4));
  const difference = (part) => round(at(sorted.wrapped, part) - at(sorted.bare, part));
  console.log(JSON.stringify({
    bench: 'sdk-overhead', line: name, calls: blocks * calls, added_p50_ms: difference(0.5), added_p99_ms: difference(0.99),
    bare_p50_ms: round(at(sorted.bare, 0.5)), bare_p99_ms: round(at(sorted.bare, 0.99)),
    cpu_added_us_a_call: Math.round((cpu.wrapped - cpu.bare) / blocks / calls),
  }));
  for (const client of Object.values(clients)) await client.close();
}
process.exit(0);
