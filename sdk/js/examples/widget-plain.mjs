// SPDX-License-Identifier: MIT
// A tool with a widget that is a plain page: the configuration reaches it with the tool's result.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { withYavio } from '@yavio/sdk';

const script = readFileSync(createRequire(import.meta.url).resolve('@yavio/sdk/widget.global.js'), 'utf8');
const uri = 'ui://hotels/list.html';
const html = `<!doctype html>
<ul><li data-yavio="hotel"><button id="book" data-yavio="book">Book H-118</button></li></ul>
<script>${script}</script>
<script>
  const widget = Yavio.createWidget(); // finds what the host hands over
  document.querySelector('#book').addEventListener('click', () => widget.conversion('booking', { value: 94.5, currency: 'EUR' }));
</script>`;

const server = withYavio(new McpServer({ name: 'hotels', version: '1.0.0' }));
server.registerResource('hotels', uri, { mimeType: 'text/html' }, async () => ({
  // The sandbox of the host must let the widget reach ingest.
  contents: [{ uri, mimeType: 'text/html', text: html, _meta: { ui: { csp: { connectDomains: [new URL(process.env.YAVIO_ENDPOINT ?? 'http://127.0.0.1:3001').origin] } } } }],
}));
server.registerTool('list_hotels', { description: 'Shows hotels', inputSchema: {}, _meta: { ui: { resourceUri: uri } } }, async () => ({
  content: [{ type: 'text', text: 'H-118' }],
}));

await server.connect(new StdioServerTransport());
