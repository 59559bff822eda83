// SPDX-License-Identifier: MIT
// Small helpers for values nobody can trust, and what both entries say to ingest.
import { SDK_VERSION } from '../version.js';

export type Obj = Record<string, unknown>;

export const isObj = (value: unknown): value is Obj =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value as an object, else an empty one. */
export const asObj = (value: unknown): Obj => (isObj(value) ? value : {});

/** A string that is not empty, else undefined. */
export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The text that an object of unknown shape has under this key. */
export const textAt = (object: unknown, key: string): string | undefined => asText(asObj(object)[key]);

/** A list of objects of unknown shape: always a list, always of objects. */
export const listOf = (value: unknown): Obj[] => (Array.isArray(value) ? value.map(asObj) : []);

/** What fn gives, or undefined when it throws, which is told to failed. */
export function attempt<T>(fn: () => T, failed?: (error: unknown) => void): T | undefined {
  try {
    return fn();
  } catch (error) {
    failed?.(error);
    return undefined;
  }
}

/** At most max UTF-16 units of text, never half a surrogate pair. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? max - 1 : max);
}

/** At most max units of a text that there may be. */
export const short = (text: string | undefined, max: number): string | undefined => text && cut(text, max);

/** Bytes of text in UTF-8, lone surrogates as U+FFFD. */
export const byteLength = (text: string): number =>
  typeof Buffer === 'function' ? Buffer.byteLength(text) : new TextEncoder().encode(text).length;

/** The event id: a UUID v4, also where crypto.randomUUID is missing (insecure pages, old engines). */
export function uuid(): string {
  const source = globalThis.crypto;
  return source?.randomUUID?.() ?? '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) => {
    const random = source?.getRandomValues?.(new Uint8Array(1))[0] ?? Math.random() * 256;
    return (+digit ^ (random & (15 >> (+digit / 4)))).toString(16);
  });
}

/** Waits of one series of retries, in ms, each times a random 0.5 to 1.5. */
export const retryDelay = (attemptNumber: number): number => 1000 * 2 ** attemptNumber * (0.5 + Math.random());

/** The Retry-After of an answer as ms: seconds or a date, at most 300 s; undefined for anything else. */
export function retryAfter({ headers }: Response): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : /[a-z]/i.test(text) ? Date.parse(text) - Date.now() : -1;
  return wait >= 0 ? Math.min(wait, 300_000) : undefined;
}

/** A POST of JSON with a bearer token that gives up after so many ms. */
export const post = (send: typeof globalThis.fetch | undefined, url: string, token: string, body: string, ms: number, more?: RequestInit): Promise<Response> =>
  (send ?? globalThis.fetch)(url, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout?.(ms),
    ...more,
  });

/** The body of a batch. */
export const batchOf = (events: string[]): string =>
  `{"events":[${events.join()}],"sdk_version":"${SDK_VERSION}","sent_at":"${new Date().toISOString()}"}`;
