// SPDX-License-Identifier: MIT
// PgBouncer before a test's cluster, over a unix socket, with few server connections so that clients share them.
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ROLES, eventually, hold, letGo, serviceUser } from './postgres.mjs';

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));
const SERVER_CONNECTIONS = 2;

/** Why there is no PgBouncer here, or false: what a test's skip option takes. */
export const noPgbouncer = PROGRAM ? false : 'pgbouncer is not installed';

/** Starts one in `mode` ('session' or 'transaction'); { connect(role), url(role), stop() }. */
export async function startPgbouncer(cluster, mode) {
	const dir = mkdtempSync(join(tmpdir(), 'yavio-pb-'));
	const user = serviceUser();
	writeFileSync(join(dir, 'users.txt'), ROLES.map((role) => `"${role}" "${cluster.passwords[role]}"\n`).join(''),
		{ mode: 0o600 });
	writeFileSync(join(dir, 'pgbouncer.ini'), `
[databases]
yavio = host=${cluster.dir} port=${cluster.port} dbname=yavio
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = ${dir}
auth_type = scram-sha-256
auth_file = ${join(dir, 'users.txt')}
pool_mode = ${mode}
default_pool_size = ${SERVER_CONNECTIONS}
log_connections = 0
log_disconnections = 0
verbose = 0
logfile = ${join(dir, 'log')}
`);
	if (user.uid !== undefined) {
		for (const path of [dir, join(dir, 'users.txt'), join(dir, 'pgbouncer.ini')]) chownSync(path, user.uid, user.gid);
	}
	const server = hold(dir, [PROGRAM, '-q', join(dir, 'pgbouncer.ini')], user, 'TERM');
	const connect = async (role) => {
		const client = new pg.Client({ ...cluster.config(role), host: dir, port: 6432 });
		client.on('error', () => {});
		await client.connect();
		return client;
	};
	await eventually(async () => (await connect('yavio_app')).end());
	return {
		connect,
		/** libpq URL of a role, for a program. */
		url: (role) => cluster.url(role).replace(encodeURIComponent(cluster.dir), encodeURIComponent(dir)).replace(/port=\d+/, 'port=6432'),
		async stop() {
			await letGo(server);
			rmSync(dir, { recursive: true, force: true });
		},
	};
}
