// SPDX-License-Identifier: MIT
// Limits of the dashboard: for each class, over all workers and a restart, by whose address; the trusted proxies.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ok, refused, startDashboard } from '../support/dashboard.mjs';

// A window of an hour: nothing trickles back while the test runs.
const LIMITS = {
	YAVIO_RL_CEILING: '40/3600',
	YAVIO_RL_AUTH: '5/3600',
	YAVIO_RL_MANAGE: '4/3600',
	YAVIO_RL_HEALTH: '3/3600',
};

let stack;
before(async () => {
	stack = await startDashboard({ workers: 4, settings: { ...LIMITS, YAVIO_TRUSTED_PROXIES: '10.0.0.0/8' } });
});
after(() => stack?.stop());

let last = 0;
/** An address that nobody used. */
const fresh = () => `192.0.2.${++last}`;

const from = (addr, uri, headers = {}) => stack.fcgi({ uri, headers, params: { REMOTE_ADDR: addr } });

async function until429(ask, most) {
	for (let n = 1; n <= most; n++) {
		const answer = await ask();
		if (answer.status === 429) return { n, answer };
	}
	throw new Error(`no 429 within ${most}`);
}

describe('limits', () => {
	it('an address: so many, then 429 with Retry-After, over four workers', async () => {
		const addr = fresh();
		for (let left = 4; left >= 0; left--) {
			const { headers } = await from(addr, '/api/auth/csrf');
			assert.deepEqual([headers['ratelimit-limit'], headers['ratelimit-remaining']], ['5', String(left)]);
			assert.ok(Number(headers['ratelimit-reset']) > 0 && Number(headers['ratelimit-reset']) <= 3600);
		}
		const answer = refused(await from(addr, '/api/auth/csrf'), 429, 3800);
		assert.equal(answer.headers['ratelimit-remaining'], '0');
		assert.ok(Number(answer.headers['retry-after']) >= 1 && Number(answer.headers['retry-after']) <= 720, answer.headers['retry-after']);
		refused(await from(addr, '/api/auth/providers'), 429, 3800);
		assert.equal((await from(fresh(), '/api/auth/csrf')).status, 200);
	});

	it('twenty at once: no more than the bucket holds', async () => {
		const addr = fresh();
		const answers = await Promise.all(Array.from({ length: 20 }, () => from(addr, '/api/auth/csrf')));
		assert.equal(answers.filter((a) => a.status === 200).length, 5);
	});

	it('a user: whatever the login and the address, and before the resource is judged', async () => {
		const { owner, stranger, workspace } = await stack.cast();
		const second = await stack.signIn(owner);
		for (const client of [owner.client, second, owner.client, second]) ok(await client.get('/api/auth/session'));
		refused(await second.get('/api/auth/session'), 429, 3802);
		const spoofed = await from(fresh(), '/api/auth/session', { Cookie: `yavio_session=${owner.client.session}` });
		refused(spoofed, 429, 3802);
		for (let i = 0; i < 4; i++) ok(await stranger.client.get('/api/auth/session'));
		refused(await stranger.client.get('/api/auth/sessions?page=0'), 429, 3802);
		assert.ok(workspace.id);
	});

	it('health: by address, but the machine itself may ask as often as it needs', async () => {
		const addr = fresh();
		const { n, answer } = await until429(() => from(addr, '/api/health/live'), 5);
		assert.equal(n, 4);
		refused(answer, 429, 3805);
		for (let i = 0; i < 10; i++) assert.equal((await from('127.0.0.1', '/api/health/live')).status, 200);
	});

	it('the ceiling: all routes of an address together', async () => {
		const addr = fresh();
		const { n, answer } = await until429(() => from(addr, '/api/auth/session'), 45);
		assert.equal(n, 41);
		refused(answer, 429, 3805);
		refused(await from(addr, '/api/auth/csrf'), 429, 3805);
	});

	it('IPv6 by its /64', async () => {
		for (let i = 0; i < 5; i++) assert.equal((await from(`2001:db8:1:2::${i}`, '/api/auth/csrf')).status, 200);
		refused(await from('2001:db8:1:2:ffff::1', '/api/auth/csrf'), 429, 3800);
		assert.equal((await from('2001:db8:1:3::1', '/api/auth/csrf')).status, 200);
	});

	it('X-Forwarded-For counts from a trusted proxy only, and there from the right', async () => {
		const [victim, client] = [fresh(), fresh()];
		for (let i = 0; i < 5; i++) assert.equal((await from(client, '/api/auth/csrf', { 'X-Forwarded-For': `203.0.113.${i}` })).status, 200);
		refused(await from(client, '/api/auth/csrf', { 'X-Forwarded-For': '203.0.113.99' }), 429, 3800);
		const behind = fresh();
		for (let i = 0; i < 5; i++) {
			const answer = await from('10.1.1.1', '/api/auth/csrf', { 'X-Forwarded-For': `${victim}, ${behind}, 10.2.2.2` });
			assert.equal(answer.status, 200);
		}
		refused(await from('10.9.9.9', '/api/auth/csrf', { 'X-Forwarded-For': behind }), 429, 3800);
		assert.equal((await from(victim, '/api/auth/csrf')).status, 200, 'what a stranger wrote further left does not count');
	});

	it('survive a restart', async () => {
		const addr = fresh();
		for (let i = 0; i < 5; i++) await from(addr, '/api/auth/csrf');
		await stack.restart();
		refused(await from(addr, '/api/auth/csrf'), 429, 3800);
	});

	it('are counted', async () => {
		const { text } = await stack.fcgi({ uri: '/api/metrics', headers: { Authorization: `Bearer ${stack.env.METRICS_BEARER_TOKEN}` } });
		assert.match(text, /^yavio_dashboard_rate_limited_total\{class="auth"\} [1-9]/m);
	});
});
