// SPDX-License-Identifier: MIT
// The widget entry: the core, and the events that it captures by itself.
import { automatic } from './widget-auto.js';
import { compose } from './widget-core.js';
import type { WidgetInput, WidgetOptions, YavioWidgetHandle } from './widget-types.js';

export type * from './widget-types.js';
export { extractWidgetConfig, SDK_VERSION } from './widget-core.js';

/** A widget that sends events once it has a configuration, now or later. Never throws. */
export const createWidget = (input?: WidgetInput, options?: WidgetOptions): YavioWidgetHandle => compose(input, options, automatic);
