// SPDX-License-Identifier: MIT
// YAVIO_RETENTION_DAYS: the table's TTL follows the setting, old rows go at a merge, whole days at once.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Stack } from '../support/stack.mjs';

const DAY_MS = 86_400_000;

describe('retention', { concurrency: false }, () => {
  let stack;
  let password;

  before(async () => {
    stack = await Stack.start({ YAVIO_RETENTION_DAYS: '30' });
    password = /^CLICKHOUSE_ADMIN_PASSWORD=(.+)$/m.exec(await readFile(stack.envFile, 'utf8'))[1];
  });
  after(() => stack?.stop());

  async function admin(sql) {
    const reply = await fetch(`http://127.0.0.1:${stack.clickhouse}/?database=yavio`,
      { method: 'POST', body: sql, headers: { 'x-clickhouse-user': 'default', 'x-clickhouse-key': password } });
    const text = await reply.text();
    assert.equal(reply.status, 200, text);
    return text;
  }
  const ttl = async () => /TTL (.*?) SETTINGS/.exec(await admin(
    "SELECT engine_full FROM system.tables WHERE database = 'yavio' AND name = 'events'"))?.[1] ?? null;
  const addEvent = (daysAgo) => admin(`INSERT INTO events FORMAT JSONEachRow\n${JSON.stringify({ workspace_id: randomUUID(),
    project_id: randomUUID(), event_type: 'tool_call', event_id: randomUUID(),
    timestamp: new Date(Date.now() - daysAgo * DAY_MS).toISOString().replace('T', ' ').replace('Z', '') })}`);
  const ages = async () => (await admin("SELECT dateDiff('day', timestamp, now64(3, 'UTC')) AS d FROM events ORDER BY d")).split('\n').filter(Boolean).map(Number);

  it('is the TTL of the table; rows older than it go at a merge', async () => {
    assert.equal(await ttl(), 'toDateTime(timestamp) + toIntervalDay(30)');
    for (const days of [1, 29, 31]) await addEvent(days);
    await admin('OPTIMIZE TABLE events FINAL');
    assert.deepEqual(await ages(), [1, 29]);
  });

  it('0 keeps everything', async () => {
    stack.env.YAVIO_RETENTION_DAYS = '0';
    assert.match(await stack.up(), /events are kept for ever/);
    assert.equal(await ttl(), null);
    for (const days of [100, 200]) await addEvent(days);
    await admin('OPTIMIZE TABLE events FINAL');
    assert.deepEqual(await ages(), [1, 29, 100, 200]);
    assert.doesNotMatch(await stack.up(), /kept for/);
  });

  it('a shorter limit drops the days that are wholly over, whatever TTL they were written under', async () => {
    stack.env.YAVIO_RETENTION_DAYS = '60';
    const said = await stack.up();
    assert.match(said, /events are kept for 60 days/);
    assert.match(said, /2 days of events dropped/);
    assert.equal(await ttl(), 'toDateTime(timestamp) + toIntervalDay(60)');
    assert.deepEqual(await ages(), [1, 29]);
    const visits = await admin("SELECT dateDiff('day', slot, now('UTC')) AS d FROM visits WHERE d > 60 ORDER BY d");
    assert.equal(visits, '', 'what was told of the sessions of those days is gone with them');
    assert.equal(Number(await admin('SELECT count() FROM visits')) >= 2, true);
    assert.doesNotMatch(await stack.up(), /kept for|dropped/);
    assert.doesNotMatch(await stack.must(['migrate']), /kept for|dropped/);
  });
});
