// SPDX-License-Identifier: MIT
// resource_access and prompt_usage events, and a look at whether widgets may reach ingest.
import { ERR_SDK_WIDGET_CSP_MISSING } from '../errors.js';
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, cut, isObj, listOf, type Obj } from '../common/util.js';
import type { Call, Ending } from '../server/request.js';
import { emit } from './back.js';
import { codeOf, kindsOf, sizeOf } from './outcome.js';

/** The outcome as metadata: these types have no columns for status and duration. */
const outcomeOf = (call: Call, { error, flag }: Ending, latency: number): Obj => ({
  method: call.method,
  status: error || flag ? 'error' : 'success',
  latency_ms: latency,
  error_code: codeOf(error),
  ...(flag && { [flag]: true }),
});

export function tellResource(call: Call, ending: Ending, latency: number): void {
  const { result } = ending;
  const items = listOf(result?.contents ?? result?.resources ?? result?.resourceTemplates);
  const uri = call.method === 'resources/read' ? call.name : undefined;
  emit(call, 'resource_access', { event_name: cut(uri?.replace(/[?#].*$/s, '') ?? call.method, 256) }, {
    ...outcomeOf(call, ending, latency),
    ...(result && { count: items.length, mime_types: kindsOf(items, 'mimeType'), response_size: sizeOf(result) }),
  });
  const { config } = call;
  if (!config.serverOnly && config.options.widget?.inject !== 'never') for (const item of items) attempt(() => checkCsp(call, item));
}

export function tellPrompt(call: Call, ending: Ending, latency: number): void {
  const args = snapshotObject(call.params.arguments);
  const messages = ending.result?.messages;
  emit(call, 'prompt_usage', { event_name: cut((call.method === 'prompts/get' && call.name) || call.method, 256) }, {
    ...outcomeOf(call, ending, latency),
    arg_keys: args && Object.keys(args).slice(0, 100),
    args: call.config.capture.inputValues ? args : undefined,
    messages: Array.isArray(messages) ? messages.length : undefined,
  });
}

/** Warns once when the policy of a widget's resource does not name ingest. */
function checkCsp(call: Call, item: Obj): void {
  if (!asText(item.uri)?.startsWith('ui://')) return;
  const meta = asObj(item._meta);
  if (call.method !== 'resources/read' && !isObj(meta.ui) && !isObj(meta['openai/widgetCSP'])) return;
  const { origin } = new URL(call.config.url);
  const allowed = [asObj(asObj(meta.ui).csp).connectDomains, asObj(meta['openai/widgetCSP']).connect_domains].flat();
  if (!allowed.some((domain) => domain === '*' || String(domain).replace(/\/$/, '') === origin)) {
    call.core.log(ERR_SDK_WIDGET_CSP_MISSING, `add ${origin} to connectDomains of ${String(item.uri)}`);
  }
}
