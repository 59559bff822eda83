// SPDX-License-Identifier: MIT
// Stands before the store's unix socket and spoils the answers of inserts: late, lost, errors after the rows were stored.
import { rename, stat, unlink, chmod } from 'node:fs/promises';
import http from 'node:http';
import { sleep } from '../support/stack.mjs';

const WATCH_MS = 15;

/** What can happen to an insert. before: the store never sees it; after: it has stored the rows. */
const MODES = {
	pass: {},
	late: { afterMs: 1500 },
	lateBefore: { beforeMs: 1500 },
	errorAfter: { after: 'error' },
	cutAfter: { after: 'cut' },
	errorBefore: { before: 'error' },
	cutBefore: { before: 'cut' },
};

export class StoreProxy {
	mode = 'pass';
	inserts = 0;
	spoiled = 0;
	#socket;
	#port;
	#server;
	#inode;
	#stopped = false;

	constructor(socket, port) {
		this.#socket = socket;
		this.#port = port;
		this.done = this.#watch();
	}

	static get modes() {
		return Object.keys(MODES);
	}

	// A store that starts puts its own socket there: it is moved aside at once and reached over TCP.
	async #watch() {
		while (!this.#stopped) {
			const now = await stat(this.#socket).catch(() => undefined);
			if (now && now.ino !== this.#inode) await this.#install();
			await sleep(WATCH_MS);
		}
	}

	async #install() {
		this.#server?.close();
		this.#server?.closeAllConnections();
		await rename(this.#socket, `${this.#socket}.store`).catch(() => {});
		this.#server = http.createServer((request, response) => this.#serve(request, response));
		this.#server.on('clientError', (_, connection) => connection.destroy());
		await new Promise((done) => this.#server.once('error', done).listen(this.#socket, done));
		await chmod(this.#socket, 0o666).catch(() => {});
		this.#inode = (await stat(this.#socket).catch(() => ({}))).ino;
	}

	async #serve(request, response) {
		const insert = /INSERT/i.test(decodeURIComponent(request.url));
		const mode = insert ? MODES[this.mode] : MODES.pass;
		const body = [];
		try {
			for await (const piece of request) body.push(piece);
		} catch {
			return;
		}
		if (insert) this.inserts++;
		if (insert && this.mode !== 'pass') this.spoiled++;
		if (mode.beforeMs) await sleep(mode.beforeMs);
		if (mode.before) return this.#spoil(mode.before, request, response);
		this.#forward(request, Buffer.concat(body), async (reply, text) => {
			if (mode.afterMs) await sleep(mode.afterMs);
			if (mode.after && reply?.statusCode === 200) return this.#spoil(mode.after, request, response);
			if (!reply) return request.socket.destroy();
			response.writeHead(reply.statusCode, reply.headers).end(text);
		});
	}

	#forward(request, body, done) {
		const headers = { ...request.headers, 'content-length': body.length };
		delete headers['transfer-encoding'];
		delete headers.expect;
		const onward = http.request({ host: '127.0.0.1', port: this.#port, method: request.method, path: request.url, headers, agent: false });
		onward.on('error', () => done());
		onward.on('response', async (reply) => {
			const text = [];
			try {
				for await (const piece of reply) text.push(piece);
			} catch {
				return done();
			}
			delete reply.headers['transfer-encoding'];
			delete reply.headers.connection;
			return done(reply, Buffer.concat(text));
		});
		onward.end(body);
	}

	#spoil(how, request, response) {
		if (how === 'cut') return request.socket.destroy();
		response.writeHead(500, { 'X-ClickHouse-Exception-Code': '241', 'Content-Type': 'text/plain' });
		return response.end('Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n');
	}

	async stop() {
		this.#stopped = true;
		await this.done;
		this.#server?.close();
		this.#server?.closeAllConnections();
		await unlink(`${this.#socket}.store`).catch(() => {});
	}
}
