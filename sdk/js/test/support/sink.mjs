// SPDX-License-Identifier: MIT
// An ingest that answers as a test wants, and keeps what it got.
import { once } from 'node:events';
import { createServer } from 'node:http';

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks again until probe() gives something true. */
export async function waitFor(what, probe, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(5);
  }
}

/** answer: { status, headers, body } for the n-th request to /v1/events, or a function (request, response) that does it all. */
export async function startSink(answer = () => undefined) {
  const requests = [];
  const tokens = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      if (request.url.endsWith('/widget-tokens')) {
        tokens.push(JSON.parse(text));
        const reply = { status: 200, body: { token: `tok_${tokens.length}`, expiresAt: new Date(Date.now() + 900_000).toISOString() } };
        response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
        return;
      }
      const body = JSON.parse(text);
      requests.push({ method: request.method, url: request.url, headers: request.headers, text, body });
      const reply = answer(requests.length, body, response);
      if (reply === 'taken') return;
      const { status = 200, headers = {}, body: out = { accepted: body.events.length, rejected: 0 } } = reply ?? {};
      if (status === 200 || status === 207) sink.accepted.push(...body.events);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof out === 'string' ? out : JSON.stringify(out));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sink = {
    requests,
    tokens,
    accepted: [],
    url: `http://127.0.0.1:${server.address().port}`,
    /** Ids of accepted events, without doubles. */
    get ids() {
      return new Set(sink.accepted.map((event) => event.event_id));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return sink;
}
