// SPDX-License-Identifier: MIT
// Brings events to ingest: one queue for each endpoint and key of the process, one request at a time, nothing lost while it lives.
import {
  ERR_SDK_AUTH_REJECTED_PERMANENT, ERR_SDK_BATCH_REFUSED, ERR_SDK_BUFFER_OVERFLOW, ERR_SDK_EVENT_PAYLOAD_TOO_LARGE,
  ERR_SDK_FLUSH_FAILED_MAX_RETRIES, ERR_SDK_FLUSH_FAILED_RETRYING, ERR_SDK_FLUSH_RATE_LIMITED, ERR_SDK_INVALID_ENDPOINT_URL,
  ERR_SDK_PARTIAL_BATCH_REJECTION,
} from '../errors.js';
import { unrefTimer } from '../common/engine.js';
import { asObj, attempt, batchOf, listOf, post, retryAfter, retryDelay, type Obj } from '../common/util.js';
import type { Config } from '../server/config.js';
import type { Core } from '../server/core.js';

const BATCH_BYTES_MAX = 400 * 1024;
const BUFFER_BYTES_MAX = 8 * 1024 * 1024;
const ANSWER_BYTES_MAX = 65_536;
const KEEPALIVE_BYTES_MAX = 60_000;
const PAUSE_MS = 30_000;
const PAUSE_MAX_MS = 300_000;

/** done: acknowledged or refused for good · retry: the series goes on · pause: wait, then one probe · halve · stop. */
type Outcome = 'done' | 'retry' | 'pause' | 'halve' | 'stop';

const bounded = (value: unknown, fallback: number, least: number, most: number): number =>
  typeof value === 'number' && value >= least ? Math.min(value, most) : fallback;

/** At most a few KiB of an answer, whatever its length; an object, whatever it is. */
async function readAnswer({ body }: Response): Promise<Obj> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    if (text.length > ANSWER_BYTES_MAX) break;
  }
  return asObj(attempt(() => JSON.parse(text) as unknown));
}

export class Delivery {
  /** Events serialised, with their bytes, oldest first; the first inFlight of them are on the wire. */
  #queue: [json: string, bytes: number][] = [];
  #bytes = 0;
  #inFlight = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #pauses = 0;
  /** Events of the next request: halved by a 413, doubled by a success. */
  #most: number;
  /** Cuts a wait short; one that ingest asked for only with now. */
  #wake: ((now?: boolean) => void) | undefined;
  #keepalive = false;
  readonly #batchMax: number;
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
    this.#most = this.#batchMax = bounded(this.#set.maxBatchSize, 100, 1, 1_000);
  }

  get #set(): NonNullable<Config['options']['transport']> {
    return this.#core.config.options.transport ?? {};
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Queues one serialised event of so many bytes; the oldest leave when the buffer is full. */
  add(json: string, bytes: number): void {
    const queue = this.#queue;
    const inFlight = this.#inFlight;
    queue.push([json, bytes]);
    this.#bytes += bytes;
    while (queue.length > inFlight + 1 && (queue.length > bounded(this.#set.maxBufferSize, 10_000, 1, 1_000_000) || this.#bytes > BUFFER_BYTES_MAX)) {
      this.#bytes -= queue.splice(inFlight, 1)[0]![1];
      this.#core.log(ERR_SDK_BUFFER_OVERFLOW, `${++this.#core.totals.dropped.overflow} so far`);
    }
    if (queue.length >= this.#batchMax && !this.#running && !this.#pauses) this.#start();
    else this.#arm();
  }

  /** Sends what is queued; resolves when nothing waits, or when delivery stopped or pauses. Never rejects. */
  async flush(last: boolean): Promise<void> {
    if (!this.#queue.length) return;
    this.#keepalive ||= last;
    this.#start();
    this.#wake?.();
    await this.#running;
    this.#keepalive = false;
  }

  /** Gives up what waits. */
  stop(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
    this.#wake?.(true);
  }

  /** The timer of what waits: the interval, or the pause before a probe. */
  #arm(): void {
    if (this.#running || !this.#queue.length) return;
    const ms = this.#pauses ? Math.min(PAUSE_MS * 2 ** (this.#pauses - 1), PAUSE_MAX_MS) : bounded(this.#set.flushIntervalMs, 10_000, 1, 2 ** 31 - 1);
    this.#timer ??= this.#core.outside(() => unrefTimer(() => this.#start(), ms));
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#core.outside(() => this.#run()).catch((error: unknown) => void (this.#core.totals.lastError = String(error))).then(() => {
      this.#running = undefined;
      this.#arm();
    });
  }

  async #run(): Promise<void> {
    const core = this.#core;
    while (this.#queue.length) {
      const count = this.#takeBatch();
      const [outcome, after] = await this.#send(count);
      this.#inFlight = 0;
      if (core.stopped) return;
      if (outcome === 'stop') return core.stop('auth');
      if (outcome === 'halve') {
        this.#most = Math.ceil(count / 2);
      } else if (outcome === 'done') {
        this.#failures = this.#pauses = 0;
        this.#most = Math.min(this.#most * 2, this.#batchMax);
        for (const [, bytes] of this.#queue.splice(0, count)) this.#bytes -= bytes;
      } else if (outcome === 'pause' || this.#pauses || this.#failures >= bounded(this.#set.maxRetries, 5, 0, 20)) {
        this.#failures = 0;
        this.#pauses++;
        if (outcome === 'retry') core.log(ERR_SDK_FLUSH_FAILED_MAX_RETRIES, `${this.#queue.length} events wait; ${core.totals.lastError}`);
        return;
      } else {
        await this.#wait(retryDelay(this.#failures++), after);
      }
    }
  }

  /** How many events the next request takes: at most 100, 400 KiB, or half of what was too large. */
  #takeBatch(): number {
    let count = 0;
    for (let bytes = 0; count < this.#most && count < this.#queue.length; count++) {
      bytes += this.#queue[count]![1] + 1;
      if (count && bytes > BATCH_BYTES_MAX) break;
    }
    return (this.#inFlight = count);
  }

  #wait(ms: number, asked: number | undefined): Promise<void> {
    return new Promise<void>((done) => {
      const timer = unrefTimer(done, asked ?? ms);
      this.#wake = (now) => {
        if (asked !== undefined && !now) return;
        clearTimeout(timer);
        done();
      };
    }).then(() => void (this.#wake = undefined));
  }

  /** Posts a batch; what came of it, and the wait that ingest asks for. */
  async #send(count: number): Promise<[Outcome, (number | undefined)?]> {
    const { config: { key, url }, totals, log } = this.#core;
    const body = batchOf(this.#queue.slice(0, count).map(([json]) => json));
    try {
      const response = await post(this.#set.fetch, url, key, body, bounded(this.#set.timeoutMs, 10_000, 1, 600_000), {
        redirect: 'manual',
        keepalive: this.#keepalive && body.length < KEEPALIVE_BYTES_MAX,
      });
      // An opaque redirect has the status 0.
      const status = response.status || 302;
      const answer = status === 200 ? void response.body?.cancel().catch(() => {}) : await readAnswer(response).catch(() => {});
      return [this.#judge(status, answer ?? {}, count), retryAfter(response)];
    } catch (error) {
      const { name, cause } = asObj(error);
      totals.lastError = name === 'TimeoutError' ? 'timeout' : String(asObj(cause).code ?? cause ?? error);
      log(ERR_SDK_FLUSH_FAILED_RETRYING, totals.lastError);
      return ['retry'];
    }
  }

  #judge(status: number, body: Obj, count: number): Outcome {
    const { log, totals } = this.#core;
    if (status === 200 || status === 207) {
      const rejected = bounded(body.rejected, 0, 0, count);
      totals.sent += count - rejected;
      totals.rejected += rejected;
      if (rejected) log(ERR_SDK_PARTIAL_BATCH_REJECTION, `${rejected}: ${this.#reasons(body)}`);
      return 'done';
    }
    const said = (totals.lastError = `HTTP ${status}`);
    if (status === 401 || status === 403) {
      log(ERR_SDK_AUTH_REJECTED_PERMANENT);
      return 'stop';
    }
    if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
      log(ERR_SDK_INVALID_ENDPOINT_URL, said);
      return 'pause';
    }
    if (status === 408 || status === 429 || status >= 500 || status < 200) {
      log(status === 429 ? ERR_SDK_FLUSH_RATE_LIMITED : ERR_SDK_FLUSH_FAILED_RETRYING, said);
      return 'retry';
    }
    if (status === 413 && count > 1) return 'halve';
    totals.dropped.refused += count;
    log(status === 413 ? ERR_SDK_EVENT_PAYLOAD_TOO_LARGE : ERR_SDK_BATCH_REFUSED, `${count} events, ${said}: ${this.#reasons(body)}`);
    return 'done';
  }

  /** The first three reasons: code, type of event and field, never a value. */
  #reasons(body: Obj): string {
    const named = listOf(body.errors).slice(0, 3).map(({ index, code, field }) => {
      const type = attempt(() => (JSON.parse(this.#queue[index as number]![0]) as Obj).event_type);
      return [code, type, field].filter((part) => typeof part === 'string').join(' ');
    });
    return named.join(', ') || String(asObj(body.error).code ?? 'no reason given');
  }
}
