// SPDX-License-Identifier: MIT
// Fifty random projects in one store: every analytics route answers what the oracle computes from the same events.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { answer } from '../oracle/oracle.mjs';
import { ROUTES, dice, pieces, startAnalytics } from '../support/analytics.mjs';
import { differences } from '../support/differences.mjs';
import { dataset, request } from '../support/random-events.mjs';

/* Under the sanitizer, which looks at how answers are made and not at what is in them, fewer do. */
const PROJECTS = process.env.YAVIO_VARIANT === 'asan' ? 10 : 50;
const AT_A_TIME = 3;
const SEED = Number(process.env.TEST_SEED ?? 1);

let stack;
let projects;
before(async () => {
	stack = await startAnalytics();
	const first = await stack.tenant();
	projects = [];
	for (let i = 0; i < PROJECTS; i++) {
		// Two projects a workspace, so that neighbours of both kinds are there.
		const tenant = i === 0 ? first : await stack.tenant(i % 2 === 1 ? { workspace: projects[i - 1].tenant.workspace } : {});
		projects.push({ tenant, seed: SEED * 1000 + i, ...dataset(SEED * 1000 + i, tenant) });
	}
	await stack.load(dice(SEED).shuffle(projects.flatMap((p) => p.rows)), projects.flatMap((p) => p.registry), 777);
});
after(() => stack?.stop());

/** What differs, in either direction. */
function wrong(expected, actual) {
	const { generatedAt, ...meta } = actual.meta ?? {};
	assert.ok(actual.meta === undefined || Math.abs(Date.parse(generatedAt) - Date.now()) < 60_000, `generatedAt: ${generatedAt}`);
	const rest = actual.meta === undefined ? actual : { ...actual, meta };
	return [...differences(expected, rest), ...differences(rest, expected).map((text) => `too much: ${text}`)];
}

/** Without the times at which the store got events. */
const withoutStored = (value) => JSON.parse(JSON.stringify(value, (key, v) => (key === 'storedAt' ? undefined : v)));

async function compare(project, pattern) {
	const { route, query } = request(project.seed, pattern, project);
	const got = await stack.ask(`/api/analytics/${project.tenant.project}/${route}`, query);
	const expected = answer(project.rows, project.registry, project.tenant, route, query, Date.now());
	// Routes of one thing, whatever the range, have no meta.
	if (got.meta === undefined) delete expected.meta;
	// Where more follows, how to ask for it is the server's own.
	if (typeof got.nextCursor === 'string' && expected.nextCursor === undefined) delete got.nextCursor;
	const found = wrong(expected, withoutStored(got));
	return found.length > 0 ? [`project ${project.seed}: ${route}?${new URLSearchParams(query)}\n  ${found.slice(0, 5).join('\n  ')}`] : [];
}

describe('random projects', () => {
	for (const pattern of ROUTES) {
		it(`${pattern}, ${PROJECTS} times`, async () => {
			const found = [];
			for (const some of pieces(projects, AT_A_TIME)) found.push(...(await Promise.all(some.map((p) => compare(p, pattern)))).flat());
			assert.equal(found.length, 0, `seed ${SEED}, ${found.length} differ:\n${found.slice(0, 10).join('\n')}`);
		});
	}
});
