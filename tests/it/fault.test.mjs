// SPDX-License-Identifier: MIT
// The short run of tests/fault: everything is killed, stopped and spoiled under load; no acknowledged event is lost or doubled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, runFaults } from '../fault/run.mjs';

const SECONDS = 20;
// Another seed each day; YAVIO_FAULT_SEED repeats one.
const SEED = Number(process.env.YAVIO_FAULT_SEED ?? Math.floor(Date.now() / 86_400_000));

test(`acknowledged is stored, once (seed ${SEED})`, async (t) => {
	const result = await runFaults({ seconds: SECONDS, seed: SEED, log: (line) => t.diagnostic(line) });
	assert.deepEqual(complaints(result), []);
	assert.ok(Object.values(result.faults).filter((times) => times > 0).length > 5, `several kinds of faults: ${JSON.stringify(result.faults)}`);
});
