// SPDX-License-Identifier: MIT
// Event counts of a workspace's projects: exact over copies, of that workspace alone, 25 a page.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { fixture, startAnalytics } from '../support/analytics.mjs';
import { ok, refused } from '../support/dashboard.mjs';
import { differences } from '../support/differences.mjs';

const { rows, setup, cases } = fixture();
const wanted = cases.find((c) => c.request.path.includes('/workspaces/'));
const pathOf = (workspace) => `/api/analytics/workspaces/${workspace}/projects`;

let stack;
before(async () => {
	stack = await startAnalytics();
	await stack.tenant({ workspace: setup.workspaceId, project: setup.projectId });
	await stack.tenant({ workspace: setup.workspaceId, project: setup.otherProjectId });
	await stack.tenant({ workspace: setup.otherWorkspaceId, project: setup.otherWorkspaceProjectId });
	await stack.load([...rows, ...rows].reverse(), [], 7);
});
after(() => stack?.stop());

describe('counts of projects', () => {
	it('are those of the worked example, however often an event was sent', async () => {
		const got = await stack.ask(wanted.request.path, wanted.request.query);
		const byId = (list) => list.toSorted((a, b) => (a.projectId < b.projectId ? -1 : 1));
		assert.deepEqual(differences(byId(wanted.expect.items), byId(got.items)), []);
		assert.equal(got.total, 2);
	});

	it('end at "to", which is now unless given; a project without events has none', async () => {
		const { items } = await stack.ask(pathOf(setup.workspaceId), { to: '2026-11-02T09:00:01.000Z' });
		assert.deepEqual(items.find((i) => i.projectId === setup.projectId), { projectId: setup.projectId, events: 2, lastEventAt: '2026-11-02T09:00:00.000Z' });
		assert.deepEqual(items.find((i) => i.projectId === setup.otherProjectId), { projectId: setup.otherProjectId, events: 0, lastEventAt: null });
		assert.equal((await stack.ask(pathOf(setup.workspaceId))).items.length, 2);
	});

	it('are shown to members of the workspace only, in pages of 25', async () => {
		const stranger = await stack.dashboard.person();
		refused(await stack.request(pathOf(setup.workspaceId), {}, stranger.client), 404, 3151);
		refused(await stack.request(pathOf(randomUUID())), 404, 3151);
		refused(await stack.request(pathOf(setup.workspaceId), { page: 0 }), 400, 3403);
		refused(await stack.request(pathOf(setup.workspaceId), { to: 'yesterday' }), 400, 3400);
		refused(await stack.request(pathOf(setup.workspaceId), { pageSize: 5 }), 400, 3050, { pageSize: 'unknown' });
		const { workspace } = await stack.tenant();
		for (let i = 0; i < 26; i++) await stack.tenant({ workspace });
		const pages = [];
		for (const page of [1, 2, 3]) pages.push(ok(await stack.request(pathOf(workspace), { page })));
		assert.deepEqual(pages.map((p) => [p.items.length, p.page, p.pageSize, p.total]), [[25, 1, 25, 27], [2, 2, 25, 27], [0, 3, 25, 27]]);
		assert.equal(new Set(pages.flatMap((p) => p.items.map((i) => i.projectId))).size, 27);
	});
});
