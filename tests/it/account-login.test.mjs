// SPDX-License-Identifier: MIT
// Logging in by password: what is answered to whom, the three locks, proving oneself again.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { actionsOf, failBefore, failuresOf, jobsOf, login, newAccount, newEmail, ok, OTHER_PASS, PASS, startAccounts } from '../support/accounts.mjs';
import { PASSWORD, refused } from '../support/dashboard.mjs';

let stack;
before(async () => {
	stack = await startAccounts({ workers: 4 });
});
after(() => stack?.stop());

const metric = async (line) => {
	const { text } = await stack.client().get('/metrics', { headers: { Authorization: `Bearer ${stack.env.METRICS_BEARER_TOKEN}` } });
	return Number(line.exec(text)?.[1] ?? 0);
};
const runs = () => metric(/^yavio_dashboard_password_hash_wait_seconds_count (\d+)$/m);
const refusals = (code) => metric(new RegExp(`^yavio_dashboard_auth_failures_total\\{reason="YAVIO-${code}"\\} (\\d+)$`, 'm'));

describe('login', () => {
	it('right: 200 with the user, a cookie that works, an audit row; the address in any letter case', async () => {
		const user = await newAccount(stack);
		const client = stack.client();
		const answer = ok(await login(stack, `  ${user.email.toUpperCase()} `, PASS, client));
		assert.equal(answer.status, 'ok');
		assert.deepEqual([answer.user.id, answer.user.email, answer.user.hasPassword], [user.id, user.email, true]);
		assert.equal(ok(await client.get('/api/auth/session')).user.id, user.id);
		assert.deepEqual(await actionsOf(stack, user), ['auth.login']);
		assert.equal(await failuresOf(stack, user.email), 0);
		const [{ last_login_at: at }] = await stack.sql('SELECT last_login_at FROM yavio.users WHERE id = $1', [user.id]);
		assert.ok(at);
	});

	it('wrong password, unknown address and account without a password: one answer (3001), one failure, one hash each', async () => {
		const user = await newAccount(stack);
		const oauth = await stack.user({ password: false });
		const answers = [];
		for (const email of [user.email, newEmail(), oauth.email]) {
			const before = await runs();
			const client = stack.client();
			const answer = refused(await login(stack, email, OTHER_PASS, client), 401, 3001);
			assert.equal(client.session, undefined);
			const { error } = answer.json;
			answers.push({ ...error, requestId: '' });
			assert.equal((await runs()) - before, 1, email);
			assert.equal(await failuresOf(stack, email), 1, email);
		}
		assert.deepEqual(answers[1], answers[0]);
		assert.deepEqual(answers[2], answers[0]);
	});

	it('refused credentials are counted by reason; that somebody has none is not one', async () => {
		const before = { wrong: await refusals(3001), expired: await refusals(3000) };
		refused(await login(stack, newEmail(), OTHER_PASS), 401, 3001);
		refused(await stack.client().get('/api/auth/session'), 401, 3000);
		const client = stack.client();
		client.session = 'x'.repeat(43);
		refused(await client.get('/api/auth/session'), 401, 3000);
		assert.equal((await refusals(3001)) - before.wrong, 1);
		assert.equal((await refusals(3000)) - before.expired, 1);
	});

	it('an address that was never verified: 3002, and only to who knows the password; no failure stays', async () => {
		const user = await newAccount(stack);
		await stack.sql('UPDATE yavio.users SET email_verified_at = NULL WHERE id = $1', [user.id]);
		refused(await login(stack, user.email, OTHER_PASS), 401, 3001);
		refused(await login(stack, user.email), 403, 3002);
		assert.equal(await failuresOf(stack, user.email), 1);
	});

	it('with a second factor: totp_required and a cookie for that stage alone', async () => {
		const user = await newAccount(stack);
		await stack.sql("INSERT INTO yavio.user_totp (user_id, secret_enc, confirmed_at) VALUES ($1, 'v1:k1:x', now())", [user.id]);
		const client = stack.client();
		const answer = await login(stack, user.email, PASS, client);
		assert.deepEqual(ok(answer), { status: 'totp_required' });
		assert.match(answer.headers['set-cookie'][0], /Max-Age=600;/);
		refused(await client.get('/api/auth/session'), 401, 3016);
		assert.deepEqual(await actionsOf(stack, user), []);
	});

	it('a stored hash that cost less than one of today is made anew, one that cost more stays', async () => {
		const user = await newAccount(stack);
		const hash = async () => (await stack.sql('SELECT password_hash FROM yavio.users WHERE id = $1', [user.id]))[0].password_hash;
		const dear = await stack.user();
		ok(await login(stack, dear.email, PASSWORD));
		const [{ password_hash: kept }] = await stack.sql('SELECT password_hash FROM yavio.users WHERE id = $1', [dear.id]);
		assert.match(kept, /m=65536,t=3,p=4/);
		await stack.restart({ YAVIO_ARGON2_T: '2' });
		ok(await login(stack, user.email));
		assert.match(await hash(), /^\$argon2id\$v=19\$m=8192,t=2,p=1\$/);
		await stack.restart({ YAVIO_ARGON2_T: '1' });
		ok(await login(stack, user.email));
	});

	it('fields: every wrong one is named (3050)', async () => {
		const client = stack.client();
		refused(await client.post('/api/auth/login', {}), 400, 3050, { email: 'required', password: 'required' });
		refused(await client.post('/api/auth/login', { email: 'a@b.example', password: '', x: 1 }), 400, 3050, { password: 'too_short', x: 'unknown' });
		for (const email of ['', 'a', '@b.example', 'a@', 'a b@c.example', 'a@b@c.example', `${'a'.repeat(65)}@b.example`, `a@${'b.'.repeat(130)}c`, 'ä@b.example', 'a@b..c']) {
			refused(await client.post('/api/auth/login', { email, password: 'x' }), 400, 3050);
		}
	});

	it('without CSRF token 3010, of another origin 3011', async () => {
		const client = stack.client();
		refused(await client.post('/api/auth/login', { email: 'a@b.example', password: 'x' }, { csrf: false }), 403, 3010);
		refused(await client.post('/api/auth/login', { email: 'a@b.example', password: 'x' }, { headers: { Origin: 'https://evil.example' } }), 403, 3011);
	});
});

describe('locks', () => {
	const TIERS = [
		[10, 1, 3003, 15 * 60, []],
		[25, 2, 3004, 60 * 60, ['mail.locked']],
		[50, 3, 3005, 24 * 60 * 60, ['mail.locked']],
	];
	for (const [count, tier, code, seconds, mails] of TIERS) {
		it(`${count} failures: ${code} with Retry-After, also for the right password; running logins go on`, async () => {
			const user = await newAccount(stack);
			await failBefore(stack, user.email, count - 1);
			refused(await login(stack, user.email, OTHER_PASS), 401, 3001);
			const before = await runs();
			for (const password of [PASS, OTHER_PASS]) {
				const answer = refused(await login(stack, user.email, password), 403, code);
				const wait = Number(answer.headers['retry-after']);
				assert.ok(wait > seconds - 60 && wait <= seconds, `${wait} s`);
			}
			assert.equal(await runs(), before, 'no password is looked at while locked');
			assert.equal(await failuresOf(stack, user.email), count, 'nor a failure recorded');
			ok(await user.client.get('/api/auth/session'));
			const jobs = await jobsOf(stack, 'email', user.email);
			assert.deepEqual(jobs.map(([kind]) => kind), mails);
			if (mails.length) assert.deepEqual(jobs[0][1], { email: user.email, tier });
			assert.deepEqual(await actionsOf(stack, user), ['auth.locked']);
		});

		it(`${count} failures of an address that nobody has: the same answers, no mail`, async () => {
			for (const email of [newEmail(), 'system@yavio.invalid']) {
				await stack.sql('DELETE FROM yavio.login_attempts WHERE subject = $1', [email]);
				await failBefore(stack, email, count - 1);
				refused(await login(stack, email), 401, 3001);
				assert.ok(Number(refused(await login(stack, email), 403, code).headers['retry-after']) > 0);
				assert.deepEqual(await jobsOf(stack, 'email', email), []);
			}
		});
	}

	it('a lock ends by itself, survives a restart, and the right password after it clears nothing it should not', async () => {
		const user = await newAccount(stack);
		await failBefore(stack, user.email, 10, { tier: 1 });
		refused(await login(stack, user.email), 403, 3003);
		await stack.restart();
		refused(await login(stack, user.email), 403, 3003);
		await stack.sql("UPDATE yavio.login_attempts SET at = at - interval '15 minutes' WHERE subject = $1", [user.email]);
		ok(await login(stack, user.email));
		assert.equal(await failuresOf(stack, user.email), 10, 'failures of the hour still count for the next tier');
	});

	it('20 guesses at one time: 10 are looked at, the others meet the lock', async () => {
		const user = await newAccount(stack);
		const clients = await Promise.all(Array.from({ length: 20 }, async () => {
			const client = stack.client();
			await client.csrfToken();
			return client;
		}));
		const answers = await Promise.all(clients.map(async (client) => {
			for (;;) {
				const answer = await login(stack, user.email, OTHER_PASS, client);
				if (answer.status !== 503) return answer.json.error.code;
			}
		}));
		assert.deepEqual(answers.sort(), [...Array(10).fill('YAVIO-3001'), ...Array(10).fill('YAVIO-3003')]);
		assert.equal(await failuresOf(stack, user.email), 10);
	});
});

describe('more logins than there are places to hash in', () => {
	it('one is hashed, two wait, the next is told to come back (3850); health answers meanwhile', async () => {
		await stack.restart({ YAVIO_ARGON2_CONCURRENT: '1', YAVIO_ARGON2_T: '60' });
		const clients = await Promise.all(Array.from({ length: 12 }, async () => {
			const client = stack.client();
			await client.csrfToken();
			return client;
		}));
		const asked = Promise.all(clients.map((client) => login(stack, newEmail(), OTHER_PASS, client)));
		assert.equal((await stack.client().get('/api/health/live')).status, 200);
		const answers = await asked;
		const told = answers.filter((answer) => answer.status === 503);
		for (const answer of told) {
			refused(answer, 503, 3850);
			assert.ok(Number(answer.headers['retry-after']) >= 1);
		}
		for (const answer of answers.filter((a) => a.status !== 503)) refused(answer, 401, 3001);
		assert.ok(told.length > 0 && told.length < answers.length, `${told.length} of ${answers.length} told to come back`);
		await stack.restart({ YAVIO_ARGON2_CONCURRENT: undefined, YAVIO_ARGON2_T: '1' });
	});
});

describe('reauth', () => {
	it('the right password makes the login recent; a wrong one is 3701 and a failure', async () => {
		const user = await newAccount(stack);
		const client = await stack.signIn(user, { authAgo: 3600 });
		const gate = () => client.delete('/api/auth/account', {});
		refused(await gate(), 403, 3020);
		refused(await client.post('/api/auth/reauth', { password: OTHER_PASS }), 400, 3701);
		assert.equal(await failuresOf(stack, user.email), 1);
		refused(await gate(), 403, 3020);
		ok(await client.post('/api/auth/reauth', { password: PASS }), 204);
		refused(await gate(), 400, 3700);
		assert.equal(await failuresOf(stack, user.email), 1);
	});

	it('3003, 3004, 3005: guesses by who stole a login meet the same locks; 3000 without a login', async () => {
		for (const [count, tier, code] of [[10, 1, 3003], [25, 2, 3004], [50, 3, 3005]]) {
			const user = await newAccount(stack);
			await failBefore(stack, user.email, count, { tier });
			const answer = refused(await user.client.post('/api/auth/reauth', { password: PASS }), 403, code);
			assert.ok(Number(answer.headers['retry-after']) > 0);
		}
		refused(await stack.client().post('/api/auth/reauth', { password: PASS }), 401, 3000);
	});
});

describe('before the set-up', () => {
	it('3013 to login and register, and no attempt is recorded', async () => {
		const fresh = await startAccounts({ first: false });
		try {
			refused(await login(fresh, 'a@b.example'), 409, 3013);
			refused(await fresh.client().post('/api/auth/register', { name: 'A', email: 'a@b.example', password: PASS }), 409, 3013);
			assert.deepEqual(await fresh.sql('SELECT * FROM yavio.login_attempts'), []);
		} finally {
			await fresh.stop();
		}
	});
});
