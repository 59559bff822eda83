// SPDX-License-Identifier: MIT
// Clients as an SDK is one: batches until they are acknowledged or given up; what was acknowledged goes into a file that
// is synced before it counts.
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { event, sleep } from '../support/stack.mjs';

const ANSWER_MS = 10_000;
const TRIES = 12;
const RETRY_MS = 150;
// What an SDK takes for "send it again"; anything else but 200 would lose events, or stop the SDK for good.
const AGAIN = new Set([502, 503, 504]);

export class Ledger {
	/** sent: id → how often it went out. acknowledged: ids of every 200. */
	sent = new Map();
	acknowledged = new Set();
	answers = {};
	codes = {};
	unexpected = [];
	#file;
	#stopped = false;
	#random;

	static async open(path, { stack, key, random, clients = 6 }) {
		const ledger = new Ledger();
		ledger.#file = await open(path, 'a');
		ledger.#random = random;
		ledger.done = Promise.all(Array.from({ length: clients }, () => ledger.#client(stack, key)));
		return ledger;
	}

	#batch() {
		return Array.from({ length: 1 + Math.floor(this.#random() * 30) }, () => event({
			event_id: randomUUID(), input_values: { note: 'x'.repeat(Math.floor(this.#random() * 400)), mail: 'ana@example.com' },
		}));
	}

	async #post(stack, key, batch) {
		for (const { event_id } of batch) this.sent.set(event_id, (this.sent.get(event_id) ?? 0) + 1);
		try {
			const reply = await stack.post(key, batch, { signal: AbortSignal.timeout(ANSWER_MS) });
			const text = await reply.text();
			this.answers[reply.status] = (this.answers[reply.status] ?? 0) + 1;
			const [code] = /YAVIO-\d+/.exec(text) ?? [];
			if (code) this.codes[code] = (this.codes[code] ?? 0) + 1;
			if (reply.status !== 200 && !AGAIN.has(reply.status)) this.unexpected.push(`${reply.status} ${text.slice(0, 200)}`);
			return reply.status;
		} catch (error) {
			const name = error.cause?.code ?? error.name;
			this.answers[name] = (this.answers[name] ?? 0) + 1;
			return 0;
		}
	}

	async #client(stack, key) {
		while (!this.#stopped) {
			const batch = this.#batch();
			for (let tries = 0; tries < TRIES; tries++) {
				const status = await this.#post(stack, key, batch);
				if (status === 200) {
					await this.#note(batch);
					break;
				}
				if (this.#random() < 0.1) break; // a client that goes away: unknown whether it was stored
				await sleep(RETRY_MS * (1 + tries));
			}
			await sleep(this.#random() * 20);
		}
	}

	async #note(batch) {
		await this.#file.write(batch.map((e) => `${e.event_id}\n`).join(''));
		await this.#file.datasync();
		for (const { event_id } of batch) this.acknowledged.add(event_id);
	}

	async stop() {
		this.#stopped = true;
		await this.done;
		await this.#file.close();
	}
}
