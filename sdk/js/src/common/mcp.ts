// SPDX-License-Identifier: MIT
// What objects of the MCP SDK say, whichever line made them.
import { asObj, asText, attempt, type Obj } from './util.js';

/** The headers behind a message: Headers or an object. */
export const headersOf = (extra: Obj): Obj | undefined => (asObj(extra.request).headers ?? asObj(extra.requestInfo).headers) as Obj | undefined;

/** A header of the HTTP request behind a message. */
export const header = (extra: Obj, name: string): string | undefined =>
  attempt(() => {
    const headers = headersOf(extra);
    return headers && asText([typeof headers.get === 'function' ? (headers as unknown as Headers).get(name) : headers[name]].flat()[0]);
  });

/** Name and version the server was made with; empty where a build of the MCP SDK hides them. */
export function serverInfo(server: Obj): { name: string; version: string } {
  const info = asObj(attempt(() => server._serverInfo));
  return { name: asText(info.name) ?? '', version: asText(info.version) ?? '' };
}

/** The widget resource that a tool or a result names. */
export function widgetOf(meta: unknown): string | undefined {
  return attempt(() => {
    const object = asObj(meta);
    return asText(asObj(object.ui).resourceUri) ?? asText(object['ui/resourceUri']) ?? asText(object['openai/outputTemplate']);
  });
}
