// SPDX-License-Identifier: MIT
// What became of a tool call: status, category and text of an error, and what may be kept of a result.
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, byteLength, cut, isObj, listOf, type Obj } from '../common/util.js';
import type { ErrorCategory } from '../types.js';
import type { Call } from '../server/request.js';

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
  [/^(\$?ZodError|ValidationError)$/, 'validation'],
];
/** JSON-RPC: no request, no such method, bad parameters. */
const REFUSED = [-32600, -32601, -32602];
const OUTPUT_SCHEMA = /output (validation|schema)|structured content/i;

/** Categories of HTTP statuses. */
const STATUSES: [RegExp, ErrorCategory][] = [
  [/^40[13]$/, 'auth'],
  [/^(408|504)$/, 'timeout'],
  [/^429$/, 'rate_limit'],
  [/^4..$/, 'validation'],
  [/^5..$/, 'server'],
];

const match = (table: [RegExp, ErrorCategory][], text: string): ErrorCategory | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1];

export function categoryOf(call: Call, message: string, code: number | undefined): ErrorCategory {
  const { errorCategory } = call.config.options;
  const raw = call.error;
  const chosen = errorCategory && attempt(() => errorCategory(raw ?? new Error(message), call.name ?? ''));
  if (chosen) return chosen;
  if (call.watched && !call.entered) return 'validation';
  if (call.watched && !call.failed && OUTPUT_SCHEMA.test(message)) return 'server';
  // What the callback threw says more than what the MCP SDK made of it.
  if (REFUSED.includes((call.failed ? attempt(() => asObj(raw).code) : code) as number)) return 'validation';
  return (
    attempt(() => {
      const { status, statusCode, response, code: own, name } = asObj(raw);
      return match(STATUSES, String(status ?? statusCode ?? asObj(response).status)) ?? match(NAMES, String(own)) ?? match(NAMES, String(name));
    }) ??
    match(WORDS, message) ??
    (code === -32603 ? 'server' : 'unknown')
  );
}

/** The text of what was thrown, else of the answer. */
export function messageOf(call: Call, result: Obj | undefined, error: Obj | undefined): string {
  const raw = call.failed && attempt(() => (isObj(call.error) ? asText(call.error.message) : asText(String(call.error))));
  return cut(raw || (result ? textsOf(result.content) : asText(error?.message) ?? ''), MESSAGE_MAX);
}

/** The texts of content blocks, one a line. */
export const textsOf = (content: unknown, between = '\n'): string =>
  listOf(content).map(({ text }) => asText(text)).filter(Boolean).join(between);

/** A hash that tells texts apart; every call pays for one, so no object of the engine's is made for it. */
export function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return hash;
}

/** The JSON-RPC code of an answer. */
export const codeOf = (error: Obj | undefined): number | undefined => (typeof error?.code === 'number' ? error.code : undefined);

/** Estimated tokens: a quarter of the characters. */
export const tokensIn = (text: string): number => Math.ceil(text.length / 4);

/** A block of content without binary parts and _meta. */
function withoutBinary({ _meta, ...kept }: Obj): Obj {
  for (const field of ['data', 'blob']) {
    const data = kept[field];
    if (typeof data === 'string') kept[field] = `[binary:${asText(kept.mimeType) ?? 'application/octet-stream'}:${Math.floor((data.replace(/=+$/, '').length * 3) / 4)}]`;
  }
  if (isObj(kept.resource)) kept.resource = withoutBinary(kept.resource);
  return kept;
}

/** The result as it may be kept: content without binary parts, structured content, isError. */
export const outputOf = ({ content, structuredContent, isError }: Obj): Obj | undefined =>
  snapshotObject({
    content: Array.isArray(content) ? content.slice(0, 51).map((block: unknown) => (isObj(block) ? attempt(() => withoutBinary(block)) ?? '[unreadable]' : block)) : undefined,
    structuredContent,
    isError: typeof isError === 'boolean' ? isError : undefined,
  });

/** About the length of the JSON of a value, counting at most so many nodes. */
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

/** The different texts that the items have under this key. */
export const kindsOf = (items: unknown, key: string): unknown[] => [...new Set(listOf(items).map((item) => asText(item[key])).filter(Boolean))].slice(0, 10);

/** What the result says about itself, for metadata. */
export function describe(result: Obj): Obj {
  const [list, ...more] = Object.values(asObj(result.structuredContent)).filter(Array.isArray);
  const count = more.length ? undefined : list?.length;
  return { content_types: kindsOf(result.content, 'type'), result_count: count, zero_result: count === undefined ? count : count === 0 };
}

/** Estimated tokens of what the model reads. */
export const tokensOf = ({ content, structuredContent }: Obj): number =>
  tokensIn(textsOf(content) || (attempt(() => JSON.stringify(structuredContent)) ?? ''));
