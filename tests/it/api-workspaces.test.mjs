// SPDX-License-Identifier: MIT
// Workspaces and their members: made, listed, renamed, handed over, left; every refusal of these routes.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ok, refused, startDashboard } from '../support/dashboard.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';

let stack;
before(async () => {
	stack = await startDashboard({ workers: 4 });
});
after(() => stack?.stop());

const W = (workspace, rest = '') => `/api/workspaces/${workspace.id}${rest}`;
const audit = async (workspace, action) =>
	stack.sql('SELECT actor_user_id AS actor, target_type, target_id, detail FROM yavio.audit_log WHERE workspace_id = $1 AND action = $2 ORDER BY id', [
		workspace.id, action,
	]);
const unique = (start) => `${start}-${randomUUID().slice(0, 8)}`;

describe('a new workspace', () => {
	it('belongs to who makes it, with the slug given', async () => {
		const { id, client } = await stack.person();
		const slug = unique('team');
		const { workspace } = ok(await client.post('/api/workspaces', { name: '  Team <script> ', slug }), 201);
		assert.deepEqual({ ...workspace, id: '', createdAt: '' },
			{ id: '', name: 'Team <script>', slug, plan: 'community', role: 'owner', memberCount: 1, createdAt: '' });
		assert.deepEqual(ok(await client.get(W(workspace))), { workspace });
		assert.deepEqual(await audit(workspace, 'workspace.create'),
			[{ actor: id, target_type: 'workspace', target_id: workspace.id, detail: { name: 'Team <script>', slug } }]);
	});

	it('gets a slug of its name, with four characters more when that is taken, reserved or too short', async () => {
		const { client } = await stack.person();
		const name = unique('Über Café');
		const slug = async (given) => ok(await client.post('/api/workspaces', { name: given }), 201).workspace.slug;
		const plain = name.toLowerCase().replace('ü', '').replace('é', '').replaceAll(/[^a-z0-9]+/g, '-');
		assert.equal(await slug(name), plain);
		assert.match(await slug(name), new RegExp(`^${plain}-[0-9a-f]{4}$`));
		assert.match(await slug('Login'), /^login-[0-9a-f]{4}$/);
		assert.match(await slug('ab'), /^ab-[0-9a-f]{4}$/);
		assert.match(await slug('日本'), /^workspace(-[0-9a-f]{4})?$/);
		assert.match(await slug('x'.repeat(100)), /^x{40}(-[0-9a-f]{4})?$/);
	});

	it('is refused: name 3154, slug 3156 and 3150, both 3050, unknown field', async () => {
		const { client } = await stack.person();
		const post = (body) => client.post('/api/workspaces', body);
		for (const [name, problem] of [['x', 'too_short'], ['x'.repeat(101), 'too_long'], [' x ', 'too_short'], [7, 'wrong_type'],
			['a\u0007b', 'bad_characters'], ['a\u202eb', 'bad_characters'], [null, undefined], [undefined, 'required']]) {
			refused(await post({ name }), 400, 3154, problem && { name: problem });
		}
		for (const slug of ['Ä', '-a', 'ab', 'aBc', 'ab-', 'x'.repeat(49), 'login', 'api'])
			refused(await post({ name: 'Fine', slug }), 400, 3156);
		refused(await post({ name: 'x', slug: '-' }), 400, 3050);
		refused(await post({ name: 'Fine', plan: 'enterprise' }), 400, 3050, { plan: 'unknown' });
		const slug = unique('taken');
		ok(await post({ name: 'First', slug }), 201);
		refused(await post({ name: 'Second', slug }), 409, 3150);
	});

	it('of two with one slug at once one is made, and of 25 at once twenty for one owner: 3157', async () => {
		const [one, other] = [await stack.person(), await stack.person()];
		const slug = unique('race');
		const pair = await Promise.all([one, other].map(({ client }) => client.post('/api/workspaces', { name: 'Race', slug })));
		assert.deepEqual(pair.map((a) => a.status).sort(), [201, 409]);

		const { id, client } = await stack.person();
		const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => client.post('/api/workspaces', { name: `Many ${i} ${slug}` })));
		for (const answer of answers) if (answer.status !== 201) refused(answer, 409, 3157);
		assert.equal(answers.filter((a) => a.status === 201).length, 20);
		const [{ count }] = await stack.sql('SELECT count(*) FROM yavio.workspaces WHERE owner_id = $1', [id]);
		assert.equal(count, 20);
		// What one belongs to without owning it does not count.
		const { owner, workspace } = await stack.cast();
		await stack.join(workspace, { id }, 'member');
		await stack.sql('UPDATE yavio.workspaces SET owner_id = $1 WHERE owner_id = $2 AND id = (SELECT id FROM yavio.workspaces WHERE owner_id = $2 LIMIT 1)', [owner.id, id]);
		ok(await client.post('/api/workspaces', { name: `Room ${slug}` }), 201);
		refused(await client.post('/api/workspaces', { name: `Full ${slug}` }), 409, 3157);
	});
});

describe('the list of workspaces', () => {
	it('has mine with my role, sorted and paged; nobody else\'s', async () => {
		const me = await stack.person();
		const { workspace: foreign } = await stack.cast();
		const made = [];
		for (const name of ['Beta', 'alpha', 'Gamma']) made.push(await stack.workspace({ owner: me, name, slug: unique(name.toLowerCase()) }));
		await stack.join(foreign, me, 'viewer');
		const names = async (query) => ok(await me.client.get(`/api/workspaces${query}`)).items.map((w) => w.name);
		assert.deepEqual(await names(''), ['alpha', 'Beta', 'Gamma', 'Workspace']);
		assert.deepEqual(await names('?order=desc'), ['Workspace', 'Gamma', 'Beta', 'alpha']);
		assert.deepEqual((await names('?sort=createdAt&order=desc')).at(-1), 'Workspace');
		assert.deepEqual(await names('?sort=slug&pageSize=2'), ['alpha', 'Beta']);
		assert.deepEqual(await names('?pageSize=2&page=2'), ['Gamma', 'Workspace']);
		const past = ok(await me.client.get('/api/workspaces?page=9'));
		assert.deepEqual(past, { items: [], page: 9, pageSize: 25, total: 4 });
		const list = ok(await me.client.get('/api/workspaces'));
		assert.deepEqual(list.items.map((w) => w.role), ['owner', 'owner', 'owner', 'viewer']);
		for (const bad of ['page=0', 'pageSize=101', 'page=abc']) refused(await me.client.get(`/api/workspaces?${bad}`), 400, 3403);
		refused(await me.client.get('/api/workspaces?sort=plan'), 400, 3404);
		assert.deepEqual(ok(await (await stack.person()).client.get('/api/workspaces')).items, []);
	});
});

describe('a workspace', () => {
	it('shows every member how many belong to it, and their role', async () => {
		const cast = await stack.cast();
		for (const role of ['owner', 'admin', 'member', 'viewer']) {
			const { workspace } = ok(await cast[role].client.get(W(cast.workspace)));
			assert.deepEqual([workspace.role, workspace.memberCount], [role, 4]);
		}
	});

	it('is renamed by an admin, whole or in part', async () => {
		const { admin, workspace } = await stack.cast();
		const slug = unique('renamed');
		const one = ok(await admin.client.patch(W(workspace), { name: 'New name' })).workspace;
		assert.deepEqual([one.name, one.slug], ['New name', workspace.slug]);
		const two = ok(await admin.client.patch(W(workspace), { slug })).workspace;
		assert.deepEqual([two.name, two.slug], ['New name', slug]);
		ok(await admin.client.patch(W(workspace), { slug, name: 'New name' }));
		assert.deepEqual((await audit(workspace, 'workspace.update')).map((row) => row.detail), [
			{ name: 'New name', oldName: 'Workspace' }, { slug, oldSlug: workspace.slug }, {},
		]);
	});

	it('refuses a rename: 3154, 3156, 3150, nothing to do 3050', async () => {
		const { admin, workspace } = await stack.cast();
		const { workspace: other } = await stack.cast();
		refused(await admin.client.patch(W(workspace), { name: 'x' }), 400, 3154);
		refused(await admin.client.patch(W(workspace), { slug: 'admin' }), 400, 3156, { slug: 'reserved' });
		refused(await admin.client.patch(W(workspace), { slug: other.slug }), 409, 3150);
		refused(await admin.client.patch(W(workspace), {}), 400, 3050, { name: 'required', slug: 'required' });
		refused(await admin.client.patch(W(workspace), { owner_id: admin.id }), 400, 3050);
	});

	it('is handed to an admin or member; anybody else is 3300', async () => {
		const { owner, admin, viewer, stranger, workspace } = await stack.cast();
		const to = (who, userId) => who.client.post(W(workspace, '/transfer'), { userId });
		for (const userId of [viewer.id, stranger.id, owner.id, NOBODY]) refused(await to(owner, userId), 404, 3300);
		refused(await to(owner, 'x'), 400, 3050, { userId: 'bad_format' });
		refused(await to(admin, admin.id), 403, 3100);
		assert.equal(ok(await to(owner, admin.id)).workspace.role, 'admin');
		refused(await to(owner, admin.id), 403, 3100);
		assert.equal(ok(await admin.client.get(W(workspace))).workspace.role, 'owner');
		assert.deepEqual((await audit(workspace, 'workspace.transfer')).map((row) => row.detail), [{ from: owner.id, to: admin.id }]);
		const old = await stack.signIn(admin, { authAgo: 601 });
		refused(await old.post(W(workspace, '/transfer'), { userId: owner.id }), 403, 3020);
	});

	it('ends in one state when it is handed over and deleted at once', async () => {
		for (let i = 0; i < 4; i++) {
			const { owner, admin, workspace } = await stack.cast();
			const [moved, deleted] = await Promise.all([
				owner.client.post(W(workspace, '/transfer'), { userId: admin.id }),
				owner.client.delete(W(workspace), { confirm: workspace.slug }),
			]);
			const left = await stack.sql('SELECT owner_id FROM yavio.workspaces WHERE id = $1', [workspace.id]);
			if (deleted.status === 202) {
				assert.deepEqual(left, []);
				// Handed over first is possible only if the deletion was refused.
				assert.ok([403, 404].includes(moved.status), moved.text);
			} else {
				refused(deleted, 403, 3100);
				ok(moved);
				assert.deepEqual(left, [{ owner_id: admin.id }]);
			}
		}
	});
});

describe('members', () => {
	it('are listed for members, sorted and paged', async () => {
		const { owner, member, viewer, workspace } = await stack.cast();
		const list = ok(await member.client.get(W(workspace, '/members')));
		assert.deepEqual([list.total, list.items.map((m) => m.name)], [4, ['The admin', 'The member', 'The owner', 'The viewer']]);
		const roles = async (query) => ok(await owner.client.get(W(workspace, `/members?${query}`))).items.map((m) => m.role);
		assert.deepEqual(await roles('sort=role'), ['owner', 'admin', 'member', 'viewer']);
		assert.deepEqual(await roles('sort=role&order=desc&pageSize=1&page=2'), ['member']);
		assert.equal((await roles('sort=joinedAt')).at(0), 'owner');
		assert.equal((await roles('sort=email')).length, 4);
		refused(await owner.client.get(W(workspace, '/members?sort=password')), 400, 3404);
		refused(await viewer.client.get(W(workspace, '/members')), 403, 3100);
	});

	it('get another role from an admin; the owner does not: 3101', async () => {
		const { owner, admin, member, stranger, workspace } = await stack.cast();
		const set = (who, of, role) => who.client.patch(W(workspace, `/members/${of}`), { role });
		assert.equal(ok(await set(admin, member.id, 'viewer')).member.role, 'viewer');
		assert.equal(ok(await set(admin, member.id, 'admin')).member.role, 'admin');
		assert.deepEqual((await audit(workspace, 'member.role')).map((row) => [row.target_id, row.detail]),
			[[member.id, { role: 'viewer', oldRole: 'member' }], [member.id, { role: 'admin', oldRole: 'viewer' }]]);
		refused(await set(admin, owner.id, 'member'), 403, 3101);
		for (const of of [stranger.id, NOBODY, 'x', owner.id.toUpperCase()]) refused(await set(admin, of, 'member'), 404, 3300);
		for (const role of ['owner', 'Admin', '', 7]) refused(await set(admin, member.id, role), 400, 3303);
		// An admin may step down, and is none then.
		assert.equal(ok(await set(admin, admin.id, 'member')).member.role, 'member');
		refused(await set(admin, member.id, 'viewer'), 403, 3100);
	});

	it('an admin who becomes viewer sees what became of him, no list', async () => {
		const { admin, workspace } = await stack.cast();
		assert.equal(ok(await admin.client.patch(W(workspace, `/members/${admin.id}`), { role: 'viewer' })).member.role, 'viewer');
		refused(await admin.client.get(W(workspace, '/members')), 403, 3100);
	});

	it('are removed by an admin, leave by themselves; the owner stays', async () => {
		const { owner, admin, member, viewer, stranger, workspace } = await stack.cast();
		const remove = (who, of) => who.client.delete(W(workspace, `/members/${of}`));
		refused(await remove(member, viewer.id), 403, 3100);
		refused(await remove(viewer, owner.id), 403, 3100);
		for (const of of [stranger.id, NOBODY, 'x']) refused(await remove(admin, of), 404, 3300);
		refused(await remove(admin, owner.id), 403, 3101);
		refused(await remove(owner, owner.id), 403, 3101);
		ok(await remove(admin, member.id), 204);
		refused(await remove(admin, member.id), 404, 3300);
		refused(await member.client.get(W(workspace)), 404, 3151);
		ok(await remove(viewer, viewer.id), 204);
		refused(await viewer.client.get(W(workspace)), 404, 3151);
		assert.deepEqual((await audit(workspace, 'member.removed')).map((row) => [row.actor, row.target_id, row.detail]),
			[[admin.id, member.id, { role: 'member' }]]);
		assert.deepEqual((await audit(workspace, 'member.left')).map((row) => [row.actor, row.target_id]), [[viewer.id, viewer.id]]);
	});

	it('of two removals at once one is told that nobody is there', async () => {
		const { owner, admin, member, workspace } = await stack.cast();
		const answers = await Promise.all([owner, admin].map((who) => who.client.delete(W(workspace, `/members/${member.id}`))));
		assert.deepEqual(answers.map((a) => a.status).sort(), [204, 404]);
		assert.equal((await audit(workspace, 'member.removed')).length, 1);
	});
});

describe('changes that cannot be recorded', () => {
	it('do not happen: 3760', async () => {
		const { owner, workspace } = await stack.cast();
		await stack.sql('REVOKE INSERT ON yavio.audit_log FROM yavio_app');
		await stack.sql('REVOKE INSERT (workspace_id) ON yavio.audit_log FROM yavio_app');
		try {
			refused(await owner.client.patch(W(workspace), { name: 'Unseen' }), 500, 3760);
			assert.equal(ok(await owner.client.get(W(workspace))).workspace.name, 'Workspace');
		} finally {
			await stack.sql('GRANT INSERT (workspace_id, actor_user_id, actor_kind, action, target_type, target_id, ip, user_agent, request_id, detail) ON yavio.audit_log TO yavio_app');
		}
	});
});
