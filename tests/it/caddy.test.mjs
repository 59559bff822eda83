// SPDX-License-Identifier: MIT
// Real Caddy in front of a real worker: what arrives, what is answered, and what Caddy says on its own.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { http, startCaddy } from '../support/caddy.mjs';
import { PROGRAM_DIR, ROOT, childrenOf, sleep, start, temporaryDir, until } from '../support/process.mjs';

const ECHO = join(PROGRAM_DIR, 'echo-worker');
const REQUEST_ID = /^req_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

async function edge(t, options = {}) {
	const dir = temporaryDir(t);
	const worker = start(t, ECHO, [join(dir, 'ingest.sock'), '2', `ready=${join(dir, 'ready')}`, ...(options.worker ?? [])]);
	await until('worker', () => existsSync(join(dir, 'ready')));
	const site = await startCaddy(t, { dir, run: dir, ...options });
	return { dir, worker, ...site, ask: (o) => http({ port: site.ingestPort, ...o }), page: (o) => http({ port: site.port, ...o }) };
}

const json = { 'Content-Type': 'application/json' };

function errorShape(answer, code, status) {
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.json.error.code, code);
	assert.equal(answer.json.error.status, status);
	assert.match(answer.json.error.requestId, REQUEST_ID);
	assert.equal(answer.headers['x-request-id'], answer.json.error.requestId);
	assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
	assert.equal(answer.headers['cache-control'], 'no-store');
	assert.equal(answer.headers.server, undefined);
}

test('a request arrives: method, path, query, type, body, declared and chunked', async (t) => {
	const { ask } = await edge(t);
	const sent = await ask({ method: 'POST', path: '/echo?a=%20b&c', headers: json, body: '{"x":"ü"}' });
	assert.equal(sent.status, 200, sent.text);
	const { method, path, query, type, body, addr } = sent.json;
	assert.deepEqual({ method, path, query, type, body, addr }, {
		method: 'POST',
		path: '/echo',
		query: 'a=%20b&c',
		type: 'application/json',
		body: '{"x":"ü"}',
		addr: '127.0.0.1',
	});
	const chunked = await ask({ method: 'POST', path: '/echo', headers: json, chunks: ['{"a"', ':', '[1', ',2]}'], pause: 20 });
	assert.equal(chunked.json.body, '{"a":[1,2]}');
	const head = await ask({ method: 'HEAD', path: '/echo' });
	assert.equal(head.status, 200);
	assert.equal(head.text, '');
});

test('the request id is ours: a client cannot set it, nor by another spelling', async (t) => {
	const { ask } = await edge(t);
	const mine = 'req_00000000-0000-0000-0000-000000000000';
	for (let i = 0; i < 5; i++) {
		const answer = await ask({ path: '/echo', headers: { 'X-Request-Id': mine, X_Request_Id: mine, 'x_request-id': mine, X_Forwarded_For: '6.6.6.6' } });
		assert.match(answer.json.requestId, REQUEST_ID);
		assert.notEqual(answer.json.requestId, mine);
		assert.equal(answer.headers['x-request-id'], answer.json.requestId);
		assert.equal(answer.json.addr, '127.0.0.1');
	}
	assert.equal((await ask({ path: '/echo', headers: { 'X-Forwarded-For': '6.6.6.6' } })).json.addr, '127.0.0.1');
});

test('refusals of the worker come through: 404, 405, 413 declared, chunked and large, 415, 431', async (t) => {
	const { ask } = await edge(t);
	errorShape(await ask({ path: '/nothing' }), 'YAVIO-2900', 404);
	const wrong = await ask({ method: 'PUT', path: '/echo', body: '' });
	errorShape(wrong, 'YAVIO-2901', 405);
	assert.equal(wrong.headers.allow, 'GET, HEAD, POST, OPTIONS');
	errorShape(await ask({ method: 'POST', path: '/echo', headers: json, body: 'x'.repeat(1001) }), 'YAVIO-2111', 413);
	errorShape(await ask({ method: 'POST', path: '/echo', headers: json, chunks: ['x'.repeat(600), 'y'.repeat(600)] }), 'YAVIO-2111', 413);
	errorShape(await ask({ method: 'POST', path: '/echo', headers: json, body: Buffer.alloc(5_000_000, 120) }), 'YAVIO-2111', 413);
	errorShape(await ask({ method: 'POST', path: '/echo', headers: json, chunks: Array(40).fill(Buffer.alloc(100_000, 120)) }), 'YAVIO-2111', 413);
	errorShape(await ask({ method: 'POST', path: '/echo', headers: { 'Content-Type': 'text/html' }, body: 'x' }), 'YAVIO-2118', 415);
	errorShape(await ask({ path: `/echo?${'q'.repeat(4500)}` }), 'YAVIO-7505', 431);
	const cors = await ask({ path: '/nothing', headers: { Origin: 'https://a.example' } });
	assert.equal(cors.headers['access-control-allow-origin'], 'https://a.example');
	const preflight = await ask({ method: 'OPTIONS', path: '/echo', headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST' } });
	assert.equal(preflight.status, 204);
});

test('beyond the backstop Caddy answers itself, in the same shape', async (t) => {
	const { ask } = await edge(t);
	errorShape(await ask({ method: 'POST', path: '/echo', headers: json, body: Buffer.alloc(21_000_000) }), 'YAVIO-7502', 413);
});

test('slow senders hold no worker', async (t) => {
	const { ingestPort, ask } = await edge(t);
	const slow = Array.from({ length: 20 }, () => {
		const socket = connect(ingestPort, '127.0.0.1');
		socket.on('error', () => {});
		socket.write('POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"slow":');
		return socket;
	});
	await sleep(300);
	const began = Date.now();
	assert.equal((await ask({ path: '/echo' })).status, 200);
	assert.ok(Date.now() - began < 10_000, 'answered while twenty bodies were on their way to two workers');
	for (const socket of slow) socket.destroy();
});

test('no worker: the error page has shape, id, Retry-After and, for /v1, CORS; a GET waits for a restart', async (t) => {
	const { dir, ask, page, worker } = await edge(t);
	await worker.stop();
	const post = await ask({ method: 'POST', path: '/v1/events', headers: { ...json, Origin: 'https://a.example' }, body: '{}' });
	assert.ok([502, 503].includes(post.status), `${post.status}`);
	errorShape(post, 'YAVIO-7500', post.status);
	assert.equal(post.headers['retry-after'], '1');
	assert.equal(post.headers['access-control-allow-origin'], 'https://a.example');
	errorShape(await page({ path: '/api/health', method: 'POST', body: '' }), 'YAVIO-7500', 502);
	const waiting = ask({ path: '/echo' });
	await sleep(500);
	start(t, ECHO, [join(dir, 'ingest.sock'), '1']);
	assert.equal((await waiting).status, 200);
});

test('a worker killed in a request: a POST gets 502 and is not repeated, a GET is; the next one is served', async (t) => {
	const { ask, worker } = await edge(t);
	const post = ask({ method: 'POST', path: '/sleep/30000', headers: json, body: '{}' });
	const get = ask({ path: '/sleep/1000' });
	await sleep(300);
	for (const pid of childrenOf(worker.pid)) process.kill(pid, 'SIGKILL');
	errorShape(await post, 'YAVIO-7500', 502);
	assert.equal((await get).status, 200);
	assert.equal((await ask({ path: '/echo' })).status, 200);
});

test('a worker that does not answer in time: 504 in our shape, with Retry-After', async (t) => {
	const hasty = (text) => {
		assert.match(text, /import program ingest 35s/);
		return text.replaceAll('import program ingest 35s', 'import program ingest 1s');
	};
	const { ask } = await edge(t, { config: hasty });
	const late = await ask({ method: 'POST', path: '/sleep/4000', headers: json, body: '{}' });
	errorShape(late, 'YAVIO-7501', 504);
	assert.equal(late.headers['retry-after'], '1');
});

test('SIGHUP under load through Caddy: not one request fails', async (t) => {
	const { ask, worker } = await edge(t);
	let running = true;
	const failures = [];
	let ok = 0;
	const clients = Array.from({ length: 4 }, async () => {
		while (running) {
			const answer = await ask({ method: 'POST', path: '/echo', headers: json, body: '{}' }).catch((e) => ({ status: e.message }));
			if (answer.status === 200) ok++;
			else failures.push(answer.status);
		}
	});
	for (let i = 0; i < 3; i++) {
		await sleep(200);
		worker.kill('SIGHUP');
	}
	await sleep(400);
	running = false;
	await Promise.all(clients);
	assert.deepEqual(failures, []);
	assert.ok(ok > 50);
});

test('files: page, fallback for application paths, 404 for missing files, caching, no dot files', async (t) => {
	const { page } = await edge(t);
	const index = readFileSync(join(ROOT, 'web/static/index.html'), 'utf8');
	for (const path of ['/', '/index.html', '/projects/1/tools', '/login']) {
		const answer = await page({ path });
		assert.equal(answer.status, 200, path);
		assert.equal(answer.text, index, path);
		assert.equal(answer.headers['cache-control'], 'no-cache');
	}
	errorShape(await page({ path: '/missing.js' }), 'YAVIO-7503', 404);
	errorShape(await page({ path: '/assets/missing' }), 'YAVIO-7503', 404);
	errorShape(await page({ path: '/.env' }), 'YAVIO-7503', 404);
	const [script] = /\/assets\/index-[\w-]+\.js/.exec(index);
	const bundle = await page({ path: script });
	assert.match(bundle.headers['content-type'], /javascript/);
	assert.equal(bundle.headers['cache-control'], 'public, max-age=31536000, immutable');
	const small = await page({ path: script, headers: { 'Accept-Encoding': 'br, gzip' } });
	assert.equal(small.headers['content-encoding'], 'br');
	const config = await page({ path: '/config.json' });
	assert.deepEqual(Object.keys(JSON.parse(config.text)), ['appUrl', 'ingestUrl', 'version', 'docsUrl', 'cloud']);
	assert.equal(config.headers['cache-control'], 'no-cache');
	assert.match(config.headers['content-type'], /^application\/json/);
	const write = await page({ method: 'POST', path: '/login', body: 'x' });
	errorShape(write, 'YAVIO-7509', 405);
	assert.equal(write.headers.allow, 'GET, HEAD');
	assert.doesNotMatch((await page({ path: '/../../etc/passwd' })).text, /root:/);
});

test('the page obeys its own policy: no inline script or style, nothing from elsewhere', () => {
	const html = readFileSync(join(ROOT, 'web/static/index.html'), 'utf8');
	assert.doesNotMatch(html, /<style|style=|<script(?![^>]*src=)|\son[a-z]+=|https?:\/\/(?!localhost)/i);
});

test('headers on pages, API and ingest', async (t) => {
	const { page, ask } = await edge(t);
	const html = await page({ path: '/' });
	const expected = {
		'content-security-policy':
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		'x-content-type-options': 'nosniff',
		'x-frame-options': 'DENY',
		'referrer-policy': 'strict-origin-when-cross-origin',
		'permissions-policy': 'camera=(), microphone=(), geolocation=()',
		'cross-origin-opener-policy': 'same-origin',
		'cross-origin-resource-policy': 'same-origin',
		server: undefined,
		'strict-transport-security': undefined,
	};
	for (const [name, value] of Object.entries(expected)) assert.equal(html.headers[name], value, name);
	const v1 = await ask({ path: '/v1/nothing' });
	assert.equal(v1.headers['x-content-type-options'], 'nosniff');
	for (const name of ['content-security-policy', 'x-frame-options', 'referrer-policy', 'server']) assert.equal(v1.headers[name], undefined, name);
	const api = await page({ path: '/api/health', method: 'POST', body: '' });
	assert.equal(api.headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
});

test('the access log keeps no credential, no secret of a query, half of an address', async (t) => {
	const { ask, caddy } = await edge(t);
	await ask({ path: '/echo?token=planted1&x=1', headers: { Authorization: 'Bearer planted2', Cookie: 'a=planted3', 'X-Forwarded-For': '9.8.7.6' } });
	const line = await until('access line', () => caddy.logs().find((l) => l.request?.uri?.includes('x=1')));
	assert.equal(line.request.remote_ip, '127.0.0.0');
	assert.doesNotMatch(caddy.output(), /planted|9\.8\.7\.6/);
});

test('behind a trusted proxy its X-Forwarded-For counts, right-most stranger first; others are refused', async (t) => {
	const trusted = '127.0.0.0/8 10.0.0.0/8';
	const { ask } = await edge(t, { worker: [`trust=${trusted}`], env: { YAVIO_SITE: 'proxy', YAVIO_TRUSTED_PROXIES: trusted } });
	const addr = async (list) => (await ask({ path: '/echo', headers: { 'X-Forwarded-For': list } })).json.addr;
	assert.equal(await addr('6.6.6.6, 192.0.2.7'), '192.0.2.7');
	assert.equal(await addr('192.0.2.7, 10.1.1.1'), '192.0.2.7');
	assert.equal(await addr('2001:db8::1'), '2001:db8::1');
	assert.equal(await addr('6.6.6.6, nonsense, 10.1.1.1'), '10.1.1.1');
});

test('site-proxy: who is not a trusted proxy gets nothing', async (t) => {
	const { ask } = await edge(t, { env: { YAVIO_SITE: 'proxy', YAVIO_TRUSTED_PROXIES: '10.0.0.0/8' } });
	errorShape(await ask({ path: '/echo' }), 'YAVIO-7509', 403);
});

test('admin listens on its socket alone', async (t) => {
	const { dir, caddy } = await edge(t);
	assert.ok(existsSync(join(dir, 'caddy-admin.sock')));
	const listening = readFileSync(`/proc/${caddy.pid}/net/tcp`, 'utf8');
	assert.doesNotMatch(listening, /:07E3 00000000:0000 0A/, 'port 2019');
});

test('a reply in pieces that says its length comes whole, or is cut and looks so', async (t) => {
	const { ask } = await edge(t);
	const whole = await ask({ path: '/pieces/3000000/whole' });
	assert.equal(whole.headers['content-length'], '3000000');
	assert.equal(whole.text.length, 3_000_000);
	await assert.rejects(ask({ path: '/pieces/3000000/short' }), /aborted/);
});
