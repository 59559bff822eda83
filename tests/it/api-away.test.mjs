// SPDX-License-Identifier: MIT
// When something the dashboard needs is away or refuses: PostgreSQL gone, an audit row that cannot be written, logs without
// secrets.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PASSWORD, ok, refused, startDashboard } from '../support/dashboard.mjs';
import { until } from '../support/process.mjs';
import { fill, goodBody, routes } from '../support/routes.mjs';

let stack;
before(async () => {
	stack = await startDashboard({ settings: { LOG_LEVEL: 'debug' } });
});
after(() => stack?.stop());

describe('a change that cannot be recorded does not happen', () => {
	it('3760, and the login is still there', async () => {
		const person = await stack.person();
		await stack.sql("ALTER TABLE yavio.audit_log ADD CONSTRAINT full_up CHECK (action <> 'session.revoked') NOT VALID");
		const other = await stack.signIn(person);
		refused(await person.client.delete(`/api/auth/sessions/${other.sessionId}`), 500, 3760);
		ok(await other.get('/api/auth/session'));
		await stack.sql('ALTER TABLE yavio.audit_log DROP CONSTRAINT full_up');
		ok(await person.client.delete(`/api/auth/sessions/${other.sessionId}`), 204);
	});
});

describe('PostgreSQL away', () => {
	it('a lost connection is made anew without anybody noticing', async () => {
		const { client } = await stack.person();
		ok(await client.get('/api/auth/session'));
		for (let i = 0; i < 5; i++) {
			await stack.postgres.query('bootstrap', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yavio-dashboard'", undefined, 'postgres');
			ok(await client.get('/api/auth/session'));
		}
	});

	it('every row that needs it answers 3851 soon, and works again after its return', async () => {
		const person = await stack.person();
		await stack.postgres.query('bootstrap', "ALTER DATABASE yavio CONNECTION LIMIT 0", undefined, 'postgres');
		await stack.postgres.query('bootstrap', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'yavio' AND pid <> pg_backend_pid()", undefined, 'postgres');
		for (const row of routes().filter((r) => ['session', 'viewer', 'member', 'admin', 'owner', 'optional', 'stage'].includes(r.auth))) {
			const answer = await person.client.request(row.method, fill(row.path), row.method === 'GET' ? undefined : goodBody(row));
			refused(answer, 503, 3851);
			assert.ok(Number(answer.headers['retry-after']) >= 1);
		}
		refused(await stack.client().get('/api/auth/providers'), 503, 3851);
		ok(await stack.client().get('/api/auth/csrf'));
		await stack.postgres.query('bootstrap', "ALTER DATABASE yavio CONNECTION LIMIT -1", undefined, 'postgres');
		await until('served again', async () => (await person.client.get('/api/auth/session')).status === 200);
	});
});

describe('an https origin', () => {
	it('has cookies with the prefix and Secure, and no others count', async () => {
		const person = await stack.person();
		await stack.restart({ NEXTAUTH_URL: 'https://dash.example' });
		const ask = (uri, headers = {}, method = 'GET') => stack.fcgi({ uri, method, headers });
		const csrf = await ask('/api/auth/csrf');
		assert.match(csrf.headers['set-cookie'], /^__Host-yavio_csrf=[0-9]+\.[0-9a-f]{32}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
		refused(await ask('/api/auth/session', { Cookie: `yavio_session=${person.client.session}` }), 401, 3000);
		const session = { Cookie: `__Host-yavio_session=${person.client.session}` };
		assert.equal((await ask('/api/auth/session', session)).status, 200);
		refused(await ask('/api/auth/logout', { ...session, Origin: stack.url }, 'POST'), 403, 3011);
		const out = await ask('/api/auth/logout', { ...session, Origin: 'https://dash.example' }, 'POST');
		assert.equal(out.headers['set-cookie'], '__Host-yavio_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure');
		await stack.restart({ NEXTAUTH_URL: stack.url });
	});
});

describe('logs', () => {
	it('hold no cookie, token, password or address, whatever is sent', async () => {
		const secrets = [PASSWORD, 'plantedpassword1', 'planted-token-0123456789abcdef'];
		const addresses = [];
		for (const row of routes().filter((r) => r.path.startsWith('/api/'))) {
			const person = await stack.person(); // one of its own: some rows end the login, one the account
			addresses.push(person.email);
			secrets.push(person.client.session, await person.client.csrfToken());
			const planted = { email: person.email, password: 'plantedpassword1', token: secrets[2], setupToken: secrets[2], newPassword: 'plantedpassword1', currentPassword: PASSWORD };
			const known = Object.fromEntries((row.fields ?? []).filter((f) => planted[f.name]).map((f) => [f.name, planted[f.name]]));
			for (const body of [{ ...goodBody(row), ...known, nope: 1 }, known])
				await person.client.request(row.method, fill(row.path), row.method === 'GET' ? undefined : body, { check: false });
			secrets.push(person.client.session);
		}
		const log = stack.dashboard.program.output();
		assert.ok(log.length > 1000);
		for (const secret of secrets.filter(Boolean)) assert.ok(!log.includes(secret), `in the log: ${secret}`);
		const lines = stack.dashboard.program.logs().filter((l) => l.level > 20);
		for (const line of lines) assert.ok(!addresses.some((address) => JSON.stringify(line).includes(address)), JSON.stringify(line));
	});
});
