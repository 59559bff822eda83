// SPDX-License-Identifier: MIT
// The PII pass: e-mail addresses, card numbers, grouped SSNs and phone numbers leave the process as markers.
// Best effort and never more than what ingest itself would take away; strings are short, so each look-ahead is bounded.
import type { Obj } from './util.js';

const LETTER = 'A-Za-z0-9\\u00C0-\\u024F';
const LEFT = `(?<![${LETTER}_]|\\d[.\\-/])`;
const RIGHT = `(?![${LETTER}_]|[.\\-/]\\d)`;
const SPACE = ' \\u00A0';
const UUID = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';

const LOCAL = new RegExp(`[${LETTER}._%+'\\-]`);
const DOMAIN = new RegExp(`[${LETTER}.-]{1,253}`, 'y');
const LABEL = new RegExp(`^[${LETTER}](?:[${LETTER}-]{0,61}[${LETTER}])?`);
const LAST_LABEL = /^(?:xn--.+|[A-Za-z\u00C0-\u024F]{2,24})$/;

const NUMBERS = new RegExp(
  [
    `${LEFT}${UUID}${RIGHT}`,
    `(?<card>${LEFT}(?:\\d{14,19}|\\d{4}(?<a>[${SPACE}-])\\d{4}\\k<a>\\d{4}\\k<a>\\d{4}(?:\\k<a>\\d{3})?|\\d{4}(?<b>[${SPACE}-])\\d{6}\\k<b>\\d{4,5}|\\d{6}(?<c>[${SPACE}-])\\d{13})${RIGHT})`,
    `(?<ssn>${LEFT}(?!000|666)\\d{3}(?<d>[${SPACE}-])(?!00)\\d{2}\\k<d>(?!0000)\\d{4}${RIGHT})`,
    `(?<world>(?<![${LETTER}_+])\\+[1-9]\\d{0,14}(?:[${SPACE}\\-./()]{1,3}\\d{1,15}){0,15}(?![${LETTER}_]))`,
    `(?<america>${LEFT}(?:1[${SPACE}.-])?(?:\\([2-9]\\d\\d\\)[${SPACE}.-]?\\d{3}[${SPACE}.-]\\d{4}|[2-9]\\d\\d(?<e>[${SPACE}.-])\\d{3}\\k<e>\\d{4})${RIGHT})`,
  ].join('|'),
  'g',
);

const ISSUERS = /^(?:3[47].{13}|3(?:0|6|8|9).{12}|(?:35|4)(?:.{14,15}|.{17,18})|(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)).*|(?:50|5[6-9]|6|220[0-4]).*)$/;

function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  const long = digits.length === 16 || digits.length === 19;
  if (!ISSUERS.test(digits) || (!/^3[0-46-9]/.test(digits) && !long) || (digits.length === 19 && /^(?:5[1-5]|2(?!20))/.test(digits))) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** The longest whole groups of an international number that hold as many digits as one may have. */
function cutWorld(text: string): string {
  let found = 0;
  for (const end of text.matchAll(/\d+/g)) {
    const length = end.index + end[0].length;
    const count = text.slice(0, length).replace(/\D/g, '').length;
    if (text[1] === '1' ? count === 11 : count >= 9 && count <= 15) found = length;
  }
  return found ? `[PHONE_REDACTED]${text.slice(found)}` : text;
}

/** Length of the domain that begins at start, 0 when there is none. */
function domainLength(text: string, start: number): number {
  DOMAIN.lastIndex = start;
  const labels: string[] = [];
  for (const part of DOMAIN.exec(text)?.[0].split('.') ?? []) {
    const label = LABEL.exec(part)?.[0];
    if (!label || part.length > 63) break;
    labels.push(label);
    if (label !== part) break;
  }
  while (labels.length > 1 && !LAST_LABEL.test(labels[labels.length - 1]!)) labels.pop();
  return labels.length > 1 && !/^[1-9]x$/.test(labels[0]!) ? labels.join('.').length : 0;
}

function redactEmails(text: string): string {
  let out = '';
  let from = 0;
  for (const at of text.matchAll(/@|%40/g)) {
    let start = at.index;
    while (start > from && at.index - start < 64 && LOCAL.test(text[start - 1]!)) start--;
    while (start < at.index && (text[start] === '.' || text[start] === "'")) start++;
    if (start === at.index || at.index < from || text[at.index - 1] === '.') continue;
    const end = at.index + at[0].length;
    const length = domainLength(text, end);
    if (!length) continue;
    out += `${text.slice(from, start)}[EMAIL_REDACTED]`;
    from = end + length;
  }
  return out + text.slice(from);
}

function redactNumber(found: string, groups: Record<string, string | undefined>): string {
  if (groups.card) return isCard(found) ? '[CC_REDACTED]' : found;
  if (groups.ssn) return found[0] !== '9' || /^....(?:5\d|6[0-5]|7\d|8[0-8]|9\d)/.test(found) ? '[SSN_REDACTED]' : found;
  if (groups.world) return cutWorld(found);
  return groups.america ? '[PHONE_REDACTED]' : found;
}

/** The text with personal data replaced by markers. */
export function redactText(text: string): string {
  let out = text;
  if (/@|%40/.test(out)) out = redactEmails(out);
  if (/\d{2}/.test(out)) {
    out = out.replace(NUMBERS, (found: string, ...rest) => redactNumber(found, rest[rest.length - 1] as Obj as Record<string, string>));
  }
  return out;
}

const IDENTIFIER = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{16,}|tr_[\w-]+|ses_[\w-]+)$/i;
const KEPT_KEY = /_id$|^otel_/;

/** Redacts every string below value in place (it must be a snapshot); keys that name ids are left alone. */
export function redact(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    return KEPT_KEY.test(key) || IDENTIFIER.test(value) && !/^\d+$/.test(value) ? value : redactText(value);
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = redact(value[i], key);
  } else if (typeof value === 'object' && value !== null) {
    const object = value as Obj;
    for (const name of Object.keys(object)) object[name] = redact(object[name], name);
  }
  return value;
}
