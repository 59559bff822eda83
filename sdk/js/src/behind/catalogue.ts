// SPDX-License-Identifier: MIT
// Lists of tools: what the client gets to see besides the host's, and tool_discovery events of each tool and of the listing itself.
import { ERR_SDK_TOOL_NAME_TAKEN } from '../errors.js';
import { serverInfo, widgetOf } from '../common/mcp.js';
import { missingToolOf, parameterOf } from '../common/ours.js';
import { cutBytes, snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, cut, type Obj } from '../common/util.js';
import type { Call } from '../server/request.js';
import type { IntentOptions, MissingToolOptions } from '../types.js';
import { emit } from './back.js';
import { hashOf } from './outcome.js';

const DAY_MS = 86_400_000;
const LISTING_MS = 60_000;
const TOOLS_MAX = 200;
const DESCRIPTION_BYTES_MAX = 2_000;
const INTENT_TEXT = 'What is the goal behind this request, and what would a good outcome be?';
const MISSING_TEXT =
  'Reports that no available tool can do what is needed. It only records the gap for the developers of this server: it adds no tool and does not help with the current request.';

function withParameter(tool: Obj, intent: IntentOptions): Obj {
  const schema = asObj(tool.inputSchema);
  const parameter = parameterOf(intent);
  const { additionalProperties: _closed, ...open } = schema;
  const required = [Array.isArray(schema.required) ? schema.required : [], intent.required === false ? [] : parameter].flat();
  return {
    ...tool,
    inputSchema: {
      ...open,
      properties: { ...asObj(schema.properties), [parameter]: { type: 'string', description: intent.description ?? INTENT_TEXT } },
      ...(required.length && { required }),
    },
  };
}

const missingTool = (missing: MissingToolOptions): Obj => ({
  name: missingToolOf(missing),
  description: missing.description ?? MISSING_TEXT,
  inputSchema: {
    type: 'object',
    properties: {
      need: { type: 'string', description: 'What could not be done with the available tools?' },
      attempted: { type: 'string', description: 'Which tools or ways were tried before, if any?' },
    },
    required: ['need'],
  },
  annotations: { readOnlyHint: true },
});

/** The tools as the client shall see them: with a parameter for the intent on those that take it, and on the first page a tool of ours. */
export function advertised({ config: { intent, missing }, core, params }: Call, tools: unknown[], takers: Set<unknown>): unknown[] {
  const out = tools.map((tool) => (intent && takers.has(tool) ? withParameter(tool as Obj, intent) : tool));
  if (!missing || params.cursor) return out;
  const ours = missingTool(missing);
  if (!tools.some((tool) => asObj(tool).name === ours.name)) return [...out, ours];
  core.log(ERR_SDK_TOOL_NAME_TAKEN, String(ours.name));
  return out;
}

/** True once within so many ms for each key. */
function isDue(told: Map<string, number>, key: string, ms: number): boolean {
  const before = told.get(key);
  const now = Date.now();
  if (before !== undefined && now - before < ms) return false;
  told.set(key, now);
  return true;
}

/** One tool_discovery for each tool and schema, once a process and day. */
export function tellRegistered(call: Call, tools: unknown[]): void {
  const { name: server_name } = serverInfo(call.connection.server);
  for (const { name, title, description, inputSchema, annotations, _meta } of tools.map(asObj)) {
    const tool_name = asText(name);
    if (!tool_name) continue;
    const schema = asObj(inputSchema);
    const text = asText(description) ?? '';
    const key = `${server_name}\n${tool_name}\n${hashOf(text + (attempt(() => JSON.stringify(schema)) ?? ''))}`;
    if (!isDue(call.core.back!.registered, key, DAY_MS)) continue;
    const fields = { tool_name: cut(tool_name, 256), description: cutBytes(text, DESCRIPTION_BYTES_MAX) || undefined, input_schema: snapshotObject(schema) ?? {} };
    emit(call, 'tool_discovery', fields, { server_name, title: asText(title), annotations: snapshotObject(annotations), widget: widgetOf(_meta) });
  }
}

/** The listing itself, at most once a minute and session. */
export function tellListing(call: Call, { tools }: Obj): void {
  if (!Array.isArray(tools) || !isDue(call.core.back!.listings, call.sessionId, LISTING_MS)) return;
  const names = tools.map((tool) => asText(asObj(tool).name)).filter(Boolean);
  emit(call, 'tool_discovery', {}, {
    tools_listed: names.slice(0, TOOLS_MAX),
    tools_count: names.length,
    client_capabilities: Object.keys(call.clientCapabilities),
  });
}
