// SPDX-License-Identifier: MIT
// Brings a widget's events to ingest: retried until acknowledged, and by beacon when the page goes.
import { ERR_SDK_BEACON_DELIVERY_FAILED, ERR_SDK_WIDGET_JWT_EXPIRED, ERR_SDK_WIDGET_TRACE_ID_MISMATCH } from '../errors.js';
import { asObj, attempt, byteLength, retryAfter, retryDelay } from '../common/util.js';
import { SDK_VERSION } from '../version.js';
import type { WidgetConfig } from '../widget-types.js';

const FLUSH_MS = 5_000;
const FLUSH_AT = 20;
const BUFFER_MAX = 200;
const CHUNK_BYTES_MAX = 60_000;
const RETRIES_MAX = 3;
const TIMEOUT_MS = 10_000;

/** One serialised event and the token of its trace. */
interface Item { json: string; config: WidgetConfig }

const bodyOf = (items: Item[]): string =>
  `{"events":[${items.map(({ json }) => json).join()}],"sdk_version":"${SDK_VERSION}","sent_at":"${new Date().toISOString()}"}`;

export class Sender {
  dropped = 0;
  private queue: Item[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private failures = 0;
  private most = Infinity;
  /** Tokens that ingest refused. */
  private readonly refused = new Set<string>();

  constructor(private readonly log: (error: string) => void) {}

  add(json: string, config: WidgetConfig): void {
    this.queue.push({ json, config });
    if (this.queue.length > BUFFER_MAX) {
      this.queue.shift();
      this.dropped++;
    }
    if (this.queue.length >= FLUSH_AT && !this.failures) void this.flush();
    else this.arm(FLUSH_MS);
  }

  /** A new token: events of its trace that were held go with it, those of other refused tokens never can. */
  renew(config: WidgetConfig): void {
    for (const item of this.queue) if (item.config.traceId === config.traceId) item.config = config;
    this.queue = this.queue.filter(({ config: { token } }) => !this.refused.has(token));
    if (this.queue.length) this.arm(0);
  }

  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return (this.running ??= this.run().finally(() => (this.running = undefined)));
  }

  private arm(ms: number): void {
    this.timer ??= setTimeout(() => void this.flush(), ms);
  }

  private live({ token, expiresAt }: WidgetConfig): boolean {
    if (Date.parse(expiresAt ?? '') <= Date.now()) {
      if (!this.refused.has(token)) this.log(ERR_SDK_WIDGET_JWT_EXPIRED);
      this.refused.add(token);
    }
    return !this.refused.has(token);
  }

  /** The longest chunk of one token that may go now. */
  private chunk(from: Item[], most = Infinity): Item[] {
    const first = from.find(({ config }) => this.live(config));
    const chunk: Item[] = [];
    let bytes = 100;
    for (const item of from) {
      if (item.config.token !== first?.config.token) continue;
      bytes += byteLength(item.json) + 1;
      if (chunk.length && (bytes > CHUNK_BYTES_MAX || chunk.length >= most)) break;
      chunk.push(item);
    }
    return chunk;
  }

  private remove(items: Item[]): void {
    this.queue = this.queue.filter((item) => !items.includes(item));
  }

  private async run(): Promise<void> {
    for (let items; (items = this.chunk(this.queue, this.most)).length; ) {
      const wait = await this.post(items);
      if (wait === undefined) continue;
      if (++this.failures > RETRIES_MAX) {
        this.failures = 0;
        return this.arm(30_000);
      }
      return this.arm(wait);
    }
  }

  /** Sends one chunk; the wait before the next try, undefined when this one is settled. */
  private async post(items: Item[]): Promise<number | undefined> {
    const { endpoint, token } = items[0]!.config;
    const retry = retryDelay(this.failures);
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(endpoint, {
        method: 'POST', body: bodyOf(items), signal: end.signal, credentials: 'omit',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      const { status } = response;
      const code = status >= 400 ? asObj(asObj(await response.json().catch(() => null)).error).code : undefined;
      if (status === 401 || status === 403) {
        if (!this.refused.has(token)) this.log(ERR_SDK_WIDGET_JWT_EXPIRED);
        this.refused.add(token);
        return undefined;
      }
      if (status === 413 && items.length > 1) {
        this.most = items.length >> 1;
        return undefined;
      }
      if (status >= 500 || status === 408 || (status === 429 && code !== 'YAVIO-2053')) return retryAfter(response.headers.get('retry-after')) ?? retry;
      if (status >= 300) {
        this.dropped += items.length;
        if (code === 'YAVIO-2112') this.log(ERR_SDK_WIDGET_TRACE_ID_MISMATCH);
      }
    } catch {
      return retry;
    } finally {
      clearTimeout(timer);
    }
    this.failures = 0;
    this.most = Infinity;
    this.remove(items);
    return undefined;
  }

  /** The page goes: everything that nobody acknowledged, now. What is refused stays queued. */
  leave(): void {
    let rest = this.queue;
    for (let items; (items = this.chunk(rest)).length; ) {
      const sent = items;
      rest = rest.filter((item) => !sent.includes(item));
      const { endpoint, token } = sent[0]!.config;
      const url = `${endpoint}?token=${encodeURIComponent(token)}`;
      const body = bodyOf(sent);
      if (attempt(() => navigator.sendBeacon(url, body))) this.remove(sent);
      else {
        const failed = (): void => this.log(ERR_SDK_BEACON_DELIVERY_FAILED);
        attempt(() => fetch(url, { method: 'POST', body, keepalive: true, credentials: 'omit', headers: { 'content-type': 'text/plain' } }).then((answer) => (answer.ok ? this.remove(sent) : failed()), failed));
      }
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.leave();
  }
}
