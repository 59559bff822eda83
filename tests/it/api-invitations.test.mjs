// SPDX-License-Identifier: MIT
// Invitations: with and without mail, sent again, cancelled, looked at, accepted once and by the right person.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { newToken, ok, refused, startDashboard } from '../support/dashboard.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const WEEK_MS = 7 * 86_400_000;

let stack;
before(async () => {
	stack = await startDashboard({ workers: 4, settings: { YAVIO_RL_MAIL_INVITE: '12/3600' } });
});
after(() => stack?.stop());

const W = (workspace, rest = '') => `/api/workspaces/${workspace.id}${rest}`;
const address = () => `guest-${randomUUID().slice(0, 8)}@b.example`;
const invite = (who, workspace, body) => who.client.post(W(workspace, '/members/invite'), body);
const preview = (token, client = stack.client()) => client.post('/api/auth/invite', { token });
const accept = (client, token) => client.post('/api/auth/invite/accept', { token });
const audit = async (workspace, action) =>
	stack.sql('SELECT actor_user_id AS actor, target_type, target_id, detail FROM yavio.audit_log WHERE workspace_id = $1 AND action = $2 ORDER BY id', [
		workspace.id, action,
	]);

describe('an invitation on a server without mail', () => {
	it('gives the link once, which shows what it is for and joins', async () => {
		const { admin, workspace } = await stack.cast();
		const email = address();
		const { invitation, inviteUrl } = ok(await invite(admin, workspace, { email: ` ${email.toUpperCase()} `, role: 'member' }), 201);
		assert.deepEqual([invitation.email, invitation.role], [email, 'member']);
		assert.ok(Math.abs(Date.parse(invitation.expiresAt) - Date.now() - WEEK_MS) < 60_000);
		const [, base, token] = /^(.*)\/invite#t=([\w-]{43})$/.exec(inviteUrl);
		assert.equal(base, stack.url);
		const stored = await stack.sql('SELECT * FROM yavio.invitations WHERE id = $1', [invitation.id]);
		assert.ok(!JSON.stringify(stored).includes(token));
		assert.deepEqual(await stack.sql('SELECT id FROM yavio.jobs'), []);

		assert.deepEqual({ ...ok(await preview(token)), expiresAt: '' },
			{ email, role: 'member', expiresAt: '', inviterName: 'The admin', workspace: { name: 'Workspace' } });
		const guest = await stack.person({ email });
		assert.deepEqual(ok(await accept(guest.client, token)), { workspace: { id: workspace.id, slug: workspace.slug }, role: 'member' });
		assert.equal(ok(await guest.client.get(W(workspace))).workspace.role, 'member');
		refused(await accept(guest.client, token), 400, 3008);
		refused(await preview(token), 400, 3008);

		const [made] = await audit(workspace, 'invitation.create');
		assert.deepEqual([made.actor, made.target_id, made.detail], [admin.id, invitation.id, { email: 'g…@b.example', role: 'member' }]);
		assert.deepEqual((await audit(workspace, 'invitation.accept')).map((r) => [r.actor, r.target_id]), [[guest.id, invitation.id]]);
		assert.deepEqual((await audit(workspace, 'member.joined')).map((r) => [r.actor, r.target_id, r.detail]),
			[[guest.id, guest.id, { role: 'member' }]]);
	});

	it('is refused: 3301, 3302, 3303, 3050, 3015', async () => {
		const { admin, member, viewer, workspace, invitation } = await stack.cast();
		refused(await invite(admin, workspace, { email: viewer.email, role: 'admin' }), 409, 3301);
		refused(await invite(admin, workspace, { email: invitation.email, role: 'admin' }), 409, 3302);
		for (const role of ['owner', 'Admin', '', 1, undefined]) refused(await invite(admin, workspace, { email: address(), role }), 400, 3303);
		for (const email of ['', 'x', 'a@b@c', 'a b@c.example', 'ä@b.example', `${'x'.repeat(65)}@b.example`, 7])
			refused(await invite(admin, workspace, { email, role: 'viewer' }), 400, 3050);
		refused(await invite(admin, workspace, { email: 'x', role: 'owner' }), 400, 3050);
		refused(await invite(member, workspace, { email: address(), role: 'viewer' }), 403, 3100);
		refused(await admin.client.post(W(workspace, `/invitations/${invitation.id}/resend`)), 409, 3015);
	});

	it('takes the place of one that expired', async () => {
		const { admin, workspace, invitation } = await stack.cast();
		await stack.sql("UPDATE yavio.invitations SET expires_at = now() - interval '1 second' WHERE id = $1", [invitation.id]);
		refused(await preview(invitation.token), 400, 3008);
		assert.equal(ok(await admin.client.get(W(workspace, '/invitations'))).total, 0);
		const { invitation: fresh } = ok(await invite(admin, workspace, { email: invitation.email, role: 'viewer' }), 201);
		assert.deepEqual(ok(await admin.client.get(W(workspace, '/invitations'))).items.map((i) => i.id), [fresh.id]);
	});

	it('is listed while it waits, sorted and paged, and cancelled', async () => {
		const { owner, admin, member, workspace, invitation } = await stack.cast();
		const { invitation: other } = ok(await invite(admin, workspace, { email: 'aa@b.example', role: 'viewer' }), 201);
		const list = ok(await owner.client.get(W(workspace, '/invitations')));
		assert.deepEqual(list.items.map((i) => [i.id, i.invitedBy.name, i.sentAt !== null]), [[other.id, 'The admin', true], [invitation.id, 'The owner', true]]);
		assert.ok(!JSON.stringify(list).includes(invitation.token));
		const emails = async (query) => ok(await owner.client.get(W(workspace, `/invitations?${query}`))).items.map((i) => i.email);
		assert.deepEqual(await emails('sort=email&order=asc'), ['aa@b.example', invitation.email]);
		assert.equal((await emails('sort=expiresAt&pageSize=1&page=2')).length, 1);
		refused(await owner.client.get(W(workspace, '/invitations?pageSize=101')), 400, 3403);
		refused(await owner.client.get(W(workspace, '/invitations?sort=token')), 400, 3404);
		refused(await member.client.get(W(workspace, '/invitations')), 403, 3100);

		ok(await admin.client.delete(W(workspace, `/invitations/${invitation.id}`)), 204);
		refused(await preview(invitation.token), 400, 3008);
		for (const id of [invitation.id, NOBODY, 'x']) refused(await admin.client.delete(W(workspace, `/invitations/${id}`)), 404, 3304);
		assert.equal((await audit(workspace, 'invitation.cancel')).length, 1);
	});

	it('serves the invited address alone: 3305; members need none: 3301; tokens of all other kinds are 3008', async () => {
		const { stranger, viewer, workspace, invitation } = await stack.cast();
		refused(await accept(stranger.client, invitation.token), 403, 3305);
		await stack.sql('UPDATE yavio.invitations SET email = $2 WHERE id = $1', [invitation.id, viewer.email]);
		refused(await accept(viewer.client, invitation.token), 409, 3301);
		for (const token of [newToken(), stranger.client.session, 'x', 'x'.repeat(200)]) {
			refused(await accept(stranger.client, token), 400, 3008);
			refused(await preview(token), 400, 3008);
		}
		for (const token of ['', 'x'.repeat(201), 7, undefined]) refused(await preview(token), 400, 3050);
		refused(await stack.client().post('/api/auth/invite', { token: invitation.token }, { csrf: false }), 403, 3010);
		assert.equal(ok(await viewer.client.get(W(workspace))).workspace.memberCount, 4);
	});

	it('is accepted once, whoever asks how often at once', async () => {
		const { workspace, invitation } = await stack.cast();
		const guest = await stack.person({ email: invitation.email });
		const clients = [guest.client, await stack.signIn(guest), await stack.signIn(guest), await stack.signIn(guest)];
		const answers = await Promise.all(clients.map((client) => accept(client, invitation.token)));
		assert.equal(answers.filter((a) => a.status === 200).length, 1);
		for (const answer of answers) if (answer.status !== 200) refused(answer, 400, 3008);
		assert.equal((await audit(workspace, 'member.joined')).length, 1);
	});

	it('stops at 500 members and 100 pending ones, also at once: 3306', async () => {
		const { owner, admin, workspace, invitation } = await stack.cast();
		await stack.sql(`INSERT INTO yavio.invitations (id, workspace_id, email, role, expires_at)
			SELECT gen_random_uuid(), $1, 'many' || n || '@b.example', 'viewer', now() + interval '1 day' FROM generate_series(1, 97) AS n`, [workspace.id]);
		const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => invite([owner, admin][i % 2], workspace, { email: address(), role: 'viewer' })));
		for (const answer of answers) if (answer.status !== 201) refused(answer, 409, 3306);
		assert.equal(answers.filter((a) => a.status === 201).length, 2);

		await stack.sql("DELETE FROM yavio.invitations WHERE workspace_id = $1 AND id <> $2", [workspace.id, invitation.id]);
		await stack.sql(`WITH made AS (INSERT INTO yavio.users (id, email, name)
				SELECT gen_random_uuid(), 'full' || n || '@b.example', 'Many' FROM generate_series(1, 496) AS n RETURNING id)
			INSERT INTO yavio.workspace_members (workspace_id, user_id, role) SELECT $1, id, 'viewer' FROM made`, [workspace.id]);
		refused(await invite(admin, workspace, { email: address(), role: 'viewer' }), 409, 3306);
		const guest = await stack.person({ email: invitation.email });
		refused(await accept(guest.client, invitation.token), 409, 3306);
		await stack.sql("DELETE FROM yavio.users WHERE email = 'full1@b.example'");
		ok(await accept(guest.client, invitation.token));
	});

	it('counts against the limit of the workspace, not of the admin: 3806', async () => {
		const { owner, admin, workspace } = await stack.cast();
		for (let i = 0; i < 12; i++) ok(await invite([owner, admin][i % 2], workspace, { email: address(), role: 'viewer' }), 201);
		const answer = refused(await invite(admin, workspace, { email: address(), role: 'viewer' }), 429, 3806);
		assert.match(answer.headers['retry-after'], /^[1-9][0-9]*$/);
		const other = await stack.workspace({ owner: admin });
		ok(await invite(admin, other, { email: address(), role: 'viewer' }), 201);
	});
});

describe('an invitation on a server with mail', () => {
	before(() => stack.restart({ SMTP_HOST: '127.0.0.1' }));

	it('is left to a job: no token in the answer, the row or the queue', async () => {
		const { admin, workspace } = await stack.cast();
		const answer = ok(await invite(admin, workspace, { email: address(), role: 'admin' }), 201);
		assert.deepEqual(Object.keys(answer), ['invitation']);
		const [row] = await stack.sql('SELECT token_hash, sent_at FROM yavio.invitations WHERE id = $1', [answer.invitation.id]);
		assert.deepEqual(row, { token_hash: null, sent_at: null });
		const jobs = async () => stack.sql("SELECT kind, payload FROM yavio.jobs WHERE payload->>'invitationId' = $1", [answer.invitation.id]);
		assert.deepEqual(await jobs(), [{ kind: 'mail.invite', payload: { invitationId: answer.invitation.id } }]);
		assert.equal(ok(await admin.client.get(W(workspace, '/invitations'))).items.find((i) => i.id === answer.invitation.id).sentAt, null);
	});

	it('is sent again by a job; 3304 when there is none', async () => {
		const { owner, admin, member, workspace, invitation } = await stack.cast();
		const resend = (who, id) => who.client.post(W(workspace, `/invitations/${id}/resend`));
		assert.equal((await resend(admin, invitation.id)).status, 202);
		const jobs = await stack.sql("SELECT kind FROM yavio.jobs WHERE payload->>'invitationId' = $1", [invitation.id]);
		assert.deepEqual(jobs, [{ kind: 'mail.invite' }]);
		assert.equal((await audit(workspace, 'invitation.resend')).length, 1);
		refused(await resend(member, invitation.id), 403, 3100);
		for (const id of [NOBODY, 'x']) refused(await resend(owner, id), 404, 3304);
		await stack.sql('UPDATE yavio.invitations SET accepted_at = now() WHERE id = $1', [invitation.id]);
		refused(await resend(admin, invitation.id), 404, 3304);
	});
});
