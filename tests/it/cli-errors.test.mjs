// SPDX-License-Identifier: MIT
// What bin/yavio says when something is in its way: the number, the cause, and what to do; and that nothing is left running.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BIN_DIR, ROOT, childrenOf } from '../support/process.mjs';
import { freePort } from '../support/port.mjs';
import { Stack, run } from '../support/stack.mjs';

/** The command failed with that exit status, and says number, cause and fix. */
function failed(done, exit, code, cause) {
  assert.equal(done.code, exit, done.stdout + done.stderr);
  assert.match(done.stderr, new RegExp(`Error ${code}: `));
  assert.match(done.stderr, cause);
  assert.match(done.stderr, /\n +Fix: \S.+/);
}

const asNobody = { skip: process.getuid() !== 0 && 'only root can become somebody else' };

/** bin/yavio of the stack as user nobody, from a copy that everybody can reach. */
function nobody(stack, args, env) {
  const share = join(stack.dir, 'share');
  mkdirSync(join(share, 'bin'), { recursive: true });
  cpSync(join(ROOT, 'caddy'), join(share, 'caddy'), { recursive: true });
  copyFileSync(join(BIN_DIR, 'yavio'), join(share, 'bin/yavio'));
  chmodSync(join(share, 'bin/yavio'), 0o755);
  const words = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', join(share, 'bin/yavio'), ...args];
  return run('setpriv', words, { env: { ...stack.env, ...env } });
}

describe('before anything runs', { concurrency: false }, () => {
  let stack;
  before(async () => {
    stack = await Stack.create();
  });
  after(() => stack.stop());

  test('each taken port of the defaults is told, with its setting', async () => {
    const ports = { 3000: 'YAVIO_HTTP_PORT', 3001: 'YAVIO_INGEST_PORT', 5432: 'POSTGRES_PORT', 8123: 'CLICKHOUSE_HTTP_PORT' };
    // a port that somebody else has is just as good
    const holders = Object.keys(ports).map((port) => createServer().on('error', () => {}).listen(Number(port), '127.0.0.1'));
    try {
      const env = Object.fromEntries(Object.entries(ports).map(([port, name]) => [name, port]));
      const done = await stack.yavio(['up'], { env });
      failed(done, 1, 'YAVIO-6300', /port 3000 \(YAVIO_HTTP_PORT\) is in use/);
      failed(done, 1, 'YAVIO-6301', /port 3001 \(YAVIO_INGEST_PORT\) is in use/);
      failed(done, 1, 'YAVIO-6302', /port 5432 \(POSTGRES_PORT\) is in use/);
      failed(done, 1, 'YAVIO-6303', /port 8123 \(CLICKHOUSE_HTTP_PORT\) is in use/);
    } finally {
      for (const holder of holders) holder.close();
    }
    assert.deepEqual(await stack.processes(), []);
  });

  test('a program that is not there', async () => {
    failed(await stack.yavio(['logs', 'nope', '--no-follow']), 2, 'YAVIO-6404', /nope is none of: .*ingest/);
    failed(await stack.yavio(['health', 'nope']), 2, 'YAVIO-6404', /nope is none of/);
  });

  test('commands that need a running stack', async () => {
    failed(await stack.yavio(['status']), 3, 'YAVIO-6406', /nothing runs in /);
    failed(await stack.yavio(['keys', 'list']), 3, 'YAVIO-6406', /nothing runs in /);
  });

  test('health names who does not answer', async () => {
    failed(await stack.yavio(['health', 'ingest']), 3, 'YAVIO-6200', /nothing answers for ingest/);
    failed(await stack.yavio(['health', 'dashboard']), 3, 'YAVIO-6201', /nothing answers for dashboard/);
    failed(await stack.yavio(['health', 'postgres']), 3, 'YAVIO-6203', /nothing answers for postgres/);
  });

  test('somebody else\'s directory', asNobody, async () => {
    mkdirSync(stack.home, { recursive: true, mode: 0o700 });
    failed(await nobody(stack, ['status'], { YAVIO_ENV_FILE: '/dev/null' }), 1, 'YAVIO-6411', /belongs to \w+/);
  });

  const open = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= 1 && 'every port is open to everybody here';
  const capable = /=/.test(spawnSync('sh', ['-c', 'getcap "$(command -v caddy)"'], { encoding: 'utf8' }).stdout) && 'Caddy may listen anywhere here';
  test('a port below 1024 for an ordinary user', { skip: asNobody.skip || open || capable }, async () => {
    const dir = join(stack.dir, 'nobody');
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout));
    mkdirSync(dir);
    copyFileSync(stack.envFile, join(dir, 'env'));
    for (const path of [dir, join(dir, 'env')]) chownSync(path, uid, gid);
    const done = await nobody(stack, ['up'], { YAVIO_HOME: join(dir, 'home'), YAVIO_ENV_FILE: join(dir, 'env'), YAVIO_HTTP_PORT: '1' });
    failed(done, 1, 'YAVIO-6305', /port 1 \(YAVIO_HTTP_PORT\) is below 1024/);
    assert.match(done.stderr, /Fix: .*setcap/);
  });

  test('a Caddy that refuses its configuration', async () => {
    const env = { YAVIO_DOMAIN: 'yavio.example', YAVIO_TLS: 'files', YAVIO_TLS_CERT: '/nonexistent/cert.pem',
      YAVIO_TLS_KEY: '/nonexistent/key.pem', YAVIO_ENV: 'development' };
    const done = await stack.yavio(['up'], { env });
    failed(done, 1, 'YAVIO-7507', /\/nonexistent\//);
    assert.deepEqual(await stack.processes(), []);
  });

  test('a PostgreSQL that is not there', async () => {
    const url = `postgresql://yavio_service:x@127.0.0.1:${await freePort()}/yavio`;
    const done = await stack.yavio(['up', '--wait', '5s'], { env: { DATABASE_URL: url } });
    failed(done, 3, 'YAVIO-6203', /127\.0\.0\.1|[Cc]onnection refused/);
    assert.deepEqual(await stack.processes(), []);
  });

  test('a program that was not built', async () => {
    const share = join(stack.dir, 'half');
    mkdirSync(join(share, 'bin'), { recursive: true });
    cpSync(join(ROOT, 'caddy'), join(share, 'caddy'), { recursive: true });
    copyFileSync(join(BIN_DIR, 'yavio'), join(share, 'bin/yavio'));
    const done = await run(join(share, 'bin/yavio'), ['up'], { env: stack.env });
    failed(done, 1, 'YAVIO-6007', /half\/bin\/yavio-store: No such file/);
    assert.match(done.stderr, /Fix: build it: make build/);
    assert.deepEqual(await stack.processes(), []);
  });

  test('a program that is not ready in time', async () => {
    const done = await stack.yavio(['up', '--wait', '1ms']);
    failed(done, 1, 'YAVIO-6407', /postgres is not ready after 0 s/);
    assert.match(done.stderr, /Fix: .*logs postgres/);
    assert.deepEqual(await stack.processes(), []);
  });
});

describe('with a stack', { concurrency: false }, () => {
  let stack;
  before(async () => {
    stack = await Stack.start();
    await stack.createKey();
  });
  after(() => stack.stop());

  test('what is not found', async () => {
    failed(await stack.yavio(['query', 'SELECT 1', '--project', 'nope']), 5, 'YAVIO-6418', /no single project called nope/);
    failed(await stack.yavio(['keys', 'revoke', 'yav_ffffffff']), 5, 'YAVIO-6418', /no key yav_ffffffff/);
  });

  test('an answer with too many columns for a table', async () => {
    const sql = `SELECT ${Array.from({ length: 1100 }, (_, i) => `1 AS c${i}`).join(', ')}`;
    failed(await stack.yavio(['query', sql, '--admin']), 1, 'YAVIO-6999', /could not be shown as a table/);
    const done = await stack.yavio(['query', sql, '--admin', '--format', 'csv']);
    assert.equal(done.code, 0, 'the fix that is named works');
  });

  test('a stopped program is woken when it is restarted', async () => {
    const before = await stack.pid('dashboard');
    process.kill(before, 'SIGSTOP');
    const done = await stack.yavio(['restart', 'dashboard'], { timeout: 30_000 });
    assert.equal(done.code, 0, done.stdout + done.stderr);
    assert.match(done.stdout, /dashboard ready/);
    assert.doesNotMatch(done.stderr, /did not replace itself/);
  });

  test('a program that does not stop is killed, and that is said', async () => {
    // a worker that hangs; runsv wakes the master itself when it ends it
    process.kill(childrenOf(await stack.pid('dashboard'))[0], 'SIGSTOP');
    const done = await stack.yavio(['down', '--timeout', '5s']);
    assert.equal(done.code, 1, done.stdout + done.stderr);
    assert.match(done.stderr, /YAVIO-6408 dashboard did not stop within 5 s and is killed/);
    assert.match(done.stdout, /Data kept in /);
    assert.deepEqual(await stack.processes(), []);
  });

  test('a cluster of a PostgreSQL that is too old', async () => {
    const file = join(stack.home, 'postgres/PG_VERSION');
    const kept = readFileSync(file);
    writeFileSync(file, '12\n');
    const done = await stack.yavio(['up']);
    writeFileSync(file, kept);
    failed(done, 1, 'YAVIO-5213', /no PostgreSQL 12 here/);
    assert.deepEqual(await stack.processes(), []);
  });

  test('a supervisor that cannot start its services', async () => {
    const marks = join(stack.home, 'service/caddy/supervise');
    rmSync(marks, { recursive: true });
    writeFileSync(marks, 'in the way of runsv');
    const done = await stack.yavio(['up']);
    failed(done, 1, 'YAVIO-6409', /runsvdir does not start its services in /);
    assert.deepEqual(await stack.processes(), []);
    rmSync(marks);
    assert.equal((await stack.yavio(['up'])).code, 0);
  });
});
