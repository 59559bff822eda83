// SPDX-License-Identifier: MIT
// yavio-dashboard with a real PostgreSQL and a real store: health, metrics, refusals, start and stop.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPostgres } from '../support/postgres.mjs';
import { temporaryDir, until } from '../support/process.mjs';
import { baseEnv, dashboardSecrets, ownDir, startProgram } from '../support/programs.mjs';
import { startStore } from '../support/store.mjs';

let postgres;
let store;

before(async () => {
	postgres = await startPostgres();
	await postgres.createDatabase();
	store = await startStore();
});
after(async () => {
	await store?.stop();
	await postgres?.stop();
});

/** wrapper: a command that starts it, such as prlimit with its options. */
async function dashboard(t, extra = {}, wrapper = []) {
	const dir = temporaryDir(t);
	const home = extra.YAVIO_HOME ?? ownDir(join(dir, 'home'));
	const env = baseEnv(home, { ...dashboardSecrets(), DATABASE_URL: postgres.url('yavio_app'), YAVIO_DASHBOARD_WORKERS: '2', ...extra });
	return { env, ...(await startProgram(t, 'dashboard', { dir, env, wrapper })) };
}

const refused = (answer, code, status) => {
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.json.error.code, code);
	assert.equal(answer.json.error.requestId, answer.headers['x-request-id']);
	assert.equal(answer.headers['cache-control'], 'no-store');
};

describe('dashboard', () => {
	it('/api/health: healthy with both databases, unhealthy without the store', async (t) => {
		const { ask } = await dashboard(t, { YAVIO_HOME: store.home });
		const healthy = await until('healthy', async () => {
			const answer = await ask('/api/health');
			return answer.status === 200 && answer;
		});
		const { status, checks, services } = healthy.json;
		assert.deepEqual([status, checks], ['healthy', { postgres: 'ok', clickhouse: 'ok' }]);
		assert.equal(services.clickhouse.status, 'healthy');
		// Pages are served without jobs and mail; what is not set up is no trouble.
		assert.deepEqual([services.jobs, services.mail], [{ status: 'unhealthy' }, { status: 'disabled' }]);
		await store.signal('SIGTERM');
		const away = await until('unhealthy', async () => {
			const answer = await ask('/api/health');
			return answer.status === 503 && answer;
		});
		assert.deepEqual([away.json.status, away.json.checks], ['unhealthy', { postgres: 'ok', clickhouse: 'error' }]);
		assert.deepEqual((await ask('/api/health/live')).json, { status: 'healthy' });
		await store.start();
	});

	it('refuses in the dashboard codes: 404, 405 with Allow, no CORS', async (t) => {
		const { ask } = await dashboard(t);
		refused(await ask('/api/nope'), 'YAVIO-3054', 404);
		const wrong = await ask({ method: 'PUT', uri: '/api/health', headers: { Origin: 'https://a.example' } });
		refused(wrong, 'YAVIO-3055', 405);
		assert.equal(wrong.headers.allow, 'GET, HEAD');
		assert.equal(wrong.headers['access-control-allow-origin'], undefined);
		refused(await ask({ method: 'OPTIONS', uri: '/api/health' }), 'YAVIO-3055', 405);
	});

	it('/api/metrics wants the token; without one only loopback learns of it', async (t) => {
		const { ask, env } = await dashboard(t);
		refused(await ask('/api/metrics'), 'YAVIO-7102', 401);
		const answer = await until('gauges', async () => {
			const metrics = await ask({ uri: '/metrics', headers: { Authorization: `Bearer ${env.METRICS_BEARER_TOKEN}` } });
			assert.equal(metrics.status, 200);
			return /^yavio_worker_processes\{service="dashboard",state="idle"\} [0-9]+$/m.test(metrics.text) && metrics;
		});
		assert.doesNotMatch(answer.text, /yavio_ingest/);
		const open = await dashboard(t, { METRICS_BEARER_TOKEN: '' });
		assert.equal((await open.ask('/api/metrics')).status, 200);
		refused(await open.ask({ uri: '/api/metrics', params: { REMOTE_ADDR: '192.0.2.1' } }), 'YAVIO-3054', 404);
	});

	it('tells of a low limit of open files, and serves', async (t) => {
		const { ask, program } = await dashboard(t, {}, ['prlimit', '--nofile=1024:1024']);
		assert.equal((await ask('/api/health/live')).status, 200);
		const line = program.logs().find((l) => l.err?.code === 'YAVIO-7217');
		assert.equal(line?.limit, 1024, program.output());
	});
});
