// SPDX-License-Identifier: MIT
// tools/call before the host sees it: arguments, intent, its callback watched, a repeated call, a report that is ours to answer.
import { parameterOf } from '../common/ours.js';
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, cut, isObj, type Obj } from '../common/util.js';
import { catalogueOf, ownsMissingTool } from './catalogue.js';
import type { Call } from './request.js';
import { sha256 } from './runtime.js';
import { storage } from './tracker.js';

const CONTINUED_MS = 600_000;

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
  const latency = Date.now() - before.at;
  call.core.tell(call, (behind) => behind.tellInputResponses(call, before.requests, asObj(call.params.inputResponses), latency));
}

/** Keeps the trace of a call that its client will repeat. */
export function awaitRepeat(call: Call, { requestState, inputRequests }: Obj): void {
  call.core.continued.set(continuationKey(call, requestState), { traceId: call.traceId, step: call.step, at: Date.now(), requests: asObj(inputRequests) });
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
  const { size } = catalogueOf(call).tools;
  call.core.tell(call, (behind) => behind.tellMissing(call, args, size));
  return {
    content: [{ type: 'text', text: 'Noted for the developers of this server. Please go on with the tools that there are.' }],
    ...(call.modern && { resultType: 'complete' }),
  };
}
