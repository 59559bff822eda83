// SPDX-License-Identifier: MIT
// The worker pool and the dispatcher, through a real worker binary and a real FastCGI client.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { encode, encodeHead, encodeParams, beginRecord, open, paramsOf, record, request, stdinRecord } from '../support/fcgi.mjs';
import { PROGRAM_DIR, childrenOf, isAlive, sleep, start, temporaryDir, until } from '../support/process.mjs';

const ECHO = join(PROGRAM_DIR, 'echo-worker');
const PARAMS = 4;

async function pool(t, workers = 2, ...options) {
	const dir = temporaryDir(t);
	const socket = join(dir, 'echo.sock');
	const ready = join(dir, 'echo.ready');
	const program = start(t, ECHO, [socket, String(workers), `ready=${ready}`, ...options.map((o) => o.replace('@', dir))]);
	await until('ready file', () => existsSync(ready));
	return { dir, socket, ready, program, ask: (o) => request(socket, o), workers: () => childrenOf(program.pid) };
}

const errorShape = (answer, code, status) => {
	assert.equal(answer.status, status);
	assert.deepEqual(Object.keys(answer.json), ['error']);
	assert.equal(answer.json.error.code, code);
	assert.equal(answer.json.error.status, status);
	assert.ok(answer.json.error.message.length > 3);
	assert.equal(answer.json.error.requestId, answer.headers['x-request-id']);
	assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
	assert.equal(answer.headers['cache-control'], 'no-store');
};

/** Keeps n clients asking until stopped; counts answers that were not 200 or did not come at all. */
function load(socket, n, uri = '/echo') {
	const seen = { ok: 0, failures: [], pids: new Set(), generations: new Set() };
	let running = true;
	const client = async () => {
		while (running) {
			try {
				const answer = await request(socket, { uri });
				if (answer.status !== 200) seen.failures.push(`status ${answer.status}`);
				else seen.ok++;
				seen.pids.add(answer.json.pid);
				seen.generations.add(answer.json.generation);
			} catch (e) {
				seen.failures.push(e.code ?? e.message);
			}
		}
	};
	const clients = Array.from({ length: n }, client);
	return async (least = 0) => {
		await until(`${least} answers`, () => seen.ok >= least);
		running = false;
		await Promise.all(clients);
		return seen;
	};
}

test('what was sent arrives: method, path, query, type, body, address, request id', async (t) => {
	const { ask, socket } = await pool(t);
	const answer = await ask({
		method: 'POST',
		uri: '/echo?q=a%20b%2Bc&x=1',
		headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Request-Id': 'req_0123456789' },
		body: '{"a":"ü"}',
	});
	assert.equal(answer.status, 200);
	assert.equal(statSync(socket).mode & 0o777, 0o660);
	const { pid, generation, ...rest } = answer.json;
	assert.deepEqual(rest, {
		method: 'POST',
		path: '/echo',
		query: 'q=a%20b%2Bc&x=1',
		type: 'application/json; charset=utf-8',
		body: '{"a":"ü"}',
		addr: '127.0.0.1',
		q: 'a b+c',
		requestId: 'req_0123456789',
	});
	assert.equal(answer.headers['x-request-id'], 'req_0123456789');
	assert.ok(pid > 0 && generation === '1');
});

test('request ids: made where absent or ill-formed, never reflected raw', async (t) => {
	const { ask } = await pool(t);
	for (const id of [undefined, '', 'short', 'a b c d e f g h', 'x'.repeat(64), '"<script>alert(1)']) {
		const answer = await ask({ uri: '/echo', headers: id === undefined ? {} : { 'X-Request-Id': id } });
		assert.match(answer.headers['x-request-id'], /^req_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	}
});

test('404, 405 with Allow, trailing slash, HEAD, OPTIONS', async (t) => {
	const { ask } = await pool(t);
	errorShape(await ask({ uri: '/nothing' }), 'YAVIO-2900', 404);
	errorShape(await ask({ uri: '/echo//' }), 'YAVIO-2900', 404);
	errorShape(await ask({ uri: '/ech' }), 'YAVIO-2900', 404);
	errorShape(await ask({ uri: '/echo/one' }), 'YAVIO-2900', 404);
	errorShape(await ask({ uri: '/echo/%2f/' }), 'YAVIO-2900', 404);
	assert.equal((await ask({ uri: '/echo/' })).status, 200);
	assert.equal((await ask({ uri: '/echo/a/b/' })).status, 200);
	const wrong = await ask({ method: 'DELETE', uri: '/echo' });
	errorShape(wrong, 'YAVIO-2901', 405);
	assert.equal(wrong.headers.allow, 'GET, HEAD, POST, OPTIONS');
	errorShape(await ask({ method: 'BREW', uri: '/echo' }), 'YAVIO-2901', 405);
	const head = await ask({ method: 'HEAD', uri: '/echo' });
	assert.equal(head.status, 200);
	assert.equal(head.text, '');
	assert.ok(Number(head.headers['content-length']) > 50);
	const preflight = await ask({ method: 'OPTIONS', uri: '/echo', headers: { Origin: 'https://a.example' } });
	assert.equal(preflight.status, 204);
	assert.equal(preflight.text, '');
	assert.equal(preflight.headers['access-control-allow-origin'], 'https://a.example');
	assert.equal(preflight.headers['access-control-allow-methods'], 'GET, POST, OPTIONS');
	assert.equal(preflight.headers['access-control-max-age'], '86400');
	errorShape(await ask({ method: 'OPTIONS', uri: '/nothing' }), 'YAVIO-2900', 404);
});

test('CORS headers stand on errors too, and only with an Origin', async (t) => {
	const { ask } = await pool(t);
	const refused = await ask({ uri: '/nothing', headers: { Origin: 'null' } });
	errorShape(refused, 'YAVIO-2900', 404);
	assert.equal(refused.headers['access-control-allow-origin'], 'null');
	assert.equal(refused.headers.vary, 'Origin');
	assert.equal(refused.headers['access-control-expose-headers'], 'X-Request-Id, Retry-After');
	assert.equal((await ask({ uri: '/echo' })).headers['access-control-allow-origin'], undefined);
});

test('415, 413, 400: type, coding, declared, chunked in pieces of one byte, short', async (t) => {
	const { ask, socket } = await pool(t);
	const json = { 'Content-Type': 'application/json' };
	const post = (o) => ask({ method: 'POST', uri: '/echo', headers: json, ...o });
	errorShape(await post({ headers: { 'Content-Type': 'text/html' }, body: '{}' }), 'YAVIO-2118', 415);
	errorShape(await post({ headers: { 'Content-Type': 'application/json; charset=latin1' }, body: '{}' }), 'YAVIO-2118', 415);
	errorShape(await post({ headers: { 'Content-Type': 'application/jsonx' }, body: '{}' }), 'YAVIO-2118', 415);
	assert.equal((await post({ headers: {}, body: '{}' })).status, 200);
	const coding = await post({ headers: { ...json, 'Content-Encoding': 'br' }, body: '{}' });
	errorShape(coding, 'YAVIO-2119', 415);
	assert.equal(coding.headers['accept-encoding'], 'identity');
	errorShape(await post({ body: 'x'.repeat(1001) }), 'YAVIO-2111', 413);
	for (const length of ['', '-1', 'abc', '99999999999999999999']) {
		const answer = await post({ body: 'y'.repeat(1000), length, pieceBytes: 1 });
		assert.equal(answer.json.body, 'y'.repeat(1000));
		errorShape(await post({ body: 'y'.repeat(1001), length, pieceBytes: 1 }), 'YAVIO-2111', 413);
	}
	errorShape(await post({ body: 'z'.repeat(5), length: 6 }), 'YAVIO-2121', 400);
	assert.equal((await post({ body: 'z'.repeat(5), length: 4 })).json.body, 'zzzzz');
	// Refused by its declared length, the answer still reaches a server that sends all of it first.
	errorShape(await post({ body: Buffer.alloc(3_000_000, 'b') }), 'YAVIO-2111', 413);
	// The peer goes away in the middle of the body.
	const c = open(socket);
	await c.write(Buffer.concat([encodeHead({ method: 'POST', uri: '/echo', headers: json, length: 10 }), stdinRecord('12345')]));
	c.end();
	errorShape(await c.answer(), 'YAVIO-2121', 400);
});

test('caps on parameters: bytes, count, headers, query, path', async (t) => {
	const { ask, workers } = await pool(t);
	const before = workers();
	errorShape(await ask({ uri: '/echo', params: { BIG: 'x'.repeat(66_000) } }), 'YAVIO-7505', 431);
	errorShape(await ask({ uri: '/echo', params: { HUGE: 'x'.repeat(3_000_000) } }), 'YAVIO-7505', 431);
	errorShape(await ask({ uri: '/echo', headers: { 'X-Long': 'x'.repeat(17_000) } }), 'YAVIO-7505', 431);
	const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`P${i}`, '1']));
	errorShape(await ask({ uri: '/echo', params: many }), 'YAVIO-7505', 431);
	errorShape(await ask({ uri: `/echo?${'q'.repeat(4097)}` }), 'YAVIO-7505', 431);
	errorShape(await ask({ uri: `/${'p'.repeat(4100)}` }), 'YAVIO-7505', 431);
	errorShape(await ask({ uri: 'http://other/' }), 'YAVIO-7504', 400);
	errorShape(await ask({ method: '', uri: '/echo' }), 'YAVIO-7504', 400);
	assert.equal((await ask({ uri: `/echo?${'q'.repeat(4096)}` })).status, 200);
	assert.deepEqual(workers(), before, 'no worker was lost');
});

test('nonsense on the socket costs nothing but its connection', async (t) => {
	const { socket, ask, workers, program } = await pool(t, 1);
	const before = workers();
	const hostile = Buffer.concat([
		beginRecord(),
		record(PARAMS, Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Buffer.from('x')])),
	]);
	const cases = [
		Buffer.from('GET / HTTP/1.1\r\n\r\n'),
		Buffer.alloc(8),
		Buffer.alloc(100_000, 0xff),
		beginRecord().subarray(0, 5),
		beginRecord(),
		Buffer.concat([beginRecord(), record(PARAMS, Buffer.from([5]))]),
		Buffer.concat([beginRecord(), record(PARAMS, encodeParams(paramsOf({ uri: '/echo' })).subarray(0, 40)), record(PARAMS)]),
		Buffer.concat([beginRecord(), record(2)]),
		hostile,
	];
	for (const bytes of cases) {
		const c = open(socket);
		c.socket.on('error', () => {});
		c.socket.write(bytes);
		c.end();
		await c.bytes().catch(() => {});
		assert.equal((await ask({ uri: '/echo' })).status, 200);
	}
	assert.deepEqual(workers(), before, program.output());
});

test('a crash costs one request: logged with route and request id, replaced at once', async (t) => {
	const { ask, program, workers } = await pool(t, 2);
	const answers = await Promise.allSettled([ask({ uri: '/crash', headers: { 'X-Request-Id': 'req_crashing' } })]);
	assert.equal(answers[0].status, 'rejected');
	const died = await until('7213', () => program.logs().find((l) => l.err?.code === 'YAVIO-7213' && l.msg === 'worker died'));
	assert.equal(died.signal, 6);
	assert.equal(died.route, '/crash');
	assert.equal(died.request, 'req_crashing');
	await until('two workers', () => workers().length === 2, 20_000);
	assert.equal((await ask({ uri: '/echo' })).status, 200);
	assert.equal((await ask({ uri: '/numbers' })).json.crashes, 1);
});

test('kill -9 of idle workers and of one in a request: back within 3 s, others undisturbed', async (t) => {
	const { ask, socket, workers, program } = await pool(t, 3);
	const first = workers();
	assert.equal(first.length, 3);
	const slow = ask({ uri: '/sleep/60000' });
	slow.catch(() => {});
	const busy = await until('a busy worker', async () => (await ask({ uri: '/numbers' })).json.busy === 2 && true);
	assert.ok(busy);
	const done = load(socket, 2);
	for (const pid of first) process.kill(pid, 'SIGKILL');
	await assert.rejects(slow);
	await until('three new workers', () => workers().length === 3 && workers().every((p) => !first.includes(p)), 20_000);
	const seen = await done(1);
	assert.ok(seen.failures.length <= 2, `only requests in hand are lost: ${seen.failures}`);
	// the lines come through a pipe: a little after the workers
	// a line for each thing that was at work, one for the idle: repeats are only counted
	const killed = await until('two reports', () => {
		const lines = program.logs().filter((l) => l.err?.code === 'YAVIO-7213');
		return lines.length >= 2 && lines;
	});
	assert.ok(killed.length <= first.length);
	assert.equal(new Set(killed.map((l) => l.route)).size, killed.length);
	assert.ok(killed.every((l) => l.signal === 9));
	assert.ok(killed.some((l) => l.route === '/sleep/{ms}'));
});

test('workers that keep dying are restarted ever later, and that is said', async (t) => {
	const { workers, program } = await pool(t, 4);
	let kills = 0;
	const end = Date.now() + 15_000;
	while (kills < 12 && Date.now() < end) {
		for (const pid of workers()) {
			if (kills < 12 && isAlive(pid)) {
				process.kill(pid, 'SIGKILL');
				kills++;
			}
		}
		await sleep(50);
	}
	assert.equal(kills, 12);
	await until('7214', () => program.logs().some((l) => l.err?.code === 'YAVIO-7214'));
	await until('four workers', () => workers().length === 4, 8000);
});

test('SIGHUP under load: all workers are new, not one request refused or failed', async (t) => {
	const { dir, socket, program, workers } = await pool(t, 2, 'config=@/generation');
	const done = load(socket, 8);
	await sleep(200);
	for (const generation of ['two', 'three', 'four']) {
		const before = workers();
		writeFileSync(join(dir, 'generation'), generation);
		program.kill('SIGHUP');
		await until('new workers only', () => workers().length === 2 && workers().every((p) => !before.includes(p)));
		await sleep(100);
	}
	const seen = await done();
	assert.deepEqual(seen.failures, []);
	assert.ok(seen.ok > 100);
	for (const generation of ['1', 'two', 'three', 'four']) assert.ok(seen.generations.has(generation), generation);
});

test('SIGHUP with a bad configuration: 7216, the old workers stay', async (t) => {
	const { dir, ask, program, workers } = await pool(t, 2, 'config=@/generation');
	const before = workers();
	writeFileSync(join(dir, 'generation'), 'bad');
	program.kill('SIGHUP');
	const line = await until('7216', () => program.logs().find((l) => l.err?.code === 'YAVIO-7216'));
	assert.equal(line.cause, 'YAVIO-7201');
	assert.deepEqual(workers(), before);
	assert.equal((await ask({ uri: '/echo' })).json.generation, '1');
});

test('a request that began before a SIGHUP ends on the old worker', async (t) => {
	const { ask, program, workers } = await pool(t, 1);
	const [old] = workers();
	const slow = ask({ uri: '/sleep/800' });
	await until('busy', () => sleep(100).then(() => true));
	program.kill('SIGHUP');
	const quick = await ask({ uri: '/echo' });
	assert.notEqual(quick.json.pid, old);
	assert.equal((await slow).json.pid, old);
	await until('old one gone', () => !isAlive(old));
});

test('SIGTERM: work in flight and in the backlog is answered, then all is gone', async (t) => {
	const { socket, ready, program, workers } = await pool(t, 2);
	const pids = workers();
	const inFlight = [request(socket, { uri: '/sleep/500' }), request(socket, { uri: '/sleep/500' })];
	await sleep(100);
	const queued = [request(socket, { uri: '/echo' }), request(socket, { uri: '/echo' })];
	await sleep(100);
	program.kill('SIGTERM');
	const { code } = await program.exited;
	assert.equal(code, 0);
	for (const answer of await Promise.all([...inFlight, ...queued])) assert.equal(answer.status, 200);
	assert.ok(!existsSync(socket) && !existsSync(ready));
	assert.ok(pids.every((p) => !isAlive(p)));
});

test('SIGTERM: a worker that does not finish is cut off at the limit, and that is said', async (t) => {
	const { socket, program } = await pool(t, 1, 'drain=1000');
	const slow = request(socket, { uri: '/sleep/30000' });
	slow.catch(() => {});
	await sleep(200);
	const began = Date.now();
	program.kill('SIGTERM');
	const { code } = await program.exited;
	assert.equal(code, 0);
	assert.ok(Date.now() - began < 15_000, 'waited for the half minute');
	await assert.rejects(slow);
	const line = program.logs().find((l) => l.err?.code === 'YAVIO-7215');
	assert.equal(line.route, '/sleep/{ms}');
});

test('a hung worker is killed and replaced', async (t) => {
	const { ask, program } = await pool(t, 1, 'hang=500');
	await assert.rejects(ask({ uri: '/sleep/30000' }));
	assert.equal((await until('answer', () => ask({ uri: '/numbers' }), 20_000)).json.hung, 1);
	assert.ok(program.logs().some((l) => l.msg === 'worker hangs, killed'));
});

test('workers are recycled after their share of requests without a failure', async (t) => {
	const { socket, ask } = await pool(t, 2, 'max=50');
	const done = load(socket, 4);
	await sleep(1500);
	const seen = await done();
	assert.deepEqual(seen.failures, []);
	assert.ok(seen.pids.size > 4, `${seen.pids.size} workers`);
	const { json } = await ask({ uri: '/numbers' });
	assert.ok(json.recycled > 2);
	assert.equal(json.crashes, 0);
});

test('a second master is refused, a stale socket is replaced, a foreign file is left alone', async (t) => {
	const { socket, program, workers, ask } = await pool(t, 1);
	const second = start(t, ECHO, [socket, '1']);
	assert.equal((await second.exited).code, 1);
	assert.ok(second.logs().some((l) => l.err?.code === 'YAVIO-7506'));
	assert.equal((await ask({ uri: '/echo' })).status, 200);

	const [worker] = workers();
	const slow = request(socket, { uri: '/sleep/2000' });
	await sleep(200);
	program.kill('SIGKILL');
	await program.exited;
	// The orphan finishes its request with the old socket still open: that must not keep a new master out.
	const third = start(t, ECHO, [socket, '1']);
	await until('answer', () => ask({ uri: '/echo' }), 20_000);
	assert.equal((await slow).json.pid, worker);
	await until('orphan gone', () => !isAlive(worker), 20_000);
	await third.stop();

	const file = `${socket}.txt`;
	writeFileSync(file, 'mine');
	const fourth = start(t, ECHO, [file, '1']);
	assert.equal((await fourth.exited).code, 1);
	assert.equal(readFileSync(file, 'utf8'), 'mine');
});

test('idle workers die with their master', async (t) => {
	const { program, workers } = await pool(t, 3);
	const pids = workers();
	program.kill('SIGKILL');
	await until('all gone', () => pids.every((p) => !isAlive(p)), 20_000);
});

test('SIGUSR2 under load: the new binary takes the socket over, no request fails', async (t) => {
	const { dir, socket, program, ask, ready } = await pool(t, 2, 'config=@/generation');
	const done = load(socket, 4);
	await sleep(100);
	writeFileSync(join(dir, 'generation'), 'upgraded');
	program.kill('SIGUSR2');
	await until('new image', async () => (await ask({ uri: '/echo' })).json.generation === 'upgraded');
	const seen = await done();
	assert.deepEqual(seen.failures, []);
	assert.equal(Number(readFileSync(ready, 'utf8')), program.pid);
	writeFileSync(join(dir, 'generation'), 'bad');
	program.kill('SIGUSR2');
	await until('7216', () => program.logs().some((l) => l.err?.code === 'YAVIO-7216'));
	assert.equal((await ask({ uri: '/echo' })).json.generation, 'upgraded');
});

test('errors of handlers: a retryable one says when, an internal one hides its cause, auth fails closed', async (t) => {
	const { ask, program } = await pool(t);
	const busy = await ask({ uri: '/fail/busy' });
	errorShape(busy, 'YAVIO-2402', 503);
	assert.equal(busy.headers['retry-after'], '1');
	errorShape(await ask({ uri: '/fail/internal' }), 'YAVIO-2999', 500);
	assert.ok(program.logs().some((l) => l.err?.code === 'YAVIO-5201' && l.status === 500));
	errorShape(await ask({ uri: '/closed' }), 'YAVIO-2999', 500);
});

test('a long reply arrives whole; a peer that does not read it costs only itself', async (t) => {
	const { ask, socket } = await pool(t, 2);
	const answer = await ask({ uri: '/big' });
	assert.equal(answer.text, 'abcdefghijklmnopqrstuvwxyz'.repeat(11539).slice(0, 300_000));
	const rude = connect(socket);
	rude.on('error', () => {});
	rude.write(encode({ uri: '/big' }));
	await sleep(50);
	rude.destroy();
	assert.equal((await ask({ uri: '/echo' })).status, 200);
});

test('metrics count every worker together, survive a crash, and render as text', async (t) => {
	const { dir, ask, workers } = await pool(t, 3, 'metrics=@/echo.map');
	for (let i = 0; i < 30; i++) await ask({ uri: '/echo' });
	await ask({ uri: '/nothing' });
	for (const pid of workers()) process.kill(pid, 'SIGKILL');
	await until('new workers', () => workers().length === 3);
	const { text, headers } = await until('metrics', () => ask({ uri: '/metrics' }));
	assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
	assert.match(text, /^yavio_echo_http_request_duration_seconds_count\{method="GET",route="\/echo",status="200"\} 30$/m);
	assert.match(text, /^yavio_errors_total\{service="echo",code="YAVIO-2900"\} 1$/m);
	assert.match(text, /le="\+Inf"\} 30$/m);
	assert.equal(statSync(join(dir, 'echo.map')).mode & 0o777, 0o640);
});

test('bytes in single writes are one request', async (t) => {
	const { socket } = await pool(t, 1);
	const c = open(socket);
	const bytes = encode({ method: 'POST', uri: '/echo', headers: { 'Content-Type': 'application/json' }, body: '{"slow":1}' });
	for (const byte of bytes) await c.write(Buffer.from([byte]));
	assert.equal((await c.answer()).json.body, '{"slow":1}');
});

/** Bytes of an answer, and whether its last record was whole. */
function shape(bytes) {
	let at = 0;
	let body = 0;
	while (at + 8 <= bytes.length) {
		const length = bytes.readUInt16BE(at + 4);
		if (at + 8 + length > bytes.length) return { body, whole: false };
		if (bytes[at + 1] === 6) body += length;
		at += 8 + length + bytes[at + 6];
	}
	return { body, whole: at === bytes.length };
}

test('a reply in pieces: whole with and without its length, in the memory of one piece', async (t) => {
	const { ask, workers, program } = await pool(t, 1);
	const [worker] = workers(program.pid);
	const resident = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${worker}/status`, 'utf8'))[1]);
	await ask({ uri: '/pieces/1000000/whole' });
	const before = resident();
	const answer = await ask({ uri: '/pieces/64000000/whole' });
	assert.equal(answer.status, 200);
	assert.equal(answer.headers['content-length'], '64000000');
	assert.equal(answer.headers['content-type'], 'text/plain');
	assert.equal(answer.text.length, 64_000_000);
	assert.ok(resident() - before < 4096, `${resident() - before} KB more`);
	const unknown = await ask({ uri: '/pieces/100000/unknown' });
	assert.equal(unknown.headers['content-length'], undefined);
	assert.equal(unknown.text, 'x'.repeat(100_000));
	const head = await ask({ method: 'HEAD', uri: '/pieces/5000/whole' });
	assert.equal(head.headers['content-length'], '5000');
	assert.equal(head.text, '');
	assert.equal((await ask({ uri: '/pieces/0/whole' })).text, '');
});

test('a reply in pieces that fails, or is shorter than it said, ends inside a record', async (t) => {
	const { ask, socket } = await pool(t, 1);
	for (const how of ['fails', 'short']) {
		const c = open(socket);
		await c.write(encode({ uri: `/pieces/200000/${how}` }));
		const { body, whole } = shape(await c.bytes());
		assert.ok(body >= 200_000, `${how}: ${body}`);
		assert.equal(whole, false, how);
	}
	assert.equal((await ask({ uri: '/pieces/5/whole' })).text, 'xxxxx');
});

test('a handler can see that its client is gone', async (t) => {
	const { ask, socket } = await pool(t, 2);
	const c = open(socket);
	await c.write(encode({ uri: '/gone' }));
	await until('it is at work', async () => (await ask({ uri: '/numbers' })).json.busy === 2);
	c.socket.destroy();
	await until('it is done', async () => (await ask({ uri: '/numbers' })).json.busy === 1);
});

test('a client that goes in the middle of a reply in pieces ends it', async (t) => {
	const { ask, socket, program } = await pool(t, 1);
	const c = open(socket);
	await c.write(encode({ uri: '/pieces/9000000000000/unknown' }));
	await until('it sends', () => c.socket.bytesRead > 1_000_000);
	c.socket.destroy();
	assert.equal((await ask({ uri: '/pieces/5/whole' })).text, 'xxxxx');
	assert.match(program.output(), /reply cut/);
});
