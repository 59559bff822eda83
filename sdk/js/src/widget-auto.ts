// SPDX-License-Identifier: MIT
// Events that a widget tells by itself: passive, guarded, and never a field's value, typed text or a full address.
import type { Obj } from './common/util.js';
import type { Automatic } from './widget/create.js';
import { shared } from './widget-core.js';
import type { AutoEvent, WidgetOptions } from './widget-types.js';

const { attempt, cut, listen } = shared;

const AUTO_MAX = 40;
const CLICKS_A_SECOND = 10;
const RAGE_MS = 500;
const SCROLL_MS = 250;
const SCROLL_POINTS = 5;
const INVALID_MS = 50;
const SAME_ERROR_MS = 5_000;
const ERRORS_MAX = 20;
const VISIBLE_MS = 100;

const nameOf = (element: Element): string =>
  cut(element.closest('[data-yavio]')?.getAttribute('data-yavio') || element.id || element.tagName.toLowerCase(), 256);

/** Where an event happened, unless it is none of ours. */
function targetOf(event: Event): Element | undefined {
  const first = event.composedPath()[0] ?? event.target;
  const element = first instanceof Element ? first : undefined;
  return element?.closest('[data-yavio-ignore]') ? undefined : element;
}

/** Whether an automatic event is wanted. */
const wants = ({ autocapture = true }: WidgetOptions, type: AutoEvent): boolean =>
  typeof autocapture === 'object' ? autocapture[type] !== false : autocapture;

/** Starts capturing; gives what is to be called for each trace, and the way to stop. */
export const automatic: Automatic = (emit, options) => {
  const stops: (() => void)[] = [];
  const rendered = new Set<string>();
  let current = '';
  let count = 0;
  const tell = (type: AutoEvent, fields: Obj, metadata?: Obj): void => {
    if (!wants(options, type) || count >= (options.maxEvents ?? AUTO_MAX)) return;
    count++;
    emit(`widget_${type}`, fields, metadata);
  };
  const render = (): void => {
    if (rendered.has(current)) return;
    rendered.add(current);
    tell('render', ...surroundings());
  };
  const trace = (id: string): void => {
    if (id !== current) count = 0;
    current = id;
    if (document.readyState === 'loading') on(document, 'DOMContentLoaded', render);
    else render();
  };
  const on = (target: EventTarget, type: string, work: (event: Event) => void): void => void stops.push(listen(target, type, work, true));
  /** A listener for what happens to elements. */
  const onElement = (type: string, work: (element: Element, event: Event) => void): void =>
    on(document, type, (event) => {
      const element = targetOf(event);
      if (element) work(element, event);
    });
  const pieces: Partial<Record<AutoEvent, () => void>> = { error, visibility, click, scroll, form_field, form_submit, navigation, focus, performance: loaded };

  function error(): void {
    const last = new Map<string, number>();
    let count = 0;
    const report = (message: unknown, thrown: unknown, source: unknown): void => {
      const text = cut(String(message), 512);
      if (count >= ERRORS_MAX || Date.now() - (last.get(text) ?? -Infinity) < SAME_ERROR_MS) return;
      last.set(text, Date.now());
      count++;
      const stack = attempt(() => (thrown as Error).stack);
      tell('error', { error_message: text }, { error_source: source, error_stack: stack ? cut(stack, 1_024).replace(/\?[^\s:)]*/g, '') : undefined });
    };
    on(window, 'error', (event) => event instanceof ErrorEvent && report(event.message, event.error, 'error'));
    on(window, 'unhandledrejection', (event) => {
      const { reason } = event as PromiseRejectionEvent;
      report((reason as Error | undefined)?.message ?? reason, reason, 'unhandledrejection');
    });
  }

  function click(): void {
    let count = 0;
    let recent: number[] = [];
    let burst = { target: undefined as Element | undefined, first: 0, clicks: 0 };
    onElement('click', (element, event) => {
      const { clientX, clientY } = event as MouseEvent;
      const now = event.timeStamp;
      count++;
      const about: Obj = {
        target_tag: element.tagName.toLowerCase(), target_id: element.id, target_class: element.getAttribute('class') ?? '', click_x: clientX, click_y: clientY,
      };
      const fields = { event_name: nameOf(element), click_count: count };
      if (burst.target !== element || now - burst.first > RAGE_MS) burst = { target: element, first: now, clicks: 0 };
      if (++burst.clicks === 3) tell('rage_click', { ...fields, click_count: 3 }, { ...about, burst_ms: now - burst.first });
      recent = recent.filter((at) => now - at < 1_000);
      if (recent.push(now) > CLICKS_A_SECOND) return;
      tell('click', fields, about);
      const link = element.closest<HTMLAnchorElement>('a[href]');
      if (!link) return;
      const to = new URL(link.href, location.href);
      tell('link_click', { event_name: nameOf(link) }, { href: to.origin, link_text: cut((link.textContent ?? '').trim(), 100), is_external: to.origin !== location.origin });
    });
  }

  function scroll(): void {
    const seen = new WeakMap<Element, { top: number; deepest: number; told: number; down: boolean; timer?: ReturnType<typeof setTimeout> | undefined }>();
    on(document, 'scroll', (event) => {
      const element = event.target === document ? document.scrollingElement : targetOf(event);
      if (!element) return;
      const state = seen.get(element) ?? { top: 0, deepest: 0, told: 0, down: true };
      seen.set(element, state);
      clearTimeout(state.timer);
      state.timer = setTimeout(() => {
        const depth = Math.min(100, ((element.scrollTop + element.clientHeight) / element.scrollHeight) * 100);
        const down = element.scrollTop >= state.top;
        const turned = down !== state.down;
        Object.assign(state, { top: element.scrollTop, down, deepest: Math.max(state.deepest, depth) });
        if (!turned && state.deepest - state.told < SCROLL_POINTS) return;
        state.told = state.deepest;
        const name = element === document.scrollingElement ? 'page' : nameOf(element);
        tell('scroll', { event_name: name, scroll_depth_pct: Math.round(state.deepest) }, { scroll_direction: down ? 'down' : 'up' });
      }, SCROLL_MS);
    });
  }

  type Field = Element & { name?: string; type?: string; value?: string; form?: HTMLFormElement | null; checked?: boolean };
  const isField = (element: Element): element is Field => /^(input|textarea|select)$/i.test(element.tagName);
  const formOf = (element: Element): Element | null | undefined => (isField(element) ? element.form : undefined);
  const fieldName = (field: Field): string => cut(field.name || field.id || '', 256);
  const formName = (form: Element | null | undefined): string => (form ? cut(form.getAttribute('data-yavio') || form.id || form.getAttribute('name') || 'form', 256) : 'page');

  function form_field(): void {
    let since = 0;
    onElement('focusin', (_element, event) => (since = event.timeStamp));
    onElement('focusout', (element, event) => {
      if (!isField(element)) return;
      const filled = element.type === 'checkbox' || element.type === 'radio' ? element.checked : Boolean(element.value);
      tell('form_field', { event_name: formName(element.form), field_name: fieldName(element) }, { field_type: element.type, time_in_field_ms: event.timeStamp - since, filled });
    });
  }

  function form_submit(): void {
    const begun = new WeakMap<Element, number>();
    const told = (form: Element, status: string, more: Obj): void => {
      const from = begun.get(form);
      tell('form_submit', { event_name: formName(form), status }, { ...more, time_to_submit_ms: from && performance.now() - from });
    };
    onElement('focusin', (element, event) => {
      const form = formOf(element);
      if (form && !begun.has(form)) begun.set(form, event.timeStamp);
    });
    onElement('submit', (form) => told(form, 'success', { validation_errors: 0 }));
    const bursts = new Map<Element, string[]>();
    onElement('invalid', (element: Field) => {
      const form = formOf(element);
      if (!form) return;
      const names = bursts.get(form) ?? [];
      if (names.push(fieldName(element)) > 1) return;
      bursts.set(form, names);
      setTimeout(() => {
        bursts.delete(form);
        told(form, 'error', { validation_errors: names.length, invalid_fields: names.slice(0, 50) });
      }, INVALID_MS);
    });
  }

  function navigation(): void {
    const here = (): string => cut(location.pathname + location.hash, 1_024);
    let from = here();
    let since = performance.now();
    const look = (): void => {
      const to = here();
      if (to === from) return;
      tell('navigation', { nav_from: from, nav_to: to }, { time_on_prev_ms: performance.now() - since });
      from = to;
      since = performance.now();
    };
    on(window, 'popstate', look);
    on(window, 'hashchange', look);
    for (const name of ['pushState', 'replaceState'] as const) {
      const before = history[name];
      const ours = function (this: History, ...args: Parameters<History['pushState']>): void {
        before.apply(this, args);
        attempt(look);
      };
      history[name] = ours;
      stops.push(() => {
        if (history[name] === ours) history[name] = before;
      });
    }
  }

  function focus(): void {
    let since = document.hasFocus() ? performance.now() : undefined;
    let count = Number(document.hasFocus());
    on(window, 'focus', (event) => {
      if (event.target !== window) return;
      since = performance.now();
      count++;
    });
    on(window, 'blur', (event) => {
      if (event.target !== window || since === undefined) return;
      tell('focus', {}, { focus_duration_ms: performance.now() - since, focus_count: count });
      since = undefined;
    });
  }

  function visibility(): void {
    let since: number | undefined;
    let highest = 0;
    const left = (): void => {
      const duration = since === undefined ? 0 : performance.now() - since;
      if (duration >= VISIBLE_MS) tell('visibility', { visible_duration_ms: duration }, { percent_visible: Math.round(highest * 100) });
      since = undefined;
      highest = 0;
    };
    let ratio = 0;
    const look = (): void => {
      if (ratio === 0 || document.visibilityState === 'hidden') return left();
      since ??= performance.now();
      highest = Math.max(highest, ratio);
    };
    const observer = new IntersectionObserver((entries) => attempt(() => {
      ratio = entries[entries.length - 1]!.intersectionRatio;
      look();
    }), { threshold: [0, 0.25, 0.5, 0.75, 1] });
    observer.observe(options.root ?? document.documentElement);
    stops.push(() => observer.disconnect());
    on(document, 'visibilitychange', look);
    on(window, 'pagehide', left);
  }

  function loaded(): void {
    const look = (): void => {
      const entry = performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined;
      if (!entry || !(entry.loadEventEnd > 0)) return;
      const paint = performance.getEntriesByName('first-paint')[0];
      const bytes = performance.getEntriesByType('resource').reduce((sum, one) => sum + ((one as PerformanceResourceTiming).transferSize || 0), 0);
      tell('performance', { load_time_ms: entry.loadEventEnd }, {
        ttfb_ms: entry.responseStart, ttfp_ms: paint?.startTime, dcl_ms: entry.domContentLoadedEventEnd, resource_transfer_bytes: bytes,
      });
    };
    if (document.readyState === 'complete') setTimeout(() => attempt(look));
    else on(window, 'load', () => setTimeout(() => attempt(look)));
  }

  for (const [type, start] of Object.entries(pieces)) if (wants(options, type as AutoEvent) || (type === 'click' && wants(options, 'rage_click'))) attempt(start);
  return { trace, stop: () => stops.splice(0).forEach((stop) => attempt(stop)) };
};

/** What widget_render says of the place the widget runs in: fields and metadata. */
const surroundings = (): [Obj, Obj] => [
  {
    viewport_width: innerWidth, viewport_height: innerHeight, device_pixel_ratio: devicePixelRatio,
    device_touch: 'ontouchstart' in window || navigator.maxTouchPoints > 0 ? 1 : 0,
    connection_type: (navigator as { connection?: { effectiveType?: string } }).connection?.effectiveType || undefined,
  },
  {
    language: navigator.language,
    timezone: attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
    host: 'openai' in window ? 'openai' : window.parent === window ? 'page' : 'frame',
  },
];
