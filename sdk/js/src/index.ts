// SPDX-License-Identifier: MIT
// The server entry: withYavio instruments an MCP server in place, yavio tracks within its requests.
import { ERR_SDK_INTERNAL_ERROR, ERR_SDK_PROXY_INTERCEPTION_FAILED } from './errors.js';
import { attempt, isObj } from './common/util.js';
import { readConfig } from './server/config.js';
import * as core from './server/core.js';
import { makeLog } from './server/log.js';
import * as platform from './server/platform.js';
import { instrument } from './server/seam.js';
import * as tracker from './server/tracker.js';
import type { DetectPlatform, Flush, WithYavioOptions, YavioContext, YavioStats } from './types.js';

export { SDK_VERSION } from './version.js';
export { platformValues } from './types.js';
export type * from './types.js';

/** The current request: identify, step, track, conversion. Outside a request they do nothing. */
export const yavio: YavioContext = tracker.yavio;
/** Sends what is queued, waiting at most timeoutMs (5,000); never rejects. */
export const flush: Flush = core.flush;
/** Flushes, then stops for good; idempotent. */
export const shutdown: Flush = core.shutdown;
/** Counts since the process began. */
export const stats: () => YavioStats = core.stats;
/** The AI client behind these signals, "unknown" when none says. */
export const detectPlatform: DetectPlatform = (signals) => platform.detectPlatform(signals);

/** Instruments in place and returns the very same object. Idempotent per server. Never throws. */
export function withYavio<T extends object>(server: T, options?: WithYavioOptions): T {
  attempt(
    () => {
      const config = readConfig(isObj(options) ? options : {});
      if (config && !(isObj(server) && attempt(() => instrument(server, core.coreOf(config), config)))) config.log(ERR_SDK_PROXY_INTERCEPTION_FAILED);
    },
    (error) => attempt(() => makeLog(undefined, undefined)(ERR_SDK_INTERNAL_ERROR, String(error))),
  );
  return server;
}
