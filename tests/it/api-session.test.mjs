// SPDX-License-Identifier: MIT
// Logins: what the page asks first, the list of logins and their end, cookies, the CSRF token.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newToken, ok, refused, startDashboard } from '../support/dashboard.mjs';

let stack;
before(async () => {
	stack = await startDashboard();
});
after(() => stack?.stop());

const cookieOf = (answer, name) => (answer.headers['set-cookie'] ?? []).find((line) => line.startsWith(`${name}=`));

describe('before a login', () => {
	it('providers: what this server offers', async () => {
		const client = stack.client();
		const before = ok(await client.get('/api/auth/providers'));
		assert.deepEqual(before, { password: true, github: false, google: false, mail: false, registration: 'open', setupNeeded: true });
		await stack.user();
		assert.equal(ok(await client.get('/api/auth/providers')).setupNeeded, false);
	});

	it('csrf: a cookie for 24 hours and its token, the same while it is young', async () => {
		const client = stack.client();
		const first = await client.get('/api/auth/csrf');
		assert.match(cookieOf(first, 'yavio_csrf'), /^yavio_csrf=[0-9]+\.[0-9a-f]{32}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/);
		const second = await client.get('/api/auth/csrf');
		assert.equal(second.headers['set-cookie'], undefined);
		assert.equal(ok(second).csrfToken, ok(first).csrfToken);
		const [made, random] = client.cookies.get('yavio_csrf').split('.');
		client.cookies.set('yavio_csrf', `${Number(made) - 13 * 3600}.${random}`);
		assert.notEqual(ok(await client.get('/api/auth/csrf')).csrfToken, ok(first).csrfToken);
	});
});

describe('a login', () => {
	it('session: user, login, workspaces with role', async () => {
		const { viewer, workspace } = await stack.cast();
		const { user, session, workspaces } = ok(await viewer.client.get('/api/auth/session'));
		assert.deepEqual([user.id, user.email, user.hasPassword, user.twoFactor], [viewer.id, viewer.email, true, false]);
		assert.equal(session.id, viewer.client.sessionId);
		assert.deepEqual(workspaces, [{ id: workspace.id, name: 'Workspace', slug: workspace.slug, role: 'viewer', plan: 'community' }]);
	});

	it('a cookie that is absent, malformed, unknown, expired or sent twice: 3000, cleared', async () => {
		const person = await stack.person();
		const clear = 'yavio_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax';
		const good = person.client.session;
		const ask = (cookie) => stack.client().get('/api/auth/session', { headers: { Cookie: cookie } });
		assert.equal(refused(await stack.client().get('/api/auth/session'), 401, 3000).headers['set-cookie'], undefined);
		for (const cookie of [
			'yavio_session=x', `yavio_session=${newToken()}`, `yavio_session=${good}; yavio_session=${good}`,
			`yavio_session=${good}; a=b; yavio_session=${newToken()}`, 'yavio_session=', `yavio_session="${good}"`,
			`yavio_session=${good}x`, `yavio_session=${'x'.repeat(5000)}`,
		]) {
			assert.equal(cookieOf(refused(await ask(cookie), 401, 3000), 'yavio_session'), clear, cookie);
		}
		ok(await ask(`a=b; yavio_session=${good}; c=d`));
		await stack.sql("UPDATE yavio.sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1", [person.id]);
		assert.equal(cookieOf(refused(await ask(`yavio_session=${good}`), 401, 3000), 'yavio_session'), clear);
	});

	it('slides: touched after five minutes, its cookie sent again, and not past the absolute end', async () => {
		const { id, client } = await stack.person();
		assert.equal((await client.get('/api/auth/session')).headers['set-cookie'], undefined);
		const age = (seen, made) => stack.sql(
			`UPDATE yavio.sessions SET last_seen_at = now() - $2::interval, created_at = now() - $3::interval,
			expires_at = now() + interval '1 hour' WHERE user_id = $1`, [id, seen, made]);
		await age('6 minutes', '1 day');
		const touched = cookieOf(await client.get('/api/auth/session'), 'yavio_session');
		assert.match(touched, new RegExp(`^yavio_session=${client.session}; Max-Age=(259[0-9]{4}); `));
		await age('6 minutes', '179 days');
		const last = Number(/Max-Age=([0-9]+)/.exec(cookieOf(await client.get('/api/auth/session'), 'yavio_session'))[1]);
		assert.ok(last > 86000 && last <= 86400, String(last));
		await age('1 minute', '181 days');
		refused(await client.get('/api/auth/session'), 401, 3000);
	});

	it('a refused request is use of the login, too', async () => {
		const { id, client } = await stack.person();
		await stack.sql("UPDATE yavio.sessions SET last_seen_at = now() - interval '6 minutes' WHERE user_id = $1", [id]);
		refused(await client.get('/api/auth/sessions?page=0'), 400, 3403, { page: 'too_small' });
		const [{ fresh }] = await stack.sql("SELECT last_seen_at > now() - interval '1 minute' AS fresh FROM yavio.sessions WHERE user_id = $1", [id]);
		assert.equal(fresh, true);
	});

	it('logout ends it, with or without one', async () => {
		const { id, client } = await stack.person();
		const token = client.session;
		ok(await client.post('/api/auth/logout'), 204);
		assert.equal(client.session, undefined);
		client.session = token;
		refused(await client.get('/api/auth/session'), 401, 3000);
		ok(await stack.client().post('/api/auth/logout', {}), 204);
		const rows = await stack.sql('SELECT action, ip::text, user_agent, request_id FROM yavio.audit_log WHERE actor_user_id = $1', [id]);
		assert.deepEqual([rows[0].action, rows[0].ip, rows[0].user_agent], ['auth.logout', '127.0.0.1/32', 'yavio-tests']);
	});

	it('fifty for each user: the one not seen for longest makes room', async () => {
		const person = await stack.person();
		await stack.sql(
			`INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, last_seen_at, expires_at)
			SELECT gen_random_uuid(), $1, sha256(('many' || n)::text::bytea), 'full', 'password', now() - n * interval '1 hour', now() + interval '1 day'
			FROM generate_series(1, 49) AS n`, [person.id]);
		const client = stack.client();
		ok(await client.post('/api/auth/login', { email: person.email, password: person.password }));
		const [{ n, oldest }] = await stack.sql(
			`SELECT count(*)::int AS n, bool_or(token_hash = sha256('many49')) AS oldest FROM yavio.sessions WHERE user_id = $1`, [person.id]);
		assert.deepEqual([n, oldest], [50, false]);
		ok(await client.get('/api/auth/session'));
		ok(await person.client.get('/api/auth/session'));
	});

	it('the second-factor stage opens nothing: 3016; logout ends it', async () => {
		const user = await stack.user();
		const client = await stack.signIn(user, { stage: 'totp' });
		refused(await client.get('/api/auth/session'), 401, 3016);
		refused(await client.delete('/api/auth/sessions'), 401, 3016);
		ok(await client.post('/api/auth/logout'), 204);
		assert.deepEqual(await stack.sql('SELECT id FROM yavio.sessions WHERE user_id = $1', [user.id]), []);
	});
});

describe('the list of logins', () => {
	it('is mine alone, pages, and says which one asks', async () => {
		const person = await stack.person();
		const other = await stack.signIn(person, { method: 'github' });
		await stack.person();
		const list = ok(await person.client.get('/api/auth/sessions'));
		assert.deepEqual([list.page, list.pageSize, list.total, list.items.length], [1, 25, 2, 2]);
		assert.equal(list.items.find((s) => s.current).id, person.client.sessionId);
		assert.equal(list.items.find((s) => !s.current).method, 'github');
		assert.deepEqual(ok(await other.get('/api/auth/sessions?page=2&pageSize=1')).items.length, 1);
		assert.deepEqual(ok(await other.get('/api/auth/sessions?page=9')).items, []);
	});

	it('ends one, which must be mine: 3706 otherwise', async () => {
		const person = await stack.person();
		const other = await stack.signIn(person);
		const stranger = await stack.person();
		for (const id of [stranger.client.sessionId, 'x', person.client.sessionId.toUpperCase(), '00000000-0000-4000-8000-000000000000'])
			refused(await person.client.delete(`/api/auth/sessions/${id}`), 404, 3706);
		ok(await person.client.delete(`/api/auth/sessions/${other.sessionId}`), 204);
		refused(await other.get('/api/auth/session'), 401, 3000);
		ok(await person.client.delete(`/api/auth/sessions/${person.client.sessionId}`), 204);
		assert.equal(person.client.session, undefined);
	});

	it('ends all others', async () => {
		const person = await stack.person();
		const others = [await stack.signIn(person), await stack.signIn(person)];
		ok(await person.client.delete('/api/auth/sessions'), 204);
		for (const other of others) refused(await other.get('/api/auth/session'), 401, 3000);
		ok(await person.client.get('/api/auth/session'));
	});
});
