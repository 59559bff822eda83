// SPDX-License-Identifier: MIT
// Registration, with mail and without, by invitation, and closed; the verification of an address.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
	actionsOf, failBefore, failuresOf, jobsOf, login, mailedToken, newAccount, newEmail, ok, OTHER_PASS, PASS, startAccounts,
} from '../support/accounts.mjs';
import { refused } from '../support/dashboard.mjs';

const stacks = {};
before(async () => {
	stacks.mail = await startAccounts({ mail: true, workers: 4 });
	stacks.off = await startAccounts();
});
after(() => Promise.all(Object.values(stacks).map((stack) => stack.stop())));

const register = (stack, email, more = {}, client = stack.client()) =>
	client.post('/api/auth/register', { name: 'Ada', email, password: PASS, ...more });
const accounts = (stack, email) => stack.sql('SELECT id, email_proof, email_verified_at IS NOT NULL AS active FROM yavio.users WHERE email = $1', [email]);
const placesOf = (stack, id) => stack.sql(
	`SELECT w.name AS workspace, w.slug, m.role, p.name AS project, p.slug AS project_slug FROM yavio.workspace_members m
	JOIN yavio.workspaces w ON w.id = m.workspace_id LEFT JOIN yavio.projects p ON p.workspace_id = w.id WHERE m.user_id = $1`, [id]);

describe('register without mail', () => {
	it('201: logged in, unproven, a workspace and a project', async () => {
		const stack = stacks.off;
		const email = newEmail();
		const client = stack.client();
		const { status, user } = ok(await register(stack, email, { name: 'Ada Lovelace' }, client), 201);
		assert.equal(status, 'ok');
		assert.deepEqual([user.email, user.name, user.emailVerified, user.hasPassword], [email, 'Ada Lovelace', false, true]);
		const { workspaces } = ok(await client.get('/api/auth/session'));
		assert.deepEqual(workspaces.map((w) => [w.name, w.role]), [["Ada Lovelace's workspace", 'owner']]);
		const [place] = await placesOf(stack, user.id);
		assert.deepEqual([place.slug, place.project, place.project_slug], ['ada-lovelace-s-workspace', 'Default Project', 'default-project']);
		assert.deepEqual(await actionsOf(stack, user), ['account.created', 'workspace.create', 'project.create', 'auth.login']);
		ok(await login(stack, email));
	});

	it('a long name makes a workspace name of 100 characters', async () => {
		const stack = stacks.off;
		const { user } = ok(await register(stack, newEmail(), { name: '🐈'.repeat(100) }), 201);
		const [place] = await placesOf(stack, user.id);
		assert.equal(place.workspace, `${'🐈'.repeat(88)}'s workspace`);
	});

	it('3702 for a taken address, in any letter case; the account stays as it is', async () => {
		const stack = stacks.off;
		const email = newEmail();
		ok(await register(stack, email), 201);
		refused(await register(stack, email.toUpperCase(), { password: OTHER_PASS }), 409, 3702);
		ok(await login(stack, email));
	});

	it('10 at one time for one address: one account', async () => {
		const stack = stacks.off;
		const email = newEmail();
		const answers = await Promise.all(Array.from({ length: 10 }, async () => {
			for (;;) {
				const answer = await register(stack, email);
				if (answer.status !== 503) return answer.status;
			}
		}));
		assert.deepEqual(answers.sort(), [201, ...Array(9).fill(409)]);
		assert.equal((await accounts(stack, email)).length, 1);
	});

	it('3015: verification, and a password by mail', async () => {
		for (const [path, body] of [
			['verify-email', { token: 'x', password: 'x' }], ['resend-verification', { email: 'a@b.example' }],
			['forgot-password', { email: 'a@b.example' }],
		]) refused(await stacks.off.client().post(`/api/auth/${path}`, body), 409, 3015);
	});
});

describe('the password rule: 3703, named, without a hash', () => {
	const CASES = [
		['7 letter', null], ['sieben7', 'too_short'], ['x'.repeat(129), 'too_long'], ['Password1', 'common'], ['p@ssw0rd!', 'common'],
		['🐈'.repeat(128), null], ['🐈'.repeat(129), 'too_long'],
	];
	for (const [password, problem] of CASES) {
		it(`${password.slice(0, 12)} (${password.length}): ${problem ?? 'taken'}`, async () => {
			const answer = await register(stacks.off, newEmail(), { password });
			if (problem) refused(answer, 400, 3703, { password: problem });
			else ok(answer, 201);
		});
	}

	it('the address, and what stands before its @', async () => {
		for (const password of ['Grete.Hermann@A.example', 'grete.hermann']) {
			refused(await register(stacks.off, 'grete.hermann@a.example', { password }), 400, 3703, { password: 'same_as_email' });
		}
	});

	it('together with other faults: 3050 with all of them', async () => {
		refused(await register(stacks.off, 'nobody', { name: '', password: 'x' }), 400, 3050,
			{ name: 'too_short', email: 'bad_format', password: 'too_short' });
		refused(await register(stacks.off, newEmail(), { name: 'A\u0001', inviteToken: '' }), 400, 3050);
		refused(await register(stacks.off, newEmail(), { name: 'A\u202eB' }), 400, 3050, { name: 'bad_characters' });
	});
});

describe('register with mail', () => {
	const verify = (stack, token, password = PASS, client = stack.client()) =>
		client.post('/api/auth/verify-email', { token, password });

	it('202 and nothing else for a free and for a taken address; the mails differ', async () => {
		const stack = stacks.mail;
		const taken = await newAccount(stack);
		const free = newEmail();
		const bodies = [];
		for (const email of [free, taken.email]) {
			const client = stack.client();
			const answer = await register(stack, email, { password: OTHER_PASS }, client);
			bodies.push(ok(answer, 202));
			assert.equal(client.session, undefined);
		}
		assert.deepEqual(bodies, [{ status: 'verification_sent' }, { status: 'verification_sent' }]);
		assert.deepEqual(await jobsOf(stack, 'email', free), [['mail.verify', { email: free }]]);
		assert.deepEqual(await jobsOf(stack, 'email', taken.email), [['mail.account_exists', { email: taken.email }]]);
		ok(await login(stack, taken.email));
		refused(await login(stack, free, OTHER_PASS), 403, 3002);
		assert.deepEqual(await accounts(stack, taken.email), [{ id: taken.id, email_proof: 'mail', active: true }]);
	});

	it('an unverified account gives way: its password dies', async () => {
		const stack = stacks.mail;
		const email = newEmail();
		ok(await register(stack, email), 202);
		const [{ id }] = await accounts(stack, email);
		ok(await register(stack, email, { password: OTHER_PASS }), 202);
		const now = await accounts(stack, email);
		assert.equal(now.length, 1);
		assert.notEqual(now[0].id, id);
		refused(await login(stack, email), 401, 3001);
		refused(await login(stack, email, OTHER_PASS), 403, 3002);
	});

	it('registering again lifts no lock and no limit of mails', async () => {
		const stack = stacks.mail;
		const email = newEmail();
		for (let i = 0; i < 5; i++) ok(await register(stack, email), 202);
		assert.equal((await jobsOf(stack, 'email', email)).length, 3);
		await failBefore(stack, email, 10, { tier: 1 });
		ok(await register(stack, email), 202);
		refused(await login(stack, email), 403, 3003);
	});

	it('verify-email: proves, makes a workspace, logs in; the link works once', async () => {
		const stack = stacks.mail;
		const email = newEmail();
		ok(await register(stack, email), 202);
		const [account] = await accounts(stack, email);
		assert.deepEqual(await placesOf(stack, account.id), []);
		const token = await mailedToken(stack, account, 'email_verification');
		const client = stack.client();
		const { user } = ok(await verify(stack, token, PASS, client));
		assert.deepEqual([user.id, user.emailVerified], [account.id, true]);
		assert.equal(ok(await client.get('/api/auth/session')).workspaces[0].name, "Ada's workspace");
		assert.deepEqual(await actionsOf(stack, account), ['account.created', 'workspace.create', 'project.create', 'auth.login']);
		refused(await verify(stack, token), 400, 3007);
		assert.equal(await failuresOf(stack, email), 0);
	});

	it('a wrong password: 3001, a failure, and the link still works; a lock holds here, too', async () => {
		const stack = stacks.mail;
		const email = newEmail();
		ok(await register(stack, email), 202);
		const [account] = await accounts(stack, email);
		const token = await mailedToken(stack, account, 'email_verification');
		refused(await verify(stack, token, OTHER_PASS), 401, 3001);
		assert.equal(await failuresOf(stack, email), 1);
		for (const [count, tier, code] of [[10, 1, 3003], [25, 2, 3004], [50, 3, 3005]]) {
			await failBefore(stack, email, count, { tier });
			refused(await verify(stack, token), 403, code);
			await stack.sql('DELETE FROM yavio.login_attempts WHERE subject = $1', [email]);
		}
		ok(await verify(stack, token));
	});

	it('3007: unknown, expired, of another kind, no token at all', async () => {
		const stack = stacks.mail;
		const user = await newAccount(stack);
		for (const token of [
			'x', 'A'.repeat(43), await mailedToken(stack, user, 'password_reset'),
			await mailedToken(stack, user, 'email_verification', { expires: '-1 second' }),
		]) refused(await verify(stack, token), 400, 3007);
		assert.equal(await failuresOf(stack, user.email), 0);
	});

	it('20 times one link at one time: one wins', async () => {
		const stack = stacks.mail;
		const email = newEmail();
		ok(await register(stack, email), 202);
		const [account] = await accounts(stack, email);
		const token = await mailedToken(stack, account, 'email_verification');
		const answers = await Promise.all(Array.from({ length: 20 }, async () => {
			for (;;) {
				// 3003: more than ten passwords of one address in hand at one time count as failures until they prove right.
				const answer = await verify(stack, token);
				if (answer.status !== 503 && answer.status !== 403) return answer.status;
			}
		}));
		assert.deepEqual(answers.sort(), [200, ...Array(19).fill(400)]);
		assert.equal((await placesOf(stack, account.id)).length, 1);
	});

	it('resend-verification: 202 for any address; three mails in five minutes', async () => {
		const stack = stacks.mail;
		for (const email of [newEmail(), (await newAccount(stack)).email]) {
			for (let i = 0; i < 4; i++) assert.deepEqual(ok(await stack.client().post('/api/auth/resend-verification', { email }), 202), { status: 'sent' });
			assert.deepEqual((await jobsOf(stack, 'email', email)).map(([kind]) => kind), Array(3).fill('mail.verify'));
		}
	});
});

describe('by invitation', () => {
	for (const mail of ['mail', 'off']) {
		it(`mail ${mail}: 201, joined, no workspace of one's own`, async () => {
			const stack = stacks[mail];
			const { workspace, invitation } = await stack.cast();
			const client = stack.client();
			const { user } = ok(await register(stack, invitation.email, { inviteToken: invitation.token }, client), 201);
			assert.equal(user.emailVerified, mail === 'mail');
			const { workspaces } = ok(await client.get('/api/auth/session'));
			assert.deepEqual(workspaces.map((w) => [w.id, w.role]), [[workspace.id, 'member']]);
			assert.deepEqual(await actionsOf(stack, user), ['account.created', 'invitation.accept', 'member.joined', 'auth.login']);
			refused(await register(stack, newEmail(), { inviteToken: invitation.token }), 400, 3008);
		});
	}

	it('3008: unknown, cancelled, expired, for another address; 3702 when the address has an account', async () => {
		const stack = stacks.mail;
		const { workspace, invitation } = await stack.cast();
		refused(await register(stack, newEmail(), { inviteToken: 'x' }), 400, 3008);
		refused(await register(stack, newEmail(), { inviteToken: invitation.token }), 400, 3008);
		const user = await newAccount(stack);
		const known = await stack.invitation(workspace, { email: user.email });
		refused(await register(stack, user.email, { inviteToken: known.token }), 409, 3702);
		await stack.sql("UPDATE yavio.invitations SET expires_at = now() - interval '1 second' WHERE id = $1", [invitation.id]);
		refused(await register(stack, invitation.email, { inviteToken: invitation.token }), 400, 3008);
	});

	it('an unverified account of the address gives way and leaves the invitation', async () => {
		const stack = stacks.mail;
		const { invitation } = await stack.cast();
		ok(await register(stack, invitation.email, { password: OTHER_PASS }), 202);
		ok(await register(stack, invitation.email, { inviteToken: invitation.token }), 201);
		ok(await login(stack, invitation.email));
	});

	it('closed registration: 3014 whatever the address or a bad invitation, open to a good one', async () => {
		const stack = stacks.off;
		await stack.restart({ YAVIO_DISABLE_REGISTRATION: '1' });
		assert.equal(ok(await stack.client().get('/api/auth/providers')).registration, 'invite');
		const { workspace } = await stack.cast();
		const { email, token } = await stack.invitation(workspace);
		refused(await register(stack, newEmail()), 403, 3014);
		refused(await register(stack, 'first@a.example'), 403, 3014);
		refused(await register(stack, newEmail(), { inviteToken: token }), 403, 3014);
		refused(await register(stack, newEmail(), { inviteToken: 'x' }), 403, 3014);
		ok(await register(stack, email, { inviteToken: token }), 201);
	});
});
