// SPDX-License-Identifier: MIT
// Who may send: API keys, widget tokens, minting, and what a log never holds. Numbers: rows of the contract's test table.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { entries, refused, signToken, startSite, taken, track } from '../support/ingest.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { preloaded } from '../support/preload.mjs';
import { temporaryDir, until } from '../support/process.mjs';

let site;

before(async () => {
	site = await startSite({ env: { LOG_LEVEL: 'trace', JWT_SECRET_PREVIOUS: 'previous-0123456789-abcdefghijklmnopqrst' } });
});
after(() => site?.close());

const withAuth = (value) => site.post({ events: [track()] }, { key: null, headers: { Authorization: value } });
const lookups = () => site.metric('yavio_ingest_api_key_cache_misses_total');

describe('API keys', () => {
	it('2: a live key, in any case of the scheme', async () => {
		taken(await site.send(track()));
		taken(await withAuth(`bearer   ${site.key.text}`));
	});

	it('3: nothing, another scheme, a malformed credential', async () => {
		refused(await site.post({ events: [track()] }, { key: null }), 401, 'YAVIO-2000');
		refused(await withAuth('Basic x'), 401, 'YAVIO-2006');
		refused(await withAuth('Bearer abc'), 401, 'YAVIO-2006');
		refused(await withAuth('Bearer'), 401, 'YAVIO-2006');
	});

	it('4: unknown, malformed (never looked up), expired, revoked', async () => {
		const unknown = `Bearer yav_${'0'.repeat(64)}`;
		refused(await withAuth(unknown), 401, 'YAVIO-2001');
		const before = await lookups();
		refused(await withAuth('Bearer yav_zz'), 401, 'YAVIO-2001');
		refused(await withAuth(`Bearer yav_${'A'.repeat(64)}`), 401, 'YAVIO-2001');
		refused(await withAuth(unknown), 401, 'YAVIO-2001');
		assert.equal(await lookups(), before, 'neither a malformed key nor one that was just refused is looked up');
		const expired = await site.makeKey({ expires: new Date(Date.now() - 1000) });
		const revoked = await site.makeKey({ revoked: new Date(Date.now() - 1000) });
		for (let i = 0; i < 2; i++) {
			refused(await withAuth(`Bearer ${expired.text}`), 401, 'YAVIO-2002');
			refused(await withAuth(`Bearer ${revoked.text}`), 401, 'YAVIO-2003');
		}
		for (const digits of [31, 129]) refused(await withAuth(`Bearer yav_${'a'.repeat(digits)}`), 401, 'YAVIO-2001');
	});

	it('8: a revocation counts at once, far before the minute of the cache is over; a key made after it was refused works', async () => {
		const key = await site.makeKey();
		const send = () => site.post({ events: [track()] }, { key: key.text });
		taken(await send());
		await site.postgres.query('yavio_service', 'UPDATE yavio.api_keys SET revoked_at = now() WHERE id = $1', [key.key]);
		await until('the revocation counts', async () => (await send()).status === 401, 20_000);
		refused(await send(), 401, 'YAVIO-2003');
		// Taken away, refused, put back: as if it was made after it had been refused.
		const { rows } = await site.postgres.query('yavio_service', 'DELETE FROM yavio.api_keys WHERE id = $1 RETURNING *', [key.key]);
		await until('the deletion counts', async () => (await send()).json.error.code === 'YAVIO-2001', 20_000);
		const row = { ...rows[0], revoked_at: null };
		const names = Object.keys(row);
		await site.postgres.query('yavio_service',
			`INSERT INTO yavio.api_keys (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`, Object.values(row));
		await until('the key works', async () => (await send()).status === 200, 20_000);
	});

	it('8: the last use is written, later than the answer and once', async () => {
		const key = await site.makeKey();
		for (let i = 0; i < 3; i++) taken(await site.post({ events: [track()] }, { key: key.text }));
		const lastUse = async () =>
			(await site.postgres.query('yavio_service', 'SELECT last_used_at FROM yavio.api_keys WHERE id = $1', [key.key])).rows[0].last_used_at;
		const first = await until('a last use', lastUse);
		assert.ok(Math.abs(first.getTime() - Date.now()) < 10_000);
	});

	it('workers share the cache: one look-up for all', async () => {
		const [key, last] = [await site.makeKey(), await site.makeKey()];
		const send = () => site.post({ events: [track()] }, { key: last.text });
		taken(await send());
		// What is told of keys comes in order: when this counts, nothing is on its way that makes the other key be looked up again.
		await site.postgres.query('yavio_service', 'UPDATE yavio.api_keys SET revoked_at = now() WHERE id = $1', [last.key]);
		await until('the revocation counts', async () => (await send()).status === 401, 5000);
		const before = await lookups();
		const hits = await site.metric('yavio_ingest_api_key_cache_hits_total');
		for (let i = 0; i < 10; i++) taken(await site.post({ events: [track()] }, { key: key.text }));
		assert.equal(await lookups(), before + 1);
		assert.equal(await site.metric('yavio_ingest_api_key_cache_hits_total'), hits + 9);
	});
});

it('9: PostgreSQL away: a key that was seen serves on for an hour, a new one is asked to wait, health says so', async () => {
	const minute = 60_000;
	const dir = temporaryDir();
	const clock = preloaded(dir);
	const postgres = await startPostgres();
	const own = await postgres
		.createDatabase()
		.then(() => startSite({ postgres, env: clock.env }))
		.catch(async (error) => {
			await postgres.stop();
			throw error;
		});
	try {
		const never = await own.makeKey();
		taken(await own.send(track()));
		await until('ready', async () => (await own.ask('/health/ready')).status === 200);
		await postgres.stop();
		clock.ahead(5 * minute);
		for (let i = 0; i < 5; i++) taken(await own.send(track()));
		refused(await own.post({ events: [track()] }, { key: never.text }), 503, 'YAVIO-2403');
		const health = await until('PostgreSQL down', async () => {
			const now = await own.ask('/health');
			return now.json.postgres === 'down' && now.json.clickhouse === 'down' && now.json.accepting && now;
		});
		assert.equal(health.status, 503);
		assert.equal(health.json.status, 'degraded');
		assert.equal((await own.ask('/health/ready')).status, 200);
		assert.ok((await own.metric('yavio_ingest_api_key_cache_stale_total')) >= 5);
		assert.equal(own.program.program.logs().filter((l) => l.err?.code === 'YAVIO-2409').length, 1, 'said once a minute');
		clock.ahead(59 * minute);
		taken(await own.send(track()));
		clock.ahead(61 * minute);
		refused(await own.send(track()), 503, 'YAVIO-2403');
		await until('not ready', async () => (await own.ask('/health/ready')).json.reason === 'YAVIO-2403');
	} finally {
		await own.close();
		await postgres.stop();
		rmSync(dir, { recursive: true, force: true });
	}
});

describe('widget tokens', () => {
	const now = () => Math.floor(Date.now() / 1000);
	const send = (token, fields = {}) => site.post({ events: [track(fields)] }, { key: token });

	it('a good one is taken', async () => {
		taken(await send(site.token()));
	});

	it('5: tampered, alg none, wrong secret, a claim missing or odd', async () => {
		const [head, claims, mac] = site.token().split('.');
		const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url')), tid: 't2' })).toString('base64url');
		const bad = [
			`${head}.${other}.${mac}`,
			`${head}.${claims}.${mac.slice(0, -2)}AA`,
			`${head}.${claims}.`,
			`${head}.${claims}`,
			site.token({}, { header: { alg: 'none' } }),
			site.token({}, { header: { alg: 'HS512' } }),
			site.token({}, { secret: 'x'.repeat(40) }),
			site.token({ exp: now() + 3601 }),
			site.token({ iat: now() + 60, exp: now() + 100 }),
			site.token({ tid: 'x'.repeat(129) }),
			`eyJ${'a'.repeat(2100)}`,
		];
		for (const claim of ['pid', 'wid', 'tid', 'sid', 'iat', 'exp']) {
			bad.push(site.token({ [claim]: undefined }), site.token({ [claim]: [] }));
		}
		for (const token of bad) refused(await send(token), 401, 'YAVIO-2004');
	});

	it('6: expired by 6 s, by 4 s, signed with the previous secret', async () => {
		refused(await send(site.token({ iat: now() - 900, exp: now() - 6 })), 401, 'YAVIO-2005');
		taken(await send(site.token({ iat: now() - 900, exp: now() - 3, tid: 't1' })));
		taken(await send(site.token({}, { secret: site.env.JWT_SECRET_PREVIOUS })));
	});

	it('7: in the URL with a text/plain body; never an API key there; the header wins', async () => {
		const token = site.token({ tid: 'tbeacon' });
		const event = track({ trace_id: 'tbeacon' });
		const beacon = (path, headers = {}) =>
			site.post({ events: [event] }, { key: null, path, headers: { 'Content-Type': 'text/plain;charset=UTF-8', ...headers } });
		taken(await beacon(`/v1/events?token=${token}`));
		taken(await beacon(`/v1/events?a=b&token=${token.replaceAll('.', '%2E')}`));
		assert.ok(site.row(event.event_id));
		refused(await beacon(`/v1/events?token=${site.key.text}`), 401, 'YAVIO-2006');
		refused(await beacon(`/v1/events?token=${token}`, { Authorization: 'Bearer abc' }), 401, 'YAVIO-2006');
		refused(await beacon('/v1/events'), 401, 'YAVIO-2000');
	});

	it('46: one event of another trace refuses the whole batch', async () => {
		const events = [track(), track({ trace_id: 't2' })];
		refused(await site.post({ events }, { key: site.token() }), 400, 'YAVIO-2112');
		assert.equal(site.row(events[0].event_id), undefined);
	});

	it('47: session and source come from the token', async () => {
		const token = site.token({ tid: 't47', sid: 's47' });
		const events = [track({ trace_id: 't47', session_id: 's2', source: 'server' }), track({ trace_id: 't47', session_id: undefined, source: undefined })];
		taken(await site.post({ events }, { key: token }), 2);
		for (const { event_id } of events) {
			const row = site.row(event_id);
			assert.deepEqual([row.session_id, row.source, row.workspace_id, row.project_id], ['s47', 'widget', site.key.workspace, site.key.project]);
		}
	});

	it('48: types that widgets may send', async () => {
		const token = site.token({ tid: 't48' });
		const types = ['tool_call', 'tool_discovery', 'widget_response', 'widget_new', 'identify'];
		const events = types.map((event_type) => track({ trace_id: 't48', event_type, tool_name: event_type === 'tool_discovery' ? 'x' : undefined }));
		const answer = await site.post({ events }, { key: token });
		assert.equal(answer.status, 207, answer.text);
		assert.equal(answer.json.accepted, 2);
		assert.deepEqual(entries(answer.json.errors), [[0, 'YAVIO-2124'], [1, 'YAVIO-2124'], [2, 'YAVIO-2124']]);
		const missing = await site.post({ events: [track({ trace_id: undefined })] }, { key: token });
		assert.deepEqual(entries(missing.json.errors), [[0, 'YAVIO-2101']]);
	});
});

describe('POST /v1/widget-tokens', () => {
	const mint = (body, { key = site.key.text, headers = {} } = {}) => site.post(body, { key, headers, path: '/v1/widget-tokens' });

	it('10: mints a token that works', async () => {
		const answer = await mint({ traceId: 'tr_mint', sessionId: 'ses_mint', extra: [1] });
		assert.equal(answer.status, 200, answer.text);
		const { token, expiresAt, ...rest } = answer.json;
		assert.deepEqual(rest, {});
		const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
		assert.equal(claims.exp - claims.iat, 900);
		assert.ok(Math.abs(claims.iat - now_s()) <= 2);
		assert.deepEqual([claims.pid, claims.wid, claims.tid, claims.sid], [site.key.project, site.key.workspace, 'tr_mint', 'ses_mint']);
		assert.equal(expiresAt, new Date(claims.exp * 1000).toISOString());
		assert.equal(signToken(claims, site.env.JWT_SECRET), token);
		taken(await site.post({ events: [track({ trace_id: 'tr_mint' })] }, { key: token }));
	});

	const now_s = () => Math.floor(Date.now() / 1000);

	it('11: bodies that lack something', async () => {
		refused(await mint({ sessionId: 's' }), 400, 'YAVIO-2300');
		refused(await mint({ traceId: 5, sessionId: 's' }), 400, 'YAVIO-2300');
		refused(await mint({ traceId: 'x'.repeat(129), sessionId: 's' }), 400, 'YAVIO-2300');
		refused(await mint({ traceId: '', sessionId: 's' }), 400, 'YAVIO-2300');
		refused(await mint({ traceId: 't' }), 400, 'YAVIO-2301');
		refused(await mint([]), 400, 'YAVIO-2300');
		refused(await mint('{'), 400, 'YAVIO-2109');
		refused(await mint(''), 400, 'YAVIO-2109');
		refused(await mint(Buffer.from('{"traceId":"\xff","sessionId":"s"}', 'latin1')), 400, 'YAVIO-2117');
		refused(await mint({ traceId: '\u0001'.repeat(128), sessionId: 's' }), 400, 'YAVIO-2300');
		refused(await mint({ traceId: 't', sessionId: 'a\u0007b' }), 400, 'YAVIO-2301');
		assert.equal((await mint({ traceId: 'é'.repeat(128), sessionId: '😀'.repeat(128) })).status, 200);
	});

	it('12: only with a key, at most 4 KiB', async () => {
		refused(await mint({ traceId: 't', sessionId: 's' }, { key: site.token() }), 401, 'YAVIO-2302');
		refused(await mint({ traceId: 't', sessionId: 's' }, { key: null }), 401, 'YAVIO-2000');
		refused(await mint({ traceId: 't', sessionId: 's', pad: 'x'.repeat(5000) }), 413, 'YAVIO-2111');
		refused(await mint({ traceId: 't', sessionId: 's' }, { headers: { 'Content-Type': 'text/plain' } }), 415, 'YAVIO-2118');
	});
});

it('62: no key, token, body or query in any log; a request id in every line of a request', async () => {
	const planted = `planted${randomUUID().replaceAll('-', '')}`;
	await site.send(track({ event_name: planted, user_id: planted, metadata: { planted } }));
	await site.post(`${planted}`, { path: `/v1/events?token=${planted}` });
	await site.ask(`/${planted}?x=${planted}`);
	refused(await withAuth(`Bearer yav_${planted}`), 401, 'YAVIO-2001');
	const lines = site.program.program.logs().filter((l) => l.msg === 'request');
	assert.ok(lines.length > 60);
	for (const line of lines) assert.match(line.requestId, /^req_[0-9a-f-]{36}$/, JSON.stringify(line));
	const taken_ = lines.find((l) => l.status === 200 && l.route === '/v1/events');
	assert.equal(taken_.projectId, site.key.project);
	assert.equal(taken_.keyPrefix, site.key.text.slice(0, 12));
	const logs = `${site.program.program.output()}${site.caddy.caddy.output()}`;
	for (const secret of [site.key.text, site.key.text.slice(13), site.env.JWT_SECRET, site.token().split('.')[2], 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9']) {
		assert.ok(!logs.includes(secret), `a log holds ${secret}`);
	}
	assert.ok(!site.program.program.output().includes(planted));
});
