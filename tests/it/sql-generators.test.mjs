// SPDX-License-Identifier: MIT
// The generators of named statements, of queries of the event store, and of embedded migrations: what they make, and what they refuse to build.
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
	assert.match(r.source, /, 2, PG_INGEST \| PG_APP, true, false\}/);
	assert.match(r.source, /"\$\$\\n"\n\t\t, 0, PG_INGEST, true, false\}/);
});

test('a statement may stay unnamed, or look the login up itself', () => {
	const r = queries({ 'a.sql': '-- name: one\n-- roles: app\n-- prepare: no\nSELECT 1;\n-- name: two\n-- roles: app\n-- with: login\nSELECT $1, $2, $3;\n' });
	assert.equal(r.status, 0, r.stderr);
	assert.match(r.source, /, 0, PG_APP, false, false\},\n[^]*, 3, PG_APP, true, true\}/);
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
	['a login that takes no parameters of one', { 'a.sql': '-- name: one\n-- roles: app\n-- with: login\nSELECT $1, $2;\n' }, /one has no \$1 to \$3/],
	['something else that goes with it', { 'a.sql': '-- name: one\n-- roles: app\n-- with: nothing\nSELECT 1;\n' }, /malformed/],
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

/* ---- queries of the event store ---- */

const BLOCKS = `-- param: from DateTime64(3, 'UTC')
-- param: tool Array(String)
-- block: rows
(SELECT $1 FROM events FINAL WHERE ($2) AND timestamp >= {from} AND {{chosen}})
-- block: chosen
-- plain: 1
(empty({tool}) OR has({tool}, event_name))
`;
const analytics = (files) =>
	inDirectory({ 'functions.allow': 'scalar has\nscalar empty\naggregate count any-case\naggregate uniqExact\n', 'blocks.sql': BLOCKS, ...files }, (paths, out) => {
		const r = spawnSync('scripts/gen-ch-queries.sh', [out, ...paths], { encoding: 'utf8' });
		const read = (name) => (r.status === 0 ? readFileSync(join(out, name), 'utf8') : '');
		return { status: r.status, stderr: r.stderr, header: read('ch_queries.h'), source: read('ch_queries.c') };
	});
const named = (sql) => ({ 'v.sql': `-- name: v_one\n${sql}\n` });

test('a query has its blocks filled in, its parameters typed, and a form without lists that are empty', () => {
	const r = analytics(named('SELECT COUNT(), uniqExactIf(x, y != \'a(\')\nFROM {{rows: x, y | has([1, 2], 1) AND y IN ({from}, 2)}} AS r;'));
	assert.equal(r.status, 0, r.stderr);
	assert.match(r.header, /CHQ_V_ONE, .*\n\tCHQ_COUNT\n[^]*CHV_FROM, .*\n\tCHV_TOOL, .*\n\tCHV_COUNT/);
	const [full, plain] = [...r.source.matchAll(/"SELECT COUNT[^]*?AS r"/g)].map(([text]) => text);
	assert.ok(full.includes("(SELECT x, y FROM events FINAL WHERE (has([1, 2], 1) AND y IN ({from:DateTime64(3, 'UTC')}, 2)) AND timestamp >="), full);
	assert.ok(full.includes('AND (empty({tool:Array(String)}) OR') && plain.endsWith('AND 1) AS r"'), plain);
	assert.match(r.source, /params_v_one\[\] = \{CHV_FROM, CHV_TOOL\}/);
	assert.match(r.source, /params_v_one, 2, 1\}/);
});

for (const [what, files, why] of [
	['a table outside blocks.sql', named('SELECT count() FROM events;'), /names a table/],
	['a column of tenants', named('SELECT count() FROM {{rows: project_id | 1}};'), /column of tenants/],
	['a parameter that is not declared', named('SELECT count() FROM {{rows: x | {nope}}};'), /no parameter nope/],
	['a function that the gate refuses', named('SELECT file(x) FROM {{rows: x | 1}};'), /file is not in functions\.allow/],
	['a block that is not there', named('SELECT count() FROM {{raws: x | 1}};'), /no block raws/],
	['too few for a block', named('SELECT count() FROM {{rows: x}};'), /misses argument \$2/],
	['too many for a block', named('SELECT count() FROM {{rows: x | 1 | 2}};'), /takes no argument 3/],
	['no end', named('SELECT count() FROM {{rows: x | 1}}'), /ends with ";"/],
	['two in one', named('SELECT count(); SELECT count();'), /one query each/],
	['no select', named('INSERT count();'), /begins with SELECT/],
	['a name twice', { ...named('SELECT count();'), 'w.sql': '-- name: v_one\nSELECT count();\n' }, /v_one is already in/],
])
	test(`queries of the event store, refused: ${what}`, () => {
		const r = analytics(files);
		assert.notEqual(r.status, 0);
		assert.match(r.stderr, why);
	});

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
