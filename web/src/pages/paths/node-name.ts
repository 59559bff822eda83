// SPDX-License-Identifier: MIT
// Nodes of paths are type:name; those that are too rare stand together as "other".
export const OTHER = 'other';

export function nodeParts(node: string): { type: string; name: string } {
	const at = node.indexOf(':');
	return at < 1 ? { type: OTHER, name: node } : { type: node.slice(0, at), name: node.slice(at + 1) };
}
/** Only the name, as in a sequence. */
export const nodeName = (node: string): string => nodeParts(node).name;
