// SPDX-License-Identifier: MIT
// docs/api/openapi.yaml says of every row of the dashboard what the route table says: authentication, limits, fields, parameters.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { faults, openapi, resolved } from '../support/openapi.mjs';
import { ROOT } from '../support/process.mjs';
import { parametersOf, routes } from '../support/routes.mjs';

const ROWS = [...routes('dashboard'), ...routes('live')];
const operationOf = (row) => openapi().doc.paths[row.path]?.[row.method.toLowerCase()];

const TYPE = { int: 'integer', bool: 'boolean' };
/** What JSON Schema says of a field of the table. */
function expected(field) {
	const { min, max, words } = field;
	switch (field.type) {
		case 'int':
			return { type: 'integer', minimum: min, maximum: max };
		case 'word':
			return { enum: words };
		case 'text':
		case 'secret':
		case 'token':
		case 'slug':
			return { type: 'string', minLength: min, maxLength: max };
		default:
			return { type: TYPE[field.type] ?? 'string' };
	}
}

function agrees(what, field, schema) {
	assert.ok(schema, `${what}: ${field.name} is not in openapi.yaml`);
	if (field.items > 0) {
		assert.deepEqual([schema.type, schema.maxItems], ['array', field.items], `${what}: ${field.name} is a list`);
		agrees(what, { ...field, items: 0 }, schema.items);
		return;
	}
	for (const [key, value] of Object.entries(expected(field))) {
		if (key === 'minLength' && value === 0) continue;
		assert.deepEqual(schema[key], value, `${what}: ${key} of ${field.name}`);
	}
}

describe('openapi.yaml', () => {
	it('is whole: every reference leads somewhere, every operation has an id of its own', () => {
		const { doc, operations } = openapi();
		const ids = operations.map((o) => o.operation.operationId);
		assert.equal(new Set(ids).size, ids.length);
		for (const [, ref] of JSON.stringify(doc).matchAll(/"\$ref":"([^"]+)"/g)) assert.ok(resolved({ $ref: ref }), ref);
		for (const name of Object.keys(doc.components.schemas)) assert.equal(typeof faults(`/components/schemas/${name}`, {}), 'string');
	});

	it('has the rows of the route tables and no others', () => {
		execFileSync(join(ROOT, 'scripts/check-api.sh'));
	});

	it('says who may, which limit, what has to be shown', () => {
		for (const row of ROWS) {
			const operation = operationOf(row);
			const says = (name) => operation[name] ?? false;
			assert.deepEqual(
				[says('x-auth'), says('x-class'), says('x-csrf'), says('x-recent')],
				[row.auth, row.class, row.has('csrf'), row.has('recent')],
				row.name,
			);
		}
	});

	it('has the fields of every body and query', () => {
		for (const row of ROWS) {
			const operation = operationOf(row);
			const parameters = (operation.parameters ?? []).map(resolved);
			assert.deepEqual(parameters.filter((p) => p.in === 'path').map((p) => p.name).sort(), parametersOf(row.path).sort(), `${row.name}: path`);
			const query = Object.fromEntries(parameters.filter((p) => p.in === 'query').map((p) => [p.name, resolved(p.schema)]));
			const schema = resolved(operation.requestBody?.content?.['application/json']?.schema);
			const fields = row.fields ?? [];
			const documented = row.method === 'GET' ? query : Object.fromEntries(Object.entries(schema?.properties ?? {}).map(([name, s]) => [name, resolved(s)]));
			assert.deepEqual(Object.keys(documented).sort(), fields.map((f) => f.name).sort(), `${row.name}: fields`);
			for (const field of fields) agrees(row.name, field, documented[field.name]);
			if (row.method === 'GET' || fields.length === 0) continue;
			assert.equal(schema.additionalProperties, false, `${row.name}: additionalProperties`);
			assert.deepEqual((schema.required ?? []).toSorted(), fields.filter((f) => f.need === 'required').map((f) => f.name).sort(), `${row.name}: required`);
		}
	});

	it('names live numbers of errors only', () => {
		const live = new Set(readFileSync(join(ROOT, 'lib/base/errors.tbl'), 'utf8').split('\n').filter((l) => / \| live \| /.test(l)).map((l) => Number(l.slice(0, 4))));
		for (const { method, path, operation } of openapi().operations)
			for (const code of operation['x-codes'] ?? []) assert.ok(live.has(code), `${method} ${path}: ${code}`);
	});
});
