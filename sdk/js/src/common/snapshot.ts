// SPDX-License-Identifier: MIT
// A bounded copy of any value, and its cut to a number of bytes: neither ever throws, whatever the host's objects do.
import { byteLength, cut, isObj, type Obj } from './util.js';

const DEPTH_MAX = 8;
const NODES_MAX = 2_000;
const CHARS_MAX = 65_536;
const STRING_MAX = 2_048;
const ITEMS_MAX = 50;
const KEYS_MAX = 500;

/** Copies one value; read may throw, whatever it touches. */
function walker(): (read: () => unknown) => unknown {
  const above: object[] = [];
  let nodes = 0;
  let chars = 0;
  let short = false;

  const text = (value: string): string => {
    chars += Math.min(value.length, STRING_MAX);
    short ||= value.length > STRING_MAX;
    return cut(value, STRING_MAX);
  };
  const copyObject = (value: object): unknown => {
    if (value instanceof Date) return Number.isFinite(+value) ? value.toISOString() : null;
    if (ArrayBuffer.isView(value)) return `[binary:application/octet-stream:${value.byteLength}]`;
    if (above.includes(value)) return '[circular]';
    if (above.length >= DEPTH_MAX) {
      short = true;
      return '[deep]';
    }
    above.push(value);
    let out: unknown;
    if (Array.isArray(value)) {
      short ||= value.length > ITEMS_MAX;
      out = Array.from({ length: Math.min(value.length, ITEMS_MAX) }, (_, i) => copy(() => value[i] as unknown) ?? null);
    } else {
      const copied = Object.keys(value).slice(0, KEYS_MAX).map((key) => [cut(key, 256), copy(() => (value as Obj)[key])] as const);
      // fromEntries: a key "__proto__" stays a key.
      out = Object.fromEntries(copied.filter(([, item]) => item !== undefined));
    }
    above.pop();
    return out;
  };
  const copy = (read: () => unknown): unknown => {
    const depth = above.length;
    try {
      const value = read();
      if (++nodes > NODES_MAX || chars > CHARS_MAX) {
        short = true;
        return undefined;
      }
      if (typeof value === 'string') return text(value);
      if (typeof value === 'bigint') return text(String(value));
      if (typeof value === 'number') return Number.isFinite(value) ? value : null;
      if (typeof value === 'boolean' || value === null) return value;
      return typeof value === 'object' ? copyObject(value) : undefined;
    } catch {
      above.length = depth;
      return '[unreadable]';
    }
  };
  return (read) => {
    const out = copy(read);
    return short && isObj(out) ? { ...out, _truncated: true } : out;
  };
}

/** A bounded copy; functions, symbols and undefined are left out, an object that was cut says so. */
export const snapshot = (value: unknown): unknown => walker()(() => value);

/** Like snapshot, but what is no object becomes undefined. */
export function snapshotObject(value: unknown): Obj | undefined {
  const copied = snapshot(value);
  return isObj(copied) ? copied : undefined;
}

function shorten(value: unknown, chars: number, items: number): unknown {
  if (typeof value === 'string') return cut(value, chars);
  if (Array.isArray(value)) return value.slice(0, items).map((item) => shorten(item, chars, items));
  if (!isObj(value)) return value;
  const keys = Object.keys(value);
  return Object.fromEntries(keys.slice(0, Math.max(items, 8)).map((key) => [key, shorten(value[key], chars, items)]));
}

/** The object in at most max bytes of JSON: its longest strings and lists are shortened until it fits. */
export function fit(value: Obj, max: number): Obj {
  let out = value;
  for (let chars = 2_048; byteLength(JSON.stringify(out)) > max; chars >>= 1) {
    out = { ...(chars > 4 && (shorten(value, chars, Math.max(chars >> 3, 1)) as Obj)), _truncated: true };
  }
  return out;
}

/** At most max bytes of the text. */
export function cutBytes(text: string, max: number): string {
  let out = cut(text, max);
  while (byteLength(out) > max) out = cut(out, Math.floor(out.length * 0.9));
  return out;
}
