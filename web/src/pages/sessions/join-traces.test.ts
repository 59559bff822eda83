// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { joinTraces } from './join-traces';

it('joins a trace that goes on in the next page', () => {
	const part = (traceId: string, events: number[], tool: string | null = null) => ({ traceId, tool, endedAt: String(events.at(-1)), events });
	expect(joinTraces([part('a', [1]), part('b', [2, 3]), part('b', [4], 'find'), part('c', [5])])).toEqual([part('a', [1]), part('b', [2, 3, 4], 'find'), part('c', [5])]);
	expect(joinTraces([])).toEqual([]);
});
