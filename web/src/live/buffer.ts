// SPDX-License-Identifier: MIT
// The rows of a live feed: newest first, each once, at most 500; those that come while it is paused are kept back.
import type { components } from '@/api/schema.gen';

export type LiveEvent = components['schemas']['Event'];

export const ROWS_MAX = 500;
const KNOWN_MAX = 5000;
export const LATE_MS = 60_000;

/** Stored long after it happened. */
export const isLate = (e: Pick<LiveEvent, 'timestamp' | 'storedAt'>): boolean => Date.parse(e.storedAt) - Date.parse(e.timestamp) > LATE_MS;
const newestFirst = (a: LiveEvent, b: LiveEvent): number => (a.storedAt === b.storedAt ? 0 : a.storedAt < b.storedAt ? 1 : -1);

export class LiveBuffer {
	#known = new Set<string>();
	rows: readonly LiveEvent[] = [];
	held: readonly LiveEvent[] = [];
	/** of the held ones that did not fit */
	overflow = 0;

	/** Takes events, in the order in which they came; gives those that were new. */
	take(events: readonly LiveEvent[], paused: boolean): LiveEvent[] {
		const fresh = events.filter((e) => {
			if (this.#known.has(e.eventId)) return false;
			this.#known.add(e.eventId);
			return true;
		});
		if (fresh.length === 0) return fresh;
		const [oldest] = this.#known;
		if (this.#known.size > KNOWN_MAX && oldest !== undefined) for (const id of [...this.#known].slice(0, this.#known.size - KNOWN_MAX)) this.#known.delete(id);
		const onTop = (to: readonly LiveEvent[]) => [...fresh.toReversed(), ...to].sort(newestFirst);
		if (paused) {
			const held = onTop(this.held);
			this.held = held.slice(0, ROWS_MAX);
			this.overflow += held.length - this.held.length;
		} else this.rows = onTop(this.rows).slice(0, ROWS_MAX);
		return fresh;
	}

	/** Shows what was kept back. */
	resume(): void {
		if (this.held.length > 0) this.rows = [...this.held, ...this.rows].sort(newestFirst).slice(0, ROWS_MAX);
		this.held = [];
		this.overflow = 0;
	}

	/** Another filter: only what passes it stays, and what did not pass before may come. */
	keep(passes: (e: LiveEvent) => boolean): void {
		this.rows = this.rows.filter(passes);
		this.held = this.held.filter(passes);
		this.overflow = 0;
		this.#known = new Set([...this.rows, ...this.held].map((e) => e.eventId).toReversed());
	}
}
