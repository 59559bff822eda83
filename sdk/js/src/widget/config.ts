// SPDX-License-Identifier: MIT
// Where a widget finds the configuration that the server put into the tool's result.
import { asObj, attempt, textAt, type Obj } from '../common/util.js';
import type { WidgetConfig } from '../widget-types.js';
import { listen } from './listen.js';

const FIELDS = ['token', 'endpoint', 'traceId', 'sessionId'] as const;

/** The configuration in a tool result, its _meta, or the object itself; null when it is not complete. */
export function extractWidgetConfig(input: Record<string, unknown> | null | undefined): WidgetConfig | null {
  return (
    attempt(() => {
      const object = asObj(input);
      return [object.yavio, asObj(object._meta).yavio, object].find((found) => FIELDS.every((field) => textAt(found, field))) as WidgetConfig | undefined;
    }) ?? null
  );
}

/** What the page itself holds: a global that is read once, else a meta element. */
export function pageConfig(): WidgetConfig | null {
  const page = window as unknown as Obj;
  const global = attempt(() => extractWidgetConfig(page.__YAVIO__ as Obj));
  if (global) {
    attempt(() => delete page.__YAVIO__);
    return global;
  }
  return attempt(() => extractWidgetConfig(JSON.parse(document.querySelector<HTMLMetaElement>('meta[name="yavio-config"]')!.content) as Obj)) ?? hostConfig();
}

const hostConfig = (): WidgetConfig | null =>
  attempt(() => extractWidgetConfig((window as unknown as { openai?: { toolResponseMetadata?: Obj } }).openai?.toolResponseMetadata)) ?? null;

/** Tells found of every configuration that the host hands over from now on; gives the ways to stop. */
export function watchHost(found: (config: WidgetConfig) => void): (() => void)[] {
  const tell = (config: WidgetConfig | null): void => {
    if (config) found(config);
  };
  const onGlobals = (): void => tell(hostConfig());
  const onMessage = (event: Event): void => {
    const { data, source } = event as MessageEvent<unknown>;
    if (source === window.parent && textAt(data, 'method') === 'ui/notifications/tool-result') tell(extractWidgetConfig(asObj(asObj(data).params)));
  };
  return [listen(window, 'openai:set_globals', onGlobals), listen(window, 'message', onMessage)];
}
