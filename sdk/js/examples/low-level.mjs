// SPDX-License-Identifier: MIT
// The low-level Server, handlers set by schema: nothing else changes.
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { withYavio, yavio } from '@yavio/sdk';

const server = withYavio(new Server({ name: 'hotels', version: '1.0.0' }, { capabilities: { tools: {} } }));

server.setRequestHandler(ListToolsRequestSchema, async () => ({
  tools: [{ name: 'find_hotels', description: 'Finds hotels', inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }],
}));
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
  if (params.name !== 'find_hotels') throw new Error(`Unknown tool ${params.name}`);
  yavio.identify('guest_17', { plan: 'free' });
  return { content: [{ type: 'text', text: `3 hotels in ${params.arguments.city}` }] };
});

await server.connect(new StdioServerTransport());
