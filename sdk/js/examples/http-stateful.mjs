// SPDX-License-Identifier: MIT
// Streamable HTTP with sessions: a server for each client, one delivery for all of them.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { withYavio, yavio } from '@yavio/sdk';
import { z } from 'zod';

function build() {
  const server = withYavio(new McpServer({ name: 'hotels', version: '1.0.0' }), {
    // Whoever is logged in at your door; events of a session carry the user from then on.
    identify: ({ headers }) => (headers['x-user'] ? { userId: headers['x-user'] } : null),
  });
  server.registerTool('find_hotels', { description: 'Finds hotels in a city', inputSchema: { city: z.string() } }, async ({ city }) => {
    yavio.track('searched', { city });
    return { content: [{ type: 'text', text: `3 hotels in ${city}` }] };
  });
  return server;
}

const sessions = new Map();
createServer(async (request, response) => {
  let transport = sessions.get(request.headers['mcp-session-id']);
  if (!transport) {
    transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: (id) => void sessions.set(id, transport) });
    transport.onclose = () => sessions.delete(transport.sessionId);
    await build().connect(transport);
  }
  await transport.handleRequest(request, response);
}).listen(Number(process.env.PORT ?? 3100), '127.0.0.1', () => console.error('ready'));
