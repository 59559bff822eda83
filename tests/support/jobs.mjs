// SPDX-License-Identifier: MIT
// A private yavio-jobs beside a private PostgreSQL, with a YAVIO_HOME of its own: started, killed and started again.
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN_DIR, start, until } from './process.mjs';
import { serviceUser } from './postgres.mjs';

const secret = () => randomBytes(32).toString('base64');

/** cluster: of postgres.mjs, with its database; env: more settings, of a store for example. */
export class Jobs {
	#as;

	constructor(cluster, env = {}) {
		const user = serviceUser();
		this.cluster = cluster;
		this.dir = mkdtempSync(join(tmpdir(), 'yavio-jobs-'));
		chmodSync(this.dir, 0o755);
		this.home = env.YAVIO_HOME ?? join(this.dir, 'home');
		if (!env.YAVIO_HOME) {
			mkdirSync(this.home, { mode: 0o700 });
			if (user.uid !== undefined) chownSync(this.home, user.uid, user.gid);
		}
		// the user may not reach the checkout
		this.program = join(this.dir, 'yavio-jobs');
		copyFileSync(join(BIN_DIR, 'yavio-jobs'), this.program);
		chmodSync(this.program, 0o755);
		this.#as = user.uid === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
		this.env = {
			PATH: process.env.PATH, YAVIO_HOME: this.home, YAVIO_ENV: 'development', YAVIO_ENV_FILE: '/dev/null',
			LOG_LEVEL: 'debug', NEXTAUTH_URL: 'https://yavio.test', NEXTAUTH_SECRET: secret(), ENCRYPTION_KEY: `k1:${secret()}`,
			POSTGRES_SERVICE_PASSWORD: cluster.passwords.yavio_service, DATABASE_SERVICE_URL: cluster.url('yavio_service'),
			CLICKHOUSE_ADMIN_PASSWORD: randomBytes(24).toString('hex'), CLICKHOUSE_ERASER_PASSWORD: randomBytes(24).toString('hex'),
			CLICKHOUSE_DASHBOARD_PASSWORD: randomBytes(24).toString('hex'), CLICKHOUSE_HTTP_PORT: '0', ...env,
		};
	}

	/** Starts a process; ready false: returns without waiting until it works. */
	async start(env = {}, { ready = true, args = [] } = {}) {
		this.process = start(undefined, 'setpriv', [...this.#as, '--pdeathsig=KILL', this.program, ...args],
			{ env: { ...this.env, ...env }, cwd: this.dir });
		if (ready) await until(`yavio-jobs is ready\n${this.process.output()}`, () => this.log('jobs is ready').length || this.process.ended());
		if (ready && this.process.ended()) throw new Error(`yavio-jobs did not start:\n${this.process.output()}`);
		return this.process;
	}

	/** Log lines whose message is or contains text, of the present process. */
	log(text) {
		return this.process.logs().filter((line) => line.msg?.includes(text));
	}

	/** Log lines with a number. */
	errors(code) {
		return this.process.logs().filter((line) => line.err?.code === code);
	}

	async kill(signal = 'SIGKILL') {
		this.process.kill(signal);
		return this.process.exited;
	}

	/** Adds a job as the dashboard does, or as owner; returns its id. */
	async add(kind, payload = {}) {
		const { rows } = await this.cluster.query('yavio_service',
			'INSERT INTO yavio.jobs (kind, payload) VALUES ($1, $2) RETURNING id', [kind, payload]);
		return rows[0].id;
	}

	async job(id) {
		const { rows } = await this.cluster.query('yavio_service', 'SELECT * FROM yavio.jobs WHERE id = $1', [id]);
		return rows[0];
	}

	/** Waits until a job is in a state. */
	state(id, state, ms = 30_000) {
		return until(`job ${id} is ${state}`, async () => {
			const job = await this.job(id);
			if (job?.state === state) return job;
			throw new Error(`it is ${JSON.stringify(job)}\n${this.process?.output().slice(-3000)}`);
		}, ms);
	}

	async stop() {
		if (this.process && !this.process.ended()) await this.process.stop();
		rmSync(this.dir, { recursive: true, force: true });
	}
}
