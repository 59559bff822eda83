// SPDX-License-Identifier: MIT
// What all servers of one endpoint and key share in this process, and the way of what happened to the part that is loaded behind.
import * as threads from 'node:worker_threads';
import type { Back } from '../behind/back.js';
import { ERR_SDK_INTERNAL_ERROR } from '../errors.js';
import { Recent } from '../common/engine.js';
import { attempt, type Obj } from '../common/util.js';
import type { Flush, FlushResult, Platform, YavioStats } from '../types.js';
import type { Catalogue } from './catalogue.js';
import type { Config } from './config.js';
import type { Log } from './log.js';
import { outside, within } from './runtime.js';

const KEPT_MAX = 10_000;
const USER_IDLE_MS = 1_800_000;
const LAST_FLUSH_MS = 5_000;
const SIGNAL_FLUSH_MS = 2_000;

/** The part behind the host's path: it makes events of what happened and delivers them. A file of its own, loaded by the first wrap. */
export type Behind = typeof import('../behind.js');

/** What an event must know of its request. */
export interface Scope {
  traceId: string;
  sessionId: string;
  platform: Platform;
  config: Config;
  core: Core;
  /** Last number of yavio.step in this trace. */
  step: number;
  /** Settles when the identify option has answered, or its time is over. */
  ready: Promise<unknown> | undefined;
}

/** A session's user, the JSON of its traits, and when it was last seen. */
export interface User { id: string; traits: string; at: number }

/** What became of all events since the process began, over all endpoints and keys. */
const totals: YavioStats = { queued: 0, sent: 0, rejected: 0, dropped: { overflow: 0, refused: 0, auth: 0, shutdown: 0, beforeSend: 0 } };

export class Core {
  readonly log: Log;
  readonly totals = totals;
  readonly outside = outside;
  readonly users = new Recent<User>(KEPT_MAX);
  readonly clients = new Recent<Obj>(KEPT_MAX);
  /** Sessions this process has seen. */
  readonly sessions = new Recent<boolean>(KEPT_MAX);
  readonly runs = new Recent<{ window: number; at: number }>(KEPT_MAX);
  /** Traces that wait for a call to be repeated (input_required). */
  readonly continued = new Recent<{ traceId: string; step: number; at: number; requests: Obj }>(1_000);
  readonly catalogues = new Recent<Catalogue>(1_000);
  /** What still has to be told of open connections when the process ends. */
  readonly endings = new Set<() => void>();
  /** The part behind, once it is there. */
  back: Back | undefined;
  /** Nothing is taken any more. */
  stopped = false;
  /** Of what is being told: when it happened, and whose session it was then. */
  moment: { at: number; user: string | undefined } = { at: 0, user: undefined };
  /** What happened before the part behind was there. */
  #early: ((behind: Behind) => void)[] = [];
  #behind: Behind | undefined;
  readonly #loaded: Promise<Behind | undefined>;

  constructor(readonly config: Config) {
    this.log = config.log;
    this.#loaded = outside(() => import('../behind.js')).then(
      (behind) => {
        this.back = new behind.Back(this);
        this.#behind = behind;
        for (const record of this.#early.splice(0)) record(behind);
        return behind;
      },
      (error: unknown) => {
        this.log(ERR_SDK_INTERNAL_ERROR, String(error));
        this.stop('refused');
        return undefined;
      },
    );
  }

  get queued(): number {
    return this.#early.length + (this.back?.queued ?? 0);
  }

  /** Has the part behind make events of what happened, now or as soon as it is there. */
  tell(scope: Scope, work: (behind: Behind) => void): void {
    if (this.stopped) return;
    const moment = { at: Date.now(), user: this.user(scope.sessionId)?.id };
    const record = (behind: Behind): void => {
      this.moment = moment;
      attempt(() => work(behind), (error) => this.log(ERR_SDK_INTERNAL_ERROR, String(error)));
    };
    if (this.#behind) record(this.#behind);
    else if (this.#early.push(record) > KEPT_MAX) {
      this.#early.shift();
      totals.dropped.overflow++;
    }
    attempt(() => scope.config.options.waitUntil?.(this.flush()));
  }

  /** The user of a session, forgotten after half an hour of silence. */
  user(sessionId: string): User | undefined {
    const user = this.users.get(sessionId);
    if (!user) return undefined;
    const now = Date.now();
    if (now - user.at > USER_IDLE_MS) {
      this.users.delete(sessionId);
      return undefined;
    }
    user.at = now;
    return user;
  }

  /** The last flush of the process: connections that nobody closed end with it. */
  end(ms: number): Promise<unknown> {
    for (const tell of this.endings) attempt(tell);
    this.endings.clear();
    return this.flush(ms, true);
  }

  /** What the part behind answers, as soon as it is there; undefined where it cannot be loaded. */
  ask<T>(work: (behind: Behind) => T | Promise<T>): Promise<T | undefined> {
    return this.#loaded.then((behind) => behind && work(behind));
  }

  /** Sends everything that was told so far; waits at most ms, never rejects. */
  flush(ms = LAST_FLUSH_MS, last = false): Promise<unknown> {
    return within(ms, this.ask(() => this.back?.flush(last)));
  }

  /** Takes nothing any more; what waits is counted as dropped. */
  stop(why: 'auth' | 'shutdown' | 'refused'): void {
    totals.dropped[why] += this.queued;
    this.stopped = true;
    this.#early = [];
    this.back?.stop(why);
  }
}

const cores = new Map<string, Core>();
let handlers = false;

/** The state of this endpoint and key; its transport options are those of the first wrap. */
export function coreOf(config: Config): Core {
  const id = `${config.url}\n${config.key}`;
  let core = cores.get(id);
  if (!core) {
    cores.set(id, (core = new Core(config)));
    listen(config);
  }
  return core;
}

const eachCore = (work: (core: Core) => Promise<unknown>): Promise<unknown> => Promise.all([...cores.values()].map(work));

/** Counts since the process began. */
export function stats(): YavioStats {
  const queued = [...cores.values()].reduce((sum, core) => sum + core.queued, 0);
  return { ...totals, queued, dropped: { ...totals.dropped } };
}

const lost = (): number => Object.values(totals.dropped).reduce((a, b) => a + b);

async function result(work: (core: Core) => Promise<unknown>): Promise<FlushResult> {
  const sent = totals.sent;
  const dropped = lost();
  await eachCore(work).catch(() => {});
  return { sent: totals.sent - sent, remaining: stats().queued, dropped: lost() - dropped };
}

/** Sends what is queued; never rejects. */
export const flush: Flush = (options) => result((core) => core.flush(options?.timeoutMs));

/** Flushes, then stops for good. */
export const shutdown: Flush = (options) =>
  result(async (core) => {
    if (core.stopped) return;
    await core.flush(options?.timeoutMs, true);
    core.stop('shutdown');
  });

/** The process tells once when it ends: three listeners, whatever the number of servers. */
function listen(config: Config): void {
  if (handlers || typeof process === 'undefined' || typeof process.on !== 'function') return;
  handlers = true;
  let flushed = false;
  process.on('beforeExit', () => {
    if (flushed) return;
    flushed = true;
    void eachCore((core) => core.end(LAST_FLUSH_MS));
  });
  if (config.options.handleSignals === false || !threads.isMainThread) return;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // First in line, so that every listener of the host still counts when we look (a once-listener is gone when it ran).
    const onSignal = (): void => {
      const alone = process.listenerCount(signal) === 1;
      void eachCore((core) => (alone ? core.end(SIGNAL_FLUSH_MS) : core.flush(SIGNAL_FLUSH_MS, true))).then(() => {
        if (!alone) return;
        process.removeListener(signal, onSignal);
        process.kill(process.pid, signal);
      });
    };
    process.prependListener(signal, onSignal);
  }
}
