// SPDX-License-Identifier: MIT
// Memory of a whole idle stack: PSS of every process (shared pages counted once), by program, as a table and as JSON.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Stack, event, sleep } from '../support/stack.mjs';

const SETTLE_MS = Number(process.env.IDLE_SETTLE_MS ?? 20_000);
const AIM_MB = 500;
const NAMES = { runsv: 'runit', runsvdir: 'runit', svlogd: 'runit' };

async function pss(pid) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
}

// The settings a user gets, not the small ones of the tests.
const stack = await Stack.start({ YAVIO_INGEST_WORKERS: 'auto', YAVIO_DASHBOARD_WORKERS: 'auto', YAVIO_STORE_MEMORY: '' });
try {
  const { key } = await stack.createKey();
  const reply = await stack.post(key, [event()]);
  if (reply.status !== 200) throw new Error(`POST /v1/events answered ${reply.status}`);
  await sleep(SETTLE_MS);
  const programs = new Map();
  for (const { pid, name } of await stack.processes()) {
    const program = NAMES[name] ?? name;
    const row = programs.get(program) ?? { program, processes: 0, pss_mb: 0 };
    row.processes++;
    row.pss_mb += (await pss(pid)) / 1024;
    programs.set(program, row);
  }
  const rows = [...programs.values()].sort((a, b) => b.pss_mb - a.pss_mb);
  const total = rows.reduce((sum, row) => sum + row.pss_mb, 0);
  console.log('program           processes   PSS MB');
  for (const row of rows) console.log(`${row.program.padEnd(18)}${String(row.processes).padStart(9)}${row.pss_mb.toFixed(1).padStart(9)}`);
  console.log(`${'total'.padEnd(27)}${total.toFixed(1).padStart(9)}   (aim: below ${AIM_MB})`);
  await mkdir('build/bench', { recursive: true });
  const result = { bench: 'idle', pss_mb: Number(total.toFixed(1)), aim_mb: AIM_MB, programs: rows };
  await writeFile('build/bench/idle.json', `${JSON.stringify(result)}\n`);
  console.log(JSON.stringify(result));
} finally {
  await stack.stop();
}
