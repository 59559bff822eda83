// SPDX-License-Identifier: MIT
// A request that has ended becomes an event: tool_call with everything that is known of it, or one of the other types.
import { ERR_SDK_TOOL_RESPONSE_INSPECTION_FAILED } from '../errors.js';
import { header, serverInfo } from '../common/mcp.js';
import { redactText } from '../common/pii.js';
import { asObj, asText, attempt, cut, short, textAt, type Obj } from '../common/util.js';
import type { Call, Ending } from '../server/request.js';
import { tellInputRequests } from './asking.js';
import { emit } from './back.js';
import { categoryOf, codeOf, describe, hashOf, messageOf, outputOf, sizeOf, tokensOf, weigh } from './outcome.js';
import { tellPrompt, tellResource } from './reading.js';

/** JSON-RPC error of a tool that wants its user to open a URL first. */
const URL_ELICITATION = -32042;
const RETRY_MS = 300_000;
const KEYS_MAX = 100;
const REPORT_MAX = 500;

/** 1 when the session's last call was the same tool and failed, or had equal arguments; and remembers this one. */
function noteRetry({ core, sessionId, name: tool = '', resumed }: Call, failed: boolean, argsText: string): number {
  const hash = hashOf(argsText);
  const last = core.back!.lastCalls.get(sessionId);
  const at = Date.now();
  core.back!.lastCalls.set(sessionId, { tool, hash, failed, at });
  return Number(!resumed && last !== undefined && at - last.at <= RETRY_MS && last.tool === tool && (last.failed || last.hash === hash));
}

const COUNTRY_HEADERS = ['cf-ipcountry', 'cloudfront-viewer-country', 'x-vercel-ip-country', 'x-appengine-country', 'x-country-code'];

function countryOf(call: Call): string | undefined {
  const vendor = /^(chatgpt|claude|gemini)$/.test(call.platform);
  const headers = vendor ? [] : COUNTRY_HEADERS;
  const found = textAt(call.meta['openai/userLocation'], 'country') ?? headers.map((name) => header(call.extra, name)).find(Boolean);
  return found && /^(?!XX|T1|ZZ)[A-Z]{2}$/i.test(found) ? found.toUpperCase() : undefined;
}

/** What request and _meta say of the user. */
function userFields(call: Call): Obj {
  const { meta, extra } = call;
  const locale = asText(meta['openai/locale']) ?? header(extra, 'accept-language')?.split(/[,;]/)[0]?.trim();
  return {
    country_code: call.config.capture.geo ? countryOf(call) : undefined,
    locale: locale === '*' ? undefined : short(locale || undefined, 35),
    end_user_agent: short(asText(meta['openai/userAgent']), 512),
    subject_id: short(asText(meta['openai/subject']), 256),
  };
}

/** The headers that may leave the process. */
function headerFields({ meta, extra }: Call): Obj {
  const trace = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-/.exec(asText(meta.traceparent) ?? header(extra, 'traceparent') ?? '');
  return {
    user_agent: short(header(extra, 'user-agent'), 512),
    accept_language: short(header(extra, 'accept-language'), 512),
    x_anthropic_client: short(header(extra, 'x-anthropic-client'), 512),
    otel_trace_id: trace?.[1],
    otel_span_id: trace?.[2],
  };
}

function argumentFields(call: Call, argsText: string): Obj {
  const { inputKeys, inputValues, tokens } = call.config.capture;
  const { args } = call;
  if (!args) return {};
  const raw = asObj(call.params.arguments);
  const keys = inputKeys ? Object.keys(args).filter((key) => key in raw).slice(0, KEYS_MAX) : undefined;
  return {
    input_keys: keys && Object.fromEntries(keys.map((key) => [key, true])),
    input_types: keys && Object.fromEntries(keys.map((key) => [key, attempt(() => typeof raw[key]) ?? 'object'])),
    input_values: inputValues ? args : undefined,
    tokens_in: tokens ? Math.ceil((args._truncated ? weigh(raw) : argsText.length) / 4) : undefined,
  };
}

function resultFields(call: Call, result: Obj, metadata: Obj): Obj {
  const { outputValues, tokens } = call.config.capture;
  try {
    Object.assign(metadata, describe(result), { response_size: sizeOf(result), task_id: textAt(result.task, 'taskId') });
    return { output_content: outputValues ? outputOf(result) : undefined, tokens_out: tokens ? tokensOf(result) : undefined };
  } catch (error) {
    call.core.log(ERR_SDK_TOOL_RESPONSE_INSPECTION_FAILED, String(error));
    return {};
  }
}

/** The tool_call event of a call that has ended; input_required and URL elicitation are no end. */
function tellToolCall(call: Call, { result, error, flag }: Ending, latency: number): void {
  if (result?.resultType === 'input_required') return tellInputRequests(call, asObj(result.inputRequests));
  const code = codeOf(error);
  if (code === URL_ELICITATION) return tellInputRequests(call, { url: { method: 'elicitation/create', params: { mode: 'url' } } });
  const failed = !!(flag || error || result?.isError === true);
  const argsText = JSON.stringify(call.args ?? {});
  const metadata: Obj = {
    session_source: call.sessionSource,
    era: call.modern ? 'modern' : 'legacy',
    server_name: serverInfo(call.connection.server).name,
    request_id: String(call.id),
    protocol_version: call.protocolVersion,
    handler_entered: call.watched ? call.entered : undefined,
    error_code: code,
    ...(flag && { [flag]: true }),
    ...headerFields(call),
  };
  const retry = noteRetry(call, failed, argsText);
  const fields: Obj = {
    event_name: cut(call.name ?? '', 256),
    latency_ms: latency,
    status: failed ? 'error' : 'success',
    ...argumentFields(call, argsText),
    ...(result && resultFields(call, result, metadata)),
    intent_signals: call.intent,
    ...userFields(call),
    is_retry: call.config.capture.retries ? retry : undefined,
  };
  if (failed) {
    const message = messageOf(call, result, error);
    fields.error_category = flag ? 'unknown' : categoryOf(call, message, code);
    fields.error_message = message || undefined;
    metadata.error_name = call.failed ? short(attempt(() => asText((call.error as Obj).name)), 128) : undefined;
  }
  emit(call, 'tool_call', fields, metadata);
}

/** The event of a request that was answered, refused, cancelled or cut off, after so many ms. */
export function tellAnswered(call: Call, ending: Ending, latency: number): void {
  const { method, config: { capture } } = call;
  if (method === 'tools/call') tellToolCall(call, ending, latency);
  else if (/^resources\/(read|list|templates\/list)$/.test(method) && capture.resources) tellResource(call, ending, latency);
  else if (/^prompts\/(get|list)$/.test(method) && capture.prompts) tellPrompt(call, ending, latency);
}

/** What the model could not do, by the tool of ours. */
export function tellMissing(call: Call, args: Obj, tools: number): void {
  const text = (value: unknown): string => cut(redactText(cut(asText(value) ?? '', 4_000)), REPORT_MAX);
  const attempted = text(args.attempted);
  const report = { need: text(args.need), ...(attempted && { attempted }) };
  emit(call, 'track', { event_name: '$missing_tool' }, { ...report, tools_count: tools });
  attempt(() => call.config.missing?.onReport?.(report));
}

/** The result of a tool with a widget, and whether it carries the widget's configuration. */
export const tellWidget = (call: Call, uri: string, minted: boolean, wait: number): void =>
  emit(call, 'widget_response', { event_name: call.name }, { resource_uri: uri, token_minted: minted, wait_ms: wait });
