// SPDX-License-Identifier: MIT
// bin/yavio spool: what waits for the store, and rows that the store refused: shown, sent again, purged.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { serviceUser } from '../support/postgres.mjs';
import { PROGRAM_DIR } from '../support/process.mjs';
import { Stack, waitFor } from '../support/stack.mjs';

describe('spool', { concurrency: false }, () => {
  let stack;

  /** Rows 0 to 9 as one record of the stack's spool; those of the list have no valid event_id. */
  function appendRows(...bad) {
    const user = serviceUser();
    const driver = join(stack.dir, 'spool-driver');
    copyFileSync(join(PROGRAM_DIR, 'spool'), driver);
    chmodSync(driver, 0o755);
    const as = user.uid === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
    const done = spawnSync('setpriv', [...as, driver, 'mixed', join(stack.home, 'spool'), '0', '10', ...bad.map(String)]);
    assert.equal(done.status, 0, String(done.stderr));
  }

  const quarantine = () => stack.must(['spool', 'quarantine', 'list', '--json']);

  before(async () => {
    stack = await Stack.start();
  });
  after(() => stack.stop());

  test('an idle spool', async () => {
    const status = await stack.must(['spool', 'status', '--json']);
    assert.equal(status.depth_events, 0);
    assert.equal(status.shipper_running, true);
    assert.equal(status.quarantine_rows, 0);
    assert.match(await stack.must(['spool', 'status']), /^depth 0 events, .+ of 4\.0 GB, oldest 0 s\n/);
    assert.match(await stack.must(['spool', 'quarantine', 'list']), /^The quarantine is empty\n$/);
  });

  test('rows that the store refuses are listed one by one, the others are stored', async () => {
    appendRows(3, 7);
    await waitFor('two entries', async () => (await quarantine()).length === 2, 20_000);
    for (const entry of await quarantine()) {
      assert.equal(entry.rows, 1);
      assert.equal(entry.table, 'events');
      assert.match(entry.code, /^YAVIO-500[23]$/);
    }
    assert.match(await stack.must(['spool', 'quarantine', 'list']), /^id +time +table +rows +bytes +code\n/);
    assert.equal((await stack.must(['spool', 'status', '--json'])).quarantine_rows, 2);
  });

  test('show names the reason and the row only when asked to', async () => {
    const [{ id }] = await quarantine();
    const plain = await stack.must(['spool', 'quarantine', 'show', id]);
    assert.equal(JSON.parse(plain).id, id);
    assert.doesNotMatch(plain, /workspace_id/);
    assert.match(await stack.must(['spool', 'quarantine', 'show', id, '--payload']), /"workspace_id":/);
  });

  test('retry sends again, and what is still refused comes back', async () => {
    const before_ = (await quarantine()).map((entry) => entry.id);
    assert.match(await stack.must(['spool', 'quarantine', 'retry', before_[0]]), /1 entry put back/);
    await waitFor('it is back under a new id', async () => {
      const now = (await quarantine()).map((entry) => entry.id);
      return now.length === 2 && !now.includes(before_[0]);
    }, 20_000);
  });

  test('purge wants to be sure, and is for good', async () => {
    const refused = await stack.yavio(['spool', 'quarantine', 'purge', '--all']);
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /Error YAVIO-6412: .*\n.*cannot be brought back/);
    assert.match(await stack.must(['spool', 'quarantine', 'purge', '--all', '--older', '1h', '--yes']), /0 entries purged/);
    assert.match(await stack.must(['spool', 'quarantine', 'purge', '--all', '--yes']), /2 entries purged/);
    assert.deepEqual(await quarantine(), []);
  });

  test('an id that is not there, and wrong words', async () => {
    const missing = await stack.yavio(['spool', 'quarantine', 'show', 'nope']);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /Error YAVIO-5452: /);
    assert.equal((await stack.yavio(['spool', 'quarantine', 'frobnicate'])).code, 2);
    assert.equal((await stack.yavio(['spool', 'quarantine', 'retry'])).code, 2);
    assert.equal((await stack.yavio(['spool', 'quarantine', 'purge', 'x', '--all', '--yes'])).code, 2);
  });
});
