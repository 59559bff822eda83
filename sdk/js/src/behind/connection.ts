// SPDX-License-Identifier: MIT
// connection events: the opening of a session and the end of its connection.
import { serverInfo } from '../common/mcp.js';
import { asObj, asText, attempt, short, type Obj } from '../common/util.js';
import type { Call } from '../server/request.js';
import { emit } from './back.js';

/** The engine and its version. */
function runtimeName(): string | undefined {
  const versions = asObj(attempt(() => process.versions));
  const name = ['bun', 'deno', 'node'].find((one) => versions[one]);
  return name && `${name} ${String(versions[name])}`;
}

/** The opening of a session. */
export const tellOpen = (call: Call): void => tellConnection(call, 'open', {});

/** The end of a connection that has one, after so many ms. */
export const tellClose = (call: Call, duration: number): void => tellConnection(call, 'close', { connection_duration_ms: duration });

function tellConnection(call: Call, phase: string, fields: Obj): void {
  const { client, config, connection } = call;
  const { name, version } = serverInfo(connection.server);
  emit(
    call,
    'connection',
    {
      client_name: short(asText(client.name), 256),
      client_version: short(asText(client.version), 64),
      protocol_version: short(call.protocolVersion, 64),
      ...fields,
    },
    {
      phase,
      intent_enabled: !!config.intent,
      missing_tools_enabled: !!config.missing,
      session_source: call.sessionSource,
      transport: attempt(() => asText((connection.transport.constructor as { name?: string }).name)) ?? 'unknown',
      era: call.modern ? 'modern' : 'legacy',
      server_name: name,
      server_version: version,
      client_capabilities: Object.keys(call.clientCapabilities),
      runtime: runtimeName() ?? 'unknown',
    },
  );
}
