// SPDX-License-Identifier: MIT
// Rate limits: of keys, traces, minting, and of addresses whose requests fail. Numbers: rows of the contract's test table.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { entries, refused, startSite, taken, track } from '../support/ingest.mjs';
import { SUPERUSER, startPostgres } from '../support/postgres.mjs';

let postgres;
let site;

before(async () => {
	postgres = await startPostgres({ settings: { shared_preload_libraries: 'pg_stat_statements' } });
	await postgres.createDatabase();
	await postgres.query(SUPERUSER, 'CREATE EXTENSION pg_stat_statements');
	// Slow buckets: what a test takes out does not trickle back while it runs.
	site = await startSite({ postgres, env: { YAVIO_RATE_KEY: '1', YAVIO_RATE_KEY_BURST: '5000', YAVIO_RATE_IP: '1', YAVIO_RATE_MINT: '1', YAVIO_INGEST_WORKERS: '4' } });
});
after(async () => {
	await site?.close();
	await postgres?.stop();
});

/** How often PostgreSQL was asked for a key. */
const lookups = async () =>
	(await postgres.query(SUPERUSER, "SELECT coalesce(sum(calls), 0)::int AS n FROM pg_stat_statements WHERE query LIKE '%key_hash%' AND query NOT LIKE '%INSERT%' AND query NOT LIKE '%pg_stat%'")).rows[0].n;

const batch = (n, fields) => Array.from({ length: n }, () => track(fields));
const sendAs = (key, ...events) => site.post({ events }, { key });

it('49: a trace may send 50 events: the first that fit are taken', async () => {
	const token = site.token({ tid: 't49' }, { life: 600 });
	const send = (n, fields = {}) => sendAs(token, ...batch(n, { trace_id: 't49', ...fields }));
	// Refused events cost nothing.
	const mixed = await sendAs(token, ...batch(30, { trace_id: 't49' }), ...batch(5, { trace_id: 't49', event_type: 'Bad' }));
	assert.deepEqual([mixed.status, mixed.json.accepted, mixed.json.rejected], [207, 30, 5], mixed.text);
	const part = await send(30);
	assert.equal(part.status, 207, part.text);
	assert.equal(part.json.accepted, 20);
	assert.deepEqual(entries(part.json.errors), Array.from({ length: 10 }, (_, i) => [20 + i, 'YAVIO-2053']));
	const none = await send(1);
	refused(none, 429, 'YAVIO-2053');
	const wait = Number(none.headers['retry-after']);
	assert.ok(wait <= 600 && wait > 590, `${wait}`);
	// A second token of the trace shares what is left; another trace has its own.
	refused(await sendAs(site.token({ tid: 't49' }), track({ trace_id: 't49' })), 429, 'YAVIO-2053');
	taken(await sendAs(site.token({ tid: 't49b' }), track({ trace_id: 't49b' })));
});

it('49: workers that take from one trace at the same time take 50 together', async () => {
	const token = site.token({ tid: 't49p' });
	const answers = await Promise.all(Array.from({ length: 20 }, () => sendAs(token, ...batch(5, { trace_id: 't49p' }))));
	const accepted = answers.reduce((sum, a) => sum + (a.json.accepted ?? 0), 0);
	assert.equal(accepted, 50);
	for (const a of answers) assert.ok([200, 207, 429].includes(a.status), a.text);
});

it('50: a key has its own bucket, charged all or nothing', async () => {
	const first = await site.makeKey();
	for (let i = 0; i < 5; i++) taken(await sendAs(first.text, ...batch(999)), 999);
	const events = batch(100);
	const over = await sendAs(first.text, ...events);
	refused(over, 429, 'YAVIO-2050');
	const wait = Number(over.headers['retry-after']);
	assert.ok(wait >= 85 && wait <= 95, `${wait}: 100 wanted, 5 left and some seconds, 1 a second`);
	assert.ok(!site.row(events[0].event_id));
	// invalid events are charged too
	assert.equal((await sendAs(first.text, ...Array(5).fill(1))).status, 400);
	refused(await site.post('not even JSON '.repeat(1000), { key: first.text, headers: { 'Content-Type': 'a/b' } }), 429, 'YAVIO-2050');
	// another key of the same project is not touched by it
	taken(await sendAs(site.key.text, ...batch(1000)), 1000);
	const other = await siblingOf(first);
	taken(await sendAs(other, ...batch(1000)), 1000);
	assert.ok((await site.metric('yavio_ingest_rate_limited_total{class="key"}')) >= 2);
});

/** A second key of the project of a key. */
async function siblingOf(key) {
	const { createHmac, randomUUID } = await import('node:crypto');
	const [kid, secret] = site.env.API_KEY_HASH_SECRET.split(':');
	const text = `yav_${randomBytes(32).toString('hex')}`;
	await site.postgres.query('yavio_service',
		`INSERT INTO yavio.api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name) VALUES ($1, $2, $3, $4, $5, $6, 'other')`,
		[randomUUID(), key.project, key.workspace, createHmac('sha256', secret).update(text).digest(), kid, text.slice(0, 12)]);
	return text;
}

it('52, 51: failures of one address are limited, its good keys are not', async () => {
	const key = await site.makeKey();
	const from = (addr, credential, options = {}) =>
		site.fcgi({ method: 'POST', uri: '/v1/events', body: JSON.stringify({ events: [track()] }), params: { REMOTE_ADDR: addr },
			headers: credential ? { Authorization: `Bearer ${credential}`, 'Content-Type': 'application/json' } : {}, ...options });
	const addr = '203.0.113.7';
	taken(await from(addr, key.text));
	const before = await lookups();
	assert.ok(before > 0, 'look-ups are seen');
	const answers = await Promise.all(Array.from({ length: 60 }, () => from(addr, `yav_${randomBytes(32).toString('hex')}`)));
	const wrong = answers.filter((a) => a.status === 401);
	const limited = answers.filter((a) => a.status === 429);
	assert.equal(wrong.length + limited.length, 60);
	assert.ok(wrong.length >= 20 && wrong.length <= 25, `${wrong.length} were told 401`);
	for (const a of wrong) refused(a, 401, 'YAVIO-2001');
	for (const a of limited) refused(a, 429, 'YAVIO-2052');
	// Those at work at the same moment may be looked up: at most one a worker beyond the bucket.
	assert.ok((await lookups()) - before <= wrong.length + 4, 'an empty bucket stops look-ups');
	const settled = await lookups();
	for (let i = 0; i < 10; i++) refused(await from(addr, `yav_${randomBytes(32).toString('hex')}`), 429, 'YAVIO-2052');
	assert.equal(await lookups(), settled, 'no SQL for those');
	refused(await from(addr, undefined), 429, 'YAVIO-2052');
	refused(await from(addr, 'abc'), 429, 'YAVIO-2052');
	refused(await from(addr, undefined, { uri: '/nope' }), 429, 'YAVIO-2052');
	const put = await from(addr, undefined, { method: 'PUT' });
	refused(put, 429, 'YAVIO-2052');
	assert.equal(put.headers.allow, undefined);
	// 51: a cached key and a verified token are never limited by address; nor is another address.
	// The bucket refills by one a second: 500 requests would empty it however long they take.
	for (let i = 0; i < 25; i++) for (const a of await Promise.all(Array.from({ length: 20 }, () => from(addr, key.text)))) taken(a);
	// Nor is one that has to be looked up again, since something about it changed.
	await site.postgres.query('yavio_service', "UPDATE yavio.api_keys SET expires_at = now() + interval '1 day' WHERE id = $1", [key.key]);
	for (let i = 0; i < 20; i++, await sleep(25)) taken(await from(addr, key.text));
	taken(await from(addr, site.token({ tid: 't1' })));
	refused(await from('203.0.113.8', 'abc'), 401, 'YAVIO-2006');
});

it('52: IPv6 counts by its /64', async () => {
	const from = (addr) => site.fcgi({ method: 'POST', uri: '/v1/events', params: { REMOTE_ADDR: addr } });
	for (let i = 0; i < 20; i++) refused(await from(`2001:db8:1:2::${i + 1}`), 401, 'YAVIO-2000');
	refused(await from('2001:db8:1:2:ffff::1'), 429, 'YAVIO-2052');
	refused(await from('2001:db8:1:3::1'), 401, 'YAVIO-2000');
});

it('minting has a limit of its own', async () => {
	const key = await site.makeKey();
	const mint = (body) => site.fcgi({ method: 'POST', uri: '/v1/widget-tokens', body: JSON.stringify(body),
		headers: { Authorization: `Bearer ${key.text}`, 'Content-Type': 'application/json' } });
	for (let i = 0; i < 500; i++) assert.equal((await mint({ traceId: 't', sessionId: 's' })).status, 200);
	let answer;
	for (let i = 0; i < 10; i++) answer = await mint({ traceId: 't', sessionId: 's' });
	refused(answer, 429, 'YAVIO-2303');
	taken(await sendAs(key.text, track()));
});

it('a batch above the burst costs the burst; buckets survive a restart', async () => {
	await site.program.program.stop();
	await site.restart({ YAVIO_RATE_KEY: '1', YAVIO_RATE_KEY_BURST: '10' });
	const key = await site.makeKey();
	taken(await sendAs(key.text, ...batch(20)), 20);
	refused(await sendAs(key.text, ...batch(9)), 429, 'YAVIO-2050');
	await site.program.program.stop();
	await site.restart();
	refused(await sendAs(key.text, ...batch(9)), 429, 'YAVIO-2050');
});

it('0 switches a limit off', async () => {
	await site.program.program.stop();
	await site.restart({ YAVIO_RATE_KEY: '0', YAVIO_RATE_IP: '0', YAVIO_RATE_WIDGET: '0' });
	taken(await sendAs(site.token({ tid: 'toff' }), ...batch(60, { trace_id: 'toff' })), 60);
	for (let i = 0; i < 7; i++) taken(await site.send(...batch(1000)), 1000);
	for (let i = 0; i < 30; i++) refused(await site.post('', { key: null }), 401, 'YAVIO-2000');
});
