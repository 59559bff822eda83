// SPDX-License-Identifier: MIT
// One inbound request: its era, client, headers, session and trace.
import { ERR_SDK_SESSION_ID_DERIVATION_FAILED } from '../errors.js';
import { asObj, asText, attempt, isObj, type Obj } from '../common/util.js';
import type { Platform, YavioRequest } from '../types.js';
import type { Config } from './config.js';
import type { Core, Scope } from './core.js';
import { detectPlatform } from './platform.js';
import { newTraceId, sessionIdOf, sha256 } from './runtime.js';

const FIRST_MODERN = '2026-07-28';
const SESSION_IDLE_MS = 1_800_000;
const HALF_HOUR_MS = 1_800_000;
const SESSION_KEY_MAX = 512;
const MCP_META = 'io.modelcontextprotocol/';

/** Where hosts put the id of a conversation into _meta: name, and for whom it counts. */
const HOST_KEYS: { path: string[]; bare?: true; platform?: Platform }[] = [
  { path: ['openai/session'], bare: true },
  { path: ['vscode.conversationId'] },
  { path: ['x-codex-turn-metadata', 'session_id'] },
  { path: ['ai.opencode/sessionID'] },
  { path: ['antigravity.google/conversation_id'] },
  { path: ['threadId'], platform: 'codex' },
  { path: ['sessionID'], platform: 'opencode' },
];

/** One transport that a wrapped server is connected to. */
export interface Connection {
  transport: Obj;
  server: Obj;
  http: boolean;
  /** Of the last initialize: clientInfo, capabilities, protocolVersion. */
  client: Obj | undefined;
  /** The session of a connection without HTTP, and when it was last used. */
  sessionId: string | undefined;
  usedAt: number;
  openedAt: number;
  /** Sessions that a close event is due for. */
  opened: Map<string, Call>;
}

export interface Call extends Scope {
  id: unknown;
  method: string;
  name: string | undefined;
  params: Obj;
  meta: Obj;
  extra: Obj;
  connection: Connection;
  modern: boolean;
  start: number;
  sessionSource: string;
  client: Obj;
  clientCapabilities: Obj;
  protocolVersion: string | undefined;
  /** Whether a tool's callback of this request could be watched, was entered, and what it threw. */
  watched: boolean;
  entered: boolean;
  failed: boolean;
  error: unknown;
  /** Snapshot of the arguments, before the host sees them. */
  args: Obj | undefined;
  intent: Obj | undefined;
  /** Repeats a call that asked for input. */
  resumed: boolean;
}

/** A header of the HTTP request behind a message, whichever SDK line brought it. */
export function header(extra: Obj, name: string): string | undefined {
  return attempt(() => {
    const modern = asObj(extra.request).headers as { get?: (name: string) => unknown } | undefined;
    if (typeof modern?.get === 'function') return asText(modern.get(name));
    const headers = asObj(asObj(extra.requestInfo).headers) as Obj & { get?: (name: string) => unknown };
    if (typeof headers.get === 'function') return asText(headers.get(name));
    const value = headers[name];
    return asText(Array.isArray(value) ? value[0] : value);
  });
}

function allHeaders(extra: Obj): Record<string, string> {
  const out: Record<string, string> = {};
  attempt(() => {
    const source = (asObj(extra.request).headers ?? asObj(extra.requestInfo).headers) as Iterable<[string, string]> | Obj | undefined;
    if (!source) return;
    const pairs = Symbol.iterator in source ? (source as Iterable<[string, string]>) : Object.entries(source as Obj);
    for (const [name, value] of pairs) out[name.toLowerCase()] = String(value);
  });
  return out;
}

/** What the options of the host get to see. */
export function requestOf(call: Call): YavioRequest {
  const text = (value: unknown): { [key: string]: string } | undefined => (isObj(value) ? (value as { [key: string]: string }) : undefined);
  return {
    method: call.method,
    ...(call.name !== undefined && { name: call.name }),
    ...(isObj(call.params.arguments) && { arguments: call.params.arguments }),
    meta: call.meta,
    headers: allHeaders(call.extra),
    ...(text(call.client) && { clientInfo: call.client }),
    ...(call.protocolVersion !== undefined && { protocolVersion: call.protocolVersion }),
    era: call.modern ? 'modern' : 'legacy',
    ...(asText(call.connection.transport.sessionId) && { transportSessionId: String(call.connection.transport.sessionId) }),
    authInfo: call.extra.authInfo,
  };
}

function hostSession(call: Call): string | undefined {
  for (const { path, bare, platform } of HOST_KEYS) {
    if (platform && platform !== call.platform) continue;
    const value = asText(path.reduce<unknown>((at, key) => asObj(at)[key], call.meta));
    if (value) return bare ? value : `host:${path[0]}:${value}`;
  }
  return undefined;
}

/** Whoever authenticated: the host's pseudonym, the subject of the token, else a hash of it. */
function subjectOf(call: Call): string | undefined {
  const subject = asText(call.meta['openai/subject']) ?? asText(asObj(asObj(call.extra.authInfo).extra).sub);
  if (subject) return subject;
  const bearer = header(call.extra, 'authorization')?.replace(/^bearer +/i, '');
  return bearer && sha256(bearer);
}

function principal(call: Call): string | undefined {
  const who = subjectOf(call);
  if (!who) return undefined;
  const key = `principal:${who}:${asText(call.client.name) ?? ''}`;
  const now = Date.now();
  const idle = call.config.options.sessionIdleMs ?? SESSION_IDLE_MS;
  let run = call.core.runs.get(key);
  if (!run || now - run.at > idle) run = { window: Math.floor(now / HALF_HOUR_MS), at: now };
  run.at = now;
  call.core.runs.set(key, run);
  return `${key}:${run.window}`;
}

/** The session of a request and what the id is worth: the first source that answers. */
function findSession(call: Call): void {
  const { connection, config } = call;
  const take = (source: string, key: string | undefined): boolean => {
    if (!key) return false;
    call.sessionSource = source;
    call.sessionId = sessionIdOf(key);
    return true;
  };
  const { session } = config.options;
  if (session) {
    const chosen = attempt(() => session(requestOf(call)));
    if (take('user', asText(chosen) && `user:${String(chosen).slice(0, SESSION_KEY_MAX)}`)) return;
    config.log(ERR_SDK_SESSION_ID_DERIVATION_FAILED);
  }
  if (take('host', hostSession(call))) return;
  if (!call.modern && take('mcp', asText(connection.transport.sessionId) ?? header(call.extra, 'mcp-session-id'))) return;
  if (!connection.http) {
    const now = Date.now();
    const idle = config.options.sessionIdleMs ?? SESSION_IDLE_MS;
    if (!connection.sessionId || now - connection.usedAt > idle || call.method === 'initialize') {
      connection.sessionId = sessionIdOf(newTraceId());
    }
    connection.usedAt = now;
    call.sessionSource = 'connection';
    call.sessionId = connection.sessionId;
    return;
  }
  if (!take('principal', principal(call))) take('request', `request:${call.traceId}`);
}

/** What the client of a request is remembered under: its protocol session, else whoever authenticated. */
export function clientKey(call: Call): string | undefined {
  if (!call.connection.http) return undefined;
  return asText(call.connection.transport.sessionId) ?? header(call.extra, 'mcp-session-id') ?? subjectOf(call);
}

/** Client, capabilities and version, field by field from the first place that knows. */
function findClient(call: Call): void {
  const { connection, meta, core } = call;
  const seen = connection.client ?? (connection.http ? undefined : attempt(() => liveClient(connection.server)));
  const key = seen || call.modern ? undefined : clientKey(call);
  const remembered = (key && core.clients.get(key)) || {};
  const pick = (name: string, inMeta = name): unknown => meta[MCP_META + inMeta] ?? seen?.[name] ?? remembered[name];
  call.client = asObj(pick('clientInfo'));
  call.clientCapabilities = asObj(pick('capabilities', 'clientCapabilities'));
  call.protocolVersion = asText(pick('protocolVersion')) ?? header(call.extra, 'mcp-protocol-version');
}

function liveClient(server: Obj): Obj | undefined {
  const ask = (name: string): unknown => {
    const method = server[name];
    return typeof method === 'function' ? (method as () => unknown).call(server) : undefined;
  };
  return { clientInfo: ask('getClientVersion'), capabilities: ask('getClientCapabilities') };
}

/** Everything known about an inbound request before the host sees it. */
export function beginCall(message: Obj, extra: Obj, connection: Connection, config: Config, core: Core): Call {
  const params = asObj(message.params);
  const meta = asObj(params._meta);
  const version = asText(meta[`${MCP_META}protocolVersion`]);
  const call: Call = {
    core, config, connection, params, meta, extra,
    id: message.id,
    method: String(message.method),
    name: asText(params.name) ?? asText(params.uri),
    modern: version !== undefined && /^\d{4}-\d\d-\d\d/.test(version) && version >= FIRST_MODERN,
    start: performance.now(),
    traceId: newTraceId(),
    sessionId: '',
    sessionSource: '',
    platform: 'unknown',
    step: 0,
    ready: undefined,
    client: {},
    clientCapabilities: {},
    protocolVersion: undefined,
    watched: false, entered: false, failed: false, error: undefined,
    args: undefined, intent: undefined, resumed: false,
  };
  findClient(call);
  const agent = header(extra, 'user-agent');
  const origin = header(extra, 'origin');
  const name = asText(call.client.name);
  call.platform = detectPlatform(
    { meta, ...(name && { clientName: name }), ...(agent && { userAgent: agent }), ...(origin && { origin }) },
    header(extra, 'x-anthropic-client'),
  );
  findSession(call);
  return call;
}
