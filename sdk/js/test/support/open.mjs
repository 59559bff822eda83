// SPDX-License-Identifier: MIT
// Opens a client to the reference server over each transport there is.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { buildServer } from './reference.mjs';
import { connect } from './lines.mjs';

const CLIENT = { name: 'claude-code', version: '9.8.7' };
const MODERN = '2026-07-28';

async function serve(handler) {
  const server = createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { url: new URL(`http://127.0.0.1:${server.address().port}/mcp`), close };
}

async function httpClient(line, url, options, headers = {}) {
  const client = new line.Client(CLIENT, options);
  await client.connect(new line.HttpClientTransport(url, { requestInit: { headers } }));
  return client;
}

async function inMemory(line, options) {
  const client = await connect(line, buildServer(line, options), CLIENT);
  return { client, close: () => client.close() };
}

async function stdio(line, options, { modern } = {}) {
  const client = new line.Client(CLIENT, modern ? { versionNegotiation: { mode: { pin: MODERN } } } : undefined);
  const transport = new line.StdioClientTransport({
    command: process.execPath,
    args: [new URL('./stdio-server.mjs', import.meta.url).pathname, line.label, modern === undefined ? 'plain' : 'factory'],
    env: { ...process.env, YAVIO_API_KEY: options.apiKey, YAVIO_ENDPOINT: options.endpoint, YAVIO_INTENT: '1' },
    stderr: 'inherit',
  });
  const odd = [];
  transport.onerror = (error) => odd.push(error);
  await client.connect(transport);
  return {
    client,
    close: async () => {
      await client.close();
      if (odd.length) throw new Error(`stdout held something else: ${odd[0].message}`);
    },
  };
}

async function stateful(line, options) {
  const transports = new Map();
  const http = await serve(async (request, response) => {
    let transport = transports.get(request.headers['mcp-session-id']);
    if (!transport) {
      transport = new line.HttpServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: (id) => void transports.set(id, transport) });
      await buildServer(line, options).connect(transport);
    }
    await transport.handleRequest(request, response);
  });
  const client = await httpClient(line, http.url);
  return {
    client,
    close: async () => {
      await client.transport?.terminateSession();
      await client.close();
      for (const transport of transports.values()) await transport.close();
      await http.close();
    },
  };
}

async function stateless(line, options, { json = false } = {}) {
  const http = await serve(async (request, response) => {
    const server = buildServer(line, options);
    const transport = new line.HttpServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: json });
    response.on('close', () => void transport.close());
    await server.connect(transport);
    await transport.handleRequest(request, response);
  });
  const client = await httpClient(line, http.url, undefined, { authorization: 'Bearer user-token' });
  return { client, close: () => client.close().then(http.close) };
}

async function sse(line, options) {
  const transports = new Map();
  const http = await serve(async (request, response) => {
    if (request.method === 'POST') return transports.get(new URL(request.url, 'http://x').searchParams.get('sessionId')).handlePostMessage(request, response);
    const transport = new line.SSEServerTransport('/messages', response);
    transports.set(transport.sessionId, transport);
    return buildServer(line, options).connect(transport);
  });
  const client = new line.Client(CLIENT);
  await client.connect(new line.SSEClientTransport(http.url));
  return { client, close: () => client.close().then(http.close) };
}

async function handler(line, options, { modern }) {
  const entry = line.createMcpHandler(() => buildServer(line, options));
  const http = await serve(toNodeHandler(entry));
  const client = await httpClient(line, http.url, modern ? { versionNegotiation: { mode: { pin: MODERN } } } : undefined, { authorization: 'Bearer user-token' });
  return { client, close: () => client.close().then(() => entry.close()).then(http.close) };
}

/** name → how to open it, which lines have it, whether a running call can be cancelled, where the session comes from. */
export const TRANSPORTS = {
  memory: { open: inMemory, cancel: true, source: 'connection' },
  stdio: { open: stdio, cancel: true, source: 'connection' },
  'http stateful': { open: stateful, cancel: true, source: 'mcp' },
  'http stateless, SSE': { open: stateless, cancel: false, source: 'principal', needsHeaders: true },
  'http stateless, JSON': { open: (line, options) => stateless(line, options, { json: true }), cancel: false, source: 'principal', needsHeaders: true, json: true },
  SSE: { open: sse, cancel: true, source: 'mcp', only: 'v1' },
  'handler, legacy': { open: (line, options) => handler(line, options, { modern: false }), cancel: false, source: 'principal', only: 'v2' },
  'handler, 2026': { open: (line, options) => handler(line, options, { modern: true }), cancel: true, source: 'principal', only: 'v2', modern: true },
  'serveStdio, legacy': { open: (line, options) => stdio(line, options, { modern: false }), cancel: true, source: 'connection', only: 'v2' },
  'serveStdio, 2026': { open: (line, options) => stdio(line, options, { modern: true }), cancel: true, source: 'connection', only: 'v2', modern: true },
};
