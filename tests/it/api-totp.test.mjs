// SPDX-License-Identifier: MIT
// Two-factor login: set-up, the second step of a login, limits, recovery codes, turning it off; codes by oathtool.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ok, PASSWORD, refused, startDashboard } from '../support/dashboard.mjs';
import { auditOf, codeOf, personWithTotp, securityMailsOf, wrongCode } from '../support/totp.mjs';

const ENROL = '/api/auth/account/totp/enrol';
const CONFIRM = '/api/auth/account/totp/confirm';
const DISABLE = '/api/auth/account/totp/disable';
const RENEW = '/api/auth/account/totp/recovery-codes';
const TOTP = '/api/auth/totp';

let stack;
before(async () => {
	stack = await startDashboard({ workers: 4 });
});
after(() => stack?.stop());

const staged = (person) => stack.signIn(person, { stage: 'totp', method: 'github' });
const tries = async (person) => (await stack.sql("SELECT count(*) AS n FROM yavio.login_attempts WHERE kind = 'totp' AND subject = $1", [person.id]))[0].n;
const sessions = async (person) => (await stack.sql('SELECT count(*) AS n FROM yavio.sessions WHERE user_id = $1', [person.id]))[0].n;

describe('turning it on', () => {
	it('enrol gives a secret that an authenticator understands; nothing is on before it is confirmed', async () => {
		const person = await stack.person({ name: 'Ann' });
		const { secret, otpauthUrl } = ok(await person.client.post(ENROL));
		const url = new URL(otpauthUrl);
		assert.equal(`${url.protocol}//${url.host}${decodeURIComponent(url.pathname)}`, `otpauth://totp/Yavio:${person.email}`);
		assert.deepEqual(Object.fromEntries(url.searchParams), { secret, issuer: 'Yavio', algorithm: 'SHA1', digits: '6', period: '30' });
		const [row] = await stack.sql('SELECT secret_enc, confirmed_at FROM yavio.user_totp WHERE user_id = $1', [person.id]);
		assert.match(row.secret_enc, /^v1:k1:[A-Za-z0-9_-]{64}$/);
		assert.equal(row.confirmed_at, null);
		assert.equal(ok(await person.client.get('/api/auth/session')).user.twoFactor, false);
	});

	it('confirm: ten recovery codes once, other logins end, audited and mailed', async () => {
		const person = await stack.person();
		const other = await stack.signIn(person);
		const { secret } = ok(await person.client.post(ENROL));
		refused(await person.client.post(CONFIRM, { code: wrongCode(secret) }), 400, 3017);
		const { recoveryCodes } = ok(await person.client.post(CONFIRM, { code: codeOf(secret) }));
		assert.equal(new Set(recoveryCodes).size, 10);
		refused(await other.get('/api/auth/session'), 401, 3000);
		const { user } = ok(await person.client.get('/api/auth/session'));
		assert.deepEqual([user.twoFactor, user.recoveryCodesLeft], [true, 10]);
		assert.deepEqual(await auditOf(stack, person), ['auth.totp_on']);
		assert.deepEqual(await securityMailsOf(stack, person), ['totp_on']);
		assert.equal(await tries(person), 0);
		const stored = await stack.sql('SELECT code_hash FROM yavio.recovery_codes WHERE user_id = $1', [person.id]);
		assert.ok(stored.every(({ code_hash: hash }) => hash.length === 32));
		refused(await person.client.post(ENROL), 409, 3018);
		refused(await person.client.post(CONFIRM, { code: codeOf(secret, 1) }), 409, 3019);
	});

	it('a new enrolment replaces the pending one; nothing pending, or for longer than 15 minutes: 3019, no try is counted', async () => {
		const person = await stack.person();
		refused(await person.client.post(CONFIRM, { code: '123456' }), 409, 3019);
		const first = ok(await person.client.post(ENROL)).secret;
		const second = ok(await person.client.post(ENROL)).secret;
		assert.notEqual(first, second);
		if (codeOf(first) !== codeOf(second)) refused(await person.client.post(CONFIRM, { code: codeOf(first) }), 400, 3017);
		await stack.sql("UPDATE yavio.user_totp SET created_at = now() - interval '15 minutes' WHERE user_id = $1", [person.id]);
		refused(await person.client.post(CONFIRM, { code: codeOf(second) }), 409, 3019);
		assert.ok((await tries(person)) <= 1);
	});

	it('wants a recent login, and codes of six digits', async () => {
		const person = await stack.person({ authAgo: 601 });
		refused(await person.client.post(ENROL), 403, 3020);
		for (const code of ['12345', '1234567', 'abcdef', '12345६', '']) {
			assert.equal(refused(await person.client.post(CONFIRM, { code }), 400, 3050).json.error.details[0].field, 'code', code);
		}
		refused(await person.client.post(CONFIRM, {}), 400, 3050, { code: 'required' });
		refused(await person.client.post(CONFIRM, { code: 123456 }), 400, 3050, { code: 'wrong_type' });
	});
});

describe('the second step of a login', () => {
	it('after the right password: the stage opens nothing but the code and logout', async () => {
		const person = await personWithTotp(stack);
		const client = stack.client();
		assert.deepEqual(ok(await client.post('/api/auth/login', { email: person.email, password: PASSWORD })), { status: 'totp_required' });
		const stage = client.session;
		for (const path of ['/api/auth/session', '/api/auth/account', '/api/auth/sessions']) refused(await client.get(path), 401, 3016);
		refused(await client.post(ENROL), 401, 3016);
		const answer = ok(await client.post(TOTP, { code: codeOf(person.secret) }));
		assert.deepEqual([answer.status, answer.user.id, answer.recoveryCodesLeft], ['ok', person.id, 10]);
		assert.notEqual(client.session, stage);
		const old = stack.client();
		old.session = stage;
		refused(await old.post(TOTP, { code: codeOf(person.secret, 1) }), 401, 3000);
		const { items } = ok(await client.get('/api/auth/sessions'));
		assert.equal(items.find((item) => item.current).method, 'password');
		assert.equal((await auditOf(stack, person)).at(-1), 'auth.login');
		ok(await (await staged(person)).post('/api/auth/logout'), 204);
	});

	it('a full login, none, or an unknown one: 3000', async () => {
		const person = await personWithTotp(stack);
		refused(await person.client.post(TOTP, { code: codeOf(person.secret) }), 401, 3000);
		refused(await stack.client().post(TOTP, { code: codeOf(person.secret) }), 401, 3000);
	});

	it('a step opens once; one step early or late is right, two are not', async () => {
		const person = await personWithTotp(stack);
		// All of it within one step: a test that begins at its end waits for the next.
		while (Date.now() % 30_000 > 20_000) await new Promise((done) => setTimeout(done, 500));
		refused(await (await staged(person)).post(TOTP, { code: codeOf(person.secret, -2) }), 400, 3017);
		refused(await (await staged(person)).post(TOTP, { code: codeOf(person.secret, 2) }), 400, 3017);
		for (const steps of [-1, 0, 1]) {
			const code = codeOf(person.secret, steps);
			ok(await (await staged(person)).post(TOTP, { code }));
			refused(await (await staged(person)).post(TOTP, { code }), 400, 3017);
		}
		refused(await (await staged(person)).post(TOTP, { code: codeOf(person.secret, -1) }), 400, 3017);
	});

	it('a recovery code opens once, however it is typed; audited and mailed', async () => {
		const person = await personWithTotp(stack);
		const [first, second] = person.recoveryCodes;
		const answer = ok(await (await staged(person)).post(TOTP, { recoveryCode: ` ${first.toUpperCase().replaceAll('-', ' ')} ` }));
		assert.equal(answer.recoveryCodesLeft, 9);
		refused(await (await staged(person)).post(TOTP, { recoveryCode: first }), 400, 3017);
		assert.equal(ok(await (await staged(person)).post(TOTP, { recoveryCode: second })).recoveryCodesLeft, 8);
		assert.deepEqual(await securityMailsOf(stack, person), ['totp_on', 'recovery_used', 'recovery_used']);
		assert.equal((await auditOf(stack, person)).filter((action) => action === 'auth.recovery_used').length, 2);
		refused(await (await staged(person)).post(TOTP, { recoveryCode: 'abcd-efgh-ijkl-mn01' }), 400, 3017);
		const stranger = await personWithTotp(stack);
		refused(await (await staged(stranger)).post(TOTP, { recoveryCode: person.recoveryCodes[2] }), 400, 3017);
	});

	it('exactly one of code and recovery code', async () => {
		const client = await staged(await personWithTotp(stack));
		refused(await client.post(TOTP, {}), 400, 3050);
		refused(await client.post(TOTP, { code: '123456', recoveryCode: 'abcd-efgh-ijkl-mnop' }), 400, 3050);
	});

	it('turned off meanwhile: the stage is over', async () => {
		const person = await personWithTotp(stack);
		const client = await staged(person);
		await stack.sql('DELETE FROM yavio.user_totp WHERE user_id = $1', [person.id]);
		refused(await client.post(TOTP, { code: codeOf(person.secret) }), 401, 3000);
	});
});

describe('limits', () => {
	it('five tries over all uses, then 3804 with Retry-After, also for the right code; another user is not concerned', async () => {
		const person = await personWithTotp(stack);
		const wrong = wrongCode(person.secret);
		refused(await (await staged(person)).post(TOTP, { code: wrong }), 400, 3017);
		refused(await (await staged(person)).post(TOTP, { recoveryCode: 'abcd-efgh-ijkl-mnop' }), 400, 3017);
		refused(await person.client.post(RENEW, { code: wrong }), 400, 3017);
		refused(await person.client.post(DISABLE, { code: wrong, password: PASSWORD }), 400, 3017);
		refused(await person.client.post(DISABLE, { code: codeOf(person.secret), password: 'wrong' }), 400, 3701);
		const over = refused(await (await staged(person)).post(TOTP, { code: codeOf(person.secret) }), 429, 3804);
		const wait = Number(over.headers['retry-after']);
		assert.ok(wait > 800 && wait <= 900, over.headers['retry-after']);
		refused(await person.client.post(RENEW, { code: codeOf(person.secret) }), 429, 3804);
		refused(await person.client.post(DISABLE, { code: codeOf(person.secret), password: PASSWORD }), 429, 3804);
		assert.equal(await tries(person), 5);
		ok(await (await staged(await personWithTotp(stack))).post('/api/auth/logout'), 204);
		await stack.sql("UPDATE yavio.login_attempts SET at = at - interval '15 minutes' WHERE subject = $1", [person.id]);
		ok(await (await staged(person)).post(TOTP, { code: codeOf(person.secret) }));
	});

	it('a right code clears the tries before it', async () => {
		const person = await personWithTotp(stack);
		for (let round = 0; round < 3; round++) {
			for (let i = 0; i < 3; i++) refused(await (await staged(person)).post(TOTP, { code: wrongCode(person.secret) }), 400, 3017);
			await person.forget();
			ok(await (await staged(person)).post(TOTP, { code: codeOf(person.secret) }));
			assert.equal(await tries(person), 0);
		}
	});

	it('of 20 wrong codes at once five are looked at', async () => {
		const person = await personWithTotp(stack);
		const code = wrongCode(person.secret);
		const clients = await Promise.all(Array.from({ length: 20 }, () => staged(person)));
		await Promise.all(clients.map((client) => client.csrfToken()));
		const answers = await Promise.all(clients.map((client) => client.post(TOTP, { code })));
		const codes = answers.map((answer) => answer.json.error.code);
		assert.equal(codes.filter((c) => c === 'YAVIO-3017').length, 5);
		assert.equal(codes.filter((c) => c === 'YAVIO-3804').length, 15);
		assert.equal(await tries(person), 5);
	});

	it('of 20 right codes at once one opens', async () => {
		const person = await personWithTotp(stack);
		const clients = await Promise.all(Array.from({ length: 20 }, () => staged(person)));
		await Promise.all(clients.map((client) => client.csrfToken()));
		const code = codeOf(person.secret);
		const answers = await Promise.all(clients.map((client) => client.post(TOTP, { code })));
		assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
		assert.ok(answers.every((answer) => [200, 400, 429].includes(answer.status)));
	});

	it('of 20 uses of one recovery code at once one opens', async () => {
		const person = await personWithTotp(stack);
		const clients = await Promise.all(Array.from({ length: 20 }, () => staged(person)));
		await Promise.all(clients.map((client) => client.csrfToken()));
		const answers = await Promise.all(clients.map((client) => client.post(TOTP, { recoveryCode: person.recoveryCodes[0] })));
		assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
	});
});

describe('new recovery codes', () => {
	it('the old ones die; audited and mailed', async () => {
		const person = await personWithTotp(stack);
		const { recoveryCodes } = ok(await person.client.post(RENEW, { code: codeOf(person.secret) }));
		assert.equal(new Set([...recoveryCodes, ...person.recoveryCodes]).size, 20);
		refused(await (await staged(person)).post(TOTP, { recoveryCode: person.recoveryCodes[0] }), 400, 3017);
		assert.equal(ok(await (await staged(person)).post(TOTP, { recoveryCode: recoveryCodes[0] })).recoveryCodesLeft, 9);
		assert.ok((await auditOf(stack, person)).includes('auth.recovery_renewed'));
		assert.equal((await securityMailsOf(stack, person))[1], 'codes_renewed');
	});

	it('not on: 3019; an old login: 3020; a recovery code is no code', async () => {
		refused(await (await stack.person()).client.post(RENEW, { code: '123456' }), 409, 3019);
		const person = await personWithTotp(stack);
		refused(await (await stack.signIn(person, { authAgo: 601 })).post(RENEW, { code: codeOf(person.secret) }), 403, 3020);
		refused(await person.client.post(RENEW, { recoveryCode: person.recoveryCodes[0] }), 400, 3050);
	});
});

describe('turning it off', () => {
	it('password and code: other logins end, codes go, audited and mailed', async () => {
		const person = await personWithTotp(stack);
		await stack.signIn(person);
		ok(await person.client.post(DISABLE, { password: PASSWORD, code: codeOf(person.secret) }), 204);
		assert.equal(await sessions(person), 1);
		const { user } = ok(await person.client.get('/api/auth/session'));
		assert.deepEqual([user.twoFactor, user.recoveryCodesLeft], [false, 0]);
		assert.deepEqual(await auditOf(stack, person), ['auth.totp_on', 'auth.totp_off']);
		assert.deepEqual(await securityMailsOf(stack, person), ['totp_on', 'totp_off']);
		refused(await person.client.post(DISABLE, { password: PASSWORD, code: codeOf(person.secret) }), 409, 3019);
		const again = ok(await person.client.post(ENROL)).secret;
		ok(await person.client.post(CONFIRM, { code: codeOf(again) }));
	});

	it('each part is wanted: a recent login, the password, a code or recovery code', async () => {
		const person = await personWithTotp(stack);
		refused(await (await stack.signIn(person, { authAgo: 601 })).post(DISABLE, { password: PASSWORD, code: '123456' }), 403, 3020);
		refused(await person.client.post(DISABLE, { code: codeOf(person.secret) }), 400, 3050, { password: 'required' });
		refused(await person.client.post(DISABLE, { password: PASSWORD }), 400, 3050);
		refused(await person.client.post(DISABLE, { password: 'wrong password', code: codeOf(person.secret) }), 400, 3701);
		refused(await person.client.post(DISABLE, { password: PASSWORD, code: wrongCode(person.secret) }), 400, 3017);
		ok(await person.client.post(DISABLE, { password: PASSWORD, recoveryCode: person.recoveryCodes[9] }), 204);
	});

	it('an account without a password needs the code alone', async () => {
		const person = await personWithTotp(stack, { password: false });
		ok(await person.client.post(DISABLE, { code: codeOf(person.secret) }), 204);
	});
});

describe('the key that it is stored under', () => {
	it('a new key in front: the old one still opens; without it the start is refused', async () => {
		const person = await personWithTotp(stack);
		const old = stack.env.ENCRYPTION_KEY;
		const fresh = `k2:${randomBytes(32).toString('base64')}`;
		await stack.restart({ ENCRYPTION_KEY: `${fresh},${old}` });
		ok(await (await staged(person)).post(TOTP, { code: codeOf(person.secret) }));
		await stack.dashboard.stop();
		const started = await stack.startProgram('dashboard', { env: { ENCRYPTION_KEY: fresh }, ready: false });
		assert.equal((await started.exited).code, 78);
		assert.match(started.output(), /YAVIO-7206.*"key":"k1"/);
		await stack.startDashboard();
		ok(await stack.client().get('/api/auth/csrf'));
	});
});
