// SPDX-License-Identifier: MIT
// Programs under test: started in a directory of their own, watched, and gone when the test is.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
export const BIN_DIR = resolve(ROOT, process.env.YAVIO_BIN_DIR ?? 'build/release/bin');
export const PROGRAM_DIR = resolve(BIN_DIR, '../tests/programs');

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* How long a test waits for what has to come: far more than the busiest machine needs. */
const PATIENCE_MS = 60_000;

/** Polls until check() gives something true; throws what, with the last error, after ms. */
export async function until(what, check, ms = PATIENCE_MS) {
	const end = Date.now() + ms;
	let last;
	for (;;) {
		try {
			const value = await check();
			if (value) return value;
		} catch (e) {
			last = e;
		}
		if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}${last ? ` (${last.message})` : ''}`);
		await sleep(10);
	}
}

/** A directory that is removed with the test context t (or by the caller when t is absent). */
export function temporaryDir(t, prefix = 'yavio-test-') {
	const dir = mkdtempSync(join(tmpdir(), prefix));
	t?.after(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

/** Direct children of a process. */
export const childrenOf = (pid) =>
	readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** CPU time that processes have used, in ms: unlike time on the wall it does not grow with what else the machine does. */
export const cpuMs = (...pids) => pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0);

export const isAlive = (pid) => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** Starts a program; stopped (TERM, then KILL) after the test. logs() parses its JSON lines. */
export function start(t, command, args, options = {}) {
	const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += piece));
	const exited = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
	const program = {
		pid: child.pid,
		exited,
		kill: (signal) => child.kill(signal),
		output: () => output,
		ended: () => child.exitCode !== null || child.signalCode !== null,
		logs: () =>
			output
				.split('\n')
				.filter((line) => line.startsWith('{'))
				.map((line) => {
					try {
						return JSON.parse(line);
					} catch {
						return { msg: line };
					}
				}),
		async stop(ms = 10_000) {
			if (child.exitCode !== null || child.signalCode !== null) return exited;
			child.kill('SIGTERM');
			const timer = setTimeout(() => child.kill('SIGKILL'), ms);
			const result = await exited;
			clearTimeout(timer);
			return result;
		},
	};
	t?.after(() => program.stop());
	return program;
}
