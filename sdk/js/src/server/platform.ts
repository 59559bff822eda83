// SPDX-License-Identifier: MIT
// Which AI client calls: by its name, its user agent, the keys it puts into _meta, its origin; first match wins.
import { attempt } from '../common/util.js';
import type { DetectPlatform, Platform } from '../types.js';

type Signals = Parameters<DetectPlatform>[0];

/** Marks in a client name or user agent, most specific first; the first of a row is the platform. */
const MARKS: [Platform, ...string[]][] = [
  ['claude-code'], ['codex'], ['opencode'], ['chatgpt', 'openai'], ['claude', 'anthropic'], ['cursor'], ['gemini-cli'], ['gemini'],
  ['windsurf', 'codeium'], ['cline'], ['continue'], ['vscode', 'visual studio code'],
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

const named = (text: string): Platform | undefined =>
  MARKS.find((marks) => marks.some((mark) => text.includes(mark)))?.[0] ?? (/^zed($|\/)/.test(text) ? 'zed' : undefined);

/** The platform of these signals; "unknown" when none says. Never throws. */
export const detectPlatform = (signals: Signals, anthropicHeader?: string): Platform =>
  attempt(() => {
    const [name, agent] = [signals.clientName, signals.userAgent].map((text) => String(text ?? '').toLowerCase()) as [string, string];
    if (/openai-mcp/.test(`${name} ${agent}`)) return 'chatgpt';
    const keys = Object.keys(signals.meta ?? {});
    return (
      named(name) ?? named(agent) ??
      META_KEYS.find(([mark]) => keys.some((key) => mark.test(key)))?.[1] ??
      (anthropicHeader ? 'claude' : signals.origin ? ORIGINS.find(([mark]) => mark.test(new URL(signals.origin!).hostname))?.[1] : undefined)
    );
  }) ?? 'unknown';
