// SPDX-License-Identifier: MIT
// What became of a tool call: status, category and text of an error, and what may be kept of a result.
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, byteLength, cut, isObj, type Obj } from '../common/util.js';
import type { ErrorCategory } from '../types.js';
import type { Call } from './request.js';

const EXACT_SIZE_MAX = 262_144;
const MESSAGE_MAX = 4_000;

/** Whole words of a message, first match wins. */
const WORDS: [RegExp, ErrorCategory][] = [
  [/\b(unauthorized|unauthorised|forbidden|permission denied|(invalid|expired) (access |api |auth )?(token|key)|40[13])\b/i, 'auth'],
  [/\b(timeout|timed out|deadline exceeded)\b/i, 'timeout'],
  [/\b(rate limit(ed)?|too many requests|quota|429)\b/i, 'rate_limit'],
  [/\b(invalid|required|must be|missing)\b/i, 'validation'],
  [/\b(internal (server )?error|unavailable|bad gateway|50[0-4])\b/i, 'server'],
];
const NAMES: [RegExp, ErrorCategory][] = [
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_\w+_TIMEOUT|TimeoutError|AbortError|-32001)$/, 'timeout'],
  [/^(ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE)$/, 'server'],
  [/^(ZodError|\$ZodError|ValidationError)$/, 'validation'],
];
const CODES: Record<number, ErrorCategory> = { [-32600]: 'validation', [-32601]: 'validation', [-32602]: 'validation' };
const OUTPUT_SCHEMA = /output (validation|schema)|structured content/i;

function ofStatus(error: Obj): ErrorCategory | undefined {
  const status = Number(error.status ?? error.statusCode ?? asObj(error.response).status);
  if (status === 401 || status === 403) return 'auth';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429) return 'rate_limit';
  if (status >= 400 && status < 500) return 'validation';
  return status >= 500 && status < 600 ? 'server' : undefined;
}

const match = (table: [RegExp, ErrorCategory][], text: string): ErrorCategory | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1];

export function categoryOf(call: Call, message: string, code: number | undefined): ErrorCategory {
  const { errorCategory } = call.config.options;
  const raw = call.error;
  const chosen = errorCategory && attempt(() => errorCategory(raw ?? new Error(message), call.name ?? ''));
  if (chosen) return chosen;
  if (call.watched && !call.entered) return 'validation';
  if (call.watched && !call.failed && OUTPUT_SCHEMA.test(message)) return 'server';
  if (code !== undefined && CODES[code]) return CODES[code];
  return (
    attempt(() => {
      const error = asObj(raw);
      const names = [error.code, error.name].map(String);
      return ofStatus(error) ?? names.map((name) => match(NAMES, name)).find(Boolean);
    }) ??
    match(WORDS, message) ??
    (code === -32603 ? 'server' : 'unknown')
  );
}

/** The text of what was thrown, else of the answer. */
export function messageOf(call: Call, result: Obj | undefined, error: Obj | undefined): string {
  const raw = call.failed ? attempt(() => (isObj(call.error) || call.error instanceof Error ? asText((call.error as Obj).message) : asText(String(call.error)))) : undefined;
  if (raw) return cut(raw, MESSAGE_MAX);
  return cut(result ? textOf(result) : asText(error?.message) ?? '', MESSAGE_MAX);
}

const contentOf = (result: Obj): unknown[] => (Array.isArray(result.content) ? result.content : []);

/** The text blocks of a result, one a line. */
export function textOf(result: Obj): string {
  return contentOf(result).map((block) => asText(asObj(block).text)).filter(Boolean).join('\n');
}

const binary = (mime: unknown, data: string): string =>
  `[binary:${asText(mime) ?? 'application/octet-stream'}:${Math.floor((data.replace(/=+$/, '').length * 3) / 4)}]`;

function withoutBinary(block: unknown): unknown {
  if (!isObj(block)) return block;
  const { _meta, ...kept } = block;
  if (typeof kept.data === 'string') kept.data = binary(kept.mimeType, kept.data);
  if (isObj(kept.resource) && typeof kept.resource.blob === 'string') {
    kept.resource = { ...kept.resource, blob: binary(kept.resource.mimeType, kept.resource.blob) };
  }
  return kept;
}

/** The result as it may be kept: content without binary parts, structured content, isError. */
export function outputOf(result: Obj): Obj {
  return (
    snapshotObject({
      ...(Array.isArray(result.content) && { content: result.content.slice(0, 51).map((block) => attempt(() => withoutBinary(block)) ?? '[unreadable]') }),
      ...(result.structuredContent !== undefined && { structuredContent: result.structuredContent }),
      ...(typeof result.isError === 'boolean' && { isError: result.isError }),
    }) ?? {}
  );
}

/** Characters of the strings and keys below value, counting at most so many nodes. */
export function weigh(value: unknown, budget = { nodes: 5_000 }): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null || budget.nodes-- <= 0) return 5;
  let sum = 2;
  for (const key of Object.keys(value)) {
    sum += (Array.isArray(value) ? 0 : key.length + 3) + weigh((value as Obj)[key], budget);
    if (budget.nodes <= 0) break;
  }
  return sum;
}

/** Bytes of the result's JSON; of a large one an estimate, which costs the host next to nothing. */
export function sizeOf(result: unknown): number | undefined {
  return attempt(() => {
    const estimate = weigh(result);
    return estimate > EXACT_SIZE_MAX ? estimate : byteLength(JSON.stringify(result) ?? '');
  });
}

/** What the result says about itself, for metadata. */
export function describe(result: Obj): Obj {
  const types = [...new Set(contentOf(result).map((block) => asText(asObj(block).type)).filter(Boolean))];
  const lists = Object.values(asObj(result.structuredContent)).filter(Array.isArray);
  const count = lists.length === 1 ? lists[0]!.length : undefined;
  return {
    content_types: types.slice(0, 10),
    ...(count !== undefined && { result_count: count, zero_result: count === 0 }),
  };
}

/** Estimated tokens: a quarter of the characters of what the model reads. */
export function tokensOf(result: Obj): number {
  const text = textOf(result) || (result.structuredContent === undefined ? '' : attempt(() => JSON.stringify(result.structuredContent)) ?? '');
  return Math.ceil(text.length / 4);
}
