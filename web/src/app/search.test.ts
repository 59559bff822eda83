// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { many, one, parseSearch, stringifySearch } from './search';
import { safeNext } from './next';

describe('the query of an address', () => {
	it('keeps words as text and repeated ones as list', () => {
		const search = parseSearch('?platform=chatgpt,claude&tool=a%2Fb&tool=c&page=2');
		expect(search).toEqual({ platform: 'chatgpt,claude', tool: ['a/b', 'c'], page: '2' });
		expect(many(search, 'tool')).toEqual(['a/b', 'c']);
		expect(many(search, 'page')).toEqual(['2']);
		expect(one(search, 'tool')).toBe('c');
		expect(many(search, 'no')).toEqual([]);
	});
	it('is the same after a round', () => {
		const text = '?tool=a%2Fb&tool=%C3%A4+%26&q=1';
		expect(stringifySearch(parseSearch(text))).toBe(text);
		expect(stringifySearch({ a: undefined, b: '', c: [] })).toBe('');
	});
	it('goes on after a login only inside this site', () => {
		for (const bad of [undefined, '//evil', '/\\evil', 'https://evil', '/a\\b', '/a b', '\t/x']) expect(safeNext(bad)).toBe('/');
		expect(safeNext('/acme/bot/overview?range=30d')).toBe('/acme/bot/overview?range=30d');
	});
});
