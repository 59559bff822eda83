// SPDX-License-Identifier: MIT
// A whole Yavio of its own: temporary YAVIO_HOME, free ports, started and stopped through bin/yavio.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, cp, link, mkdir, mkdtemp, readFile, readlink, readdir, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './port.mjs';

export const BIN_DIR = resolve(process.env.YAVIO_BIN_DIR ?? 'build/release/bin');
const SETUP_ENV = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../scripts/setup-env.sh');
const COMMAND_MS = 120_000;
const HANGS_MS = 20_000; /* of yavio down, which kills after 45 s */

/** How much longer than the promised times a test may take: under a sanitizer, and on a machine that is busy with more. */
const BUSY = Math.min(4, Math.max(1, loadavg()[0] / availableParallelism() / 1.5));
export const SLOWNESS = BUSY * (process.env.YAVIO_VARIANT === 'asan' ? 4 : 1);

/** A build with the address sanitizer cannot load the engine: its programs with the store of the release build, in dir. */
async function withReleaseStore(dir) {
  const checkout = resolve(BIN_DIR, '../../..');
  await mkdir(join(dir, 'bin'), { recursive: true });
  await mkdir(join(dir, 'lib'));
  for (const name of await readdir(BIN_DIR)) await copyFile(join(BIN_DIR, name), join(dir, 'bin', name));
  await copyFile(join(checkout, 'build/release/bin/yavio-store'), join(dir, 'bin/yavio-store'));
  await link(join(checkout, 'build/lib/libchdb.so'), join(dir, 'lib/libchdb.so'));
  for (const name of ['caddy', 'scripts']) await cp(join(checkout, name), join(dir, name), { recursive: true });
  return join(dir, 'bin');
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs a program to its end: { code, stdout, stderr, ms }. */
export function run(file, args, { env, timeout = COMMAND_MS } = {}) {
  const began = performance.now();
  return new Promise((done, failed) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.once('error', failed);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      done({ code: code ?? signal, stdout, stderr, ms: performance.now() - began });
    });
  });
}

/** Asks again until probe() gives something true; fails after ms. */
export async function waitFor(what, probe, ms, pause = 25) {
  const deadline = performance.now() + ms;
  for (;;) {
    const result = await probe();
    if (result) return result;
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(pause);
  }
}

/** An event as an SDK sends it. */
export function event(fields = {}) {
  return {
    event_id: randomUUID(),
    event_type: 'tool_call',
    trace_id: `tr_${randomUUID()}`,
    session_id: 'ses_stack_test',
    timestamp: new Date().toISOString(),
    source: 'server',
    event_name: 'search',
    status: 'success',
    latency_ms: 12.5,
    ...fields,
  };
}

export class Stack {
  /** Directory, ports and settings of a stack; starts nothing. settings: more environment. */
  static async create(settings = {}) {
    const stack = new Stack();
    stack.bin = BIN_DIR;
    stack.dir = await mkdtemp(join(tmpdir(), 'yavio-'));
    await chmod(stack.dir, 0o711); // user yavio goes through it
    stack.bin = process.env.YAVIO_VARIANT === 'asan' ? await withReleaseStore(join(stack.dir, 'app')) : BIN_DIR;
    stack.home = join(stack.dir, 'home');
    stack.envFile = join(stack.dir, 'env');
    stack.http = await freePort();
    stack.ingest = await freePort();
    stack.clickhouse = await freePort();
    stack.dashboardUrl = `http://127.0.0.1:${stack.http}`;
    stack.ingestUrl = `http://127.0.0.1:${stack.ingest}`;
    stack.env = {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      YAVIO_HOME: stack.home,
      YAVIO_ENV_FILE: stack.envFile,
      YAVIO_HTTP_PORT: String(stack.http),
      YAVIO_INGEST_PORT: String(stack.ingest),
      CLICKHOUSE_HTTP_PORT: String(stack.clickhouse),
      YAVIO_INGEST_WORKERS: '2',
      YAVIO_DASHBOARD_WORKERS: '2',
      YAVIO_STORE_MEMORY: '512M',
      YAVIO_RETENTION_DAYS: '0', // fixtures have dates of their own
      ...settings,
    };
    const made = await run(SETUP_ENV, ['--env', stack.envFile], { env: stack.env });
    if (made.code !== 0) throw new Error(`setup-env.sh: ${made.stderr}`);
    return stack;
  }

  /** create() and up(). */
  static async start(settings) {
    const stack = await Stack.create(settings);
    try {
      await stack.up();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** bin/yavio of this stack. */
  async yavio(args, { env = {}, timeout } = {}) {
    const watch = args[0] === 'down' && setTimeout(() => this.#tellWhoHangs(), HANGS_MS);
    try {
      return await run(join(this.bin, 'yavio'), args, { env: { ...this.env, ...env }, timeout });
    } finally {
      clearTimeout(watch);
    }
  }

  /** Where the threads of what should have ended are, and what it logged last: afterwards it is killed and nobody knows. */
  async #tellWhoHangs() {
    const read = (file) => readFile(file, 'utf8').catch((e) => e.code);
    for (const { pid, name } of await this.processes()) {
      for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
        const [state, waits, call, stack] = await Promise.all(['stat', 'wchan', 'syscall', 'stack'].map((file) => read(`/proc/${pid}/task/${task}/${file}`)));
        console.error(`still there: ${name} ${pid}/${task}: ${state.slice(0, 60)} | ${waits} | ${call.trim()}\n${stack}`);
      }
      const log = await read(join(this.home, 'log', name.replace('yavio-', ''), 'current'));
      console.error(log.split('\n').slice(-4).join('\n'));
    }
  }

  /** Like yavio(), but a failure is an error, and --json answers come parsed. */
  async must(args, options) {
    const done = await this.yavio(args, options);
    if (done.code !== 0) throw new Error(`yavio ${args.join(' ')}: exit ${done.code}\n${done.stdout}${done.stderr}`);
    return args.includes('--json') ? JSON.parse(done.stdout) : done.stdout;
  }

  up(args = []) {
    return this.must(['up', ...args]);
  }

  /** { key, project_id, workspace_id } */
  createKey(workspace = 'Test workspace', project = 'Test project') {
    return this.must(['keys', 'create', '--workspace', workspace, '--project', project, '--create-missing', '--json']);
  }

  /** Rows of a query as objects, within a project or, without one, as administrator. */
  async query(sql, project) {
    const where = project ? ['--project', project] : ['--admin'];
    const text = await this.must(['query', sql, ...where, '--format', 'json']);
    return JSON.parse(text).data;
  }

  /** POST /v1/events through Caddy: the Response. */
  post(key, events, { signal } = {}) {
    return fetch(`${this.ingestUrl}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
      signal,
    });
  }

  /** Process of a program as its supervisor knows it, 0 when none. */
  async pid(program) {
    const text = await readFile(join(this.home, 'service', program, 'supervise/pid'), 'utf8').catch(() => '');
    return Number(text.trim() || 0);
  }

  /** Every process of this stack, by what it works in and what it was started with: [{ pid, name }]. */
  async processes() {
    const found = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const read = (name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const inside = [`${this.home}/service`, `${this.home}/postgres`].some((d) => cwd === d || cwd.startsWith(`${d}/`));
      const started = (await read('environ')).split('\0').some((e) => e.startsWith(`RUNIT_SERVICE=${this.home}/`));
      if (!inside && !started) continue;
      const stat = await read('stat');
      const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
      if (state && state !== 'Z' && state !== 'X') found.push({ pid: Number(pid), name: (await read('comm')).trim() });
    }
    return found;
  }

  /** Ends it whatever its state, and removes its directory. */
  async stop() {
    await this.yavio(['down', '--timeout', '10s']).catch(() => {});
    for (const { pid } of await this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone meanwhile
      }
    }
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
