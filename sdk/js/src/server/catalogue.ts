// SPDX-License-Identifier: MIT
// What a server advertises: learnt from its answers to tools/list, told once, and needed to know widgets and our own parameter.
import { ERR_SDK_TOOL_NAME_TAKEN } from '../errors.js';
import { later } from '../common/engine.js';
import { serverInfo, widgetOf } from '../common/mcp.js';
import { asObj, asText, type Obj } from '../common/util.js';
import type { IntentOptions, MissingToolOptions } from '../types.js';
import type { Call } from './request.js';

const INTENT_TEXT = 'What is the goal behind this request, and what would a good outcome be?';
const MISSING_TEXT =
  'Reports that no available tool can do what is needed. It only records the gap for the developers of this server: it adds no tool and does not help with the current request.';
export const MISSING_TOOL = 'report_missing_tool';

export interface Tool { widget: string | undefined; intent: string | undefined }

export interface Catalogue {
  tools: Map<string, Tool>;
  /** A first page was seen. */
  seen: boolean;
  attempts: number;
}

/** The catalogue of the server behind a call; one for each name and version. */
export function catalogueOf(call: Call): Catalogue {
  const info = serverInfo(call.connection.server);
  const key = `${info.name}\n${info.version}`;
  let catalogue = call.core.catalogues.get(key);
  if (!catalogue) call.core.catalogues.set(key, (catalogue = { tools: new Map(), seen: false, attempts: 0 }));
  return catalogue;
}

export const parameterOf = (intent: IntentOptions): string => intent.parameter ?? 'context';
export const missingToolOf = (missing: MissingToolOptions): string => missing.toolName ?? MISSING_TOOL;

/** True when our parameter can be added to the schema and taken out of the arguments again without a doubt. */
function takesParameter(schema: Obj, parameter: string): boolean {
  if (schema.type !== 'object' || schema.$ref || schema.oneOf || schema.allOf || schema.anyOf || schema.patternProperties) return false;
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) return false;
  return !(parameter in asObj(schema.properties));
}

function withParameter(tool: Obj, intent: IntentOptions): Obj {
  const schema = asObj(tool.inputSchema);
  const parameter = parameterOf(intent);
  const { additionalProperties: _closed, ...open } = schema;
  const required = Array.isArray(schema.required) ? (schema.required as unknown[]) : [];
  return {
    ...tool,
    inputSchema: {
      ...open,
      properties: { ...asObj(schema.properties), [parameter]: { type: 'string', description: intent.description ?? INTENT_TEXT } },
      ...((intent.required !== false || required.length > 0) && { required: intent.required === false ? required : [...required, parameter] }),
    },
  };
}

function missingTool(missing: MissingToolOptions): Obj {
  return {
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
  };
}

/** Learns from an answer to tools/list, and gives the tools as the client shall see them: the same array when nothing is added. */
export function learn(call: Call, result: Obj): unknown {
  const listed = result.tools;
  if (!Array.isArray(listed)) return listed;
  const { intent, missing } = call.config;
  const catalogue = catalogueOf(call);
  const firstPage = !call.params.cursor;
  if (firstPage) catalogue.seen = true;
  const parameter = intent && parameterOf(intent);
  const out = listed.map((tool: unknown) => {
    const name = asText(asObj(tool).name);
    if (!name) return tool;
    const takes = parameter !== undefined && takesParameter(asObj((tool as Obj).inputSchema), parameter);
    catalogue.tools.set(name, { widget: widgetOf((tool as Obj)._meta), intent: takes ? parameter : undefined });
    return takes ? withParameter(tool as Obj, intent!) : tool;
  });
  later(() => call.core.tell(call, (behind) => behind.tellRegistered(call, listed as unknown[])));
  if (missing && firstPage) {
    if (listed.some((tool) => asObj(tool).name === missingToolOf(missing))) call.core.log(ERR_SDK_TOOL_NAME_TAKEN, missingToolOf(missing));
    else return [...out, missingTool(missing)];
  }
  return intent ? out : listed;
}

/** The missing-tool report is ours to answer, unless the host has a tool of that name. */
export const ownsMissingTool = (call: Call): boolean =>
  call.config.missing !== undefined && call.name === missingToolOf(call.config.missing) && !catalogueOf(call).tools.has(call.name);
