// SPDX-License-Identifier: MIT
// A bounded copy of any value, and its cut to a number of bytes: neither ever throws, whatever the host's objects do.
import { attempt, byteLength, cut, isObj, type Obj } from './util.js';

const DEPTH_MAX = 8;
const NODES_MAX = 2_000;
const CHARS_MAX = 65_536;
const STRING_MAX = 2_048;
const ITEMS_MAX = 50;
const KEYS_MAX = 500;

interface Walk { nodes: number; chars: number; cut: boolean }

function copyObject(value: object, depth: number, walk: Walk, above: object[]): unknown {
  if (value instanceof Date) return attempt(() => value.toISOString()) ?? null;
  if (ArrayBuffer.isView(value)) return `[binary:application/octet-stream:${value.byteLength}]`;
  if (above.includes(value)) return '[circular]';
  if (depth >= DEPTH_MAX) {
    walk.cut = true;
    return '[deep]';
  }
  above.push(value);
  let out: unknown;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    const length = Math.min(value.length, ITEMS_MAX);
    if (length < value.length) walk.cut = true;
    for (let i = 0; i < length; i++) items.push(copyKey(value as unknown as Obj, String(i), depth, walk, above) ?? null);
    out = items;
  } else {
    const object: Obj = {};
    for (const key of Object.keys(value).slice(0, KEYS_MAX)) {
      const copied = copyKey(value as Obj, key, depth, walk, above);
      // defineProperty: a key "__proto__" stays a key.
      if (copied !== undefined) Object.defineProperty(object, cut(key, 256), { value: copied, enumerable: true, writable: true, configurable: true });
    }
    out = object;
  }
  above.pop();
  return out;
}

function copyKey(object: Obj, key: string, depth: number, walk: Walk, above: object[]): unknown {
  try {
    return copy(object[key], depth + 1, walk, above);
  } catch {
    return '[unreadable]';
  }
}

function copy(value: unknown, depth: number, walk: Walk, above: object[]): unknown {
  if (++walk.nodes > NODES_MAX || walk.chars > CHARS_MAX) {
    walk.cut = true;
    return undefined;
  }
  switch (typeof value) {
    case 'string':
      walk.chars += Math.min(value.length, STRING_MAX);
      if (value.length > STRING_MAX) walk.cut = true;
      return cut(value, STRING_MAX);
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'boolean':
      return value;
    case 'bigint':
      return cut(String(value), STRING_MAX);
    case 'object':
      return value === null ? null : copyObject(value, depth, walk, above);
    default:
      return undefined;
  }
}

/** A bounded copy; functions, symbols and undefined are left out, an object that was cut says so. */
export function snapshot(value: unknown): unknown {
  const walk: Walk = { nodes: 0, chars: 0, cut: false };
  let out: unknown;
  try {
    out = copy(value, 0, walk, []);
  } catch {
    return '[unreadable]';
  }
  if (walk.cut && isObj(out)) out._truncated = true;
  return out;
}

/** Like snapshot, but what is no object becomes undefined. */
export function snapshotObject(value: unknown): Obj | undefined {
  const copied = value === undefined || value === null ? undefined : snapshot(value);
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
  let json = JSON.stringify(value);
  if (json.length * 3 <= max || byteLength(json) <= max) return value;
  for (let chars = 1_024, items = 200; chars >= 4; chars >>= 1, items >>= 1) {
    const shorter = { ...(shorten(value, chars, Math.max(items, 1)) as Obj), _truncated: true };
    json = JSON.stringify(shorter);
    if (byteLength(json) <= max) return shorter;
  }
  return { _truncated: true };
}
