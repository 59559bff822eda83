// SPDX-License-Identifier: MIT
// What an operator does from the command line: jobs, users, secrets; and what the running stack says of its queue.
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { startSmtp } from '../support/smtp.mjs';
import { Stack, event, waitFor } from '../support/stack.mjs';

let stack;
let smtp;
let db;
let settings;

const readSettings = async () => Object.fromEntries((await readFile(stack.envFile, 'utf8')).split('\n')
	.map((line) => /^([A-Z0-9_]+)=(.*)$/.exec(line)).filter(Boolean).map(([, name, value]) => [name, value]));

before(async () => {
	smtp = await startSmtp({ tls: 'none' });
	stack = await Stack.start({ ...smtp.env });
	settings = await readSettings();
	db = new pg.Client({ host: join(stack.home, 'run'), user: 'yavio_service', database: 'yavio',
		password: settings.POSTGRES_SERVICE_PASSWORD });
	db.on('error', () => {});
	await db.connect();
});
after(async () => {
	await db?.end();
	await stack?.stop();
	await smtp?.stop();
});

const json = (...args) => stack.must([...args, '--json']);
const one = async (sql, params) => (await db.query(sql, params)).rows[0];
const failed = async (args, code, text) => {
	const done = await stack.yavio(args);
	assert.equal(done.code, code, done.stdout + done.stderr);
	assert.match(done.stderr, text);
};
async function addUser() {
	const user = { id: randomUUID(), email: `u${randomUUID().slice(0, 8)}@example.com` };
	await db.query("INSERT INTO yavio.users (id, email, name, email_verified_at) VALUES ($1, $2, 'Ann', now())", [user.id, user.email]);
	return user;
}
async function addJob(kind, payload) {
	return Number((await one('INSERT INTO yavio.jobs (kind, payload) VALUES ($1, $2) RETURNING id', [kind, payload])).id);
}
const jobState = (id, state) => waitFor(`job ${id} ${state}`, async () =>
	(await one('SELECT state FROM yavio.jobs WHERE id = $1', [id]))?.state === state, 30_000);

/** The numbers once the pattern is in them. */
const metricsWith = (pattern) => waitFor(String(pattern), async () => {
	const reply = await fetch(`${stack.dashboardUrl}/api/metrics`, { headers: { authorization: `Bearer ${settings.METRICS_BEARER_TOKEN}` } });
	const body = await reply.text();
	return pattern.test(body) && body;
}, 60_000);
const serviceIs = (name, status) => waitFor(`${name} ${status}`, async () => {
	const reply = await fetch(`${stack.dashboardUrl}/api/health`);
	return (await reply.json()).services[name].status === status && reply.status === 200;
}, 60_000);

describe('the state of mail, jobs and logins', () => {
	it('is in /api/health, without ending the service', async () => {
		const user = await addUser();
		await serviceIs('jobs', 'healthy');
		await serviceIs('mail', 'healthy');
		await smtp.down();
		const id = await addJob('mail.reset', { email: user.email });
		await serviceIs('mail', 'unhealthy');
		await smtp.up();
		await db.query('UPDATE yavio.jobs SET run_at = now() WHERE id = $1', [id]);
		await db.query('NOTIFY yavio_jobs');
		await jobState(id, 'done');
		await serviceIs('mail', 'healthy');
		const jobs = await stack.pid('jobs');
		process.kill(jobs, 'SIGSTOP');
		try {
			await serviceIs('jobs', 'unhealthy');
		} finally {
			process.kill(jobs, 'SIGCONT');
		}
		await serviceIs('jobs', 'healthy');
	});

	it('counts the logins that are not over', async () => {
		const user = await addUser();
		for (const [stage, end] of [['full', '1 hour'], ['full', '2 hours'], ['totp', '1 hour'], ['full', '-1 hour']])
			await db.query(`INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, created_at, expires_at)
				VALUES ($1, $2, $3, $4, 'password', now() - interval '2 hours', now() + $5::interval)`, [randomUUID(), user.id, randomBytes(32), stage, end]);
		await metricsWith(/^yavio_dashboard_active_sessions 2$/m);
	});
});

describe('jobs', () => {
	let user;
	let dead;
	before(async () => {
		user = await addUser();
		smtp.order({ rcpt: '550 no' });
		dead = await addJob('mail.reset', { email: user.email });
		await jobState(dead, 'dead');
	});

	it('list, by state and kind', async () => {
		const rows = await json('jobs', 'list', '--state', 'dead');
		assert.deepEqual(rows.map((r) => [r.id, r.kind, r.state, r.attempts, r.last_error]),
			[[dead, 'mail.reset', 'dead', 1, 'the server answered 550']]);
		assert.match(await stack.must(['jobs', 'list', '--kind', 'mail.reset']), /id +kind +state .*\n.*mail\.reset +dead +1 /);
		assert.match(await stack.must(['jobs', 'list', '--kind', 'none']), /No such jobs/);
		assert.equal((await json('jobs', 'list', '--limit', '2')).length, 2);
		await failed(['jobs', 'list', '--limit', '0'], 2, /--limit/);
	});

	it('show, with its payload', async () => {
		const row = JSON.parse(await stack.must(['jobs', 'show', String(dead)]));
		assert.deepEqual(row.payload, { email: user.email });
		await failed(['jobs', 'show', '999999'], 5, /YAVIO-6418/);
		await failed(['jobs', 'show', 'x'], 2, /number of a job/);
	});

	it('status and metrics tell of it', async () => {
		const status = await json('status');
		assert.equal(status.jobs.dead, 1);
		assert.ok(status.programs.some((p) => p.name === 'jobs' && p.state === 'running'));
		assert.match(await stack.must(['status']), /Jobs +✗ \d+ waiting.*, 1 dead: bin\/yavio jobs list --state dead/);
		assert.match(await stack.must(['health', 'jobs']), /jobs healthy/);
		const text = await metricsWith(/^yavio_jobs_dead\{kind="mail\.reset"\} 1$/m);
		assert.match(text, /^yavio_jobs_dead_total\{kind="mail\.reset"\} 1$/m);
		assert.match(text, /^yavio_jobs_runs_total\{kind="cleanup\.sessions",result="done"\} 1$/m);
		assert.match(text, /^yavio_mail_total\{kind="mail\.reset",result="rejected"\} 1$/m);
		assert.match(text, /^yavio_erasures_pending 0$/m);
		assert.match(text, /^yavio_jobs_oldest_seconds 0$/m);
		assert.match(text, /^yavio_dependency_up\{service="jobs",dependency="postgres"\} 1$/m);
	});

	it('retry: one, or all dead ones; purge', async () => {
		assert.match(await stack.must(['jobs', 'retry', String(dead)]), /✓ 1 job queued again/);
		await smtp.mail((m) => m.to === user.email);
		await jobState(dead, 'done');
		await failed(['jobs', 'retry', String(dead)], 5, /YAVIO-6418/);
		await failed(['jobs', 'retry'], 2, /number of a job or --all/);
		for (let i = 0; i < 2; i++) {
			smtp.order({ rcpt: '550 no' });
			await jobState(await addJob('mail.account_exists', { email: user.email }), 'dead');
		}
		assert.deepEqual(await json('jobs', 'purge', '--all', '--older', '1h'), { purged: 0 });
		assert.deepEqual(await json('jobs', 'retry', '--all', '--kind', 'mail.reset'), { retried: 0 });
		assert.deepEqual(await json('jobs', 'retry', '--all'), { retried: 2 });
		await waitFor('both mails', () => smtp.mails.filter((m) => m.subject.startsWith('You already')).length === 2, 20_000);
		smtp.order({ rcpt: '550 no' });
		await jobState(await addJob('mail.account_exists', { email: user.email }), 'dead');
		assert.deepEqual(await json('jobs', 'purge', '--all'), { purged: 1 });
	});
});

describe('users', () => {
	it('list', async () => {
		const user = await addUser();
		const row = (await json('users', 'list')).find((u) => u.email === user.email);
		assert.deepEqual([row.id, row.verified, row.has_password, row.two_factor, row.locked, row.workspaces, row.last_login_at],
			[user.id, true, false, false, false, 0, null]);
		const text = await stack.must(['users', 'list']);
		assert.match(text, /email +name +workspaces/);
		assert.doesNotMatch(text, /yavio\.invalid/);
	});

	it('reset-password prints a link that works once, and voids the one before', async () => {
		const user = await addUser();
		const links = [];
		for (let i = 0; i < 2; i++) links.push((await stack.must(['users', 'reset-password', user.email.toUpperCase()])).trim());
		const rows = [];
		for (const link of links) {
			const [, token] = /^http:\/\/localhost:\d+\/reset-password#t=([\w-]{43})$/.exec(link);
			rows.push(await one('SELECT * FROM yavio.verification_tokens WHERE token_hash = $1', [createHash('sha256').update(token).digest()]));
		}
		assert.deepEqual(rows.map((r) => [r.user_id, r.type, r.used_at === null]), [[user.id, 'password_reset', false], [user.id, 'password_reset', true]]);
		assert.equal(Math.round((rows[1].expires_at - Date.now()) / 60_000), 60);
		assert.match((await json('users', 'reset-password', user.email)).url, /#t=/);
		const audit = await one("SELECT count(*) FROM yavio.audit_log WHERE actor_kind = 'cli' AND actor_user_id = $1 AND action = 'auth.password_reset'", [user.id]);
		assert.equal(Number(audit.count), 3);
		await failed(['users', 'reset-password', 'nobody@example.com'], 5, /YAVIO-6417/);
		await failed(['users', 'reset-password', 'system@yavio.invalid'], 5, /YAVIO-6417/);
	});

	it('unlock', async () => {
		const user = await addUser();
		await db.query("INSERT INTO yavio.login_attempts (kind, subject, ip, tier) VALUES ('password', $1, '::1', 3), ('totp', $2, '::1', 0)", [user.email, user.id]);
		assert.equal((await json('users', 'list')).find((u) => u.email === user.email).locked, true);
		assert.deepEqual(await json('users', 'unlock', user.email), { changed: true });
		assert.deepEqual(await json('users', 'unlock', user.email), { changed: false });
		assert.equal((await json('users', 'list')).find((u) => u.email === user.email).locked, false);
		await failed(['users', 'unlock', 'nobody@example.com'], 5, /YAVIO-6417/);
	});

	it('disable-2fa ends all logins and tells the user', async () => {
		const user = await addUser();
		await db.query("INSERT INTO yavio.user_totp (user_id, secret_enc, confirmed_at) VALUES ($1, 'v1:k1:x', now())", [user.id]);
		await db.query("INSERT INTO yavio.recovery_codes (id, user_id, code_hash) VALUES ($1, $2, $3)", [randomUUID(), user.id, randomBytes(32)]);
		await db.query(`INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, expires_at)
			VALUES ($1, $2, $3, 'full', 'password', now() + interval '1 day')`, [randomUUID(), user.id, randomBytes(32)]);
		assert.deepEqual(await json('users', 'disable-2fa', user.email), { changed: true });
		for (const table of ['user_totp', 'recovery_codes', 'sessions'])
			assert.equal(Number((await one(`SELECT count(*) FROM yavio.${table} WHERE user_id = $1`, [user.id])).count), 0, table);
		assert.equal((await smtp.mail((m) => m.to === user.email)).subject, 'Two-factor login was turned off');
		assert.deepEqual(await json('users', 'disable-2fa', user.email), { changed: false });
	});
});

describe('secrets', () => {
	const keyOf = (ring, id) => Buffer.from(ring.split(',').find((k) => k.startsWith(`${id}:`)).slice(id.length + 1), 'base64');
	const seal = (ring, id, place, plain) => {
		const nonce = randomBytes(12);
		const cipher = createCipheriv('aes-256-gcm', keyOf(ring, id), nonce).setAAD(Buffer.from(place));
		const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
		return `v1:${id}:${sealed.toString('base64url')}`;
	};
	const unseal = (ring, place, text) => {
		const [, id, body] = text.split(':');
		const bytes = Buffer.from(body, 'base64url');
		const cipher = createDecipheriv('aes-256-gcm', keyOf(ring, id), bytes.subarray(0, 12)).setAAD(Buffer.from(place));
		cipher.setAuthTag(bytes.subarray(-16));
		return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString();
	};
	const ROWS = 1200;
	const users = [];

	it('rotate ENCRYPTION_KEY: a new key in front, every stored value under it, no key lost', async () => {
		const old = settings.ENCRYPTION_KEY;
		for (let i = 0; i < ROWS; i++) users.push(randomUUID());
		await db.query("INSERT INTO yavio.users (id, email, name, email_verified_at) SELECT id, id || '@example.com', 'Ann', now() FROM unnest($1::uuid[]) AS id", [users]);
		await db.query('INSERT INTO yavio.user_totp (user_id, secret_enc, confirmed_at) SELECT id, enc, now() FROM unnest($1::uuid[], $2::text[]) AS r (id, enc)',
			[users, users.map((id) => seal(old, 'k1', `user_totp.secret_enc:${id}`, `secret of ${id}`))]);
		assert.deepEqual(await json('secrets', 'rotate', 'ENCRYPTION_KEY', '--status'), [{ key: 'k1', active: true, uses: ROWS }]);
		const done = await json('secrets', 'rotate', 'ENCRYPTION_KEY');
		assert.deepEqual(done, { secret: 'ENCRYPTION_KEY', new_value: true, rows: ROWS });
		settings = await readSettings();
		assert.match(settings.ENCRYPTION_KEY, /^k2:[^,]+,k1:/);
		assert.ok(settings.ENCRYPTION_KEY.endsWith(old));
		assert.equal((await stat(stack.envFile)).mode & 0o077, 0);
		const { rows } = await db.query('SELECT user_id, secret_enc FROM yavio.user_totp WHERE user_id = ANY ($1)', [users]);
		for (const row of rows) {
			assert.ok(row.secret_enc.startsWith('v1:k2:'));
			assert.equal(unseal(settings.ENCRYPTION_KEY, `user_totp.secret_enc:${row.user_id}`, row.secret_enc), `secret of ${row.user_id}`);
		}
		assert.deepEqual((await json('secrets', 'rotate', 'ENCRYPTION_KEY', '--status')).map((k) => [k.key, k.uses]), [['k2', ROWS], ['k1', 0]]);
	});

	it('every program has the new settings; the stack is healthy', async () => {
		assert.equal((await json('status')).ok, true);
		const running = await readFile(join(stack.home, 'service/.env'), 'utf8');
		assert.ok(running.includes(settings.ENCRYPTION_KEY));
	});

	it('a rotation that was cut short goes on, without another key', async () => {
		const some = users.slice(0, 10);
		for (const id of some)
			await db.query('UPDATE yavio.user_totp SET secret_enc = $2 WHERE user_id = $1',
				[id, seal(settings.ENCRYPTION_KEY, 'k1', `user_totp.secret_enc:${id}`, 'again')]);
		await failed(['secrets', 'retire', 'k1'], 4, /YAVIO-6419[\s\S]*10 stored values need k1/);
		assert.deepEqual(await json('secrets', 'rotate', 'ENCRYPTION_KEY'), { secret: 'ENCRYPTION_KEY', new_value: false, rows: 10 });
		assert.equal((await readSettings()).ENCRYPTION_KEY, settings.ENCRYPTION_KEY);
	});

	it('a value that does not open stops it, and is told', async () => {
		await db.query('UPDATE yavio.user_totp SET secret_enc = $2 WHERE user_id = $1', [users[0], 'v1:k1:AAAA']);
		await failed(['secrets', 'rotate', 'ENCRYPTION_KEY'], 4, /YAVIO-6419/);
		await db.query('DELETE FROM yavio.user_totp WHERE user_id = $1', [users[0]]);
	});

	it('retire: an old key that nothing needs; never the active one', async () => {
		await failed(['secrets', 'retire', 'k2'], 4, /active key/);
		await failed(['secrets', 'retire', 'k9'], 5, /YAVIO-6418/);
		assert.deepEqual(await json('secrets', 'retire', 'k1'), { retired: 'k1' });
		settings = await readSettings();
		assert.match(settings.ENCRYPTION_KEY, /^k2:[^,]+$/);
		assert.equal((await json('status')).ok, true);
	});

	it('API_KEY_HASH_SECRET: old keys go on working, new ones are under the new secret', async () => {
		const first = await stack.createKey();
		const before_ = settings.API_KEY_HASH_SECRET;
		assert.deepEqual(await json('secrets', 'rotate', 'API_KEY_HASH_SECRET'), { secret: 'API_KEY_HASH_SECRET', new_value: true, rows: 0 });
		settings = await readSettings();
		assert.ok(settings.API_KEY_HASH_SECRET.endsWith(`,${before_}`));
		const second = await stack.createKey('Test workspace', 'Another');
		for (const { key } of [first, second]) assert.equal((await stack.post(key, [event()])).status, 200);
		assert.deepEqual((await json('secrets', 'rotate', 'API_KEY_HASH_SECRET', '--status')).map((k) => [k.key, k.uses]), [['h2', 1], ['h1', 1]]);
		await failed(['secrets', 'retire', 'h1'], 4, /1 API keys need h1/);
		await stack.must(['keys', 'revoke', (await json('keys', 'list')).find((k) => k.project_id === first.project_id).id]);
		assert.match(await stack.must(['secrets', 'retire', 'h1']), /h1 is gone[\s\S]*Recovery codes made before h1 was replaced no longer work/);
		assert.equal((await stack.post(second.key, [event()])).status, 200);
	});

	it('others have one value; what is no secret, and what the environment sets, is refused', async () => {
		const before_ = settings.NEXTAUTH_SECRET;
		await stack.must(['secrets', 'rotate', 'NEXTAUTH_SECRET']);
		assert.notEqual((await readSettings()).NEXTAUTH_SECRET, before_);
		await failed(['secrets', 'rotate', 'LOG_LEVEL'], 2, /no secret/);
		const done = await stack.yavio(['secrets', 'rotate', 'NEXTAUTH_SECRET'], { env: { NEXTAUTH_SECRET: randomBytes(32).toString('base64') } });
		assert.equal(done.code, 1);
		assert.match(done.stderr, /YAVIO-7206[\s\S]*comes from environment/);
	});

	it('no log line holds a key, a token or an address', async () => {
		const needles = [...Object.entries(settings).filter(([name]) => /SECRET|KEY|PASSWORD|TOKEN/.test(name)).map(([, value]) => value),
			...smtp.mails.map((m) => m.token).filter(Boolean), 'example.com'];
		for (const program of await readdir(join(stack.home, 'log')))
			for (const file of await readdir(join(stack.home, 'log', program))) {
				const text = await readFile(join(stack.home, 'log', program, file), 'utf8').catch(() => '');
				if (program !== 'postgres') for (const needle of needles) assert.ok(!text.includes(needle), `${program}/${file}`);
			}
	});
});
