// SPDX-License-Identifier: MIT
// What a server asks its client: sampling and elicitation, as requests (legacy) or as input_required results (modern).
import { asObj, asText, isObj, listOf, textAt, type Obj } from '../common/util.js';
import type { Call } from '../server/request.js';
import { emit } from './back.js';
import { textsOf, tokensIn } from './outcome.js';

const TYPES: Record<string, string> = { 'sampling/createMessage': 'sampling_call', 'elicitation/create': 'elicitation' };

/** One event of a question, none of one that is not recorded: result is undefined while it is only asked, latency then, too. */
export function tellAsking(call: Call, request: Obj, result?: Obj, latency?: number, failed = false): void {
  const type = TYPES[String(request.method)];
  const params = asObj(request.params);
  if (!type) return;
  const fields: Obj = { latency_ms: latency };
  const metadata: Obj = { phase: result ? 'response' : 'request' };
  if (type === 'elicitation') {
    // Names and types of the fields that were asked for; never what was answered.
    const fieldsAsked = Object.entries(asObj(asObj(params.requestedSchema).properties)).slice(0, 50);
    metadata.mode = asText(params.mode) ?? 'form';
    if (fieldsAsked[0]) metadata.fields = Object.fromEntries(fieldsAsked.map(([name, schema]) => [name, textAt(schema, 'type') ?? 'unknown']));
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
  emit(call, type, fields, metadata);
}

/** The questions of an input_required result, as many as are recorded. */
const asked = (requests: Obj): [string, Obj][] => Object.entries(requests).slice(0, 20).map(([key, request]) => [key, asObj(request)]);

/** Tells the questions of an input_required result. */
export function tellInputRequests(call: Call, requests: Obj): void {
  for (const [, request] of asked(requests)) tellAsking(call, request);
}

/** Tells the answers that a repeated call brings to those questions. */
export function tellInputResponses(call: Call, requests: Obj, responses: Obj, latency: number): void {
  for (const [key, request] of asked(requests)) {
    const response = responses[key];
    if (isObj(response)) tellAsking(call, request, isObj(response.result) ? response.result : response, latency, isObj(response.error));
  }
}
