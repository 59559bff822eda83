// SPDX-License-Identifier: MIT
// A demo (scripts/demo.sh) in a directory of its own, and a login to it.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN_DIR, ROOT } from './process.mjs';
import { run } from './stack.mjs';

export const DEMO_EMAIL = 'demo@example.com';
const SCRIPT = join(ROOT, 'scripts/demo.sh');

/** scripts/demo.sh of a directory: script(word) gives { code, stdout, stderr }. dir: an existing demo's; else a new one below /tmp. */
export function demoIn({ dir, env = {} } = {}) {
	const base = dir ?? mkdtempSync(join(tmpdir(), 'yavio-demo-'));
	if (!dir) chmodSync(base, 0o711); // user yavio goes through it
	const demo = {
		dir: dir ?? join(base, 'demo'),
		script: (word, more = {}) => run(SCRIPT, [word], { env: { PATH: process.env.PATH, YAVIO_BIN_DIR: BIN_DIR, YAVIO_DEMO_DIR: demo.dir, ...env, ...more } }),
		/** bin/yavio of the demo. */
		yavio: (args) => run(join(BIN_DIR, 'yavio'), args, { env: { PATH: process.env.PATH, LANG: 'C.UTF-8', YAVIO_HOME: join(demo.dir, 'home'), YAVIO_ENV_FILE: join(demo.dir, 'env') } }),
		get origin() {
			return `http://localhost:${readFileSync(join(demo.dir, 'port'), 'utf8').trim()}`;
		},
		get password() {
			return readFileSync(join(demo.dir, 'login'), 'utf8').trim();
		},
		async start() {
			const done = await demo.script('start');
			if (done.code !== 0) throw new Error(`demo.sh start: ${done.stdout}${done.stderr}`);
			return done.stdout;
		},
		/** Ends what was started here; a demo that was there before stays. */
		async stop() {
			if (dir) return;
			if (existsSync(demo.dir)) await demo.script('stop');
			rmSync(base, { recursive: true, force: true });
		},
	};
	return demo;
}
