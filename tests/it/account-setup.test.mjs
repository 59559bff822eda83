// SPDX-License-Identifier: MIT
// The first user: the set-up token, what the set-up makes, who wins it, what a headless set-up left behind.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { actionsOf, login, newEmail, ok, PASS, startAccounts } from '../support/accounts.mjs';
import { newToken, refused } from '../support/dashboard.mjs';

const SYSTEM = '00000000-0000-0000-0000-000000000000';
let stack;
let token;
before(async () => {
	stack = await startAccounts({ first: false, workers: 4 });
});
after(() => stack?.stop());
beforeEach(async () => {
	token = newToken();
	await stack.sql('DELETE FROM yavio.workspaces');
	await stack.sql('DELETE FROM yavio.users WHERE id <> $1', [SYSTEM]);
	await stack.sql('UPDATE yavio.instance SET setup_token_hash = $1, setup_done_at = NULL', [createHash('sha256').update(token).digest()]);
});

const body = (more = {}) => ({
	setupToken: token, name: 'Ada', email: newEmail(), password: PASS, workspaceName: 'Acme', projectName: 'Web shop', ...more,
});
const setUp = (more, client = stack.client()) => client.post('/api/setup', body(more));

describe('setup', () => {
	it('201: account, workspace, project and a key that is good; logged in; the token is void', async () => {
		const client = stack.client();
		assert.equal(ok(await client.get('/api/auth/providers')).setupNeeded, true);
		const { user, workspace, project, apiKey } = ok(await setUp({ email: 'ada@a.example' }, client), 201);
		assert.deepEqual([user.email, user.name, user.emailVerified], ['ada@a.example', 'Ada', true]);
		assert.deepEqual([workspace.name, workspace.slug, project.name, project.slug], ['Acme', 'acme', 'Web shop', 'web-shop']);
		assert.equal(apiKey.prefix, apiKey.key.slice(0, 12));
		const { workspaces } = ok(await client.get('/api/auth/session'));
		assert.deepEqual(workspaces.map((w) => [w.id, w.role]), [[workspace.id, 'owner']]);
		const [key] = await stack.sql('SELECT project_id, workspace_id, name, created_by FROM yavio.api_keys WHERE id = $1', [apiKey.id]);
		assert.deepEqual(key, { project_id: project.id, workspace_id: workspace.id, name: 'Default', created_by: user.id });
		const [account] = await stack.sql('SELECT email_proof FROM yavio.users WHERE id = $1', [user.id]);
		assert.equal(account.email_proof, 'setup');
		assert.deepEqual(await actionsOf(stack, user), ['account.created', 'workspace.create', 'project.create', 'key.create', 'auth.login']);
		assert.equal(ok(await client.get('/api/auth/providers')).setupNeeded, false);
		refused(await setUp(), 409, 3022);
		ok(await login(stack, 'ada@a.example'));
	});

	it('3021: a wrong token, an older one, none that was made; no account comes of it', async () => {
		refused(await setUp({ setupToken: newToken() }), 403, 3021);
		refused(await setUp({ setupToken: 'x' }), 403, 3021);
		await stack.sql('UPDATE yavio.instance SET setup_token_hash = NULL');
		refused(await setUp(), 403, 3021);
		assert.equal((await stack.sql('SELECT FROM yavio.users')).length, 1);
	});

	it('3702: the address of the system account; the token stays good', async () => {
		const [{ email }] = await stack.sql('SELECT email FROM yavio.users WHERE id = $1', [SYSTEM]);
		refused(await setUp({ email }), 409, 3702);
		ok(await setUp(), 201);
	});

	it('3703, 3154, 3155 by field, 3050 for several', async () => {
		refused(await setUp({ password: 'password1' }), 400, 3703, { password: 'common' });
		refused(await setUp({ workspaceName: 'A' }), 400, 3154, { workspaceName: 'too_short' });
		refused(await setUp({ projectName: 'P'.repeat(101) }), 400, 3155, { projectName: 'too_long' });
		refused(await setUp({ email: 'x', name: '' }), 400, 3050, { email: 'bad_format', name: 'too_short' });
		ok(await setUp(), 201);
	});

	it('of calls at one time one wins', async () => {
		const answers = await Promise.all(Array.from({ length: 6 }, async () => {
			for (;;) {
				const answer = await setUp();
				if (answer.status !== 503) return answer.status;
			}
		}));
		assert.deepEqual(answers.sort(), [201, ...Array(5).fill(409)]);
		assert.equal((await stack.sql('SELECT FROM yavio.users WHERE id <> $1', [SYSTEM])).length, 1);
		assert.equal((await stack.sql('SELECT FROM yavio.workspaces')).length, 1);
	});

	it('what was made without an account has its owner then', async () => {
		const id = randomUUID();
		await stack.sql("INSERT INTO yavio.workspaces (id, name, slug, owner_id) VALUES ($1, 'Headless', 'headless', $2)", [id, SYSTEM]);
		await stack.sql("INSERT INTO yavio.workspace_members (workspace_id, user_id, role) VALUES ($1, $2, 'owner')", [id, SYSTEM]);
		const client = stack.client();
		ok(await setUp({}, client), 201);
		const { workspaces } = ok(await client.get('/api/auth/session'));
		assert.deepEqual(workspaces.map((w) => [w.name, w.role]), [['Acme', 'owner'], ['Headless', 'owner']]);
	});
});
