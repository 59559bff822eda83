// SPDX-License-Identifier: MIT
// Light, dark, or what the system says; public/theme.js sets it before the first paint. Paper is always light.
import { useSyncExternalStore } from 'react';
import { recall, remember } from './storage';

export type ThemeChoice = 'light' | 'dark' | 'system';

const system = matchMedia('(prefers-color-scheme: dark)');
const paper = matchMedia('print');
const listeners = new Set<() => void>();
let choice: ThemeChoice = toChoice(recall('theme'));

function toChoice(text: string | null): ThemeChoice {
	return text === 'light' || text === 'dark' ? text : 'system';
}
export const isDark = (): boolean => !paper.matches && (choice === 'dark' || (choice === 'system' && system.matches));

function apply(): void {
	document.documentElement.classList.toggle('dark', isDark());
	for (const listener of listeners) listener();
}
system.addEventListener('change', apply);
paper.addEventListener('change', apply);

export function setTheme(next: ThemeChoice): void {
	choice = next;
	remember('theme', next === 'system' ? null : next);
	apply();
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}
export const useThemeChoice = (): ThemeChoice => useSyncExternalStore(subscribe, () => choice);
/** Charts redraw when this changes. */
export const useDark = (): boolean => useSyncExternalStore(subscribe, isDark);
