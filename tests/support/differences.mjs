// SPDX-License-Identifier: MIT
// Compares an answer with what it must hold at least.
const CLOSE = 1e-6;

/** Where actual lacks something of expected: "path: actual, not expected" each. Keys that are not expected are not looked at,
 *  lists must match whole and in order, numbers to six decimals. */
export function differences(expected, actual, path = '') {
	const wrong = () => [`${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
	if (expected === null || typeof expected !== 'object') {
		const same = typeof expected === 'number' && typeof actual === 'number' ? Math.abs(expected - actual) <= CLOSE : expected === actual;
		return same ? [] : wrong();
	}
	if (actual === null || typeof actual !== 'object' || Array.isArray(expected) !== Array.isArray(actual)) return wrong();
	if (Array.isArray(expected) && expected.length !== actual.length) return [`${path}: ${actual.length} items, not ${expected.length}`];
	return Object.keys(expected).flatMap((key) => differences(expected[key], actual[key], `${path}.${key}`));
}
