// SPDX-License-Identifier: MIT
// The query string of a page: words to text, a repeated word to a list. Nothing is guessed: "1" stays text.
export type Search = Record<string, string | string[] | undefined>;

export function parseSearch(text: string): Search {
	const search: Search = {};
	for (const [name, value] of new URLSearchParams(text)) {
		const before = search[name];
		if (before === undefined) search[name] = value;
		else search[name] = Array.isArray(before) ? [...before, value] : [before, value];
	}
	return search;
}

type Plain = string | number | boolean;

export function stringifySearch(search: Record<string, unknown>): string {
	const out = new URLSearchParams();
	for (const [name, value] of Object.entries(search as Record<string, Plain | Plain[] | null | undefined>)) {
		if (value === undefined || value === null || value === '') continue;
		if (Array.isArray(value)) for (const one of value) out.append(name, String(one));
		else out.append(name, String(value));
	}
	const text = out.toString();
	return text ? `?${text}` : '';
}

/** The value of a word that stands once; of a repeated one the last. */
export function one(search: Search, name: string): string | undefined {
	const value = search[name];
	return Array.isArray(value) ? value.at(-1) : value;
}
export function many(search: Search, name: string): string[] {
	const value = search[name];
	return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

const CARRIED = ['range', 'from', 'to', 'tz', 'compare', 'platform'];
/** The words that go along from one view to another. */
export const carried = (search: Search): Search => Object.fromEntries(Object.entries(search).filter(([name]) => CARRIED.includes(name)));
