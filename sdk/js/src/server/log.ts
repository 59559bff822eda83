// SPDX-License-Identifier: MIT
// One line a minute and code on stderr; stdout belongs to the host.
import { attempt } from '../common/util.js';
import type { LogLevel, Logger } from '../types.js';

export type Log = (error: string, detail?: string) => void;

const MINUTE_MS = 60_000;
const RANK: Record<string, number> = { silent: 0, error: 1, warn: 2, info: 3, debug: 3 };
const told = new Map<string, { at: number; more: number }>();

/** A log for rows of errors.ts ("severity YAVIO-nnnn text"); wanted: silent, error, warn or debug. */
export function makeLog(wanted: string | undefined, logger: Logger | undefined): Log {
  const most = RANK[wanted?.toLowerCase() ?? ''] ?? 2;
  return (error, detail) => {
    const [severity = '', code = '', ...words] = error.split(' ');
    if ((RANK[severity] ?? 1) > most) return;
    const last = told.get(code);
    const now = Date.now();
    if (last && Math.abs(now - last.at) < MINUTE_MS) {
      last.more++;
      return;
    }
    told.set(code, { at: now, more: 0 });
    const text = words.join(' ') + (detail ? `: ${detail}` : '') + (last?.more ? ` (${last.more} more)` : '');
    attempt(() => {
      const level: LogLevel = severity === 'error' || severity === 'warn' ? severity : 'debug';
      if (logger) logger(level, code, text);
      else console.error(`[yavio] ${code} ${text}`);
    });
  };
}
