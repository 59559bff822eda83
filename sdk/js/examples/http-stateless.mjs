// SPDX-License-Identifier: MIT
// Streamable HTTP without sessions: a server for each request costs microseconds to wrap, and whoever authenticates is the session.
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { withYavio, yavio } from '@yavio/sdk';
import { z } from 'zod';

function build() {
  const server = withYavio(new McpServer({ name: 'hotels', version: '1.0.0' }));
  server.registerTool('book_hotel', { description: 'Books a hotel', inputSchema: { id: z.string() } }, async ({ id }) => {
    yavio.conversion('booking', { value: 283.5, currency: 'EUR', meta: { hotel: id } });
    return { content: [{ type: 'text', text: `booked ${id}` }] };
  });
  return server;
}

createServer(async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => void transport.close());
  await build().connect(transport);
  await transport.handleRequest(request, response);
}).listen(Number(process.env.PORT ?? 3100), '127.0.0.1', () => console.error('ready'));
