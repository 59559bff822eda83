// SPDX-License-Identifier: MIT
// What the engine gives or lacks: request context, hashes, timers; nothing is done on import.
import * as hooks from 'node:async_hooks';
import * as crypto from 'node:crypto';

const Storage = hooks.AsyncLocalStorage as typeof hooks.AsyncLocalStorage | undefined;

/** A store that each inbound request runs in; undefined where the engine has none. */
export const makeStorage = <T>(): hooks.AsyncLocalStorage<T> | undefined => (Storage ? new Storage<T>() : undefined);

/** Runs fn outside every request: what the SDK sends is no part of the host's traces. */
export const outside: <T>(fn: () => T) => T = Storage?.snapshot ? Storage.snapshot() : (fn) => fn();

export const sha256 = (text: string): string => crypto.createHash('sha256').update(text).digest('base64url');

/** 126 bits of the hash of a text. */
const idOf = (text: string): string => sha256(text).slice(0, 21);

/** The session id of a key: every instance that sees the same key agrees. */
export const sessionIdOf = (key: string): string => `ses_${idOf(key)}`;

/** A trace id nobody else has. */
export const newTraceId = (): string => `tr_${idOf(crypto.randomUUID())}`;

/** What work gives within ms, else undefined; never rejects. The timer may keep the process, for somebody waits for it. */
export function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((done) => (timer = setTimeout(done, ms, undefined)));
  return Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
