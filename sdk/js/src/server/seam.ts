// SPDX-License-Identifier: MIT
// The one seam: connect of the low-level server, and onmessage, onclose and send of the transport it is given.
import { ERR_SDK_INTERNAL_ERROR, ERR_SDK_PROXY_INTERCEPTION_FAILED } from '../errors.js';
import { asObj, attempt, isObj, type Obj } from '../common/util.js';
import type { Config } from './config.js';
import type { Core } from './core.js';
import { Exchange } from './exchange.js';

type Fn = (this: unknown, ...args: unknown[]) => unknown;

const taps = new WeakMap<object, Exchange>();

/** The nearest descriptor of a property on an object and its prototypes. */
function descriptor(object: object | null, name: string): PropertyDescriptor | undefined {
  return object ? Object.getOwnPropertyDescriptor(object, name) ?? descriptor(Object.getPrototypeOf(object) as object | null, name) : undefined;
}

/** Replaces a callback property by an accessor that wraps whatever is assigned; chains to an accessor of the class. */
function interceptCallback(transport: Obj, name: string, wrap: (callback: Fn) => Fn): void {
  const found = descriptor(transport, name);
  const chained = found?.get && found.set && found;
  const before = transport[name];
  let value: unknown;
  const wrapped = (callback: unknown): unknown => (typeof callback === 'function' ? wrap(callback as Fn) : callback);
  const set = (callback: unknown): void => {
    value = wrapped(callback);
    if (chained) found.set!.call(transport, value);
  };
  Object.defineProperty(transport, name, {
    configurable: true,
    enumerable: true,
    get: () => (chained ? (found.get!.call(transport) as unknown) : value),
    set,
  });
  if (before !== undefined) set(before);
}

/** What goes out: waits only where a widget's token is awaited; what the transport does stays as it is. */
function interceptSend(transport: Obj, exchange: () => Exchange): void {
  const send = transport.send as Fn;
  const enumerable = Object.getOwnPropertyDescriptor(transport, 'send')?.enumerable ?? false;
  function tapped(this: unknown, message: unknown, ...rest: unknown[]): unknown {
    const pass = (out: unknown): unknown => Reflect.apply(send, this ?? transport, [out, ...rest]);
    const failed = (error: unknown): void => exchange().core.log(ERR_SDK_INTERNAL_ERROR, String(error));
    const outgoing = attempt(() => exchange().outbound(message, rest[0]), failed);
    if (!outgoing) return pass(message);
    if (outgoing.swallow) return Promise.resolve();
    const { later, after } = outgoing;
    const handOver = (out: unknown): unknown => {
      try {
        return pass(out ?? message);
      } finally {
        if (after) attempt(after);
      }
    };
    return later ? later.catch(failed).then(handOver) : handOver(message);
  }
  Object.defineProperty(transport, 'send', { value: tapped, configurable: true, writable: true, enumerable });
}

/** Taps a transport once; a second connect of it only begins a new exchange. */
function tap(transport: Obj, server: Obj, owner: Obj, core: Core, config: Config): void {
  const known = taps.get(transport);
  const exchange = new Exchange(transport, server, owner, core, config);
  taps.set(transport, exchange);
  if (known) return;
  const current = (): Exchange => taps.get(transport)!;
  const names = ['onmessage', 'onclose', 'send'];
  const before = names.map((name) => Object.getOwnPropertyDescriptor(transport, name));
  try {
    // Looked at first: a property that cannot be replaced leaves the transport as it was.
    if (!Object.isExtensible(transport) || before.some((own) => own && !own.configurable)) throw new TypeError('transport is frozen');
    interceptSend(transport, current);
    interceptCallback(transport, 'onclose', (callback) =>
      function (this: unknown, ...args: unknown[]) {
        try {
          return Reflect.apply(callback, this, args);
        } finally {
          attempt(() => current().closed());
        }
      });
    interceptCallback(transport, 'onmessage', (callback) =>
      function (this: unknown, message: unknown, ...rest: unknown[]) {
        return current().inbound(message, asObj(rest[0]), (out) => Reflect.apply(callback, this, [out, ...rest]));
      });
  } catch (error) {
    taps.delete(transport);
    names.forEach((name, i) => attempt(() => (before[i] ? Object.defineProperty(transport, name, before[i]!) : delete transport[name])));
    throw error;
  }
}

const wrapped = new WeakSet<object>();

/** Instruments a server of any known shape; false when it is none or cannot be changed. */
export function instrument(owner: Obj, core: Core, config: Config): boolean {
  const server = isObj(owner.server) ? owner.server : owner;
  if (wrapped.has(server)) return true;
  const connect = server.connect;
  if (typeof connect !== 'function' || typeof server.setRequestHandler !== 'function') return false;
  const own = Object.getOwnPropertyDescriptor(server, 'connect');
  if (!Object.isExtensible(server) || (own && !own.configurable)) return false;
  const tapSafely = (transport: unknown): void => {
    if (isObj(transport)) attempt(() => tap(transport, server, owner, core, config), (error) => core.log(ERR_SDK_PROXY_INTERCEPTION_FAILED, String(error)));
  };
  Object.defineProperty(server, 'connect', {
    configurable: true,
    writable: true,
    enumerable: own?.enumerable ?? false,
    value: function (this: unknown, transport: unknown, ...rest: unknown[]): unknown {
      tapSafely(transport);
      return Reflect.apply(connect as Fn, this ?? server, [transport, ...rest]);
    },
  });
  wrapped.add(server);
  tapSafely(attempt(() => server.transport));
  return true;
}
