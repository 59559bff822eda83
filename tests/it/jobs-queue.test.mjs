// SPDX-License-Identifier: MIT
// The durable queue and its schedules: one worker a job, leases, retries, dead jobs, clean-ups, stop and reload.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Jobs } from '../support/jobs.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { isAlive, until } from '../support/process.mjs';
import { startSmtp } from '../support/smtp.mjs';

let cluster;
let service;
let jobs;

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
	service = await cluster.connect('yavio_service');
	jobs = new Jobs(cluster);
});
after(async () => {
	await jobs?.stop();
	await cluster?.stop();
});

const one = async (sql, params) => (await service.query(sql, params)).rows[0];
const count = async (table, where = 'true') => (await one(`SELECT count(*) FROM ${table} WHERE ${where}`)).count;

describe('schedules', () => {
	it('each slot is one job, whoever starts whenever', async () => {
		const second = new Jobs(cluster);
		await Promise.all([jobs.start(), second.start()]);
		const kinds = await until('all are done', async () => {
			const { rows } = await service.query(`SELECT kind, count(*), bool_and(state = 'done') AS done FROM jobs
				WHERE dedupe_key LIKE 'cron:%' AND kind LIKE 'cleanup.%' GROUP BY kind ORDER BY kind`);
			return rows.length === 11 && rows.every((r) => r.done) && rows;
		});
		assert.deepEqual(kinds.map((r) => r.kind), ['attempts', 'audit', 'erasures', 'invitations', 'jobs', 'keys', 'sessions',
			'stripe', 'tokens', 'totp', 'users'].map((name) => `cleanup.${name}`));
		// the hour may have changed meanwhile
		assert.ok(kinds.every((r) => r.count <= 2));
		await second.stop();
		const before_ = await count('jobs');
		await jobs.kill('SIGTERM');
		await jobs.start();
		await jobs.state(await jobs.add('cleanup.totp'), 'done');
		assert.ok((await count('jobs')) - before_ <= 5);
	});
});

describe('clean-ups', () => {
	const run = async (name) => jobs.state(await jobs.add(`cleanup.${name}`), 'done');
	const user = async (values = {}) => {
		const row = { id: randomUUID(), email_verified_at: new Date(), created_at: new Date(), ...values };
		await service.query('INSERT INTO users (id, email, name, email_verified_at, created_at) VALUES ($1, $2, $3, $4, $5)',
			[row.id, `${row.id}@example.com`, 'Ann', row.email_verified_at, row.created_at]);
		return row.id;
	};
	const ago = (interval) => `now() - interval '${interval}'`;
	let me;
	let workspace;
	let project;
	before(async () => {
		me = await user();
		[workspace, project] = [randomUUID(), randomUUID()];
		await service.query("INSERT INTO workspaces (id, name, slug, owner_id) VALUES ($1, 'Workspace', 'workspace', $2)", [workspace, me]);
		await service.query("INSERT INTO projects (id, workspace_id, name, slug) VALUES ($1, $2, 'Project', 'project')", [project, workspace]);
	});

	it('logins that expired or are past their absolute end, in batches', async () => {
		await service.query(`INSERT INTO sessions (id, user_id, token_hash, stage, method, expires_at, created_at)
			SELECT gen_random_uuid(), $1, sha256(n::text::bytea), 'full', 'password',
				CASE WHEN n <= 2500 THEN now() - interval '1 second' ELSE now() + interval '1 day' END,
				CASE WHEN n = 2501 THEN now() - interval '181 days' ELSE now() END
			FROM generate_series(1, 2503) AS n`, [me]);
		await run('sessions');
		assert.equal(await count('sessions'), 2);
	});

	it('accounts that nobody verified within a day; never the system account, nor one that owns something', async () => {
		const old = new Date(Date.now() - 25 * 3_600_000);
		const [gone, young, active, owner] = [await user({ email_verified_at: null, created_at: old }), await user({ email_verified_at: null }),
			await user({ created_at: old }), await user({ email_verified_at: null, created_at: old })];
		await service.query("INSERT INTO workspaces (id, name, slug, owner_id) VALUES ($1, 'Other', 'other', $2)", [randomUUID(), owner]);
		await service.query("UPDATE users SET email_verified_at = NULL, created_at = now() - interval '9 days' WHERE email = 'system@yavio.invalid'");
		await run('users');
		const { rows } = await service.query('SELECT id FROM users WHERE id = ANY ($1)', [[gone, young, active, owner]]);
		assert.deepEqual(rows.map((r) => r.id).sort(), [young, active, owner].sort());
		assert.equal(await count('users', "email = 'system@yavio.invalid'"), 1);
	});

	it('pending two-factor, tokens, invitations, attempts, keys, audit, erasures, jobs, Stripe events', async () => {
		const ids = [await user(), await user(), await user()];
		await service.query(`INSERT INTO user_totp (user_id, secret_enc, confirmed_at, created_at) VALUES
			($1, 'x', NULL, ${ago('16 minutes')}), ($2, 'x', NULL, ${ago('14 minutes')}), ($3, 'x', now(), ${ago('1 year')})`, ids);
		await run('totp');
		assert.equal(await count('user_totp'), 2);

		await service.query(`INSERT INTO verification_tokens (id, user_id, token_hash, type, expires_at, used_at)
			SELECT gen_random_uuid(), $1, sha256(n::text::bytea), 'password_reset',
				CASE n WHEN 1 THEN ${ago('1 second')} ELSE now() + interval '1 hour' END, CASE n WHEN 2 THEN now() END
			FROM generate_series(1, 3) AS n`, [me]);
		await run('tokens');
		assert.equal(await count('verification_tokens'), 1);

		await service.query(`INSERT INTO invitations (id, workspace_id, email, role, expires_at, accepted_at)
			SELECT gen_random_uuid(), $1, n || '@example.com', 'member',
				CASE n WHEN 1 THEN ${ago('1 second')} ELSE now() + interval '1 hour' END,
				CASE n WHEN 2 THEN ${ago('31 days')} WHEN 3 THEN ${ago('29 days')} END
			FROM generate_series(1, 4) AS n`, [workspace]);
		await run('invitations');
		assert.equal(await count('invitations'), 2);

		await service.query(`INSERT INTO login_attempts (kind, subject, ip, at) VALUES ('password', 'a', '::1', ${ago('25 hours')}),
			('password', 'a', '::1', ${ago('23 hours')})`);
		await run('attempts');
		assert.equal(await count('login_attempts'), 1);

		await service.query(`INSERT INTO api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name, revoked_at)
			SELECT gen_random_uuid(), $1, $2, sha256(n::text::bytea), 'h1', 'yav_0000000' || n, 'key',
				CASE n WHEN 1 THEN ${ago('366 days')} WHEN 2 THEN ${ago('364 days')} END
			FROM generate_series(1, 3) AS n`, [project, workspace]);
		await run('keys');
		assert.equal(await count('api_keys'), 2);

		await service.query(`INSERT INTO audit_log (actor_kind, action, at) VALUES ('cli', 'a', ${ago('366 days')}), ('cli', 'a', ${ago('364 days')})`);
		await run('audit');
		assert.equal(await count('audit_log'), 1);

		for (const [state, age] of [['done', '366 days'], ['done', '364 days'], ['failed', '400 days']])
			await service.query(`INSERT INTO erasures (id, scope, workspace_id, project_ids, receipt_hash, state, finished_at, swept_at)
				VALUES ($1, 'project', $1, '{}', $2, $3, ${ago(age)}, now())`, [randomUUID(), randomBytes(32), state]);
		await run('erasures');
		assert.equal(await count('erasures'), 2);

		await service.query('DELETE FROM jobs');
		await service.query(`INSERT INTO jobs (kind, state, finished_at) VALUES ('x', 'done', ${ago('8 days')}), ('x', 'done', ${ago('6 days')}),
			('x', 'dead', ${ago('31 days')}), ('x', 'dead', ${ago('29 days')})`);
		await run('jobs');
		assert.equal(await count('jobs', "kind = 'x'"), 2);

		await service.query(`INSERT INTO stripe_webhook_events (event_id, event_type, received_at) VALUES
			('a', 'x', ${ago('31 days')}), ('b', 'x', ${ago('29 days')})`);
		await run('stripe');
		assert.equal(await count('stripe_webhook_events'), 1);
	});

	it('a statement that fails is told (4500) and tried again', async () => {
		await service.query('ALTER TABLE stripe_webhook_events RENAME TO elsewhere');
		const id = await jobs.add('cleanup.stripe');
		await until('it failed', async () => (await jobs.job(id)).last_error === 'a statement failed');
		assert.equal(jobs.errors('YAVIO-4500').length, 1);
		await service.query('ALTER TABLE elsewhere RENAME TO stripe_webhook_events');
		await service.query("UPDATE jobs SET run_at = now() WHERE id = $1", [id]);
		await service.query('NOTIFY yavio_jobs');
		assert.equal((await jobs.state(id, 'done')).attempts, 2);
	});
});

describe('work', () => {
	let smtp;
	let user;
	const LEASE = { YAVIO_JOBS_LEASE_MS: '1000' };
	const restart = async (env) => {
		await jobs.kill('SIGTERM');
		await jobs.start({ ...smtp.env, ...env });
	};
	before(async () => {
		smtp = await startSmtp({ tls: 'none' });
		user = `${randomUUID()}@example.com`;
		await service.query("INSERT INTO users (id, email, name, email_verified_at) VALUES ($1, $2, 'Ann', now())", [randomUUID(), user]);
	});
	after(() => smtp?.stop());
	beforeEach(() => restart(LEASE));

	it('200 mails, two processes: each sent once', async () => {
		const second = new Jobs(cluster, { ...smtp.env, NEXTAUTH_SECRET: jobs.env.NEXTAUTH_SECRET });
		await second.start();
		await service.query(`INSERT INTO jobs (kind, payload) SELECT 'mail.account_exists', $1 FROM generate_series(1, 200)`, [{ email: user }]);
		await until('all are done', async () => (await count('jobs', "kind = 'mail.account_exists' AND state = 'done'")) === 200, 60_000);
		assert.equal(smtp.mails.length, 200);
		assert.equal(new Set(smtp.mails.map((m) => m.messageId)).size, 200);
		assert.equal(await count('jobs', "kind = 'mail.account_exists' AND attempts <> 1"), 0);
		await second.stop();
	});

	it('priority first, then the time it is due, then the order of arrival', async () => {
		await jobs.kill('SIGTERM');
		const order = [];
		for (const [name, priority, age] of [['c', 100, 0], ['a', 50, 0], ['b', 100, 60]]) {
			const email = `${name}-${randomUUID()}@example.com`;
			order.push([name, email]);
			await service.query("INSERT INTO users (id, email, name, email_verified_at) VALUES ($1, $2, 'Ann', now())", [randomUUID(), email]);
			await service.query(`INSERT INTO jobs (kind, payload, priority, run_at) VALUES ('mail.reset', $1, $2, now() - $3 * interval '1 second')`,
				[{ email }, priority, age]);
		}
		const seen = smtp.mails.length;
		await jobs.start(smtp.env);
		await until('three mails', () => smtp.mails.length === seen + 3);
		assert.deepEqual(smtp.mails.slice(seen).map((m) => m.to[0]), ['a', 'b', 'c']);
	});

	it('a lease taken by another: the old holder stops and does not write its end (4502)', async () => {
		smtp.order({ delay: 6 });
		const seen = smtp.mails.length;
		const id = await jobs.add('mail.reset', { email: user });
		await smtp.mail(() => true, { after: seen });
		await service.query("UPDATE jobs SET leased_by = 'another', lease_until = now() + interval '1 hour' WHERE id = $1", [id]);
		await until('the holder has noticed', () => jobs.errors('YAVIO-4502').length > 0);
		// the lane is free again at once
		await jobs.state(await jobs.add('mail.reset', { email: 'nobody@example.com' }), 'done');
		const job = await jobs.job(id);
		assert.deepEqual([job.state, job.leased_by], ['running', 'another']);
		await service.query('DELETE FROM jobs WHERE id = $1', [id]);
	});

	it('a job that takes its worker down every time is given up', async () => {
		const id = (await one(`INSERT INTO jobs (kind, payload, state, attempts, leased_by, lease_until)
			VALUES ('mail.reset', $1, 'running', 8, 'gone', now() - interval '1 second') RETURNING id`, [{ email: user }])).id;
		const seen = smtp.mails.length;
		const job = await jobs.state(id, 'dead');
		assert.deepEqual([job.attempts, job.last_error], [9, 'no attempt came to its end']);
		assert.equal(smtp.mails.length, seen);
	});

	it('PostgreSQL takes every connection away: work goes on, nothing is sent twice', async () => {
		smtp.order({ delay: 2 });
		const seen = smtp.mails.length;
		const id = await jobs.add('mail.reset', { email: user });
		await smtp.mail(() => true, { after: seen });
		await cluster.query('bootstrap', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'yavio-jobs%'`);
		assert.equal((await jobs.state(id, 'done')).attempts, 1);
		assert.equal(smtp.mails.length, seen + 1);
		await jobs.state(await jobs.add('mail.reset', { email: user }), 'done');
	});

	it('SIGTERM lets the mail in hand end', async () => {
		smtp.order({ delay: 1.5 });
		const seen = smtp.mails.length;
		const id = await jobs.add('mail.reset', { email: user });
		await smtp.mail(() => true, { after: seen });
		assert.deepEqual(await jobs.kill('SIGTERM'), { code: 0, signal: null });
		const job = await jobs.job(id);
		assert.deepEqual([job.state, job.attempts], ['done', 1]);
		await jobs.start(smtp.env);
	});

	it('SIGHUP: settings that are wrong are refused (7216), good ones taken, the process stays', async () => {
		const file = `${jobs.dir}/env`;
		const write = (text) => writeFileSync(file, text, { mode: 0o644 });
		await jobs.kill('SIGTERM');
		write('NEXTAUTH_URL=https://first.test\n');
		const env = { ...smtp.env, NEXTAUTH_URL: undefined, YAVIO_ENV_FILE: file };
		await jobs.start(env);
		const { pid } = jobs.process;
		const linkOf = async () => {
			const seen = smtp.mails.length;
			await jobs.add('mail.account_exists', { email: user });
			return (await smtp.mail(() => true, { after: seen })).links[0];
		};
		assert.equal(await linkOf(), 'https://first.test/login');
		write('NEXTAUTH_URL=https://second.test\nYAVIO_AUDIT_DAYS=never\n');
		jobs.process.kill('SIGHUP');
		await until('refused', () => jobs.errors('YAVIO-7216').length === 1);
		assert.equal(await linkOf(), 'https://first.test/login');
		write('NEXTAUTH_URL=https://second.test\n');
		jobs.process.kill('SIGHUP');
		await until('it is ready again', () => jobs.log('jobs is ready').length === 2);
		assert.equal(await linkOf(), 'https://second.test/login');
		assert.ok(isAlive(pid) && !jobs.process.ended());
	});
});

describe('start', () => {
	it('takes --check-config and --version, refuses anything else and settings that are wrong', async () => {
		const end = async (env, ...args) => {
			await jobs.stop().catch(() => {});
			jobs = new Jobs(cluster);
			await jobs.start(env, { ready: false, args });
			return jobs.process.exited;
		};
		assert.equal((await end({}, '--check-config')).code, 0);
		assert.equal((await end({}, '--version')).code, 0);
		assert.equal((await end({}, '--what')).code, 2);
		assert.equal((await end({ SMTP_HOST: 'mail.example.com', SMTP_TLS: 'none' }, '--check-config')).code, 78);
		assert.match(jobs.process.output(), /YAVIO-7302 SMTP_TLS=none/);
	});
});
