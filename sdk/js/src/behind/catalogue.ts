// SPDX-License-Identifier: MIT
// tool_discovery events: each tool with its schema, and the listing itself.
import { serverInfo, widgetOf } from '../common/mcp.js';
import { snapshotObject } from '../common/snapshot.js';
import { asObj, asText, attempt, byteLength, cut, isObj, type Obj } from '../common/util.js';
import type { Call } from '../server/request.js';
import { emit } from './back.js';
import { hashOf } from './outcome.js';

const DAY_MS = 86_400_000;
const LISTING_MS = 60_000;
const TOOLS_MAX = 200;
const DESCRIPTION_BYTES_MAX = 2_000;

/** One tool_discovery for each tool and schema, once a process and day. */
export function tellRegistered(call: Call, tools: unknown[]): void {
  const info = serverInfo(call.connection.server);
  for (const tool of tools.map(asObj)) {
    const name = asText(tool.name);
    if (!name) continue;
    let description = asText(tool.description) ?? '';
    const schema = isObj(tool.inputSchema) ? tool.inputSchema : {};
    const key = `${info.name}\n${name}\n${hashOf(description + (attempt(() => JSON.stringify(schema)) ?? ''))}`;
    const told = call.core.back!.registered.get(key);
    if (told !== undefined && Date.now() - told < DAY_MS) continue;
    call.core.back!.registered.set(key, Date.now());
    while (byteLength(description) > DESCRIPTION_BYTES_MAX) description = cut(description, Math.min(DESCRIPTION_BYTES_MAX, description.length - 50));
    const widget = widgetOf(tool._meta);
    emit(
      call,
      'tool_discovery',
      { tool_name: cut(name, 256), ...(description && { description }), input_schema: snapshotObject(schema) ?? {} },
      {
        server_name: info.name,
        ...(asText(tool.title) && { title: tool.title }),
        ...(isObj(tool.annotations) && { annotations: snapshotObject(tool.annotations) }),
        ...(widget && { widget }),
      },
    );
  }
}

/** The listing itself, at most once a minute and session. */
export function tellListing(call: Call, result: Obj): void {
  if (!Array.isArray(result.tools)) return;
  const told = call.core.back!.listings.get(call.sessionId);
  if (told !== undefined && Date.now() - told < LISTING_MS) return;
  call.core.back!.listings.set(call.sessionId, Date.now());
  const names = result.tools.map((tool) => asText(asObj(tool).name)).filter(Boolean);
  emit(call, 'tool_discovery', {}, {
    tools_listed: names.slice(0, TOOLS_MAX),
    tools_count: names.length,
    client_capabilities: Object.keys(call.clientCapabilities),
  });
}
