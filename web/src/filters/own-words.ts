// SPDX-License-Identifier: MIT
// Words of the URL that belong to one view. What is not valid gives way to the default, with a message that names it, never a blank page.
import { useEffect } from 'react';
import { useUrlState } from '@/app/url-state';
import { toast } from '@/ui/toast';

const NAMED_MAX = 80;

/** What stays of some words of the URL: their other values are taken away, and the page says which. */
export function useMendedUrl(stays: Record<string, readonly string[]>): void {
	const url = useUrlState();
	const text = JSON.stringify(stays);
	useEffect(() => {
		const change = JSON.parse(text) as Record<string, string[]>;
		const ignored = Object.entries(change).flatMap(([name, kept]) => url.list(name).filter((word) => !kept.includes(word)).map((word) => `${name}=${word}`));
		if (ignored.length === 0) return;
		const named = ignored.join(', ');
		toast(`The address held a filter that is not valid and is ignored: ${named.length > NAMED_MAX ? `${named.slice(0, NAMED_MAX)} …` : named}`, 'error');
		url.set(change, { replace: true, keepPage: true });
	}, [text, url]);
}

export type Check = (word: string) => boolean;
export const oneOf = (words: readonly string[]): Check => (word) => words.includes(word);
export const wholeNumber = (min: number, max: number): Check => (word) => /^\d+$/.test(word) && Number(word) >= min && Number(word) <= max;

/** The words that are there and pass their check. */
export function useOwnWords<T extends Record<string, Check>>(checks: T): { [K in keyof T]?: string } {
	const url = useUrlState();
	const given = Object.keys(checks).flatMap((name) => {
		const word = url.text(name);
		return word === undefined ? [] : [{ name, word, valid: checks[name]?.(word) ?? false }];
	});
	useMendedUrl(Object.fromEntries(given.filter((g) => !g.valid).map((g) => [g.name, []])));
	return Object.fromEntries(given.filter((g) => g.valid).map((g) => [g.name, g.word])) as { [K in keyof T]?: string };
}

/** The values of a repeated word that pass its check, at most `max`. */
export function useOwnList(name: string, check: Check, max = Infinity): string[] {
	const given = useUrlState().list(name);
	const valid = [...new Set(given.filter(check))].slice(0, max);
	useMendedUrl(valid.length < given.length ? { [name]: valid } : {});
	return valid;
}
