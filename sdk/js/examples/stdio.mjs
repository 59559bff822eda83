// SPDX-License-Identifier: MIT
// An MCP server on stdio, measured. YAVIO_API_KEY and YAVIO_ENDPOINT come from the environment.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { withYavio, yavio } from '@yavio/sdk';
import { z } from 'zod';

const server = withYavio(new McpServer({ name: 'hotels', version: '1.0.0' }), { intent: true });

server.registerTool(
  'find_hotels',
  { description: 'Finds hotels in a city', inputSchema: { city: z.string(), nights: z.number().int().positive() } },
  async ({ city, nights }) => {
    yavio.step('searched', { city });
    return { content: [{ type: 'text', text: `3 hotels in ${city} for ${nights} nights` }] };
  },
);

await server.connect(new StdioServerTransport());
