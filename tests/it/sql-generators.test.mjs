// SPDX-License-Identifier: MIT
// The generators of named statements and embedded migrations: what they make, and what they refuse to build.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

function inDirectory(files, run) {
	const dir = mkdtempSync(join(tmpdir(), 'yavio-gen-'));
	try {
		const paths = Object.entries(files).map(([name, text]) => {
			const path = join(dir, name);
			writeFileSync(path, text);
			return path;
		});
		return run(paths, join(dir, 'out'));
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

const queries = (files) =>
	inDirectory(files, (paths, out) => {
		const r = spawnSync('scripts/gen-queries.sh', [out, ...paths], { encoding: 'utf8' });
		const read = (name) => (r.status === 0 ? readFileSync(join(out, name), 'utf8') : '');
		return { status: r.status, stderr: r.stderr, header: read('pg_queries.h'), source: read('pg_queries.c') };
	});

const block = (name, sql, roles = 'ingest') => `-- name: ${name}\n-- roles: ${roles}\n${sql}\n`;

test('a statement becomes an enum entry and a table row', () => {
	const r = queries({
		'a.sql': `-- a comment\n${block('one', "SELECT '\\' || \"x\", $2,\n\t$1::text;", 'ingest app')}`,
		'b.sql': `${block('two', 'DO $$\nBEGIN\n\tPERFORM 1;\nEND\n$$;')}-- after\n`,
	});
	assert.equal(r.status, 0, r.stderr);
	assert.match(r.header, /PGQ_ONE, .*\n\tPGQ_TWO, .*\n\tPGQ_COUNT/);
	assert.ok(r.source.includes(`"SELECT '\\\\' || \\"x\\", $2,\\n"`), r.source);
	assert.match(r.source, /, 2, PG_INGEST \| PG_APP, true\}/);
	assert.match(r.source, /"\$\$\\n"\n\t\t, 0, PG_INGEST, true\}/);
});

const refused = [
	['a name twice, in two files', { 'a.sql': block('one', 'SELECT 1;'), 'b.sql': block('one', 'SELECT 2;') }, /one is already in a\.sql/],
	['no roles', { 'a.sql': '-- name: one\nSELECT 1;\n' }, /no "-- roles:"/],
	['an unknown role', { 'a.sql': block('one', 'SELECT 1;', 'root') }, /unknown role root/],
	['no end', { 'a.sql': block('one', 'SELECT 1') }, /does not end with ";"/],
	['two statements', { 'a.sql': block('one', 'SELECT 1;\nSELECT 2;') }, /text after its end/],
	['two statements in a line', { 'a.sql': block('one', 'SELECT 1; SELECT 2') }, /";" inside/],
	['nothing in it', { 'a.sql': '-- name: one\n-- roles: app\n-- name: two\n-- roles: app\nSELECT 1;\n' }, /one is empty/],
	['a gap in the parameters', { 'a.sql': block('one', 'SELECT $1, $3;') }, /\$3 but no \$2/],
	['text before a name', { 'a.sql': 'SELECT 1;\n' }, /before the first/],
	['a malformed name', { 'a.sql': block('One-two', 'SELECT 1;') }, /malformed name/],
	['no statement at all', { 'a.sql': '-- nothing\n' }, /no statement found/],
];
for (const [what, files, why] of refused) {
	test(`refused: ${what}`, () => {
		const r = queries(files);
		assert.notEqual(r.status, 0);
		assert.match(r.stderr, why);
	});
}

test('migrations: named NNNN_what.sql, without gaps', () => {
	const run = (files) =>
		inDirectory({ 'roles.sql': 'SELECT 1;\n', ...files }, ([roles, ...paths], out) =>
			spawnSync('scripts/gen-migrations.sh', [out, roles, ...paths], { encoding: 'utf8' }));
	assert.equal(run({ '0001_a.sql': 'SELECT 1;\n', '0002_b.sql': 'SELECT 2;\n' }).status, 0);
	const gap = run({ '0001_a.sql': 'SELECT 1;\n', '0003_b.sql': 'SELECT 2;\n' });
	assert.notEqual(gap.status, 0);
	assert.match(gap.stderr, /number 2 expected/);
	assert.match(run({ '1_a.sql': 'SELECT 1;\n' }).stderr, /not named NNNN_what/);
});
