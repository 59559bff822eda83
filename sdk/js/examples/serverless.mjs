// SPDX-License-Identifier: MIT
// A function that may be frozen after each answer: waitUntil gets the delivery of what the request told.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { withYavio } from '@yavio/sdk';
import { z } from 'zod';

const platform = new AsyncLocalStorage();

function build() {
  const server = withYavio(new McpServer({ name: 'hotels', version: '1.0.0' }), { waitUntil: (work) => platform.getStore()?.waitUntil(work) });
  server.registerTool('find_hotels', { description: 'Finds hotels in a city', inputSchema: z.object({ city: z.string() }) }, async ({ city }) => ({
    content: [{ type: 'text', text: `3 hotels in ${city}` }],
  }));
  return server;
}

const handler = createMcpHandler(() => build());

export default { fetch: (request, _env, context) => platform.run(context, () => handler.fetch(request)) };
