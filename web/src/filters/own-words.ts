// SPDX-License-Identifier: MIT
// Words of the URL that belong to one view. What is not valid gives way to the default, with a message, never a blank page.
import { useEffect } from 'react';
import { useUrlState } from '@/app/url-state';
import { toast } from '@/ui/toast';

/** Takes these words away from the URL, if there are any, and says so. */
export function useMendedUrl(invalid: readonly string[]): void {
	const url = useUrlState();
	const names = invalid.join(' ');
	useEffect(() => {
		if (names === '') return;
		toast('The address held a filter that is not valid; the default is shown.', 'error');
		url.set(Object.fromEntries(names.split(' ').map((name) => [name, undefined])), { replace: true, keepPage: true });
	}, [names, url]);
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
	useMendedUrl(given.filter((g) => !g.valid).map((g) => g.name));
	return Object.fromEntries(given.filter((g) => g.valid).map((g) => [g.name, g.word])) as { [K in keyof T]?: string };
}
