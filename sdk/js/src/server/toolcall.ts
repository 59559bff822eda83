// SPDX-License-Identifier: MIT
// tools/call from its arrival to its event: arguments, intent, what the callback threw, the answer, a repeated call.
import { ERR_SDK_TOOL_RESPONSE_INSPECTION_FAILED } from '../errors.js';
import { redactText } from '../common/pii.js';
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, cut, isObj, textAt, type Obj } from '../common/util.js';
import { catalogueOf, ownsMissingTool, parameterOf, serverInfo } from './catalogue.js';
import { tellInputRequests, tellInputResponses, URL_ELICITATION } from './asking.js';
import { categoryOf, describe, messageOf, outputOf, sizeOf, tokensOf, weigh } from './outcome.js';
import { header, type Call } from './request.js';
import { sha256 } from './runtime.js';
import { storage, track } from './tracker.js';

const RETRY_MS = 300_000;
const CONTINUED_MS = 600_000;
const KEYS_MAX = 100;
const REPORT_MAX = 500;

const watched = new WeakSet<object>();

type Callback = (...args: unknown[]) => unknown;

/** Wraps a callback, to note that it was entered and what it threw; results and errors pass as they are. */
const watchCallback = (callback: Callback): Callback =>
  new Proxy(callback, {
    apply(target, self, args) {
      const call = storage?.getStore() as Call | undefined;
      const note = (error: unknown): void => {
        if (call) Object.assign(call, { failed: true, error });
      };
      if (call) call.entered = true;
      try {
        const result: unknown = Reflect.apply(target, self, args);
        if (result instanceof Promise) result.then(undefined, note);
        return result;
      } catch (error) {
        note(error);
        throw error;
      }
    },
  });

/** A stand-in for the handler of a task tool, in which what makes the tasks is wrapped; the handler stays as it is. */
function watchTasks(handler: Obj): Obj {
  const bound = ['createTask', 'getTask', 'getTaskResult'].map((name, i) => {
    const method = (handler[name] as Callback).bind(handler);
    return [name, { value: i ? method : watchCallback(method) }];
  });
  return Object.create(handler, Object.fromEntries(bound) as PropertyDescriptorMap) as Obj;
}

/** Watches, once, the callback that this call will run, where the server keeps it in the known shape. */
function watchTool(call: Call, owner: Obj): void {
  const tools = owner._registeredTools;
  if (!storage || !isObj(tools) || !call.name) return;
  if (!Object.hasOwn(tools, call.name)) {
    call.watched = Object.keys(tools).length > 0;
    return;
  }
  const tool = asObj(tools[call.name]);
  const isTask = typeof asObj(tool.handler).createTask === 'function';
  const field = isTask ? 'handler' : ['executor', 'handler', 'callback'].find((name) => typeof tool[name] === 'function');
  if (!field) return;
  if (!watched.has(tool[field] as object)) {
    tool[field] = isTask ? watchTasks(tool.handler as Obj) : watchCallback(tool[field] as Callback);
    watched.add(tool[field] as object);
  }
  call.watched = true;
}

/** Key of a call that will be repeated: what the server gave to recognise it, else what it was about. */
function continuationKey(call: Call, state: unknown): string {
  return typeof state === 'string' ? sha256(state) : sha256(`${call.sessionId}\n${call.name}\n${JSON.stringify(call.args ?? {})}`);
}

/** Continues the trace of a call that the client repeats with the answers of its user. */
function resume(call: Call): void {
  if (!isObj(call.params.inputResponses) && call.params.requestState === undefined) return;
  const key = continuationKey(call, call.params.requestState);
  const before = call.core.continued.get(key);
  if (!before || Date.now() - before.at > CONTINUED_MS) return;
  call.core.continued.delete(key);
  call.traceId = before.traceId;
  call.step = before.step;
  call.resumed = true;
  tellInputResponses(call, before.kinds, asObj(call.params.inputResponses), Date.now() - before.at);
}

/** Prepares a tools/call: what the host shall get instead of the message, or an answer of our own. */
export function prepareToolCall(call: Call, message: Obj, owner: Obj): { forward?: Obj; answer?: Obj } {
  const args = call.params.arguments;
  if (ownsMissingTool(call)) return { answer: reportMissing(call, asObj(args)) };
  let forward = message;
  const { intent } = call.config;
  if (intent) {
    const parameter = parameterOf(intent);
    const note = (text: unknown, source: string): void => {
      const said = asText(text)?.trim();
      if (said) call.intent ??= { intent: cut(said, 4_000), source };
    };
    if (catalogueOf(call).tools.get(call.name ?? '')?.intent === parameter && isObj(args) && Object.hasOwn(args, parameter)) {
      const { [parameter]: given, ...rest } = args;
      note(given, 'context_parameter');
      call.params = { ...call.params, arguments: rest };
      forward = { ...message, params: call.params };
    }
    if (!call.intent) note(attempt(() => intent.fallback?.(call.name ?? '', isObj(args) ? args : undefined)), 'inferred');
  }
  call.args = snapshotObject(call.params.arguments);
  resume(call);
  attempt(() => watchTool(call, owner));
  return { forward };
}

function reportMissing(call: Call, args: Obj): Obj {
  const text = (value: unknown): string => cut(redactText(cut(asText(value) ?? '', 4_000)), REPORT_MAX);
  const attempted = text(args.attempted);
  const report = { need: text(args.need), ...(attempted && { attempted }) };
  track(call, '$missing_tool', { ...report, tools_count: catalogueOf(call).tools.size });
  attempt(() => call.config.missing?.onReport?.(report));
  return {
    content: [{ type: 'text', text: 'Noted for the developers of this server. Please go on with the tools that there are.' }],
    ...(call.modern && { resultType: 'complete' }),
  };
}

/** 1 when the session's last call was the same tool and failed, or had equal arguments; and remembers this one. */
function noteRetry({ core, sessionId, name: tool = '', resumed }: Call, failed: boolean, argsText: string): number {
  // Every call pays for this hash: no object of the engine's is made for it.
  let hash = 0;
  for (let i = 0; i < argsText.length; i++) hash = Math.imul(hash ^ argsText.charCodeAt(i), 16_777_619);
  const last = core.lastCalls.get(sessionId);
  const at = Date.now();
  core.lastCalls.set(sessionId, { tool, hash, failed, at });
  return Number(!resumed && last !== undefined && at - last.at <= RETRY_MS && last.tool === tool && (last.failed || last.hash === hash));
}

const COUNTRY_HEADERS = ['cf-ipcountry', 'cloudfront-viewer-country', 'x-vercel-ip-country', 'x-appengine-country', 'x-country-code'];

function countryOf(call: Call): string | undefined {
  const vendor = /^(chatgpt|claude|gemini)$/.test(call.platform);
  const headers = vendor ? [] : COUNTRY_HEADERS;
  const found = textAt(call.meta['openai/userLocation'], 'country') ?? headers.map((name) => header(call.extra, name)).find(Boolean);
  return found && /^(?!XX|T1|ZZ)[A-Z]{2}$/i.test(found) ? found.toUpperCase() : undefined;
}

const short = (text: string | undefined, max: number): string | undefined => text && cut(text, max);

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

/** How a call ended: its answer, or that none was sent. */
export interface Ending { result?: Obj | undefined; error?: Obj | undefined; flag?: 'cancelled' | 'disconnected' }

/** The JSON-RPC code of an answer. */
export const codeOf = (error: Obj | undefined): number | undefined => (typeof error?.code === 'number' ? error.code : undefined);

/** The tool_call event of a call that has ended; input_required and URL elicitation are no end. */
export function tellToolCall(call: Call, { result, error, flag }: Ending, latency: number): void {
  if (result?.resultType === 'input_required') {
    const kinds = tellInputRequests(call, asObj(result.inputRequests));
    call.core.continued.set(continuationKey(call, result.requestState), { traceId: call.traceId, step: call.step, at: Date.now(), kinds });
    return;
  }
  const code = codeOf(error);
  if (code === URL_ELICITATION) return void tellInputRequests(call, { url: { method: 'elicitation/create', params: { mode: 'url' } } });
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
  call.core.emit(call, 'tool_call', fields, metadata);
}
