// SPDX-License-Identifier: MIT
// The filters of errors as the address has them.
import { oneOf, useOwnWords } from '@/filters/own-words';

export type ErrorKind = 'tool' | 'widget' | 'all';
export const KINDS: readonly [ErrorKind, string][] = [
	['tool', 'Tool calls'],
	['widget', 'Widgets'],
	['all', 'Tool calls and widgets'],
];
const CATEGORY_MAX = 64;
export const ERROR_WORDS = ['kind', 'category'];

export function useErrorWords(): { kind: ErrorKind; category: string | undefined } {
	const { kind = 'tool', category } = useOwnWords({ kind: oneOf(KINDS.map(([value]) => value)), category: (word) => word.length <= CATEGORY_MAX });
	return { kind: kind as ErrorKind, category };
}
