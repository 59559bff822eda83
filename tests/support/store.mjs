// SPDX-License-Identifier: MIT
// A private yavio-store for a test: temporary YAVIO_HOME, generated passwords, a port of the kernel's choice.
// It ends with the test process, however that ends.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
	chmodSync, chownSync, copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync,
	rmSync,
} from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serviceUser } from './postgres.mjs';

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const START_MS = 30_000;
const STOP_MS = 30_000;
const SHARED_LIBRARY = '/var/tmp/yavio-test-libchdb';

export const USERS = {
	default: 'CLICKHOUSE_ADMIN_PASSWORD',
	yavio_ingest: 'CLICKHOUSE_INGEST_PASSWORD',
	yavio_dashboard: 'CLICKHOUSE_DASHBOARD_PASSWORD',
	yavio_intelligence: 'CLICKHOUSE_INTELLIGENCE_PASSWORD',
	yavio_eraser: 'CLICKHOUSE_ERASER_PASSWORD',
};

/** The program of YAVIO_BIN_DIR (in the sanitizer lane make puts a UBSan build there: ASan cannot live with libchdb). */
export function storeProgram() {
	return join(process.env.YAVIO_BIN_DIR ?? join(ROOT, 'build/release/bin'), 'yavio-store');
}

/** As root the store runs as another user, who may not reach the checkout: gives it a copy of the program. */
function installFor(user, dir) {
	const program = storeProgram();
	if (user.uid === undefined) return program;
	mkdirSync(join(dir, 'bin'));
	mkdirSync(join(dir, 'lib'));
	copyFileSync(program, join(dir, 'bin/yavio-store'));
	const library = realpathSync(join(ROOT, 'build/lib/libchdb.so'));
	const target = join(dir, 'lib/libchdb.so');
	try {
		linkSync(library, target);
	} catch {
		if (!existsSync(SHARED_LIBRARY)) {
			copyFileSync(library, `${SHARED_LIBRARY}.${process.pid}`);
			renameSync(`${SHARED_LIBRARY}.${process.pid}`, SHARED_LIBRARY); // never half of it: tests run side by side
		}
		linkSync(SHARED_LIBRARY, target);
	}
	for (const path of ['.', 'bin', 'lib', 'bin/yavio-store']) chmodSync(join(dir, path), 0o755);
	return join(dir, 'bin/yavio-store');
}

/** Runs the program with arguments to its end: { code, stdout, stderr }. */
export async function runStore(args, env = {}) {
	const child = spawn(storeProgram(), args, { env: { PATH: process.env.PATH, YAVIO_ENV_FILE: '/dev/null', ...env } });
	const out = { stdout: '', stderr: '' };
	child.stdout.on('data', (d) => (out.stdout += d));
	child.stderr.on('data', (d) => (out.stderr += d));
	const [code] = await once(child, 'close');
	return { code, ...out };
}

/**
 * Starts a store and returns it once it answers. env: more settings; statements: texts to run as default;
 * prepare(home): called when the empty YAVIO_HOME is there.
 */
export async function startStore({ env = {}, statements = [], prepare = () => {} } = {}) {
	const user = serviceUser();
	const dir = mkdtempSync(join(tmpdir(), 'yavio-store-'));
	const store = new Store(dir, user, env);
	try {
		store.program = installFor(user, dir);
		mkdirSync(store.home, { mode: 0o700 });
		prepare(store.home);
		if (user.uid !== undefined) chownSync(store.home, user.uid, user.gid);
		await store.start();
		for (const sql of statements) await store.run(sql);
	} catch (err) {
		await store.stop();
		throw err;
	}
	return store;
}

/** An answer that was not 200. */
export class StoreError extends Error {
	constructor(reply) {
		super(`${reply.status}: ${reply.text.trim()}`);
		this.status = reply.status;
		this.code = Number(reply.headers['x-clickhouse-exception-code']);
		this.reply = reply;
	}
}

class Store {
	#child;
	#user;
	#env;

	constructor(dir, user, env) {
		this.dir = dir;
		this.home = join(dir, 'home');
		this.log = '';
		this.#user = user;
		this.passwords = Object.fromEntries(Object.keys(USERS).map((name) => [name, randomBytes(24).toString('hex')]));
		const secrets = Object.entries(USERS).map(([name, variable]) => [variable, this.passwords[name]]);
		this.#env = { PATH: process.env.PATH, YAVIO_HOME: this.home, YAVIO_ENV_FILE: '/dev/null', YAVIO_ENV: 'development',
			CLICKHOUSE_HTTP_PORT: '0', YAVIO_STORE_MEMORY: '1G', ...Object.fromEntries(secrets), ...env };
	}

	/** What another program needs to reach this store. */
	get env() {
		return { ...this.#env, CLICKHOUSE_HTTP_PORT: String(this.port) };
	}

	get pid() {
		return this.#child?.pid;
	}

	get url() {
		return `http://127.0.0.1:${this.port}`;
	}

	get socket() {
		return join(this.home, 'run/store.sock');
	}

	/** Resident memory in bytes. */
	get resident() {
		return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) * 1024;
	}

	// The parent-death signal ends it when this process is killed.
	async start({ port } = {}) {
		const as = this.#user.uid === undefined ? []
			: [`--reuid=${this.#user.uid}`, `--regid=${this.#user.gid}`, '--clear-groups'];
		const child = spawn('setpriv', [...as, '--pdeathsig=KILL', this.program],
			{ env: { ...this.#env, ...(port === undefined ? {} : { CLICKHOUSE_HTTP_PORT: String(port) }) }, cwd: this.home, stdio: ['ignore', 'inherit', 'pipe'] });
		this.#child = child;
		this.log = '';
		child.stderr.on('data', (d) => (this.log += d));
		this.exited = once(child, 'exit').then(([code, signal]) => {
			this.#child = undefined;
			return { code, signal };
		});
		const ready = join(this.home, 'run/store.ready');
		const end = Date.now() + START_MS;
		while (!(existsSync(ready) && this.log.includes('store is ready'))) {
			if (!this.#child) throw new Error(`yavio-store did not start:\n${this.log}`);
			if (Date.now() > end) throw new Error(`yavio-store is not ready:\n${this.log}`);
			await sleep(20);
		}
		this.port = Number(readFileSync(join(this.home, 'run/store.port'), 'utf8'));
	}

	/** Sends a signal and waits for the end: { code, signal }. */
	async signal(name) {
		if (!this.#child) return undefined;
		const killer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
		this.#child.kill(name);
		const how = await this.exited;
		clearTimeout(killer);
		return how;
	}

	/** Stops its clock: it neither answers nor refuses. */
	pause() {
		this.#child.kill('SIGSTOP');
	}

	resume() {
		this.#child.kill('SIGCONT');
	}

	/** kill -9, then start again on the same data. */
	async crash() {
		await this.signal('SIGKILL');
		await this.start();
	}

	/** Stops it and removes its directory; returns how it ended. */
	async stop() {
		const how = await this.signal('SIGTERM');
		rmSync(this.dir, { recursive: true, force: true });
		return how;
	}

	/**
	 * One request: { status, headers, text, body }. Text goes as the body, or, with rows, into the URL.
	 * user: name or null for none; settings: URL parameters; params: {name: value} for {name:Type}.
	 */
	async request(sql, { user = 'default', password, method = 'POST', settings = {}, params = {}, rows, headers = {},
		unix = false, path = '/', signal } = {}) {
		const query = new URLSearchParams(settings);
		for (const [name, value] of Object.entries(params)) query.set(`param_${name}`, value);
		if (rows !== undefined || method === 'GET') query.set('query', sql);
		const login = user === null ? {} : { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password ?? this.passwords[user] };
		const request = http.request({
			...(unix ? { socketPath: this.socket } : { host: '127.0.0.1', port: this.port }),
			method, path: `${path}?${query}`, headers: { ...login, ...headers }, agent: false, signal,
		});
		request.end(method === 'GET' ? undefined : (rows ?? sql));
		const [response] = await once(request, 'response');
		const chunks = [];
		for await (const chunk of response) chunks.push(chunk);
		const body = Buffer.concat(chunks);
		return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
	}

	/** The text of a successful answer; throws a StoreError otherwise. */
	async run(sql, options) {
		const reply = await this.request(sql, options);
		if (reply.status !== 200) throw new StoreError(reply);
		return reply.text;
	}

	/** As yavio_dashboard within a project. */
	async select(tenant, sql, { settings = {}, ...rest } = {}) {
		const scoped = { SQL_workspace_id: tenant.workspace, SQL_project_id: tenant.project, ...settings };
		return this.request(sql, { user: 'yavio_dashboard', settings: scoped, ...rest });
	}
}
