// SPDX-License-Identifier: MIT
// identify, step, track and conversion: for the request that runs now, or for one that was kept with detach().
import {
  ERR_SDK_CONTEXT_INJECTION_UNAVAILABLE, ERR_SDK_CONVERSION_MISSING_FIELDS, ERR_SDK_IDENTIFY_USER_ID_CONFLICT,
} from '../errors.js';
import { snapshotObject } from '../common/snapshot.js';
import { asText, attempt, cut, type Obj } from '../common/util.js';
import type { Tracker, YavioContext } from '../types.js';
import { flush, shutdown, type Scope } from './core.js';
import { makeLog } from './log.js';
import { makeStorage } from './runtime.js';

const NAME_MAX = 256;
const TRAITS_MAX = 100;

export const storage = makeStorage<Scope>();

/** Makes the user of a session known; the first id wins, the same id merges its traits. */
export function identify(scope: Scope, userId: unknown, traits: unknown): void {
  const id = asText(userId)?.slice(0, NAME_MAX);
  if (!id) return;
  const { users, log } = scope.core;
  const known = scope.core.user(scope.sessionId);
  if (known && known.id !== id) return log(ERR_SDK_IDENTIFY_USER_ID_CONFLICT);
  const before: Obj = known ? (JSON.parse(known.traits) as Obj) : {};
  const merged = Object.fromEntries(Object.entries({ ...before, ...snapshotObject(traits) }).slice(0, TRAITS_MAX));
  const text = JSON.stringify(merged);
  if (known && known.traits === text) return;
  users.set(scope.sessionId, { id, traits: text, at: Date.now() });
  scope.core.emit({ ...scope, ready: undefined }, 'identify', { user_id: id, user_traits: merged });
}

function step(scope: Scope, name: unknown, meta: unknown): void {
  if (asText(name)) scope.core.emit(scope, 'step', { event_name: cut(String(name), NAME_MAX), step_sequence: ++scope.step }, snapshotObject(meta));
}

/** The name begins with $ only for events of the SDK itself. */
export function track(scope: Scope, name: unknown, properties: unknown): void {
  if (asText(name)) scope.core.emit(scope, 'track', { event_name: cut(String(name), NAME_MAX) }, snapshotObject(properties));
}

function conversion(scope: Scope, name: unknown, data: unknown): void {
  const { value, currency, meta } = (data ?? {}) as Obj;
  if (!asText(name) || typeof value !== 'number' || !Number.isFinite(value) || typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    return scope.core.log(ERR_SDK_CONVERSION_MISSING_FIELDS);
  }
  scope.core.emit(scope, 'conversion', { event_name: cut(String(name), NAME_MAX), conversion_value: value, conversion_currency: currency }, snapshotObject(meta));
}

function makeTracker(scopeOf: () => Scope | undefined): Tracker {
  const within = (work: (scope: Scope) => void): void => {
    attempt(() => {
      const scope = scopeOf();
      if (scope) work(scope);
    });
  };
  const host = (name: unknown): unknown => (typeof name === 'string' ? name.replace(/^\$+/, '') : name);
  return {
    identify: (userId, traits) => within((scope) => identify(scope, userId, traits)),
    step: (name, meta) => within((scope) => step(scope, host(name), meta)),
    track: (event, properties) => within((scope) => track(scope, host(event), properties)),
    conversion: (name, data) => within((scope) => conversion(scope, host(name), data)),
  };
}

function currentScope(): Scope | undefined {
  const scope = storage?.getStore();
  if (!scope) makeLog(attempt(() => process.env.YAVIO_LOG), undefined)(ERR_SDK_CONTEXT_INJECTION_UNAVAILABLE);
  return scope;
}

export const yavio: YavioContext = {
  ...makeTracker(currentScope),
  current: () => {
    const scope = storage?.getStore();
    if (!scope) return undefined;
    const userId = scope.core.user(scope.sessionId)?.id;
    return { traceId: scope.traceId, sessionId: scope.sessionId, ...(userId && { userId }), platform: scope.platform };
  },
  detach: () => {
    const scope = storage?.getStore();
    return scope && makeTracker(() => scope);
  },
  flush,
  shutdown,
};
