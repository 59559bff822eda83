// SPDX-License-Identifier: MIT
// The whole product through its front door: up, an event in and out, every process killed once, down, up again.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../support/port.mjs';
import { SLOWNESS, Stack, event, sleep, waitFor } from '../support/stack.mjs';

// Limits of waiting, wide: other tests run beside this one.
const WARM_START_MS = 15_000 * SLOWNESS;
const VISIBLE_MS = 10_000 * SLOWNESS;
const HEALED_MS = 15_000 * SLOWNESS;

/** Posts small batches without a pause, and keeps what was acknowledged. */
class Client {
  acknowledged = [];
  refused = 0;
  #stopping = new AbortController();

  constructor(stack, key) {
    this.done = this.#run(stack, key);
  }

  async #run(stack, key) {
    while (!this.#stopping.signal.aborted) {
      const batch = [event(), event(), event()];
      try {
        const reply = await stack.post(key, batch, { signal: AbortSignal.timeout(10_000) });
        await reply.arrayBuffer();
        if (reply.status === 200) this.acknowledged.push(...batch.map((e) => e.event_id));
        else this.refused++;
      } catch {
        this.refused++;
      }
      await sleep(10);
    }
  }

  async stop() {
    this.#stopping.abort();
    await this.done;
  }
}

const PROGRAMS = ['postgres', 'store', 'shipper', 'ingest', 'dashboard', 'live', 'jobs', 'caddy'];

describe('a stack from start to end', { concurrency: false }, () => {
  let stack;
  let key;
  let made;

  before(async () => {
    stack = await Stack.create();
  });
  after(async () => {
    await stack.stop();
  });

  test('yavio up makes everything and shows what it does', async () => {
    const done = await stack.yavio(['up']);
    assert.equal(done.code, 0, done.stdout + done.stderr);
    for (const program of PROGRAMS)
      assert.match(done.stdout, new RegExp(`✓ ${program} ready \\(\\d+\\.\\d s\\)`));
    assert.match(done.stdout, new RegExp(`http://localhost:${stack.http}`));
    assert.match(done.stdout, new RegExp(`http://localhost:${stack.ingest}`));
    assert.match(done.stdout, /Next: bin\/yavio keys create/);
    assert.match(done.stdout, new RegExp(`Make the first account: http://localhost:${stack.http}/setup#t=[\\w-]{43}\n`));
    assert.equal(done.stderr, '');
  });

  test('everything of it runs as one user who is not root, without a capability', async () => {
    const owner = (await stat(stack.home)).uid;
    assert.notEqual(owner, 0);
    if (process.getuid() !== 0) assert.equal(owner, process.getuid());
    for (const { pid, name } of await stack.processes()) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      assert.match(status, new RegExp(`^Uid:\\s+${owner}\\s+${owner}\\s+${owner}\\s+${owner}$`, 'm'), name);
      assert.match(status, /^CapEff:\s+0+$/m, name);
    }
  });

  test('a key is made headless, with workspace and project', async () => {
    made = await stack.createKey('Acme', 'Web shop');
    key = made.key;
    assert.match(key, /^yav_[0-9a-f]{64}$/);
    assert.match(made.project_id, /^[0-9a-f-]{36}$/);
    assert.match(made.workspace_id, /^[0-9a-f-]{36}$/);
    const again = await stack.createKey('Acme', 'Web shop');
    assert.equal(again.project_id, made.project_id);
    assert.notEqual(again.key, key);
  });

  test('an event through Caddy is in a query within 2 s', async () => {
    const sent = event({ event_name: 'first_light' });
    const reply = await stack.post(key, [sent]);
    assert.equal(reply.status, 200, await reply.text());
    const rows = await waitFor(
      'the event',
      async () => {
        const found = await stack.query(`SELECT event_id, event_name FROM events WHERE event_id = '${sent.event_id}'`, 'web-shop');
        return found.length > 0 && found;
      },
      VISIBLE_MS,
    );
    assert.equal(rows[0].event_name, 'first_light');
  });

  test('a project is found by slug, name and id, and sees only its own', async () => {
    const other = await stack.createKey('Acme', 'Other');
    for (const name of ['web-shop', 'Web shop', made.project_id])
      assert.equal(Number((await stack.query('SELECT count() AS n FROM events', name))[0].n), 1, name);
    assert.equal(Number((await stack.query('SELECT count() AS n FROM events', other.project_id))[0].n), 0);
  });

  test('query writes tables, JSON and CSV, and only reads', async () => {
    const table = await stack.must(['query', 'SELECT event_name, count() AS n FROM events GROUP BY event_name', '--project', 'web-shop']);
    assert.equal(table, 'event_name   n\nfirst_light  1\n');
    const csv = await stack.must(['query', 'SELECT event_name FROM events', '--project', 'web-shop', '--format', 'csv']);
    assert.equal(csv, '"event_name"\n"first_light"\n');
    for (const sql of ['DROP TABLE events', 'SELECT 1 SETTINGS max_threads = 1', 'INSERT INTO events SELECT * FROM events', 'SELECT 1; SELECT 2']) {
      for (const where of [['--project', 'web-shop'], ['--admin']]) {
        const done = await stack.yavio(['query', sql, ...where]);
        assert.equal(done.code, 1, sql);
        assert.match(done.stderr, /Error YAVIO-5012/);
      }
    }
    assert.equal((await stack.yavio(['query', 'SELECT 1', '--project', 'nope'])).code, 5);
    assert.equal((await stack.yavio(['query', 'SELECT 1'])).code, 2);
  });

  test('a second up takes under 5 s and changes nothing', async () => {
    const before = await stack.pid('ingest');
    const done = await stack.yavio(['up']);
    assert.equal(done.code, 0, done.stderr);
    assert.ok(done.ms < WARM_START_MS, `${done.ms} ms`);
    assert.equal(await stack.pid('ingest'), before);
    assert.doesNotMatch(done.stdout, /Next:/);
    assert.match(done.stdout, /Nobody has an account yet; .* bin\/yavio setup-token/);
  });

  test('setup-token: its link makes the first account, which owns what was made headless', async () => {
    const first = await stack.must(['setup-token', '--json']);
    const { url } = await stack.must(['setup-token', '--json']);
    const origin = `http://localhost:${stack.http}`;
    const { csrfToken, cookie } = await fetch(`${origin}/api/auth/csrf`).then(async (answer) => ({
      ...(await answer.json()), cookie: answer.headers.get('set-cookie').split(';')[0],
    }));
    const setUp = async (link) => {
      assert.ok(link.startsWith(`${origin}/setup#t=`), link);
      const answer = await fetch(`${origin}/api/setup`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Origin: origin, 'X-CSRF-Token': csrfToken, Cookie: cookie },
        body: JSON.stringify({ setupToken: link.split('#t=')[1], name: 'Ada', email: 'ada@example.com', password: 'grape liver moss',
          workspaceName: 'First', projectName: 'One' }),
      });
      return { status: answer.status, json: await answer.json(), cookie: answer.headers.get('set-cookie')?.split(';')[0] };
    };
    const old = await setUp(first.url);
    assert.deepEqual([old.status, old.json.error.code], [403, 'YAVIO-3021']);
    const done = await setUp(url);
    assert.equal(done.status, 201, JSON.stringify(done.json));
    const session = await fetch(`${origin}/api/auth/session`, { headers: { Cookie: done.cookie } }).then((answer) => answer.json());
    assert.deepEqual(session.workspaces.map((w) => w.name), ['Acme', 'First']);
    const again = await stack.yavio(['setup-token']);
    assert.notEqual(again.code, 0);
    assert.match(again.stderr, /YAVIO-3022/);
    assert.doesNotMatch((await stack.yavio(['up'])).stdout, /account/);
  });

  test('status, health, keys list and migrate --status answer as JSON and as text', async () => {
    const status = await stack.must(['status', '--json']);
    assert.equal(status.ok, true, JSON.stringify(status));
    assert.deepEqual(status.programs.map((p) => p.state), Array(PROGRAMS.length).fill('running'));
    assert.equal(status.ingest.events_today, 1);
    assert.equal(status.postgres.projects, 3);
    assert.match(await stack.must(['status']), /Ingestion.*✓ healthy, 1 event today/);
    for (const program of ['postgres', 'store', 'clickhouse', 'shipper', 'ingest', 'dashboard', 'live', 'jobs', 'caddy'])
      assert.equal((await stack.must(['health', program, '--json'])).healthy, true, program);
    const keys = await stack.must(['keys', 'list', '--json']);
    assert.equal(keys.length, 4);
    assert.ok(keys.every((k) => k.prefix.length === 12 && !JSON.stringify(k).includes(key)));
    const migrations = await stack.must(['migrate', '--status', '--json']);
    assert.ok(migrations.length >= 2 && migrations.every((m) => m.state === 'applied'));
    assert.match(await stack.must(['migrate']), /up to date/);
  });

  test('seed invents a project, the same however often it runs', async () => {
    const numbers = async () => {
      const sql = "SELECT count(), uniqExact(event_id), uniqExact(session_id), countIf(metadata LIKE '%_REDACTED]%'), sum(cityHash64(toString(event_id), timestamp, metadata)) FROM events";
      const done = await stack.yavio(['query', '--project', 'demo/demo-pii', '--json', sql]);
      return Object.values(JSON.parse(done.stdout).data[0]).map(String);
    };
    const env = { YAVIO_ENV: 'development' };
    const first = await stack.yavio(['seed', '--profile', 'pii', '--json'], { env });
    assert.equal(first.code, 0, first.stderr);
    const told = JSON.parse(first.stdout);
    assert.deepEqual([told.profile, told.events, told.sessions, told.redacted], ['pii', 500, 50, 500]);
    // the account of the demo: its password is told once, and works
    const origin = `http://localhost:${stack.http}`;
    const csrf = await fetch(`${origin}/api/auth/csrf`);
    const login = await fetch(`${origin}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: origin, 'X-CSRF-Token': (await csrf.json()).csrfToken, Cookie: csrf.headers.get('set-cookie').split(';')[0] },
      body: JSON.stringify({ email: told.email, password: told.password }),
    });
    assert.equal(login.status, 200, await login.clone().text());
    const cookie = login.headers.get('set-cookie').split(';')[0];
    const session = await fetch(`${origin}/api/auth/session`, { headers: { Cookie: cookie } }).then((answer) => answer.json());
    assert.deepEqual(session.workspaces.map((w) => [w.name, w.role]), [['Demo', 'admin']]);
    const made = await numbers();
    assert.deepEqual(made.slice(0, 4), ['500', '500', '50', '500']);
    const again = await stack.yavio(['seed', '--profile', 'pii'], { env });
    assert.match(again.stdout, /500 events of 50 sessions over 7 days in demo\/demo-pii/);
    assert.doesNotMatch(again.stdout, /password/);
    assert.deepEqual(await numbers(), made);
    const bigger = await stack.yavio(['seed', '--profile', 'minimal', '--events', '700', '--days', '3', '--json'], { env });
    assert.equal(JSON.parse(bigger.stdout).events, 700);

    const refused = await stack.yavio(['seed'], { env: { YAVIO_ENV: 'production' } });
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /YAVIO-6415/);
    assert.equal((await stack.yavio(['seed', '--profile', 'huge'], { env })).code, 2);
  });

  test('logs are merged, filtered, and hold no secret', async () => {
    const all = await stack.must(['logs', '-n', '1000', '--no-follow']);
    assert.match(all, /info {2}postgres/);
    assert.match(all, /ingest/);
    const secrets = (await readFile(stack.envFile, 'utf8')).match(/(?<==)(?:h1:|k1:)?[A-Za-z0-9+/=]{32,}$/gm);
    assert.ok(secrets.length >= 10);
    for (const directory of await readdir(join(stack.home, 'log'))) {
      const text = await readFile(join(stack.home, 'log', directory, 'current'), 'utf8').catch(() => '');
      for (const secret of [...secrets, key]) assert.ok(!text.includes(secret), directory);
    }
    assert.equal((await stack.yavio(['logs', 'nope', '--no-follow'])).code, 2);
    assert.equal(await stack.must(['logs', '--request', 'req_none', '--no-follow']), '');
  });

  test('a revoked key is refused', async () => {
    const spare = await stack.createKey('Acme', 'Web shop');
    const spareKey = (await stack.must(['keys', 'list', '--json'])).find((k) => spare.key.startsWith(k.prefix));
    assert.equal((await stack.post(spare.key, [event({ event_name: 'with_spare' })])).status, 200);
    await stack.must(['keys', 'revoke', spareKey.id]);
    await waitFor('the refusal', async () => (await stack.post(spare.key, [event()])).status === 401, VISIBLE_MS);
    assert.equal((await stack.yavio(['keys', 'revoke', spareKey.id])).code, 1);
    assert.equal((await stack.yavio(['keys', 'revoke', 'yav_ffffffff'])).code, 5);
  });

  test('two stacks of one checkout run side by side', async () => {
    const second = await Stack.start();
    try {
      const { key: otherKey } = await second.createKey();
      assert.equal((await second.post(otherKey, [event()])).status, 200);
      assert.equal((await second.post(key, [event()])).status, 401);
    } finally {
      await second.stop();
    }
    assert.deepEqual(await second.processes(), []);
    assert.equal((await stack.must(['status', '--json'])).ok, true);
  });

  test('a port that is taken is named with its holder', async () => {
    const other = await Stack.create();
    const holder = createServer().listen(other.ingest, '127.0.0.1');
    try {
      const done = await other.yavio(['up']);
      assert.equal(done.code, 1);
      assert.match(done.stderr, new RegExp(`Error YAVIO-6306.*\\n.*port ${other.ingest} \\(YAVIO_INGEST_PORT\\) is in use by \\S+ \\(pid ${process.pid}\\)\\n +Fix:`));
      assert.deepEqual(await other.processes(), []);
    } finally {
      holder.close();
      await other.stop();
    }
  });

  describe('kill -9 while a client posts', { concurrency: false }, () => {
    const victims = [
      ['postgres', 'its postmaster'],
      ['store', 'the store'],
      ['shipper', 'the shipper'],
      ['ingest', 'the master of ingest'],
      ['dashboard', 'the dashboard'],
      ['caddy', 'Caddy'],
    ];
    let client;
    let sentBefore;

    before(async () => {
      sentBefore = Number((await stack.query('SELECT count() AS n FROM events', 'web-shop'))[0].n);
      client = new Client(stack, key);
      await waitFor('first acknowledgements', () => client.acknowledged.length > 10, 5_000);
    });
    after(async () => {
      await client.stop();
    });

    const healthy = async (program) => (await stack.yavio(['health', program])).code === 0;

    for (const [program, what] of victims) {
      test(`${what} is back within 3 s`, async () => {
        const pid = await stack.pid(program);
        assert.ok(pid > 0);
        process.kill(pid, 'SIGKILL');
        await waitFor(
          `${program} to be back`,
          async () => {
            const now = await stack.pid(program);
            return now > 0 && now !== pid && (await healthy(program));
          },
          HEALED_MS,
        );
        const acknowledged = client.acknowledged.length;
        await waitFor('traffic again', () => client.acknowledged.length > acknowledged + 10, HEALED_MS);
      });
    }

    test('a worker of ingest costs at most one request', async () => {
      const master = await stack.pid('ingest');
      const children = async () =>
        (await readFile(`/proc/${master}/task/${master}/children`, 'utf8')).trim().split(' ').map(Number);
      const before = await children();
      const refused = client.refused;
      process.kill(before[0], 'SIGKILL');
      await waitFor('another worker', async () => (await children()).some((pid) => !before.includes(pid)), HEALED_MS);
      const acknowledged = client.acknowledged.length;
      await waitFor('traffic', () => client.acknowledged.length > acknowledged + 10, HEALED_MS);
      assert.ok(client.refused - refused <= 1, `${client.refused - refused} refused`);
      assert.equal(await stack.pid('ingest'), master);
    });

    test('the supervisor of one program', async () => {
      const runsv = (await stack.processes()).find((p) => p.name === 'runsv');
      process.kill(runsv.pid, 'SIGKILL');
      await waitFor('the stack to be whole', async () => (await stack.must(['status', '--json']).catch(() => ({}))).ok, 10_000, 200);
      const names = (await stack.processes()).map((p) => p.name);
      assert.equal(names.filter((n) => n === 'runsv').length, PROGRAMS.length);
      assert.equal(names.filter((n) => n === 'yavio-store').length, 1);
      assert.equal(names.filter((n) => n === 'caddy').length, 1);
    });

    test('the supervisor of all: the stack goes on, and yavio up repairs it', async () => {
      const runsvdir = (await stack.processes()).find((p) => p.name === 'runsvdir');
      process.kill(runsvdir.pid, 'SIGKILL');
      const acknowledged = client.acknowledged.length;
      await waitFor('traffic', () => client.acknowledged.length > acknowledged + 10, HEALED_MS);
      const done = await stack.yavio(['up']);
      assert.equal(done.code, 0, done.stderr);
      const names = (await stack.processes()).map((p) => p.name);
      assert.equal(names.filter((n) => n === 'runsvdir').length, 1);
      assert.equal(names.filter((n) => n === 'runsv').length, PROGRAMS.length);
      assert.equal(names.filter((n) => n === 'yavio-store').length, 1);
    });

    test('every acknowledged event is there exactly once', async () => {
      await client.stop();
      assert.ok(client.acknowledged.length > 100, `${client.acknowledged.length} acknowledged`);
      await waitFor('an empty spool', async () => (await stack.must(['status', '--json'])).spool.events === 0, 30_000, 200).catch(
        async (error) => {
          const { spool } = await stack.must(['status', '--json']);
          error.message += `: ${JSON.stringify(spool)}\n${await stack.must(['logs', 'shipper', '-n', '20', '--no-follow'])}`;
          throw error;
        },
      );
      const rows = await stack.query('SELECT event_id, count() AS n FROM events GROUP BY event_id ORDER BY event_id LIMIT 100000', 'web-shop');
      const times = new Map(rows.map((r) => [r.event_id, Number(r.n)]));
      const missing = client.acknowledged.filter((id) => !times.has(id));
      const doubled = [...times].filter(([, n]) => n !== 1);
      assert.deepEqual(missing, []);
      assert.deepEqual(doubled, []);
      assert.ok(times.size >= sentBefore + client.acknowledged.length);
    });
  });

  test('restart of ingest and of the dashboard refuses no request', async () => {
    const before = { ingest: await stack.pid('ingest'), store: await stack.pid('store') };
    const client = new Client(stack, key);
    await waitFor('first acknowledgements', () => client.acknowledged.length > 10, 5_000);
    assert.match(await stack.must(['restart', 'ingest']), /✓ ingest ready/);
    assert.match(await stack.must(['restart', 'dashboard']), /✓ dashboard ready/);
    await client.stop();
    assert.equal(client.refused, 0);
    assert.deepEqual({ ingest: await stack.pid('ingest'), store: await stack.pid('store') }, before);
  });

  test('up after a change of settings renews what reads them, and only that', async () => {
    const pids = async () => Object.fromEntries(await Promise.all(['postgres', 'store', 'ingest', 'caddy'].map(async (p) => [p, await stack.pid(p)])));
    const before = await pids();
    const client = new Client(stack, key);
    await waitFor('first acknowledgements', () => client.acknowledged.length > 10, 5_000);
    stack.env.YAVIO_MAX_BATCH_EVENTS = '2';
    await stack.up();
    const after = await pids();
    await client.stop();
    assert.equal(after.postgres, before.postgres);
    assert.equal(after.caddy, before.caddy);
    assert.equal(after.ingest, before.ingest, 'ingest replaces itself');
    assert.notEqual(after.store, before.store);
    assert.equal((await stack.post(key, [event(), event(), event()])).status, 413);
    delete stack.env.YAVIO_MAX_BATCH_EVENTS;
    await stack.up();
    assert.equal((await stack.post(key, [event(), event(), event()])).status, 200);
    const settled = await pids();
    await stack.up();
    assert.deepEqual(await pids(), settled);
  });

  test('restart of all', async () => {
    const before = await stack.pid('store');
    await stack.must(['restart']);
    assert.notEqual(await stack.pid('store'), before);
    assert.equal((await stack.must(['status', '--json'])).ok, true);
  });

  test('another command waits for nobody: the lock is told', async () => {
    const slow = stack.yavio(['restart']);
    await sleep(150);
    const done = await stack.yavio(['down']);
    assert.equal(done.code, 6, done.stderr);
    assert.match(done.stderr, /YAVIO-6420/);
    assert.equal((await slow).code, 0);
  });

  test('a wrong setting stops up, with the line that names it, and leaves the stack alone', async () => {
    const done = await stack.yavio(['up'], { env: { JWT_SECRET: 'short' } });
    assert.equal(done.code, 1);
    assert.match(done.stderr, /YAVIO-7201 JWT_SECRET/);
    assert.doesNotMatch(done.stderr, /short(?!er)\b.*JWT/);
    assert.equal((await stack.must(['status', '--json'])).ok, true);
  });

  test('down leaves no process and no socket', async () => {
    const done = await stack.yavio(['down']);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /Data kept in/);
    assert.deepEqual(await stack.processes(), []);
    const left = (await readdir(join(stack.home, 'run'))).filter((name) => /\.(sock|ready)$|^\.s\.PGSQL/.test(name));
    assert.deepEqual(left, []);
    assert.equal((await stack.yavio(['status'])).code, 3);
    assert.equal((await stack.yavio(['keys', 'list'])).code, 3);
    assert.equal((await stack.yavio(['down'])).code, 0);
  });

  test('up again within 5 s: the state survived', async () => {
    const done = await stack.yavio(['up']);
    assert.equal(done.code, 0, done.stderr);
    assert.ok(done.ms < WARM_START_MS, `${done.ms} ms`);
    const rows = await stack.query("SELECT count() AS n FROM events WHERE event_name = 'first_light'", 'web-shop');
    assert.equal(Number(rows[0].n), 1);
    assert.equal((await stack.post(key, [event()])).status, 200);
  });

  test('down works when the supervisor was killed', async () => {
    const runsvdir = (await stack.processes()).find((p) => p.name === 'runsvdir');
    process.kill(runsvdir.pid, 'SIGKILL');
    assert.equal((await stack.yavio(['down'])).code, 0);
    assert.deepEqual(await stack.processes(), []);
  });

  test('no program had anything for a sanitizer to report', async () => {
    for (const program of ['store', 'shipper', 'ingest', 'dashboard', 'live', 'jobs'])
      for (const name of await readdir(join(stack.home, 'log', program))) {
        const text = await readFile(join(stack.home, 'log', program, name), 'utf8');
        assert.doesNotMatch(text, /Sanitizer|runtime error/, program);
      }
  });
});

describe('a stack that cannot start', () => {
  test('a database that is not there: bounded, told, nothing left running', async () => {
    const stack = await Stack.create();
    const port = await freePort();
    try {
      const done = await stack.yavio(['up', '--wait', '3s'], {
        env: { CLICKHOUSE_URL: `http://127.0.0.1:${port}` },
        timeout: 60_000,
      });
      assert.equal(done.code, 3, done.stdout + done.stderr);
      assert.match(done.stderr, /Error YAVIO-6202/);
      assert.match(done.stderr, /CLICKHOUSE_URL/);
      assert.deepEqual(await stack.processes(), []);
    } finally {
      await stack.stop();
    }
  });

  test('missing settings: 6104 and the command that makes them', async () => {
    const stack = await Stack.create();
    try {
      await writeFile(stack.envFile, '');
      const done = await stack.yavio(['up']);
      assert.equal(done.code, 1);
      assert.match(done.stderr, /YAVIO-7200 [A-Z_]+/);
      assert.match(done.stderr, /Error YAVIO-6104[^]*Fix: .*setup-env\.sh/);
    } finally {
      await stack.stop();
    }
  });

  test('wrong words: one usage line, exit 2', async () => {
    const stack = await Stack.create();
    try {
      for (const args of [['nope'], ['up', '--nope'], ['keys'], ['config', 'get', 'NOPE'], ['health']]) {
        const done = await stack.yavio(args);
        assert.equal(done.code, 2, args.join(' '));
        assert.equal(done.stderr.trim().split('\n').length, 1, done.stderr);
        assert.match(done.stderr, /usage: yavio/);
      }
      const shown = await stack.must(['config', 'show']);
      assert.match(shown, /JWT_SECRET +set +\.env/);
      assert.doesNotMatch(shown, /[0-9a-f]{64}/);
      assert.equal((await stack.must(['config', 'get', 'YAVIO_HTTP_PORT'])).trim(), String(stack.http));
      assert.match(await stack.must(['config', 'check']), /✓/);
    } finally {
      await stack.stop();
    }
  });
});
