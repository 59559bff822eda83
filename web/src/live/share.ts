// SPDX-License-Identifier: MIT
// One stream for all tabs that show the same feed: the tab that holds the lock reads it and passes on what it hears. Where the
// browser has no locks, each tab reads for itself.
import type { LiveEvent } from './buffer';
import type { SseMessage } from './sse';
import { type Connection, Stream } from './stream';

type Word =
	| { say: 'messages'; messages: readonly SseMessage[]; lastId: string | null }
	| { say: 'connection'; connection: Connection }
	| { say: 'gone' }
	/** a tab has come: who reads tells what is there */
	| { say: 'hello' }
	| { say: 'there'; events: readonly LiveEvent[]; connection: Connection; lastId: string | null }
	/** somebody asks to connect now */
	| { say: 'retry' };

export interface FeedEvents {
	messages(messages: readonly SseMessage[]): void;
	connection(connection: Connection): void;
	gone(): void;
	/** what another tab has already */
	there(events: readonly LiveEvent[]): void;
	/** what this tab has, for others, newest first */
	have(): readonly LiveEvent[];
}

export class SharedFeed {
	#over = new AbortController();
	#channel: BroadcastChannel | null = null;
	#stream: Stream | null = null;
	#connection: Connection = { state: 'connecting' };

	constructor(
		private readonly url: string,
		private readonly on: FeedEvents,
		private lastId: string | null,
	) {}

	get last(): string | null {
		return this.#stream?.last ?? this.lastId;
	}

	start(): void {
		const name = `yavio.live ${this.url}`;
		// typed as always there; pages of plain HTTP have none
		const locks = (navigator as { locks?: LockManager }).locks;
		if (!locks || typeof BroadcastChannel === 'undefined') return void this.#read();
		this.#channel = new BroadcastChannel(name);
		this.#channel.onmessage = (e: MessageEvent<Word>) => this.#hear(e.data);
		this.#tell({ say: 'hello' });
		locks.request(name, { signal: this.#over.signal }, () => this.#read()).catch(() => undefined); // aborted while it waited
	}

	stop(): void {
		this.lastId = this.last;
		this.#over.abort();
		this.#stream?.stop();
		this.#channel?.close();
	}

	/** Connects now. */
	retry(): void {
		if (this.#stream) this.#stream.start();
		else this.#tell({ say: 'retry' });
	}

	/** Reads the stream until this feed is stopped. */
	#read(): Promise<void> {
		this.#stream = new Stream(
			this.url,
			{
				messages: (messages) => {
					this.on.messages(messages);
					this.#tell({ say: 'messages', messages, lastId: this.last });
				},
				connection: (connection) => {
					this.#become(connection);
					this.#tell({ say: 'connection', connection });
				},
				gone: () => {
					this.on.gone();
					this.#tell({ say: 'gone' });
				},
			},
			this.lastId,
		);
		this.#stream.start();
		return new Promise((done) => this.#over.signal.addEventListener('abort', () => done()));
	}

	#become(connection: Connection): void {
		this.#connection = connection;
		this.on.connection(connection);
	}

	#tell(word: Word): void {
		this.#channel?.postMessage(word);
	}

	#hear(word: Word): void {
		if (this.#stream) {
			if (word.say === 'hello') this.#tell({ say: 'there', events: this.on.have(), connection: this.#connection, lastId: this.last });
			if (word.say === 'retry') this.#stream.start();
			return;
		}
		if (word.say === 'messages') {
			this.lastId = word.lastId;
			this.on.messages(word.messages);
		} else if (word.say === 'connection') this.#become(word.connection);
		else if (word.say === 'gone') this.on.gone();
		else if (word.say === 'there') {
			this.lastId = word.lastId;
			this.on.there(word.events);
			this.#become(word.connection);
		}
	}
}
