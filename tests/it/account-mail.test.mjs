// SPDX-License-Identifier: MIT
// A person's way through mails that are really sent: dashboard, yavio-jobs and a mail server together.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { failBefore, login, newAccount, newEmail, ok, OTHER_PASS, PASS, startAccounts } from '../support/accounts.mjs';
import { refused } from '../support/dashboard.mjs';
import { Jobs } from '../support/jobs.mjs';
import { startSmtp } from '../support/smtp.mjs';

let smtp;
let stack;
let jobs;
before(async () => {
	smtp = await startSmtp();
	stack = await startAccounts({ settings: smtp.env });
	jobs = new Jobs(stack.postgres, { ...smtp.env, NEXTAUTH_URL: stack.url });
	await jobs.start();
});
after(async () => {
	await jobs?.stop();
	await stack?.stop();
	await smtp?.stop();
});

const mailTo = (email, seen = 0) => smtp.mail((mail) => mail.to === email, { after: seen });
const post = (path, body) => stack.client().post(`/api/auth/${path}`, body);

describe('by mail', () => {
	it('registered, confirmed by the link, logged in; forgotten, set anew by the link', async () => {
		const email = newEmail();
		ok(await post('register', { name: 'Ada', email, password: PASS }), 202);
		const first = await mailTo(email);
		assert.deepEqual(first.links, [`${stack.url}/verify-email#t=${first.token}`]);
		refused(await post('verify-email', { token: first.token, password: OTHER_PASS }), 401, 3001);
		assert.equal(ok(await post('verify-email', { token: first.token, password: PASS })).user.emailVerified, true);
		let seen = smtp.mails.length;
		ok(await post('forgot-password', { email }), 202);
		const second = await mailTo(email, seen);
		assert.deepEqual(second.links, [`${stack.url}/reset-password#t=${second.token}`]);
		seen = smtp.mails.length;
		ok(await post('reset-password', { token: second.token, password: OTHER_PASS }));
		assert.match((await mailTo(email, seen)).subject, /password/i);
		ok(await login(stack, email, OTHER_PASS));
	});

	it('a newer link of a kind voids the older', async () => {
		const email = newEmail();
		ok(await post('register', { name: 'Ada', email, password: PASS }), 202);
		const first = await mailTo(email);
		const seen = smtp.mails.length;
		ok(await post('resend-verification', { email }), 202);
		const second = await mailTo(email, seen);
		refused(await post('verify-email', { token: first.token, password: PASS }), 400, 3007);
		ok(await post('verify-email', { token: second.token, password: PASS }));
	});

	it('a taken address: its holder learns of it; an address nobody has: no mail at all', async () => {
		const user = await newAccount(stack);
		ok(await post('forgot-password', { email: newEmail() }), 202);
		ok(await post('resend-verification', { email: user.email }), 202);
		const seen = smtp.mails.length;
		ok(await post('register', { name: 'Mallory', email: user.email, password: OTHER_PASS }), 202);
		const mail = await mailTo(user.email, seen);
		assert.deepEqual(mail.links, [`${stack.url}/login`]);
		assert.deepEqual(smtp.mails.slice(seen).map((m) => m.to), [user.email]);
	});

	it('the third lock: its mail unlocks', async () => {
		const user = await newAccount(stack);
		await failBefore(stack, user.email, 49);
		refused(await login(stack, user.email, OTHER_PASS), 401, 3001);
		refused(await login(stack, user.email), 403, 3005);
		const mail = await mailTo(user.email);
		assert.deepEqual(mail.links, [`${stack.url}/unlock#t=${mail.token}`]);
		ok(await post('unlock', { token: mail.token }), 204);
		ok(await login(stack, user.email));
	});
});
