// SPDX-License-Identifier: MIT
// What benchmarks share: the load generator, medians, one JSON object a line, settings that take limits away.
import { spawn } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startCaddy } from './caddy.mjs';
import { BIN_DIR } from './process.mjs';

export const BENCH_DIR = resolve(BIN_DIR, '../bench');

/** Settings of a stack that is to show its speed and not its limits; it logs as in production: no line a request. */
export const UNLIMITED = { YAVIO_RATE_KEY: '0', YAVIO_RATE_IP: '0', YAVIO_ACCESS_LOG: 'errors', LOG_LEVEL: 'info' };

/** Numbers given as name=value on the command line, over defaults. */
export function options(defaults) {
	const given = Object.fromEntries(process.argv.slice(2).map((arg) => arg.split('=')));
	for (const name of Object.keys(given)) if (!(name in defaults)) throw new Error(`unknown option ${name}`);
	return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, Number(given[name] ?? value)]));
}

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

export const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))];

export const round = (number, digits = 2) => Number(number.toFixed(digits));

export const print = (object) => console.log(JSON.stringify(object));

/** Runs the generator to its end: its numbers. groups: { name: pid } whose CPU counts; the rest are its options. */
export function load(key, groups, settings) {
	const args = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
	for (const [name, pid] of Object.entries(groups)) args.push(`cpu=${name}:${pid}`);
	return new Promise((done, failed) => {
		const child = spawn(join(BENCH_DIR, 'load'), args, { env: { YAVIO_BENCH_KEY: key }, stdio: ['ignore', 'pipe', 'inherit'] });
		let output = '';
		child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
		child.once('error', failed);
		child.once('close', (code) => (code === 0 ? done(JSON.parse(output)) : failed(new Error(`load ended with ${code}: ${output}`))));
	});
}

/** A Caddy of its own for a FastCGI socket, with the product's Caddyfile. */
export async function caddyFor(t, dir, socket) {
	const run = join(dir, 'run');
	await mkdir(run, { recursive: true });
	await symlink(socket, join(run, 'ingest.sock'));
	return startCaddy(t, { dir, run, env: { YAVIO_ACCESS_LOG: 'errors' } });
}

/** Collects what has to be undone; what tests do with their context. */
export function undoing() {
	const steps = [];
	return {
		after: (step) => steps.push(step),
		async undo() {
			for (const step of steps.reverse()) await step();
		},
	};
}
