// SPDX-License-Identifier: MIT
// One factory for clients of both protocol eras, with version 2 of the MCP SDK: wrap inside the factory.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { withYavio, yavio } from '@yavio/sdk';
import { z } from 'zod';

function build() {
  const server = withYavio(new McpServer({ name: 'hotels', version: '1.0.0' }));
  server.registerTool('find_hotels', { description: 'Finds hotels in a city', inputSchema: z.object({ city: z.string() }) }, async ({ city }) => {
    yavio.step('searched');
    return { content: [{ type: 'text', text: `3 hotels in ${city}` }] };
  });
  return server;
}

createServer(toNodeHandler(createMcpHandler(() => build()))).listen(Number(process.env.PORT ?? 3100), '127.0.0.1', () => console.error('ready'));
