// SPDX-License-Identifier: MIT
// scripts/setup-env.sh: fills only what is empty, refuses weak values, never shows one, and what it makes loads.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/setup-env.sh', import.meta.url));
const REQUIRED = [
	'NEXTAUTH_SECRET', 'JWT_SECRET', 'API_KEY_HASH_SECRET', 'ENCRYPTION_KEY', 'POSTGRES_SERVICE_PASSWORD',
	'POSTGRES_APP_PASSWORD', 'POSTGRES_INGEST_PASSWORD', 'CLICKHOUSE_ADMIN_PASSWORD', 'CLICKHOUSE_INGEST_PASSWORD',
	'CLICKHOUSE_DASHBOARD_PASSWORD', 'CLICKHOUSE_ERASER_PASSWORD',
];
const OPTIONAL = ['METRICS_BEARER_TOKEN', 'POSTGRES_SUPERUSER_PASSWORD'];

let dir;
let file;
beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), 'yavio-setup-env-'));
	file = join(dir, '.env');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function run(...args) {
	const result = spawnSync(SCRIPT, ['--env', file, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH } });
	return { status: result.status, out: result.stdout + result.stderr, stdout: result.stdout };
}

function values() {
	const lines = readFileSync(file, 'utf8').split('\n').filter((line) => /^[A-Z]/.test(line));
	return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function assertNothingShown(out) {
	for (const [name, value] of values()) {
		if (value.length >= 24) assert.ok(!out.includes(value), `${name} was printed`);
	}
}

test('a new file has every secret, strong and distinct, and is private', () => {
	const { status, out } = run();
	assert.equal(status, 0, out);
	assert.equal(statSync(file).mode & 0o777, 0o600);
	const made = values();
	for (const name of [...REQUIRED, ...OPTIONAL]) assert.ok(made.get(name)?.length >= 44, name);
	assert.equal(new Set([...REQUIRED, ...OPTIONAL].map((name) => made.get(name))).size, REQUIRED.length + OPTIONAL.length);
	assert.match(made.get('ENCRYPTION_KEY'), /^k1:[A-Za-z0-9+/]{43}=$/);
	assert.match(made.get('API_KEY_HASH_SECRET'), /^h1:[A-Za-z0-9+/]{43}=$/);
	assert.match(made.get('JWT_SECRET'), /^[A-Za-z0-9+/]{43}=$/);
	assert.match(made.get('POSTGRES_APP_PASSWORD'), /^[0-9a-f]{64}$/);
	assertNothingShown(out);
	assert.deepEqual(readdirSync(dir), ['.env']);
});

test('a second run changes nothing and says so', () => {
	run();
	const before = readFileSync(file);
	const stamp = statSync(file).mtimeMs;
	const { status, out } = run();
	assert.equal(status, 0);
	assert.match(out, /complete, nothing changed/);
	assert.deepEqual(readFileSync(file), before);
	assert.equal(statSync(file).mtimeMs, stamp);
});

test('what is set stays byte for byte, with comments and order', () => {
	const kept = 'YAVIO_HTTP_PORT=4000   # mine\n\n#JWT_SECRET=old\nexport OTHER="a b"\r\n'
		+ "METRICS_BEARER_TOKEN='Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2'\n";
	writeFileSync(file, `${kept}export JWT_SECRET=  # fill me\nNEXTAUTH_SECRET=""\nlast=no newline`, { mode: 0o600 });
	const { status, out } = run();
	assert.equal(status, 0, out);
	const text = readFileSync(file, 'utf8');
	assert.ok(text.startsWith(kept));
	assert.match(text, /^export JWT_SECRET=[A-Za-z0-9+/]{43}= {1,2}# fill me$/m);
	assert.match(text, /^NEXTAUTH_SECRET=[A-Za-z0-9+/]{43}=$/m);
	assert.match(text, /^last=no newline$/m);
	assert.equal(text.match(/^METRICS_BEARER_TOKEN=/gm).length, 1);
	assert.equal(run('--check').status, 0);
});

test('aliases and secret files count as set', () => {
	const secret = join(dir, 'jwt');
	writeFileSync(secret, 'Ee7Mk8Nj9Bh0Vg1Cf2Xd3Zs4Aa5Qq6Ww7Ee8Rr9TtYY=\n');
	writeFileSync(file, `JWT_SECRET_FILE=${secret}\nCLICKHOUSE_PASSWORD=Lm9Kn8Jb7Hv6Gc5Fx4Dz3Sa2Aq1Wp0\n`, { mode: 0o600 });
	assert.equal(run().status, 0);
	assert.ok(!values().has('JWT_SECRET'));
	assert.ok(!values().has('CLICKHOUSE_ADMIN_PASSWORD'));
	assert.equal(run('--check').status, 0);
	assert.equal(run('--rotate', 'JWT_SECRET').status, 1);
	rmSync(secret);
	const { status, out } = run('--check');
	assert.equal(status, 1);
	assert.match(out, /JWT_SECRET: its file cannot be read/);
});

test('published, weak and shared values are refused by name and nothing is changed', () => {
	const cases = [
		['JWT_SECRET=changeme', /JWT_SECRET is refused: a published value/],
		['POSTGRES_APP_PASSWORD=yavio_dev', /POSTGRES_APP_PASSWORD is refused: a published value/],
		['NEXTAUTH_SECRET=REPLACE_WITH_SOMETHING_LONG_AND_RANDOM', /NEXTAUTH_SECRET is refused: a published value/],
		['CLICKHOUSE_ADMIN_PASSWORD="postgres" # x', /CLICKHOUSE_ADMIN_PASSWORD is refused: a published value/],
		['JWT_SECRET=secretsecretsecretsecretsecretsecretsecret', /JWT_SECRET is refused: a published value/],
		['JWT_SECRET=dV3kQ9pL2sX7', /JWT_SECRET is refused: 12 characters, 32 needed/],
		['JWT_SECRET=aaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb', /fewer than 8 different characters/],
		['ENCRYPTION_KEY=k1:Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2', /ENCRYPTION_KEY is refused: malformed/],
		['API_KEY_HASH_SECRET=h2:Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2,h1:changeme', /API_KEY_HASH_SECRET is refused/],
		['JWT_SECRET=Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2\nNEXTAUTH_SECRET=Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2',
			/JWT_SECRET and NEXTAUTH_SECRET have one value/],
	];
	for (const [text, pattern] of cases) {
		writeFileSync(file, `${text}\n`, { mode: 0o600 });
		for (const args of [[], ['--check']]) {
			const { status, out } = run(...args);
			assert.equal(status, 1, text);
			assert.match(out, pattern);
			assert.equal(readFileSync(file, 'utf8'), `${text}\n`);
			for (const line of text.split('\n')) {
				const value = line.slice(line.indexOf('=') + 1);
				if (value.length > 20) assert.ok(!out.includes(value), `value of ${text} was printed`);
			}
		}
	}
});

test('--check and --print-missing change nothing', () => {
	let { status, out, stdout } = run('--check');
	assert.equal(status, 1);
	for (const name of REQUIRED) assert.match(out, new RegExp(`YAVIO-7200 ${name} is missing`));
	assert.ok(!existsSync(file));
	({ status, stdout } = run('--print-missing'));
	assert.equal(status, 0);
	assert.deepEqual(stdout.trim().split('\n').sort(), [...REQUIRED, ...OPTIONAL].sort());
	assert.ok(!existsSync(file));

	// A URL that carries the login needs no password of its own.
	writeFileSync(file, 'DATABASE_INGEST_URL=postgresql://u:p@127.0.0.1/yavio\n', { mode: 0o600 });
	assert.doesNotMatch(run('--check').out, /POSTGRES_INGEST_PASSWORD/);

	run();
	({ status, stdout } = run('--print-missing'));
	assert.equal(stdout, '');
	({ status } = run('--check'));
	assert.equal(status, 0);
});

test('a wide mode is reported by --check and repaired by a run', () => {
	run();
	chmodSync(file, 0o644);
	const { status, out } = run('--check');
	assert.equal(status, 1);
	assert.match(out, /YAVIO-6105/);
	assert.equal(statSync(file).mode & 0o777, 0o644);
	assert.match(run().out, /mode was too wide, now 0600/);
	assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('--rotate gives one name a new value and keeps what still has to be read', () => {
	run();
	const before = values();
	for (const name of ['JWT_SECRET', 'ENCRYPTION_KEY', 'API_KEY_HASH_SECRET', 'POSTGRES_APP_PASSWORD']) {
		const { status, out } = run('--rotate', name);
		assert.equal(status, 0, out);
		assertNothingShown(out);
	}
	const after = values();
	assert.equal(after.get('JWT_SECRET_PREVIOUS'), before.get('JWT_SECRET'));
	assert.notEqual(after.get('JWT_SECRET'), before.get('JWT_SECRET'));
	assert.match(after.get('ENCRYPTION_KEY'), /^k2:[^,]+,k1:/);
	assert.ok(after.get('ENCRYPTION_KEY').endsWith(`,${before.get('ENCRYPTION_KEY')}`));
	assert.ok(after.get('API_KEY_HASH_SECRET').endsWith(`,${before.get('API_KEY_HASH_SECRET')}`));
	assert.notEqual(after.get('POSTGRES_APP_PASSWORD'), before.get('POSTGRES_APP_PASSWORD'));
	for (const name of ['NEXTAUTH_SECRET', 'POSTGRES_SERVICE_PASSWORD']) assert.equal(after.get(name), before.get(name));
	assert.equal(run('--check').status, 0);
	assert.equal(run('--rotate', 'YAVIO_HTTP_PORT').status, 2);
	assert.equal(run('--rotate').status, 2);
});

test('--rotate is the way out of a refused value, which is not kept', () => {
	writeFileSync(file, 'JWT_SECRET=changeme\nENCRYPTION_KEY=yavio_dev\n', { mode: 0o600 });
	assert.equal(run('--rotate', 'JWT_SECRET').status, 0);
	assert.equal(run('--rotate', 'ENCRYPTION_KEY').status, 0);
	assert.equal(run().status, 0);
	assert.ok(!values().has('JWT_SECRET_PREVIOUS'));
	assert.doesNotMatch(readFileSync(file, 'utf8'), /changeme|yavio_dev/);
	assert.equal(run('--check').status, 0);
});

test('a link is followed, a bad call is refused', () => {
	const link = join(dir, 'link');
	run();
	writeFileSync(file, readFileSync(file, 'utf8').replace(/^JWT_SECRET=.*/m, 'JWT_SECRET='));
	symlinkSync(file, link);
	const result = spawnSync(SCRIPT, ['--env', link], { encoding: 'utf8' });
	assert.equal(result.status, 0, result.stderr);
	assert.match(values().get('JWT_SECRET'), /.{44}/);
	assert.equal(run('--nonsense').status, 2);
	assert.equal(spawnSync(SCRIPT, ['--env', join(dir, 'no', '.env')]).status, 1);
});

test('two runs at one time make one set of values', async () => {
	const runs = [1, 2, 3, 4].map(() => new Promise((done) => spawn(SCRIPT, ['--env', file]).on('exit', done)));
	assert.deepEqual(await Promise.all(runs), [0, 0, 0, 0]);
	assert.equal(readFileSync(file, 'utf8').match(/^JWT_SECRET=/gm).length, 1);
	assert.equal(run('--check').status, 0);
	assert.deepEqual(readdirSync(dir), ['.env']);
});
