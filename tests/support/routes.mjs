// SPDX-License-Identifier: MIT
// The route table of a program as it demands it, and requests made from its rows: the one list that generic tests go by.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BIN_DIR } from './process.mjs';

/** Rows of yavio-<program> --routes: { method, path, auth, class, flags, bodyCap, missing, fields }. */
export function routes(program = 'dashboard') {
	const rows = JSON.parse(execFileSync(join(BIN_DIR, `yavio-${program}`, ), ['--routes'], { encoding: 'utf8' }));
	return rows.map((row) => ({ ...row, name: `${row.method} ${row.path}`, has: (flag) => row.flags.includes(flag) }));
}

export const ROLE_RANK = { viewer: 1, member: 2, admin: 3, owner: 4 };

/** A path with its parameters put in; those that ids does not name get an id that nobody has. */
export const fill = (path, ids = {}) => path.replaceAll(/\{([^}]+)\}/g, (_, name) => ids[name] ?? (name === 'provider' ? 'github' : randomUUID()));

export const parametersOf = (path) => [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);

const VALUES = {
	text: (f) => 'Ab'.repeat(Math.max(1, Math.ceil(f.min / 2))),
	secret: () => `${randomUUID()}`,
	token: (f) => '1'.repeat(Math.max(f.min, 1)),
	email: () => `${randomUUID()}@a.example`,
	uuid: () => randomUUID(),
	slug: () => `s-${randomUUID().slice(0, 8)}`,
	word: (f) => f.words[0],
	int: (f) => f.min,
	bool: () => false,
	time: () => new Date(Date.now() + 86_400_000).toISOString(),
};

/** A value that the field takes. */
export const goodValue = (field) => VALUES[field.type](field);

/** A body that the row takes: what it requires, and one of each choice. */
export function goodBody(row) {
	const body = {};
	let chosen = false;
	for (const field of row.fields ?? []) {
		if (field.need === 'optional' || (chosen && field.need !== 'required')) continue;
		if (field.need !== 'required') chosen = true;
		body[field.name] = goodValue(field);
	}
	return body;
}

/** Values that the field refuses: [value, problem]. */
export function badValues(field) {
	const wrong = [[null, 'wrong_type'], [[], 'wrong_type'], [{}, 'wrong_type']];
	const texts = [...wrong, [1, 'wrong_type'], [true, 'wrong_type']];
	const tooLong = ['x'.repeat(field.max + 1), 'too_long'];
	switch (field.type) {
		case 'text':
			return [
				...texts, tooLong, ['\u0007ab', 'bad_characters'], ['a\u202eb', 'bad_characters'], ['a\u0085b', 'bad_characters'],
				['a\u200bb', 'bad_characters'], ...(field.min > 0 ? [['', 'too_short'], ['  \u00a0', 'too_short']] : []),
				['é'.repeat(field.max + 1), 'too_long'],
			];
		case 'secret':
			return [...texts, ['x'.repeat(field.max + 1), 'too_long'], ['€'.repeat(171), 'too_long'], ...(field.min > 0 ? [['x'.repeat(field.min - 1), 'too_short']] : [])];
		case 'token':
			return [...texts, tooLong, ['a b', 'bad_characters'], ['aé', 'bad_characters']];
		case 'email':
			return [
				...texts, ['', 'bad_format'], ['a', 'bad_format'], ['a@b@c.example', 'bad_format'], ['a b@c.example', 'bad_format'],
				['a@c..example', 'bad_format'], ['é@c.example', 'bad_format'], [`${'a'.repeat(65)}@c.example`, 'bad_format'],
				[`a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(20)}`, 'too_long'], ['a@-b.example', 'bad_format'],
			];
		case 'uuid':
			return [...texts, ['x', 'bad_format'], [randomUUID().toUpperCase().replace(/^./, 'A'), 'bad_format']];
		case 'slug':
			return [...texts, ['Ä'.repeat(field.min), 'bad_format'], ['-'.padEnd(field.min, 'a'), 'bad_format'], ['a'.padEnd(field.min, '-'), 'bad_format'],
				['A'.repeat(field.min), 'bad_format'], tooLong, ['a'.repeat(field.min - 1), 'too_short']];
		case 'word':
			return [...texts, ['no such word', 'unknown_value'], ['', 'unknown_value']];
		case 'int':
			return [...wrong, ['5', 'wrong_type'], [1.5, 'wrong_type'], [true, 'wrong_type'], [field.min - 1, 'too_small'], [field.max + 1, 'too_large']];
		case 'bool':
			return [...wrong, [1, 'wrong_type'], ['true', 'wrong_type']];
		case 'time':
			return [...texts, ['2026-03-15', 'bad_format'], ['2026-03-15T10:30:00', 'bad_format'], ['2026-02-30T10:30:00Z', 'bad_format'],
				...(field.future ? [['2020-03-15T10:30:00Z', 'not_in_future']] : [])];
		default:
			throw new Error(`no bad values for type ${field.type}`);
	}
}
