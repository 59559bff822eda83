// SPDX-License-Identifier: MIT
// The PII pass: e-mail addresses, card numbers, grouped SSNs and phone numbers leave the process as markers.
// Best effort and never more than what ingest itself would take away; strings are short, so each look-ahead is bounded.
import type { Obj } from './util.js';

const LETTERS = 'A-Za-z\\u00C0-\\u024F';
const WORD = `${LETTERS}\\d`;
const LEFT = `(?<![${WORD}_]|\\d[.\\-/])`;
const RIGHT = `(?![${WORD}_]|[.\\-/]\\d)`;
const GAP = '[ \\u00A0-]';
const DOT_GAP = '[ \\u00A0.-]';

/** At most 64 characters before @; labels from which those after the last possible one are left out. */
const EMAILS = new RegExp(
  `[${WORD}_%+-][${WORD}._%+'-]{0,63}?(?<!\\.)(?:@|%40)(?![1-9]x\\.)` +
    `((?:[${WORD}](?:[${WORD}-]{0,61}[${WORD}])?\\.)+(?:xn--[${WORD}-]{0,58}[${WORD}]|[${LETTERS}]{2,24})(?!-*[${WORD}]))`,
  'g',
);

const NUMBERS = new RegExp(
  [
    `${LEFT}[\\da-fA-F]{8}-(?:[\\da-fA-F]{4}-){3}[\\da-fA-F]{12}${RIGHT}`,
    `(?<card>${LEFT}(?:\\d{14,19}|\\d{4}(?<a>${GAP})\\d{4}\\k<a>\\d{4}\\k<a>\\d{4}(?:\\k<a>\\d{3})?|\\d{4}(?<b>${GAP})\\d{6}\\k<b>\\d{4,5}|\\d{6}${GAP}\\d{13})${RIGHT})`,
    `(?<ssn>${LEFT}(?!000|666)\\d{3}(?<c>${GAP})(?!00)\\d{2}\\k<c>(?!0000)\\d{4}${RIGHT})`,
    `(?<world>(?<![${WORD}_+])\\+[1-9]\\d{0,14}(?:[ \\u00A0\\-./()]{1,3}\\d{1,15}){0,15}(?![${WORD}_]))`,
    `(?<america>${LEFT}(?:1${DOT_GAP})?(?:\\([2-9]\\d\\d\\)${DOT_GAP}?\\d{3}${DOT_GAP}\\d{4}|[2-9]\\d\\d(?<d>${DOT_GAP})\\d{3}\\k<d>\\d{4})${RIGHT})`,
  ].join('|'),
  'g',
);

/** Issuers with the lengths of their numbers. */
const ISSUERS = /^(3[47].{13}$|3[0689].{12}$|(?=.{16}$)(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))|(?=.{16}(...)?$)(35|4|5[06-9]|6|220[0-4]))/;

function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  const sum = [...digits].reverse().reduce((total, digit, i) => total + Number(i % 2 ? '0246813579'[Number(digit)] : digit), 0);
  return ISSUERS.test(digits) && sum % 10 === 0;
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

function redactNumber(found: string, groups: Record<string, string | undefined>): string {
  if (groups.card) return isCard(found) ? '[CC_REDACTED]' : found;
  if (groups.ssn) return found[0] !== '9' || /^....(?:5\d|6[0-5]|7\d|8[0-8]|9\d)/.test(found) ? '[SSN_REDACTED]' : found;
  if (groups.world) return cutWorld(found);
  return groups.america ? '[PHONE_REDACTED]' : found;
}

/** The text with personal data replaced by markers. */
export function redactText(text: string): string {
  let out = text;
  if (/@|%40/.test(out)) out = out.replace(EMAILS, (found: string, domain: string) => (domain.length > 253 ? found : '[EMAIL_REDACTED]'));
  if (/\d\d/.test(out)) out = out.replace(NUMBERS, (found: string, ...rest) => redactNumber(found, rest[rest.length - 1] as Record<string, string>));
  return out;
}

const IDENTIFIER = /^(?!\d+$)(?:[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|[\da-hjkmnp-tv-z]{26}|[\da-f]{16,}|(tr|ses)_[\w-]+)$/i;
const KEPT_KEY = /_id$|^otel_/;

/** Redacts every string below value in place (it must be a snapshot); keys that name ids are left alone. */
export function redact(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    return KEPT_KEY.test(key) || IDENTIFIER.test(value) ? value : redactText(value);
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = redact(value[i], key);
  } else if (typeof value === 'object' && value !== null) {
    const object = value as Obj;
    for (const name of Object.keys(object)) object[name] = redact(object[name], name);
  }
  return value;
}
