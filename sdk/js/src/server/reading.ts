// SPDX-License-Identifier: MIT
// resource_access, prompt_usage and connection events, and a look at whether widgets may reach ingest.
import { ERR_SDK_WIDGET_CSP_MISSING } from '../errors.js';
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, cut, isObj, listOf, type Obj } from '../common/util.js';
import { serverInfo } from './catalogue.js';
import { kindsOf, sizeOf } from './outcome.js';
import type { Call } from './request.js';
import { codeOf, type Ending } from './toolcall.js';
import { newTraceId } from './runtime.js';

export const RESOURCES = /^resources\/(read|list|templates\/list)$/;
export const PROMPTS = /^prompts\/(get|list)$/;

/** The outcome as metadata: these types have no columns for status and duration. */
const outcomeOf = (call: Call, { error, flag }: Ending, latency: number): Obj => ({
  method: call.method,
  status: error || flag ? 'error' : 'success',
  latency_ms: latency,
  error_code: codeOf(error),
  ...(flag && { [flag]: true }),
});

export function tellResource(call: Call, ending: Ending, latency: number): void {
  const { result } = ending;
  const items = listOf(result?.contents ?? result?.resources ?? result?.resourceTemplates);
  const uri = call.method === 'resources/read' ? call.name : undefined;
  call.core.emit(call, 'resource_access', { event_name: cut(uri?.replace(/[?#].*$/s, '') ?? call.method, 256) }, {
    ...outcomeOf(call, ending, latency),
    ...(result && { count: items.length, mime_types: kindsOf(items, 'mimeType'), response_size: sizeOf(result) }),
  });
  const { config } = call;
  if (!config.serverOnly && config.options.widget?.inject !== 'never') for (const item of items) attempt(() => checkCsp(call, item));
}

export function tellPrompt(call: Call, ending: Ending, latency: number): void {
  const args = snapshotObject(call.params.arguments);
  const messages = ending.result?.messages;
  call.core.emit(call, 'prompt_usage', { event_name: cut((call.method === 'prompts/get' && call.name) || call.method, 256) }, {
    ...outcomeOf(call, ending, latency),
    arg_keys: args && Object.keys(args).slice(0, 100),
    args: call.config.capture.inputValues ? args : undefined,
    messages: Array.isArray(messages) ? messages.length : undefined,
  });
}

/** Warns once when the policy of a widget's resource does not name ingest. */
function checkCsp(call: Call, item: Obj): void {
  if (!asText(item.uri)?.startsWith('ui://')) return;
  const meta = asObj(item._meta);
  if (call.method !== 'resources/read' && !isObj(meta.ui) && !isObj(meta['openai/widgetCSP'])) return;
  const { origin } = new URL(call.config.url);
  const allowed = [asObj(asObj(meta.ui).csp).connectDomains, asObj(meta['openai/widgetCSP']).connect_domains].flat();
  if (!allowed.some((domain) => domain === '*' || String(domain).replace(/\/$/, '') === origin)) {
    call.core.log(ERR_SDK_WIDGET_CSP_MISSING, `add ${origin} to connectDomains of ${String(item.uri)}`);
  }
}

/** The engine and its version. */
function runtimeName(): string | undefined {
  const versions = asObj(attempt(() => process.versions));
  const name = ['bun', 'deno', 'node'].find((one) => versions[one]);
  return name && `${name} ${String(versions[name])}`;
}

const stateful = (call: Call): boolean => !call.connection.http || (!call.modern && asText(call.connection.transport.sessionId) !== undefined);

/** The opening of a session, once in this process. */
export function tellOpen(call: Call): void {
  if (stateful(call)) call.connection.opened.set(call.sessionId, call);
  if (call.core.sessions.has(call.sessionId)) return;
  call.core.sessions.set(call.sessionId, Date.now());
  tellConnection(call, 'open', {});
}

/** The end of a connection that has one. */
export function tellClose(call: Call): void {
  tellConnection({ ...call, traceId: newTraceId(), ready: undefined }, 'close', { connection_duration_ms: performance.now() - call.connection.openedAt });
  call.core.sessions.delete(call.sessionId);
}

function tellConnection(call: Call, phase: string, fields: Obj): void {
  const { client, config, connection } = call;
  const { name, version } = serverInfo(connection.server);
  const short = (text: string | undefined, max: number): string | undefined => text && cut(text, max);
  call.core.emit(
    call,
    'connection',
    {
      client_name: short(asText(client.name), 256),
      client_version: short(asText(client.version), 64),
      protocol_version: short(call.protocolVersion, 64),
      ...fields,
    },
    {
      phase,
      intent_enabled: !!config.intent,
      missing_tools_enabled: !!config.missing,
      session_source: call.sessionSource,
      transport: attempt(() => asText((connection.transport.constructor as { name?: string }).name)) ?? 'unknown',
      era: call.modern ? 'modern' : 'legacy',
      server_name: name,
      server_version: version,
      client_capabilities: Object.keys(call.clientCapabilities),
      runtime: runtimeName() ?? 'unknown',
    },
  );
}
