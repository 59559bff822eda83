// SPDX-License-Identifier: MIT
// The way of an event from what happened to delivery: its common fields, the identify option's answer, redaction, size, beforeSend.
import {
  ERR_SDK_EVENT_PAYLOAD_TOO_LARGE, ERR_SDK_EVENT_VALIDATION_FAILED, ERR_SDK_INTERNAL_ERROR, ERR_SDK_PII_STRIPPING_FAILED,
  ERR_SDK_SHUTDOWN_FLUSH_FAILED,
} from '../errors.js';
import { later, Recent } from '../common/engine.js';
import { redact } from '../common/pii.js';
import { cutBytes, fit } from '../common/snapshot.js';
import { attempt, byteLength, cut, isObj, type Obj } from '../common/util.js';
import type { Config } from '../server/config.js';
import type { Core, Scope } from '../server/core.js';
import type { YavioEvent } from '../types.js';
import { SDK_VERSION } from '../version.js';
import { Delivery } from './delivery.js';
import { TokenMint } from './mint.js';

const KEPT_MAX = 10_000;
const EVENT_BYTES_MAX = 48_000;

/** Most bytes of a payload field's JSON, below what ingest would replace by a marker. */
const CAPS: Record<string, number> = {
  input_values: 9_500, output_content: 9_500, metadata: 9_500, input_schema: 15_500,
  user_traits: 4_900, input_keys: 4_900, input_types: 4_900, intent_signals: 1_950,
};
const REDACTED = ['input_values', 'output_content', 'metadata', 'user_traits', 'intent_signals', 'error_message'];

/** Takes an event whose values are snapshots; the rest of its way runs after the host's answer. */
export const emit = (scope: Scope, type: string, fields: Obj, metadata?: Obj): void => scope.core.back!.emit(scope, type, fields, metadata);

/** What becomes of the events of one core. */
export class Back {
  readonly mint: TokenMint;
  readonly lastCalls = new Recent<{ tool: string; hash: number; failed: boolean; at: number }>(KEPT_MAX);
  /** When a tool with its schema was told, and when a listing of a session was. */
  readonly registered = new Recent<number>(KEPT_MAX);
  readonly listings = new Recent<number>(KEPT_MAX);
  readonly #core: Core;
  readonly #delivery: Delivery;
  #waiting: { event: Obj; config: Config }[] = [];
  readonly #held = new Set<Promise<void>>();
  #scheduled = false;

  constructor(core: Core) {
    this.#core = core;
    this.#delivery = new Delivery(core);
    this.mint = new TokenMint(core);
  }

  get queued(): number {
    return this.#delivery.queued + this.#waiting.length + this.#held.size;
  }

  emit({ config, sessionId, traceId, platform, ready }: Scope, type: string, fields: Obj, metadata?: Obj): void {
    const { at, user } = this.#core.moment;
    const event: Obj = {
      event_id: crypto.randomUUID(),
      event_type: type,
      trace_id: traceId,
      session_id: sessionId,
      timestamp: new Date(at).toISOString(),
      source: 'server',
      platform,
      sdk_version: SDK_VERSION,
      user_id: user,
      ...fields,
      metadata: metadata && Object.keys(metadata).length ? metadata : undefined,
    };
    if (!ready) return this.#enqueue(event, config);
    const held: Promise<void> = ready.then(() => {
      this.#held.delete(held);
      event.user_id ??= this.#core.user(sessionId)?.id;
      this.#enqueue(event, config);
    });
    this.#held.add(held);
  }

  #enqueue(event: Obj, config: Config): void {
    if (this.#core.stopped) return;
    this.#waiting.push({ event, config });
    if (this.#waiting.length > KEPT_MAX) {
      this.#waiting.shift();
      this.#core.totals.dropped.overflow++;
    }
    this.#schedule();
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
    const { log, totals: { dropped } } = this.#core;
    const { event, config } = next;
    const { beforeSend } = config.options;
    try {
      let json = this.#clean(event);
      if (beforeSend) {
        const out = attempt(() => beforeSend(JSON.parse(json) as YavioEvent));
        if (!isObj(out)) return void dropped.beforeSend++;
        if (!out.event_id || !out.event_type) {
          dropped.beforeSend++;
          return log(ERR_SDK_EVENT_VALIDATION_FAILED);
        }
        json = JSON.stringify(out);
      }
      const bytes = byteLength(json);
      if (bytes > EVENT_BYTES_MAX) {
        dropped.refused++;
        return log(ERR_SDK_EVENT_PAYLOAD_TOO_LARGE, String(event.event_type));
      }
      this.#delivery.add(json, bytes);
    } catch (error) {
      dropped.refused++;
      log(ERR_SDK_INTERNAL_ERROR, String(error));
    }
  }

  /** The event's JSON: redacted first, cut second. */
  #clean(event: Obj): string {
    for (const field of REDACTED) {
      try {
        event[field] = redact(event[field]);
      } catch {
        delete event[field];
        this.#core.log(ERR_SDK_PII_STRIPPING_FAILED, field);
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

  /** Resolves when everything that was told so far is sent, or delivery stopped or pauses. */
  async flush(last: boolean): Promise<void> {
    await new Promise<void>(later); // what a request that has just ended still tells
    await Promise.all(this.#held);
    while (this.#waiting.length) this.#finish();
    await this.#delivery.flush(last);
  }

  /** Gives up what waits. */
  stop(why: string): void {
    if (why === 'shutdown' && this.queued) this.#core.log(ERR_SDK_SHUTDOWN_FLUSH_FAILED, `${this.queued} events`);
    this.#waiting = [];
    this.#delivery.stop();
  }
}
