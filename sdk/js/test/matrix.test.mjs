// SPDX-License-Identifier: MIT
// Every line of the MCP SDK over every transport: what arrives in ClickHouse is exactly what happened.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stack, waitFor } from '../../../tests/support/stack.mjs';
import { flush } from '../dist/index.js';
import { LINES } from './support/lines.mjs';
import { TRANSPORTS } from './support/open.mjs';
import { journey } from './support/reference.mjs';

let stack;
before(async () => {
  stack = await Stack.start();
});
after(() => stack?.stop());

/** type, name, status, category, user and intent of the events that the journey must leave. */
function expected({ source, cancel, closes }) {
  const oneSession = source !== 'request';
  const adds = 6;
  const rows = [
    'tool_discovery||||',
    'tool_call|add|success||Sum for the invoice of [EMAIL_REDACTED]',
    ...Array(adds - 1).fill('tool_call|add|success||'),
    'tool_call|boom|error|rate_limit|',
    'tool_call|soft|error|auth|',
    'tool_call|add|error|validation|',
    'tool_call|nix|error|validation|',
    'tool_call|buy|success||',
    'tool_call|slow|success||',
    ...(cancel ? ['tool_call|hang|error|unknown|'] : []),
    ...Array(oneSession ? 1 : adds).fill('identify||||'),
    ...Array(adds).fill('step|computed|||'),
    ...Array(adds).fill('step|checked|||'),
    'track|opened|||',
    'conversion|booking|||',
    'resource_access|notes://today|||',
    'prompt_usage|greet|||',
    ...Array(oneSession ? 1 : 15).fill('connection||||'),
    ...(closes ? ['connection||||'] : []),
  ];
  return rows.sort();
}

const COLUMNS = `event_type, event_name, status, error_category, intent, user_id, session_id, trace_id, platform, client_name,
  client_version, protocol_version, latency_ms, step_sequence, conversion_value, conversion_currency, is_retry, source, sdk_version,
  input_values, output_content, zero_result, metadata, tokens_in`;

async function arrived(project, count) {
  let rows = [];
  await waitFor(`${count} events`, async () => {
    rows = await stack.query(`SELECT ${COLUMNS} FROM events FINAL ORDER BY timestamp`, project);
    return rows.length >= count;
  }, 30_000, 100).catch(() => {});
  return rows;
}

function checkSession(rows, { source, modern, v2 }) {
  const sessions = new Set(rows.map((row) => row.session_id));
  const calls = rows.filter((row) => row.event_type === 'tool_call');
  for (const call of calls) {
    const metadata = JSON.parse(call.metadata);
    assert.equal(metadata.session_source, source);
    assert.equal(metadata.era, modern ? 'modern' : 'legacy');
    assert.equal(metadata.server_name, 'reference');
    assert.equal(call.is_retry, 0);
  }
  assert.equal(new Set(calls.map((call) => call.trace_id)).size, calls.length, 'a trace for each call');
  if (source === 'request') return assert.equal(sessions.size, calls.length + 3);
  assert.equal(sessions.size, 1);
  assert.deepEqual([...new Set(rows.map((row) => row.platform))], ['claude-code']);
  const open = rows.find((row) => row.event_type === 'connection');
  assert.equal(open.client_name, 'claude-code');
  assert.equal(open.client_version, '9.8.7');
  assert.match(open.protocol_version, modern ? /^2026-07-28$/ : /^2025-/);
  const add = calls.findIndex((call) => call.event_name === 'add');
  const from = rows.indexOf(calls[add]);
  for (const row of rows.slice(from)) assert.equal(row.user_id, 'user_7', `${row.event_type} ${row.event_name}`);
}

function checkValues(rows) {
  const find = (type, name) => rows.find((row) => row.event_type === type && row.event_name === name);
  const first = rows.find((row) => row.intent);
  assert.deepEqual(JSON.parse(first.input_values), { a: 1, b: 2 }, 'our parameter is no argument');
  assert.deepEqual(JSON.parse(first.output_content).content, [{ type: 'text', text: '3' }]);
  assert.equal(first.tokens_in, 4);
  const ofTrace = rows.filter((row) => row.trace_id === first.trace_id && row.event_type === 'step');
  assert.deepEqual(ofTrace.map((row) => row.step_sequence).sort(), [1, 2]);
  const buy = find('tool_call', 'buy');
  assert.deepEqual(JSON.parse(buy.input_values), { contact: '[EMAIL_REDACTED]' });
  assert.equal(JSON.parse(buy.metadata).zero_result, true);
  const conversion = find('conversion', 'booking');
  assert.equal(Number(conversion.conversion_value), 283.5);
  assert.equal(conversion.conversion_currency, 'EUR');
  assert.equal(conversion.trace_id, buy.trace_id);
  assert.equal(JSON.parse(find('track', 'opened').metadata).mail, '[EMAIL_REDACTED]');
  const boom = JSON.parse(find('tool_call', 'boom').metadata);
  assert.equal(boom.error_name, 'UpstreamError');
  assert.equal(boom.handler_entered, true);
  assert.equal(JSON.parse(find('tool_call', 'nix').metadata).handler_entered, false);
  for (const row of rows) if (row.event_type === 'tool_call') assert.ok(row.latency_ms > 0);
  const hang = find('tool_call', 'hang');
  if (hang) assert.ok(hang.latency_ms >= 50 && (JSON.parse(hang.metadata).cancelled || JSON.parse(hang.metadata).disconnected));
}

test('a batch whose answer is lost again and again counts once', async (t) => {
  const line = { ...(await LINES['v1 1.32.2']()), label: 'v1 1.32.2' };
  const { key, project_id: project } = await stack.createKey('Test workspace', 'replayed');
  let posts = 0;
  const through = async (url, init) => {
    const answer = await fetch(url, init);
    return url.endsWith('/v1/events') && ++posts <= 5 ? new Response('', { status: 503, headers: { 'retry-after': '0' } }) : answer;
  };
  const { client, close } = await TRANSPORTS.memory.open(line, { apiKey: key, endpoint: stack.ingestUrl, intent: true, transport: { fetch: through } });
  t.after(close);
  await journey(line, client);
  await close();
  await waitFor('the last answer', async () => (await flush()).remaining === 0, 30_000);
  assert.ok(posts > 5, `${posts} requests`);
  const wanted = expected({ source: 'connection', cancel: true, closes: true });
  await arrived(project, wanted.length);
  const [{ n }] = await stack.query('SELECT count() AS n FROM events FINAL', project);
  assert.equal(Number(n), wanted.length);
});

describe('lines and transports', { concurrency: 2 }, () => {
  for (const [label, load] of Object.entries(LINES)) {
    for (const [name, transport] of Object.entries(TRANSPORTS)) {
      if (transport.only && !label.startsWith(transport.only)) continue;
      test(`${label}, ${name}`, async (t) => {
        const line = { ...(await load()), label };
        const { key, project_id: project } = await stack.createKey('Test workspace', `${label} ${name}`);
        const { client, close } = await transport.open(line, { apiKey: key, endpoint: stack.ingestUrl, intent: true, logger: (...line) => console.error(...line) });
        t.after(close); // a test that fails before its end must not keep the file alive
        const answers = await journey(line, client, { cancel: transport.cancel });
        assert.equal(answers[8], transport.json ? 0 : 1, 'progress notifications');
        await close();
        await flush();
        // The oldest line tells nothing of the HTTP request behind a message.
        const source = transport.needsHeaders && label === 'v1 1.12.0' ? 'request' : transport.source;
        const closes = source === 'connection' || source === 'mcp';
        const wanted = expected({ source, cancel: transport.cancel, closes });
        const rows = await arrived(project, wanted.length);
        const found = rows.map((row) => [row.event_type, row.event_name, row.status, row.error_category, row.intent].join('|')).sort();
        assert.deepEqual(found, wanted);
        checkSession(rows, { source, modern: transport.modern });
        checkValues(rows);
        const registered = await stack.query('SELECT tool_name, input_schema FROM tool_registry FINAL ORDER BY tool_name', project);
        assert.deepEqual(registered.map((row) => row.tool_name), ['add', 'boom', 'buy', 'hang', 'slow', 'soft']);
        assert.deepEqual(Object.keys(JSON.parse(registered[0].input_schema).properties), ['a', 'b']);
      });
    }
  }
});
