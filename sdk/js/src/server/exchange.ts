// SPDX-License-Identifier: MIT
// The messages of one connection: each request runs in its context, each answer becomes an event after it was handed over.
import { ERR_SDK_INTERNAL_ERROR, ERR_SDK_WIDGET_CONFIG_INJECTION_SKIPPED } from '../errors.js';
import { asObj, asText, attempt, isObj, type Obj } from '../common/util.js';
import type { Identity } from '../types.js';
import { askingType, tellAsking } from './asking.js';
import { catalogueOf, learn, tellListing, widgetOf } from './catalogue.js';
import type { Config } from './config.js';
import type { Core } from './core.js';
import { PROMPTS, RESOURCES, tellClose, tellOpen, tellPrompt, tellResource } from './reading.js';
import { beginCall, clientKey, MCP_META, requestOf, type Call, type Connection } from './request.js';
import { Recent, unrefTimer } from './runtime.js';
import { prepareToolCall, tellToolCall, type Ending } from './toolcall.js';
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

/** What becomes of an outgoing message: itself or a changed one, now or later, or nothing; after runs when it was handed over. */
export interface Outgoing { message?: unknown; later?: Promise<unknown>; swallow?: boolean; after?: () => void }

type Forward = (message: unknown) => unknown;

let listCounter = 0;

export class Exchange {
  readonly #running = new Recent<Call>(RUNNING_MAX);
  readonly #asked = new Recent<{ type: string; params: Obj; call: Call; start: number }>(RUNNING_MAX);
  readonly #listings = new Map<string, { call: Call; forward: Forward; pages: number; timer: ReturnType<typeof setTimeout> }>();
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
    if (this.#injects(catalogue.tools.get(call.name ?? '')?.widget)) void core.mint.get(call.traceId, call.sessionId);
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

  /** Runs the identify option beside the handler; events wait for it, the answer never does. */
  #runIdentify(call: Call): void {
    const hook = this.#config.options.identify;
    const given = hook && attempt(() => hook(requestOf(call)));
    const take = (identity: Identity | null | undefined): void => {
      if (isObj(identity)) identify(call, identity.userId, identity.traits);
    };
    if (!(given instanceof Promise)) return void attempt(() => take(given));
    call.ready = new Promise((done) => {
      const timer = setTimeout(done, IDENTIFY_MS);
      given.then(take).catch(() => {}).finally(() => {
        clearTimeout(timer);
        done();
      });
    });
  }

  /** Asks the host's own list handler for the catalogue; outbound() takes the answer. */
  #askList(call: Call, forward: Forward, cursor: unknown, pages: number): void {
    this.#safely(() => {
      const id = `${OWN_ID}${++listCounter}`;
      const timer = unrefTimer(() => this.#listings.delete(id), LIST_MS);
      this.#listings.set(id, { call, forward, pages, timer });
      const _meta = Object.fromEntries(Object.entries(call.meta).filter(([key]) => key.startsWith(MCP_META)));
      const params = { ...(Object.keys(_meta)[0] && { _meta }), ...(cursor !== undefined && { cursor }) };
      forward({ jsonrpc: '2.0', id, method: 'tools/list', ...(Object.keys(params)[0] && { params }) });
    });
  }

  #listAnswered(message: Obj): void {
    const id = String(message.id);
    const asked = this.#listings.get(id);
    if (!asked) return;
    this.#listings.delete(id);
    clearTimeout(asked.timer);
    const result = asObj(message.result);
    if (!Array.isArray(result.tools)) return;
    learn({ ...asked.call, params: asked.pages > 1 ? { cursor: true } : {} }, result);
    if (result.nextCursor !== undefined && asked.pages < LIST_PAGES_MAX) this.#askList(asked.call, asked.forward, result.nextCursor, asked.pages + 1);
  }

  /** The client's answer to a request of the server. */
  #answered(message: Obj): void {
    const asked = this.#asked.get(String(message.id));
    if (!asked) return;
    this.#asked.delete(String(message.id));
    tellAsking(asked.call, asked.type, asked.params, asObj(message.result ?? message.error), performance.now() - asked.start, message.error !== undefined);
  }

  #cancelled(id: unknown): void {
    const call = this.#running.get(String(id));
    if (!call) return;
    this.#running.delete(String(id));
    this.#tell(call, { flag: 'cancelled' }, performance.now() - call.start);
  }

  closed(): void {
    for (const call of this.#running.values()) this.#safely(() => this.#tell(call, { flag: 'disconnected' }, performance.now() - call.start));
    this.#running.clear();
    this.#asked.clear();
    for (const { timer } of this.#listings.values()) clearTimeout(timer);
    this.#listings.clear();
    this.#ended();
  }

  /** Tells the end of the sessions of this connection, once. */
  readonly #ended = (): void => {
    this.core.endings.delete(this.#ended);
    for (const call of this.#connection.opened.values()) this.#safely(() => tellClose(call));
    this.#connection.opened.clear();
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
    const call = this.#running.get(String(message.id));
    if (!call) return undefined;
    this.#running.delete(String(message.id));
    const latency = performance.now() - call.start;
    const result = isObj(message.result) ? message.result : undefined;
    const ending: Ending = { result, error: isObj(message.error) ? message.error : undefined };
    if (call.method === 'initialize') return { message, after: () => this.#opened(call, result) };
    if (call.method === 'tools/list' && result) {
      const tools = learn(call, result);
      return { message: tools === result.tools ? message : { ...message, result: { ...result, tools } }, after: () => tellListing(call, result) };
    }
    const after = (): void => this.#tell(call, ending, latency);
    return call.method === 'tools/call' && result ? this.#withWidget(call, message, result, after) : { message, after };
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

  #open(call: Call): void {
    if (!this.#connection.http && this.core.endings.size < ENDINGS_MAX) this.core.endings.add(this.#ended);
    tellOpen(call);
  }

  #noteAsked(message: Obj, options: Obj): void {
    const type = askingType(message.method);
    if (!type || message.id === undefined) return;
    const call = this.#running.get(String(options.relatedRequestId)) ?? (storage?.getStore() as Call | undefined);
    if (call) this.#asked.set(String(message.id), { type, params: asObj(message.params), call, start: performance.now() });
  }

  #tell(call: Call, ending: Ending, latency: number): void {
    this.#safely(() => {
      if (call.method === 'tools/call') tellToolCall(call, ending, latency);
      else if (RESOURCES.test(call.method) && call.config.capture.resources) tellResource(call, ending, latency);
      else if (PROMPTS.test(call.method) && call.config.capture.prompts) tellPrompt(call, ending, latency);
    });
  }

  /** Adds the widget's configuration to the result of a tool that has one: the only answer that ever waits, and not for long. */
  #withWidget(call: Call, message: Obj, result: Obj, tell: () => void): Outgoing {
    const { core } = this;
    const config = this.#config;
    const tool = catalogueOf(call).tools.get(call.name ?? '');
    const uri = widgetOf(result._meta) ?? tool?.widget;
    if (result.isError === true || result.resultType === 'input_required' || isObj(result.task)) return { message, after: tell };
    let wait = 0;
    let minted = false;
    const after = (): void => {
      tell();
      if (uri) core.emit(call, 'widget_response', { event_name: call.name }, { resource_uri: uri, token_minted: minted, wait_ms: wait });
    };
    const meta = result._meta ?? {};
    if (!this.#injects(uri ?? !tool) || !isObj(meta) || meta.yavio !== undefined) return { message, after };
    const begun = performance.now();
    const limit = Math.min(Math.max(Number(config.options.widget?.maxWaitMs ?? WAIT_MS) || 0, 0), WAIT_MAX_MS);
    const late = new Promise<undefined>((done) => unrefTimer(() => done(undefined), limit));
    const later = Promise.race([core.mint.get(call.traceId, call.sessionId), late]).then((token) => {
      wait = performance.now() - begun;
      if (!token) core.log(ERR_SDK_WIDGET_CONFIG_INJECTION_SKIPPED, `no token within ${limit} ms`);
      return (token && this.#safely(() => {
        const yavio = { token: token.token, endpoint: config.url, traceId: call.traceId, sessionId: call.sessionId, stepSequence: call.step, expiresAt: token.expiresAt };
        const out = { ...message, result: { ...result, _meta: { ...meta, yavio } } };
        minted = true;
        return out;
      })) ?? message;
    });
    return { later, after };
  }
}
