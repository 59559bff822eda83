// SPDX-License-Identifier: MIT
// What a request means: platform, session, retries, asking the user, intents, widgets, categories.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { detectPlatform, flush, platformValues, SDK_VERSION, withYavio, yavio } from '../dist/index.js';
import { addTool, connect, LINES, text } from './support/lines.mjs';
import { TRANSPORTS } from './support/open.mjs';
import { WIDGET_URI } from './support/reference.mjs';
import { startSink, waitFor } from './support/sink.mjs';

const line = await LINES['v1 1.32.2']();
const v2 = await LINES['v2 2.4.0']();
const sink = await startSink();
after(() => sink.close());
let keys = 0;
const log = [];
const optionsOf = (more = {}) => ({ apiKey: `yav_m${++keys}`, endpoint: sink.url, handleSignals: false, logger: (level, code, message) => log.push(`${code} ${message}`), ...more });

/** Runs work and gives the events it left. */
async function eventsOf(work) {
  await flush();
  const before = sink.accepted.length;
  await work();
  await flush();
  return sink.accepted.slice(before);
}
const calls = (events) => events.filter((event) => event.event_type === 'tool_call');

/** A low-level server whose transport the test plays: send(params, meta, headers, transport) → its answer. */
function raw(options, answer = () => ({ content: [] }), more = {}) {
  const server = { setRequestHandler() {}, connect(transport) { transport.onmessage = (message) => queueMicrotask(() => {
    if (message.method !== 'tools/call') return;
    const { error, ...result } = answer(message);
    transport.send({ jsonrpc: '2.0', id: message.id, ...(error ? { error } : { result }) });
  }); } };
  withYavio(server, options);
  let id = 0;
  const transport = { handleRequest() {}, send: async (message) => transport.sent?.(message), ...more };
  server.connect(transport);
  return (params, { meta, headers, authInfo, method = 'tools/call' } = {}) => new Promise((done) => {
    transport.sent = done;
    transport.onmessage({ jsonrpc: '2.0', id: ++id, method, params: { name: 't', arguments: {}, ...params, ...(meta && { _meta: meta }) } }, { requestInfo: { headers: headers ?? {} }, authInfo });
  });
}

test('version and values are those of the package', () => {
  assert.equal(SDK_VERSION, JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
  assert.equal(platformValues.length, 14);
});

test('platforms', () => {
  const names = { 'claude-code': 'claude-code', 'Claude Code': 'claude', 'codex-mcp-client': 'codex', opencode: 'opencode', ChatGPT: 'chatgpt', 'openai-mcp (ChatGPT codex)': 'chatgpt', 'claude-ai': 'claude', 'Anthropic/1': 'claude', 'cursor-vscode': 'cursor', 'gemini-cli-mcp-client': 'gemini-cli', Gemini: 'gemini', Windsurf: 'windsurf', codeium: 'windsurf', Cline: 'cline', 'Continue Client': 'continue', 'Visual Studio Code - Insiders': 'vscode', zed: 'zed', 'Zed/0.1': 'zed', zedx: 'unknown', mcp: 'unknown' };
  for (const [clientName, platform] of Object.entries(names)) assert.equal(detectPlatform({ clientName }), platform, clientName);
  assert.equal(detectPlatform({ clientName: 'x', userAgent: 'cursor/1' }), 'cursor');
  const metas = { 'claudecode/toolUseId': 'claude-code', 'x-codex-turn-metadata': 'codex', 'ai.opencode/sessionID': 'opencode', 'vscode.conversationId': 'vscode', 'openai/locale': 'chatgpt' };
  for (const [key, platform] of Object.entries(metas)) assert.equal(detectPlatform({ meta: { [key]: 1 } }), platform);
  assert.equal(detectPlatform({ origin: 'https://chat.openai.com' }), 'chatgpt');
  assert.equal(detectPlatform({ origin: 'https://notopenai.com' }), 'unknown');
  assert.equal(detectPlatform({ origin: 'https://claude.ai' }), 'claude');
  assert.equal(detectPlatform({ origin: 'https://gemini.google.com' }), 'gemini');
  assert.equal(detectPlatform({}), 'unknown');
});

test('sessions: the first source that answers', async () => {
  const idOf = (key) => `ses_${createHash('sha256').update(key).digest('base64url').slice(0, 21)}`;
  const events = await eventsOf(async () => {
    const send = raw(optionsOf());
    await send({}, { meta: { 'openai/session': 'v1/abc', 'openai/subject': 's' }, headers: { 'mcp-session-id': 'no' } });
    await send({}, { meta: { 'vscode.conversationId': 'c1' } });
    await send({}, { meta: { 'x-codex-turn-metadata': { session_id: 'c2' } } });
    await send({}, { meta: { threadId: 't' }, headers: { 'user-agent': 'codex/1' } });
    await send({}, { meta: { threadId: 't' }, headers: { 'mcp-session-id': 'header' } });
    await send({}, { headers: { authorization: 'Bearer token' } });
    await send({}, { headers: { authorization: 'Bearer token' } });
    await send({}, { authInfo: { extra: { sub: 'user' } } });
    await send({});
    const own = raw(optionsOf({ session: ({ headers, era }) => `${era}:${headers['x-team']}` }));
    await own({}, { headers: { 'X-Team': 'blue' }, meta: { 'openai/session': 'v1/abc' } });
    const stateful = raw(optionsOf(), undefined, { sessionId: 'protocol' });
    await stateful({});
    await stateful({}, { meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } });
  });
  const found = calls(events).map((event) => [event.metadata.session_source, event.session_id]);
  assert.deepEqual(found.slice(0, 5), [['host', idOf('v1/abc')], ['host', idOf('host:vscode.conversationId:c1')], ['host', idOf('host:x-codex-turn-metadata:c2')], ['host', idOf('host:threadId:t')], ['mcp', idOf('header')]]);
  assert.deepEqual(found.slice(5, 9).map(([source]) => source), ['principal', 'principal', 'principal', 'request']);
  assert.equal(found[5][1], found[6][1]);
  assert.notEqual(found[6][1], found[7][1]);
  assert.deepEqual(found[9], ['user', idOf('user:legacy:blue')]);
  assert.deepEqual(found[10], ['mcp', idOf('protocol')]);
  assert.deepEqual(found[11][0], 'request', 'the modern era has no protocol session');
});

test('a connection is a new session after its idle time', async () => {
  const events = await eventsOf(async () => {
    const server = new line.McpServer({ name: 'idle', version: '1' });
    addTool(line, server, 'hi', {}, async () => text('hi'));
    const client = await connect(line, withYavio(server, optionsOf({ sessionIdleMs: 20 })));
    await client.callTool({ name: 'hi', arguments: {} });
    await new Promise((done) => setTimeout(done, 40));
    await client.callTool({ name: 'hi', arguments: {} });
    await client.close();
  });
  assert.equal(new Set(calls(events).map((event) => event.session_id)).size, 2);
});

test('what may leave of a request: locale, country, agent, subject, trace context; no city, no address', async () => {
  const meta = { 'openai/locale': 'pt-PT', 'openai/userAgent': 'ChatGPT/1', 'openai/subject': 'v1/sub', 'openai/userLocation': { country: 'pt', city: 'Porto', latitude: 41.15 } };
  const events = await eventsOf(async () => {
    const send = raw(optionsOf());
    await send({ arguments: { q: 1 } }, { meta, headers: { 'x-forwarded-for': '203.0.113.9', cookie: 'a=secret', authorization: 'Bearer secret' } });
    await send({}, { headers: { 'accept-language': 'de-AT,de;q=0.9', 'cf-ipcountry': 'AT', 'user-agent': 'cursor/2', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } });
    await send({}, { headers: { 'cf-ipcountry': 'US', 'user-agent': 'claude/1', 'accept-language': '*' } });
    await send({}, { headers: { 'cf-ipcountry': 'XX' } });
    await raw(optionsOf({ capture: { geo: false, inputValues: false, tokens: false, retries: false, outputValues: false } }))({ arguments: { q: 1 } }, { meta });
  });
  const [a, b, c, d, e] = calls(events);
  assert.deepEqual([a.locale, a.country_code, a.end_user_agent, a.subject_id, a.platform], ['pt-PT', 'PT', 'ChatGPT/1', 'v1/sub', 'chatgpt']);
  assert.deepEqual(a.input_values, { q: 1 });
  assert.doesNotMatch(JSON.stringify(events), /Porto|41\.15|203\.0\.113|secret/);
  assert.deepEqual([b.locale, b.country_code, b.metadata.otel_trace_id, b.metadata.user_agent], ['de-AT', 'AT', '0af7651916cd43dd8448eb211c80319c', 'cursor/2']);
  assert.deepEqual([c.locale, c.country_code], [undefined, undefined], 'a vendor calls from its own country');
  assert.equal(d.country_code, undefined);
  assert.deepEqual([e.country_code, e.input_values, e.tokens_in, e.is_retry, e.output_content], [undefined, undefined, undefined, undefined, undefined]);
  assert.deepEqual([e.input_keys, e.input_types], [{ q: true }, { q: 'number' }]);
});

test('a repeated call is a retry when it is equal or the last one failed', async () => {
  const events = await eventsOf(async () => {
    const send = raw(optionsOf({ session: () => 'one' }), ({ params }) => ({ content: [], isError: params.arguments.fail }));
    for (const args of [{ a: 1 }, { a: 1 }, { a: 2 }, { a: 3, fail: true }, { a: 4 }]) await send({ arguments: args });
    await send({ name: 'other', arguments: { a: 4 } });
  });
  assert.deepEqual(calls(events).map((event) => event.is_retry), [0, 1, 0, 0, 1, 0]);
});

test('categories of errors', async () => {
  const cases = [
    [{ status: 401 }, 'auth'], [{ statusCode: 403 }, 'auth'], [{ response: { status: 504 } }, 'timeout'], [{ status: 429 }, 'rate_limit'], [{ status: 404 }, 'validation'], [{ status: 502 }, 'server'],
    [{ code: 'ETIMEDOUT' }, 'timeout'], [{ name: 'AbortError' }, 'timeout'], [{ code: 'ECONNREFUSED' }, 'server'], [{ name: 'ZodError' }, 'validation'],
    [{ message: 'Token: invalid token' }, 'auth'], [{ message: 'it timed out' }, 'timeout'], [{ message: 'quota used' }, 'rate_limit'], [{ message: 'x must be y' }, 'validation'], [{ message: 'Bad Gateway' }, 'server'], [{ message: 'oops' }, 'unknown'], [{ message: 'chosen' }, 'auth'],
  ];
  const events = await eventsOf(async () => {
    const server = new line.McpServer({ name: 'errors', version: '1' });
    addTool(line, server, 'fail', { i: line.z.number() }, async ({ i }) => {
      throw Object.assign(new Error(cases[i][0].message ?? 'x'), cases[i][0]);
    });
    server.registerTool('badout', { inputSchema: {}, outputSchema: { n: line.z.number() } }, async () => ({ content: [], structuredContent: { n: 'no' } }));
    server.registerTool('off', { inputSchema: {} }, async () => text('x')).disable();
    withYavio(server, optionsOf({ errorCategory: (error) => (error.message === 'chosen' ? 'auth' : undefined) }));
    const client = await connect(line, server);
    for (let i = 0; i < cases.length; i++) await client.callTool({ name: 'fail', arguments: { i } });
    await client.callTool({ name: 'badout', arguments: {} }).catch(() => {});
    await client.callTool({ name: 'off', arguments: {} }).catch(() => {});
    await client.close();
  });
  assert.deepEqual(calls(events).map((event) => event.error_category), [...cases.map(([, category]) => category), 'server', 'validation']);
});

test('twenty sessions on one server keep their users apart, nested calls their traces', async () => {
  const inner = new line.McpServer({ name: 'inner', version: '1' });
  addTool(line, inner, 'deep', {}, async () => (yavio.track('inside'), text('deep')));
  const events = await eventsOf(async () => {
    const near = await connect(line, withYavio(inner, optionsOf()));
    const server = new line.McpServer({ name: 'outer', version: '1' });
    addTool(line, server, 'who', { user: line.z.string() }, async ({ user }) => {
      yavio.identify(user);
      await new Promise((done) => setTimeout(done, Math.random() * 20));
      await near.callTool({ name: 'deep', arguments: {} });
      yavio.track('after', { user });
      return text(user);
    });
    const options = optionsOf({ session: ({ meta }) => meta.team });
    const client = await connect(line, withYavio(server, options));
    await Promise.all(Array.from({ length: 20 }, (_, i) => client.callTool({ name: 'who', arguments: { user: `u${i}` }, _meta: { team: `t${i}` } })));
    await client.close();
    await near.close();
  });
  const after_ = events.filter((event) => event.event_name === 'after');
  assert.equal(after_.length, 20);
  for (const event of after_) assert.equal(event.user_id, event.metadata.user);
  const outer = calls(events).filter((event) => event.event_name === 'who');
  assert.equal(new Set(outer.map((event) => event.session_id)).size, 20);
  assert.ok(outer.every((event) => event.user_id === event.input_values.user));
  const deep = calls(events).filter((event) => event.event_name === 'deep');
  assert.ok(deep.every((event) => !event.user_id && event.metadata.server_name === 'inner'));
  const inside = events.filter((event) => event.event_name === 'inside');
  assert.deepEqual(inside.map((event) => event.trace_id).sort(), deep.map((event) => event.trace_id).sort());
});

test('detach keeps trace, session and user for later', async () => {
  const events = await eventsOf(async () => {
    const server = new line.McpServer({ name: 'detach', version: '1' });
    let kept;
    addTool(line, server, 'go', {}, async () => {
      yavio.identify('u');
      kept = yavio.detach();
      return text('x');
    });
    const client = await connect(line, withYavio(server, optionsOf()));
    await client.callTool({ name: 'go', arguments: {} });
    await new Promise((done) => setTimeout(done, 5));
    kept.step('later');
    await client.close();
  });
  const [call] = calls(events);
  const step = events.find((event) => event.event_type === 'step');
  assert.deepEqual([step.trace_id, step.session_id, step.user_id, step.step_sequence], [call.trace_id, call.session_id, 'u', 1]);
});

test('the identify option names the user of every event, and of none too late', async () => {
  const events = await eventsOf(async () => {
    const send = raw(optionsOf({ session: () => 'who', identify: async ({ headers }) => ({ userId: headers['x-user'], traits: { team: 1 } }) }));
    await send({}, { headers: { 'x-user': 'ana' } });
  });
  assert.deepEqual(events.filter((event) => event.event_type !== 'tool_discovery').map((event) => event.user_id), Array(3).fill('ana'));
  assert.ok(events.some((event) => event.event_type === 'identify' && event.user_traits.team === 1));
});

test('intents: asked for in the catalogue, taken out before the host sees them', async () => {
  let seen;
  const events = await eventsOf(async () => {
    const server = new line.McpServer({ name: 'intents', version: '1' });
    addTool(line, server, 'ours', { a: line.z.number().optional() }, async (args) => ((seen = args), text('x')));
    addTool(line, server, 'theirs', { context: line.z.string() }, async (args) => ((seen = args), text('x')));
    withYavio(server, optionsOf({ intent: { required: false, fallback: (tool) => `guess for ${tool}` } }));
    const client = await connect(line, server);
    const { tools } = await client.listTools();
    assert.equal(tools[0].inputSchema.properties.context.type, 'string');
    assert.deepEqual(tools[0].inputSchema.required ?? [], []);
    assert.ok(tools[0].inputSchema.properties.context.description.split(/\s+/).length <= 15);
    await client.callTool({ name: 'ours', arguments: { a: 1, context: `  ${'w '.repeat(400)}` } });
    assert.deepEqual(seen, { a: 1 });
    await client.callTool({ name: 'ours', arguments: {} });
    await client.callTool({ name: 'theirs', arguments: { context: 'mine' } });
    assert.deepEqual(seen, { context: 'mine' });
    await client.close();
  });
  const found = calls(events).map((event) => event.intent_signals);
  assert.equal(found[0].source, 'context_parameter');
  assert.ok(found[0].intent.length <= 500 && found[0].intent.startsWith('w w'));
  assert.deepEqual(found.slice(1).map(({ source }) => source), ['inferred', 'inferred']);
});

test('missing tools: reported, unless the host has a tool of that name', async () => {
  const reports = [];
  const events = await eventsOf(async () => {
    for (const own of [false, true]) {
      const server = new line.McpServer({ name: `missing ${own}`, version: '1' });
      addTool(line, server, own ? 'report_missing_tool' : 'other', {}, async () => text('host'));
      withYavio(server, optionsOf({ missingTools: { onReport: (report) => reports.push(report) } }));
      const client = await connect(line, server);
      assert.equal((await client.listTools()).tools.filter(({ name }) => name === 'report_missing_tool').length, 1);
      const answer = await client.callTool({ name: 'report_missing_tool', arguments: { need: 'mail ana@example.pt', attempted: 'other' } });
      assert.equal(answer.content[0].text === 'host', own);
      await client.close();
    }
  });
  assert.deepEqual(reports, [{ need: 'mail [EMAIL_REDACTED]', attempted: 'other' }]);
  const report = events.find((event) => event.event_name === '$missing_tool');
  assert.deepEqual(report.metadata, { need: 'mail [EMAIL_REDACTED]', attempted: 'other', tools_count: 1 });
  assert.ok(log.some((entry) => entry.startsWith('YAVIO-1108')));
  assert.equal(calls(events).length, 1);
});

/** A server with a widget tool, a plain one and one that is never listed, and a client. */
async function widgets(more, mint) {
  const server = new line.McpServer({ name: `widgets ${keys}`, version: '1' });
  server.registerTool('chart', { inputSchema: {}, _meta: { ui: { resourceUri: WIDGET_URI } } }, async () => (yavio.step('shown'), { ...text('chart'), _meta: { mine: 1 } }));
  server.registerTool('plain', { inputSchema: {} }, async () => text('plain'));
  server.registerTool('broken', { inputSchema: {}, _meta: { 'openai/outputTemplate': WIDGET_URI } }, async () => ({ ...text('no'), isError: true }));
  server.registerTool('hidden', { inputSchema: {} }, async () => text('hidden'));
  server.registerTool('own', { inputSchema: {}, _meta: { 'openai/outputTemplate': WIDGET_URI } }, async () => ({ ...text('own'), _meta: { yavio: 'taken' } }));
  server.registerResource('w', WIDGET_URI, {}, async (uri) => ({ contents: [{ uri: uri.href, text: '<html>', mimeType: 'text/html' }] }));
  // Tokens come without a network, so that no answer is late on a busy machine.
  const mintless = async (url, init) => {
    if (!url.endsWith('/widget-tokens')) return fetch(url, init);
    sink.tokens.push(JSON.parse(init.body));
    const { status = 200, headers, body } = (await mint?.()) ?? { body: { token: `tok_${sink.tokens.length}`, expiresAt: new Date(Date.now() + 900_000).toISOString() } };
    return new Response(JSON.stringify(body ?? {}), { status, headers });
  };
  const { unlisted, hide, ...given } = more; // the client asks for no list; the list never comes
  if (hide) server.server.setRequestHandler(line.types.ListToolsRequestSchema, () => new Promise(() => {}));
  const options = optionsOf({ ...given, transport: { fetch: mintless } });
  const client = await connect(line, withYavio(server, options));
  if (!unlisted) await client.listTools();
  return { client, options, call: async (name) => (await client.callTool({ name, arguments: {} }))._meta };
}

test('a widget tool carries its configuration, others do not', async () => {
  const before = sink.tokens.length;
  const events = await eventsOf(async () => {
    const { call, client } = await widgets({});
    const meta = await call('chart');
    assert.equal(meta.mine, 1);
    assert.deepEqual(Object.keys(meta.yavio), ['token', 'endpoint', 'traceId', 'sessionId', 'stepSequence', 'expiresAt']);
    assert.equal(meta.yavio.endpoint, `${sink.url}/v1/events`);
    assert.equal(meta.yavio.stepSequence, 1);
    assert.equal((await call('plain'))?.yavio, undefined);
    assert.equal((await call('broken'))?.yavio, undefined);
    assert.equal((await call('own')).yavio, 'taken');
    const second = await call('chart');
    assert.notEqual(second.yavio.traceId, meta.yavio.traceId);
    assert.notEqual(second.yavio.token, meta.yavio.token, 'one token a trace');
    await client.readResource({ uri: WIDGET_URI });
    await client.close();
  });
  assert.deepEqual(sink.tokens.slice(before).map(({ traceId }) => traceId).length, 4, 'asked for when the request arrives');
  const shown = events.filter((event) => event.event_type === 'widget_response');
  assert.deepEqual(shown.map((event) => [event.event_name, event.metadata.token_minted]), [['chart', true], ['own', false], ['chart', true]]);
  assert.ok(log.some((entry) => entry.startsWith('YAVIO-1107')));
});

test('a first call, before anybody asked for the list: a widget tool has its token, any other waits for none', async () => {
  const first = async (name, more, mint) => {
    const { client, call, options } = await widgets({ ...more, unlisted: true }, mint);
    const meta = await call(name);
    await flush();
    await client.close();
    return { meta, options };
  };
  assert.ok((await first('chart', { widget: { maxWaitMs: 1_000 } })).meta.yavio);
  const asked = sink.tokens.length;
  const said = log.length;
  // A token that comes only after the answer: whoever waited for it would say that it was late.
  let answered;
  const afterAnswer = new Promise((done) => (answered = done));
  assert.equal((await first('plain', {}, () => afterAnswer)).meta?.yavio, undefined);
  assert.equal(sink.tokens.length, asked, 'the list was there a turn later: no token is asked for');
  const { meta } = await first('hidden', { hide: true }, () => afterAnswer);
  answered();
  assert.equal(meta?.yavio, undefined);
  assert.deepEqual(log.slice(said).filter((entry) => entry.startsWith('YAVIO-1104')), []);
});

test('never, always, serverOnly', async () => {
  const never = await widgets({ widget: { inject: 'never' } });
  assert.equal((await never.call('chart')).yavio, undefined);
  const always = await widgets({ widget: { inject: 'always' } });
  assert.ok((await always.call('plain')).yavio);
  const server = await widgets({ serverOnly: true });
  assert.equal((await server.call('chart')).yavio, undefined);
  for (const { client } of [never, always, server]) await client.close();
});

test('a token that does not come delays no result for long, and the breaker opens', async () => {
  const slow = await widgets({ widget: { maxWaitMs: 20 } }, () => new Promise((done) => setTimeout(done, 200, { status: 200, body: { token: 't', expiresAt: new Date().toISOString() } })));
  const asked = sink.tokens.length;
  assert.equal((await slow.call('chart')).yavio, undefined);
  await waitFor('its request', () => sink.tokens.length > asked);
  assert.ok(log.some((entry) => entry.startsWith('YAVIO-1104')));
  for (const reply of [{ status: 500 }, { status: 401 }, { status: 429, headers: { 'retry-after': '60' } }, { status: 200, body: 'garbage' }]) {
    const bad = await widgets({ widget: { maxWaitMs: 1_000 } }, () => reply);
    const before = sink.tokens.length;
    for (let i = 0; i < 6; i++) assert.equal((await bad.call('chart')).yavio, undefined);
    assert.equal(sink.tokens.length - before, [401, 429].includes(reply.status) ? 1 : 3);
    await bad.client.close();
  }
  assert.ok(log.some((entry) => entry.startsWith('YAVIO-1103')));
  await slow.client.close();
});

test('legacy: sampling and elicitation are told with the answer, never its content', async () => {
  const events = await eventsOf(async () => {
    const server = new line.McpServer({ name: 'asks', version: '1' });
    addTool(line, server, 'ask', {}, async () => {
      const answer = await server.server.elicitInput({ message: 'Which?', requestedSchema: { type: 'object', properties: { secret: { type: 'string' } } } });
      const sampled = await server.server.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'twelve chars' } }], maxTokens: 5 });
      return text(`${answer.action} ${sampled.model}`);
    });
    const client = await connect(line, withYavio(server, optionsOf()), undefined, { capabilities: { sampling: {}, elicitation: {} } });
    client.setRequestHandler(line.types.ElicitRequestSchema, async () => ({ action: 'accept', content: { secret: 'hunter2' } }));
    client.setRequestHandler(line.types.CreateMessageRequestSchema, async () => ({ model: 'm-1', role: 'assistant', stopReason: 'endTurn', content: { type: 'text', text: 'four' } }));
    assert.equal((await client.callTool({ name: 'ask', arguments: {} })).content[0].text, 'accept m-1');
    await client.close();
  });
  const elicitation = events.find((event) => event.event_type === 'elicitation');
  assert.deepEqual(elicitation.metadata, { phase: 'response', mode: 'form', fields: { secret: 'string' }, outcome: 'accept' });
  const sampling = events.find((event) => event.event_type === 'sampling_call');
  assert.deepEqual([sampling.tokens_in, sampling.tokens_out, sampling.metadata.model, sampling.metadata.stop_reason], [3, 1, 'm-1', 'endTurn']);
  assert.equal(sampling.trace_id, calls(events)[0].trace_id);
  assert.doesNotMatch(JSON.stringify(events), /hunter2/);
});

for (const action of ['accept', 'decline']) {
  test(`modern: input_required, ${action}: one trace, one call, no retry`, async () => {
    const line2 = { ...v2, label: 'v2 2.4.0' };
    const events = await eventsOf(async () => {
      const { createServer } = await import('node:http');
      const { toNodeHandler } = await import('@modelcontextprotocol/node');
      const options = optionsOf();
      const entry = v2.createMcpHandler(() => {
        const server = withYavio(new v2.McpServer({ name: 'modern', version: '1' }), options);
        addTool(line2, server, 'deploy', { env: v2.z.string() }, async ({ env }, context) => {
          const given = context.mcpReq.inputResponses?.confirm;
          yavio.step('asked');
          if (!given) return v2.inputRequired({ inputRequests: { confirm: v2.inputRequired.elicit({ message: 'Sure?', requestedSchema: v2.z.object({ ok: v2.z.boolean() }) }) } });
          return text(`${given.action} ${env}`);
        });
        return server;
      });
      const http = createServer(toNodeHandler(entry)).listen(0, '127.0.0.1');
      await new Promise((done) => http.once('listening', done));
      const client = new v2.Client({ name: 'modern', version: '1' }, { capabilities: { elicitation: {} }, versionNegotiation: { mode: { pin: '2026-07-28' } } });
      client.setRequestHandler('elicitation/create', async () => ({ action, ...(action === 'accept' && { content: { ok: true } }) }));
      await client.connect(new v2.HttpClientTransport(new URL(`http://127.0.0.1:${http.address().port}/`), { requestInit: { headers: { authorization: 'Bearer u' } } }));
      assert.equal((await client.callTool({ name: 'deploy', arguments: { env: 'prod' } })).content[0].text, `${action} prod`);
      await client.close();
      http.closeAllConnections();
      http.close();
    });
    assert.equal(calls(events).length, 1);
    const [call] = calls(events);
    const asked = events.filter((event) => event.event_type === 'elicitation');
    assert.deepEqual(asked.map(({ metadata }) => [metadata.phase, metadata.outcome]), [['request', undefined], ['response', action]]);
    assert.equal(asked[0].metadata.fields.ok, 'boolean');
    assert.ok([...asked, ...events.filter((event) => event.event_type === 'step')].every((event) => event.trace_id === call.trace_id));
    assert.deepEqual(events.filter((event) => event.event_type === 'step').map((event) => event.step_sequence), [1, 2]);
    assert.equal(call.is_retry, 0);
    assert.equal(call.metadata.era, 'modern');
  });
}

test('registerToolTask of the official SDK: one call for each task, refused and failed ones with their reason', async () => {
  const v1 = await LINES['v1 1.32.2']();
  const { InMemoryTaskStore } = await import('@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js');
  class Report {
    #made = 0;
    async createTask({ fail }, { taskStore, taskRequestedTtl }) {
      yavio.track('making');
      if (fail) throw Object.assign(new Error('the queue is closed'), { status: 429 });
      this.#made++;
      const task = await taskStore.createTask({ ttl: taskRequestedTtl });
      await taskStore.storeTaskResult(task.taskId, 'completed', text(`report ${this.#made}`));
      return { task };
    }
    async getTask(args, { taskId, taskStore }) {
      return void this.#made || taskStore.getTask(taskId);
    }
    async getTaskResult(args, { taskId, taskStore }) {
      return void this.#made || taskStore.getTaskResult(taskId);
    }
  }
  const events = await eventsOf(async () => {
    const taskStore = new InMemoryTaskStore();
    const server = new v1.McpServer({ name: 'tasks', version: '1' }, { capabilities: { tasks: { requests: { tools: { call: {} } } } }, taskStore });
    const config = { inputSchema: { fail: v1.z.boolean().optional() } };
    server.experimental.tasks.registerToolTask('before', config, Object.freeze(new Report()));
    withYavio(server, optionsOf());
    server.experimental.tasks.registerToolTask('after', { ...config, execution: { taskSupport: 'optional' } }, new Report());
    const client = await connect(v1, server);
    const call = async (name, args, task) => {
      const seen = [];
      for await (const part of client.experimental.tasks.callToolStream({ name, arguments: args }, v1.types.CallToolResultSchema, task ? { task: { ttl: 60_000 } } : {})) seen.push(part);
      return seen.at(-1);
    };
    assert.equal((await call('before', {}, true)).result.content[0].text, 'report 1');
    assert.equal((await call('after', {}, true)).result.content[0].text, 'report 1');
    assert.equal((await client.callTool({ name: 'after', arguments: {} })).content[0].text, 'report 2', 'polled by the server');
    await call('after', { fail: true }, true).catch(() => {});
    await client.close();
    taskStore.cleanup();
  });
  const got = calls(events).map((event) => [event.event_name, event.status, event.error_category, typeof event.metadata.task_id, event.metadata.handler_entered]);
  assert.deepEqual(got, [
    ['before', 'success', undefined, 'string', true], ['after', 'success', undefined, 'string', true],
    ['after', 'success', undefined, 'undefined', true], ['after', 'error', 'rate_limit', 'undefined', true],
  ]);
  assert.equal(events.filter((event) => event.event_name === 'making').length, 4, 'within its request');
});

test('a task is one call at its creation, a URL to open none', async () => {
  const events = await eventsOf(async () => {
    const answers = { task: { task: { taskId: 'task-1', status: 'working' } }, url: { error: { code: -32042, message: 'open it', data: {} } }, plain: { error: { code: -32603, message: 'strange' } } };
    const send = raw(optionsOf({ session: () => 'tasks' }), ({ params }) => answers[params.name]);
    const got = await send({ name: 'task' });
    assert.equal(got.result._meta, undefined, 'no configuration in a task');
    await send({ name: 'url' });
    await send({ name: 'plain' });
  });
  assert.deepEqual(calls(events).map((event) => [event.event_name, event.status, event.metadata.task_id, event.error_category, event.metadata.error_code]), [['task', 'success', 'task-1', undefined, undefined], ['plain', 'error', undefined, 'server', -32603]]);
  assert.deepEqual(events.filter((event) => event.event_type === 'elicitation').map(({ metadata }) => [metadata.phase, metadata.mode]), [['request', 'url']]);
});

test('a call cut off by the end of its connection is told', async () => {
  const events = await eventsOf(async () => {
    const { client, close } = await TRANSPORTS.memory.open(line, optionsOf());
    const hanging = client.callTool({ name: 'hang', arguments: {} }).catch(() => {});
    await new Promise((done) => setTimeout(done, 20));
    await close();
    await hanging;
  });
  const [call] = calls(events);
  assert.deepEqual([call.event_name, call.status, call.error_category, call.metadata.disconnected], ['hang', 'error', 'unknown', true]);
});

test('resources, prompts and discovery say what was asked for', async () => {
  const events = await eventsOf(async () => {
    const { client, close } = await TRANSPORTS.memory.open(line, optionsOf());
    await client.listResources();
    await client.listPrompts();
    await client.readResource({ uri: 'notes://today' });
    await client.readResource({ uri: 'notes://none?token=secret' }).catch(() => {});
    await client.getPrompt({ name: 'greet' });
    await client.listTools();
    await client.listTools();
    await close();
  });
  const named = (type) => events.filter((event) => event.event_type === type);
  assert.deepEqual(named('resource_access').map((event) => [event.event_name, event.metadata.status]), [['resources/list', 'success'], ['notes://today', 'success'], ['notes://none', 'error']]);
  assert.deepEqual(named('prompt_usage').map((event) => event.event_name), ['prompts/list', 'greet']);
  assert.equal(named('tool_discovery').filter((event) => !event.tool_name).length, 1, 'one listing a minute');
  assert.doesNotMatch(JSON.stringify(events), /secret/);
  await waitFor('nothing more', () => true);
});
