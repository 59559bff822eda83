// SPDX-License-Identifier: MIT
// What deletes a project or workspace leaves behind and what it starts; the audit log of a workspace; erasures by id and receipt.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newToken, ok, refused, startDashboard } from '../support/dashboard.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';

let stack;
before(async () => {
	stack = await startDashboard({ workers: 4 });
});
after(() => stack?.stop());

const W = (workspace, rest = '') => `/api/workspaces/${workspace.id}${rest}`;
const P = (project, rest = '') => W(project.workspace, `/projects/${project.id}${rest}`);
const count = async (table, where, params) => (await stack.sql(`SELECT count(*) AS n FROM yavio.${table} WHERE ${where}`, params))[0].n;
const job = async (erasure) => stack.sql("SELECT kind, state FROM yavio.jobs WHERE payload->>'erasureId' = $1", [erasure.id]);
const status = (receipt, client = stack.client()) => client.post('/api/erasures/status', { receipt });

describe('a project that is deleted', () => {
	it('is gone at once with its keys; its events are a job\'s; nothing else is touched', async () => {
		const { admin, workspace, project, key } = await stack.cast();
		const other = await stack.project(workspace);
		const otherKey = await stack.key(other);
		const { erasure } = ok(await admin.client.delete(P(project), { confirm: project.slug }), 202);
		refused(await admin.client.get(P(project)), 404, 3153);
		assert.equal(await count('api_keys', 'id = $1', [key.id]), 0);
		assert.equal(await count('api_keys', 'id = $1', [otherKey.id]), 1);
		assert.deepEqual(await job(erasure), [{ kind: 'erase.events', state: 'queued' }]);
		const [row] = await stack.sql('SELECT scope, workspace_id, project_ids, requested_by, state FROM yavio.erasures WHERE id = $1', [erasure.id]);
		assert.deepEqual(row, { scope: 'project', workspace_id: workspace.id, project_ids: [project.id], requested_by: admin.id, state: 'queued' });
		const [line] = ok(await admin.client.get(W(workspace, '/audit?action=project.delete'))).items;
		assert.deepEqual([line.target, line.detail], [{ type: 'project', id: project.id }, { name: 'Project', slug: project.slug }]);
		refused(await admin.client.delete(P(project), { confirm: project.slug }), 404, 3153);
	});

	it('needs its slug, a recent login and an admin', async () => {
		const { admin, member, project } = await stack.cast();
		for (const confirm of ['x', project.id, project.slug.toUpperCase()])
			refused(await admin.client.delete(P(project), { confirm }), 400, 3050, { confirm: 'mismatch' });
		refused(await admin.client.delete(P(project), {}), 400, 3050, { confirm: 'required' });
		refused(await member.client.delete(P(project), { confirm: project.slug }), 403, 3100);
		const old = await stack.signIn(admin, { authAgo: 601 });
		refused(await old.delete(P(project), { confirm: project.slug }), 403, 3020);
		assert.equal(await count('projects', 'id = $1', [project.id]), 1);
		assert.equal(await count('erasures', 'requested_by = $1', [admin.id]), 0);
	});

	it('is deleted once, by whoever of two at once comes first', async () => {
		const { owner, admin, project } = await stack.cast();
		const answers = await Promise.all([owner, admin].map((who) => who.client.delete(P(project), { confirm: project.slug })));
		assert.deepEqual(answers.map((a) => a.status).sort(), [202, 404]);
		assert.equal(await count('erasures', '$1 = ANY (project_ids)', [project.id]), 1);
	});
});

describe('a workspace that is deleted', () => {
	it('is gone with all that is in it; one erasure names its projects; its audit log is down to that', async () => {
		const { owner, admin, workspace, project } = await stack.cast();
		const { workspace: neighbour } = await stack.cast();
		const other = await stack.project(workspace);
		ok(await admin.client.patch(P(other), { name: 'Touched' }));
		refused(await admin.client.delete(W(workspace), { confirm: workspace.slug }), 403, 3100);
		refused(await owner.client.delete(W(workspace), { confirm: 'x' }), 400, 3050, { confirm: 'mismatch' });
		const old = await stack.signIn(owner, { authAgo: 601 });
		refused(await old.delete(W(workspace), { confirm: workspace.slug }), 403, 3020);
		const { erasure } = ok(await owner.client.delete(W(workspace), { confirm: workspace.slug }), 202);
		for (const who of [owner, admin]) refused(await who.client.get(W(workspace)), 404, 3151);
		for (const table of ['workspace_members', 'invitations', 'projects', 'api_keys'])
			assert.equal(await count(table, 'workspace_id = $1', [workspace.id]), 0, table);
		assert.equal(await count('workspace_members', 'workspace_id = $1', [neighbour.id]), 4);
		const [row] = await stack.sql('SELECT scope, project_ids FROM yavio.erasures WHERE id = $1', [erasure.id]);
		assert.deepEqual([row.scope, row.project_ids.sort()], ['workspace', [project.id, other.id].sort()]);
		assert.deepEqual(await job(erasure), [{ kind: 'erase.events', state: 'queued' }]);
		assert.deepEqual(await stack.sql('SELECT action FROM yavio.audit_log WHERE workspace_id = $1', [workspace.id]), [{ action: 'workspace.delete' }]);
		// Its slug is free again.
		ok(await admin.client.post('/api/workspaces', { name: 'Again', slug: workspace.slug }), 201);
	});

	it('with projects made meanwhile loses none of them', async () => {
		const { owner, admin, workspace, project } = await stack.cast();
		const answers = await Promise.all([
			...Array.from({ length: 4 }, (_, i) => admin.client.post(W(workspace, '/projects'), { name: `While ${i}` })),
			owner.client.delete(W(workspace), { confirm: workspace.slug }),
		]);
		const { erasure } = ok(answers.pop(), 202);
		const made = answers.filter((a) => a.status === 201).map((a) => a.json.project.id);
		for (const answer of answers) if (answer.status !== 201) refused(answer, 404, 3151);
		const [{ project_ids: erased }] = await stack.sql('SELECT project_ids FROM yavio.erasures WHERE id = $1', [erasure.id]);
		assert.deepEqual(erased.sort(), [project.id, ...made].sort());
		assert.equal(await count('projects', 'workspace_id = $1', [workspace.id]), 0);
	});
});

describe('erasures', () => {
	it('are listed for who asked for them, by id for nobody else', async () => {
		const { owner, admin, workspace, project } = await stack.cast();
		const second = await stack.project(workspace);
		const { erasure } = ok(await owner.client.delete(P(project), { confirm: project.slug }), 202);
		const { erasure: other } = ok(await owner.client.delete(P(second), { confirm: second.slug }), 202);
		const one = ok(await owner.client.get(`/api/erasures/${erasure.id}`));
		assert.deepEqual({ ...one, requestedAt: '' }, { id: erasure.id, scope: 'project', state: 'queued', projectCount: 1,
			passes: 0, rowsDeleted: 0, requestedAt: '', finishedAt: null });
		const list = ok(await owner.client.get('/api/erasures'));
		assert.deepEqual([list.total, list.items.map((e) => e.id)], [2, [other.id, erasure.id]]);
		assert.deepEqual(ok(await owner.client.get('/api/erasures?order=asc&pageSize=1')).items, [one]);
		assert.deepEqual(ok(await owner.client.get('/api/erasures?page=2')).items, []);
		refused(await owner.client.get('/api/erasures?page=x'), 400, 3403);
		refused(await owner.client.get('/api/erasures?sort=state'), 400, 3404);
		assert.equal(ok(await admin.client.get('/api/erasures')).total, 0);
		for (const id of [erasure.id, NOBODY, 'x']) refused(await admin.client.get(`/api/erasures/${id}`), 404, 3750);
	});

	it('show their end by receipt, without a login', async () => {
		const { owner, project } = await stack.cast();
		const { erasure } = ok(await owner.client.delete(P(project), { confirm: project.slug }), 202);
		const first = ok(await status(erasure.receipt));
		assert.deepEqual({ ...first, requestedAt: '' }, { scope: 'project', state: 'queued', requestedAt: '', finishedAt: null });
		await stack.sql("UPDATE yavio.erasures SET state = 'done', finished_at = now(), passes = 2, rows_deleted = 7 WHERE id = $1", [erasure.id]);
		assert.deepEqual([ok(await status(erasure.receipt)).state, ok(await status(erasure.receipt)).finishedAt !== null], ['done', true]);
		assert.deepEqual([ok(await owner.client.get(`/api/erasures/${erasure.id}`)).rowsDeleted], [7]);
		for (const receipt of [newToken(), 'x', erasure.id]) refused(await status(receipt), 404, 3750);
		for (const receipt of ['', 7, undefined]) refused(await status(receipt), 400, 3050);
		refused(await stack.client().post('/api/erasures/status', { receipt: erasure.receipt }, { csrf: false }), 403, 3010);
		const [{ hashed }] = await stack.sql('SELECT receipt_hash = sha256($2::text::bytea) AS hashed FROM yavio.erasures WHERE id = $1', [erasure.id, erasure.receipt]);
		assert.equal(hashed, true);
	});
});

describe('the audit log of a workspace', () => {
	it('tells admins who did what, from where, newest first; by action, actor and time', async () => {
		const { owner, admin, member, viewer, workspace, project } = await stack.cast();
		ok(await admin.client.patch(P(project), { name: 'Renamed' }));
		ok(await owner.client.patch(W(workspace), { name: 'Renamed' }));
		ok(await admin.client.delete(W(workspace, `/members/${member.id}`)), 204);
		const list = async (query = '') => ok(await admin.client.get(W(workspace, `/audit?${query}`)));
		const all = await list();
		assert.deepEqual(all.items.map((row) => row.action), ['member.removed', 'workspace.update', 'project.update']);
		const [top] = all.items;
		assert.deepEqual([top.actor, top.target, top.ip, top.userAgent, top.detail],
			[{ kind: 'user', id: admin.id, name: 'The admin' }, { type: 'user', id: member.id }, '127.0.0.1', 'yavio-tests', { role: 'member' }]);
		assert.match(top.requestId, /^req_/);
		const actions = async (query) => (await list(query)).items.map((row) => row.action);
		assert.deepEqual(await actions('order=asc'), ['project.update', 'workspace.update', 'member.removed']);
		assert.deepEqual(await actions('order=asc&pageSize=1&page=2'), ['workspace.update']);
		assert.deepEqual(await actions('pageSize=2&page=2'), ['project.update']);
		assert.deepEqual(await actions('action=workspace.update'), ['workspace.update']);
		assert.deepEqual(await actions(`actorId=${admin.id}`), ['member.removed', 'project.update']);
		assert.deepEqual(await actions(`actorId=${NOBODY}`), []);
		const middle = all.items[1].at;
		assert.deepEqual(await actions(`from=${middle}`), ['member.removed', 'workspace.update']);
		assert.deepEqual(await actions(`to=${encodeURIComponent(middle.replace('Z', '+00:00'))}&action=project.update`), ['project.update']);
		assert.deepEqual([(await list('page=9')).items, (await list('page=9')).total], [[], 3]);
		for (const who of [viewer]) refused(await who.client.get(W(workspace, '/audit')), 403, 3100);
	});

	it('refuses 3400, 3403, 3404 and what is no id', async () => {
		const { admin, workspace } = await stack.cast();
		const list = (query) => admin.client.get(W(workspace, `/audit?${query}`));
		for (const bad of ['from=x', 'from=2026-01-01T00:00:00', 'to=2026-01-01', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
			'from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z']) refused(await list(bad), 400, 3400);
		refused(await list('page=0'), 400, 3403);
		refused(await list('sort=action'), 400, 3404);
		refused(await list('actorId=x'), 400, 3050, { actorId: 'bad_format' });
	});

	it('names who left, nobody whose account is gone, and the CLI', async () => {
		const { owner, admin, member, workspace, project } = await stack.cast();
		ok(await admin.client.patch(P(project), { name: 'One' }));
		ok(await admin.client.delete(W(workspace, `/members/${admin.id}`)), 204);
		ok(await member.client.delete(W(workspace, `/members/${member.id}`)), 204);
		await stack.sql('DELETE FROM yavio.users WHERE id = $1', [member.id]);
		await stack.sql("INSERT INTO yavio.audit_log (workspace_id, actor_kind, action) VALUES ($1, 'cli', 'key.revoke')", [workspace.id]);
		const { items } = ok(await owner.client.get(W(workspace, '/audit')));
		assert.deepEqual(items.map((row) => [row.action, row.actor, row.ip !== null]), [
			['key.revoke', { kind: 'cli', id: null, name: null }, false],
			['member.left', null, false],
			['member.left', { kind: 'user', id: admin.id, name: 'The admin' }, true],
			['project.update', { kind: 'user', id: admin.id, name: 'The admin' }, true],
		]);
	});

	it('counts to ten thousand', async () => {
		const { owner, workspace } = await stack.cast();
		await stack.sql(`INSERT INTO yavio.audit_log (workspace_id, actor_kind, action)
			SELECT $1, 'cli', 'key.create' FROM generate_series(1, 10050)`, [workspace.id]);
		const list = ok(await owner.client.get(W(workspace, '/audit?pageSize=100&page=100')));
		assert.deepEqual([list.total, list.items.length], [10000, 100]);
	});
});
