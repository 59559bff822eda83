// SPDX-License-Identifier: MIT
// The core of a widget as an entry of its own: explicit calls, configuration and sending, without what ./widget captures by itself.
import { attempt, cut } from './common/util.js';
import { extractWidgetConfig as extract } from './widget/config.js';
import { create } from './widget/create.js';
import { listen } from './widget/listen.js';
import type { WidgetConfig, WidgetInput, WidgetOptions, YavioWidgetHandle } from './widget-types.js';

export type * from './widget-types.js';
export { SDK_VERSION } from './version.js';

/** The configuration in a tool result, in its _meta, or in the object itself; null when it is not complete. */
export const extractWidgetConfig: (input: Record<string, unknown> | null | undefined) => WidgetConfig | null = extract;

/** A widget that sends events once it has a configuration, now or later. Never throws. */
export const createWidget = (input?: WidgetInput, options?: WidgetOptions): YavioWidgetHandle => create(input, options);

/** @internal For ./widget, which adds what captures by itself. */
export const compose = create;

/** @internal What that shares with the core. */
export const shared = { attempt, cut, listen };
