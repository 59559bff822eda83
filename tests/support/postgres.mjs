// SPDX-License-Identifier: MIT
// A private PostgreSQL cluster for a test: temporary directory, unix socket only, scram passwords, the project's
// own roles.sql and migrations. It ends with the test process, however that ends.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const PG_LIB = '/usr/lib/postgresql';
const PG_MAJOR_MIN = 15;
const START_MS = 60_000;

export const ROLES = ['yavio_service', 'yavio_app', 'yavio_ingest'];
export const SUPERUSER = 'bootstrap';

// bigint counters of this schema fit a double; a string would make every comparison in a test surprising.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Directory of the oldest usable PostgreSQL programs: what holds on it holds on the newer ones. */
export function postgresBinDir() {
	if (process.env.YAVIO_PG_BIN_DIR) return process.env.YAVIO_PG_BIN_DIR;
	const majors = existsSync(PG_LIB) ? readdirSync(PG_LIB).map(Number).sort((a, b) => a - b) : [];
	const major = majors.find((m) => m >= PG_MAJOR_MIN);
	if (!major) throw new Error(`no PostgreSQL ${PG_MAJOR_MIN} or newer under ${PG_LIB}`);
	return join(PG_LIB, String(major), 'bin');
}

/** uid and gid that servers run as: PostgreSQL refuses root. Empty when the test itself is not root. */
export function serviceUser() {
	if (process.getuid() !== 0) return {};
	const id = (flag) => Number(execFileSync('id', [flag, 'yavio'], { stdio: ['ignore', 'pipe', 'ignore'] }));
	try {
		return { uid: id('-u'), gid: id('-g') };
	} catch {
		try {
			execFileSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'yavio'], {
				stdio: 'ignore',
			});
		} catch {
			// Another test made it at this moment; if not, id says so.
		}
		return { uid: id('-u'), gid: id('-g') };
	}
}

/** sql/roles.sql as text. */
export const rolesSql = () => readFileSync(join(ROOT, 'sql/roles.sql'), 'utf8');

/** The migrations in order: { version, name, sql, checksum }. Throws on a gap in the numbers. */
export function migrations() {
	const dir = join(ROOT, 'sql/migrations');
	return readdirSync(dir)
		.filter((file) => file.endsWith('.sql'))
		.sort()
		.map((file, i) => {
			const [, digits, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
			if (Number(digits) !== i + 1) throw new Error(`${file}: not number ${i + 1} of the migrations`);
			const sql = readFileSync(join(dir, file), 'utf8');
			return { version: i + 1, name, sql, checksum: createHash('sha256').update(sql).digest() };
		});
}

/**
 * Starts a server that ends when we do, even if we are killed: the shell between us and it waits for the end of its
 * standard input, then sends the signal and removes dir.
 */
export function hold(dir, argv, user, signal = 'QUIT') {
	const script = `"$@" & p=$!; read -r _; kill -${signal} $p 2>/dev/null; wait $p; cd /; rm -rf "$0"`;
	const server = spawn('sh', ['-c', script, dir, ...argv], { ...user, cwd: dir, stdio: ['pipe', 'ignore', 'inherit'] });
	server.on('error', () => {});
	server.unref();
	server.stdin.unref();
	return server;
}

/** Ends what hold() started and waits for it. */
export async function letGo(server) {
	if (server.exitCode !== null || server.signalCode !== null) return;
	const exited = new Promise((done) => server.once('exit', done));
	server.ref();
	server.stdin.end();
	await exited;
}

/** Tries until fn succeeds or START_MS passed. */
export async function eventually(fn) {
	for (const end = Date.now() + START_MS; ; ) {
		try {
			return await fn();
		} catch (err) {
			if (Date.now() > end) throw err;
			await new Promise((done) => setTimeout(done, 30));
		}
	}
}

/**
 * Starts a cluster and returns it. No database of Yavio's is in it yet: see createDatabase().
 *
 * settings: extra server settings, { name: value }.
 */
export async function startPostgres({ settings = {} } = {}) {
	const bin = postgresBinDir();
	const user = serviceUser();
	const dir = mkdtempSync(join(tmpdir(), 'yavio-pg-'));
	if (user.uid !== undefined) chownSync(dir, user.uid, user.gid);
	const cluster = new Cluster(dir);
	try {
		const pwfile = join(dir, 'pw');
		writeFileSync(pwfile, cluster.passwords[SUPERUSER], { mode: 0o600 });
		if (user.uid !== undefined) chownSync(pwfile, user.uid, user.gid);
		execFileSync(
			join(bin, 'initdb'),
			['-D', join(dir, 'data'), '-U', SUPERUSER, '--pwfile', pwfile, '--auth=scram-sha-256', '--data-checksums',
				'--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
			{ ...user, cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] },
		);
		rmSync(pwfile);
		writeFileSync(join(dir, 'data/pg_hba.conf'), 'local all all scram-sha-256\n');
		await cluster.run(bin, user, settings);
	} catch (err) {
		await cluster.stop();
		throw err;
	}
	return cluster;
}

class Cluster {
	#server;
	#clients = new Set();

	constructor(dir) {
		/** Socket directory; the port only names the socket file. */
		this.dir = dir;
		this.port = 5432;
		this.passwords = Object.fromEntries(
			[SUPERUSER, ...ROLES].map((role) => [role, randomBytes(24).toString('base64url')]),
		);
	}

	async run(bin, user, settings) {
		const options = { listen_addresses: '', unix_socket_directories: this.dir, unix_socket_permissions: '0700',
			port: this.port, fsync: 'off', max_connections: 100, log_min_messages: 'panic', ...settings };
		const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
		this.#server = hold(this.dir, [join(bin, 'postgres'), '-D', join(this.dir, 'data'), ...args], user);
		await eventually(async () => (await this.connect(SUPERUSER, 'postgres')).end());
	}

	/** Process whose descendants are the server's. */
	get pid() {
		return this.#server.pid;
	}

	/** What pg.Client and pg.Pool take; for a program use url(). */
	config(role = 'yavio_service', database = 'yavio') {
		return { host: this.dir, port: this.port, user: role, password: this.passwords[role], database };
	}

	/** libpq URL of a role over the unix socket. */
	url(role = 'yavio_service', database = 'yavio') {
		const host = encodeURIComponent(this.dir);
		return `postgresql://${role}:${this.passwords[role]}@/${database}?host=${host}&port=${this.port}`;
	}

	/** A connected client; the caller ends it, stop() ends what is left. */
	async connect(role, database = 'yavio') {
		const client = new pg.Client(this.config(role, database));
		client.on('error', () => {});
		await client.connect();
		this.#clients.add(client);
		client.on('end', () => this.#clients.delete(client));
		return client;
	}

	/** One statement, or several without parameters, as a role; resolves to pg's result. */
	async query(role, sql, params, database = 'yavio') {
		const client = await this.connect(role, database);
		try {
			return await client.query(sql, params);
		} finally {
			await client.end();
		}
	}

	/** A database with roles.sql and, unless migrate is false, every migration applied as yavio_service. */
	async createDatabase(database = 'yavio', { migrate = true } = {}) {
		await this.query(SUPERUSER, `CREATE DATABASE ${pg.escapeIdentifier(database)} TEMPLATE template0
			ENCODING 'UTF8' LOCALE 'C.UTF-8'`, undefined, 'postgres');
		await this.query(SUPERUSER, rolesSql(), undefined, database);
		for (const role of ROLES) {
			await this.query(SUPERUSER, `ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(this.passwords[role])}`,
				undefined, database);
		}
		if (migrate) await this.migrate(database);
	}

	/** Applies the migrations as the runner does: a transaction a file, with its row of schema_migrations. */
	async migrate(database = 'yavio') {
		const client = await this.connect('yavio_service', database);
		try {
			for (const { version, name, sql, checksum } of migrations()) {
				const bare = sql.startsWith('-- no-transaction');
				if (!bare) await client.query('BEGIN');
				await client.query(sql).catch((err) => {
					throw new Error(`migration ${version}_${name}: ${err.message}`, { cause: err });
				});
				await client.query(
					`INSERT INTO yavio.schema_migrations (version, name, checksum, program_version, duration_ms)
					VALUES ($1, $2, $3, 'test', 0)`,
					[version, name, checksum],
				);
				if (!bare) await client.query('COMMIT');
			}
		} finally {
			await client.end();
		}
	}

	async stop() {
		await Promise.all([...this.#clients].map((client) => client.end().catch(() => {})));
		if (this.#server) await letGo(this.#server);
		rmSync(this.dir, { recursive: true, force: true });
	}
}
