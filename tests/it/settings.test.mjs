// SPDX-License-Identifier: MIT
// Every program against the file that setup-env.sh makes, and against a wrong one: one clear line, exit 78, no value shown.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = resolve(process.env.YAVIO_BIN_DIR ?? join(ROOT, 'build/release/bin'));
const PROGRAMS = readdirSync(BIN).filter((name) => /^yavio-[a-z]+$/.test(name));
// A secret that each program needs, so that spoiling it must stop the program.
const NEEDED = {
	'yavio-ingest': 'JWT_SECRET', 'yavio-dashboard': 'NEXTAUTH_SECRET', 'yavio-live': 'NEXTAUTH_SECRET',
	'yavio-shipper': 'CLICKHOUSE_INGEST_PASSWORD', 'yavio-store': 'CLICKHOUSE_ADMIN_PASSWORD', 'yavio-jobs': 'ENCRYPTION_KEY',
};

let dir;
let file;
before(() => {
	dir = mkdtempSync(join(tmpdir(), 'yavio-settings-'));
	file = join(dir, '.env');
	assert.equal(spawnSync(join(ROOT, 'scripts/setup-env.sh'), ['--env', file]).status, 0);
});
after(() => rmSync(dir, { recursive: true, force: true }));

function check(program, text) {
	const env = join(dir, 'env');
	writeFileSync(env, text, { mode: 0o600 });
	const result = spawnSync(join(BIN, program), ['--check-config'], {
		encoding: 'utf8', timeout: 60_000,
		env: { PATH: process.env.PATH, YAVIO_HOME: join(dir, 'home'), YAVIO_ENV_FILE: env,
			ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? '' },
	});
	return { status: result.status, err: result.stderr };
}

const good = () => readFileSync(file, 'utf8');
const spoil = (name, value) => good().replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`);

test('there are programs to check', () => {
	assert.ok(PROGRAMS.length > 0, `no programs in ${BIN}`);
});

for (const program of PROGRAMS) {
	test(`${program}: what setup-env.sh makes is accepted`, () => {
		const { status, err } = check(program, good());
		assert.equal(status, 0, err);
		assert.doesNotMatch(err, /YAVIO-72/);
	});

	test(`${program}: a weak, published or missing secret stops it`, () => {
		const name = NEEDED[program];
		assert.ok(name, `${program} is not in this test's table`);
		for (const [value, line] of [
			['planted-x9', `${program}: YAVIO-7201 ${name} is `],
			['changeme', `${program}: YAVIO-7201 ${name} is a published value; run scripts/setup-env.sh --rotate ${name}`],
			['', `${program}: YAVIO-7200 ${name} is missing; run scripts/setup-env.sh`],
		]) {
			const { status, err } = check(program, spoil(name, value));
			assert.equal(status, 78, err);
			assert.equal(err.split('\n').filter((text) => text.includes('YAVIO-72') && text.startsWith(program)).length, 1, err);
			assert.ok(err.includes(line), err);
			assert.ok(!err.includes('planted'), err);
		}
	});

	test(`${program}: an unknown level of the log stops it, an unknown name only warns`, () => {
		const wrong = check(program, `${good()}\nLOG_LEVEL=loud\n`);
		assert.equal(wrong.status, 78);
		assert.match(wrong.err, /YAVIO-7104 LOG_LEVEL is malformed/);
		const unknown = check(program, `${good()}\nYAVIO_HTP_PORT=1\n`);
		assert.equal(unknown.status, 0, unknown.err);
		assert.match(unknown.err, /warning: YAVIO-7207 YAVIO_HTP_PORT .* did you mean YAVIO_HTTP_PORT\?/);
	});
}
