// SPDX-License-Identifier: MIT
// What goes wrong: kills, stops, a store that answers badly, a disk that fails or is full; each ends by itself.
import { statfsSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childrenOf } from '../support/process.mjs';
import { sleep } from '../support/stack.mjs';
import { StoreProxy } from './store-proxy.mjs';

const PROGRAMS = ['ingest', 'shipper', 'store', 'postgres'];
const BALLAST_PIECE = 1 << 20;

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
	/** name → how often it was done. */
	done = {};
	#kinds;

	constructor({ stack, proxy, random, faultFile, smallDisk }) {
		Object.assign(this, { stack, proxy, random, faultFile, smallDisk });
		const store = (mode) => [`store ${mode}`, 1, () => this.#storeAnswers(mode)];
		this.#kinds = [
			['kill worker', 5, () => this.#killWorker()],
			...PROGRAMS.map((name) => [`kill ${name}`, 2, () => this.#kill(name)]),
			...PROGRAMS.map((name) => [`stop ${name}`, 1, () => this.#pause(name)]),
			['stop worker', 2, () => this.#pauseWorker()],
			...StoreProxy.modes.filter((mode) => mode !== 'pass').map(store),
			...(faultFile ? [
				['syncs fail', 2, () => this.#disk('10')], ['syncs are late', 1, () => this.#disk('30')],
				['no space', 1, () => this.#disk('02')], ['writes fail', 1, () => this.#disk('01')],
			] : []),
			...(smallDisk ? [['disk full', 2, () => this.#fillDisk()]] : []),
		];
	}

	/** Until the time is over; then everything is whole again. */
	async run(seconds) {
		const end = performance.now() + seconds * 1000;
		while (performance.now() < end) {
			const [name, , act] = this.#pick();
			this.done[name] = (this.done[name] ?? 0) + 1;
			await act();
			await sleep(100 + this.random() * 900);
		}
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
		signal(await this.#worker(), 'SIGKILL');
	}

	// The back-off of the supervisor is tested elsewhere; here it would be most of the time.
	async #kill(name) {
		await rm(join(this.stack.home, 'service', name, 'backoff'), { force: true });
		signal(await this.stack.pid(name), 'SIGKILL');
	}

	async #hold(pid) {
		if (!signal(pid, 'SIGSTOP')) return;
		await this.#while();
		signal(pid, 'SIGCONT');
	}

	async #pause(name) {
		await this.#hold(await this.stack.pid(name));
	}

	async #pauseWorker() {
		await this.#hold(await this.#worker());
	}

	async #storeAnswers(mode) {
		this.proxy.mode = mode;
		await this.#while();
		this.proxy.mode = 'pass';
	}

	// In place: ingest has mapped the file.
	async #disk(faults) {
		await writeFile(this.faultFile, faults, { flag: 'r+' });
		await sleep(100 + this.random() * 900);
		await writeFile(this.faultFile, '00', { flag: 'r+' });
	}

	async #fillDisk() {
		const path = join(this.smallDisk, 'ballast');
		const file = await open(path, 'w');
		try {
			for (const piece = Buffer.alloc(BALLAST_PIECE, 1); statfsSync(this.smallDisk).bavail > 0;) await file.write(piece);
		} catch (error) {
			if (error.code !== 'ENOSPC') throw error;
		}
		await this.#while();
		await file.close();
		await rm(path, { force: true });
	}
}
