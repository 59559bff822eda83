// SPDX-License-Identifier: MIT
// Widget tokens: one a trace, cached until shortly before they expire, behind a breaker so that a broken ingest costs nothing.
import { ERR_SDK_WIDGET_TOKEN_MINTING_FAILED } from '../errors.js';
import { Recent } from '../common/engine.js';
import { post, retryAfter, textAt } from '../common/util.js';
import type { Core } from '../server/core.js';
import type { Call } from '../server/request.js';
import type { WidgetConfig } from '../widget-types.js';

const TOKENS_MAX = 1_000;
const EXPIRY_MARGIN_MS = 30_000;
const TIMEOUT_MS = 5_000;
const FAILURES_MAX = 3;
const BREAK_MS = 60_000;
const BREAK_REFUSED_MS = 300_000;

interface Token { token: string; expiresAt: string }

export class TokenMint {
  readonly #cache = new Recent<{ until: number; token: Promise<Token | undefined> }>(TOKENS_MAX);
  #failures = 0;
  #closedUntil = 0;
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The widget's configuration for the trace of a call; undefined when ingest gives no token. Never rejects. */
  async get(call: Call): Promise<WidgetConfig | undefined> {
    const { traceId, sessionId } = call;
    const given = await this.#token(traceId, sessionId);
    return given && { token: given.token, endpoint: this.#core.config.url, traceId, sessionId, stepSequence: call.step, expiresAt: given.expiresAt };
  }

  /** The token of a trace. */
  async #token(traceId: string, sessionId: string): Promise<Token | undefined> {
    const now = Date.now();
    const known = this.#cache.get(traceId);
    if (known && known.until > now) return known.token;
    if (this.#closedUntil > now) return undefined;
    const entry = { until: Infinity, token: this.#core.outside(() => this.#ask(traceId, sessionId)) };
    this.#cache.set(traceId, entry);
    const token = await entry.token;
    entry.until = token ? Date.parse(token.expiresAt) - EXPIRY_MARGIN_MS : Date.now() + BREAK_MS; // a trace asks once
    return token;
  }

  async #ask(traceId: string, sessionId: string): Promise<Token | undefined> {
    const { key, url, options } = this.#core.config;
    let why: unknown;
    try {
      const response = await post(options.transport?.fetch, url.replace(/events(\?|$)/, 'widget-tokens$1'), key, JSON.stringify({ traceId, sessionId }), TIMEOUT_MS, { redirect: 'manual' });
      const { status } = response;
      const body: unknown = status === 200 && (await response.json());
      const token = textAt(body, 'token');
      const expiresAt = textAt(body, 'expiresAt');
      if (token && expiresAt && Date.parse(expiresAt) > 0) {
        this.#failures = 0;
        return { token, expiresAt };
      }
      if (status === 401 || status === 403) this.#close(BREAK_REFUSED_MS);
      if (status === 429) this.#close(retryAfter(response) ?? BREAK_MS);
      why = `HTTP ${status}`;
    } catch (error) {
      why = error;
    }
    this.#core.log(ERR_SDK_WIDGET_TOKEN_MINTING_FAILED, String(why));
    if (++this.#failures >= FAILURES_MAX) {
      this.#failures = 0;
      this.#close(BREAK_MS);
    }
    return undefined;
  }

  #close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, Date.now() + ms);
  }
}
