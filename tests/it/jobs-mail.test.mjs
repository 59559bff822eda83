// SPDX-License-Identifier: MIT
// Mail: every template with its exact link, sent over a real mail server, once, whatever dies or refuses meanwhile.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Jobs } from '../support/jobs.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { until } from '../support/process.mjs';
import { startSmtp } from '../support/smtp.mjs';

const LOGIN = { user: 'yavio', password: 'a mail password, with "quotes" \\ and ümlauts' };
const APP = 'https://yavio.test';

let cluster;
let smtp;
let jobs;
let service;
let seen;

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
	service = await cluster.connect('yavio_service');
	smtp = await startSmtp({ tls: 'starttls', auth: LOGIN });
	jobs = new Jobs(cluster, smtp.env);
	await jobs.start();
});
after(async () => {
	await jobs?.stop();
	await smtp?.stop();
	await cluster?.stop();
});
beforeEach(() => {
	seen = smtp.mails.length;
});

const sha256 = (text) => createHash('sha256').update(text).digest();

async function addUser({ name = 'Ann', verified = true } = {}) {
	const user = { id: randomUUID(), email: `u${randomUUID().slice(0, 8)}@example.com`, name };
	await service.query('INSERT INTO users (id, email, name, email_verified_at) VALUES ($1, $2, $3, $4)',
		[user.id, user.email, name, verified ? new Date() : null]);
	return user;
}

async function addInvitation(inviter, workspaceName) {
	const workspace = randomUUID();
	const invitation = { id: randomUUID(), email: `i${randomUUID().slice(0, 8)}@example.com` };
	await service.query('INSERT INTO workspaces (id, name, slug, owner_id) VALUES ($1, $2, $3, $4)',
		[workspace, workspaceName, `w-${workspace.slice(0, 8)}`, inviter.id]);
	await service.query(`INSERT INTO invitations (id, workspace_id, email, role, invited_by, expires_at)
		VALUES ($1, $2, $3, 'member', $4, now() + interval '1 day')`, [invitation.id, workspace, invitation.email, inviter.id]);
	return invitation;
}

const mailTo = (address) => smtp.mail((mail) => mail.to === address, { after: seen });
const token = async (hash) => (await service.query('SELECT * FROM verification_tokens WHERE token_hash = $1', [hash])).rows[0];

/** Minutes from now. */
const minutes = (time) => Math.round((time - Date.now()) / 60_000);

describe('templates', () => {
	it('verify: link with a token of 256 bits that only its hash is stored of, for 24 hours', async () => {
		const user = await addUser({ verified: false });
		const id = await jobs.add('mail.verify', { email: user.email });
		const mail = await mailTo(user.email);
		assert.equal(mail.subject, 'Confirm your email address');
		assert.match(mail.token, /^[\w-]{43}$/);
		assert.deepEqual(mail.links, [`${APP}/verify-email#t=${mail.token}`]);
		assert.ok(mail.html.includes(`href="${APP}/verify-email#t=${mail.token}"`));
		const row = await token(sha256(mail.token));
		assert.deepEqual([row.user_id, row.type, row.used_at, minutes(row.expires_at)], [user.id, 'email_verification', null, 1440]);
		const job = await jobs.state(id, 'done');
		assert.deepEqual(job.payload, {});
		const { rows } = await service.query('SELECT jobs::text FROM jobs');
		assert.ok(rows.every((r) => !r.jobs.includes(mail.token)));
	});

	it('is signed in over TLS, from the configured sender, made by a machine', async () => {
		const user = await addUser();
		await jobs.add('mail.reset', { email: user.email });
		const mail = await mailTo(user.email);
		assert.equal(mail.tls, true);
		assert.equal(mail.login, LOGIN.user);
		assert.equal(mail.sender, 'noreply@yavio.test');
		assert.equal(mail.headers.from, '"Yavio" <noreply@yavio.test>');
		assert.equal(mail.headers.to, `<${user.email}>`);
		assert.equal(mail.headers['auto-submitted'], 'auto-generated');
		assert.match(mail.messageId, /^<[0-9a-f]{32}@yavio\.test>$/);
		assert.match(mail.headers['content-type'], /^multipart\/alternative;/);
		assert.ok(Math.abs(new Date(mail.headers.date) - Date.now()) < 60_000);
		assert.ok(mail.raw.split('\r\n').every((line) => line.length <= 76 || line.startsWith('Content-Type:')), mail.raw);
		assert.doesNotMatch(mail.raw, /[^\r]\n|[^\x00-\x7F]/);
	});

	it('reset: an hour, and a newer one voids the older', async () => {
		const user = await addUser();
		await jobs.add('mail.reset', { email: user.email });
		const first = await mailTo(user.email);
		assert.equal(first.links[0], `${APP}/reset-password#t=${first.token}`);
		assert.equal(minutes((await token(sha256(first.token))).expires_at), 60);
		seen = smtp.mails.length;
		await jobs.add('mail.reset', { email: user.email });
		const second = await mailTo(user.email);
		assert.notEqual(second.token, first.token);
		assert.notEqual(second.messageId, first.messageId);
		assert.notEqual((await token(sha256(first.token))).used_at, null);
		assert.equal((await token(sha256(second.token))).used_at, null);
	});

	it('account_exists, locked, and locked with an unlock link', async () => {
		const user = await addUser();
		await jobs.add('mail.account_exists', { email: user.email });
		let mail = await mailTo(user.email);
		assert.deepEqual([mail.subject, mail.links], ['You already have a Yavio account', [`${APP}/login`]]);
		seen = smtp.mails.length;
		await jobs.add('mail.locked', { email: user.email, tier: 2 });
		mail = await mailTo(user.email);
		assert.deepEqual([mail.subject, mail.links], ['Too many failed logins', [`${APP}/forgot-password`]]);
		seen = smtp.mails.length;
		await jobs.add('mail.locked', { email: user.email, tier: 3 });
		mail = await mailTo(user.email);
		assert.deepEqual([mail.subject, mail.links], ['Your account is locked', [`${APP}/unlock#t=${mail.token}`]]);
		const row = await token(sha256(mail.token));
		assert.deepEqual([row.type, minutes(row.expires_at)], ['account_unlock', 1440]);
	});

	it('security: each event has its own words', async () => {
		const user = await addUser();
		const subjects = new Set();
		for (const event of ['password_changed', 'totp_on', 'totp_off', 'codes_renewed', 'recovery_used', 'oauth_linked',
			'oauth_unlinked']) {
			seen = smtp.mails.length;
			await jobs.add('mail.security', { userId: user.id, event });
			const mail = await mailTo(user.email);
			assert.deepEqual(mail.links, [`${APP}/settings/account`]);
			subjects.add(mail.subject);
		}
		assert.equal(subjects.size, 7);
	});

	it('invite: values are escaped where they go, whatever they hold', async () => {
		const inviter = await addUser({ name: 'Zoë <b>&"\'' });
		const invitation = await addInvitation(inviter, 'Größe & <script>alert(1)</script> ✓');
		await jobs.add('mail.invite', { invitationId: invitation.id });
		const mail = await mailTo(invitation.email);
		assert.equal(mail.subject, 'Invitation to Größe & <script>alert(1)</script> ✓ on Yavio');
		assert.match(mail.text.replace(/\s+/g, ' '), /Zoë <b>&"' invites you to the workspace Größe & <script>/);
		assert.doesNotMatch(mail.html, /<script|<b>/);
		assert.ok(mail.html.includes('Zoë &lt;b&gt;&amp;&quot;&#39; invites you'));
		assert.equal(mail.links[0], `${APP}/invite#t=${mail.token}`);
		const { rows: [row] } = await service.query('SELECT * FROM invitations WHERE id = $1', [invitation.id]);
		assert.deepEqual(row.token_hash, sha256(mail.token));
		assert.equal(minutes(row.expires_at), 7 * 24 * 60);
		assert.ok(row.sent_at);
	});

	it('a name with a line break cannot make a header', async () => {
		const user = await addUser({ name: 'Eve\r\nBcc: victim@example.com' });
		await jobs.add('mail.reset', { email: user.email });
		const mail = await mailTo(user.email);
		assert.equal(mail.headers.bcc, undefined);
		assert.deepEqual(mail.recipients, [user.email]);
		assert.match(mail.text, /^Hello Eve Bcc: victim@example\.com,\r\n/);
	});
});

describe('who gets none', () => {
	it('an address that nobody has, a verified account, a used invitation: done without a mail', async () => {
		const user = await addUser();
		const invitation = await addInvitation(user, 'Used');
		await service.query('UPDATE invitations SET accepted_at = now() WHERE id = $1', [invitation.id]);
		const ids = [
			await jobs.add('mail.reset', { email: 'nobody@example.com' }),
			await jobs.add('mail.verify', { email: user.email }),
			await jobs.add('mail.invite', { invitationId: invitation.id }),
			await jobs.add('mail.invite', { invitationId: randomUUID() }),
			await jobs.add('mail.reset', { email: 'system@yavio.invalid' }),
		];
		for (const id of ids) await jobs.state(id, 'done');
		assert.equal(smtp.mails.length, seen);
	});

	it('addresses and tokens are in no log line', async () => {
		const user = await addUser();
		await jobs.add('mail.reset', { email: user.email });
		const mail = await mailTo(user.email);
		assert.ok(!jobs.process.output().includes(user.email));
		assert.ok(!jobs.process.output().includes(mail.token));
		assert.ok(!jobs.process.output().includes(LOGIN.password));
	});
});

describe('failures', () => {
	it('4xx: again after a minute; the operator may say at once; the same mail arrives', async () => {
		const user = await addUser();
		smtp.order({ rcpt: '451 greylisted' });
		const id = await jobs.add('mail.reset', { email: user.email });
		const waiting = await until('it waits', async () => {
			const job = await jobs.job(id);
			return job.state === 'queued' && job.attempts === 1 && job;
		});
		assert.equal(Math.round((waiting.run_at - Date.now()) / 1000 / 10), 6);
		assert.equal(waiting.last_error, 'the server answered 451');
		assert.equal(jobs.errors('YAVIO-4510').length, 1);
		await service.query('UPDATE jobs SET run_at = now() WHERE id = $1', [id]);
		await service.query('NOTIFY yavio_jobs');
		await mailTo(user.email);
		await jobs.state(id, 'done');
	});

	it('5xx: rejected at once, dead and visible', async () => {
		const user = await addUser();
		for (const step of ['mail', 'rcpt', 'data']) {
			smtp.order({ [step]: '550 no such mailbox' });
			const job = await jobs.state(await jobs.add('mail.reset', { email: user.email }), 'dead');
			assert.deepEqual([job.attempts, job.last_error], [1, 'the server answered 550']);
			assert.deepEqual(job.payload, { email: user.email });
		}
		assert.ok(jobs.errors('YAVIO-4511').length >= 1);
		assert.ok(jobs.errors('YAVIO-4503').length >= 1);
		assert.equal(smtp.mails.length, seen);
	});

	it('not understood: a payload or kind of another version waits for the upgrade', async () => {
		const ids = [await jobs.add('mail.reset', { address: 'x' }), await jobs.add('mail.postcard', {}),
			await jobs.add('dance', {}), await jobs.add('mail.security', { userId: randomUUID(), event: 'unheard' })];
		for (const id of ids)
			await until('it waits', async () => {
				const job = await jobs.job(id);
				return job.state === 'queued' && job.attempts === 1;
			});
		assert.ok(jobs.errors('YAVIO-4504').length >= 1);
		assert.ok(jobs.errors('YAVIO-4505').length >= 1);
		await service.query('DELETE FROM jobs WHERE id = ANY ($1)', [ids]);
	});

	it('server away: refused, retried, delivered when it is back', async () => {
		const user = await addUser();
		await smtp.down();
		const id = await jobs.add('mail.reset', { email: user.email });
		await until('it failed', async () => (await jobs.job(id)).attempts === 1 && (await jobs.job(id)).state === 'queued');
		await smtp.up();
		await service.query('UPDATE jobs SET run_at = now() WHERE id = $1', [id]);
		await service.query('NOTIFY yavio_jobs');
		await mailTo(user.email);
		assert.equal((await jobs.state(id, 'done')).attempts, 2);
	});

	it('kill -9 between sending and marking: again with the same Message-ID and a link that still opens', async () => {
		const user = await addUser();
		await jobs.kill('SIGTERM');
		await jobs.start({ YAVIO_JOBS_LEASE_MS: '1500' });
		smtp.order({ delay: 30 });
		const id = await jobs.add('mail.reset', { email: user.email });
		const first = await mailTo(user.email);
		await jobs.kill();
		assert.equal((await jobs.job(id)).state, 'running');
		seen = smtp.mails.length;
		await jobs.start({ YAVIO_JOBS_LEASE_MS: '1500' });
		const second = await mailTo(user.email);
		const job = await jobs.state(id, 'done');
		assert.equal(job.attempts, 2);
		assert.equal(second.messageId, first.messageId);
		assert.equal(second.token, first.token);
		assert.equal(second.text, first.text);
		assert.equal((await token(sha256(second.token))).used_at, null);
		const { rows } = await service.query("SELECT count(*) FROM verification_tokens WHERE user_id = $1 AND type = 'password_reset'",
			[user.id]);
		assert.equal(rows[0].count, 1);
	});

	it('an older request that comes after a newer one sends nothing', async () => {
		const user = await addUser();
		const old = await jobs.add('mail.reset', { email: user.email });
		await mailTo(user.email);
		await jobs.state(old, 'done');
		// as if its first try had failed before the next request was made
		await service.query(`UPDATE jobs SET kind = 'mail.hold', state = 'queued', finished_at = NULL, run_at = now() + interval '1 day',
			payload = $2, created_at = created_at - interval '1 hour' WHERE id = $1`, [old, { email: user.email }]);
		seen = smtp.mails.length;
		await jobs.add('mail.reset', { email: user.email });
		await mailTo(user.email);
		await service.query("UPDATE jobs SET kind = 'mail.reset', run_at = now() WHERE id = $1", [old]);
		await service.query('NOTIFY yavio_jobs');
		await jobs.state(old, 'done');
		assert.equal(smtp.mails.length, seen + 1);
	});

	it('a slow server holds up no other lane, and its lease is renewed', async () => {
		const user = await addUser();
		smtp.order({ delay: 4 });
		const id = await jobs.add('mail.reset', { email: user.email });
		await mailTo(user.email);
		const lease = (await jobs.job(id)).lease_until;
		await jobs.state(await jobs.add('cleanup.totp'), 'done');
		await until('the lease is longer', async () => {
			const job = await jobs.job(id);
			return job.state === 'running' && job.lease_until > lease;
		});
		assert.equal((await jobs.state(id, 'done')).attempts, 1);
	});
});

describe('ways to the server', () => {
	const withServer = async (options, env, check) => {
		const other = await startSmtp(options);
		const worker = new Jobs(cluster, { ...other.env, ...env });
		await jobs.kill('SIGTERM');
		try {
			await worker.start();
			await check(other, worker);
		} finally {
			await worker.stop();
			await other.stop();
		}
	};
	const failed = (worker, id) => until('it failed', async () => {
		const job = await worker.job(id);
		return job.state === 'queued' && job.attempts === 1 && job;
	});

	it('TLS from the first byte', () => withServer({ tls: 'tls', auth: LOGIN }, {}, async (other, worker) => {
		const user = await addUser();
		await worker.add('mail.reset', { email: user.email });
		const mail = await other.mail();
		assert.deepEqual([mail.to, mail.tls, mail.login], [user.email, true, LOGIN.user]);
	}));

	it('clear text on loopback alone, when it is asked for', () => withServer({ tls: 'none' }, {}, async (other, worker) => {
		const user = await addUser();
		await worker.add('mail.reset', { email: user.email });
		assert.equal((await other.mail()).tls, false);
	}));

	it('a certificate that nobody vouches for: nothing is sent, 4512', () =>
		withServer({ tls: 'starttls' }, { SMTP_CA_FILE: '' }, async (other, worker) => {
			const user = await addUser();
			await failed(worker, await worker.add('mail.reset', { email: user.email }));
			assert.equal(worker.errors('YAVIO-4512').length, 1);
			assert.equal(other.mails.length, 0);
		}));

	it('no STARTTLS where it is demanded: nothing is sent, 4512', () =>
		withServer({ tls: 'none', auth: LOGIN }, { SMTP_TLS: 'starttls' }, async (other, worker) => {
			const user = await addUser();
			await failed(worker, await worker.add('mail.reset', { email: user.email }));
			assert.equal(worker.errors('YAVIO-4512').length, 1);
			assert.equal(other.mails.length + other.refused.length, 0);
		}));

	it('auto on loopback: encrypted when offered', () =>
		withServer({ tls: 'starttls' }, { SMTP_TLS: 'auto', SMTP_CA_FILE: '' }, async (other, worker) => {
			const user = await addUser();
			await worker.add('mail.reset', { email: user.email });
			assert.equal((await other.mail()).tls, true);
		}));

	it('a wrong login is the settings\' fault, not the mail\'s: retried', () =>
		withServer({ tls: 'starttls', auth: LOGIN }, { SMTP_PASSWORD: 'wrong' }, async (other, worker) => {
			const user = await addUser();
			const job = await failed(worker, await worker.add('mail.reset', { email: user.email }));
			assert.equal(job.last_error, 'login refused');
		}));

	it('mail off: done, with a log line', async () => {
		const worker = new Jobs(cluster);
		try {
			await worker.start();
			const user = await addUser();
			await worker.state(await worker.add('mail.reset', { email: user.email }), 'done');
			assert.equal(worker.log('mail is off').length, 1);
		} finally {
			await worker.stop();
		}
	});
});
