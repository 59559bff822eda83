// SPDX-License-Identifier: MIT
// A ClickHouse elsewhere (CLICKHOUSE_URL): here a second store. Ingest is not given its address; what /health says of it
// comes from the shipper.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, it } from 'node:test';
import { startSite, taken, track } from '../support/ingest.mjs';
import { freePort } from '../support/port.mjs';
import { until } from '../support/process.mjs';
import { schema, startPipeline } from '../support/shipper.mjs';
import { startStore } from '../support/store.mjs';

const closers = [];
const t = { after: (fn) => closers.push(fn) };
let elsewhere;
let way; // to it: { url, tokens: of the inserts of events, losing: answers of them that get lost }
let site;
let shipper;

async function startWay(to) {
	const made = { tokens: [], losing: 0 };
	const server = createServer((asked, answer) => {
		const url = new URL(asked.url, 'http://store');
		const insert = url.searchParams.get('query')?.startsWith('INSERT INTO events');
		const lost = insert && made.losing-- > 0;
		if (insert) made.tokens.push(url.searchParams.get('insert_deduplication_token'));
		const onward = request({ ...to, path: asked.url, method: asked.method, headers: asked.headers }, (reply) => {
			if (lost) return reply.resume().on('end', () => answer.writeHead(503).end());
			answer.writeHead(reply.statusCode, reply.headers);
			reply.pipe(answer);
		});
		onward.on('error', () => asked.socket.destroy());
		asked.pipe(onward);
	});
	made.url = `http://127.0.0.1:${await new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)))}`;
	closers.push(() => { server.closeAllConnections(); server.close(); });
	return made;
}

before(async () => {
	elsewhere = await startStore({ statements: schema(), env: { CLICKHOUSE_HTTP_PORT: String(await freePort()) } });
	t.after(() => elsewhere.stop());
	way = await startWay({ host: '127.0.0.1', port: elsewhere.port });
	const pipeline = await startPipeline(t, { env: { CLICKHOUSE_URL: way.url, CLICKHOUSE_INGEST_PASSWORD: elsewhere.passwords.yavio_ingest } });
	// There is no embedded store: nobody may ask one by mistake.
	await pipeline.store.signal('SIGTERM');
	shipper = pipeline.startShipper();
	site = await startSite({ home: pipeline.store.home, env: { YAVIO_SPOOL_MAX_BYTES: '64M', YAVIO_DISK_RESERVE: '64M' } });
	t.after(() => site.close());
});
after(async () => {
	while (closers.length > 0) await closers.pop()();
});

const health = async (status) => {
	const answer = await site.ask('/health');
	return answer.status === status && answer.json;
};
const stored = async (event) => (await elsewhere.run(`SELECT uniqExact(event_id) FROM events WHERE event_id = '${event.event_id}'`)).trim() === '1';

it('is up, away and back, as the shipper sees it; events are taken throughout', async () => {
	const first = track();
	const up = await until('healthy', () => health(200));
	assert.deepEqual([up.status, up.clickhouse, up.accepting], ['ok', 'up', true]);
	assert.equal(up.services.clickhouse.status, 'healthy');
	taken(await site.send(first));
	await until('stored elsewhere', () => stored(first), 30_000);
	await elsewhere.signal('SIGTERM');
	const away = await until('degraded', () => health(503));
	assert.deepEqual([away.status, away.clickhouse, away.accepting, away.postgres, away.spool], ['degraded', 'down', true, 'up', 'ok']);
	assert.equal((await site.ask('/health/ready')).status, 200);
	const meanwhile = track();
	taken(await site.send(meanwhile));
	await elsewhere.start();
	await until('stored later', () => stored(meanwhile), 60_000);
	await until('healthy again', () => health(200));
});

// Such a server may keep the token of an insert whose rows it has lost when it was killed.
it('gets a token of its own with each repeat, which is stored and counts once', async () => {
	const event = track();
	const before = way.tokens.length;
	way.losing = 2;
	taken(await site.send(event));
	const rows = (how) => elsewhere.run(`SELECT count() FROM events ${how} WHERE event_id = '${event.event_id}'`);
	await until('three times there', async () => (await rows('')) === '3\n', 60_000);
	assert.equal(await rows('FINAL'), '1\n');
	const tokens = way.tokens.slice(before);
	assert.deepEqual([tokens.length, new Set(tokens).size], [3, 3]);
	shipper.kill('SIGTERM');
	assert.equal((await shipper.exited).code, 0);
});
