// SPDX-License-Identifier: MIT
// resource_access, prompt_usage and connection events, and a look at whether widgets may reach ingest.
import { ERR_SDK_WIDGET_CSP_MISSING } from '../errors.js';
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, cut, isObj, type Obj } from '../common/util.js';
import { serverInfo } from './catalogue.js';
import { sizeOf } from './outcome.js';
import type { Call } from './request.js';
import type { Ending } from './toolcall.js';
import { newTraceId } from './runtime.js';

export const RESOURCES = /^resources\/(read|list|templates\/list)$/;
export const PROMPTS = /^prompts\/(get|list)$/;

const list = (value: unknown): Obj[] => (Array.isArray(value) ? value.map(asObj) : []);

/** The outcome as metadata: these types have no columns for status and duration. */
function outcomeOf(call: Call, { error, flag }: Ending, latency: number): Obj {
  return {
    method: call.method,
    status: error || flag ? 'error' : 'success',
    latency_ms: latency,
    ...(typeof error?.code === 'number' && { error_code: error.code }),
    ...(flag && { [flag]: true }),
  };
}

export function tellResource(call: Call, ending: Ending, latency: number): void {
  const { result } = ending;
  const items = list(result?.contents ?? result?.resources ?? result?.resourceTemplates);
  const types = [...new Set(items.map((item) => asText(item.mimeType)).filter(Boolean))];
  const size = result && sizeOf(result);
  const uri = call.method === 'resources/read' ? asText(call.params.uri) : undefined;
  call.core.emit(call, 'resource_access', { event_name: cut(uri?.replace(/[?#].*$/s, '') ?? call.method, 256) }, {
    ...outcomeOf(call, ending, latency),
    ...(result && { count: items.length, mime_types: types.slice(0, 10) }),
    ...(size !== undefined && { response_size: size }),
  });
  const { config } = call;
  if (!config.serverOnly && config.options.widget?.inject !== 'never') for (const item of items) attempt(() => checkCsp(call, item));
}

export function tellPrompt(call: Call, ending: Ending, latency: number): void {
  const args = snapshotObject(call.params.arguments);
  const { capture } = call.config;
  call.core.emit(call, 'prompt_usage', { event_name: cut(call.method === 'prompts/get' ? call.name ?? '' : call.method, 256) }, {
    ...outcomeOf(call, ending, latency),
    ...(args && { arg_keys: Object.keys(args).slice(0, 100) }),
    ...(args && capture.inputValues && { args }),
    ...(Array.isArray(ending.result?.messages) && { messages: ending.result.messages.length }),
  });
}

/** Warns once when the policy of a widget's resource does not name ingest. */
function checkCsp(call: Call, item: Obj): void {
  if (!asText(item.uri)?.startsWith('ui://')) return;
  const meta = asObj(item._meta);
  if (call.method !== 'resources/read' && !isObj(meta.ui) && !isObj(meta['openai/widgetCSP'])) return;
  const origin = new URL(call.config.url).origin;
  const allowed = [asObj(asObj(meta.ui).csp).connectDomains, asObj(meta['openai/widgetCSP']).connect_domains];
  if (!allowed.some((domains) => Array.isArray(domains) && domains.some((domain) => domain === '*' || origin === String(domain).replace(/\/$/, '')))) {
    call.core.log(ERR_SDK_WIDGET_CSP_MISSING, `add ${origin} to connectDomains of ${String(item.uri)}`);
  }
}

function runtimeName(): string {
  const versions = asObj(attempt(() => process.versions));
  for (const name of ['bun', 'deno', 'node']) if (versions[name]) return `${name} ${String(versions[name])}`;
  return 'unknown';
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
  const { name, version } = serverInfo(call.connection.server);
  const client = { client_name: asText(call.client.name), client_version: asText(call.client.version), protocol_version: call.protocolVersion };
  call.core.emit(
    call,
    'connection',
    { ...Object.fromEntries(Object.entries(client).filter(([, value]) => value).map(([key, value]) => [key, cut(value!, key === 'client_name' ? 256 : 64)])), ...fields },
    {
      phase,
      intent_enabled: call.config.intent !== undefined,
      missing_tools_enabled: call.config.missing !== undefined,
      session_source: call.sessionSource,
      transport: asText(attempt(() => (call.connection.transport.constructor as { name?: string }).name)) ?? 'unknown',
      era: call.modern ? 'modern' : 'legacy',
      server_name: name,
      server_version: version,
      client_capabilities: Object.keys(call.clientCapabilities),
      runtime: runtimeName(),
    },
  );
}
