// SPDX-License-Identifier: MIT
// Talks to tests/programs/pg_driver.c: one command a line, one JSON object a line back.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const BIN_DIR = process.env.YAVIO_BIN_DIR ?? 'build/release/bin';

/** A running driver; call(command, ...args) resolves to its answer, with `events` that came before it. */
export class Driver {
	constructor() {
		this.child = spawn(join(dirname(BIN_DIR), 'tests/programs/pg_driver'), { stdio: ['pipe', 'pipe', 'pipe'] });
		this.child.stdin.on('error', () => {});
		this.log = '';
		this.child.stderr.on('data', (text) => (this.log += text));
		this.exited = new Promise((done) => this.child.on('close', (code, signal) => done(code ?? signal)));
		this.waiting = [];
		let events = [];
		createInterface({ input: this.child.stdout }).on('line', (line) => {
			const object = JSON.parse(line);
			if (!object.done) {
				events.push(object.event);
				return;
			}
			this.waiting.shift().resolve({ ...object, events });
			events = [];
		});
		this.exited.then((status) => {
			for (const { reject } of this.waiting) reject(new Error(`driver ended with ${status}: ${this.log}`));
		});
	}

	call(command, ...args) {
		return new Promise((resolve, reject) => {
			this.waiting.push({ resolve, reject });
			this.child.stdin.write(`${[command, ...args.map((a) => String(a).replaceAll(/\s+/g, ' '))].join('\t')}\n`);
		});
	}

	/** Opens and starts a connection; throws unless that works. */
	async start(role, url, { prepare = 1, timeout = 10_000 } = {}) {
		const opened = await this.call('open', role, url, prepare, timeout);
		const started = opened.err ? opened : await this.call('start', 5000, 5000);
		if (started.err) throw new Error(`start: ${JSON.stringify(started)}`);
		return this;
	}

	/** Ends it; resolves to its exit status, which a sanitizer makes other than 0. Only then is `log` complete. */
	async end() {
		this.child.stdin.end();
		return this.exited;
	}
}
