// SPDX-License-Identifier: MIT
// What a server asks its client: sampling and elicitation, as requests (legacy) or as input_required results (modern).
import { asObj, asText, isObj, listOf, textAt, type Obj } from '../common/util.js';
import { textsOf, tokensIn } from './outcome.js';
import type { Call } from './request.js';

/** JSON-RPC error of a tool that wants its user to open a URL first. */
export const URL_ELICITATION = -32042;

const TYPES: Record<string, string> = { 'sampling/createMessage': 'sampling_call', 'elicitation/create': 'elicitation' };

/** The event type of a request to the client, undefined for one that is not recorded. */
export const askingType = (method: unknown): string | undefined => TYPES[String(method)];

/** One event of a question: result is undefined while it is only asked, latency undefined then, too. */
export function tellAsking(call: Call, type: string, params: Obj, result?: Obj, latency?: number, failed = false): void {
  const fields: Obj = { latency_ms: latency };
  const metadata: Obj = { phase: result ? 'response' : 'request' };
  if (type === 'elicitation') {
    // Names and types of the fields that were asked for; never what was answered.
    const asked = Object.entries(asObj(asObj(params.requestedSchema).properties)).slice(0, 50);
    metadata.mode = asText(params.mode) ?? 'form';
    if (asked[0]) metadata.fields = Object.fromEntries(asked.map(([name, schema]) => [name, textAt(schema, 'type') ?? 'unknown']));
    if (result) metadata.outcome = failed ? 'error' : asText(result.action) ?? 'error';
  } else {
    const read = textsOf(listOf(params.messages).map(({ content }) => content).flat(), '');
    fields.tokens_in = tokensIn(`${asText(params.systemPrompt) ?? ''}${read}`);
    const hints = asObj(params.modelPreferences).hints;
    metadata.model_hints = hints && listOf(hints).slice(0, 10).map(({ name }) => name);
    if (result) {
      if (!failed) fields.tokens_out = tokensIn(textsOf([result.content].flat(), ''));
      metadata.model = asText(result.model);
      metadata.stop_reason = asText(result.stopReason);
      metadata.status = failed ? 'error' : 'success';
    }
  }
  call.core.emit(call, type, fields, metadata);
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
