// SPDX-License-Identifier: MIT
// What a server asks its client: sampling and elicitation, as requests (legacy) or as input_required results (modern).
import { asObj, asText, isObj, type Obj } from '../common/util.js';
import type { Call } from './request.js';

/** JSON-RPC error of a tool that wants its user to open a URL first. */
export const URL_ELICITATION = -32042;

const TYPES: Record<string, string> = { 'sampling/createMessage': 'sampling_call', 'elicitation/create': 'elicitation' };

/** The event type of a request to the client, undefined for one that is not recorded. */
export const askingType = (method: unknown): string | undefined => TYPES[String(method)];

const tokens = (text: string): number => Math.ceil(text.length / 4);

function textsOf(content: unknown): string {
  return (Array.isArray(content) ? content : [content]).map((block) => asText(asObj(block).text) ?? '').join('');
}

function sampling(params: Obj, result: Obj | undefined, failed: boolean): { fields: Obj; metadata: Obj } {
  const messages = Array.isArray(params.messages) ? params.messages : [];
  const read = (asText(params.systemPrompt) ?? '') + messages.map((message) => textsOf(asObj(message).content)).join('');
  const hints = asObj(params.modelPreferences).hints;
  return {
    fields: { tokens_in: tokens(read), ...(result && !failed && { tokens_out: tokens(textsOf(result.content)) }) },
    metadata: {
      ...(Array.isArray(hints) && { model_hints: hints.slice(0, 10).map((hint) => asObj(hint).name) }),
      ...(asText(result?.model) && { model: result!.model }),
      ...(asText(result?.stopReason) && { stop_reason: result!.stopReason }),
      ...(result && { status: failed ? 'error' : 'success' }),
    },
  };
}

/** Names and types of the fields that were asked for; never what was answered. */
function elicitation(params: Obj, result: Obj | undefined, failed: boolean): { fields: Obj; metadata: Obj } {
  const asked = Object.entries(asObj(asObj(params.requestedSchema).properties)).slice(0, 50);
  const action = asText(result?.action);
  return {
    fields: {},
    metadata: {
      mode: asText(params.mode) ?? 'form',
      ...(asked.length > 0 && { fields: Object.fromEntries(asked.map(([name, schema]) => [name, asText(asObj(schema).type) ?? 'unknown'])) }),
      ...(result && { outcome: failed || !action ? 'error' : action }),
    },
  };
}

/** One event of a question: result is undefined while it is only asked, latency undefined then, too. */
export function tellAsking(call: Call, type: string, params: Obj, result?: Obj, latency?: number, failed = false): void {
  const { fields, metadata } = (type === 'elicitation' ? elicitation : sampling)(params, result, failed);
  call.core.emit(call, type, { ...fields, ...(latency !== undefined && { latency_ms: latency }) }, { phase: result ? 'response' : 'request', ...metadata });
}

/** Tells the questions of an input_required result; gives them by key, for the answers. */
export function tellInputRequests(call: Call, requests: Obj): Record<string, Obj> {
  const kinds: Record<string, Obj> = {};
  for (const [key, request] of Object.entries(requests).slice(0, 20)) {
    const type = askingType(asObj(request).method);
    if (!type) continue;
    const params = asObj(asObj(request).params);
    kinds[key] = { type, params };
    tellAsking(call, type, params);
  }
  return kinds;
}

/** Tells the answers that a repeated call brings. */
export function tellInputResponses(call: Call, kinds: Record<string, Obj>, responses: Obj, latency: number): void {
  for (const [key, { type, params }] of Object.entries(kinds)) {
    const response = responses[key];
    if (isObj(response)) tellAsking(call, String(type), asObj(params), isObj(response.result) ? response.result : response, latency, isObj(response.error));
  }
}
