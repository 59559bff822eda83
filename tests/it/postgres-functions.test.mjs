// SPDX-License-Identifier: MIT
// What the functions for the dashboard and ingest do: logins, locks, tokens, invitations, transfer, setup, keys.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startPostgres } from '../support/postgres.mjs';
import { hash, insert, literal, raw, seedTenants } from '../support/tenants.mjs';

const NOBODY = '00000000-0000-0000-0000-000000000000';

let cluster;
let world;
let app;
let service;

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
	service = await cluster.connect('yavio_service');
	world = await seedTenants(service);
	app = await cluster.connect('yavio_app');
});
after(() => cluster?.stop());

/** Runs statements in one transaction of app, with a tenant if given; resolves to the last one's rows. */
async function as(tenant, ...statements) {
	await app.query('BEGIN');
	try {
		if (tenant) await app.query("SELECT set_config('app.current_user_id', $1, true)", [tenant]);
		let rows;
		for (const sql of statements) ({ rows } = await app.query(sql));
		await app.query('COMMIT');
		return rows;
	} catch (err) {
		await app.query('ROLLBACK');
		throw err;
	}
}

const one = async (sql) => (await service.query(sql)).rows[0];

describe('auth_session', () => {
	const me = () => world.people.a.member;
	const call = (extra = '') => [`SELECT * FROM auth_session(${hash(`session ${me()}`)}, 30, 180)`, extra].filter(Boolean);
	const set = (values) => service.query(`UPDATE sessions SET ${values} WHERE user_id = ${literal(me())}`);
	beforeEach(() => set("stage = 'full', created_at = now(), last_seen_at = now(), expires_at = now() + interval '1 hour'"));

	it('finds the login and makes its user the tenant of the transaction', async () => {
		const [login] = await as(null, ...call());
		assert.deepEqual([login.user_id, login.stage, login.touched], [me(), 'full', false]);
		assert.deepEqual(await as(null, ...call('SELECT app_uid() AS id')), [{ id: me() }]);
		await assert.rejects(as(null, 'SELECT app_uid()'), { code: '42501' });
	});

	it('touches a login seen more than 5 minutes ago: its life slides', async () => {
		await set("last_seen_at = now() - interval '6 minutes'");
		const [login] = await as(null, ...call());
		assert.equal(login.touched, true);
		assert.ok(Math.abs(login.expires_at - Date.now() - 30 * 86_400_000) < 60_000);
		assert.equal((await as(null, ...call()))[0].touched, false);
	});

	it('never slides past the absolute end', async () => {
		await set("last_seen_at = now() - interval '1 hour', created_at = now() - interval '170 days'");
		const [login] = await as(null, ...call());
		assert.ok(Math.abs(login.expires_at - Date.now() - 10 * 86_400_000) < 60_000);
	});

	it('keeps the short life of the second-factor stage', async () => {
		await set("stage = 'totp', last_seen_at = now() - interval '8 minutes', expires_at = now() + interval '2 minutes'");
		const [login] = await as(null, ...call());
		assert.deepEqual([login.stage, login.touched], ['totp', false]);
		assert.ok(login.expires_at - Date.now() < 121_000);
	});

	for (const [what, values] of [
		['expired', "expires_at = now() - interval '1 second'"],
		['past its absolute end', "created_at = now() - interval '181 days', expires_at = now() + interval '1 day'"],
	]) {
		it(`gives no row for a login that is ${what}`, async () => {
			await set(values);
			assert.deepEqual(await as(null, ...call()), []);
		});
	}

	it('empties the tenant for an unknown token', async () => {
		await assert.rejects(as(me(), "SELECT * FROM auth_session('\\x00', 30, 180)", 'SELECT count(*) FROM projects'),
			{ code: '42501' });
	});
});

describe('auth_login, auth_oauth, auth_register_clear', () => {
	it('hands out what a login needs', async () => {
		const login = async (email) => as(null, `SELECT * FROM auth_login(${literal(email)})`);
		assert.deepEqual(await login('owner@a.example'), [{ user_id: world.people.a.owner, password_hash: '$argon2id$secret',
			verified: true, proof: 'mail', two_factor: true }]);
		assert.equal((await login('viewer@a.example'))[0].two_factor, false);
		assert.deepEqual(await login('Owner@a.example'), []);
	});

	it('does not count a pending enrolment as second factor', async () => {
		await service.query('BEGIN');
		await service.query(`UPDATE user_totp SET confirmed_at = NULL`);
		const { rows } = await service.query("SELECT two_factor FROM auth_login('owner@a.example')");
		await service.query('ROLLBACK');
		assert.deepEqual(rows, [{ two_factor: false }]);
	});

	it('finds the account of a provider\'s identity', async () => {
		const find = async (provider, id) => (await as(null, `SELECT auth_oauth('${provider}', '${id}') AS id`))[0].id;
		assert.equal(await find('github', 'gh-a'), world.people.a.owner);
		assert.equal(await find('google', 'gh-a'), null);
	});

	it('an unverified account makes room, a verified one and the system account do not', async () => {
		const clear = async (email) => (await as(null, `SELECT auth_register_clear('${email}') AS free`))[0].free;
		await service.query(insert('users', { id: randomUUID(), email: 'unproven@example.com', name: 'U' }));
		assert.equal(await clear('unproven@example.com'), true);
		assert.equal((await one("SELECT count(*) FROM users WHERE email = 'unproven@example.com'")).count, 0);
		assert.equal(await clear('free@example.com'), true);
		assert.equal(await clear('owner@a.example'), false);
		assert.equal(await clear('system@yavio.invalid'), false);
	});
});

describe('auth_login_begin, users_forget', () => {
	beforeEach(() => service.query('TRUNCATE login_attempts'));
	const begin = async (email) => (await as(null, `SELECT * FROM auth_login_begin(${literal(email)}, '192.0.2.1')`))[0];
	const attempts = async (email) => (await one(`SELECT count(*) FROM login_attempts WHERE subject = ${literal(email)}`)).count;

	it('records first, for every address alike, and tells of the account only while it is not locked', async () => {
		const known = await begin('owner@a.example');
		assert.deepEqual([known.setup, known.tier, known.user_id, known.password_hash, known.verified, known.two_factor],
			[false, 0, world.people.a.owner, '$argon2id$secret', true, true]);
		const unknown = await begin('nobody@example.com');
		assert.ok(unknown.attempt_id);
		assert.deepEqual([unknown.user_id, unknown.password_hash], [null, null]);
		for (let i = 1; i < 10; i++) await begin('owner@a.example');
		const locked = await begin('owner@a.example');
		assert.deepEqual([locked.attempt_id, locked.tier, locked.user_id, locked.password_hash], [null, 1, null, null]);
		assert.deepEqual([await attempts('owner@a.example'), await attempts('nobody@example.com')], [10, 1]);
	});

	it('an account that nobody verified leaves failures and invitations of its address, a verified one does not', async () => {
		for (const [email, verified, kept] of [['waiting@example.com', false, 1], ['active@example.com', true, 0]]) {
			const id = randomUUID();
			await service.query(insert('users', { id, email, name: 'U', ...(verified ? { email_verified_at: raw('now()') } : {}) }));
			await service.query(insert('invitations', { id: randomUUID(), workspace_id: world.tenants.b.workspace, email, role: 'member',
				expires_at: raw("now() + interval '1 day'") }));
			await begin(email);
			await service.query(`DELETE FROM users WHERE id = '${id}'`);
			assert.equal(await attempts(email), kept, email);
			assert.equal((await one(`SELECT count(*) FROM invitations WHERE email = '${email}'`)).count, kept, email);
			await service.query(`DELETE FROM invitations WHERE email = '${email}'`);
		}
	});
});

describe('auth_attempt: locks on passwords', () => {
	const subject = 'locked@example.com';
	beforeEach(() => service.query('TRUNCATE login_attempts'));
	const attempt = async () => (await as(null, `SELECT * FROM auth_attempt('password', '${subject}', '192.0.2.1', 0, 0)`))[0];
	const fail = async (times) => {
		let last;
		for (let i = 0; i < times; i++) last = await attempt();
		return last;
	};
	const wait = (interval) => service.query(`UPDATE login_attempts SET at = at - interval '${interval}'`);
	const minutes = (date) => Math.round((date - Date.now()) / 60_000);
	const recorded = async () => (await one('SELECT count(*) FROM login_attempts')).count;

	it('tier 1: the tenth failure in 15 minutes locks for 15 minutes', async () => {
		assert.deepEqual([(await fail(9)).tier, (await attempt()).tier], [0, 1]);
		const locked = await attempt();
		assert.deepEqual([locked.attempt_id, locked.tier, minutes(locked.locked_until)], [null, 1, 15]);
		assert.equal(await recorded(), 10);
	});

	it('attempts while locked do not prolong the lock', async () => {
		await fail(10);
		await wait('14 minutes');
		assert.equal(minutes((await fail(30)).locked_until), 1);
		await wait('1 minute');
		assert.notEqual((await attempt()).attempt_id, null);
	});

	it('ten failures over a longer time do not lock', async () => {
		await fail(5);
		await wait('16 minutes');
		assert.equal((await fail(5)).tier, 0);
	});

	it('tier 2: 25 failures in an hour lock for an hour', async () => {
		for (const times of [10, 10]) {
			assert.equal((await fail(times)).tier, 1);
			await wait('15 minutes');
		}
		const last = await fail(5);
		assert.deepEqual([last.tier, minutes(last.locked_until)], [2, 60]);
		await wait('59 minutes');
		assert.equal((await attempt()).tier, 2);
		await wait('1 minute');
		assert.equal((await attempt()).tier, 0);
	});

	it('tier 3: 50 failures in a day lock for a day, also while the clean-up deletes the oldest', async () => {
		for (let i = 0; i < 9; i++) {
			await fail(5);
			await wait('150 minutes');
		}
		const last = await fail(5);
		assert.deepEqual([last.tier, minutes(last.locked_until)], [3, 1440]);
		await wait('23 hours');
		await service.query("DELETE FROM login_attempts WHERE at < now() - interval '24 hours'");
		assert.ok(await recorded() < 50);
		assert.deepEqual([(await attempt()).attempt_id, (await attempt()).tier], [null, 3]);
		await wait('1 hour');
		assert.notEqual((await attempt()).attempt_id, null);
	});

	it('the attempt that proves right is taken back, with the lock it stood for', async () => {
		await fail(8);
		const right = await attempt();
		const wrong = await attempt();
		assert.equal(wrong.tier, 1);
		await as(null, `SELECT auth_attempt_ok(${right.attempt_id})`);
		assert.equal(await recorded(), 9);
		assert.notEqual((await attempt()).attempt_id, null);
	});

	it('a right password after nine wrong ones does not lock', async () => {
		await fail(9);
		const right = await attempt();
		assert.equal(right.tier, 1);
		await as(null, `SELECT auth_attempt_ok(${right.attempt_id})`);
		assert.notEqual((await attempt()).attempt_id, null);
	});

	it('parallel guesses cannot pass a tier', async () => {
		const clients = await Promise.all(Array.from({ length: 15 }, () => cluster.connect('yavio_app')));
		const sql = `SELECT attempt_id FROM auth_attempt('password', '${subject}', '192.0.2.1', 0, 0)`;
		const results = await Promise.all(clients.map(async (client) => (await client.query(sql)).rows[0].attempt_id));
		await Promise.all(clients.map((client) => client.end()));
		assert.equal(results.filter((id) => id !== null).length, 10);
	});

	it('auth_attempts_clear forgets the current user\'s, by address and by id', async () => {
		const me = world.people.b.member;
		for (const [kind, who] of [['password', 'member@b.example'], ['totp', me], ['password', 'member@a.example']]) {
			await as(null, `SELECT auth_attempt('${kind}', '${who}', '192.0.2.1', 5, 900)`);
		}
		await as(me, 'SELECT auth_attempts_clear()');
		assert.deepEqual((await service.query('SELECT subject FROM login_attempts')).rows, [{ subject: 'member@a.example' }]);
	});

	it('other kinds: so many in so many seconds, apart from each other', async () => {
		const mail = async (kind) =>
			(await as(null, `SELECT * FROM auth_attempt('${kind}', '${subject}', '192.0.2.1', 3, 3600)`))[0];
		for (let i = 0; i < 3; i++) assert.notEqual((await mail('mail_reset')).attempt_id, null);
		const locked = await mail('mail_reset');
		assert.deepEqual([locked.attempt_id, minutes(locked.locked_until)], [null, 60]);
		assert.notEqual((await mail('mail_verify')).attempt_id, null);
		await wait('61 minutes');
		assert.notEqual((await mail('mail_reset')).attempt_id, null);
	});
});

describe('auth_token_use', () => {
	const use = async (name, type) => (await as(null, `SELECT auth_token_use(${hash(name)}, '${type}') AS id`))[0].id;
	const token = (name, expires) => service.query(insert('verification_tokens', { id: randomUUID(),
		user_id: world.people.b.admin, token_hash: raw(hash(name)), type: 'account_unlock', expires_at: raw(expires) }));

	it('takes a token once, of its type, in its time', async () => {
		await token('unlock', "now() + interval '1 hour'");
		assert.equal(await use('unlock', 'password_reset'), null);
		assert.equal(await use('unlock', 'account_unlock'), world.people.b.admin);
		assert.equal(await use('unlock', 'account_unlock'), null);
		await token('late', "now() - interval '1 second'");
		assert.equal(await use('late', 'account_unlock'), null);
	});

	it('auth_token_user tells whose it is and leaves it good', async () => {
		await token('peek', "now() + interval '1 hour'");
		const find = (type) => as(null, `SELECT * FROM auth_token_user(${hash('peek')}, '${type}')`);
		assert.deepEqual(await find('password_reset'), []);
		for (let i = 0; i < 2; i++) {
			assert.deepEqual(await find('account_unlock'), [{ user_id: world.people.b.admin, email: 'admin@b.example', verified: true }]);
		}
		assert.equal(await use('peek', 'account_unlock'), world.people.b.admin);
		assert.deepEqual(await find('account_unlock'), []);
	});

	it('of 10 parallel uses one wins', async () => {
		await token('race', "now() + interval '1 hour'");
		const clients = await Promise.all(Array.from({ length: 10 }, () => cluster.connect('yavio_app')));
		const sql = `SELECT auth_token_use(${hash('race')}, 'account_unlock') AS id`;
		const results = await Promise.all(clients.map(async (client) => (await client.query(sql)).rows[0].id));
		await Promise.all(clients.map((client) => client.end()));
		assert.equal(results.filter(Boolean).length, 1);
	});
});

describe('invitations', () => {
	const accept = async (me, name) => (await as(me, `SELECT * FROM auth_invitation_accept(${hash(name)})`))[0];
	const invite = (name, email, extra = {}) => service.query(insert('invitations', { id: randomUUID(),
		workspace_id: world.tenants.a.workspace, email, role: 'viewer', invited_by: world.people.a.owner,
		token_hash: raw(hash(name)), expires_at: raw("now() + interval '1 day'"), ...extra }));

	it('shows a pending one to its holder', async () => {
		const [shown] = await as(null, `SELECT * FROM auth_invitation(${hash('invitation a')})`);
		assert.deepEqual([shown.email, shown.role, shown.inviter_name, shown.workspace_name],
			['guest@a.example', 'member', 'a owner', 'Tenant a']);
		assert.deepEqual(await as(null, `SELECT * FROM auth_invitation(${hash('no such')})`), []);
	});

	it('serves only the invited address', async () => {
		assert.equal((await accept(world.people.b.viewer, 'invitation a')).result, 'other_address');
	});

	it('is refused when unknown, expired or without a tenant', async () => {
		await invite('expired', 'owner@b.example', { expires_at: raw("now() - interval '1 second'") });
		assert.equal((await accept(world.people.b.owner, 'expired')).result, 'invalid');
		assert.equal((await accept(world.people.b.owner, 'no such')).result, 'invalid');
		await assert.rejects(accept(null, 'invitation a'), { code: '42501' });
	});

	it('says that one is a member already', async () => {
		await invite('again', 'member@a.example');
		assert.equal((await accept(world.people.a.member, 'again')).result, 'member');
	});

	it('joins, and is used up', async () => {
		await invite('join', 'viewer@b.example');
		assert.deepEqual(await accept(world.people.b.viewer, 'join'),
			{ result: 'ok', workspace_id: world.tenants.a.workspace, slug: 'tenant-a', role: 'viewer' });
		assert.equal((await accept(world.people.b.viewer, 'join')).result, 'invalid');
	});

	it('stops at 500 members', async () => {
		await service.query("DELETE FROM invitations WHERE email = 'owner@b.example'");
		await invite('full', 'owner@b.example');
		await service.query(`
			INSERT INTO users (id, email, name)
			SELECT gen_random_uuid(), 'many' || n || '@example.com', 'Many' FROM generate_series(1, 500) AS n`);
		await service.query(`
			INSERT INTO workspace_members (workspace_id, user_id, role)
			SELECT ${literal(world.tenants.a.workspace)}, id, 'viewer' FROM users WHERE email LIKE 'many%'`);
		assert.equal((await accept(world.people.b.owner, 'full')).result, 'full');
		await service.query("DELETE FROM users WHERE email LIKE 'many%'");
		assert.equal((await accept(world.people.b.owner, 'full')).result, 'ok');
	});
});

describe('workspace_transfer', () => {
	const transfer = async (me, to) => (await as(me,
		`SELECT workspace_transfer(${literal(world.tenants.b.workspace)}, ${literal(to)}) AS moved`))[0].moved;
	const state = async () => one(`
		SELECT w.owner_id, string_agg(m.user_id || ' ' || m.role, ',' ORDER BY m.role, m.user_id)
			FILTER (WHERE m.role = 'owner') AS owners
		FROM workspaces AS w JOIN workspace_members AS m ON m.workspace_id = w.id
		WHERE w.id = ${literal(world.tenants.b.workspace)} GROUP BY 1`);

	it('only the owner, only to an admin or member', async () => {
		const { owner, admin, viewer } = world.people.b;
		assert.equal(await transfer(admin, admin), false);
		assert.equal(await transfer(owner, viewer), false);
		assert.equal(await transfer(owner, world.people.a.admin), false);
		assert.equal(await transfer(owner, owner), false);
	});

	it('swaps both roles and owner_id together', async () => {
		const { owner, admin } = world.people.b;
		assert.equal(await transfer(owner, admin), true);
		assert.deepEqual(await state(), { owner_id: admin, owners: `${admin} owner` });
		assert.equal(await transfer(owner, owner), false);
		assert.equal(await transfer(admin, owner), true);
		assert.deepEqual(await state(), { owner_id: owner, owners: `${owner} owner` });
	});

	it('the database holds one owner for each workspace', async () => {
		await assert.rejects(service.query(`UPDATE workspace_members SET role = 'owner'
			WHERE user_id = ${literal(world.people.b.admin)}`), { code: '23505' });
	});
});

/* The look-ups of a login that bring what a page begins with. */
describe('auth_account, auth_workspaces', () => {
	const token = (who) => hash(`session ${who}`);
	const account = (who) => as(null, `SELECT * FROM auth_account(${token(who)}, 30, 180)`);
	const page = (who, most = 25, past = 0, sort = 'slug', descending = false) =>
		as(null, `SELECT * FROM auth_workspaces(${token(who)}, 30, 180, ${most}, ${past}, '${sort}', ${descending})`);
	const set = (values) => service.query(`UPDATE sessions SET ${values} WHERE user_id = ${literal(world.both)}`);
	const fresh = "stage = 'full', created_at = now(), last_seen_at = now(), expires_at = now() + interval '1 hour'";
	const signIn = (who) => service.query(`INSERT INTO sessions (id, user_id, token_hash, stage, method, expires_at)
		VALUES (gen_random_uuid(), ${literal(who)}, ${token(who)}, 'full', 'password', now() + interval '1 hour')`);
	before(() => signIn(world.both));
	beforeEach(() => service.query(`UPDATE sessions SET ${fresh}`));

	it('everybody gets the own account with the own workspaces and roles, and nothing else', async () => {
		const member = (await service.query('SELECT user_id, workspace_id, role FROM workspace_members')).rows;
		const logins = (await service.query('SELECT id, user_id, auth_at, expires_at FROM sessions')).rows;
		for (const { id } of world.actors) {
			const mine = member.filter((m) => m.user_id === id).map((m) => `${m.workspace_id} ${m.role}`).sort();
			const login = logins.find((one) => one.user_id === id);
			const [rows, list] = [await account(id), await page(id)];
			for (const row of [...rows, ...list]) {
				assert.deepEqual([row.session_id, row.user_id, row.stage, row.auth_at, row.expires_at, row.touched],
					[login.id, id, 'full', login.auth_at, login.expires_at, false]);
			}
			assert.deepEqual(rows.filter((row) => row.workspace_id).map((row) => `${row.workspace_id} ${row.role}`).sort(), mine);
			assert.deepEqual(list.filter((row) => row.id).map((row) => `${row.id} ${row.role}`).sort(), mine);
			assert.ok(list.every((row) => row.total === mine.length));
			const [user] = (await service.query(`SELECT email, name, has_password, email_proof <> 'none' AS verified FROM users WHERE id = $1`, [id])).rows;
			assert.deepEqual({ email: rows[0].email, name: rows[0].name, has_password: rows[0].has_password, verified: rows[0].verified }, user);
		}
	});

	it('whatever tenant is set: the login decides', async () => {
		const [row] = await as(world.people.b.owner, `SELECT * FROM auth_account(${token(world.people.a.viewer)}, 30, 180)`);
		assert.equal(row.user_id, world.people.a.viewer);
	});

	it('tells of the second factor and of the recovery codes that are left', async () => {
		const { owner, viewer } = world.people.a;
		const left = (await one(`SELECT count(*) FROM recovery_codes WHERE used_at IS NULL AND user_id = ${literal(owner)}`)).count;
		assert.ok(left > 0);
		const [{ two_factor: on, recovery_codes: codes }] = await account(owner);
		assert.deepEqual([on, codes], [true, left]);
		const [{ two_factor: off, recovery_codes: none }] = await account(viewer);
		assert.deepEqual([off, none], [false, 0]);
	});

	it('one who is in no workspace has one row of oneself, and a page with nothing but the total', async () => {
		const id = randomUUID();
		await service.query(insert('users', { id, email: 'alone@example.com', name: 'Alone' }));
		await signIn(id);
		const rows = await account(id);
		assert.deepEqual(rows.map((row) => [row.user_id, row.workspace_id]), [[id, null]]);
		for (const past of [0, 25]) assert.deepEqual((await page(id, 25, past)).map((row) => [row.user_id, row.total, row.id]), [[id, 0, null]]);
		await service.query('DELETE FROM users WHERE id = $1', [id]);
	});

	it('pages: in every order, both ways, with the total also behind the last', async () => {
		for (const [sort, key] of [['slug', (w) => w.slug], ['name', (w) => w.name.toLowerCase()], ['createdAt', (w) => w.created_at.getTime()]]) {
			const ids = async (...order) => (await page(world.both, ...order)).map((row) => row.id);
			const rows = await page(world.both, 25, 0, sort);
			assert.equal(rows.length, 2);
			const want = [...rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id < b.id ? -1 : 1)).map((row) => row.id);
			assert.deepEqual(rows.map((row) => row.id), want, sort);
			if (key(rows[0]) !== key(rows[1])) assert.deepEqual(await ids(25, 0, sort, true), [...want].reverse(), sort);
			assert.deepEqual(await ids(1, 1, sort), [want[1]]);
		}
		assert.deepEqual((await page(world.both, 1, 1)).map((row) => row.total), [2]);
		assert.deepEqual((await page(world.both, 25, 25)).map((row) => [row.total, row.id]), [[2, null]]);
	});

	it('touch a login seen more than 5 minutes ago, once, also for a page behind the last', async () => {
		for (const ask of [() => account(world.both), () => page(world.both), () => page(world.both, 25, 25)]) {
			await set("last_seen_at = now() - interval '6 minutes'");
			const [first] = await ask();
			assert.deepEqual([first.user_id, first.touched], [world.both, true]);
			assert.ok(Math.abs(first.expires_at - Date.now() - 30 * 86_400_000) < 60_000);
			assert.equal((await ask())[0].touched, false);
		}
	});

	it('leave the short life of the second-factor stage alone', async () => {
		await set("stage = 'totp', last_seen_at = now() - interval '8 minutes', expires_at = now() + interval '2 minutes'");
		for (const [login] of [await account(world.both), await page(world.both)]) {
			assert.deepEqual([login.stage, login.touched], ['totp', false]);
			assert.ok(login.expires_at - Date.now() < 121_000);
		}
	});

	for (const [what, values] of [
		['expired', "expires_at = now() - interval '1 second'"],
		['expired and not seen for long', "expires_at = now() - interval '1 second', last_seen_at = now() - interval '1 hour'"],
		['past its absolute end', "created_at = now() - interval '181 days', expires_at = now() + interval '1 day'"],
	]) {
		it(`give no row for a login that is ${what}`, async () => {
			await set(values);
			assert.deepEqual([await account(world.both), await page(world.both), await page(world.both, 25, 25)], [[], [], []]);
		});
	}

	it('give no row for a login that was ended, and for none', async () => {
		await service.query(`DELETE FROM sessions WHERE user_id = ${literal(world.both)}`);
		assert.deepEqual([await account(world.both), await page(world.both), await account(randomUUID())], [[], [], []]);
		await signIn(world.both);
	});

	// No path is pinned on them: what a caller puts before pg_catalog must not be looked at.
	it('do not care for the path of their caller', async () => {
		const boom = (name, args, result) => `CREATE FUNCTION evil.${name}(${args}) RETURNS ${result} LANGUAGE plpgsql
			AS $$BEGIN RAISE EXCEPTION 'hijacked by ${name}'; END$$;`;
		const operator = (sign, name, left, right = left) =>
			`CREATE OPERATOR evil.${sign} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = evil.${name});`;
		await cluster.query('bootstrap', `CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO yavio_app;
			${boom('now', '', 'timestamptz')} ${boom('lower', 'text', 'text')} ${boom('set_config', 'text, text, boolean', 'text')}
			${boom('make_interval', 'days int', 'interval')} ${boom('to_char', 'timestamp, text', 'text')}
			${boom('login_in_use', 'bytea, int', 'SETOF yavio.login')} ${boom('login_account', 'bytea, int', 'SETOF yavio.login_account')}
			${boom('auth_session', 'bytea, int, int', 'SETOF yavio.login')}
			${['uuid', 'text', 'bytea', 'timestamptz', 'boolean'].map((type) => ['=', '<>', '>', '<', '>=', '<='].map((sign, i) =>
				boom(`${type}_${i}`, `${type}, ${type}`, 'boolean') + operator(sign, `${type}_${i}`, type)).join('')).join('')}
			${boom('minus', 'timestamptz, interval', 'timestamptz')} ${operator('-', 'minus', 'timestamptz', 'interval')}
			CREATE AGGREGATE evil.count (*) (SFUNC = int8inc, STYPE = int8, INITCOND = '1000')`);
		const victim = await cluster.connect('yavio_app');
		try {
			await victim.query('SET search_path = evil, pg_temp, pg_catalog, yavio');
			// Only the path that was set can make this fail.
			await assert.rejects(victim.query("SELECT 'a'::text = 'b'::text"), /hijacked by text_0/);
			await victim.query('CREATE TEMPORARY TABLE sessions (id uuid)').catch(() => {});
			const member = world.people.a.owner;
			for (const seen of ['now()', "now() - interval '6 minutes'"]) {
				await service.query(`UPDATE sessions SET last_seen_at = ${seen} WHERE user_id = ${literal(member)}`);
				const { rows: [row] } = await victim.query(`SELECT user_id, workspace_id FROM yavio.auth_account(${token(member)}, 30, 180)`);
				assert.equal(row.user_id, member);
				await service.query(`UPDATE sessions SET last_seen_at = ${seen} WHERE user_id = ${literal(member)}`);
				for (const past of [0, 25]) {
					const { rows: [list] } = await victim.query(
						`SELECT user_id, total FROM yavio.auth_workspaces(${token(member)}, 30, 180, 25, ${past}, 'createdAt', true)`);
					assert.deepEqual([list.user_id, list.total < 1000], [member, true]);
				}
			}
		} finally {
			await victim.end();
			await cluster.query('bootstrap', 'DROP SCHEMA evil CASCADE');
		}
	});
});

describe('what a member may know of a workspace', () => {
	const count = async (who) => (await as(who, `SELECT app_member_count(${literal(world.tenants.b.workspace)}) AS n`))[0].n;
	const name = async (who, actor) =>
		(await as(who, `SELECT name FROM app_actor_names(${literal(world.tenants.b.workspace)}, ARRAY[${literal(actor)}]::uuid[])`))[0]?.name ?? null;

	it('how many members it has, for every role; of another workspace nothing', async () => {
		const { a, b } = world.people;
		const { n } = await one(`SELECT count(*) AS n FROM workspace_members WHERE workspace_id = ${literal(world.tenants.b.workspace)}`);
		assert.ok(n > 1);
		for (const who of Object.values(b)) assert.equal(await count(who), n);
		assert.equal(await count(a.owner), null);
		await assert.rejects(count(null), { code: '42501' });
	});

	it('the name of who acted in it, also of one who left, for its admins only', async () => {
		const { a, b } = world.people;
		const guest = { id: randomUUID(), email: 'acted@example.com', name: 'Acted' };
		await service.query(insert('users', guest));
		assert.equal(await name(b.owner, guest.id), null, 'never acted here');
		await service.query(insert('audit_log', { workspace_id: world.tenants.b.workspace, actor_user_id: guest.id, actor_kind: 'user',
			action: 'member.left' }));
		assert.deepEqual([await name(b.owner, guest.id), await name(b.admin, guest.id)], ['Acted', 'Acted']);
		for (const who of [b.member, b.viewer, a.owner]) assert.equal(await name(who, guest.id), null);
		await assert.rejects(name(null, guest.id), { code: '42501' });
	});
});

describe('API keys', () => {
	it('insert, revocation, expiry and every way of deletion are told to listeners', async () => {
		const listener = await cluster.connect('yavio_ingest');
		const heard = [];
		listener.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`));
		await listener.query('LISTEN yavio_keys');
		const { project, workspace } = world.tenants.b;
		const key = { id: randomUUID(), project_id: project, workspace_id: workspace, key_hash: raw(hash('told')),
			hash_kid: 'h1', key_prefix: 'yav_00000000', name: 'Told' };
		const hex = /x([0-9a-f]{64})/.exec(hash('told'))[1];
		const expect = async (sql, told) => {
			heard.length = 0;
			await service.query(sql);
			// A round trip after the commit: notifications arrive before its answer.
			await listener.query('SELECT 1');
			await listener.query('SELECT 1');
			assert.deepEqual(heard, told ? [`yavio_keys ${hex}`] : [], sql);
		};
		await expect(insert('api_keys', key), true);
		await expect(`UPDATE api_keys SET name = 'Other', last_used_at = now() WHERE id = '${key.id}'`, false);
		await expect(`UPDATE api_keys SET revoked_at = now() WHERE id = '${key.id}'`, true);
		await expect(`UPDATE api_keys SET expires_at = now() WHERE id = '${key.id}'`, true);
		await expect(`DELETE FROM api_keys WHERE id = '${key.id}'`, true);
		const other = { id: randomUUID(), workspace_id: workspace, name: 'Short-lived', slug: 'short-lived' };
		await service.query(insert('projects', other));
		await expect(insert('api_keys', { ...key, project_id: other.id }), true);
		await expect(`DELETE FROM projects WHERE id = '${other.id}'`, true);
		await listener.end();
	});

	it('are marked as used at most once a minute', async () => {
		const touch = async () => (await cluster.query('yavio_ingest', 'SELECT ingest_key_touch($1) AS n',
			[[world.tenants.a.key, world.tenants.a.key, randomUUID()]])).rows[0].n;
		assert.deepEqual([await touch(), await touch()], [1, 0]);
		await service.query("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'");
		assert.equal(await touch(), 1);
	});

	it('a revoked key keeps its hash: unique still', async () => {
		await assert.rejects(service.query(insert('api_keys', { id: randomUUID(), project_id: world.tenants.b.project,
			workspace_id: world.tenants.b.workspace, key_hash: raw(hash('key a')), hash_kid: 'h1', key_prefix: 'yav_00000000',
			name: 'Twice' })), { code: '23505' });
	});
});

describe('erasures, jobs, Stripe', () => {
	it('an erasure is found by its receipt alone', async () => {
		assert.equal((await as(null, `SELECT * FROM auth_erasure(${hash('receipt a')})`))[0].state, 'queued');
		assert.deepEqual(await as(null, `SELECT * FROM auth_erasure(${hash('no such')})`), []);
	});

	it('app enqueues once without the right to read', async () => {
		const row = { kind: 'mail.reset', payload: '{}', dedupe_key: 'once' };
		for (const want of [1, 0]) {
			const { rowCount } = await app.query(insert('jobs', row, 'ON CONFLICT DO NOTHING'));
			assert.equal(rowCount, want);
		}
		for (const want of [1, 0]) {
			const { rowCount } = await app.query(insert('stripe_webhook_events', { event_id: 'evt_1', event_type: 'x' },
				'ON CONFLICT DO NOTHING'));
			assert.equal(rowCount, want);
		}
	});
});

describe('the system account', () => {
	it('cannot log in, be given a way to, become the tenant or be deleted', async () => {
		const [login] = await as(null, "SELECT * FROM auth_login('system@yavio.invalid')");
		assert.deepEqual([login.user_id, login.password_hash, login.proof], [NOBODY, null, 'none']);
		await assert.rejects(service.query(`UPDATE users SET password_hash = 'x' WHERE id = '${NOBODY}'`), { code: '23514' });
		await assert.rejects(service.query(`UPDATE users SET email_proof = 'mail' WHERE id = '${NOBODY}'`), { code: '23514' });
		await assert.rejects(service.query(`DELETE FROM users WHERE id = '${NOBODY}'`), { code: '42501' });
		await assert.rejects(as(NOBODY, 'SELECT count(*) FROM workspaces'), { code: '42501' });
	});
});

describe('values the tables refuse', () => {
	const id = randomUUID();
	const user = { id, email: 'x@example.com', name: 'X' };
	const workspace = () => ({ id, name: 'XY', slug: 'x-y', owner_id: world.people.a.owner });
	for (const [what, table, row] of [
		['an address in capitals', 'users', { ...user, email: 'X@example.com' }],
		['an address of 255 characters', 'users', { ...user, email: `${'x'.repeat(243)}@example.com` }],
		['an empty name', 'users', { ...user, name: '' }],
		['a name of 101 characters', 'users', { ...user, name: 'x'.repeat(101) }],
		['an unknown proof', 'users', { ...user, email_proof: 'word' }],
		...['ab', '-ab', 'ab-', 'aBc', 'a_b', 'x'.repeat(49)].map((slug) =>
			[`workspace slug ${slug.slice(0, 5)}`, 'workspaces', () => ({ ...workspace(), slug })]),
		['a workspace name of 1 character', 'workspaces', () => ({ ...workspace(), name: 'x' })],
		['a negative cap', 'workspaces', () => ({ ...workspace(), spending_cap: -1 })],
		['project slug x', 'projects', () => ({ id, workspace_id: world.tenants.a.workspace, name: 'XY', slug: 'x' })],
		['an invitation to be owner', 'invitations', () => ({ id, workspace_id: world.tenants.a.workspace,
			email: 'x@example.com', role: 'owner', expires_at: raw('now()') })],
		['a short token hash', 'sessions', () => ({ id, user_id: world.people.a.owner, token_hash: raw("'\\x00'"),
			stage: 'full', method: 'password', expires_at: raw('now()') })],
		['a user agent of 257 characters', 'sessions', () => ({ id, user_id: world.people.a.owner, token_hash: raw(hash('x')),
			stage: 'full', method: 'password', expires_at: raw('now()'), user_agent: 'x'.repeat(257) })],
		['a large job', 'jobs', { kind: 'x', payload: JSON.stringify({ x: 'y'.repeat(8192) }) }],
		['a large audit detail', 'audit_log', { actor_kind: 'cli', action: 'x', detail: JSON.stringify({ x: 'y'.repeat(4096) }) }],
		['a second instance', 'instance', { only_row: false, instance_id: id }],
	]) {
		it(what, async () => {
			await assert.rejects(service.query(insert(table, typeof row === 'function' ? row() : row)), { code: '23514' });
		});
	}

	it('one pending invitation for an address, any number of accepted ones', async () => {
		const row = () => ({ id: randomUUID(), workspace_id: world.tenants.b.workspace, email: 'twice@example.com',
			role: 'viewer', expires_at: raw("now() + interval '1 day'") });
		await service.query(insert('invitations', { ...row(), accepted_at: raw('now()') }));
		await service.query(insert('invitations', row()));
		await assert.rejects(service.query(insert('invitations', row())), { code: '23505' });
	});

	it('a job is queued once, and may come again when done', async () => {
		const row = { kind: 'cron.x', dedupe_key: 'cron:x:1' };
		await service.query(insert('jobs', { ...row, state: 'done', finished_at: raw('now()') }));
		await service.query(insert('jobs', row));
		await assert.rejects(service.query(insert('jobs', { ...row, state: 'running' })), { code: '23505' });
	});
});
