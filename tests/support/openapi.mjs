// SPDX-License-Identifier: MIT
// docs/api/openapi.yaml as a judge: whether a request and its answer are what the document says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { ROOT } from './process.mjs';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

// Codes that any route may answer, by the order of judgement and when something is away.
const COMMON_CODES = [
	'YAVIO-3000', 'YAVIO-3010', 'YAVIO-3011', 'YAVIO-3016', 'YAVIO-3020', 'YAVIO-3050', 'YAVIO-3051', 'YAVIO-3052', 'YAVIO-3053',
	'YAVIO-3054', 'YAVIO-3055', 'YAVIO-3100', 'YAVIO-3151', 'YAVIO-3153', 'YAVIO-3800', 'YAVIO-3801', 'YAVIO-3802', 'YAVIO-3803',
	'YAVIO-3805', 'YAVIO-3851', 'YAVIO-3999', 'YAVIO-3760', 'YAVIO-7500', 'YAVIO-7501',
];

let loaded;

/** The document, parsed once, with every operation: [{ method, path, operation, pattern }]. */
export function openapi() {
	if (loaded) return loaded;
	const doc = parse(readFileSync(join(ROOT, 'docs/api/openapi.yaml'), 'utf8'));
	const ajv = new Ajv({ strict: false, allErrors: true });
	addFormats(ajv);
	ajv.addSchema(doc, 'openapi');
	const operations = Object.entries(doc.paths).flatMap(([path, item]) =>
		METHODS.filter((method) => item[method]).map((method) => ({
			method: method.toUpperCase(),
			path,
			operation: item[method],
			pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
		})),
	);
	// A fixed word wins over a parameter in the same place.
	operations.sort((a, b) => a.path.replaceAll(/\{[^}]+\}/g, '~').localeCompare(b.path.replaceAll(/\{[^}]+\}/g, '~'), 'en'));
	loaded = { doc, ajv, operations };
	return loaded;
}

const names = (operation) => operation.path.split('{').length;
/** A fixed word wins over a name. */
export const findOperation = (method, path) =>
	openapi().operations.filter((o) => o.method === method && o.pattern.test(path.split('?')[0].replace(/\/$/, ''))).sort((a, b) => names(a) - names(b))[0];

const pointer = (...parts) => parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

/** What is wrong with value by the schema at the JSON pointer; '' when nothing. */
export function faults(at, value) {
	const { ajv } = openapi();
	const validate = ajv.getSchema(`openapi#${at}`) ?? ajv.compile({ $ref: `openapi#${at}` });
	return validate(value) ? '' : ajv.errorsText(validate.errors, { separator: '\n' });
}

/** Follows one $ref. */
export function resolved(node) {
	if (!node?.$ref) return node;
	return node.$ref.slice(2).split('/').reduce((at, part) => at[part.replaceAll('~1', '/')], openapi().doc);
}

function responseAt(found, status) {
	const at = pointer('paths', found.path, found.method.toLowerCase(), 'responses', String(status));
	const ref = found.operation.responses[String(status)]?.$ref;
	return ref ? ref.slice(1) : at;
}

/** The answer to method and path is one that the document has; a request that was taken was one, too. */
export function checkExchange(method, path, sent, answer) {
	const found = findOperation(method, path);
	const what = `${method} ${path} -> ${answer.status}`;
	if (!found) {
		assert.ok([404, 405].includes(answer.status), `${what}: not in openapi.yaml`);
		return;
	}
	if (answer.status >= 400) return checkError(what, found, answer);
	const response = resolved(found.operation.responses[String(answer.status)]);
	assert.ok(response, `${what}: openapi.yaml knows no such status`);
	const content = response.content?.['application/json'];
	if (content) {
		assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8', what);
		const wrong = faults(`${responseAt(found, answer.status)}${pointer('content', 'application/json', 'schema')}`, answer.json);
		assert.equal(wrong, '', `${what}: ${answer.text}`);
	} else if (!response.content) {
		assert.equal(answer.text, '', `${what}: a body that openapi.yaml does not know`);
	}
	if (sent !== undefined && found.operation.requestBody) {
		const at = pointer('paths', found.path, found.method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema');
		assert.equal(faults(at, sent), '', `${what}: taken, but not by openapi.yaml`);
	}
}

function checkError(what, found, answer) {
	if (!(answer.headers['content-type'] ?? '').startsWith('application/json')) return;
	if (found.operation['x-error-free']) return; // health: its 503 has the shape of its 200
	assert.equal(faults('/components/schemas/Error', answer.json), '', `${what}: ${answer.text}`);
	const { code } = answer.json.error;
	const known = [...COMMON_CODES, ...(found.operation['x-codes'] ?? []).map((n) => `YAVIO-${n}`)];
	assert.ok(known.includes(code), `${what}: ${code} is not in x-codes of openapi.yaml`);
}
