// SPDX-License-Identifier: MIT
// The checks of lint find what they are for: each fault is planted in a copy of the tree and must be named.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let tree;

before(() => {
	tree = mkdtempSync(join(tmpdir(), 'yavio-checks-'));
	const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
		{ cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0').filter((name) => name && !name.startsWith('tests/fuzz/corpus/'));
	for (const name of files) {
		mkdirSync(join(tree, dirname(name)), { recursive: true });
		cpSync(join(ROOT, name), join(tree, name), { preserveTimestamps: true, verbatimSymlinks: true });
	}
	const git = (...args) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: tree });
	git('init', '-q');
	git('add', '-A');
	git('commit', '-qm', 'copy');
});
after(() => rmSync(tree, { recursive: true, force: true }));

function run(script, ...args) {
	const result = spawnSync(join(tree, 'scripts', script), args, { cwd: tree, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: tree } });
	return { status: result.status, out: result.stdout + result.stderr };
}

/** change(text) edits one file (or makes it, text is then ''), the script must fail and say `pattern`. */
function finds(name, script, file, change, pattern, ...args) {
	test(`${script}: ${name}`, () => {
		const path = join(tree, file);
		let before = null;
		try {
			before = readFileSync(path, 'utf8');
		} catch { /* a new file */ }
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, change(before ?? ''));
		try {
			const { status, out } = run(script, ...args);
			assert.notEqual(status, 0, out);
			assert.match(out, pattern);
		} finally {
			if (before === null) rmSync(path);
			else writeFileSync(path, before);
		}
	});
}

const TABLE = 'lib/base/errors.tbl';
const append = (line) => (text) => `${text}${line}\n`;
const swap = (from, to) => (text) => {
	assert.ok(from instanceof RegExp ? from.test(text) : text.includes(from), `${from} is not there`);
	return text.replace(from, to);
};
const header = '/* SPDX-License-Identifier: MIT\n * A file with a planted fault. */\n';

finds('a published number is renamed', 'check-errors.sh', TABLE, swap('| API_KEY_REVOKED |', '| API_KEY_GONE |'),
	/2003 API_KEY_REVOKED: was published and is missing or renamed/);
finds('a line leaves the lock', 'check-errors.sh', 'lib/base/errors.lock', swap(/^2003 .*\n/m, ''), /2003 API_KEY_REVOKED: was taken out/);
finds('a message is too long', 'check-errors.sh', TABLE, swap('| API key revoked |', `| ${'x'.repeat(81)} |`), /2003: the message has 1 to 80/);
finds('a message holds a path', 'check-errors.sh', TABLE, swap('| API key revoked |', '| See /etc/yavio |'), /2003: the message holds a path/);
finds('a message holds SQL', 'check-errors.sh', TABLE, swap('| API key revoked |', '| SELECT failed |'), /2003: the message holds/);
finds('a recovery is missing', 'check-errors.sh', TABLE, swap(/^(2003 .*) \| [^|]*$/m, '$1 | '), /2003: when and recovery are sentences/);
finds('a number is used that is not in the table', 'check-errors.sh', 'docs/planted.md', append(`See ${'YAVIO'}-${8123}.`), new RegExp(`${'YAVIO'}-8123: is used and not in the table`));
finds('a name is used that is not in the table', 'check-errors.sh', 'lib/base/planted.c', append(`${header}int planted = ERR${'_INGEST_'}PLANTED;`),
	/INGEST_PLANTED: is used and not in the table/);
finds('a reserved number is used', 'check-errors.sh', 'scripts/planted.sh', append(`echo ${'YAVIO'}-${6304}`), /YAVIO-6304: is used but reserved/);
finds('a planned number is raised', 'check-errors.sh', 'lib/base/planted.c', append(`${header}int planted = ${'ERR_INTEL'}_WEBHOOK_FAILED;`),
	new RegExp(`${'YAVIO'}-4520: is used but planned`));
finds('a live number is only asked for', 'check-errors.sh', TABLE, swap(/^(4520 .*) \| planned \|/m, '$1 | live |'), new RegExp(`${'YAVIO'}-4520: is live but used nowhere`));
finds('a live number is in no test', 'check-errors.sh', TABLE, swap(/^(4520 .*) \| planned \|/m, '$1 | live |'),
	new RegExp(`${'YAVIO'}-4520: is live and no test mentions it`));
finds('a live number is used nowhere', 'check-errors.sh', TABLE, swap(/^(4100 .*) \| reserved \|/m, '$1 | live |'), /YAVIO-4100: is live but used nowhere/);

finds('a setting is mentioned that is not in the table', 'check-options.sh', 'docs/planted.md', append(`Set ${'YAVIO'}_PLANTED_NAME=1.`),
	/docs\/planted\.md mentions [A-Z]+_PLANTED_NAME/);
finds('a row has no documentation', 'check-options.sh', 'docs/configuration.md', swap('| `YAVIO_HTTP_PORT`', '| `GONE`'), /YAVIO_HTTP_PORT is not in docs/);
finds('setup-env.sh makes another set', 'check-options.sh', 'scripts/setup-env.sh', swap('JWT_SECRET base64 32 required\n', ''), /differ: JWT_SECRET/);
finds('setup-env.sh refuses another list', 'check-options.sh', 'lib/conf/published.def', swap('CONF_PUBLISHED("neon")', 'CONF_PUBLISHED("argon")'), /differ: argon/);

finds('a generated file is edited', 'check-gen.sh', '.env.example', append('# by hand'), /run make gen/);
finds('a table changes without its files', 'check-gen.sh', 'lib/conf/options.def', swap('"3000"', '"3333"'), /run make gen/);

finds('a function is too long', 'check-functions.sh', 'lib/base/planted.c',
	append(`${header}void planted(void)\n{\n${'\tplanted();\n'.repeat(121)}}`), /planted has 121 lines/);
finds('a function has too many branches', 'check-functions.sh', 'lib/base/planted.c',
	append(`${header}void planted(int a)\n{\n${'\tif (a && a > 1)\n\t\ta++;\n'.repeat(16)}}`), /planted has 33 branches/);

finds('a private key is committed', 'check-secrets.sh', 'docs/planted.md', append(`-----BEGIN ${'PRIVATE'} KEY-----`), /docs\/planted\.md:1: a private key/);
finds('a .env is committed', 'check-secrets.sh', 'deploy/.env', append('A=1'), /deploy\/\.env: a file of secrets/);
finds('a setting that is secret has a value', 'check-secrets.sh', 'deploy/planted.yml', append(`JWT_SECRET: ${'Zx1Cv2Bn3Mq4We5R'}t6Yu7Io8Pa9`), /planted\.yml:1: a setting that is secret/);
finds('a token is committed', 'check-secrets.sh', 'web/planted.ts', append(`const t = '${'ghp_'}${'a1B2c3D4e5F6'.repeat(3)}';`), /planted\.ts:1: a token/);

const layers = (name, file, text, pattern) => finds(name, 'check-layers.sh', file, append(text), pattern, '--no-build');
layers('a lower layer includes a higher one', 'lib/base/planted.c', `${header}#include "event/event.h"`, /base \(level 0\) includes event \(level 2\)/);
layers('one layer includes its like', 'lib/json/planted.c', `${header}#include "crypto/crypto.h"`, /json \(level 1\) includes crypto \(level 1\)/);
layers('a module includes a program', 'lib/web/planted.c', `${header}#include "daemon/store/pool.h"`, /web includes daemon\/store\/pool\.h/);
layers('a program includes another', 'daemon/store/planted.c', `${header}#include "cli/cli.h"`, /daemon\/store includes cli\/cli\.h/);
layers('a private header leaves its module', 'daemon/store/planted.c', `${header}#include "conf/conf_internal.h"`, /is private to conf/);
layers('a third-party header has a second owner', 'lib/web/planted.c', `${header}#include <jansson.h>`, /<jansson\.h> belongs to lib\/json\/ only/);
layers('an unknown header', 'lib/web/planted.c', `${header}#include <zstd.h>`, /<zstd\.h> is neither/);
layers('a header does not compile alone', 'lib/base/planted.h', `${header}bool planted(void);`, /planted\.h does not compile alone/);
layers('a banned function', 'lib/base/planted.c', `${header}\tstrcpy(a, b);`, /planted\.c:3:.*banned function/);
layers('no licence line', 'lib/base/planted.c', 'int planted;', /planted\.c: begins with an SPDX line/);
layers('no purpose', 'lib/base/planted.c', '/* SPDX-License-Identifier: MIT\n */\nint planted;', /planted\.c: the line after SPDX/);
layers('a file is too long', 'lib/base/planted.c', `${header}${'int planted;\n'.repeat(800)}`, /planted\.c: 80\d lines/);
