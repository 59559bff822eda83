// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { keptOf } from './query';

it('keeps the old answer while filters change, never that of another thing', () => {
	const kept = keptOf(['view', '/overview', 'project-a', {}]);
	expect(kept('old', { queryKey: ['view', '/overview', 'project-a', {}, 'range=30d'] })).toBe('old');
	expect(kept('old', { queryKey: ['view', '/overview', 'project-b', {}, 'range=30d'] })).toBeUndefined();
	expect(kept('old', { queryKey: ['view', '/overview', 'project-a', { tool: 'x' }, 'range=30d'] })).toBeUndefined();
	expect(kept(undefined, undefined)).toBeUndefined();
});
