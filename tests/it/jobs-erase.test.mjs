// SPDX-License-Identifier: MIT
// Erasure: the events of a deleted project go from every table of a real store, what is late goes too, others stay.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Jobs } from '../support/jobs.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { until } from '../support/process.mjs';
import { startPipeline } from '../support/shipper.mjs';

/** What the spool's driver writes. */
const DRIVEN = { workspace: '00000000-0000-4000-8000-000000000001', project: '00000000-0000-4000-8000-000000000002' };
const HOUR_MS = 3_600_000;

let cluster;
let service;
let pipeline;
let store;
let jobs;
const cleanups = [];

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
	service = await cluster.connect('yavio_service');
	pipeline = await startPipeline({ after: (fn) => cleanups.unshift(fn) });
	store = pipeline.store;
	// the rows here have a fixed date: no limit, or the day's clean-up takes them
	jobs = new Jobs(cluster, { ...store.env, YAVIO_JOBS_HASTE: '3600', YAVIO_SPOOL_DIR: pipeline.spool, YAVIO_RETENTION_DAYS: '0' });
});
after(async () => {
	await jobs?.stop();
	for (const fn of cleanups) await fn();
	await cluster?.stop();
});

const tenant = () => ({ workspace: randomUUID(), project: randomUUID() });

async function addEvents(t, count, session = 'ses') {
	let rows = '';
	for (let i = 0; i < count; i++)
		rows += `${JSON.stringify({ workspace_id: t.workspace, project_id: t.project, event_type: 'tool_call', event_name: 'search',
			timestamp: '2026-10-02 03:04:05.678', ingested_at: '2026-10-02 03:04:06.000', event_id: randomUUID(),
			trace_id: 'tr', session_id: session })}\n`;
	await store.run('INSERT INTO events FORMAT JSONEachRow', { rows });
	await store.run('INSERT INTO tool_registry FORMAT JSONEachRow', { rows: `${JSON.stringify({ workspace_id: t.workspace,
		project_id: t.project, tool_name: 'search', description: '', input_schema: '{}', updated_at: '2026-10-02 03:04:06.000' })}\n` });
}

/** What the store keeps of the sessions of those rows. */
const visitsOf = async (t) => Number(await store.run(`SELECT count() FROM visits WHERE project_id = '${t.project}'`));

/** Rows in both tables, as administrator. */
async function rowsOf(t) {
	let sum = 0;
	for (const table of ['events', 'tool_registry'])
		sum += Number(await store.run(`SELECT count() FROM ${table} WHERE project_id = '${t.project}'`));
	return sum;
}

/** The erasure and its job, as the request's transaction makes them. */
async function request(tenants, scope = 'project') {
	const id = randomUUID();
	await service.query(`INSERT INTO erasures (id, scope, workspace_id, project_ids, receipt_hash) VALUES ($1, $2, $3, $4, $5)`,
		[id, scope, tenants[0].workspace, tenants.map((t) => t.project), randomBytes(32)]);
	return { id, job: await jobs.add('erase.events', { erasureId: id }) };
}

const erasure = async (id) => (await service.query('SELECT * FROM erasures WHERE id = $1', [id])).rows[0];
const inState = (id, state) => until(`the erasure is ${state}`, async () => {
	const row = await erasure(id);
	if (row.state === state) return row;
	throw new Error(`${JSON.stringify(row)}\n${jobs.process.output().slice(-2000)}`);
}, 60_000);

describe('erasure', () => {
	const gone = tenant();
	const alsoGone = { workspace: gone.workspace, project: randomUUID() };
	const sibling = { workspace: gone.workspace, project: randomUUID() };
	const other = tenant();

	it('deletes the projects it names, in two passes, and nobody else\'s', async () => {
		for (const [t, count] of [[gone, 50], [alsoGone, 20], [sibling, 30], [other, 40]]) await addEvents(t, count);
		await jobs.start();
		const { id, job } = await request([gone, alsoGone], 'workspace');
		const done = await inState(id, 'done');
		assert.equal(done.rows_deleted, 72);
		assert.ok(done.passes >= 2, `${done.passes} passes`);
		assert.ok(done.finished_at - done.clean_at >= HOUR_MS / 3600);
		assert.deepEqual(await Promise.all([gone, alsoGone, sibling, other].map(rowsOf)), [0, 0, 31, 41]);
		assert.deepEqual((await jobs.state(job, 'done')).payload, {});
	});

	it('is written in the audit log of a workspace that is still there', async () => {
		const owner = randomUUID();
		await service.query("INSERT INTO users (id, email, name) VALUES ($1, $2, 'Ann')", [owner, `${owner}@example.com`]);
		await service.query("INSERT INTO workspaces (id, name, slug, owner_id) VALUES ($1, 'Workspace', $2, $3)",
			[other.workspace, `w-${owner}`.slice(0, 40), owner]);
		const { id } = await request([{ workspace: other.workspace, project: randomUUID() }]);
		await inState(id, 'done');
		const { rows } = await service.query("SELECT * FROM audit_log WHERE action = 'erasure.done'");
		assert.deepEqual(rows.map((r) => [r.workspace_id, r.actor_kind, r.target_id]), [[other.workspace, 'system', id]]);
	});

	it('waits for what the spool still holds from before the request', async () => {
		assert.equal(pipeline.driver('append', 0, 25, 1).status, 0);
		const { id } = await request([DRIVEN]);
		const waiting = await until('passes without an end', async () => {
			const row = await erasure(id);
			return row.passes >= 3 && row;
		});
		assert.deepEqual([waiting.state, waiting.clean_at, waiting.rows_deleted], ['running', null, 0]);
		pipeline.startShipper();
		const done = await inState(id, 'done');
		assert.ok(done.rows_deleted >= 25, `${done.rows_deleted} rows`);
		assert.equal(await rowsOf(DRIVEN), 0);
	});

	it('events shipped after the end are swept, for 30 days', async () => {
		assert.equal(pipeline.driver('append', 100, 10, 1).status, 0);
		await until('they are stored', async () => (await rowsOf(DRIVEN)) === 10);
		await service.query("UPDATE erasures SET finished_at = now() - interval '29 days' WHERE state = 'done'");
		const [before_] = (await service.query('SELECT sum(rows_deleted) AS sum FROM erasures')).rows;
		await jobs.state(await jobs.add('erase.sweep'), 'done');
		assert.equal(await rowsOf(DRIVEN), 0);
		const [now] = (await service.query('SELECT sum(rows_deleted) AS sum, count(swept_at) FROM erasures')).rows;
		assert.equal(Number(now.sum) - Number(before_.sum), 10);
		assert.equal(now.count, 3);
		assert.equal(await rowsOf(other), 41);
		assert.equal(await visitsOf(DRIVEN), 0);
		assert.equal((await visitsOf(other)) > 0, true);

		assert.equal(pipeline.driver('append', 200, 5, 1).status, 0);
		await until('they are stored', async () => (await rowsOf(DRIVEN)) === 5);
		await service.query("UPDATE erasures SET finished_at = now() - interval '31 days' WHERE state = 'done'");
		await jobs.state(await jobs.add('erase.sweep'), 'done');
		assert.equal(await rowsOf(DRIVEN), 5);
	});

	it('kill -9 in the middle: the next process ends it', async () => {
		const big = tenant();
		await addEvents(big, 2000);
		await jobs.kill('SIGTERM');
		const { id, job } = await request([big]);
		await jobs.start({ YAVIO_JOBS_LEASE_MS: '1500' });
		await until('it is under way', async () => (await erasure(id)).passes >= 1);
		await jobs.kill();
		assert.notEqual((await erasure(id)).state, 'done');
		await jobs.start({ YAVIO_JOBS_LEASE_MS: '1500' });
		const done = await inState(id, 'done');
		assert.equal(await rowsOf(big), 0);
		assert.equal(await visitsOf(big), 0);
		assert.ok(done.rows_deleted <= 2001);
		await jobs.state(job, 'done');
	});

	it('the store is away: every failure is visible, it goes on when the store is back', async () => {
		const late = tenant();
		await addEvents(late, 10);
		await store.signal('SIGTERM');
		const { id, job } = await request([late]);
		const trouble = await until('it failed', async () => {
			const row = await erasure(id);
			return row.last_error && row;
		});
		assert.equal(trouble.state, 'running');
		assert.match(trouble.last_error, /^counting: /);
		assert.ok(jobs.errors('YAVIO-4530').length >= 1);
		assert.equal((await jobs.job(job)).last_error, trouble.last_error);
		await store.start();
		await service.query("UPDATE jobs SET run_at = now() WHERE id = $1", [job]);
		await service.query('NOTIFY yavio_jobs');
		assert.equal((await inState(id, 'done')).last_error, null);
		assert.equal(await rowsOf(late), 0);
	});

	it('given up: failed, visible, and begun anew by an operator', async () => {
		const stuck = tenant();
		await addEvents(stuck, 5);
		await store.signal('SIGTERM');
		const { id, job } = await request([stuck]);
		await until('it waits for its next attempt', async () => {
			const row = await jobs.job(job);
			return row.state === 'queued' && row.attempts >= 1;
		});
		await service.query('UPDATE jobs SET attempts = 18, run_at = now() WHERE id = $1', [job]);
		await service.query('NOTIFY yavio_jobs');
		await inState(id, 'failed');
		assert.equal((await jobs.state(job, 'dead')).payload.erasureId, id);
		await store.start();
		await service.query("UPDATE jobs SET state = 'queued', attempts = 0, run_at = now() WHERE id = $1", [job]);
		await service.query('NOTIFY yavio_jobs');
		await inState(id, 'done');
		assert.equal(await rowsOf(stuck), 0);
	});
});

describe('retention', () => {
	const ttl = async () => /TTL (.*?) SETTINGS/.exec(await store.run("SELECT engine_full FROM system.tables WHERE database = 'yavio' AND name = 'events'"))?.[1] ?? null;

	it('runs by the clock: the limit is that of the setting, days that are wholly over are dropped', async () => {
		const t = tenant();
		await addEvents(t, 7);
		await jobs.kill('SIGTERM');
		await jobs.start({ YAVIO_RETENTION_DAYS: '3650' });
		await jobs.state(await jobs.add('retention'), 'done');
		assert.equal(await ttl(), 'toDateTime(timestamp) + toIntervalDay(3650)');
		assert.equal(await rowsOf(t), 8);
		const slots = await service.query("SELECT count(*) FROM jobs WHERE kind = 'retention' AND dedupe_key LIKE 'cron:%'");
		assert.ok(Number(slots.rows[0].count) >= 1);

		await jobs.kill('SIGTERM');
		await jobs.start({ YAVIO_RETENTION_DAYS: '1' });
		await jobs.state(await jobs.add('retention'), 'done');
		assert.equal(await ttl(), 'toDateTime(timestamp) + toIntervalDay(1)');
		assert.equal(await rowsOf(t), 1, 'the tool is still known, its events of October are gone');
	});
});
