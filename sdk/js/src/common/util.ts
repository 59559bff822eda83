// SPDX-License-Identifier: MIT
// Small helpers for values nobody can trust.

export type Obj = Record<string, unknown>;

export const isObj = (value: unknown): value is Obj =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value as an object, else an empty one. */
export const asObj = (value: unknown): Obj => (isObj(value) ? value : {});

/** A string that is not empty, else undefined. */
export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** What fn gives, or undefined when it throws. */
export function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn();
  } catch {
    return undefined;
  }
}

/** At most max UTF-16 units of text, never half a surrogate pair. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? max - 1 : max);
}

/** Bytes of text in UTF-8, lone surrogates as U+FFFD. */
export const byteLength = (text: string): number =>
  typeof Buffer === 'function' ? Buffer.byteLength(text) : new TextEncoder().encode(text).length;

/** The event id: a UUID v4, also where crypto.randomUUID is missing (insecure pages, old engines). */
export function uuid(): string {
  const source = globalThis.crypto;
  if (source?.randomUUID) return source.randomUUID();
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (globalThis.crypto?.getRandomValues) return globalThis.crypto.getRandomValues(bytes);
  return bytes.map(() => Math.random() * 256);
}

/** Waits of one series of retries, in ms, each times a random 0.5 to 1.5. */
export const retryDelay = (attemptNumber: number): number => 1000 * 2 ** attemptNumber * (0.5 + Math.random());

/** Retry-After as ms: seconds or a date, at most 300 s; undefined for anything else. */
export function retryAfter(value: string | null | undefined): number | undefined {
  if (!value) return undefined;
  const text = value.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : /[a-z]/i.test(text) ? Date.parse(text) - Date.now() : NaN;
  return wait >= 0 ? Math.min(wait, 300_000) : undefined;
}
