// SPDX-License-Identifier: MIT
// Projects and API keys, with a real ingest that learns of every change of a key.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { http } from '../support/caddy.mjs';
import { ok, refused, startDashboard } from '../support/dashboard.mjs';
import { until } from '../support/process.mjs';
import { event, ingestSecrets } from '../support/programs.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';

let stack;
before(async () => {
	const { JWT_SECRET } = ingestSecrets();
	stack = await startDashboard({ workers: 4, ingest: true,
		settings: { JWT_SECRET, YAVIO_RATE_IP: '0', YAVIO_RATE_KEY: '0', YAVIO_INGEST_WORKERS: '2' } });
});
after(() => stack?.stop());

const W = (workspace, rest = '') => `/api/workspaces/${workspace.id}${rest}`;
const P = (project, rest = '') => W(project.workspace, `/projects/${project.id}${rest}`);
const audit = async (workspace, action) =>
	stack.sql('SELECT target_type, target_id, detail FROM yavio.audit_log WHERE workspace_id = $1 AND action = $2 ORDER BY id', [
		workspace.id, action,
	]);

describe('projects', () => {
	it('are made by an admin and seen by everybody in the workspace', async () => {
		const { admin, viewer, workspace } = await stack.cast();
		const { project } = ok(await admin.client.post(W(workspace, '/projects'), { name: ' My "Project" ' }), 201);
		assert.deepEqual([project.name, project.slug], ['My "Project"', 'my-project']);
		assert.equal(project.createdAt, project.updatedAt);
		assert.deepEqual(ok(await viewer.client.get(W(workspace, `/projects/${project.id}`))), { project });
		assert.deepEqual(await audit(workspace, 'project.create'),
			[{ target_type: 'project', target_id: project.id, detail: { name: 'My "Project"', slug: 'my-project' } }]);
	});

	it('have slugs of their workspace: given, derived, reserved, taken', async () => {
		const { admin, workspace } = await stack.cast();
		const { admin: elsewhere, workspace: other } = await stack.cast();
		const slug = async (body) => ok(await admin.client.post(W(workspace, '/projects'), body), 201).project.slug;
		assert.equal(await slug({ name: 'One', slug: 'same' }), 'same');
		refused(await admin.client.post(W(workspace, '/projects'), { name: 'Two', slug: 'same' }), 409, 3152);
		ok(await elsewhere.client.post(W(other, '/projects'), { name: 'One', slug: 'same' }), 201);
		assert.match(await slug({ name: 'Same' }), /^same-[0-9a-f]{4}$/);
		assert.match(await slug({ name: 'Members' }), /^members-[0-9a-f]{4}$/);
		assert.equal(await slug({ name: 'ab' }), 'ab');
		assert.equal(await slug({ name: 'Login' }), 'login');
		assert.equal(await slug({ name: '日本' }), 'project');
	});

	it('are refused: 3155, 3156, 3050', async () => {
		const { admin, workspace } = await stack.cast();
		const post = (body) => admin.client.post(W(workspace, '/projects'), body);
		for (const name of ['x', 'x'.repeat(101), 7, undefined, '  ', 'a\nb']) refused(await post({ name }), 400, 3155);
		for (const slug of ['a', 'A', '-a', 'a-', 'new', 'billing', 'x'.repeat(49), 'ä'])
			refused(await post({ name: 'Fine', slug }), 400, 3156);
		refused(await post({ name: 'x', slug: 'a' }), 400, 3050, { name: 'too_short', slug: 'too_short' });
	});

	it('are listed by name, sorted and paged', async () => {
		const { viewer, workspace } = await stack.cast();
		for (const name of ['beta', 'Alpha', 'Gamma']) await stack.project(workspace, { name, slug: name.toLowerCase() });
		const names = async (query) => ok(await viewer.client.get(W(workspace, `/projects?${query}`))).items.map((p) => p.name);
		assert.deepEqual(await names(''), ['Alpha', 'beta', 'Gamma', 'Project']);
		assert.deepEqual(await names('sort=slug&order=desc&pageSize=2'), ['Project', 'Gamma']);
		assert.deepEqual(await names('sort=createdAt'), ['Project', 'beta', 'Alpha', 'Gamma']);
		assert.deepEqual(await names('sort=updatedAt&order=desc&pageSize=1&page=2'), ['Alpha']);
		assert.deepEqual(ok(await viewer.client.get(W(workspace, '/projects?page=2'))), { items: [], page: 2, pageSize: 25, total: 4 });
		refused(await viewer.client.get(W(workspace, '/projects?pageSize=0')), 400, 3403);
		refused(await viewer.client.get(W(workspace, '/projects?sort=id')), 400, 3404);
	});

	it('are renamed: 3152, 3155, 3156 where that is not possible', async () => {
		const { admin, workspace, project } = await stack.cast();
		await stack.project(workspace, { slug: 'taken' });
		const one = ok(await admin.client.patch(P(project), { name: 'Renamed', slug: 'renamed' })).project;
		assert.deepEqual([one.name, one.slug], ['Renamed', 'renamed']);
		assert.ok(one.updatedAt > one.createdAt);
		refused(await admin.client.patch(P(project), { slug: 'taken' }), 409, 3152);
		refused(await admin.client.patch(P(project), { name: 'x' }), 400, 3155);
		refused(await admin.client.patch(P(project), { slug: 'audit' }), 400, 3156);
		refused(await admin.client.patch(P(project), {}), 400, 3050);
		assert.deepEqual((await audit(workspace, 'project.update')).map((row) => row.detail),
			[{ name: 'Renamed', oldName: 'Project', slug: 'renamed', oldSlug: project.slug }]);
	});

	it('are a hundred in a workspace, also when made at once: 3158', async () => {
		const { owner, admin, workspace } = await stack.cast();
		await stack.sql(`INSERT INTO yavio.projects (id, workspace_id, name, slug)
			SELECT gen_random_uuid(), $1, 'Many', 'many-' || n FROM generate_series(1, 96) AS n`, [workspace.id]);
		const answers = await Promise.all(Array.from({ length: 8 }, (_, i) =>
			[owner, admin][i % 2].client.post(W(workspace, '/projects'), { name: `More ${i}` })));
		for (const answer of answers) if (answer.status !== 201) refused(answer, 409, 3158);
		assert.equal(answers.filter((a) => a.status === 201).length, 3);
		assert.equal(ok(await owner.client.get(W(workspace, '/projects'))).total, 100);
	});
});

/** Sends an event with a key to ingest: the status. */
const send = async (key) => (await http({ port: stack.caddy.ingestPort, method: 'POST', path: '/v1/events', body: JSON.stringify({ events: [event()] }),
	headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` } })).status;
const works = (key) => until('ingest takes the key', async () => (await send(key)) === 200);
const dies = (key) => until('ingest refuses the key', async () => (await send(key)) === 401, 5000);

describe('API keys', () => {
	it('are shown once, work at once, and are listed without their text', async () => {
		const { admin, member, workspace, project } = await stack.cast();
		const { apiKey } = ok(await admin.client.post(P(project, '/keys'), { name: 'Server' }), 201);
		assert.equal(apiKey.prefix, apiKey.key.slice(0, 12));
		await works(apiKey.key);
		const list = ok(await member.client.get(P(project, '/keys')));
		const { name, prefix, createdBy, state, replacedBy } = list.items[0];
		assert.deepEqual({ name, prefix, createdBy, state, replacedBy },
			{ name: 'Server', prefix: apiKey.prefix, createdBy: { id: admin.id, name: 'The admin' }, state: 'active', replacedBy: null });
		assert.ok(!JSON.stringify(list).includes(apiKey.key));
		const [row] = await stack.sql('SELECT * FROM yavio.api_keys WHERE id = $1', [apiKey.id]);
		assert.ok(!JSON.stringify(row).includes(apiKey.key.slice(12)));
		assert.deepEqual(await audit(workspace, 'key.create'),
			[{ target_type: 'key', target_id: apiKey.id, detail: { name: 'Server', projectId: project.id } }]);
		await until('last use is written', async () =>
			ok(await member.client.get(P(project, '/keys'))).items[0].lastUsedAt !== null, 15_000);
	});

	it('have a name and an end if wanted; 3252 and 3050 otherwise', async () => {
		const { admin, project } = await stack.cast();
		const post = (body) => admin.client.post(P(project, '/keys'), body);
		const plain = ok(await post({}), 201).apiKey;
		assert.deepEqual([plain.name, plain.expiresAt], ['Default', null]);
		const later = new Date(Date.now() + 60_000).toISOString();
		assert.equal(ok(await post({ expiresAt: later }), 201).apiKey.expiresAt, later);
		assert.equal(ok(await post({ expiresAt: later.replace('Z', '+00:00') }), 201).apiKey.expiresAt, later);
		for (const name of ['', '  ', 'x'.repeat(101), 7]) refused(await post({ name }), 400, 3252);
		for (const expiresAt of ['2001-01-01T00:00:00.000Z', '2999-01-01T00:00:00', 'x', 7, new Date(Date.now() - 1000).toISOString()])
			refused(await post({ expiresAt }), 400, 3050);
	});

	it('that are revoked are refused by ingest; twice is 3251', async () => {
		const { admin, member, workspace, project } = await stack.cast();
		const { apiKey } = ok(await admin.client.post(P(project, '/keys'), {}), 201);
		await works(apiKey.key);
		refused(await member.client.delete(P(project, `/keys/${apiKey.id}`)), 403, 3100);
		const began = Date.now();
		const gone = ok(await admin.client.delete(P(project, `/keys/${apiKey.id}`))).apiKey;
		await dies(apiKey.key);
		// Far from the minute after which ingest would have asked again by itself.
		assert.ok(Date.now() - began < 30_000);
		assert.equal(gone.state, 'revoked');
		refused(await admin.client.delete(P(project, `/keys/${apiKey.id}`)), 409, 3251);
		refused(await admin.client.post(P(project, `/keys/${apiKey.id}/rotate`), {}), 409, 3251);
		for (const id of [NOBODY, 'x', apiKey.id.toUpperCase()]) {
			refused(await admin.client.delete(P(project, `/keys/${id}`)), 404, 3250);
			refused(await admin.client.post(P(project, `/keys/${id}/rotate`), {}), 404, 3250);
		}
		assert.equal((await audit(workspace, 'key.revoke')).length, 1);
	});

	it('are rotated: the old one works through its grace, and is cut short by revoking it', async () => {
		const { admin, workspace, project } = await stack.cast();
		const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
		const first = ok(await admin.client.post(P(project, '/keys'), { name: 'Rotated', expiresAt }), 201).apiKey;
		await works(first.key);
		const { apiKey, oldKey } = ok(await admin.client.post(P(project, `/keys/${first.id}/rotate`), { gracePeriodMinutes: 60 }), 201);
		assert.deepEqual([apiKey.name, apiKey.expiresAt, oldKey.id], ['Rotated', expiresAt, first.id]);
		const grace = Date.parse(oldKey.revokedAt) - Date.now();
		assert.ok(grace > 59 * 60_000 && grace <= 60 * 60_000, String(grace));
		await works(apiKey.key);
		assert.equal(await send(first.key), 200);
		const of = async (id) => ok(await admin.client.get(P(project, '/keys'))).items.find((k) => k.id === id);
		assert.deepEqual([(await of(first.id)).state, (await of(first.id)).replacedBy], ['grace', apiKey.id]);
		refused(await admin.client.post(P(project, `/keys/${first.id}/rotate`), {}), 409, 3251);
		assert.equal(ok(await admin.client.delete(P(project, `/keys/${first.id}`))).apiKey.state, 'revoked');
		await dies(first.key);
		assert.deepEqual(await audit(workspace, 'key.rotate'), [{ target_type: 'key', target_id: first.id,
			detail: { name: 'Rotated', projectId: project.id, newKeyId: apiKey.id, gracePeriodMinutes: 60 } }]);

		const again = ok(await admin.client.post(P(project, `/keys/${apiKey.id}/rotate`), {}), 201);
		await dies(apiKey.key);
		await works(again.apiKey.key);
	});

	it('are not rotated with another grace than 0 to 1440 whole minutes: 3253; nor when expired: 3251', async () => {
		const { admin, project, key } = await stack.cast();
		for (const gracePeriodMinutes of [-1, 1441, 1.5, '5', null])
			refused(await admin.client.post(P(project, `/keys/${key.id}/rotate`), { gracePeriodMinutes }), 400, 3253);
		await stack.sql("UPDATE yavio.api_keys SET expires_at = now() - interval '1 second' WHERE id = $1", [key.id]);
		assert.equal(ok(await admin.client.get(P(project, '/keys'))).items[0].state, 'expired');
		refused(await admin.client.post(P(project, `/keys/${key.id}/rotate`), {}), 409, 3251);
		assert.equal(ok(await admin.client.delete(P(project, `/keys/${key.id}`))).apiKey.state, 'revoked');
	});

	it('of two rotations at once one wins', async () => {
		const { owner, admin, project, key } = await stack.cast();
		const answers = await Promise.all([owner, admin].map((who) => who.client.post(P(project, `/keys/${key.id}/rotate`), {})));
		assert.deepEqual(answers.map((a) => a.status).sort(), [201, 409]);
		refused(answers.find((a) => a.status === 409), 409, 3251);
		assert.equal(ok(await admin.client.get(P(project, '/keys'))).total, 2);
	});

	it('are twenty live ones in a project, also when made at once: 3254', async () => {
		const { owner, admin, project, key } = await stack.cast();
		const post = (who) => who.client.post(P(project, '/keys'), {});
		for (let i = 0; i < 14; i++) ok(await post(owner), 201);
		const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => post([owner, admin][i % 2])));
		for (const answer of answers) if (answer.status !== 201) refused(answer, 409, 3254);
		assert.equal(answers.filter((a) => a.status === 201).length, 5);
		// The old one counts through its grace; without one it makes room for the new one.
		refused(await admin.client.post(P(project, `/keys/${key.id}/rotate`), { gracePeriodMinutes: 1 }), 409, 3254);
		ok(await admin.client.post(P(project, `/keys/${key.id}/rotate`), { gracePeriodMinutes: 0 }), 201);
		refused(await post(admin), 409, 3254);
	});

	it('are listed newest first, sorted and paged; viewers see none', async () => {
		const { admin, viewer, project } = await stack.cast();
		for (const name of ['b', 'A', 'c']) ok(await admin.client.post(P(project, '/keys'), { name }), 201);
		const names = async (query) => ok(await admin.client.get(P(project, `/keys?${query}`))).items.map((k) => k.name);
		assert.deepEqual(await names(''), ['c', 'A', 'b', 'Key']);
		assert.deepEqual(await names('sort=name&order=asc&pageSize=2'), ['A', 'b']);
		assert.equal((await names('sort=lastUsedAt')).length, 4);
		refused(await admin.client.get(P(project, '/keys?page=0')), 400, 3403);
		refused(await admin.client.get(P(project, '/keys?sort=prefix')), 400, 3404);
		refused(await viewer.client.get(P(project, '/keys')), 403, 3100);
	});

	it('die with their project and with their workspace', async () => {
		const { owner, workspace, project } = await stack.cast();
		const other = await stack.project(workspace);
		const keys = [];
		for (const of of [project, other]) keys.push(ok(await owner.client.post(P(of, '/keys'), {}), 201).apiKey.key);
		for (const key of keys) await works(key);
		ok(await owner.client.delete(P(project), { confirm: project.slug }), 202);
		await dies(keys[0]);
		assert.equal(await send(keys[1]), 200);
		ok(await owner.client.delete(W(workspace), { confirm: workspace.slug }), 202);
		await dies(keys[1]);
	});
});
