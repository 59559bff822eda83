// SPDX-License-Identifier: MIT
// The React entry: one widget for all components of a page, started by the first and ended after the last.
import { useEffect } from 'react';
import { createWidget, extractWidgetConfig as extract } from './widget.js';
import type { WidgetConfig, WidgetInput, WidgetOptions, YavioWidget, YavioWidgetHandle } from './widget-types.js';

export type * from './widget-types.js';
export const extractWidgetConfig: (input: Record<string, unknown> | null | undefined) => WidgetConfig | null = extract;

/** A remount within this time (StrictMode, a changed key) keeps the widget. */
const TEARDOWN_MS = 1_000;

let shared: YavioWidgetHandle | undefined;
let users = 0;
let teardown: ReturnType<typeof setTimeout> | undefined;
/** Calls made before the first effect ran. */
let early: ((widget: YavioWidget) => void)[] = [];

const pass = (work: (widget: YavioWidget) => void): void => {
  if (shared) work(shared);
  else if (typeof window !== 'undefined' && early.length < 50) early.push(work);
};

/** The same object for every component and render. */
const widget: YavioWidget = {
  identify: (userId, traits) => pass((to) => to.identify(userId, traits)),
  step: (name, meta) => pass((to) => to.step(name, meta)),
  track: (event, properties) => pass((to) => to.track(event, properties)),
  conversion: (name, data) => pass((to) => to.conversion(name, data)),
};

/** The widget of this page. input: the tool result or its _meta, whenever it is there; later ones upgrade in place. */
export function useYavio(input?: WidgetInput, options?: WidgetOptions): YavioWidget {
  useEffect(() => {
    clearTimeout(teardown);
    users++;
    if (!shared) {
      const created = (shared = createWidget(input, options));
      for (const work of early.splice(0)) work(created);
    }
    return () => {
      if (--users > 0) return;
      teardown = setTimeout(() => {
        shared?.destroy();
        shared = undefined;
      }, TEARDOWN_MS);
    };
    // The first component's options count; what comes later comes by update().
  }, []);
  const config = extract(input as Record<string, unknown>);
  const token = config?.token;
  useEffect(() => {
    if (config) shared?.update(config as WidgetInput);
  }, [token]);
  return widget;
}
