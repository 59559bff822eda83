// SPDX-License-Identifier: MIT
// A ClickHouse elsewhere (CLICKHOUSE_URL): here a second store. Ingest is not given its address; what /health says of it
// comes from the shipper.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { startSite, taken, track } from '../support/ingest.mjs';
import { freePort } from '../support/port.mjs';
import { until } from '../support/process.mjs';
import { schema, startPipeline } from '../support/shipper.mjs';
import { startStore } from '../support/store.mjs';

const closers = [];
const t = { after: (fn) => closers.push(fn) };
let elsewhere;
let site;
let shipper;

before(async () => {
	elsewhere = await startStore({ statements: schema(), env: { CLICKHOUSE_HTTP_PORT: String(await freePort()) } });
	t.after(() => elsewhere.stop());
	const pipeline = await startPipeline(t, { env: { CLICKHOUSE_URL: elsewhere.url, CLICKHOUSE_INGEST_PASSWORD: elsewhere.passwords.yavio_ingest } });
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
const stored = async (event) => (await elsewhere.run(`SELECT count() FROM events WHERE event_id = '${event.event_id}'`)).trim() === '1';

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
	shipper.kill('SIGTERM');
	assert.equal((await shipper.exited).code, 0);
});
