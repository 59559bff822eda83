// SPDX-License-Identifier: MIT
// The lines of the official MCP SDK that are supported, oldest and newest, behind one face.
import { z } from 'zod';
import { z as z3 } from 'zod/v3';

async function v1(name, zod) {
  const load = async (path) => import(`${name}/${path}`);
  const [{ McpServer, ResourceTemplate }, { Server }, { Client }, { InMemoryTransport }, { StreamableHTTPServerTransport }, { StreamableHTTPClientTransport }, { StdioClientTransport }, { StdioServerTransport }, { SSEServerTransport }, { SSEClientTransport }, types] = await Promise.all(
    ['server/mcp.js', 'server/index.js', 'client/index.js', 'inMemory.js', 'server/streamableHttp.js', 'client/streamableHttp.js', 'client/stdio.js', 'server/stdio.js', 'server/sse.js', 'client/sse.js', 'types.js'].map(load),
  );
  return { name, v2: false, z: zod, McpServer, ResourceTemplate, Server, Client, InMemoryTransport, HttpServerTransport: StreamableHTTPServerTransport, HttpClientTransport: StreamableHTTPClientTransport, StdioClientTransport, StdioServerTransport, SSEServerTransport, SSEClientTransport, types };
}

async function v2(name) {
  const [server, stdio, client, clientStdio, node] = await Promise.all(
    [name, `${name}/stdio`, '@modelcontextprotocol/client', '@modelcontextprotocol/client/stdio', '@modelcontextprotocol/node'].map((path) => import(path)),
  );
  return {
    name, v2: true, z, ...server, ...stdio, Client: client.Client, InMemoryTransport: client.InMemoryTransport,
    HttpServerTransport: node.NodeStreamableHTTPServerTransport, HttpClientTransport: client.StreamableHTTPClientTransport, StdioClientTransport: clientStdio.StdioClientTransport,
  };
}

export const LINES = {
  'v1 1.12.0': () => v1('mcp-v1-min', z3),
  'v1 1.32.2': () => v1('@modelcontextprotocol/sdk', z),
  'v2 2.0.0': () => v2('mcp-server-min'),
  'v2 2.4.0': () => v2('@modelcontextprotocol/server'),
};

/** Registers a tool in the form that this line knows. */
export function addTool(line, server, name, shape, callback, config = {}) {
  if (server.registerTool) server.registerTool(name, { description: `Does ${name}`, inputSchema: line.v2 ? line.z.object(shape) : shape, ...config }, callback);
  else server.tool(name, `Does ${name}`, shape, callback);
}

/** Client and server, connected in memory; client options may pin a protocol version. */
export async function connect(line, server, clientInfo = { name: 'test-client', version: '1.0.0' }, clientOptions = undefined) {
  const [near, far] = line.InMemoryTransport.createLinkedPair();
  const client = new line.Client(clientInfo, clientOptions);
  await server.connect(far);
  await client.connect(near);
  return client;
}

export const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });
