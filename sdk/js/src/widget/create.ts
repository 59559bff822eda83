// SPDX-License-Identifier: MIT
// The core of a widget: framework-free, inert until the server's configuration is there, sending to ingest by a token of one trace.
import { ERR_SDK_EVENT_PAYLOAD_TOO_LARGE, ERR_SDK_NO_WIDGET_CONFIG } from '../errors.js';
import { redact } from '../common/pii.js';
import { asText, attempt, byteLength, cut, isObj, uuid, type Obj } from '../common/util.js';
import { SDK_VERSION } from '../version.js';
import { extractWidgetConfig, pageConfig, watchHost } from './config.js';
import { listen } from './listen.js';
import { Sender } from './sender.js';
import type { WidgetConfig, WidgetInput, WidgetOptions, YavioWidgetHandle } from '../widget-types.js';

const HELD_MAX = 50;
const EVENT_BYTES_MAX = 8_192;

/** A copy of an object's JSON; undefined of anything else, of an empty one and of one that has none. */
const copyOf = (value: unknown): Obj | undefined =>
  attempt(() => (isObj(value) && Object.keys(value)[0] ? (JSON.parse(JSON.stringify(value)) as Obj) : undefined));

/** What captures by itself, once a widget has a configuration: it is told of each trace and when to stop. */
export type Automatic = (emit: (type: string, fields: Obj, metadata?: Obj) => void, options: WidgetOptions) => { trace(id: string): void; stop(): void };

/** A widget that sends events once it has a configuration, now or later. Never throws. */
export function create(input?: WidgetInput, options: WidgetOptions = {}, automatic?: Automatic): YavioWidgetHandle {
  let config: WidgetConfig | undefined;
  let userId: string | undefined;
  let steps = 0;
  let gone = typeof window === 'undefined';
  let capture: ReturnType<Automatic> | undefined;
  let held: (() => void)[] = [];
  const stops: (() => void)[] = [];
  const told = new Set<string>();
  const log = (error: string): void => {
    const [severity = '', code = '', ...words] = error.split(' ');
    if (told.has(code) || (severity === 'info' && !options.debug)) return;
    told.add(code);
    console.warn(`[yavio] ${code} ${words.join(' ')}`);
  };
  const sender = new Sender(log);

  /** Sends one event of the current trace; at and id are those of the call, also when it was held. */
  function emit(type: string, fields: Obj, metadata: unknown, at = new Date().toISOString(), id = uuid()): void {
    let event: Obj = {
      event_id: id, event_type: type, trace_id: config!.traceId, session_id: config!.sessionId, timestamp: at, source: 'widget', sdk_version: SDK_VERSION,
      user_id: userId, ...fields, metadata: copyOf(metadata),
    };
    for (const field of ['metadata', 'user_traits', 'error_message']) if (event[field]) event[field] = redact(event[field]);
    const { beforeSend } = options;
    if (beforeSend) {
      const changed = attempt(() => beforeSend(event));
      if (!isObj(changed)) return;
      event = changed;
    }
    let json = JSON.stringify(event);
    const tooLarge = (): boolean => byteLength(json) > EVENT_BYTES_MAX;
    if (tooLarge()) json = JSON.stringify({ ...event, metadata: { _truncated: true }, user_traits: undefined });
    if (tooLarge()) log(ERR_SDK_EVENT_PAYLOAD_TOO_LARGE);
    else sender.add(json, config!);
  }

  /** An explicit call: held while there is no configuration. */
  function call(name: unknown, work: (name: string, ...of: [at: string, id: string]) => void): void {
    const text = asText(name);
    if (gone || !text) return;
    const at = new Date().toISOString();
    const id = uuid();
    const run = (): void => void attempt(() => work(cut(text, 256), at, id));
    if (config) run();
    else if (held.length < HELD_MAX) held.push(run);
  }

  function activate(found: WidgetConfig): void {
    if (gone) return;
    const before = config;
    if (before?.traceId === found.traceId) {
      if (before.token === found.token) return;
    } else {
      if (before) void sender.flush();
      steps = found.stepSequence ?? 0;
    }
    config = found;
    sender.renew(found);
    if (!before && options.autocapture !== false) {
      capture = automatic?.((...event) => void attempt(() => gone || emit(...event)), options);
      if (capture) stops.push(capture.stop);
    }
    capture?.trace(found.traceId);
    for (const run of held.splice(0)) run();
    if (before) return;
    // After the capturing listeners, so that what they tell goes, too.
    stops.push(
      listen(document, 'visibilitychange', () => document.visibilityState === 'hidden' && sender.leave()),
      listen(window, 'pagehide', () => sender.leave()),
    );
  }

  const handle: YavioWidgetHandle = {
    get active() {
      return config !== undefined && !gone;
    },
    identify: (userName, traits) =>
      call(userName, (name, ...of) => {
        userId = name;
        emit('identify', { user_traits: copyOf(traits) ?? {} }, undefined, ...of);
      }),
    step: (step, meta) => call(step, (name, ...of) => emit('step', { event_name: name, step_sequence: ++steps }, meta, ...of)),
    track: (event, properties) => call(event, (name, ...of) => emit('track', { event_name: name }, properties, ...of)),
    conversion: (conversion, data) =>
      call(conversion, (name, ...of) => {
        const { value, currency, meta } = data;
        if (Number.isFinite(value) && /^[A-Z]{3}$/.test(currency)) emit('conversion', { event_name: name, conversion_value: value, conversion_currency: currency }, meta, ...of);
      }),
    update(next) {
      const found = extractWidgetConfig(next as Obj);
      if (found) attempt(() => activate(found));
    },
    flush: () => sender.flush().catch(() => {}),
    destroy() {
      if (gone) return;
      stops.splice(0).forEach((stop) => attempt(stop));
      sender.stop();
      gone = true;
      held = [];
    },
  };
  if (!gone) {
    attempt(() => {
      if (options.detect !== false) stops.push(...watchHost(activate));
      const found = extractWidgetConfig(input as Obj) ?? (options.detect === false ? null : pageConfig());
      if (found) activate(found);
      else log(ERR_SDK_NO_WIDGET_CONFIG);
    });
  }
  return handle;
}
