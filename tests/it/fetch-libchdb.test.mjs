// SPDX-License-Identifier: MIT
// The script that fetches the embedded engine refuses what it cannot use, and says what to do; uname and npm are stand-ins.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, temporaryDir } from '../support/process.mjs';

function fetchEngine(t, tools) {
	const dir = temporaryDir(t);
	mkdirSync(join(dir, 'tools'));
	for (const [name, text] of Object.entries(tools)) {
		writeFileSync(join(dir, 'tools', name), `#!/bin/sh\n${text}\n`);
		chmodSync(join(dir, 'tools', name), 0o755);
	}
	const env = { PATH: `${join(dir, 'tools')}:${process.env.PATH}`, HOME: dir, YAVIO_CACHE_DIR: join(dir, 'cache') };
	const done = spawnSync(join(ROOT, 'scripts/fetch-libchdb.sh'), [join(dir, 'lib')], { env, encoding: 'utf8' });
	assert.equal(existsSync(join(dir, 'lib/libchdb.so')), false);
	return done;
}

test('a machine without an engine is told of the other way', (t) => {
	const { status, stderr } = fetchEngine(t, { uname: 'echo riscv64' });
	assert.equal(status, 1);
	assert.match(stderr, /^YAVIO-6009: .*riscv64.*CLICKHOUSE_URL/);
});

test('a download with another checksum is refused and not kept', (t) => {
	const { status, stderr } = fetchEngine(t, { uname: 'echo x86_64', npm: 'echo something else >package.tgz' });
	assert.equal(status, 1);
	assert.match(stderr, /^YAVIO-5021: .*sha512 and is refused: try again/m);
});
