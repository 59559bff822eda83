// SPDX-License-Identifier: MIT
// A private yavio-shipper beside a private store: the same YAVIO_HOME, the same user, a driver that fills its spool.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BIN_DIR, PROGRAM_DIR, ROOT, start } from './process.mjs';
import { serviceUser } from './postgres.mjs';
import { startStore } from './store.mjs';

/** The real schema, as the embedded store gets it. */
export const schema = () =>
	['0001_events', '0002_tool_registry', '0003_compact_parts', '0004_column_merges', '0005_days', '0006_visits', '0007_codecs'].flatMap((name) =>
		readFileSync(join(ROOT, `clickhouse/migrations/${name}.sql`), 'utf8')
			.replace(/^--.*$/gm, '')
			.replace(/{{on_cluster}}/g, '')
			.replace(/{{(?:local|both):(\w+)}}/g, '$1')
			.replace(/{{durable}}/g, 'non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1')
			.replace(/{{engine:(\w+)\((\w*)\)}}/g, '$1MergeTree($2)')
			.split(/;\s*$/m)
			.map((text) => text.trim())
			.filter((text) => text && !text.includes('{{distributed')),
	);

export async function startPipeline(t, { env = {}, store: storeOptions } = {}) {
	const store = await startStore({ statements: schema(), ...storeOptions });
	t.after(() => store.stop());
	return new Pipeline(t, store, env);
}

class Pipeline {
	#t;
	#as;

	constructor(t, store, env) {
		this.#t = t;
		this.store = store;
		this.spool = join(store.home, 'spool');
		const user = serviceUser();
		this.#as = user.uid === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
		this.env = { ...store.env, YAVIO_SPOOL_ALLOW_LOSS: 'true', YAVIO_DISK_RESERVE: '64M', YAVIO_SHIP_INTERVAL: '100ms', ...env };
		// the user may not reach the checkout
		for (const [from, name] of [[BIN_DIR, 'yavio-shipper'], [PROGRAM_DIR, 'spool']]) {
			copyFileSync(join(from, name), join(store.dir, name));
			chmodSync(join(store.dir, name), 0o755);
		}
	}

	#command(name, args) {
		return ['setpriv', [...this.#as, '--pdeathsig=KILL', join(this.store.dir, name), ...args]];
	}

	startShipper(env = {}) {
		const [command, args] = this.#command('yavio-shipper', []);
		return start(this.#t, command, args, { env: { ...this.env, ...env }, cwd: this.store.home });
	}

	/** Runs the driver to its end: { status, stdout }. */
	driver(...args) {
		const [command, all] = this.#command('spool', [args[0], this.spool, ...args.slice(1).map(String)]);
		return spawnSync(command, all, { encoding: 'utf8', cwd: this.store.home, env: { PATH: process.env.PATH } });
	}

	/** A writer that runs on; acknowledged collects its rows. */
	writer(from, rowsARecord, records, sleepUs, env = {}) {
		const [command, args] = this.#command('spool', ['append', this.spool, from, rowsARecord, records, sleepUs].map(String));
		const child = spawn(command, args, { cwd: this.store.home, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
		const acknowledged = [];
		createInterface({ input: child.stdout }).on('line', (line) => {
			const [first, end] = line.split(' ').map(Number);
			if (end > first) acknowledged.push([first, end]);
		});
		const exited = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
		this.#t.after(() => child.kill('SIGKILL'));
		return { acknowledged, exited, kill: () => child.kill('SIGKILL') };
	}

	status() {
		return JSON.parse(this.driver('status').stdout);
	}

	quarantine() {
		return this.driver('quarantine').stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
	}

	/** [rows, distinct ids, rows with FINAL] of the store. */
	async counts() {
		const text = await this.store.run('SELECT count(), uniqExact(event_id), (SELECT count() FROM events FINAL) FROM events');
		return text.trim().split('\t').map(Number);
	}

	/** Numbers of the rows in the store. */
	async numbers() {
		const text = await this.store.run("SELECT toUInt64(reinterpretAsUInt64(reverse(unhex(substring(toString(event_id), 25))))) FROM events");
		return text.split('\n').filter(Boolean).map(Number);
	}
}
