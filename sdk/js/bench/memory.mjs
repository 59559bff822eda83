// SPDX-License-Identifier: MIT
// Memory with a full buffer while ingest is away, and over many servers of one request each. A JSON line each.
// usage: node --expose-gc bench/memory.mjs [servers=100000]
import { flush, stats, withYavio, yavio } from '../dist/index.js';

const servers = Number(process.argv.find((word) => word.startsWith('servers='))?.slice(8) ?? 100_000);
const options = {
  apiKey: 'yav_bench', endpoint: 'http://127.0.0.1:9', logger: () => {}, serverOnly: true, handleSignals: true,
  transport: { fetch: () => Promise.reject(new Error('away')) },
};
const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1_048_576;
};
const settle = () => new Promise((done) => setTimeout(done, 5));

/** One request to a server of its own. */
async function once(work) {
  const server = {
    setRequestHandler() {},
    connect(transport) {
      transport.onmessage = ({ id, method }) => {
        if (method !== 'tools/call') return;
        work();
        transport.send({ jsonrpc: '2.0', id, result: { content: [] } });
      };
    },
  };
  withYavio(server, options);
  const transport = { handleRequest() {}, send: async () => {}, onclose() {} };
  server.connect(transport);
  const headers = { authorization: 'Bearer one' };
  transport.onmessage({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', arguments: {} } }, { requestInfo: { headers } });
  transport.onclose();
}

await once(() => yavio.track('warm'));
await flush({ timeoutMs: 100 });
const empty = heap();
for (let i = 0; i < 10_100; i++) {
  await once(() => yavio.track('event', { filler: 'x'.repeat(430) }));
  if (i % 100 === 0) await flush({ timeoutMs: 1 });
}
await flush({ timeoutMs: 100 });
await settle();
const { queued, dropped } = stats();
console.log(JSON.stringify({ bench: 'sdk-memory', queued, dropped: dropped.overflow, growth_mb: Number((heap() - empty).toFixed(1)) }));

const marks = [];
for (let i = 0; i < servers; i++) {
  if (i % Math.ceil(servers / 4) === 0) marks.push(Number(heap().toFixed(1)));
  await once(() => {});
  if (i % 100 === 0) await flush({ timeoutMs: 1 });
}
marks.push(Number(heap().toFixed(1)));
const listeners = ['SIGTERM', 'SIGINT', 'beforeExit'].reduce((sum, name) => sum + process.listenerCount(name), 0);
console.log(JSON.stringify({ bench: 'sdk-servers', servers, heap_mb: marks, listeners, timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length }));
process.exit(0);
