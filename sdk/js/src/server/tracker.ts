// SPDX-License-Identifier: MIT
// identify, step, track and conversion: for the request that runs now, or for one that was kept with detach().
import { ERR_SDK_CONTEXT_INJECTION_UNAVAILABLE, ERR_SDK_IDENTIFY_USER_ID_CONFLICT } from '../errors.js';
import { snapshotObject } from '../common/snapshot.js';
import { asText, attempt, cut, type Obj } from '../common/util.js';
import type { Tracker, YavioContext } from '../types.js';
import { flush, shutdown, type Scope } from './core.js';
import { makeLog } from './log.js';
import { makeStorage } from './runtime.js';

const NAME_MAX = 256;

export const storage = makeStorage<Scope>();

/** Makes the user of a session known; the first id wins. */
export function identify(scope: Scope, userId: unknown, traits: unknown): void {
  const { core, sessionId } = scope;
  const id = asText(userId)?.slice(0, NAME_MAX);
  if (!id) return;
  let user = core.user(sessionId);
  if (!user) core.users.set(sessionId, (user = { id, traits: '', at: Date.now() }));
  if (user.id !== id) return core.log(ERR_SDK_IDENTIFY_USER_ID_CONFLICT);
  const known = user;
  const said = snapshotObject(traits);
  core.tell(scope, (behind) => behind.tellUser(scope, known, said));
}

function makeTracker(scopeOf: () => Scope | undefined): Tracker {
  const inScope = (work: (scope: Scope) => void): void => {
    attempt(() => {
      const scope = scopeOf();
      if (scope) work(scope);
    });
  };
  /** An event with a name; one that begins with $ is the SDK's. A copy of what the host gives is made at once. */
  const named = (type: string, name: unknown, about: (scope: Scope) => [fields: Obj, metadata: unknown]): void =>
    inScope((scope) => {
      const event_name = cut((asText(name) ?? '').replace(/^\$+/, ''), NAME_MAX);
      if (!event_name) return;
      const [fields, given] = about(scope);
      const metadata = snapshotObject(given);
      scope.core.tell(scope, (behind) => behind.tellNamed(scope, type, { event_name, ...fields }, metadata));
    });
  return {
    identify: (userId, traits) => inScope((scope) => identify(scope, userId, traits)),
    step: (name, meta) => named('step', name, (scope) => [{ step_sequence: ++scope.step }, meta]),
    track: (event, properties) => named('track', event, () => [{}, properties]),
    conversion: (name, data) => named('conversion', name, () => [{ conversion_value: data?.value, conversion_currency: data?.currency }, data?.meta]),
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
