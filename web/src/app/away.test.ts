// SPDX-License-Identifier: MIT
import type { Query } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { ApiError } from '@/api/client';
import { judge } from './away';

const query = (state: object) => ({ state: { error: null, fetchFailureReason: null, fetchFailureCount: 2, dataUpdatedAt: 0, fetchStatus: 'idle', ...state } }) as unknown as Query;
const store = new ApiError(3406, 503, 'away', null);
const server = new ApiError(0, 502, 'away', null);

test('nothing is away while requests succeed or fail for their own reasons', () => {
	expect(judge([], null)).toBeNull();
	expect(judge([query({ fetchFailureReason: store, fetchFailureCount: 1 })], null)).toBeNull();
	expect(judge([query({ dataUpdatedAt: 5 }), query({ error: new ApiError(3405, 504, 'slow', null) })], null)).toBeNull();
});
test('the store is named when one request says so, with the oldest numbers that are shown', () => {
	expect(judge([query({ error: store }), query({ fetchFailureReason: server, dataUpdatedAt: 9 }), query({ error: store, dataUpdatedAt: 7 })], null)).toEqual({ what: 'store', since: 7 });
	expect(judge([query({ fetchFailureReason: server })], null)).toEqual({ what: 'server', since: null });
});
test('a request that was begun again proves nothing until it is answered', () => {
	const before = { what: 'store', since: null } as const;
	expect(judge([query({ fetchStatus: 'fetching' })], before)).toBe(before);
	expect(judge([query({ fetchStatus: 'fetching' })], null)).toBeNull();
	expect(judge([query({ dataUpdatedAt: 9 })], before)).toBeNull();
});
