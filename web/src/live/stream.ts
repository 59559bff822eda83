// SPDX-License-Identifier: MIT
// The connection to a live feed: it goes on by itself from the last message, waits longer after each failure, and knows when a
// refusal is no use to repeat. Read with fetch: an EventSource does not tell why it was refused.
import * as E from '@/api/errors.gen';
import { SseParser, type SseMessage } from './sse';

export type Connection =
	| { state: 'connecting' }
	| { state: 'live' }
	/** reconnects at that time, in ms of the clock; text: why, when the server said it */
	| { state: 'waiting'; until: number; text?: string }
	/** only a person starts it again; text says why */
	| { state: 'stopped'; code: number; text: string };

export interface StreamEvents {
	messages(messages: readonly SseMessage[]): void;
	connection(connection: Connection): void;
	/** the login, the membership or the project is gone */
	gone(): void;
}

/** The code at the end of a stream whose login or membership ended. */
const LOGIN_ENDED = 'YAVIO-3503';
const SECOND = 1000;
const PAUSE_MAX_MS = 30 * SECOND;
const SPREAD = 0.2;
/** A seat that this page gave back a moment ago, to ask with another filter, is free once the server has seen it go. */
const SEAT_TRIES = 3;
/** The server says something every 5 s. */
const SILENCE_MS = 15 * SECOND;

/** 1, 2, 4 … 30 s, ± 20 %; chance in [0, 1). */
export const pauseMs = (failures: number, chance: number): number => Math.round(Math.min(SECOND * 2 ** failures, PAUSE_MAX_MS) * (1 + SPREAD * (2 * chance - 1)));

interface Outcome {
	/** gone: nobody may see this any more; stop: only a person can change it */
	what: 'again' | 'gone' | 'stop';
	code?: number;
	text?: string;
	/** at the earliest */
	afterMs?: number;
	/** something was heard before it ended */
	spoke?: boolean;
}

/** What to do about an answer that is no stream. */
async function refusal(response: Response): Promise<Outcome> {
	const json = (await response.json().catch(() => null)) as { error?: { code?: string; message?: string } } | null;
	const code = Number(json?.error?.code?.replace('YAVIO-', '') ?? NaN);
	const text = json?.error?.message ?? '';
	const afterMs = (Number(response.headers.get('Retry-After')) || 0) * SECOND;
	if (code === E.SESSION_EXPIRED) return { what: 'gone' };
	// an answer that is not ours: the program is not there at the moment
	if (!Number.isFinite(code)) return { what: 'again', afterMs };
	if (response.status >= 500 || (response.status === 429 && code !== E.SSE_CONNECTION_LIMIT)) return { what: 'again', text, afterMs };
	return { what: 'stop', code, text };
}

export class Stream {
	#over: AbortController | null = null;

	/** url of the feed; what it says goes to on */
	constructor(
		private readonly url: string,
		private readonly on: StreamEvents,
		private lastId: string | null,
	) {}

	/** Id of the last message: where to go on. */
	get last(): string | null {
		return this.lastId;
	}

	/** Starts, or starts again after a refusal. */
	start(): void {
		this.stop();
		this.#over = new AbortController();
		void this.#run(this.#over.signal);
	}

	stop(): void {
		this.#over?.abort();
		this.#over = null;
	}

	async #run(over: AbortSignal): Promise<void> {
		for (let failures = 0; !over.aborted; ) {
			this.on.connection({ state: 'connecting' });
			const { what, code = 0, text = '', afterMs = 0, spoke = false } = await this.#once(over);
			if (over.aborted) return;
			if (what === 'gone') return this.on.gone();
			if (spoke) failures = 0;
			if (what === 'stop' && (code !== E.SSE_CONNECTION_LIMIT || failures >= SEAT_TRIES)) return this.on.connection({ state: 'stopped', code, text });
			const pause = Math.max(afterMs, pauseMs(failures++, Math.random()));
			this.on.connection({ state: 'waiting', until: Date.now() + pause, ...(text ? { text } : {}) });
			await new Promise<void>((done) => {
				const timer = setTimeout(done, pause);
				over.addEventListener('abort', () => (clearTimeout(timer), done()));
			});
		}
	}

	/** One connection to its end. */
	async #once(over: AbortSignal): Promise<Outcome> {
		const silence = new AbortController();
		let timer = setTimeout(() => silence.abort(), SILENCE_MS);
		let spoke = false;
		try {
			const response = await fetch(this.url, { headers: this.lastId === null ? {} : { 'Last-Event-ID': this.lastId }, signal: AbortSignal.any([over, silence.signal]), cache: 'no-store', credentials: 'same-origin' });
			if (!response.ok || !response.body) return await refusal(response);
			const parser = new SseParser();
			const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
			for (;;) {
				const { done, value } = await reader.read();
				if (done) return { what: 'again', spoke };
				clearTimeout(timer);
				timer = setTimeout(() => silence.abort(), SILENCE_MS);
				if (!spoke) this.on.connection({ state: 'live' });
				spoke = true;
				const messages = parser.push(value);
				this.lastId = messages.findLast((m) => m.id !== null)?.id ?? this.lastId;
				if (messages.length > 0) this.on.messages(messages);
				const end = messages.find((m) => m.event === 'end');
				if (end) return { what: (JSON.parse(end.data) as { code: string }).code === LOGIN_ENDED ? 'gone' : 'again', spoke };
			}
		} catch {
			return { what: 'again', spoke };
		} finally {
			clearTimeout(timer);
			silence.abort();
		}
	}
}
