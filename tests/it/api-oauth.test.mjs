// SPDX-License-Identifier: MIT
// Signing in with GitHub and Google against a real provider: what each identity leads to, what is refused on the way back.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { ok, refused, startDashboard } from '../support/dashboard.mjs';
import { startProvider } from '../support/oauth-provider.mjs';
import { until } from '../support/process.mjs';
import { auditOf, codeOf, personWithTotp, securityMailsOf } from '../support/totp.mjs';

let idp;
let stack;
before(async () => {
	idp = await startProvider();
	stack = await startDashboard({ workers: 3, settings: idp.settings });
	idp.allow(stack.url);
});
after(async () => {
	await stack?.stop();
	await idp?.stop();
});
afterEach(() => idp.heal());

let next = 1000;
/** Somebody at the provider who logs in there from now on. */
const somebody = (fields = {}) => {
	const sub = String(next++);
	idp.person = { sub, email: `s-${sub}@a.example`, email_verified: true, name: `Person ${sub}`, ...fields };
	return idp.person;
};

const signin = (client, provider, body = {}) => client.post(`/api/auth/signin/${provider}`, { purpose: 'login', ...body });
/** Begins a sign-in and goes to the provider; gives the callback that the browser is sent to. */
const toCallback = async (client, provider, body) => idp.visit(ok(await signin(client, provider, body)).url);
/** The whole of it; gives the answer of the callback. */
const walk = async (client, provider, body) => client.get(await toCallback(client, provider, body));

const to = (answer, path) => {
	assert.equal(answer.status, 303, answer.text);
	assert.equal(answer.headers.location, `${stack.url}${path}`);
	return answer;
};
const failed = (answer, code) => to(answer, `/login#error=YAVIO-${code}`);
const accountOf = async (client) => ok(await client.get('/api/auth/account'));
const identities = (userId) => stack.sql('SELECT * FROM yavio.oauth_accounts WHERE user_id = $1 ORDER BY provider', [userId]);
const cookieLine = (answer) => (answer.headers['set-cookie'] ?? []).find((line) => line.startsWith('yavio_oauth='));

describe('before the first account', () => {
	it('3013', async () => {
		refused(await signin(stack.client(), 'google'), 409, 3013);
		await stack.user();
		assert.deepEqual((({ github, google }) => [github, google])(ok(await stack.client().get('/api/auth/providers'))), [true, true]);
	});

	it('a flow that was under way meanwhile makes no account either', async () => {
		const client = stack.client();
		somebody();
		const callback = await toCallback(client, 'google');
		const users = await stack.sql('DELETE FROM yavio.users WHERE id <> yavio.system_account() RETURNING *');
		failed(await client.get(callback), 3013);
		for (const { id, email } of users) {
			await stack.sql("INSERT INTO yavio.users (id, email, name, email_verified_at, email_proof) VALUES ($1, $2, 'User', now(), 'mail')", [id, email]);
		}
	});
});

describe('signin', () => {
	it('gives the address at the provider and a cookie that hides what is in it', async () => {
		for (const [provider, scope] of [['google', 'openid email profile'], ['github', 'read:user user:email']]) {
			const answer = await signin(stack.client(), provider, { returnTo: '/projects' });
			const url = new URL(ok(answer).url);
			assert.equal(`${url.origin}${url.pathname}`, `${idp.url}/auth`);
			const { state, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
			assert.deepEqual(rest, {
				response_type: 'code', client_id: 'yavio-tests', redirect_uri: `${stack.url}/api/auth/callback/${provider}`, scope,
				code_challenge_method: 'S256',
			});
			assert.match(state, /^[A-Za-z0-9_-]{43}$/);
			assert.match(challenge, /^[A-Za-z0-9_-]{43}$/);
			assert.match(cookieLine(answer), /^yavio_oauth=[A-Za-z0-9_-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
			assert.ok(!cookieLine(answer).includes(state));
		}
	});

	it('an unknown provider, or one that is not set: 3009', async () => {
		refused(await signin(stack.client(), 'gitlab'), 400, 3009);
		refused(await signin(stack.client(), 'GitHub'), 400, 3009);
		await stack.restart({ GITHUB_CLIENT_ID: '', GITHUB_CLIENT_SECRET: '' });
		refused(await signin(stack.client(), 'github'), 400, 3009);
		failed(await stack.client().get('/api/auth/callback/github?code=x&state=y'), 3009);
		await stack.restart(idp.settings);
	});

	it('fields, CSRF, and who may link or prove himself', async () => {
		const client = stack.client();
		refused(await client.post('/api/auth/signin/google', {}), 400, 3050, { purpose: 'required' });
		refused(await signin(client, 'google', { purpose: 'other' }), 400, 3050, { purpose: 'unknown_value' });
		refused(await signin(client, 'google', { returnTo: 5 }), 400, 3050, { returnTo: 'wrong_type' });
		refused(await client.post('/api/auth/signin/google', { purpose: 'login' }, { csrf: false }), 403, 3010);
		for (const purpose of ['link', 'reauth']) {
			refused(await signin(stack.client(), 'google', { purpose }), 401, 3000);
			const person = await stack.person();
			refused(await signin(await stack.signIn(person, { stage: 'totp' }), 'google', { purpose }), 401, 3016);
		}
		const person = await stack.person({ authAgo: 601 });
		refused(await signin(person.client, 'google', { purpose: 'link' }), 403, 3020);
		ok(await signin(person.client, 'google', { purpose: 'reauth' }));
	});
});

describe('a login', () => {
	for (const provider of ['google', 'github']) {
		it(`${provider}: an unknown address gets an account, a workspace and a project; known from then on`, async () => {
			const who = somebody({ email: `New-${next}@A.example` });
			const client = stack.client();
			const answer = to(await walk(client, provider, { returnTo: '/a?b=c#d' }), '/a?b=c#d');
			assert.match(cookieLine(answer), /^yavio_oauth=; Max-Age=0/);
			const { user, workspaces } = ok(await client.get('/api/auth/session'));
			assert.deepEqual([user.email, user.name, user.emailVerified, user.hasPassword], [who.email.toLowerCase(), who.name, true, false]);
			assert.deepEqual(workspaces.map(({ name, role }) => [name, role]), [[`${who.name}'s workspace`, 'owner']]);
			const [row] = await identities(user.id);
			assert.deepEqual([row.provider, row.provider_account_id, row.email], [provider, who.sub, user.email]);
			assert.match(row.access_token_enc, /^v1:k1:[A-Za-z0-9_-]+$/);
			assert.deepEqual(await auditOf(stack, user), ['auth.oauth_linked', 'account.created', 'auth.login']);
			assert.equal((await stack.sql('SELECT email_proof FROM yavio.users WHERE id = $1', [user.id]))[0].email_proof, 'oauth');

			const again = stack.client();
			to(await walk(again, provider), '/');
			assert.equal((await accountOf(again)).user.id, user.id);
			const [later] = await identities(user.id);
			assert.equal(later.id, row.id);
			assert.notEqual(later.access_token_enc, row.access_token_enc);
			assert.equal(ok(await again.get('/api/auth/sessions')).items.find((item) => item.current).method, provider);
		});
	}

	it('returnTo that leaves this server is /', async () => {
		somebody();
		for (const returnTo of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', `/${'x'.repeat(600)}`, '']) {
			to(await walk(stack.client(), 'google', { returnTo }), '/');
		}
	});

	it('a name that is none becomes the local part of the address', async () => {
		for (const name of ['', ' ', 'x'.repeat(101), 'a\u202eb', undefined]) {
			const who = somebody({ name });
			const client = stack.client();
			to(await walk(client, 'google'), '/');
			assert.equal((await accountOf(client)).user.name, who.email.split('@')[0]);
		}
	});

	it('an address that mail or a provider proved: linked, logged in, mailed', async () => {
		for (const proof of ['mail', 'oauth']) {
			const person = await stack.user({ proof });
			somebody({ email: person.email.toUpperCase() });
			const client = stack.client();
			to(await walk(client, 'github'), '/');
			assert.equal((await accountOf(client)).user.id, person.id);
			assert.deepEqual(await auditOf(stack, person), ['auth.oauth_linked', 'auth.login']);
			assert.deepEqual(await securityMailsOf(stack, person), ['oauth_linked']);
		}
	});

	it('an address that nobody proved: 3012, nothing is linked', async () => {
		for (const proof of ['none', 'setup']) {
			const person = await stack.user({ proof });
			somebody({ email: person.email });
			const client = stack.client();
			const answer = failed(await walk(client, 'google'), 3012);
			assert.equal(answer.headers.location, `${stack.url}/login#error=YAVIO-3012`);
			assert.equal(client.session, undefined);
			assert.deepEqual(await identities(person.id), []);
		}
	});

	it('an account that has another identity of the provider: 3012', async () => {
		const first = somebody();
		const client = stack.client();
		to(await walk(client, 'google'), '/');
		somebody({ email: first.email });
		failed(await walk(stack.client(), 'google'), 3012);
	});

	it('an unverified account is replaced, its password with it', async () => {
		const person = await stack.user({ verified: false, proof: 'none' });
		somebody({ email: person.email });
		const client = stack.client();
		to(await walk(client, 'google'), '/');
		const { user } = await accountOf(client);
		assert.notEqual(user.id, person.id);
		assert.equal(user.hasPassword, false);
		assert.deepEqual(await stack.sql('SELECT id FROM yavio.users WHERE id = $1', [person.id]), []);
	});

	it('no verified address: 3009, unless the identity is known', async () => {
		for (const provider of ['google', 'github']) {
			somebody({ email_verified: false });
			failed(await walk(stack.client(), provider), 3009);
			somebody({ email: provider === 'google' ? 'not an address' : undefined, email_verified: provider === 'google' });
			failed(await walk(stack.client(), provider), 3009);
		}
		const who = somebody();
		to(await walk(stack.client(), 'google'), '/');
		somebody({ ...who, email_verified: false });
		to(await walk(stack.client(), 'google'), '/');
	});

	it('registration closed: 3014, but for who is invited or known', async () => {
		const known = somebody();
		to(await walk(stack.client(), 'google'), '/');
		const owner = await stack.person();
		const workspace = await stack.workspace({ owner });
		await stack.restart({ YAVIO_DISABLE_REGISTRATION: '1' });
		somebody();
		failed(await walk(stack.client(), 'google'), 3014);
		const unverified = await stack.user({ verified: false, proof: 'none' });
		somebody({ email: unverified.email });
		failed(await walk(stack.client(), 'google'), 3014);
		somebody(known);
		to(await walk(stack.client(), 'google'), '/');
		const invited = somebody();
		await stack.invitation(workspace, { email: invited.email });
		const client = stack.client();
		to(await walk(client, 'google'), '/');
		assert.deepEqual(ok(await client.get('/api/auth/session')).workspaces, []);
		await stack.restart({ YAVIO_DISABLE_REGISTRATION: '0' });
	});

	it('two-factor: the code comes after it', async () => {
		const person = await personWithTotp(stack);
		somebody({ email: person.email });
		const client = stack.client();
		to(await walk(client, 'google', { returnTo: '/x?y=z' }), '/login?next=%2Fx%3Fy%3Dz#totp');
		refused(await client.get('/api/auth/session'), 401, 3016);
		ok(await client.post('/api/auth/totp', { code: codeOf(person.secret) }));
		assert.equal(ok(await client.get('/api/auth/sessions')).items.find((item) => item.current).method, 'google');
	});

	it('two arrivals of one new person at once make one account', async () => {
		const who = somebody();
		const clients = [stack.client(), stack.client(), stack.client()];
		const callbacks = [];
		for (const client of clients) callbacks.push(await toCallback(client, 'google'));
		const answers = await Promise.all(clients.map((client, i) => client.get(callbacks[i])));
		for (const answer of answers) to(answer, '/');
		assert.equal((await stack.sql('SELECT id FROM yavio.users WHERE email = $1', [who.email])).length, 1);
	});
});

describe('what comes back wrong', () => {
	const changed = (callback, change) => {
		const url = new URL(callback, stack.url);
		change(url.searchParams);
		return `${url.pathname}?${url.searchParams}`;
	};

	it('state, issuer, code, cookie: 3009, no login, the cookie is gone', async () => {
		somebody();
		for (const change of [
			(query) => query.set('state', 'x'.repeat(43)),
			(query) => query.set('state', ''),
			(query) => query.delete('state'),
			(query) => query.set('iss', 'https://evil.example'),
			(query) => query.set('iss', ''),
			(query) => query.set('iss', 'x'.repeat(1000)),
			(query) => query.delete('code'),
			(query) => query.set('code', ''),
			(query) => query.set('code', 'unknown'),
			(query) => query.set('code', 'x'.repeat(3000)),
		]) {
			const client = stack.client();
			const answer = failed(await client.get(changed(await toCallback(client, 'google'), change)), 3009);
			assert.match(cookieLine(answer), /^yavio_oauth=; Max-Age=0/);
			assert.equal(client.session, undefined);
		}
	});

	it('iss need not be sent', async () => {
		somebody();
		const client = stack.client();
		to(await client.get(changed(await toCallback(client, 'google'), (query) => query.delete('iss'))), '/');
	});

	it('a callback opens once, in the browser that began, at the provider it began with', async () => {
		somebody();
		const client = stack.client();
		const callback = await toCallback(client, 'google');
		failed(await stack.client().get(callback), 3009);
		const other = stack.client();
		ok(await signin(other, 'google'));
		failed(await other.get(callback), 3009);
		const cookie = client.cookies.get('yavio_oauth');
		const github = stack.client();
		github.cookies.set('yavio_oauth', cookie);
		failed(await github.get(callback.replace('/google?', '/github?')), 3009);
		to(await client.get(callback), '/');
		failed(await client.get(callback), 3009);
		client.cookies.set('yavio_oauth', cookie);
		failed(await client.get(callback), 3009);
		client.cookies.set('yavio_oauth', `${cookie.slice(0, -2)}AA`);
		failed(await client.get(callback), 3009);
	});

	it("the provider's own error: 3009, its text only in the log", async () => {
		const client = stack.client();
		const { url } = ok(await signin(client, 'google'));
		const state = new URL(url).searchParams.get('state');
		const answer = await client.get(`/api/auth/callback/google?error=access_denied&error_description=secret+words&state=${state}`);
		failed(answer, 3009);
		await until('the log line', () => stack.dashboard.logs().some((line) => line.error === 'access_denied' && line.provider === 'google'));
	});
});

describe('a provider that does not answer as it should', () => {
	const reply = (status, headers, body) => (req, res) => res.writeHead(status, headers).end(body);
	const JSON_TYPE = { 'Content-Type': 'application/json' };
	const faults = {
		'an error': reply(500, JSON_TYPE, '{"error":"server_error"}'),
		'an error with status 200': reply(200, JSON_TYPE, '{"error":"bad_verification_code"}'),
		'not JSON': reply(200, JSON_TYPE, '<html>'),
		nothing: reply(200, JSON_TYPE, ''),
		'JSON of another shape': reply(200, JSON_TYPE, '[[[[[[[[[[[[1]]]]]]]]]]]]'),
		'more than 64 KiB': reply(200, JSON_TYPE, `{"access_token":"x","sub":"1","id":1,"pad":"${'x'.repeat(70_000)}"}`),
		'a token that is no token': reply(200, JSON_TYPE, '{"access_token":"a b\\r\\nX: y","sub":"","id":"1"}'),
		'a lost connection': (req, res) => res.destroy(),
	};

	for (const [name, fault] of Object.entries(faults)) {
		it(`${name}: 3009`, async () => {
			somebody();
			for (const [provider, path] of [['google', '/token'], ['google', '/me'], ['github', '/user'], ['github', '/user/emails']]) {
				idp.fault(path, fault);
				failed(await walk(stack.client(), provider), 3009);
				idp.heal();
			}
		});
	}

	it('a redirect is not followed', async () => {
		somebody();
		for (const path of ['/token', '/me']) {
			idp.fault(path, reply(302, { Location: `${idp.url}/elsewhere` }, ''));
			failed(await walk(stack.client(), 'google'), 3009);
			idp.heal();
		}
		assert.ok(!idp.requests.some((request) => request.path === '/elsewhere'));
	});

	it('one that never answers is given up; meanwhile no transaction is open and others are served', async () => {
		somebody();
		let asked;
		const waiting = new Promise((done) => (asked = done));
		idp.fault('/token', () => asked());
		const client = stack.client();
		const callback = await toCallback(client, 'google');
		const answer = client.get(callback);
		await waiting;
		const open = await stack.sql("SELECT state FROM pg_stat_activity WHERE usename = 'yavio_app' AND xact_start IS NOT NULL");
		assert.deepEqual(open, []);
		ok(await stack.client().get('/api/auth/csrf'));
		failed(await answer, 3009);
	});

	it('PostgreSQL away: 3851 in the fragment', async () => {
		somebody();
		const client = stack.client();
		const callback = await toCallback(client, 'google');
		await stack.postgres.query('bootstrap', 'ALTER ROLE yavio_app NOLOGIN', [], 'postgres');
		await stack.postgres.query('bootstrap', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'yavio_app'", [], 'postgres');
		const answer = await client.get(callback);
		await stack.postgres.query('bootstrap', 'ALTER ROLE yavio_app LOGIN', [], 'postgres');
		failed(answer, 3851);
		let served = 0;
		await until('all workers are back', async () => {
			served = (await stack.client().get('/api/auth/providers')).status === 200 ? served + 1 : 0;
			return served === 20;
		});
	});
});

describe('linking', () => {
	it('adds a way to log in, audited and mailed', async () => {
		const person = await stack.person();
		const who = somebody();
		to(await walk(person.client, 'google', { purpose: 'link', returnTo: '/settings/account' }), '/settings/account');
		const { oauth } = await accountOf(person.client);
		assert.deepEqual(oauth.map(({ provider, email }) => [provider, email]), [['google', who.email]]);
		assert.deepEqual(await auditOf(stack, person), ['auth.oauth_linked']);
		assert.deepEqual(await securityMailsOf(stack, person), ['oauth_linked']);
		to(await walk(person.client, 'google', { purpose: 'link' }), '/');
		assert.equal((await identities(person.id)).length, 1);
		const client = stack.client();
		to(await walk(client, 'google'), '/');
		assert.equal((await accountOf(client)).user.id, person.id);
	});

	it('an identity of somebody else, or a second one of a provider: 3012', async () => {
		const person = await stack.person();
		const taken = somebody();
		to(await walk(stack.client(), 'google'), '/');
		failed(await walk(person.client, 'google', { purpose: 'link' }), 3012);
		somebody();
		to(await walk(person.client, 'google', { purpose: 'link' }), '/');
		somebody();
		failed(await walk(person.client, 'google', { purpose: 'link' }), 3012);
		assert.notEqual((await identities(person.id))[0].provider_account_id, taken.sub);
	});

	it("proves the account's own address", async () => {
		const person = await stack.person({ proof: 'none' });
		somebody({ email: person.email });
		to(await walk(person.client, 'google', { purpose: 'link' }), '/');
		assert.equal((await stack.sql('SELECT email_proof FROM yavio.users WHERE id = $1', [person.id]))[0].email_proof, 'oauth');
		const other = await stack.person({ proof: 'none' });
		somebody();
		to(await walk(other.client, 'google', { purpose: 'link' }), '/');
		assert.equal((await stack.sql('SELECT email_proof FROM yavio.users WHERE id = $1', [other.id]))[0].email_proof, 'none');
	});

	it('only for who began it', async () => {
		const person = await stack.person();
		const other = await stack.person();
		somebody();
		const callback = await toCallback(person.client, 'google', { purpose: 'link' });
		person.client.session = other.client.session;
		failed(await person.client.get(callback), 3000);
		somebody();
		const late = await toCallback(other.client, 'google', { purpose: 'link' });
		await stack.sql('DELETE FROM yavio.sessions WHERE user_id = $1', [other.id]);
		failed(await other.client.get(late), 3000);
		assert.deepEqual([...(await identities(person.id)), ...(await identities(other.id))], []);
	});
});

describe('proving oneself again', () => {
	it('with the linked identity; another one: 3009', async () => {
		const who = somebody();
		const first = stack.client();
		to(await walk(first, 'google'), '/');
		const { user } = await accountOf(first);
		const client = await stack.signIn(user, { authAgo: 3600 });
		refused(await client.post('/api/auth/account/totp/enrol'), 403, 3020);
		somebody();
		failed(await walk(client, 'google', { purpose: 'reauth' }), 3009);
		refused(await client.post('/api/auth/account/totp/enrol'), 403, 3020);
		somebody(who);
		to(await walk(client, 'google', { purpose: 'reauth', returnTo: '/settings' }), '/settings');
		ok(await client.post('/api/auth/account/totp/enrol'));
	});

	it('by code, where no password is set', async () => {
		const person = await personWithTotp(stack, { password: false });
		const client = await stack.signIn(person, { authAgo: 3600 });
		refused(await client.post('/api/auth/reauth', { code: '000000' === codeOf(person.secret) ? '111111' : '000000' }), 400, 3017);
		ok(await client.post('/api/auth/reauth', { code: codeOf(person.secret) }), 204);
		ok(await client.post('/api/auth/account/totp/recovery-codes', { code: codeOf(person.secret, 1) }));
		const without = await stack.person({ password: false });
		refused(await without.client.post('/api/auth/reauth', { code: '000000' }), 400, 3017);
		const withPassword = await personWithTotp(stack);
		refused(await withPassword.client.post('/api/auth/reauth', { code: codeOf(withPassword.secret) }), 400, 3050, { password: 'required' });
		refused(await withPassword.client.post('/api/auth/reauth', {}), 400, 3050);
		for (let i = 0; i < 4; i++) refused(await without.client.post('/api/auth/reauth', { code: '000000' }), 400, 3017);
		assert.ok(Number(refused(await without.client.post('/api/auth/reauth', { code: '000000' }), 429, 3804).headers['retry-after']) > 0);
	});
});

describe('unlinking', () => {
	const unlink = (client, provider) => client.delete(`/api/auth/account/oauth/${provider}`);
	const tokenOf = () => {
		const answers = idp.requests.filter((request) => /^\/(me|user)$/.test(request.path));
		return answers.at(-1).headers.authorization.replace('Bearer ', '');
	};

	it('the token is revoked at the provider; audited and mailed', async () => {
		const person = await stack.person();
		for (const provider of ['google', 'github']) {
			somebody();
			to(await walk(person.client, provider, { purpose: 'link' }), '/');
			const token = tokenOf();
			assert.equal(await idp.honours(token), true);
			ok(await unlink(person.client, provider), 204);
			assert.equal(await idp.honours(token), false);
			refused(await unlink(person.client, provider), 400, 3009);
		}
		assert.deepEqual(await identities(person.id), []);
		assert.deepEqual((await auditOf(stack, person)).filter((action) => action === 'auth.oauth_unlinked').length, 2);
		assert.equal((await securityMailsOf(stack, person)).filter((event) => event === 'oauth_unlinked').length, 2);
	});

	it('the last way to log in stays: 3705; a provider not linked, or unknown: 3009; an old login: 3020', async () => {
		somebody();
		const client = stack.client();
		to(await walk(client, 'google'), '/');
		refused(await unlink(client, 'google'), 409, 3705);
		refused(await unlink(client, 'github'), 400, 3009);
		refused(await unlink(client, 'gitlab'), 400, 3009);
		const { user } = await accountOf(client);
		assert.equal((await identities(user.id)).length, 1);
		refused(await unlink(await stack.signIn(user, { authAgo: 601 }), 'google'), 403, 3020);
	});

	it('of two at once without a password one stays', async () => {
		somebody();
		const client = stack.client();
		to(await walk(client, 'google'), '/');
		somebody();
		to(await walk(client, 'github', { purpose: 'link' }), '/');
		const statuses = (await Promise.all([unlink(client, 'google'), unlink(client, 'github')])).map((answer) => answer.status);
		assert.deepEqual(statuses.sort(), [204, 409]);
	});

	it('a provider that is away changes nothing of it', async () => {
		const person = await stack.person();
		somebody();
		to(await walk(person.client, 'google', { purpose: 'link' }), '/');
		idp.fault('/revoke', (req, res) => res.destroy());
		ok(await unlink(person.client, 'google'), 204);
		assert.deepEqual(await identities(person.id), []);
		assert.equal(idp.requests.at(-1).path, '/revoke');
	});
});

describe('what is never written down', () => {
	it('codes, tokens, verifiers and the client secret are in no log', async () => {
		const secrets = [idp.settings.GOOGLE_CLIENT_SECRET];
		for (const { headers, body } of idp.requests) {
			if (headers.authorization?.startsWith('Bearer ')) secrets.push(headers.authorization.slice(7));
			const form = new URLSearchParams(body);
			for (const name of ['code', 'code_verifier', 'token']) if (form.get(name)?.length > 20) secrets.push(form.get(name));
		}
		const log = stack.dashboard.output();
		for (const secret of secrets) assert.ok(!log.includes(secret), randomUUID());
		assert.ok(secrets.length > 20);
	});
});
