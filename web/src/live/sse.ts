// SPDX-License-Identifier: MIT
// Server-sent events from pieces of text, cut anywhere.
export interface SseMessage {
	event: string;
	id: string | null;
	data: string;
}
/** More than any message of ours: what grows past it is no event stream. */
const PENDING_MAX = 4 * 1024 * 1024;

export class SseParser {
	#pending = '';

	/** The messages that end in this piece. */
	push(piece: string): SseMessage[] {
		this.#pending += piece.replaceAll('\r', '');
		if (this.#pending.length > PENDING_MAX) throw new Error('The stream cannot be read.');
		const parts = this.#pending.split('\n\n');
		this.#pending = parts.pop() ?? '';
		return parts.flatMap((part) => read(part) ?? []);
	}
}

/** One message; null: only a comment or a word for the connection. */
function read(part: string): SseMessage | null {
	let event = 'message';
	let id: string | null = null;
	const data: string[] = [];
	for (const line of part.split('\n')) {
		const at = line.indexOf(':');
		if (at <= 0) continue;
		const value = line.slice(at + 1).replace(/^ /, '');
		const name = line.slice(0, at);
		if (name === 'event') event = value;
		else if (name === 'id') id = value;
		else if (name === 'data') data.push(value);
	}
	return data.length === 0 ? null : { event, id, data: data.join('\n') };
}
