// SPDX-License-Identifier: MIT
// One inbound request: its era, client, headers, session and trace.
import { ERR_SDK_SESSION_ID_DERIVATION_FAILED } from '../errors.js';
import { header, headersOf } from '../common/mcp.js';
import { asObj, asText, attempt, isObj, textAt, type Obj } from '../common/util.js';
import type { DetectPlatform, Platform, YavioRequest } from '../types.js';
import type { Config } from './config.js';
import type { Core, Scope } from './core.js';
import { detectPlatform } from './platform.js';
import { newTraceId, sessionIdOf, sha256 } from './runtime.js';

const FIRST_MODERN = '2026-07-28';
const SESSION_IDLE_MS = 1_800_000;
const HALF_HOUR_MS = 1_800_000;
const SESSION_KEY_MAX = 512;
export const MCP_META = 'io.modelcontextprotocol/';

/** Where hosts put the id of a conversation into _meta: key, key within it, and for whom it counts. The first is used bare. */
const HOST_KEYS: [string, (string | undefined)?, Platform?][] = [
  ['openai/session'],
  ['vscode.conversationId'],
  ['x-codex-turn-metadata', 'session_id'],
  ['ai.opencode/sessionID'],
  ['antigravity.google/conversation_id'],
  ['threadId', undefined, 'codex'],
  ['sessionID', undefined, 'opencode'],
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

/** How a request ended: its answer, or that none was sent. */
export interface Ending { result?: Obj | undefined; error?: Obj | undefined; flag?: 'cancelled' | 'disconnected' }

/** What the options of the host get to see. */
export function requestOf(call: Call): YavioRequest {
  const headers = attempt(() => {
    const found = headersOf(call.extra) ?? {};
    const pairs = Symbol.iterator in found ? [...(found as unknown as Headers)] : Object.entries(found);
    return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]));
  });
  const { method, name, params, meta, client: clientInfo, protocolVersion, modern, connection, extra } = call;
  return {
    method, name, meta, headers: headers ?? {}, clientInfo, protocolVersion,
    arguments: isObj(params.arguments) ? params.arguments : undefined,
    era: modern ? 'modern' : 'legacy',
    transportSessionId: asText(connection.transport.sessionId),
    authInfo: extra.authInfo,
  } as YavioRequest;
}

function hostSession({ meta, platform }: Call): string | undefined {
  for (const [key, inner, only] of HOST_KEYS) {
    const value = asText(inner ? asObj(meta[key])[inner] : meta[key]);
    if (value && (!only || only === platform)) return key === HOST_KEYS[0]![0] ? value : `host:${key}:${value}`;
  }
  return undefined;
}

/** Whoever authenticated: the host's pseudonym, the subject of the token, else a hash of it. */
function subjectOf(call: Call): string | undefined {
  const bearer = header(call.extra, 'authorization')?.replace(/^bearer +/i, '');
  return asText(call.meta['openai/subject']) ?? textAt(asObj(call.extra.authInfo).extra, 'sub') ?? (bearer && sha256(bearer));
}

function principal(call: Call): string | undefined {
  const who = subjectOf(call);
  if (!who) return undefined;
  const key = `principal:${who}:${asText(call.client.name) ?? ''}`;
  const now = Date.now();
  const { runs } = call.core;
  const run = runs.get(key);
  const window = run && now - run.at <= idleMs(call) ? run.window : Math.floor(now / HALF_HOUR_MS);
  runs.set(key, { window, at: now });
  return `${key}:${window}`;
}

const idleMs = (call: Call): number => call.config.options.sessionIdleMs ?? SESSION_IDLE_MS;

/** The protocol's own id of the session. */
const protocolSession = ({ connection, extra }: Call): string | undefined => asText(connection.transport.sessionId) ?? header(extra, 'mcp-session-id');

/** The session of a request and what the id is worth: the first source that answers. */
function findSession(call: Call): void {
  const { connection, config } = call;
  const take = (source: string, key: string | undefined): unknown => {
    if (key) call.sessionId = sessionIdOf(key);
    call.sessionSource = source;
    return key;
  };
  const { session } = config.options;
  if (session) {
    const chosen = asText(attempt(() => session(requestOf(call))));
    if (take('user', chosen && `user:${chosen.slice(0, SESSION_KEY_MAX)}`)) return;
    config.log(ERR_SDK_SESSION_ID_DERIVATION_FAILED);
  }
  if (take('host', hostSession(call)) || (!call.modern && take('mcp', protocolSession(call)))) return;
  if (connection.http) {
    if (!take('principal', principal(call))) take('request', `request:${call.traceId}`);
    return;
  }
  const now = Date.now();
  if (!connection.sessionId || now - connection.usedAt > idleMs(call) || call.method === 'initialize') connection.sessionId = sessionIdOf(newTraceId());
  connection.usedAt = now;
  call.sessionSource = 'connection';
  call.sessionId = connection.sessionId;
}

/** What the client of a request is remembered under: its protocol session, else whoever authenticated. */
export const clientKey = (call: Call): string | undefined => (call.connection.http ? protocolSession(call) ?? subjectOf(call) : undefined);

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

function liveClient(server: Obj): Obj {
  const ask = (name: string): unknown => (server[name] as (() => unknown) | undefined)?.call(server);
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
    modern: /^\d{4}-\d\d-\d\d/.test(version ?? '') && version! >= FIRST_MODERN,
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
  call.platform = detectPlatform(
    { meta, clientName: asText(call.client.name), userAgent: header(extra, 'user-agent'), origin: header(extra, 'origin') } as Parameters<DetectPlatform>[0],
    header(extra, 'x-anthropic-client'),
  );
  findSession(call);
  return call;
}
