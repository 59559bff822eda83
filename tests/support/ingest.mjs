// SPDX-License-Identifier: MIT
// yavio-ingest as it is met from outside: behind a real Caddy, with a real PostgreSQL and a real spool.
import { createHmac, randomUUID } from 'node:crypto';
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { http, startCaddy } from './caddy.mjs';
import { startPostgres } from './postgres.mjs';
import { temporaryDir } from './process.mjs';
import { baseEnv, ingestSecrets, makeKey, ownDir, startProgram } from './programs.mjs';

const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A widget token; claims, header and secret as the test wants them. */
export function signToken(claims, secret, header = { alg: 'HS256', typ: 'JWT' }) {
	const text = `${b64(header)}.${b64(claims)}`;
	return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** A valid track event. */
export const track = (fields = {}) => ({
	event_id: randomUUID(),
	event_type: 'track',
	trace_id: 't1',
	session_id: 's1',
	timestamp: new Date().toISOString(),
	source: 'server',
	event_name: 'opened',
	...fields,
});

/** Asserts an error reply of this status and code, in the one shape, with a sound Retry-After where one belongs. */
export function refused(answer, status, code) {
	assert.equal(answer.status, status, answer.text);
	const { error } = answer.json;
	assert.equal(error.code, code, answer.text);
	assert.equal(error.status, status);
	assert.ok(error.message.length > 0);
	assert.equal(error.requestId, answer.headers['x-request-id']);
	assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
	assert.equal(answer.headers['cache-control'], 'no-store');
	if (status === 429 || status === 503) assert.match(answer.headers['retry-after'], /^[1-9][0-9]*$/);
}

/** Asserts 200 with so many events taken. */
export function taken(answer, accepted = 1) {
	assert.equal(answer.status, 200, answer.text);
	const { warnings, ...rest } = answer.json;
	assert.deepEqual(rest, { accepted, rejected: 0, requestId: answer.headers['x-request-id'] });
	return warnings ?? [];
}

/** [index, code] of every entry of errors or warnings. */
export const entries = (list) => (list ?? []).map(({ index, code }) => [index, code]);

/** Every row of the spool, oldest segment first: parsed, with its text as .text. */
export function spoolRows(env) {
	const dir = env.YAVIO_SPOOL_DIR ?? join(env.YAVIO_HOME, 'spool');
	if (!existsSync(dir)) return [];
	return readdirSync(dir, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'latin1'))
		.flatMap((segment) => segment.split('\n'))
		.filter((line) => line.includes('{"workspace_id"'))
		.map((line) => Buffer.from(line.slice(line.indexOf('{"workspace_id"')), 'latin1').toString('utf8'))
		.map((text) => Object.defineProperty(JSON.parse(text), 'text', { value: text }));
}

/** Starts everything; close() ends it. env: settings; postgres: one that runs already; home: YAVIO_HOME of a store. */
export async function startSite({ env: extra = {}, postgres: given, caddy = true, home } = {}) {
	const closers = [];
	const t = { after: (fn) => closers.push(fn) };
	const close = async () => {
		while (closers.length > 0) await closers.pop()();
	};
	try {
		const postgres = given ?? (await startPostgres());
		if (!given) {
			t.after(() => postgres.stop());
			await postgres.createDatabase();
		}
		const dir = temporaryDir(t);
		const env = baseEnv(home ?? ownDir(join(dir, 'home')), {
			...ingestSecrets(),
			DATABASE_INGEST_URL: postgres.url('yavio_ingest'),
			YAVIO_INGEST_WORKERS: '2',
			YAVIO_RATE_IP: '0',
			YAVIO_RATE_KEY: '0',
			...extra,
		});
		const program = await startProgram(t, 'ingest', { dir, env });
		const site = new Site({ t, dir, env, postgres, program, close });
		if (caddy) site.caddy = await startCaddy(t, { dir, run: join(env.YAVIO_HOME, 'run') });
		site.key = await site.makeKey();
		return site;
	} catch (error) {
		await close();
		throw error;
	}
}

class Site {
	constructor(parts) {
		Object.assign(this, parts);
	}

	/** The same settings and spool, started again after the program has ended. */
	async restart(extra = {}) {
		this.env = { ...this.env, ...extra };
		this.program = await startProgram(this.t, 'ingest', { dir: this.dir, env: this.env });
	}

	makeKey(options) {
		return makeKey(this.postgres, this.env, options);
	}

	/** Anything, through Caddy. */
	ask(options) {
		return http({ port: this.caddy.ingestPort, ...(typeof options === 'string' ? { path: options } : options) });
	}

	/** POST /v1/events through Caddy; body: bytes, text, or an object to be sent as JSON. */
	post(body, { key = this.key.text, headers = {}, path = '/v1/events', ...rest } = {}) {
		const all = { 'Content-Type': 'application/json', ...(key === null ? {} : { Authorization: `Bearer ${key}` }), ...headers };
		for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
		const bytes = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body);
		return this.ask({ method: 'POST', path, headers: all, body: bytes, ...rest });
	}

	/** POST /v1/events of these events. */
	send(...events) {
		return this.post({ events });
	}

	/** One FastCGI request straight to the program. */
	fcgi(options) {
		return this.program.ask(options);
	}

	rows() {
		return spoolRows(this.env);
	}

	/** The row of an event, by its id; undefined: there is none. */
	row(id) {
		return this.rows().find((row) => row.event_id === id.toLowerCase());
	}

	/** Sends one event, which is taken, and returns its row with the warnings. */
	async stored(fields) {
		const event = track(fields);
		const warnings = taken(await this.send(event));
		const row = this.row(event.event_id);
		assert.ok(row, 'not in the spool');
		return { row, warnings: entries(warnings).map(([, code]) => code), list: warnings };
	}

	/** The code for which one event is refused, sent alone; asserts the shape of the reply. */
	async code(fields) {
		const event = Array.isArray(fields) ? fields[0] : track(fields);
		const answer = await this.send(event);
		refused(answer, 400, 'YAVIO-2100');
		assert.equal(answer.json.accepted, 0);
		assert.equal(answer.json.rejected, 1);
		assert.equal(answer.json.errors.length, 1);
		assert.equal(answer.json.errors[0].index, 0);
		return answer.json.errors[0].code;
	}

	/** A widget token of the project of our key. */
	token(claims = {}, { secret = this.env.JWT_SECRET, header, life = 900 } = {}) {
		const iat = Math.floor(Date.now() / 1000);
		const all = { pid: this.key.project, wid: this.key.workspace, tid: 't1', sid: 's1', iat, exp: iat + life, ...claims };
		return signToken(all, secret, header);
	}

	/** Value of a metric, by its line up to the value; 0 when it is not there. */
	async metric(name) {
		const { text } = await this.ask({ path: '/metrics', headers: { Authorization: `Bearer ${this.env.METRICS_BEARER_TOKEN}` } });
		const line = text.split('\n').find((l) => l.startsWith(`${name} `));
		return line ? Number(line.slice(name.length + 1)) : 0;
	}
}
