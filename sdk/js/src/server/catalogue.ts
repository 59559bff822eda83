// SPDX-License-Identifier: MIT
// What a server advertises: learnt from its answers to tools/list, told once, and needed to know widgets and our own parameter.
import { later } from '../common/engine.js';
import { serverInfo, widgetOf } from '../common/mcp.js';
import { missingToolOf, parameterOf } from '../common/ours.js';
import { asObj, asText, type Obj } from '../common/util.js';
import type { Call } from './request.js';

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

/** True when our parameter can be added to the schema and taken out of the arguments again without a doubt. */
function takesParameter(schema: Obj, parameter: string): boolean {
  if (schema.type !== 'object' || schema.$ref || schema.oneOf || schema.allOf || schema.anyOf || schema.patternProperties) return false;
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) return false;
  return !(parameter in asObj(schema.properties));
}

/** Learns from an answer to tools/list; the tools that take our parameter, or undefined when the client shall see what the host says. */
export function learn(call: Call, tools: unknown[]): Set<unknown> | undefined {
  const { intent, missing } = call.config;
  const catalogue = catalogueOf(call);
  if (!call.params.cursor) catalogue.seen = true;
  const parameter = intent && parameterOf(intent);
  const takers = new Set<unknown>();
  for (const tool of tools.map(asObj)) {
    const name = asText(tool.name);
    if (!name) continue;
    const takes = parameter !== undefined && takesParameter(asObj(tool.inputSchema), parameter);
    if (takes) takers.add(tool);
    catalogue.tools.set(name, { widget: widgetOf(tool._meta), intent: takes ? parameter : undefined });
  }
  later(() => call.core.tell(call, (behind) => behind.tellRegistered(call, tools)));
  return intent || missing ? takers : undefined;
}

/** The missing-tool report is ours to answer, unless the host has a tool of that name. */
export const ownsMissingTool = (call: Call): boolean =>
  call.config.missing !== undefined && call.name === missingToolOf(call.config.missing) && !catalogueOf(call).tools.has(call.name);
