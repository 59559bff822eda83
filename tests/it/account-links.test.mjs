// SPDX-License-Identifier: MIT
// Links by mail: forgot-password, reset-password, unlock.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
	actionsOf, failBefore, failuresOf, jobsOf, login, mailedToken, newAccount, newEmail, ok, OTHER_PASS, PASS, startAccounts,
} from '../support/accounts.mjs';
import { refused } from '../support/dashboard.mjs';

let stack;
before(async () => {
	stack = await startAccounts({ mail: true, workers: 4 });
});
after(() => stack?.stop());

describe('forgot-password', () => {
	it('202 for any address, three mails an hour for each', async () => {
		for (const email of [newEmail(), (await newAccount(stack)).email]) {
			for (let i = 0; i < 4; i++) {
				assert.deepEqual(ok(await stack.client().post('/api/auth/forgot-password', { email: email.toUpperCase() }), 202), { status: 'sent' });
			}
			assert.deepEqual(await jobsOf(stack, 'email', email), Array(3).fill(['mail.reset', { email }]));
		}
	});

	it('20 at one time: three mails', async () => {
		const email = newEmail();
		await Promise.all(Array.from({ length: 20 }, async () => ok(await stack.client().post('/api/auth/forgot-password', { email }), 202)));
		assert.equal((await jobsOf(stack, 'email', email)).length, 3);
	});

	it('no address: 3050', async () => {
		refused(await stack.client().post('/api/auth/forgot-password', { email: 'x' }), 400, 3050, { email: 'bad_format' });
	});
});

describe('reset-password', () => {
	const reset = (token, password = OTHER_PASS) => stack.client().post('/api/auth/reset-password', { token, password });

	it('sets the password, ends all logins, lifts locks, leaves two-factor on, tells by mail', async () => {
		const user = await newAccount(stack);
		await stack.sql("INSERT INTO yavio.user_totp (user_id, secret_enc, confirmed_at) VALUES ($1, 'v1:k1:x', now())", [user.id]);
		await failBefore(stack, user.email, 25, { tier: 2 });
		refused(await login(stack, user.email), 403, 3004);
		await failBefore(stack, user.email, 25, { tier: 3 });
		refused(await login(stack, user.email), 403, 3005);
		const token = await mailedToken(stack, user, 'password_reset');
		assert.deepEqual(ok(await reset(token)), { status: 'reset' });
		refused(await user.client.get('/api/auth/session'), 401, 3000);
		assert.equal(await failuresOf(stack, user.email), 0);
		assert.deepEqual(ok(await login(stack, user.email, OTHER_PASS)), { status: 'totp_required' });
		refused(await login(stack, user.email), 401, 3001);
		assert.deepEqual(await jobsOf(stack, 'userId', user.id), [['mail.security', { userId: user.id, event: 'password_changed' }]]);
		assert.deepEqual(await actionsOf(stack, user), ['auth.password_reset']);
		refused(await reset(token), 400, 3006);
	});

	it('a first password for an account that has none, and life to one that waited for its verification', async () => {
		const oauth = await stack.user({ password: false, proof: 'oauth' });
		ok(await reset(await mailedToken(stack, oauth, 'password_reset')));
		assert.equal(ok(await login(stack, oauth.email, OTHER_PASS)).user.hasPassword, true);
		const waiting = await stack.user({ verified: false, proof: 'none', name: 'Lise' });
		ok(await reset(await mailedToken(stack, waiting, 'password_reset')));
		const client = stack.client();
		assert.equal(ok(await login(stack, waiting.email, OTHER_PASS, client)).user.emailVerified, true);
		assert.deepEqual(ok(await client.get('/api/auth/session')).workspaces.map((w) => w.name), ["Lise's workspace"]);
	});

	it('3703: the rule holds, and the link stays good', async () => {
		const user = await newAccount(stack, { email: 'emmy.noether@a.example' });
		const token = await mailedToken(stack, user, 'password_reset');
		for (const [password, problem] of [['short', 'too_short'], ['Password1', 'common'], ['emmy.noether', 'same_as_email']]) {
			refused(await reset(token, password), 400, 3703, { password: problem });
		}
		ok(await reset(token));
	});

	it('3006: unknown, used, expired, of another kind, no token at all', async () => {
		const user = await newAccount(stack);
		for (const token of [
			'x', 'A'.repeat(43), await mailedToken(stack, user, 'account_unlock'),
			await mailedToken(stack, user, 'password_reset', { expires: '-1 second' }),
		]) refused(await reset(token), 400, 3006);
		ok(await login(stack, user.email));
	});

	it('20 times one link at one time: one wins', async () => {
		const user = await newAccount(stack);
		const token = await mailedToken(stack, user, 'password_reset');
		const answers = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
			for (;;) {
				const answer = await reset(token, `${OTHER_PASS} ${i}`);
				if (answer.status !== 503) return answer.status;
			}
		}));
		assert.deepEqual(answers.sort(), [200, ...Array(19).fill(400)]);
	});
});

describe('unlock', () => {
	const unlock = (token) => stack.client().post('/api/auth/unlock', { token });

	it('lifts the third lock, once; audited', async () => {
		const user = await newAccount(stack);
		await failBefore(stack, user.email, 50, { tier: 3 });
		refused(await login(stack, user.email), 403, 3005);
		const token = await mailedToken(stack, user, 'account_unlock');
		ok(await unlock(token), 204);
		ok(await login(stack, user.email));
		assert.deepEqual(await actionsOf(stack, user), ['auth.unlocked', 'auth.login']);
		refused(await unlock(token), 400, 3023);
	});

	it('3023: unknown, expired, of another kind; nothing is unlocked', async () => {
		const user = await newAccount(stack);
		await failBefore(stack, user.email, 50, { tier: 3 });
		for (const token of [
			'x', 'A'.repeat(43), await mailedToken(stack, user, 'password_reset'),
			await mailedToken(stack, user, 'account_unlock', { expires: '-1 second' }),
		]) refused(await unlock(token), 400, 3023);
		refused(await login(stack, user.email), 403, 3005);
	});

	it('20 times one link at one time: one wins', async () => {
		const user = await newAccount(stack);
		const token = await mailedToken(stack, user, 'account_unlock');
		const answers = await Promise.all(Array.from({ length: 20 }, async () => (await unlock(token)).status));
		assert.deepEqual(answers.sort(), [204, ...Array(19).fill(400)]);
	});
});
