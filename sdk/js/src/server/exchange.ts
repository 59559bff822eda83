// SPDX-License-Identifier: MIT
// The messages of one connection: each request runs in its context, each answer becomes an event after it was handed over.
import { ERR_SDK_INTERNAL_ERROR, ERR_SDK_WIDGET_CONFIG_INJECTION_SKIPPED } from '../errors.js';
import { later, Recent } from '../common/engine.js';
import { widgetOf } from '../common/mcp.js';
import { asObj, asText, attempt, isObj, type Obj } from '../common/util.js';
import type { Identity } from '../types.js';
import { catalogueOf, learn } from './catalogue.js';
import type { Config } from './config.js';
import type { Core } from './core.js';
import { beginCall, clientKey, MCP_META, requestOf, type Call, type Connection, type Ending } from './request.js';
import { newTraceId, within } from './runtime.js';
import { awaitRepeat, prepareToolCall } from './toolcall.js';
import { identify, storage } from './tracker.js';

const RUNNING_MAX = 10_000;
const IDENTIFY_MS = 500;
const LIST_MS = 2_000;
const LIST_PAGES_MAX = 10;
const LIST_ATTEMPTS_MAX = 3;
const WAIT_MS = 300;
const WAIT_MAX_MS = 1_000;
const ENDINGS_MAX = 100;
const OWN_ID = 'yavio-catalogue-';

/** What becomes of an outgoing message: it goes on at once, later what is promised (itself where that is undefined), or nothing goes on; after runs when it was handed over. */
export interface Outgoing { later?: Promise<unknown>; swallow?: boolean; after?: () => void }

type Forward = (message: unknown) => unknown;

let listCounter = 0;

/** Takes what waits for the message of this id, together with the ms that passed since. */
function take<T extends { start: number }>(waiting: Map<string, T>, id: unknown): [waits: T | undefined, ms: number] {
  const found = waiting.get(String(id));
  waiting.delete(String(id));
  return [found, found ? performance.now() - found.start : 0];
}

/** The widget of a call's tool; unknown: the answer for a tool that nobody listed yet. */
const widgetIn = <T = undefined>(call: Call, unknown?: T): string | T | undefined => {
  const tool = catalogueOf(call).tools.get(call.name ?? '');
  return tool ? tool.widget : unknown;
};

export class Exchange {
  readonly #running = new Recent<Call>(RUNNING_MAX);
  readonly #asked = new Recent<{ request: Obj; call: Call; start: number }>(RUNNING_MAX);
  readonly #listings = new Map<string, { call: Call; forward: Forward; pages: number; start: number }>();
  readonly #connection: Connection;
  /** The message that is being handed on: a second tap of the same property sees it again and lets it pass. */
  #passing: unknown;
  readonly #owner: Obj;
  readonly #config: Config;

  constructor(transport: Obj, server: Obj, owner: Obj, readonly core: Core, config: Config) {
    this.#owner = owner;
    this.#config = config;
    this.#connection = {
      transport, server,
      http: typeof transport.handleRequest === 'function' || typeof transport.handlePostMessage === 'function' || typeof transport.handleMessage === 'function' && !('_stdin' in transport),
      client: undefined,
      sessionId: undefined,
      usedAt: Date.now(),
      openedAt: performance.now(),
      opened: new Recent<Call>(100),
    };
  }

  #safely<T>(work: () => T): T | undefined {
    return attempt(work, (error) => this.core.log(ERR_SDK_INTERNAL_ERROR, String(error)));
  }

  inbound(message: unknown, extra: Obj, forward: Forward): unknown {
    const hand = (out: unknown): unknown => {
      const before = this.#passing;
      this.#passing = out;
      try {
        return forward(out);
      } finally {
        this.#passing = before;
      }
    };
    if (message === this.#passing || !isObj(message)) return forward(message);
    if (typeof message.method !== 'string') {
      this.#safely(() => this.#answered(message));
      return hand(message);
    }
    if (message.id === undefined) {
      const result = hand(message);
      if (message.method === 'notifications/cancelled') this.#safely(() => this.#cancelled(asObj(message.params).requestId));
      return result;
    }
    if (message.method === 'ping') return hand(message);
    const begun = this.#safely(() => this.#begin(message, extra, hand));
    if (!begun) return hand(message);
    const { call, out } = begun;
    if (out === undefined) return undefined;
    return storage ? storage.run(call, () => hand(out)) : hand(out);
  }

  /** A request before the host sees it; out is what the host gets, undefined when the answer was ours. */
  #begin(message: Obj, extra: Obj, hand: Forward): { call: Call; out: unknown } {
    const { core } = this;
    const connection = this.#connection;
    if (extra.requestInfo || extra.request) connection.http = true;
    const isInit = message.method === 'initialize';
    if (isInit) {
      const { clientInfo, capabilities, protocolVersion } = asObj(message.params);
      connection.client = { clientInfo, capabilities, protocolVersion };
    }
    const call = beginCall(message, extra, connection, this.#config, core);
    const id = String(call.id);
    this.#running.set(id, call);
    if (isInit || call.method === 'server/discover') return { call, out: message };
    this.#runIdentify(call);
    this.#open(call);
    if (call.method !== 'tools/call') return { call, out: message };
    const { answer, forward } = prepareToolCall(call, message, this.#owner);
    if (answer) {
      this.#running.delete(id);
      const send = async (): Promise<unknown> => (connection.transport.send as (message: unknown) => unknown)({ jsonrpc: '2.0', id: call.id, result: answer });
      void Promise.resolve().then(send).catch(() => {});
      return { call, out: undefined };
    }
    const catalogue = catalogueOf(call);
    const ask = (): void => {
      if (this.#running.get(id) === call && this.#injects(widgetIn(call, true))) void this.#widgetConfig(call);
    };
    if (catalogue.tools.has(call.name ?? '')) ask();
    else later(ask); // by then the list is mostly there
    if (!catalogue.seen && catalogue.attempts < LIST_ATTEMPTS_MAX) {
      catalogue.attempts++;
      void Promise.resolve().then(() => this.#askList(call, hand, undefined, 1));
    }
    return { call, out: forward };
  }

  /** Whether results get the widget's configuration; has: what the tool or its result says of a widget. */
  #injects(has: unknown): boolean {
    const inject = this.#config.options.widget?.inject;
    return !this.#config.serverOnly && inject !== 'never' && (inject === 'always' || !!has);
  }

  /** The widget's configuration for the trace of a call, undefined when ingest gives no token. */
  readonly #widgetConfig = (call: Call) => this.core.ask(() => this.core.back?.mint.get(call));

  /** Runs the identify option beside the handler; events wait for it, the answer never does. */
  #runIdentify(call: Call): void {
    const hook = this.#config.options.identify;
    const given = hook && attempt(() => hook(requestOf(call)));
    const take = (identity: Identity | null | undefined): void => {
      if (isObj(identity)) identify(call, identity.userId, identity.traits);
    };
    if (!(given instanceof Promise)) return void attempt(() => take(given));
    call.ready = within(IDENTIFY_MS, given.then(take));
  }

  /** Asks the host's own list handler for the catalogue; outbound() takes the answer. */
  #askList(call: Call, forward: Forward, cursor: unknown, pages: number): void {
    this.#safely(() => {
      const id = `${OWN_ID}${++listCounter}`;
      this.#listings.set(id, { call, forward, pages, start: performance.now() });
      const _meta = Object.fromEntries(Object.entries(call.meta).filter(([key]) => key.startsWith(MCP_META)));
      forward({ jsonrpc: '2.0', id, method: 'tools/list', params: { _meta, ...(cursor !== undefined && { cursor }) } });
    });
  }

  #listAnswered(message: Obj): void {
    const [asked, latency] = take(this.#listings, message.id);
    const result = asObj(message.result);
    if (!asked || latency > LIST_MS || !Array.isArray(result.tools)) return;
    const { call, forward, pages } = asked;
    learn({ ...call, params: { cursor: pages > 1 } }, result.tools);
    if (result.nextCursor !== undefined && pages < LIST_PAGES_MAX) this.#askList(call, forward, result.nextCursor, pages + 1);
  }

  /** The client's answer to a request of the server. */
  #answered(message: Obj): void {
    const [asked, latency] = take(this.#asked, message.id);
    if (!asked) return;
    const { call, request } = asked;
    this.core.tell(call, (behind) => behind.tellAsking(call, request, asObj(message.result ?? message.error), latency, message.error !== undefined));
  }

  #cancelled(id: unknown): void {
    const [call, latency] = take(this.#running, id);
    if (call) this.#tell(call, { flag: 'cancelled' }, latency);
  }

  closed(): void {
    for (const call of this.#running.values()) this.#tell(call, { flag: 'disconnected' }, performance.now() - call.start);
    this.#running.clear();
    this.#asked.clear();
    this.#listings.clear();
    this.#ended();
  }

  /** Tells the end of the sessions of this connection, once. */
  readonly #ended = (): void => {
    this.core.endings.delete(this.#ended);
    const { opened, openedAt } = this.#connection;
    for (const call of opened.values()) {
      const closed: Call = { ...call, traceId: newTraceId(), ready: undefined };
      const duration = performance.now() - openedAt;
      this.core.tell(call, (behind) => behind.tellClose(closed, duration));
      this.core.sessions.delete(call.sessionId);
    }
    opened.clear();
  };

  outbound(message: unknown, options: unknown): Outgoing | undefined {
    if (!isObj(message)) return undefined;
    if (typeof message.method === 'string') {
      this.#noteAsked(message, asObj(options));
      return undefined;
    }
    if (typeof message.id === 'string' && message.id.startsWith(OWN_ID)) {
      this.#safely(() => this.#listAnswered(message));
      return { swallow: true };
    }
    const [call, latency] = take(this.#running, message.id);
    if (!call) return undefined;
    const result = isObj(message.result) ? message.result : undefined;
    const ending: Ending = { result, error: isObj(message.error) ? message.error : undefined };
    if (call.method === 'initialize') return { after: () => this.#opened(call, result) };
    if (call.method === 'tools/list' && result) return this.#listed(call, message, result);
    const after = (): void => this.#tell(call, ending, latency);
    return call.method === 'tools/call' && result ? this.#withWidget(call, message, result, after) : { after };
  }

  /** The answer to a client's tools/list; what is added to it comes from the part behind, and waits for that to be loaded. */
  #listed(call: Call, message: Obj, result: Obj): Outgoing {
    const { tools } = result;
    const after = (): void => this.core.tell(call, (behind) => behind.tellListing(call, result));
    const takers = Array.isArray(tools) ? learn(call, tools) : undefined;
    if (!takers) return { after };
    return { after, later: this.core.ask((behind) => ({ ...message, result: { ...result, tools: behind.advertised(call, tools as unknown[], takers) } })) };
  }

  /** A session that is known from the handshake on is open with its answer. */
  #opened(call: Call, result: Obj | undefined): void {
    const connection = this.#connection;
    if (!result || !connection.client) return;
    connection.client.protocolVersion = result.protocolVersion ?? connection.client.protocolVersion;
    call.protocolVersion = asText(connection.client.protocolVersion);
    const key = clientKey(call);
    if (key) this.core.clients.set(key, connection.client);
    if (call.sessionSource === 'connection' || call.sessionSource === 'mcp') this.#open(call);
  }

  /** The opening of a session, once in this process; its end is told where a connection has one. */
  #open(call: Call): void {
    const { core } = this;
    const { http, opened, transport } = this.#connection;
    if (!http && core.endings.size < ENDINGS_MAX) core.endings.add(this.#ended);
    if (!http || (!call.modern && asText(transport.sessionId))) opened.set(call.sessionId, call);
    if (core.sessions.has(call.sessionId)) return;
    core.sessions.set(call.sessionId, true);
    core.tell(call, (behind) => behind.tellOpen(call));
  }

  #noteAsked(message: Obj, options: Obj): void {
    if (message.id === undefined) return;
    const call = this.#running.get(String(options.relatedRequestId)) ?? (storage?.getStore() as Call | undefined);
    if (call) this.#asked.set(String(message.id), { request: message, call, start: performance.now() });
  }

  #tell(call: Call, ending: Ending, latency: number): void {
    this.#safely(() => {
      const { core } = this;
      if (ending.result?.resultType === 'input_required') awaitRepeat(call, ending.result);
      // The result is the host's: what cannot be looked at yet is copied if it can be.
      const kept = core.back ? ending : attempt(() => structuredClone(ending)) ?? ending;
      core.tell(call, (behind) => behind.tellAnswered(call, kept, latency));
    });
  }

  /** Adds the widget's configuration to the result of a tool that has one: the only result of a call that ever waits, and not for long. */
  #withWidget(call: Call, message: Obj, result: Obj, tell: () => void): Outgoing {
    if (result.isError === true || result.resultType === 'input_required' || isObj(result.task)) return { after: tell };
    const { core } = this;
    const named = widgetOf(result._meta);
    const has = (): string | true | undefined => named ?? widgetIn(call, true);
    const begun = performance.now();
    let minted = false;
    let wait = 0;
    const after = (): void => {
      tell();
      const uri = named ?? widgetIn(call);
      if (uri) core.tell(call, (behind) => behind.tellWidget(call, uri, minted, wait));
    };
    const meta = result._meta ?? {};
    if (!this.#injects(has()) || !isObj(meta) || meta.yavio !== undefined) return { after };
    const inject = async (): Promise<unknown> => {
      // Of a tool that nobody listed yet, the list that was asked for with the call mostly says more a turn later.
      if (has() === true) await new Promise<void>(later);
      if (!this.#injects(has())) return undefined;
      const { inject: when, maxWaitMs = WAIT_MS } = this.#config.options.widget ?? {};
      const limit = has() === true && when !== 'always' ? 0 : Math.min(Math.max(Number(maxWaitMs) || 0, 0), WAIT_MAX_MS);
      const yavio = await within(limit, this.#widgetConfig(call));
      wait = performance.now() - begun;
      if (!yavio) return limit ? core.log(ERR_SDK_WIDGET_CONFIG_INJECTION_SKIPPED, `no token within ${limit} ms`) : undefined;
      const out = { ...message, result: { ...result, _meta: { ...meta, yavio } } };
      minted = true;
      return out;
    };
    return { later: inject(), after };
  }
}
