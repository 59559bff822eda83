// SPDX-License-Identifier: MIT
// Which AI client calls: by its name, its user agent, the keys it puts into _meta, its origin; first match wins.
import { attempt, type Obj } from '../common/util.js';
import type { Platform } from '../types.js';

/** Marks in a client name or user agent, most specific first. */
const MARKS: [RegExp, Platform][] = [
  [/claude-code/, 'claude-code'],
  [/codex/, 'codex'],
  [/opencode/, 'opencode'],
  [/chatgpt|openai/, 'chatgpt'],
  [/claude|anthropic/, 'claude'],
  [/cursor/, 'cursor'],
  [/gemini-cli/, 'gemini-cli'],
  [/gemini/, 'gemini'],
  [/windsurf|codeium/, 'windsurf'],
  [/cline/, 'cline'],
  [/continue/, 'continue'],
  [/vscode|visual studio code/, 'vscode'],
  [/^zed($|\/)/, 'zed'],
];
const META_KEYS: [RegExp, Platform][] = [
  [/^claudecode\//, 'claude-code'],
  [/^x-codex-turn-metadata$/, 'codex'],
  [/^ai\.opencode\//, 'opencode'],
  [/^vscode\./, 'vscode'],
  [/^openai\//, 'chatgpt'],
];
const ORIGINS: [RegExp, Platform][] = [
  [/(^|\.)(openai|chatgpt)\.com$/, 'chatgpt'],
  [/(^|\.)(claude\.ai|anthropic\.com)$/, 'claude'],
  [/^gemini\.google\.com$/, 'gemini'],
];

const first = (table: [RegExp, Platform][], text: string): Platform | undefined =>
  table.find(([mark]) => mark.test(text))?.[1];

export interface PlatformSignals { clientName?: string; userAgent?: string; meta?: Obj; origin?: string }

/** The platform of these signals; "unknown" when none says. Never throws. */
export function detectPlatform(signals: PlatformSignals, anthropicHeader?: string): Platform {
  const name = String(signals?.clientName ?? '').toLowerCase();
  const agent = String(signals?.userAgent ?? '').toLowerCase();
  if (/openai-mcp/.test(`${name} ${agent}`)) return 'chatgpt';
  const named = first(MARKS, name) ?? first(MARKS, agent);
  if (named) return named;
  const keys = attempt(() => Object.keys(signals.meta ?? {})) ?? [];
  for (const [mark, platform] of META_KEYS) if (keys.some((key) => mark.test(key))) return platform;
  if (anthropicHeader) return 'claude';
  const host = signals?.origin && attempt(() => new URL(signals.origin!).hostname);
  return (host && first(ORIGINS, host)) || 'unknown';
}
