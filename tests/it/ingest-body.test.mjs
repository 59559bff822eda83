// SPDX-License-Identifier: MIT
// What a request may look like and how it is answered: bodies, codings, sizes, CORS, methods, health, metrics. Numbers:
// rows of the contract's test table.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { entries, refused, startSite, taken, track } from '../support/ingest.mjs';
import { until } from '../support/process.mjs';

const CAP = 512_000;
let site;

before(async () => {
	site = await startSite({ env: { LOG_LEVEL: 'debug' } });
});
after(() => site?.close());

const typed = (type, body = { events: [track()] }) => site.post(body, { headers: { 'Content-Type': type } });
const coded = (coding, body) => site.post(body, { headers: { 'Content-Encoding': coding } });
const text = (...events) => JSON.stringify({ events });

/** A body of exactly n bytes with one event. */
function bodyOf(n, event = track()) {
	const bare = text(event);
	return `${bare.slice(0, -1)},"pad":"${'x'.repeat(n - bare.length - 9)}"}`;
}

describe('JSON', () => {
	it('13: empty, broken, something behind it, bytes that are not UTF-8', async () => {
		for (const body of ['', '{', '{}x', ' ', '{"events":[}', `${text(track())}{}`, '\ufeff']) refused(await site.post(body), 400, 'YAVIO-2109');
		const [bad, good] = [track({ event_name: 'bad@' }), track()];
		const bytes = Buffer.from(text(bad, good));
		bytes[bytes.indexOf('@')] = 0xff;
		const answer = await site.post(bytes);
		assert.equal(answer.status, 207, answer.text);
		assert.deepEqual(entries(answer.json.errors), [[0, 'YAVIO-2117']]);
		assert.ok(site.row(good.event_id) && !site.row(bad.event_id));
		const outside = Buffer.from(`{"x":"@",${text(track()).slice(1)}`);
		outside[outside.indexOf('@')] = 0xc0;
		refused(await site.post(outside), 400, 'YAVIO-2117');
	});

	it('14: no array of events, an empty one, batch for events', async () => {
		const twice = `{"events":[],"events":[${JSON.stringify(track())}]}`;
		for (const body of ['[]', '{}', '{"events":1}', twice]) {
			const answer = await site.post(body);
			refused(answer, 400, 'YAVIO-2100');
			assert.deepEqual(entries(answer.json.errors), [[-1, 'YAVIO-2100']], body);
			assert.equal(answer.json.accepted, 0);
		}
		refused(await site.post('{"events":[]}'), 400, 'YAVIO-2110');
		taken(await site.post({ batch: [track()] }));
	});

	it('a BOM is skipped, other keys are ignored, sdk_version may follow', async () => {
		const event = track();
		taken(await site.post(`\ufeff{"x":{"y":[1]},"events":[${JSON.stringify(event)}],"sdk_version":"9.9.9","sent_at":"?"}`));
		assert.equal(site.row(event.event_id).sdk_version, '9.9.9');
	});

	it('40: 513 levels refuse the batch, 512 do not', async () => {
		const nested = (n) => `{"events":[${JSON.stringify(track())}],"x":${'['.repeat(n - 1)}${']'.repeat(n - 1)}}`;
		taken(await site.post(nested(512)));
		refused(await site.post(nested(513)), 400, 'YAVIO-2116');
	});
});

describe('media types and codings', () => {
	it('15: media types', async () => {
		refused(await typed('text/plain'), 415, 'YAVIO-2118');
		refused(await typed('application/x-www-form-urlencoded'), 415, 'YAVIO-2118');
		refused(await typed('application/json; charset=iso-8859-1'), 415, 'YAVIO-2118');
		refused(await typed('application/jsonx'), 415, 'YAVIO-2118');
		taken(await typed('application/json; charset=utf-8'));
		taken(await typed('Application/JSON;charset="UTF-8"; v=1'));
		taken(await typed(undefined));
	});

	it('16: codings', async () => {
		taken(await coded('gzip', gzipSync(text(track()))));
		taken(await coded('X-GZIP', gzipSync(text(track()))));
		taken(await coded('identity', text(track())));
		for (const coding of ['br', 'gzip, gzip', 'deflate']) {
			const answer = await coded(coding, coding === 'br' ? brotliCompressSync(text(track())) : gzipSync(text(track())));
			refused(answer, 415, 'YAVIO-2119');
			assert.equal(answer.headers['accept-encoding'], 'gzip');
		}
	});

	it('17: broken streams, bombs', async () => {
		const zipped = gzipSync(text(track()));
		refused(await coded('gzip', zipped.subarray(0, -1)), 400, 'YAVIO-2109');
		refused(await coded('gzip', Buffer.concat([zipped, Buffer.from('x')])), 400, 'YAVIO-2109');
		refused(await coded('gzip', text(track())), 400, 'YAVIO-2109');
		const wrong = Buffer.from(zipped);
		wrong[wrong.length - 8] ^= 1;
		refused(await coded('gzip', wrong), 400, 'YAVIO-2109');
		refused(await coded('gzip', gzipSync(Buffer.alloc(1_000_000))), 413, 'YAVIO-2120');
		taken(await coded('gzip', gzipSync(bodyOf(CAP))));
		refused(await coded('gzip', gzipSync(bodyOf(CAP + 1))), 413, 'YAVIO-2120');
	});
});

describe('lengths', () => {
	const head = () => ({ Authorization: `Bearer ${site.key.text}`, 'Content-Type': 'application/json' });
	const direct = (body, more) => site.fcgi({ method: 'POST', uri: '/v1/events', headers: head(), body, ...more });

	it('18: chunked, through Caddy and with every form of CONTENT_LENGTH', async () => {
		const event = track();
		const body = text(event);
		const chunks = body.match(/.{1,7}/gsu);
		taken(await site.ask({ method: 'POST', path: '/v1/events', headers: head(), chunks, pause: 1 }));
		const first = site.row(event.event_id);
		for (const length of ['', '-1']) {
			const again = track();
			taken(await direct(text(again), { length, pieceBytes: 1 }));
			const { event_id, timestamp, ingested_at, ...row } = site.row(again.event_id);
			const { event_id: _i, timestamp: _t, ingested_at: _a, ...expected } = first;
			assert.deepEqual(row, expected);
		}
	});

	it('19: the cap of a body', async () => {
		taken(await site.post(bodyOf(CAP)));
		refused(await site.post(bodyOf(CAP + 1)), 413, 'YAVIO-2111');
		refused(await site.post('x'.repeat(2_000_000)), 413, 'YAVIO-2111');
		refused(await direct('x'.repeat(100), { length: 10_000_000_000 }), 413, 'YAVIO-2111');
		refused(await direct(bodyOf(CAP + 1), { length: '' }), 413, 'YAVIO-2111');
		refused(await direct(text(track()), { length: 100_000 }), 400, 'YAVIO-2121');
	});

	it('20: the number of events', async () => {
		const batch = (n) => Array.from({ length: n }, () => ({ ...track(), session_id: 's' }));
		taken(await site.send(...batch(1000)), 1000);
		refused(await site.send(...batch(1001)), 413, 'YAVIO-2115');
		const one = batch(1001);
		one[500] = 7;
		const before = site.rows().length;
		refused(await site.send(...one), 413, 'YAVIO-2115');
		assert.equal(site.rows().length, before);
	});

	it('21: the size of an event', async () => {
		const sized = (n) => {
			const event = track({ x: '' });
			return { ...event, x: 'x'.repeat(n - JSON.stringify(event).length) };
		};
		taken(await site.send(sized(51_200)));
		const answer = await site.send(sized(51_201), track());
		assert.deepEqual(entries(answer.json.errors), [[0, 'YAVIO-2108']]);
		const spaced = JSON.stringify(sized(51_200)).replaceAll('","', `"${' '.repeat(1500)},\n"`);
		assert.ok(spaced.length > 60_000);
		taken(await site.post(`{"events":[${spaced}]}`));
	});
});

describe('CORS, routes, request ids', () => {
	const cross = (answer, origin) => {
		assert.equal(answer.headers['access-control-allow-origin'], origin);
		assert.match(answer.headers.vary, /\bOrigin\b/);
		assert.equal(answer.headers['access-control-allow-credentials'], 'true');
		assert.equal(answer.headers['access-control-expose-headers'], 'X-Request-Id, Retry-After');
	};

	it('59: preflights, and every answer to a request with Origin', async () => {
		for (const path of ['/v1/events', '/v1/widget-tokens', '/health', '/v1/events?token=x']) {
			for (const Origin of ['null', 'https://a.example']) {
				const answer = await site.ask({ method: 'OPTIONS', path, headers: { Origin, 'Access-Control-Request-Method': 'POST' } });
				assert.equal(answer.status, 204);
				assert.equal(answer.text, '');
				cross(answer, Origin);
				assert.equal(answer.headers['access-control-allow-methods'], 'GET, POST, OPTIONS');
				assert.equal(answer.headers['access-control-allow-headers'], 'Authorization, Content-Type, Content-Encoding, X-Request-Id');
				assert.equal(answer.headers['access-control-max-age'], '86400');
			}
		}
		const Origin = 'https://a.example';
		const answers = [
			[200, await site.post({ events: [track()] }, { headers: { Origin } })],
			[400, await site.post('', { headers: { Origin } })],
			[401, await site.post('', { key: null, headers: { Origin } })],
			[404, await site.ask({ path: '/nope', headers: { Origin } })],
			[405, await site.ask({ path: '/v1/events', headers: { Origin } })],
			[413, await site.post('x'.repeat(CAP + 1), { headers: { Origin } })],
			[415, await site.post('x', { headers: { Origin, 'Content-Type': 'a/b' } })],
		];
		for (const [status, answer] of answers) {
			assert.equal(answer.status, status);
			cross(answer, Origin);
		}
		const plain = await site.send(track());
		for (const name of Object.keys(plain.headers)) assert.ok(!name.startsWith('access-control'), name);
	});

	it('no header tells more than it has to, and none of FastCGI gets through', async () => {
		const names = Object.keys((await site.send(track())).headers).sort();
		const ours = ['cache-control', 'connection', 'content-length', 'content-type', 'date', 'keep-alive', 'vary', 'x-content-type-options', 'x-request-id'];
		assert.deepEqual(names.filter((name) => !ours.includes(name)), []);
	});

	it('60: methods, paths, one trailing slash, the request id', async () => {
		for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
			const answer = await site.ask({ method, path: '/v1/events' });
			assert.equal(answer.status, 405);
			assert.equal(answer.headers.allow, 'POST, OPTIONS');
			if (method !== 'HEAD') refused(answer, 405, 'YAVIO-2901');
		}
		assert.equal((await site.ask({ method: 'POST', path: '/health' })).headers.allow, 'GET, HEAD, OPTIONS');
		refused(await site.ask({ method: 'POST', path: '/nope' }), 404, 'YAVIO-2900');
		refused(await site.ask({ method: 'OPTIONS', path: '/nope' }), 404, 'YAVIO-2900');
		refused(await site.post({}, { path: '/v1/events//' }), 404, 'YAVIO-2900');
		taken(await site.post({ events: [track()] }, { path: '/v1/events/' }));
		const mine = `req_${randomUUID()}`;
		const answer = await site.post({ events: [track()] }, { headers: { 'X-Request-Id': mine } });
		taken(answer);
		const id = answer.json.requestId;
		assert.notEqual(id, mine);
		assert.match(id, /^req_[0-9a-f-]{36}$/);
		await until('its line', () => site.program.program.logs().some((l) => l.requestId === id && l.route === '/v1/events' && l.eventCount === 1));
		const direct = await site.fcgi({ method: 'POST', uri: '/nope' });
		assert.match(direct.headers['x-request-id'], /^req_[0-9a-f-]{36}$/);
	});

	it('the order of refusal', async () => {
		const big = 'x'.repeat(CAP + 1);
		refused(await site.post(big, { key: null, path: '/nope' }), 404, 'YAVIO-2900');
		refused(await site.post(big, { key: null, headers: { 'Content-Type': 'a/b' } }), 401, 'YAVIO-2000');
		refused(await site.post(big, { headers: { 'Content-Type': 'a/b', 'Content-Encoding': 'br' } }), 415, 'YAVIO-2118');
		refused(await site.post(big, { headers: { 'Content-Encoding': 'br' } }), 415, 'YAVIO-2119');
		refused(await site.post(big), 413, 'YAVIO-2111');
	});

	it('HEAD of health has no body', async () => {
		for (const path of ['/health/live', '/health/ready', '/health/', '/health']) {
			const answer = await site.ask({ method: 'HEAD', path });
			assert.ok([200, 503].includes(answer.status));
			assert.equal(answer.text, '');
		}
	});
});

describe('metrics', () => {
	const ask = (Authorization, addr = '127.0.0.1') =>
		site.fcgi({ uri: '/metrics', headers: Authorization ? { Authorization } : {}, params: { REMOTE_ADDR: addr } });

	it('61: the token, and one set of numbers for all workers', async () => {
		refused(await ask('Bearer wrong'), 401, 'YAVIO-7102');
		refused(await ask(), 401, 'YAVIO-7102');
		const right = await ask(`Bearer ${site.env.METRICS_BEARER_TOKEN}`, '192.0.2.1');
		assert.equal(right.status, 200);
		assert.equal(right.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
		const received = 'yavio_ingest_events_received_total{source="server"}';
		const before = await site.metric(received);
		await Promise.all(Array.from({ length: 40 }, async () => taken(await site.send(track(), track()), 2)));
		assert.equal(await site.metric(received), before + 80);
	});

	it('61: without a token only for loopback', async () => {
		const open = await startSite({ postgres: site.postgres, caddy: false, env: { METRICS_BEARER_TOKEN: '', YAVIO_INGEST_WORKERS: '4' } });
		try {
			assert.equal((await open.fcgi('/metrics')).status, 200);
			refused(await open.fcgi({ uri: '/metrics', params: { REMOTE_ADDR: '192.0.2.1' } }), 401, 'YAVIO-7102');
		} finally {
			await open.close();
		}
	});

	it('what was refused, cut, redacted and unknown is counted by its label', async () => {
		const rejected = (code, kind) => `yavio_ingest_events_rejected_total{reason="${code}",class="${kind}"}`;
		const names = [
			[rejected('YAVIO-2102', 'validation'), 2],
			[rejected('YAVIO-2108', 'size'), 1],
			[rejected('YAVIO-2001', 'auth'), 1],
			[rejected('YAVIO-2115', 'size'), 1],
			['yavio_ingest_events_truncated_total{field="error_message"}', 1],
			['yavio_ingest_events_truncated_total{field="metadata"}', 1],
			['yavio_ingest_pii_redacted_total{kind="email"}', 2],
			['yavio_ingest_unknown_fields_total', 3],
			['yavio_ingest_events_received_total{source="widget"}', 1],
			['yavio_ingest_pii_strip_duration_seconds_count', 2],
			['yavio_spool_append_duration_seconds_count', 1],
			['yavio_spool_fsync_duration_seconds_count', 1],
		];
		const before = await Promise.all(names.map(([name]) => site.metric(name)));
		const answer = await site.send(
			track({ event_type: 'Bad' }), track({ event_type: '9' }), track({ x: 'x'.repeat(60_000) }),
			track({ event_type: 'tool_call', error_message: 'e'.repeat(3000), a: 1, b: 2 }),
			track({ metadata: { to: 'a@example.com, b@example.com', pad: 'x'.repeat(5000) } }),
			track({ metadata: { pad: 'x'.repeat(11_000) }, source: 'widget' }),
		);
		assert.equal(answer.status, 207, answer.text);
		assert.equal(answer.json.accepted, 3);
		refused(await site.post({}, { key: `yav_${randomUUID().replaceAll('-', '')}` }), 401, 'YAVIO-2001');
		refused(await site.send(...Array(1001).fill(1)), 413, 'YAVIO-2115');
		const after = await Promise.all(names.map(([name]) => site.metric(name)));
		assert.deepEqual(names.map(([name], i) => [name, after[i] - before[i]]), names);
	});
});
