// SPDX-License-Identifier: MIT
// Brings a widget's events to ingest: retried until acknowledged, and by beacon when the page goes.
import { ERR_SDK_BEACON_DELIVERY_FAILED, ERR_SDK_WIDGET_JWT_EXPIRED, ERR_SDK_WIDGET_TRACE_ID_MISMATCH } from '../errors.js';
import { asObj, attempt, batchOf, byteLength, post, retryAfter, retryDelay, textAt } from '../common/util.js';
import type { WidgetConfig } from '../widget-types.js';

const FLUSH_MS = 5_000;
const FLUSH_AT = 20;
const BUFFER_MAX = 200;
const CHUNK_BYTES_MAX = 60_000;
const RETRIES_MAX = 3;
const TIMEOUT_MS = 10_000;
const PAUSE_MS = 30_000;

/** One serialised event and the token of its trace. */
interface Item { json: string; config: WidgetConfig }

const bodyOf = (items: Item[]): string => batchOf(items.map(({ json }) => json));

export class Sender {
  dropped = 0;
  #queue: Item[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #most = Infinity;
  /** Tokens that ingest refused. */
  readonly #refused = new Set<string>();

  readonly #log: (error: string) => void;

  constructor(log: (error: string) => void) {
    this.#log = log;
  }

  add(json: string, config: WidgetConfig): void {
    this.#queue.push({ json, config });
    if (this.#queue.length > BUFFER_MAX) {
      this.#queue.shift();
      this.dropped++;
    }
    if (this.#queue.length >= FLUSH_AT && !this.#failures) void this.flush();
    else this.#arm(FLUSH_MS);
  }

  /** A new token: events of its trace that were held go with it, those of other refused tokens never can. */
  renew(config: WidgetConfig): void {
    for (const item of this.#queue) if (item.config.traceId === config.traceId) item.config = config;
    this.#queue = this.#queue.filter(({ config: { token } }) => !this.#refused.has(token));
    if (this.#queue.length) this.#arm(0);
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return (this.#running ??= this.#run().finally(() => (this.#running = undefined)));
  }

  #arm(ms: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), ms);
  }

  /** Nothing goes with this token any more. */
  #refuse(token: string): void {
    if (!this.#refused.has(token)) this.#log(ERR_SDK_WIDGET_JWT_EXPIRED);
    this.#refused.add(token);
  }

  /** The longest chunk of one token that may go now. */
  #chunk(from: Item[], most = Infinity): Item[] {
    const first = from.find(({ config: { token, expiresAt } }) => {
      if (Date.parse(expiresAt ?? '') <= Date.now()) this.#refuse(token);
      return !this.#refused.has(token);
    });
    let bytes = 100;
    const same = from.filter(({ config }) => config.token === first?.config.token);
    return same.slice(0, most).filter(({ json }, i) => (bytes += byteLength(json) + 1) <= CHUNK_BYTES_MAX || !i);
  }

  #remove(items: Item[]): void {
    this.#queue = this.#queue.filter((item) => !items.includes(item));
  }

  async #run(): Promise<void> {
    for (let items; (items = this.#chunk(this.#queue, this.#most)).length; ) {
      const wait = await this.#post(items).catch(() => retryDelay(this.#failures));
      if (wait === undefined) continue;
      if (++this.#failures <= RETRIES_MAX) return this.#arm(wait);
      this.#failures = 0;
      return this.#arm(PAUSE_MS);
    }
  }

  /** Sends one chunk; the wait before the next try, undefined when this one is settled. */
  async #post(items: Item[]): Promise<number | undefined> {
    const { endpoint, token } = items[0]!.config;
    const response = await post(undefined, endpoint, token, bodyOf(items), TIMEOUT_MS, { credentials: 'omit' });
    const { status } = response;
    const code = status < 400 ? '' : textAt(asObj(await response.json().catch(() => null)).error, 'code');
    if (status === 401 || status === 403) return this.#refuse(token) as undefined;
    if (status === 413 && items.length > 1) {
      this.#most = items.length >> 1;
      return undefined;
    }
    if (status >= 500 || status === 408 || (status === 429 && code !== 'YAVIO-2053')) return retryAfter(response) ?? retryDelay(this.#failures);
    if (status >= 300) this.dropped += items.length;
    if (code === 'YAVIO-2112') this.#log(ERR_SDK_WIDGET_TRACE_ID_MISMATCH);
    this.#failures = 0;
    this.#most = Infinity;
    this.#remove(items);
    return undefined;
  }

  /** The page goes: everything that nobody acknowledged, now. What is refused stays queued. */
  leave(): void {
    let rest = this.#queue;
    for (let items: Item[]; (items = this.#chunk(rest)).length; ) {
      const sent = items;
      rest = rest.filter((item) => !sent.includes(item));
      const { endpoint, token } = sent[0]!.config;
      const url = `${endpoint}?token=${encodeURIComponent(token)}`;
      const body = bodyOf(sent);
      if (attempt(() => navigator.sendBeacon(url, body))) this.#remove(sent);
      else {
        const answered = ({ ok }: { ok?: boolean }): void => (ok ? this.#remove(sent) : this.#log(ERR_SDK_BEACON_DELIVERY_FAILED));
        attempt(() => fetch(url, { method: 'POST', body, keepalive: true, credentials: 'omit' }).then(answered, answered));
      }
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.leave();
  }
}
