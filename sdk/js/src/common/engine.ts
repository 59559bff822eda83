// SPDX-License-Identifier: MIT
// Timers that keep nothing alive, and a map that forgets: for the server entry and the part behind it.

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
