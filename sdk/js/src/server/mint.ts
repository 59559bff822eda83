// SPDX-License-Identifier: MIT
// Widget tokens: one a trace, cached until shortly before they expire, behind a breaker so that a broken ingest costs nothing.
import { ERR_SDK_WIDGET_TOKEN_MINTING_FAILED } from '../errors.js';
import { asObj, asText, retryAfter, type Obj } from '../common/util.js';
import type { Config } from './config.js';
import type { Log } from './log.js';
import { outside, Recent, unrefTimer } from './runtime.js';

const TOKENS_MAX = 1_000;
const EXPIRY_MARGIN_MS = 30_000;
const TIMEOUT_MS = 5_000;
const FAILURES_MAX = 3;
const BREAK_MS = 60_000;
const BREAK_REFUSED_MS = 300_000;

export interface Token { token: string; expiresAt: string }

export class TokenMint {
  private readonly cache = new Recent<{ until: number; token: Promise<Token | undefined> }>(TOKENS_MAX);
  private failures = 0;
  private closedUntil = 0;

  constructor(private readonly config: Config, private readonly log: Log) {}

  /** The token of a trace; undefined when ingest gives none. Never rejects. */
  get(traceId: string, sessionId: string): Promise<Token | undefined> {
    const known = this.cache.get(traceId);
    if (known && known.until > Date.now()) return known.token;
    if (this.closedUntil > Date.now()) return Promise.resolve(undefined);
    const entry = { until: Infinity, token: Promise.resolve<Token | undefined>(undefined) };
    entry.token = outside(() => this.ask(traceId, sessionId)).then((token) => {
      entry.until = token ? Date.parse(token.expiresAt) - EXPIRY_MARGIN_MS : Date.now() + BREAK_MS; // a trace asks once
      return token;
    });
    this.cache.set(traceId, entry);
    return entry.token;
  }

  private async ask(traceId: string, sessionId: string): Promise<Token | undefined> {
    const end = new AbortController();
    const timer = unrefTimer(() => end.abort(), TIMEOUT_MS);
    try {
      const response = await (this.config.options.transport?.fetch ?? globalThis.fetch)(this.config.url.replace(/events(\?|$)/, 'widget-tokens$1'), {
        method: 'POST',
        headers: { authorization: `Bearer ${this.config.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ traceId, sessionId }),
        redirect: 'manual',
        signal: end.signal,
      });
      const body: Obj = response.status === 200 ? asObj(await response.json()) : {};
      const token = asText(body.token);
      const expiresAt = asText(body.expiresAt);
      if (token && expiresAt && Date.parse(expiresAt) > 0) {
        this.failures = 0;
        return { token, expiresAt };
      }
      if (response.status === 401 || response.status === 403) this.close(BREAK_REFUSED_MS);
      else if (response.status === 429) this.close(retryAfter(response.headers.get('retry-after')) ?? BREAK_MS);
      this.failed(`HTTP ${response.status}`);
    } catch (error) {
      this.failed(end.signal.aborted ? 'timeout' : String(error));
    } finally {
      clearTimeout(timer);
    }
    return undefined;
  }

  /** A token that came too late counts as a failure, too. */
  failed(why: string): void {
    this.log(ERR_SDK_WIDGET_TOKEN_MINTING_FAILED, why);
    if (++this.failures < FAILURES_MAX) return;
    this.failures = 0;
    this.close(BREAK_MS);
  }

  private close(ms: number): void {
    this.closedUntil = Math.max(this.closedUntil, Date.now() + ms);
  }
}
