// SPDX-License-Identifier: MIT
// The widget entry: framework-free, inert until the server's configuration is there, sending to ingest by a token of one trace.
import { ERR_SDK_EVENT_PAYLOAD_TOO_LARGE, ERR_SDK_NO_WIDGET_CONFIG } from './errors.js';
import { redact } from './common/pii.js';
import { asText, attempt, byteLength, cut, isObj, uuid, type Obj } from './common/util.js';
import { SDK_VERSION } from './version.js';
import { autoCapture, surroundings } from './widget/auto.js';
import { extractWidgetConfig as extract, pageConfig, watchHost } from './widget/config.js';
import { Sender } from './widget/sender.js';
import type { AutoEvent, WidgetConfig, WidgetInput, WidgetOptions, YavioWidgetHandle } from './widget-types.js';

export type * from './widget-types.js';
export { SDK_VERSION } from './version.js';

const HELD_MAX = 50;
const AUTO_MAX = 40;
const EVENT_BYTES_MAX = 8_192;

/** The configuration in a tool result, in its _meta, or in the object itself; null when it is not complete. */
export const extractWidgetConfig: (input: Record<string, unknown> | null | undefined) => WidgetConfig | null = extract;

/** A widget that sends events once it has a configuration, now or later. Never throws. */
export function createWidget(input?: WidgetInput, options: WidgetOptions = {}): YavioWidgetHandle {
  let config: WidgetConfig | undefined;
  let userId: string | undefined;
  let steps = 0;
  let automatic = 0;
  let gone = typeof window === 'undefined';
  const rendered = new Set<string>();
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
  function emit(type: string, fields: Obj, metadata: Obj | undefined, at: string, id: string): void {
    const meta = isObj(metadata) ? attempt(() => JSON.parse(JSON.stringify(metadata)) as Obj) : undefined;
    let event: Obj = {
      event_id: id, event_type: type, trace_id: config!.traceId, session_id: config!.sessionId, timestamp: at, source: 'widget', sdk_version: SDK_VERSION,
      ...(userId && { user_id: userId }), ...fields, ...(meta && Object.keys(meta).length && { metadata: meta }),
    };
    for (const field of ['metadata', 'user_traits', 'error_message']) if (event[field]) event[field] = redact(event[field]);
    if (options.beforeSend) {
      const changed = attempt(() => options.beforeSend!(event));
      if (!isObj(changed)) return;
      event = changed;
    }
    let json = JSON.stringify(event);
    if (byteLength(json) > EVENT_BYTES_MAX) json = JSON.stringify({ ...event, metadata: { _truncated: true }, user_traits: undefined });
    if (byteLength(json) > EVENT_BYTES_MAX) return log(ERR_SDK_EVENT_PAYLOAD_TOO_LARGE);
    sender.add(json, config!);
  }

  /** An explicit call: held while there is no configuration. */
  function call(work: (at: string, id: string) => void): void {
    if (gone) return;
    const at = new Date().toISOString();
    const id = uuid();
    const run = (): void => void attempt(() => work(at, id));
    if (config) run();
    else if (held.length < HELD_MAX) held.push(run);
  }

  function tell(type: AutoEvent, fields: Obj, metadata?: Obj): void {
    const wanted = options.autocapture === undefined || options.autocapture === true || (options.autocapture && options.autocapture[type] !== false);
    if (gone || !config || !wanted || automatic >= (options.maxEvents ?? AUTO_MAX)) return;
    automatic++;
    attempt(() => emit(`widget_${type}`, fields, metadata, new Date().toISOString(), uuid()));
  }

  function render(): void {
    if (gone || !config || rendered.has(config.traceId)) return;
    rendered.add(config.traceId);
    const { fields, metadata } = surroundings();
    tell('render', fields, metadata);
  }

  function activate(found: WidgetConfig): void {
    if (gone) return;
    const first = !config;
    if (config && config.traceId === found.traceId && config.token === found.token) return;
    if (config?.traceId !== found.traceId) {
      if (config) void sender.flush();
      automatic = 0;
      steps = found.stepSequence ?? 0;
    }
    config = found;
    sender.renew(found);
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', render, { once: true });
    else render();
    for (const run of held.splice(0)) run();
    if (!first) return;
    if (options.autocapture !== false) stops.push(autoCapture(tell, options));
    const leave = (): void => sender.leave();
    const onHidden = (): void => void (document.visibilityState === 'hidden' && leave());
    // After the capturing listeners of autoCapture, so that what they tell goes, too.
    document.addEventListener('visibilitychange', onHidden);
    window.addEventListener('pagehide', leave);
    stops.push(() => document.removeEventListener('visibilitychange', onHidden), () => window.removeEventListener('pagehide', leave));
  }

  const handle: YavioWidgetHandle = {
    get active() {
      return config !== undefined && !gone;
    },
    identify: (id, traits) =>
      call((at, eventId) => {
        if (!asText(id)) return;
        userId = cut(id, 256);
        emit('identify', { user_traits: attempt(() => JSON.parse(JSON.stringify(traits ?? {})) as Obj) ?? {} }, undefined, at, eventId);
      }),
    step: (name, meta) => call((at, id) => asText(name) && emit('step', { event_name: cut(name, 256), step_sequence: ++steps }, meta, at, id)),
    track: (name, properties) => call((at, id) => asText(name) && emit('track', { event_name: cut(name, 256) }, properties, at, id)),
    conversion: (name, data) =>
      call((at, id) => {
        if (asText(name) && Number.isFinite(data.value) && /^[A-Z]{3}$/.test(data.currency)) {
          emit('conversion', { event_name: cut(name, 256), conversion_value: data.value, conversion_currency: data.currency }, data.meta, at, id);
        }
      }),
    update(next) {
      const found = extract(next as Obj);
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
      if (options.detect !== false) stops.push(watchHost((found) => attempt(() => activate(found))));
      const found = extract(input as Obj) ?? (options.detect === false ? null : pageConfig());
      if (found) activate(found);
      else log(ERR_SDK_NO_WIDGET_CONFIG);
    });
  }
  return handle;
}
