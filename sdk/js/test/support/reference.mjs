// SPDX-License-Identifier: MIT
// A server with a tool for each way a call can end, and a client's journey through all of them.
import { withYavio, yavio } from '../../dist/index.js';
import { addTool, text } from './lines.mjs';

export const WIDGET_URI = 'ui://reference/chart.html';

/** The server, wrapped with these options; wrap: false leaves it bare. */
export function buildServer(line, options, { wrap = true } = {}) {
  const { z } = line;
  const server = new line.McpServer({ name: 'reference', version: '3.2.1' }, { capabilities: { logging: {} } });
  if (wrap) withYavio(server, options);
  addTool(line, server, 'add', { a: z.number(), b: z.number() }, async ({ a, b }) => {
    yavio.identify('user_7', { plan: 'pro' });
    yavio.step('computed', { by: 'hand' });
    yavio.step('checked');
    return text(a + b);
  });
  addTool(line, server, 'boom', {}, async () => {
    throw Object.assign(new Error('the upstream said no'), { status: 429, name: 'UpstreamError' });
  });
  addTool(line, server, 'soft', {}, async () => ({ ...text('permission denied'), isError: true }));
  addTool(line, server, 'buy', { contact: z.string() }, async () => {
    yavio.track('opened', { mail: 'ana@example.pt' });
    yavio.conversion('booking', { value: 283.5, currency: 'EUR', meta: { nights: 3 } });
    return { ...text('booked'), structuredContent: { rooms: [] } };
  });
  addTool(line, server, 'slow', {}, async (_args, context) => {
    const token = context._meta?.progressToken ?? context.mcpReq?._meta?.progressToken;
    const notify = context.sendNotification ?? context.mcpReq?.notify;
    if (token !== undefined) await notify({ method: 'notifications/progress', params: { progressToken: token, progress: 1, total: 2 } });
    await new Promise((done) => setTimeout(done, 250)); // the clients forget a progress that comes with the answer
    return text('slept');
  });
  addTool(line, server, 'hang', {}, async (_args, context) => {
    const signal = context.signal ?? context.mcpReq.signal;
    await new Promise((done) => signal.addEventListener('abort', done));
    return text('late');
  });
  server.resource
    ? server.resource('notes', 'notes://today', async (uri) => ({ contents: [{ uri: uri.href, text: 'milk', mimeType: 'text/plain' }] }))
    : server.registerResource('notes', 'notes://today', {}, async (uri) => ({ contents: [{ uri: uri.href, text: 'milk', mimeType: 'text/plain' }] }));
  const prompt = async () => ({ messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }] });
  server.registerPrompt ? server.registerPrompt('greet', { description: 'Greets' }, prompt) : server.prompt('greet', 'Greets', prompt);
  return server;
}

const quiet = (work) => work.then((result) => result, (error) => ({ thrown: error.message }));

/** Everything once; gives the answers in order. cancel: whether this transport can cancel a running call. */
export async function journey(line, client, { cancel = true } = {}) {
  const call = (name, args, ...rest) => quiet(client.callTool({ name, arguments: args }, ...rest));
  const answers = [];
  answers.push((await client.listTools()).tools.map(({ name }) => name));
  answers.push(await call('add', { a: 1, b: 2, context: 'Sum for the invoice of ana@example.pt' }));
  answers.push(await call('boom', {}));
  answers.push(await call('soft', {}));
  answers.push(await call('add', { a: 'x' }));
  answers.push(await call('nix', {}));
  answers.push(await call('buy', { contact: 'ana@example.pt' }));
  let progressed = 0;
  const withProgress = { onprogress: () => progressed++ };
  answers.push(await (line.v2 ? call('slow', {}, withProgress) : call('slow', {}, undefined, withProgress)));
  answers.push(progressed);
  if (cancel) {
    const end = new AbortController();
    const options = { signal: end.signal };
    const hanging = line.v2 ? call('hang', {}, options) : call('hang', {}, undefined, options);
    setTimeout(() => end.abort(new Error('enough')), 100);
    answers.push(Object.keys(await hanging));
  }
  answers.push(await Promise.all([1, 2, 3, 4, 5].map((n) => call('add', { a: n, b: n }))));
  answers.push(await quiet(client.readResource({ uri: 'notes://today' })));
  answers.push(await quiet(client.getPrompt({ name: 'greet' })));
  return answers;
}
