// SPDX-License-Identifier: MIT
// The worked example through every analytics route: as it is, then everything three times in another order and in small batches,
// before and after merges: not a number moves.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dice, fixture, isThere, startAnalytics } from '../support/analytics.mjs';
import { refused } from '../support/dashboard.mjs';
import { differences } from '../support/differences.mjs';

const { rows, setup, cases, errors } = fixture();
const routeOf = (path) => /^\/api\/analytics\/[0-9a-f-]{36}\/((?!export\/).*)$/.exec(path)?.[1];
const mine = ({ request }) => routeOf(request.path) !== undefined && isThere(routeOf(request.path));

let stack;
before(async () => {
	stack = await startAnalytics();
	await stack.tenant({ workspace: setup.workspaceId, project: setup.projectId });
	await stack.tenant({ workspace: setup.workspaceId, project: setup.otherProjectId });
	await stack.tenant({ workspace: setup.otherWorkspaceId, project: setup.otherWorkspaceProjectId });
	await stack.load(rows, setup.toolRegistry);
});
after(() => stack?.stop());

/** Every case that differs: { name: differences }. */
async function wrong() {
	const all = {};
	for (const { name, request, expect } of cases.filter(mine)) {
		const found = differences(expect, await stack.ask(request.path, request.query));
		if (found.length > 0) all[name] = found;
	}
	return all;
}

describe('the worked example', () => {
	for (const { name, request, expect } of cases.filter(mine)) {
		it(name, async () => {
			assert.deepEqual(differences(expect, await stack.ask(request.path, request.query)), []);
		});
	}

	it('three times in another order, in batches of 7: the same; and after merges', async () => {
		await stack.empty();
		for (const seed of [1, 2, 3]) await stack.load(dice(seed).shuffle(rows), setup.toolRegistry, 7);
		assert.deepEqual(await wrong(), {});
		await stack.merge();
		assert.deepEqual(await wrong(), {});
	});

	for (const { request, status, code } of errors.filter((e) => !e.role && mine(e))) {
		it(`refused: ${request.path.split('/').slice(4).join('/')} ${JSON.stringify(request.query)}: ${code}`, async () => {
			refused(await stack.request(request.path, request.query), status, Number(code.slice(6)));
		});
	}
});
