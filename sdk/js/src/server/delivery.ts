// SPDX-License-Identifier: MIT
// Brings events to ingest: one queue for each endpoint and key of the process, one request at a time, nothing lost while it lives.
import {
  ERR_SDK_AUTH_REJECTED_PERMANENT, ERR_SDK_BATCH_REFUSED, ERR_SDK_BUFFER_OVERFLOW, ERR_SDK_EVENT_PAYLOAD_TOO_LARGE,
  ERR_SDK_FLUSH_FAILED_MAX_RETRIES, ERR_SDK_FLUSH_FAILED_RETRYING, ERR_SDK_FLUSH_RATE_LIMITED, ERR_SDK_INVALID_ENDPOINT_URL,
  ERR_SDK_PARTIAL_BATCH_REJECTION,
} from '../errors.js';
import { asObj, attempt, byteLength, retryAfter, retryDelay, type Obj } from '../common/util.js';
import type { TransportOptions, YavioStats } from '../types.js';
import { SDK_VERSION } from '../version.js';
import type { Log } from './log.js';
import { outside, unrefTimer } from './runtime.js';

const BATCH_BYTES_MAX = 400 * 1024;
const BUFFER_BYTES_MAX = 8 * 1024 * 1024;
const ANSWER_BYTES_MAX = 65_536;
const KEEPALIVE_BYTES_MAX = 60_000;
const PAUSE_MS = 30_000;
const PAUSE_MAX_MS = 300_000;

interface Answer { status: number; after: number | undefined; body: Obj }
/** done: acknowledged or refused for good · retry: the series goes on · pause: wait, then one probe · halve · stop. */
type Outcome = 'done' | 'retry' | 'pause' | 'halve' | 'stop';

const bounded = (value: unknown, fallback: number, least: number, most: number): number =>
  typeof value === 'number' && value >= least ? Math.min(value, most) : fallback;

/** At most a few KiB of an answer, whatever its length. */
async function readAnswer(response: Response): Promise<Obj> {
  const reader = response.body?.getReader();
  if (!reader) return {};
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < ANSWER_BYTES_MAX) {
    const { done, value } = await reader.read();
    if (done) return asObj(attempt(() => JSON.parse(text) as unknown));
    text += decoder.decode(value, { stream: true });
  }
  void reader.cancel().catch(() => {});
  return {};
}

export class Delivery {
  sent = 0;
  rejected = 0;
  readonly dropped: YavioStats['dropped'] = { overflow: 0, refused: 0, auth: 0, shutdown: 0, beforeSend: 0 };
  lastError: string | undefined;
  stopped = false;
  /** Events serialised, oldest first; the first inFlight of them are on the wire. */
  private queue: string[] = [];
  private bytes = 0;
  private inFlight = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private failures = 0;
  private pauses = 0;
  private halved = 0;
  private halvedLeft = 0;
  /** Cuts a wait short; one that ingest asked for only with now. */
  private wake: ((now?: boolean) => void) | undefined;
  private keepalive = false;
  private readonly interval: number;
  private readonly batchMax: number;
  private readonly bufferMax: number;
  private readonly retriesMax: number;
  private readonly timeout: number;

  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly options: TransportOptions,
    private readonly log: Log,
  ) {
    this.interval = bounded(options.flushIntervalMs, 10_000, 1, 2 ** 31 - 1);
    this.batchMax = bounded(options.maxBatchSize, 100, 1, 1_000);
    this.bufferMax = bounded(options.maxBufferSize, 10_000, 1, 1_000_000);
    this.retriesMax = bounded(options.maxRetries, 5, 0, 20);
    this.timeout = bounded(options.timeoutMs, 10_000, 1, 600_000);
  }

  get queued(): number {
    return this.queue.length;
  }

  /** Queues one serialised event; the oldest leave when the buffer is full. */
  add(event: string): void {
    if (this.stopped) return;
    this.queue.push(event);
    this.bytes += event.length;
    while (this.queue.length > this.inFlight + 1 && (this.queue.length > this.bufferMax || this.bytes > BUFFER_BYTES_MAX)) {
      this.bytes -= this.queue.splice(this.inFlight, 1)[0]!.length;
      this.dropped.overflow++;
      this.log(ERR_SDK_BUFFER_OVERFLOW, `${this.dropped.overflow} so far`);
    }
    if (this.running) return;
    if (this.queue.length >= this.batchMax) this.start();
    else this.timer ??= outside(() => unrefTimer(() => this.start(), this.interval));
  }

  /** Sends what is queued; resolves when nothing waits, when delivery stopped or pauses, or after ms. Never rejects. */
  async flush(ms: number, last = false): Promise<void> {
    if (!this.queue.length || this.stopped) return;
    this.keepalive ||= last;
    this.start();
    this.wake?.();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // This timer may keep the process: somebody waits for it.
    await Promise.race([this.running, new Promise<void>((done) => (timer = setTimeout(done, ms)))]);
    clearTimeout(timer);
    this.keepalive = false;
  }

  /** Stops for good; what waits is counted as dropped. */
  stop(why: 'auth' | 'shutdown'): void {
    this.dropped[why] += this.queue.length;
    this.stopped = true;
    this.queue = [];
    this.bytes = this.inFlight = 0;
    clearTimeout(this.timer);
    this.wake?.(true);
  }

  private start(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.stopped) return;
    this.running ??= outside(() => this.run()).then(
      () => this.ended(),
      (error: unknown) => {
        this.lastError = String(error);
        this.ended();
      },
    );
  }

  /** After the last request: events that came meanwhile get their timer, a pause its probe. */
  private ended(): void {
    this.running = undefined;
    if (this.stopped || !this.queue.length) return;
    const pause = this.pauses ? Math.min(PAUSE_MS * 2 ** (this.pauses - 1), PAUSE_MAX_MS) : this.interval;
    this.timer ??= outside(() => unrefTimer(() => this.start(), pause));
  }

  private async run(): Promise<void> {
    while (this.queue.length && !this.stopped) {
      const count = this.takeBatch();
      const answer = await this.post(this.queue.slice(0, count));
      if (this.stopped) return;
      const outcome = this.judge(answer, count);
      if (outcome === 'stop') return this.stop('auth');
      if (outcome === 'done' || outcome === 'halve') this.acknowledged(outcome, count);
      else this.inFlight = 0;
      if (outcome === 'pause' || (outcome === 'retry' && (this.pauses || this.failures >= this.retriesMax))) return this.pause(outcome);
      if (outcome === 'retry') {
        const delay = retryDelay(this.failures++);
        await this.wait(answer.after ?? delay, answer.after !== undefined);
      }
    }
  }

  /** How many events the next request takes: at most 100, 400 KiB, or half of what was too large. */
  private takeBatch(): number {
    const most = this.halvedLeft > 0 ? this.halved : this.batchMax;
    let count = 0;
    for (let bytes = 0; count < Math.min(most, this.queue.length); count++) {
      bytes += byteLength(this.queue[count]!) + 1;
      if (count && bytes > BATCH_BYTES_MAX) break;
    }
    return (this.inFlight = count);
  }

  private acknowledged(outcome: 'done' | 'halve', count: number): void {
    this.inFlight = 0;
    this.failures = this.pauses = 0;
    if (outcome === 'halve' && count > 1) {
      this.halved = Math.ceil(count / 2);
      this.halvedLeft = Math.max(this.halvedLeft, count);
      return;
    }
    this.halvedLeft -= count;
    for (const event of this.queue.splice(0, count)) this.bytes -= event.length;
  }

  private pause(outcome: Outcome): void {
    this.failures = 0;
    this.pauses++;
    if (outcome === 'retry') this.log(ERR_SDK_FLUSH_FAILED_MAX_RETRIES, `${this.queue.length} events wait; ${this.lastError}`);
  }

  private wait(ms: number, asked: boolean): Promise<void> {
    return new Promise<void>((done) => {
      const timer = unrefTimer(done, ms);
      this.wake = (now) => {
        if (asked && !now) return;
        clearTimeout(timer);
        done();
      };
    }).then(() => void (this.wake = undefined));
  }

  private async post(events: string[]): Promise<Answer> {
    const body = `{"events":[${events.join(',')}],"sdk_version":"${SDK_VERSION}","sent_at":"${new Date().toISOString()}"}`;
    const end = new AbortController();
    const timer = unrefTimer(() => end.abort(), this.timeout);
    try {
      const response = await (this.options.fetch ?? globalThis.fetch)(this.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
        body,
        redirect: 'manual',
        signal: end.signal,
        ...(this.keepalive && body.length < KEEPALIVE_BYTES_MAX && { keepalive: true }),
      });
      const status = response.type === 'opaqueredirect' ? 302 : response.status;
      const answer: Answer = { status, after: retryAfter(response.headers.get('retry-after')), body: {} };
      if (status === 200) void response.body?.cancel().catch(() => {});
      else answer.body = await readAnswer(response).catch(() => ({}));
      return answer;
    } catch (error) {
      const cause = (error as { cause?: { code?: unknown } } | undefined)?.cause?.code;
      this.lastError = end.signal.aborted ? 'timeout' : String(cause ?? error);
      return { status: 0, after: undefined, body: {} };
    } finally {
      clearTimeout(timer);
    }
  }

  private judge({ status, body }: Answer, count: number): Outcome {
    if (status === 200 || status === 207) {
      const rejected = status === 207 ? bounded(body.rejected, 0, 0, count) : 0;
      this.sent += count - rejected;
      this.rejected += rejected;
      if (rejected) this.log(ERR_SDK_PARTIAL_BATCH_REJECTION, `${rejected}: ${this.reasons(body)}`);
      return 'done';
    }
    if (status) this.lastError = `HTTP ${status}`;
    if (status === 401 || status === 403) {
      this.log(ERR_SDK_AUTH_REJECTED_PERMANENT);
      return 'stop';
    }
    if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
      this.log(ERR_SDK_INVALID_ENDPOINT_URL, `HTTP ${status}`);
      return 'pause';
    }
    if (status === 413) {
      if (count === 1) {
        this.dropped.refused++;
        this.log(ERR_SDK_EVENT_PAYLOAD_TOO_LARGE);
      }
      return 'halve';
    }
    if (status === 408 || status === 429 || status >= 500 || status < 200) {
      this.log(status === 429 ? ERR_SDK_FLUSH_RATE_LIMITED : ERR_SDK_FLUSH_FAILED_RETRYING, this.lastError);
      return 'retry';
    }
    this.dropped.refused += count;
    this.log(ERR_SDK_BATCH_REFUSED, `${count} events, HTTP ${status}: ${this.reasons(body)}`);
    return 'done';
  }

  /** The first three reasons: code, type of event and field, never a value. */
  private reasons(body: Obj): string {
    const errors = Array.isArray(body.errors) ? body.errors.slice(0, 3).map(asObj) : [];
    const named = errors.map(({ index, code, field }) => {
      const event = typeof index === 'number' ? this.queue[index] : undefined;
      const type = event && attempt(() => (JSON.parse(event) as Obj).event_type);
      return [code, type, field].filter((part) => typeof part === 'string').join(' ');
    });
    return named.join(', ') || String(asObj(body.error).code ?? 'no reason given');
  }
}
