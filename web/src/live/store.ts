// SPDX-License-Identifier: MIT
// What a page shows of a live feed: rows, what is kept back, how the connection is. Changes are drawn once a frame.
import { LiveBuffer, type LiveEvent } from './buffer';
import { feedUrl, type LiveFilter, passes } from './filter';
import { SharedFeed } from './share';
import type { SseMessage } from './sse';
import type { Connection } from './stream';

export type PauseReason = 'hand' | 'scroll' | 'open';
export interface LiveState {
	rows: readonly LiveEvent[];
	/** events kept back while it is paused */
	held: number;
	/** left out by the server because there were too many at once */
	notShown: number;
	/** the latest stretch of time that was skipped */
	gap: { from: string; to: string } | null;
	/** the event store cannot be asked at the moment */
	away: boolean;
	connection: Connection;
	paused: readonly PauseReason[];
	/** all that came since the page is open, for summaries */
	seen: number;
	seenErrors: number;
}
const HIDDEN_MS = 60_000;

export class LiveStore {
	#buffer = new LiveBuffer();
	#feed: SharedFeed | null = null;
	#listeners = new Set<() => void>();
	#waiting: LiveEvent[] = [];
	#frame = 0;
	#hidden: ReturnType<typeof setTimeout> | undefined;
	#lastId: string | null = null;
	#running = false;
	#state: LiveState = { rows: [], held: 0, notShown: 0, gap: null, away: false, connection: { state: 'connecting' }, paused: [], seen: 0, seenErrors: 0 };

	constructor(
		private readonly projectId: string,
		private filter: LiveFilter,
		private readonly onGone: () => void,
	) {}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};
	readonly snapshot = (): LiveState => this.#state;

	start(): void {
		this.#running = true;
		document.addEventListener('visibilitychange', this.#onVisibility);
		this.#open();
	}

	stop(): void {
		this.#running = false;
		document.removeEventListener('visibilitychange', this.#onVisibility);
		clearTimeout(this.#hidden);
		cancelAnimationFrame(this.#frame);
		this.#close();
	}

	/** Another filter: the stream is opened anew, rows that pass stay. */
	setFilter(filter: LiveFilter): void {
		if (feedUrl(this.projectId, filter) === feedUrl(this.projectId, this.filter)) return;
		this.filter = filter;
		this.#flush();
		this.#buffer.keep(passes(filter));
		this.#lastId = null;
		this.#change({ notShown: 0, gap: null });
		if (!this.#feed) return;
		this.#close();
		this.#lastId = null;
		this.#open();
	}

	pause(reason: PauseReason, on: boolean): void {
		const { paused } = this.#state;
		if (paused.includes(reason) === on) return;
		this.#flush();
		const next = on ? [...paused, reason] : paused.filter((r) => r !== reason);
		if (next.length === 0) this.#buffer.resume();
		this.#change({ paused: next });
	}

	/** Shows what was kept back, without an end of the pause. */
	showHeld(): void {
		this.#flush();
		this.#buffer.resume();
		this.#change({});
	}

	retry(): void {
		this.#feed?.retry();
	}

	#open(): void {
		this.#feed = new SharedFeed(
			feedUrl(this.projectId, this.filter),
			{
				messages: (messages) => messages.forEach((m) => this.#hear(m)),
				connection: (connection) => this.#change({ connection }),
				gone: this.onGone,
				there: (events) => this.#take(events.toReversed()),
				have: () => [...this.#buffer.held, ...this.#buffer.rows],
			},
			this.#lastId,
		);
		this.#feed.start();
	}

	#close(): void {
		this.#feed?.stop();
		this.#lastId = this.#feed?.last ?? this.#lastId;
		this.#feed = null;
	}

	/** A tab that nobody looks at for a minute reads nothing; it goes on from the last message. */
	readonly #onVisibility = (): void => {
		clearTimeout(this.#hidden);
		if (document.visibilityState === 'hidden') this.#hidden = setTimeout(() => this.#close(), HIDDEN_MS);
		else if (this.#running && !this.#feed) this.#open();
	};

	#hear(message: SseMessage): void {
		const data = JSON.parse(message.data) as unknown;
		if (message.event === 'event') this.#take([data as LiveEvent]);
		else if (message.event === 'heartbeat') {
			const { dropped } = data as { dropped: number };
			if (dropped > 0) this.#change({ notShown: this.#state.notShown + dropped });
		} else if (message.event === 'gap') this.#change({ gap: data as { from: string; to: string } });
		else if (message.event === 'status') this.#change({ away: (data as { store: string }).store === 'away' });
	}

	#take(events: readonly LiveEvent[]): void {
		this.#waiting.push(...events);
		if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#flush());
	}

	#flush(): void {
		cancelAnimationFrame(this.#frame);
		this.#frame = 0;
		const fresh = this.#buffer.take(this.#waiting.splice(0), this.#state.paused.length > 0);
		if (fresh.length > 0) this.#change({ seen: this.#state.seen + fresh.length, seenErrors: this.#state.seenErrors + fresh.filter((e) => e.status === 'error').length });
	}

	#change(change: Partial<LiveState>): void {
		const { rows, held, overflow } = this.#buffer;
		this.#state = { ...this.#state, ...change, rows, held: held.length + overflow };
		for (const listener of this.#listeners) listener();
	}
}
