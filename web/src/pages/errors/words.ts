// SPDX-License-Identifier: MIT
// The filters of errors as the address has them.
import { useUrlState } from '@/app/url-state';

export type ErrorKind = 'tool' | 'widget' | 'all';
export const KINDS: readonly [ErrorKind, string][] = [
	['tool', 'Tool calls'],
	['widget', 'Widgets'],
	['all', 'Tool calls and widgets'],
];
export const ERROR_WORDS = ['kind', 'category'];

export function useErrorWords(): { kind: ErrorKind; category: string | undefined } {
	const url = useUrlState();
	return { kind: KINDS.find(([value]) => value === url.text('kind'))?.[0] ?? 'tool', category: url.text('category')?.slice(0, 64) };
}
