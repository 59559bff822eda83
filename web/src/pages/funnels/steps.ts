// SPDX-License-Identifier: MIT
// Steps of a funnel: as they are built, with names that may still be missing, and as the URL and the API have them.
export interface Step {
	/** tells steps apart while they are moved */
	key: number;
	type: string;
	/** empty: not chosen yet; * is any */
	name: string;
}
export const STEPS_MIN = 2;
export const STEPS_MAX = 10;
export const ANY = '*';
const WORD_MAX = 320;

let nextKey = 1;
export const newStep = (type = 'tool_call', name = ''): Step => ({ key: nextKey++, type, name });

/** type:name, split at the first colon; null: none. */
export function parseStep(word: string): { type: string; name: string } | null {
	const at = word.indexOf(':');
	return at < 1 || at === word.length - 1 || word.length > WORD_MAX ? null : { type: word.slice(0, at), name: word.slice(at + 1) };
}
/** The steps of the URL; invalid: some of them are none, or they are too few or too many. */
export function readSteps(words: readonly string[]): { words: string[]; invalid: boolean } {
	if (words.length === 0) return { words: [], invalid: false };
	const good = words.every((w) => parseStep(w) !== null) && words.length >= STEPS_MIN && words.length <= STEPS_MAX;
	return { words: good ? [...words] : [], invalid: !good };
}
export const fromWords = (words: readonly string[]): Step[] => words.flatMap((w) => parseStep(w) ?? []).map((s) => newStep(s.type, s.name));
/** As the URL has them; null: not complete. */
export const toWords = (steps: readonly Step[]): string[] | null =>
	steps.length >= STEPS_MIN && steps.length <= STEPS_MAX && steps.every((s) => s.name !== '') ? steps.map((s) => `${s.type}:${s.name}`) : null;

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
	if (to < 0 || to >= list.length || from === to) return [...list];
	const next = [...list];
	next.splice(to, 0, ...next.splice(from, 1));
	return next;
}

/** The most frequent name at each position, each once: a start for a funnel of one's own. */
export function suggestedSteps(positions: readonly { names: readonly { type: string; name: string }[] }[]): string[] {
	const words: string[] = [];
	for (const { names } of positions) {
		const word = names.map((n) => `${n.type}:${n.name}`).find((w) => !words.includes(w));
		if (word !== undefined && words.length < STEPS_MAX) words.push(word);
	}
	return words;
}
