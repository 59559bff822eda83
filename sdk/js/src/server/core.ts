// SPDX-License-Identifier: MIT
// What all servers of one endpoint and key share in this process: delivery, users, sessions, catalogue, and the way of an event.
import * as threads from 'node:worker_threads';
import {
  ERR_SDK_EVENT_PAYLOAD_TOO_LARGE, ERR_SDK_EVENT_VALIDATION_FAILED, ERR_SDK_INTERNAL_ERROR, ERR_SDK_PII_STRIPPING_FAILED,
  ERR_SDK_SHUTDOWN_FLUSH_FAILED,
} from '../errors.js';
import { redact } from '../common/pii.js';
import { cutBytes, fit } from '../common/snapshot.js';
import { attempt, byteLength, cut, isObj, uuid, type Obj } from '../common/util.js';
import type { Flush, FlushResult, Platform, YavioEvent, YavioStats } from '../types.js';
import { SDK_VERSION } from '../version.js';
import type { Catalogue } from './catalogue.js';
import type { Config } from './config.js';
import { Delivery, totals } from './delivery.js';
import type { Log } from './log.js';
import { later, Recent } from './runtime.js';
import { TokenMint } from './mint.js';

const KEPT_MAX = 10_000;
const USER_IDLE_MS = 1_800_000;
const EVENT_BYTES_MAX = 48_000;
const LAST_FLUSH_MS = 5_000;
const SIGNAL_FLUSH_MS = 2_000;

/** Most bytes of a payload field's JSON, below what ingest would replace by a marker. */
const CAPS: Record<string, number> = {
  input_values: 9_500, output_content: 9_500, metadata: 9_500, input_schema: 15_500,
  user_traits: 4_900, input_keys: 4_900, input_types: 4_900, intent_signals: 1_950,
};
const REDACTED = ['input_values', 'output_content', 'metadata', 'user_traits', 'intent_signals', 'error_message'];

/** What an event must know of its request. */
export interface Scope {
  traceId: string;
  sessionId: string;
  platform: Platform;
  config: Config;
  core: Core;
  /** Last number of yavio.step in this trace. */
  step: number;
  /** Settles when the identify option has answered, or its time is over. */
  ready: Promise<void> | undefined;
}

interface Waiting { event: Obj; config: Config }
interface User { id: string; traits: string; at: number }

export class Core {
  readonly log: Log;
  readonly delivery: Delivery;
  readonly mint: TokenMint;
  readonly users = new Recent<User>(KEPT_MAX);
  readonly clients = new Recent<Obj>(KEPT_MAX);
  /** Sessions this process has seen. */
  readonly sessions = new Recent<number>(KEPT_MAX);
  readonly runs = new Recent<{ window: number; at: number }>(KEPT_MAX);
  readonly lastCalls = new Recent<{ tool: string; hash: number; failed: boolean; at: number }>(KEPT_MAX);
  /** Traces that wait for a call to be repeated (input_required). */
  readonly continued = new Recent<{ traceId: string; step: number; at: number; kinds: Record<string, Obj> }>(1_000);
  /** When a tool with its schema was told, and when a listing of a session was. */
  readonly registered = new Recent<number>(KEPT_MAX);
  readonly listings = new Recent<number>(KEPT_MAX);
  readonly catalogues = new Recent<Catalogue>(1_000);
  /** What still has to be told of open connections when the process ends. */
  readonly endings = new Set<() => void>();
  #waiting: Waiting[] = [];
  readonly #held = new Set<Promise<void>>();
  #scheduled = false;

  constructor(config: Config) {
    this.log = config.log;
    this.delivery = new Delivery(config);
    this.mint = new TokenMint(config);
  }

  get queued(): number {
    return this.delivery.queued + this.#waiting.length + this.#held.size;
  }

  /** Takes an event whose values are snapshots; the rest of its way runs after the host's answer. */
  emit(scope: Scope, type: string, fields: Obj, metadata?: Obj): void {
    if (this.delivery.stopped) return;
    const { config, sessionId, ready } = scope;
    const event: Obj = {
      event_id: uuid(),
      event_type: type,
      trace_id: scope.traceId,
      session_id: sessionId,
      timestamp: new Date().toISOString(),
      source: 'server',
      platform: scope.platform,
      sdk_version: SDK_VERSION,
      ...fields,
      metadata: metadata && Object.keys(metadata).length ? metadata : undefined,
    };
    const enqueue = (): void => {
      event.user_id ??= this.user(sessionId)?.id;
      this.#waiting.push({ event, config });
      if (this.#waiting.length > KEPT_MAX) {
        this.#waiting.shift();
        totals.dropped.overflow++;
      }
      this.#schedule();
    };
    if (ready) {
      const held: Promise<void> = ready.then(() => {
        this.#held.delete(held);
        enqueue();
      });
      this.#held.add(held);
    } else enqueue();
    attempt(() => config.options.waitUntil?.(this.flush()));
  }

  /** One event a macrotask: redaction never holds the host for longer. */
  #schedule(): void {
    if (this.#scheduled || !this.#waiting.length) return;
    this.#scheduled = true;
    later(() => {
      this.#scheduled = false;
      this.#finish();
      this.#schedule();
    });
  }

  /** The oldest event that waits: cleaned, shown to the host, serialised, queued. */
  #finish(): void {
    const next = this.#waiting.shift();
    if (!next) return;
    const { event, config } = next;
    const { beforeSend } = config.options;
    try {
      let json = this.#clean(event);
      if (beforeSend) {
        const out = attempt(() => beforeSend(JSON.parse(json) as YavioEvent));
        if (!isObj(out)) return void totals.dropped.beforeSend++;
        if (!out.event_id || !out.event_type) {
          totals.dropped.beforeSend++;
          return this.log(ERR_SDK_EVENT_VALIDATION_FAILED);
        }
        json = JSON.stringify(out);
      }
      const bytes = byteLength(json);
      if (bytes > EVENT_BYTES_MAX) {
        totals.dropped.refused++;
        return this.log(ERR_SDK_EVENT_PAYLOAD_TOO_LARGE, String(event.event_type));
      }
      this.delivery.add(json, bytes);
    } catch (error) {
      totals.dropped.refused++;
      this.log(ERR_SDK_INTERNAL_ERROR, String(error));
    }
  }

  /** The event's JSON: redacted first, cut second. */
  #clean(event: Obj): string {
    for (const field of REDACTED) {
      try {
        event[field] = redact(event[field]);
      } catch {
        delete event[field];
        this.log(ERR_SDK_PII_STRIPPING_FAILED, field);
      }
    }
    const { intent_signals: signals, error_message: message } = event as { intent_signals?: { intent: string }; error_message?: string };
    if (signals) signals.intent = cut(signals.intent, 500);
    if (message) event.error_message = cutBytes(message, 2_000);
    const json = JSON.stringify(event);
    const bytes = byteLength(json);
    const large = Object.keys(CAPS).filter((field) => CAPS[field]! < bytes && event[field]);
    for (const field of large) event[field] = fit(event[field] as Obj, CAPS[field]!);
    return large.length ? JSON.stringify(event) : json;
  }

  /** The user of a session, forgotten after half an hour of silence. */
  user(sessionId: string): User | undefined {
    const user = this.users.get(sessionId);
    if (!user) return undefined;
    const now = Date.now();
    if (now - user.at > USER_IDLE_MS) {
      this.users.delete(sessionId);
      return undefined;
    }
    user.at = now;
    return user;
  }

  /** The last flush of the process: connections that nobody closed end with it. */
  end(ms: number): Promise<void> {
    for (const tell of this.endings) attempt(tell);
    this.endings.clear();
    return this.flush(ms, true);
  }

  /** Sends everything that was told so far; waits at most ms, never rejects. */
  async flush(ms = LAST_FLUSH_MS, last = false): Promise<void> {
    const end = Date.now() + ms;
    await new Promise<void>(later); // what a request that has just ended still tells
    await Promise.all(this.#held);
    while (this.#waiting.length) this.#finish();
    await this.delivery.flush(Math.max(end - Date.now(), 1), last);
  }
}

const cores = new Map<string, Core>();
let handlers = false;

/** The state of this endpoint and key; its transport options are those of the first wrap. */
export function coreOf(config: Config): Core {
  const id = `${config.url}\n${config.key}`;
  let core = cores.get(id);
  if (!core) {
    cores.set(id, (core = new Core(config)));
    listen(config);
  }
  return core;
}

const eachCore = (work: (core: Core) => Promise<void>): Promise<unknown> => Promise.all([...cores.values()].map(work));

/** Counts since the process began, over all endpoints and keys. */
export function stats(): YavioStats {
  let queued = 0;
  for (const core of cores.values()) queued += core.queued;
  return { ...totals, queued, dropped: { ...totals.dropped } };
}

const lost = (): number => Object.values(totals.dropped).reduce((a, b) => a + b);

async function result(work: (core: Core) => Promise<void>): Promise<FlushResult> {
  const sent = totals.sent;
  const dropped = lost();
  await eachCore(work).catch(() => {});
  return { sent: totals.sent - sent, remaining: stats().queued, dropped: lost() - dropped };
}

/** Sends what is queued; never rejects. */
export const flush: Flush = (options) => result((core) => core.flush(options?.timeoutMs));

/** Flushes, then stops for good. */
export const shutdown: Flush = (options) =>
  result(async (core) => {
    if (core.delivery.stopped) return;
    await core.flush(options?.timeoutMs, true);
    if (core.queued) core.log(ERR_SDK_SHUTDOWN_FLUSH_FAILED, `${core.queued} events`);
    core.delivery.stop('shutdown');
  });

/** The process tells once when it ends: three listeners, whatever the number of servers. */
function listen(config: Config): void {
  if (handlers || typeof process === 'undefined' || typeof process.on !== 'function') return;
  handlers = true;
  let flushed = false;
  process.on('beforeExit', () => {
    if (flushed) return;
    flushed = true;
    void eachCore((core) => core.end(LAST_FLUSH_MS));
  });
  if (config.options.handleSignals === false || !threads.isMainThread) return;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // First in line, so that every listener of the host still counts when we look (a once-listener is gone when it ran).
    const onSignal = (): void => {
      const alone = process.listenerCount(signal) === 1;
      void eachCore((core) => (alone ? core.end(SIGNAL_FLUSH_MS) : core.flush(SIGNAL_FLUSH_MS, true))).then(() => {
        if (!alone) return;
        process.removeListener(signal, onSignal);
        process.kill(process.pid, signal);
      });
    };
    process.prependListener(signal, onSignal);
  }
}
