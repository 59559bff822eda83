// SPDX-License-Identifier: MIT
// yavio-ingest and yavio-dashboard as they run: an unprivileged user, a YAVIO_HOME of their own, real secrets.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { request } from './fcgi.mjs';
import { serviceUser } from './postgres.mjs';
import { BIN_DIR, start, until } from './process.mjs';

const hex = () => randomBytes(32).toString('hex');

/** Makes a directory that the programs own. */
export function ownDir(path) {
	mkdirSync(path, { recursive: true, mode: 0o700 });
	const { uid, gid } = serviceUser();
	if (uid !== undefined) chownSync(path, uid, gid);
	return path;
}

/** The binary where the service user can reach it. */
export function installProgram(name, dir) {
	const target = join(dir, name);
	if (!existsSync(target)) copyFileSync(join(BIN_DIR, name), target);
	chmodSync(target, 0o755);
	chmodSync(dir, 0o755);
	return target;
}

/** Settings that every program needs, and secrets; others by env. */
export const baseEnv = (home, env = {}) => ({
	PATH: process.env.PATH,
	YAVIO_HOME: home,
	YAVIO_ENV_FILE: '/dev/null',
	YAVIO_ENV: 'development',
	YAVIO_SPOOL_ALLOW_LOSS: 'true',
	METRICS_BEARER_TOKEN: hex(),
	...env,
});

export const ingestSecrets = () => ({ JWT_SECRET: hex(), API_KEY_HASH_SECRET: `h1:${hex()}`, POSTGRES_INGEST_PASSWORD: hex() });
export const dashboardSecrets = () => ({
	NEXTAUTH_SECRET: hex(),
	API_KEY_HASH_SECRET: `h1:${hex()}`,
	ENCRYPTION_KEY: `k1:${randomBytes(32).toString('base64')}`,
	POSTGRES_APP_PASSWORD: hex(),
	CLICKHOUSE_DASHBOARD_PASSWORD: hex(),
});

/** Starts a program and waits until it is ready; ask() is one FastCGI request. */
export async function startProgram(t, name, { dir, env, ready = true, args = [], wrapper = [] }) {
	const user = serviceUser();
	const socket = join(env.YAVIO_HOME, 'run', `${name}.sock`);
	const readyFile = join(env.YAVIO_HOME, 'run', `${name}.ready`);
	rmSync(readyFile, { force: true }); // of one that was killed
	const [command, ...words] = [...wrapper, installProgram(`yavio-${name}`, dir), ...args];
	const program = start(t, command, words, { ...user, env, cwd: env.YAVIO_HOME });
	const ask = (o) => request(socket, typeof o === 'string' ? { uri: o } : o);
	if (ready) {
		await until(`${name} is ready`, () => {
			if (program.ended()) throw new Error(program.output());
			return existsSync(readyFile);
		}).catch((err) => {
			throw new Error(`${err.message}\n${program.output()}`);
		});
	}
	return { ...program, program, socket, readyFile, ask };
}

/** A workspace, a project and an API key for it, straight into PostgreSQL. */
export async function makeKey(postgres, env, { expires = null, revoked = null } = {}) {
	const [kid, secret] = env.API_KEY_HASH_SECRET.split(':');
	const ids = { user: randomUUID(), workspace: randomUUID(), project: randomUUID(), key: randomUUID() };
	const text = `yav_${hex()}`;
	const hash = createHmac('sha256', secret).update(text).digest();
	const run = (sql, params) => postgres.query('yavio_service', sql, params);
	await run('INSERT INTO yavio.users (id, email, name) VALUES ($1, $2, $3)', [ids.user, `${ids.user}@a.example`, 'User']);
	await run('INSERT INTO yavio.workspaces (id, name, slug, owner_id) VALUES ($1, $2, $3, $4)', [
		ids.workspace, 'Workspace', `w-${ids.workspace.slice(0, 8)}`, ids.user,
	]);
	await run('INSERT INTO yavio.projects (id, workspace_id, name, slug) VALUES ($1, $2, $3, $4)', [
		ids.project, ids.workspace, 'Project', 'p-one',
	]);
	await run(
		`INSERT INTO yavio.api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name, expires_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'key', $7, $8)`,
		[ids.key, ids.project, ids.workspace, hash, kid, text.slice(0, 12), expires, revoked],
	);
	return { text, ...ids };
}

/** A valid event; fields override. */
export const event = (fields = {}) => ({
	event_id: randomUUID(),
	event_type: 'tool_call',
	trace_id: 'trace-1',
	session_id: 'session-1',
	timestamp: new Date().toISOString(),
	source: 'server',
	tool_name: 'search',
	...fields,
});

/** All bytes of the spool as text. */
export function spoolText(env) {
	const dir = env.YAVIO_SPOOL_DIR ?? join(env.YAVIO_HOME, 'spool');
	return readdirSync(dir, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'latin1'))
		.join('\n');
}
