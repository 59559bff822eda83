// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { fromWords, moved, newStep, parseStep, readSteps, suggestedSteps, toWords } from './steps';

describe('steps of a funnel', () => {
	it.each([
		['tool_call:search', { type: 'tool_call', name: 'search' }], ['step:a:b', { type: 'step', name: 'a:b' }], ['tool_call:*', { type: 'tool_call', name: '*' }], ['tool_call', null], [':x', null], ['step:', null],
	])('%s is %o', (word, step) => expect(parseStep(word)).toEqual(step));
	it('are all of the URL or none', () => {
		expect(readSteps([])).toEqual({ words: [], invalid: false });
		expect(readSteps(['step:a', 'step:b'])).toEqual({ words: ['step:a', 'step:b'], invalid: false });
		expect(readSteps(['step:a'])).toEqual({ words: [], invalid: true });
		expect(readSteps(['step:a', 'b'])).toEqual({ words: [], invalid: true });
		expect(readSteps(Array.from({ length: 11 }, () => 'step:a')).invalid).toBe(true);
	});
	it('are a funnel once two of them are complete', () => {
		expect(toWords([newStep('step', 'a')])).toBeNull();
		expect(toWords([newStep('step', 'a'), newStep()])).toBeNull();
		expect(toWords(fromWords(['step:a', 'track:b:c']))).toEqual(['step:a', 'track:b:c']);
	});
	it('move, but not past the ends', () => {
		expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
		expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
		expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
	});
	it('begin with the most frequent name of each position, each once', () => {
		const names = (...list: string[]) => ({ names: list.map((name) => ({ type: 'step', name })) });
		expect(suggestedSteps([names('a', 'b'), names('a', 'c'), names('a')])).toEqual(['step:a', 'step:c']);
	});
});
