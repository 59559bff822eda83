// SPDX-License-Identifier: MIT
// One's own account: what it shows, its name, its password, its end.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
	actionsOf, failBefore, failuresOf, jobsOf, login, newAccount, ok, OTHER_PASS, PASS, startAccounts,
} from '../support/accounts.mjs';
import { refused } from '../support/dashboard.mjs';

let stack;
before(async () => {
	stack = await startAccounts({ workers: 3 });
});
after(() => stack?.stop());

const count = async (table, where, value) => (await stack.sql(`SELECT count(*) FROM yavio.${table} WHERE ${where} = $1`, [value]))[0].count;

describe('account', () => {
	it('shows itself and what it is linked to', async () => {
		const user = await newAccount(stack, { name: "Robert'); DROP TABLE users; <script>" });
		await stack.sql(`INSERT INTO yavio.oauth_accounts (id, user_id, provider, provider_account_id, email)
			VALUES (gen_random_uuid(), $1, 'github', $2, NULL), (gen_random_uuid(), $1, 'google', $2, $3)`, [user.id, user.id, user.email]);
		const { user: shown, oauth } = ok(await user.client.get('/api/auth/account'));
		assert.deepEqual({ ...shown, createdAt: '' }, { id: user.id, email: user.email, name: user.name, hasPassword: true, emailVerified: true,
			twoFactor: false, recoveryCodesLeft: 0, createdAt: '' });
		assert.deepEqual(oauth.map((o) => [o.provider, o.email]), [['github', null], ['google', user.email]]);
		refused(await stack.client().get('/api/auth/account'), 401, 3000);
	});

	it('has its name changed, and nothing else', async () => {
		const user = await newAccount(stack);
		assert.equal(ok(await user.client.patch('/api/auth/account', { name: '  Grace Höpper  ' })).user.name, 'Grace Höpper');
		assert.equal(ok(await user.client.get('/api/auth/account')).user.name, 'Grace Höpper');
		refused(await user.client.patch('/api/auth/account', { name: 'A', email: 'x@b.example' }), 400, 3050, { email: 'unknown' });
		refused(await user.client.patch('/api/auth/account', { name: ' ' }), 400, 3050, { name: 'too_short' });
		refused(await user.client.patch('/api/auth/account', { name: 'x'.repeat(101) }), 400, 3050, { name: 'too_long' });
		refused(await user.client.patch('/api/auth/account', {}), 400, 3050, { name: 'required' });
	});
});

describe('account/audit', () => {
	it('what one did as an account, newest first, in pages; nothing of a workspace or of others', async () => {
		const user = await newAccount(stack);
		const client = stack.client();
		ok(await login(stack, user.email, PASS, client));
		ok(await client.post('/api/auth/account/password', { currentPassword: PASS, newPassword: OTHER_PASS }), 204);
		const workspace = await stack.workspace({ owner: user });
		await stack.sql("INSERT INTO yavio.audit_log (actor_user_id, actor_kind, action, workspace_id) VALUES ($1, 'user', 'key.create', $2)", [user.id, workspace.id]);
		const list = ok(await client.get('/api/auth/account/audit'));
		assert.deepEqual(list.items.map((i) => i.action), ['auth.password_changed', 'auth.login']);
		assert.equal(list.total, 2);
		const [item] = list.items;
		assert.deepEqual([item.actor, item.target, item.ip, item.userAgent, item.detail],
			[{ kind: 'user', id: user.id, name: user.name }, null, '127.0.0.1', 'yavio-tests', {}]);
		const second = ok(await client.get('/api/auth/account/audit?page=2&pageSize=1'));
		assert.deepEqual(second.items.map((i) => i.action), ['auth.login']);
		assert.deepEqual(ok(await client.get('/api/auth/account/audit?order=asc&pageSize=1')).items.map((i) => i.action), ['auth.login']);
		assert.deepEqual(ok(await client.get('/api/auth/account/audit?page=3')).items, []);
		refused(await client.get('/api/auth/account/audit?page=0'), 400, 3403);
		refused(await client.get('/api/auth/account/audit?pageSize=101'), 400, 3403);
		refused(await client.get('/api/auth/account/audit?sort=name'), 400, 3404);
	});
});

describe('account/password', () => {
	const change = (client, currentPassword, newPassword = OTHER_PASS) =>
		client.post('/api/auth/account/password', { currentPassword, newPassword });

	it('204 with a new cookie; every other login and the old token end; mail and audit', async () => {
		const user = await newAccount(stack);
		const other = await stack.signIn(user);
		const old = user.client.session;
		ok(await change(user.client, PASS), 204);
		assert.notEqual(user.client.session, old);
		ok(await user.client.get('/api/auth/session'));
		refused(await other.get('/api/auth/session'), 401, 3000);
		const stale = stack.client();
		stale.session = old;
		refused(await stale.get('/api/auth/session'), 401, 3000);
		refused(await login(stack, user.email), 401, 3001);
		ok(await login(stack, user.email, OTHER_PASS));
		assert.deepEqual(await jobsOf(stack, 'userId', user.id), [['mail.security', { userId: user.id, event: 'password_changed' }]]);
		assert.deepEqual(await actionsOf(stack, user), ['auth.password_changed', 'auth.login']);
	});

	it('3701: wrong or missing current password; a wrong one is a failure, and locks hold', async () => {
		const user = await newAccount(stack);
		refused(await change(user.client, OTHER_PASS), 400, 3701);
		refused(await change(user.client, undefined), 400, 3701, { currentPassword: 'required' });
		assert.equal(await failuresOf(stack, user.email), 1);
		for (const [failures, tier, code] of [[10, 1, 3003], [25, 2, 3004], [50, 3, 3005]]) {
			await stack.sql('DELETE FROM yavio.login_attempts WHERE subject = $1', [user.email]);
			await failBefore(stack, user.email, failures, { tier });
			refused(await change(user.client, PASS), 403, code);
		}
		ok(await user.client.get('/api/auth/session'));
	});

	it('3703: the rule of new passwords, before the old one is looked at', async () => {
		const user = await newAccount(stack, { email: 'sophie.germain@a.example' });
		refused(await change(user.client, PASS, 'short'), 400, 3703, { newPassword: 'too_short' });
		refused(await change(user.client, OTHER_PASS, 'letmein2026'), 400, 3703, { newPassword: 'common' });
		refused(await change(user.client, PASS, 'sophie.germain'), 400, 3703, { newPassword: 'same_as_email' });
		assert.equal(await failuresOf(stack, user.email), 0);
	});

	it('a first one: only after a recent login (3020)', async () => {
		const user = await stack.person({ password: false, proof: 'oauth', authAgo: 601 });
		refused(await change(user.client, undefined), 403, 3020);
		const client = await stack.signIn(user, { authAgo: 60 });
		ok(await change(client, undefined), 204);
		ok(await login(stack, user.email, OTHER_PASS));
	});

	it('two at one time: the logins that are left know one password', async () => {
		const user = await newAccount(stack);
		const clients = [user.client, await stack.signIn(user)];
		const news = [`${OTHER_PASS} a`, `${OTHER_PASS} b`];
		await Promise.all(clients.map((client, i) => change(client, PASS, news[i])));
		const right = [];
		for (const password of news) right.push((await login(stack, user.email, password)).status);
		assert.deepEqual(right.sort(), [200, 401]);
	});
});

describe('the end of an account', () => {
	const end = (client, body) => client.delete('/api/auth/account', body);

	it('202: with its workspaces, their rows at once and an erasure each; nothing of others goes', async () => {
		const user = await newAccount(stack);
		const other = await stack.cast();
		await stack.join(other.workspace, user, 'admin');
		const owned = [await stack.workspace({ owner: user }), await stack.workspace({ owner: user })];
		const project = await stack.project(owned[0]);
		await stack.key(project);
		await stack.sql("INSERT INTO yavio.audit_log (actor_user_id, actor_kind, action, ip) VALUES ($1, 'user', 'auth.login', '192.0.2.9')", [user.id]);
		const { erasures } = ok(await end(user.client, { password: PASS }), 202);
		assert.equal(user.client.session, undefined);
		assert.equal(erasures.length, 2);
		assert.deepEqual(await Promise.all([
			count('users', 'id', user.id), count('workspaces', 'owner_id', user.id), count('projects', 'workspace_id', owned[0].id),
			count('api_keys', 'project_id', project.id), count('sessions', 'user_id', user.id), count('workspace_members', 'user_id', user.id),
			count('login_attempts', 'subject', user.email),
		]), Array(7).fill(0));
		const rows = await stack.sql(`SELECT id, scope, workspace_id, project_ids, requested_by, state, receipt_hash FROM yavio.erasures
			WHERE workspace_id = ANY ($1) ORDER BY cardinality(project_ids) DESC`, [owned.map((w) => w.id)]);
		assert.deepEqual(rows.map((r) => [r.scope, r.project_ids, r.requested_by, r.state]), [
			['account', [project.id], null, 'queued'], ['account', [], null, 'queued']]);
		for (const { id, receipt } of erasures) {
			const row = rows.find((r) => r.id === id);
			assert.equal(row.receipt_hash.toString('hex'), createHash('sha256').update(receipt).digest('hex'));
			assert.equal((await jobsOf(stack, 'erasureId', id)).length, 1);
		}
		const audit = await stack.sql("SELECT action, ip, actor_user_id FROM yavio.audit_log WHERE action IN ('account.deleted', 'auth.login', 'workspace.delete') AND actor_user_id IS NULL");
		assert.equal(audit.filter((r) => r.action === 'account.deleted').length, 1);
		assert.equal(audit.filter((r) => r.action === 'workspace.delete').length, 2);
		assert.ok(audit.every((r) => r.ip === null));
		assert.equal(await count('projects', 'id', other.project.id), 1);
		refused(await login(stack, user.email), 401, 3001);
	});

	it('3704: shared workspaces are named first; with deleteOwned they go, too', async () => {
		const user = await newAccount(stack);
		const workspace = await stack.workspace({ owner: user });
		const guest = await newAccount(stack);
		await stack.join(workspace, guest, 'member');
		refused(await end(user.client, { password: PASS }), 409, 3704);
		refused(await end(user.client, { password: PASS, deleteOwned: false }), 409, 3704);
		assert.equal(await count('workspaces', 'id', workspace.id), 1);
		assert.equal(await failuresOf(stack, user.email), 0, 'a right password is no failure');
		ok(await end(user.client, { password: PASS, deleteOwned: true }), 202);
		assert.equal(await count('workspaces', 'id', workspace.id), 0);
		assert.equal(await count('users', 'id', guest.id), 1);
	});

	it('3700 without a confirmation, 3701 with a wrong one, 3020 without a recent login', async () => {
		const user = await newAccount(stack);
		refused(await end(user.client, {}), 400, 3700, { password: 'required' });
		refused(await end(user.client, { confirmEmail: user.email }), 400, 3700);
		refused(await end(user.client, { password: OTHER_PASS }), 400, 3701);
		assert.equal(await failuresOf(stack, user.email), 1);
		refused(await end(await stack.signIn(user, { authAgo: 601 }), { password: PASS }), 403, 3020);
		for (const [failures, tier, code] of [[10, 1, 3003], [25, 2, 3004], [50, 3, 3005]]) {
			await stack.sql('DELETE FROM yavio.login_attempts WHERE subject = $1', [user.email]);
			await failBefore(stack, user.email, failures, { tier });
			refused(await end(user.client, { password: PASS }), 403, code);
		}
		assert.equal(await count('users', 'id', user.id), 1);
	});

	it('an account without a password is confirmed by its address', async () => {
		const user = await stack.person({ password: false, proof: 'oauth' });
		refused(await end(user.client, { password: PASS }), 400, 3700, { confirmEmail: 'required' });
		refused(await end(user.client, { confirmEmail: 'other@a.example' }), 400, 3701);
		assert.deepEqual(ok(await end(user.client, { confirmEmail: user.email.toUpperCase() }), 202), { erasures: [] });
		refused(await user.client.get('/api/auth/session'), 401, 3000);
	});

	it('twice at one time: once', async () => {
		const user = await newAccount(stack);
		await stack.workspace({ owner: user });
		const answers = await Promise.all([user.client, await stack.signIn(user)].map((client) => end(client, { password: PASS })));
		assert.equal(answers.filter((a) => a.status === 202).length, 1, answers.map((a) => a.text).join());
		assert.ok(answers.every((a) => [202, 401, 400].includes(a.status)), answers.map((a) => a.text).join());
	});
});
