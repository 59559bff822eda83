// SPDX-License-Identifier: MIT
// What goes wrong: kills, stops, a store that answers badly, a disk that fails or is full; each ends by itself.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { childrenOf } from '../support/process.mjs';
import { sleep } from '../support/stack.mjs';
import { StoreProxy } from './store-proxy.mjs';

const PROGRAMS = ['ingest', 'shipper', 'store', 'postgres'];
const EXTRA_MAX = 100; // more tries for kinds that did not happen

/** Numbers in [0, 1) that are the same for the same seed. */
export function seeded(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let x = state;
		x = Math.imul(x ^ (x >>> 15), x | 1);
		x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
		return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
	};
}

function signal(pid, name) {
	try {
		if (pid > 0) process.kill(pid, name);
		return pid > 0;
	} catch {
		return false;
	}
}

export class Chaos {
	/** name → how often it happened: a process was hit, an answer spoiled, a call of the disk failed, a client refused. */
	done = {};
	#kinds;

	/** preload: of ingest; smallDisk: may be undefined; refusedFull(): requests answered that the disk is full. */
	constructor({ stack, proxy, random, preload, smallDisk, refusedFull }) {
		Object.assign(this, { stack, proxy, random, preload, smallDisk, refusedFull });
		const store = (mode) => [`store ${mode}`, 1, () => this.#storeAnswers(mode)];
		this.#kinds = [
			['kill worker', 5, () => this.#killWorker()],
			...PROGRAMS.map((name) => [`kill ${name}`, 2, () => this.#kill(name)]),
			...PROGRAMS.map((name) => [`stop ${name}`, 1, () => this.#pause(name)]),
			['stop worker', 2, () => this.#pauseWorker()],
			...StoreProxy.modes.filter((mode) => mode !== 'pass').map(store),
			['syncs fail', 2, () => this.#disk('10')], ['syncs are late', 1, () => this.#disk('30')],
			['no space', 1, () => this.#disk('02')], ['writes fail', 1, () => this.#disk('01')],
			...(smallDisk ? [['disk full', 2, () => this.#fillDisk()]] : []),
		];
		for (const [name] of this.#kinds) this.done[name] = 0;
	}

	/** Kinds that did not happen. */
	get missing() {
		return Object.keys(this.done).filter((name) => this.done[name] === 0);
	}

	/**
	 * Until the time is over; then everything is whole again. complete: every kind happens, however long that takes
	 * (within reason).
	 */
	async run(seconds, { complete = false } = {}) {
		const end = performance.now() + seconds * 1000;
		const deck = this.#shuffled();
		for (let extra = 0; performance.now() < end || (complete && this.missing.length > 0 && extra < EXTRA_MAX);) {
			const over = performance.now() >= end;
			extra += over ? 1 : 0;
			const next = over ? this.missing[0] : deck.pop();
			const [name, , act] = this.#kinds.find((kind) => kind[0] === next) ?? this.#pick();
			if (await act()) this.done[name]++;
			await sleep(100 + this.random() * 900);
		}
	}

	// Each once before any comes again, so that a run of a minute has seen nearly all.
	#shuffled() {
		return this.#kinds.map(([name]) => [this.random(), name]).sort(([a], [b]) => a - b).map(([, name]) => name);
	}

	#pick() {
		let at = this.random() * this.#kinds.reduce((sum, [, weight]) => sum + weight, 0);
		return this.#kinds.find(([, weight]) => (at -= weight) < 0) ?? this.#kinds[0];
	}

	#while() {
		return sleep(200 + this.random() * 1800);
	}

	async #worker() {
		const master = await this.stack.pid('ingest');
		try {
			// The first child may be the monitor, which is as good to hit.
			const children = childrenOf(master);
			return children[Math.floor(this.random() * children.length)] ?? 0;
		} catch {
			return 0;
		}
	}

	async #killWorker() {
		return signal(await this.#worker(), 'SIGKILL');
	}

	// The back-off of the supervisor is tested elsewhere; here it would be most of the time.
	async #kill(name) {
		await rm(join(this.stack.home, 'service', name, 'backoff'), { force: true });
		return signal(await this.stack.pid(name), 'SIGKILL');
	}

	async #hold(pid) {
		if (!signal(pid, 'SIGSTOP')) return false;
		await this.#while();
		signal(pid, 'SIGCONT');
		return true;
	}

	async #pause(name) {
		return this.#hold(await this.stack.pid(name));
	}

	async #pauseWorker() {
		return this.#hold(await this.#worker());
	}

	async #storeAnswers(mode) {
		const before = this.proxy.spoiled;
		this.proxy.mode = mode;
		await this.#while();
		this.proxy.mode = 'pass';
		return this.proxy.spoiled > before;
	}

	async #disk(faults) {
		const before = this.preload.diskDone();
		this.preload.disk(faults);
		await sleep(100 + this.random() * 900);
		this.preload.disk('00');
		return this.preload.diskDone() > before;
	}

	async #fillDisk() {
		const before = this.refusedFull();
		this.smallDisk.fill();
		await this.#while();
		this.smallDisk.empty();
		return this.refusedFull() > before;
	}
}
