// SPDX-License-Identifier: MIT
// The public types of the widget and React entries.

/** What withYavio puts into _meta.yavio of a widget tool's result. */
export interface WidgetConfig {
  token: string; endpoint: string; traceId: string; sessionId: string;
  stepSequence?: number; expiresAt?: string;
}
export type WidgetInput = Partial<WidgetConfig> | Record<string, unknown> | null | undefined;

export type AutoEvent =
  | 'render' | 'error' | 'visibility' | 'click' | 'rage_click' | 'scroll' | 'form_field'
  | 'form_submit' | 'link_click' | 'navigation' | 'focus' | 'performance';

export interface WidgetOptions {
  /** Which events are captured without a call; all by default. */
  autocapture?: boolean | Partial<Record<AutoEvent, boolean>>;
  /** Whose visibility is measured; the document by default. */
  root?: Element;
  /** Looks for a configuration that the host of the widget hands over; true by default. */
  detect?: boolean;
  /** Most automatic events a trace, 40 by default. */
  maxEvents?: number;
  beforeSend?: (event: Record<string, unknown>) => Record<string, unknown> | null;
  debug?: boolean;
}

export interface YavioWidget {
  identify(userId: string, traits?: Record<string, unknown>): void;
  step(name: string, meta?: Record<string, unknown>): void;
  track(event: string, properties?: Record<string, unknown>): void;
  conversion(name: string, data: { value: number; currency: string; meta?: Record<string, unknown> }): void;
}

export interface YavioWidgetHandle extends YavioWidget {
  /** Whether a configuration is there. */
  readonly active: boolean;
  /** A configuration that came later, or that of a new trace. */
  update(input: WidgetInput): void;
  flush(): Promise<void>;
  destroy(): void;
}
