// SPDX-License-Identifier: MIT
// What the engine gives or lacks: request context, hashes, the process; nothing is done on import.
import * as hooks from 'node:async_hooks';
import * as crypto from 'node:crypto';
import { uuid } from '../common/util.js';

const Storage = hooks.AsyncLocalStorage as typeof hooks.AsyncLocalStorage | undefined;

/** A store that each inbound request runs in; undefined where the engine has none. */
export const makeStorage = <T>(): hooks.AsyncLocalStorage<T> | undefined => (Storage ? new Storage<T>() : undefined);

/** Runs fn outside every request: what the SDK sends is no part of the host's traces. */
export const outside: <T>(fn: () => T) => T = Storage?.snapshot ? Storage.snapshot() : (fn) => fn();

export const sha256 = (text: string): string => crypto.createHash('sha256').update(text).digest('base64url');

/** The session id of a key: every instance that sees the same key agrees. */
export const sessionIdOf = (key: string): string => `ses_${sha256(key).slice(0, 21)}`;

/** A trace id: 120 of its 126 bits are random, from the pool that event ids come from. */
export const newTraceId = (): string => `tr_${Buffer.from(uuid().replace(/-/g, ''), 'hex').toString('base64url').slice(0, 21)}`;

/** Runs fn in a later macrotask. */
export const later: (fn: () => void) => void =
  typeof setImmediate === 'function' ? (fn) => void setImmediate(fn) : (fn) => void setTimeout(fn, 0);

/** A timer that keeps nothing alive. */
export function unrefTimer(fn: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(fn, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

/** A map that forgets its oldest entries. */
export class Recent<V> extends Map<string, V> {
  readonly #max: number;

  constructor(max: number) {
    super();
    this.#max = max;
  }

  override set(key: string, value: V): this {
    super.delete(key);
    super.set(key, value);
    if (this.size > this.#max) super.delete(super.keys().next().value as string);
    return this;
  }
}
