// SPDX-License-Identifier: MIT
// Live views as people have them: ingest, shipper, store and yavio-live behind a real Caddy, and viewers that read streams.
//
//   const stack = await startLive();                                  // before(); stack.stop() in after()
//   const one = await stack.tenant();                                 // { workspace, project, key, owner }
//   const viewer = await stack.view(one.owner, one.project, { backlog: 0 });
//   await stack.send(one.key, track());
//   await viewer.event((e) => e.eventName === 'opened');
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { http } from './caddy.mjs';
import { startDashboard } from './dashboard.mjs';
import { queryString } from './analytics.mjs';
import { freePort } from './port.mjs';
import { until } from './process.mjs';
import { ingestSecrets } from './programs.mjs';

/** What a test waits for at most: it is to find what never comes, not to measure. */
export const PATIENCE_MS = 30_000;

/** One message from the lines of its text. */
export function parseMessage(text) {
	const message = {};
	for (const line of text.split('\n')) {
		const at = line.indexOf(': ');
		assert.ok(at > 0, `odd line: ${line}`);
		message[line.slice(0, at)] = line.slice(at + 2);
	}
	if (message.data) message.data = JSON.parse(message.data);
	return message;
}

/** A stream that is read: all messages so far, the last id, and whether it has ended. */
export class Viewer {
	messages = [];
	ended = false;
	#text = '';

	static async open({ port, path, headers }) {
		const viewer = new Viewer();
		viewer.request = request({ host: '127.0.0.1', port, path, headers, agent: false });
		viewer.request.on('error', () => (viewer.ended = true));
		viewer.request.end();
		[viewer.response] = await once(viewer.request, 'response');
		viewer.status = viewer.response.statusCode;
		viewer.headers = viewer.response.headers;
		viewer.response.setEncoding('utf8');
		viewer.response.on('data', (piece) => viewer.#take(piece));
		for (const name of ['end', 'aborted', 'error', 'close']) viewer.response.on(name, () => (viewer.ended = true));
		return viewer;
	}

	#take(piece) {
		this.#text += piece;
		if (!/^text\/event-stream/.test(this.headers['content-type'] ?? '')) return;
		const parts = this.#text.split('\n\n');
		this.#text = parts.pop();
		for (const part of parts) {
			const message = parseMessage(part);
			message.at = performance.now();
			if (message.id) this.lastId = message.id;
			this.messages.push(message);
		}
	}

	/** The body of an answer that is no stream. */
	async json() {
		await until('the answer ends', () => this.ended, PATIENCE_MS);
		return JSON.parse(this.#text);
	}

	of(kind) {
		return this.messages.filter((m) => m.event === kind);
	}

	get events() {
		return this.of('event').map((m) => m.data);
	}

	get ids() {
		return this.events.map((e) => e.eventId);
	}

	/** Waits for a message of a kind for which check is true. */
	message(kind, check = () => true, ms = PATIENCE_MS) {
		return until(`${kind} (${JSON.stringify(this.messages.slice(-3))})`, () => this.of(kind).find((m) => check(m.data, m)), ms);
	}

	async event(check, ms) {
		return (await this.message('event', check, ms)).data;
	}

	/** Waits until all of these events are there. */
	all(events, ms = PATIENCE_MS) {
		return until(`${events.length} events`, () => {
			const seen = new Set(this.ids);
			return events.every((e) => seen.has(e.event_id));
		}, ms);
	}

	close() {
		this.request.destroy();
	}
}

class Live {
	static async start({ settings = {}, ship = '100ms' } = {}) {
		const stack = new Live();
		stack.site = await startDashboard({
			store: { env: { CLICKHOUSE_HTTP_PORT: String(await freePort()) } }, // the same after a restart
			settings: { ...ingestSecrets(), YAVIO_RATE_KEY: '0', YAVIO_RATE_IP: '0', YAVIO_INGEST_WORKERS: '2', YAVIO_SHIP_INTERVAL: ship, YAVIO_SSE_PER_USER: '50', ...settings },
		});
		try {
			const { site } = stack;
			site.env.CLICKHOUSE_INGEST_PASSWORD = site.store.passwords.yavio_ingest;
			stack.ingest = await site.startProgram('ingest');
			stack.shipper = await site.startProgram('shipper');
			stack.live = await site.startProgram('live');
		} catch (err) {
			await stack.stop();
			throw err;
		}
		return stack;
	}

	/** A workspace with a project, a key for it and its owner. */
	async tenant() {
		const owner = await this.site.person();
		const workspace = await this.site.workspace({ owner });
		const project = await this.site.project(workspace);
		return { owner, workspace, project, key: (await this.site.key(project)).key };
	}

	/** Sends events, all of which are taken. */
	async send(key, ...events) {
		const answer = await http({
			port: this.site.caddy.ingestPort, path: '/v1/events', method: 'POST', body: JSON.stringify({ events }),
			headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
		});
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.json.accepted, events.length, answer.text);
		return events;
	}

	path(project, query = {}) {
		const text = queryString(query);
		return `/api/analytics/${project.id}/live${text ? `?${text}` : ''}`;
	}

	/** A stream through Caddy, whatever comes of it. */
	open(person, project, query = {}, headers = {}) {
		const cookie = person ? { Cookie: `${this.site.cookie('yavio_session')}=${person.client.session}` } : {};
		return Viewer.open({ port: this.site.port, path: this.path(project, query), headers: { ...cookie, ...headers } });
	}

	/** One that is a stream. */
	async view(person, project, query = {}, headers = {}) {
		const viewer = await this.open(person, project, query, headers);
		if (viewer.status !== 200) assert.fail(`${viewer.status} ${JSON.stringify(await viewer.json())}`);
		assert.match(viewer.headers['content-type'], /^text\/event-stream/);
		return viewer;
	}

	/** Ends yavio-live (kill -9 unless said) and starts it again. */
	async restart(signal = 'SIGKILL') {
		this.live.kill(signal);
		await this.live.exited;
		this.live = await this.site.startProgram('live');
	}

	async metrics() {
		const token = this.site.env.METRICS_BEARER_TOKEN;
		return (await http({ port: this.site.port, path: '/api/metrics', headers: { Authorization: `Bearer ${token}` } })).text;
	}

	async stop() {
		await this.site?.stop();
	}
}

export const startLive = (options) => Live.start(options);
