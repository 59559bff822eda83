// SPDX-License-Identifier: MIT
// A day that was merged, and is not any more: late events and copies of what lies there, asked for at once, while more copies come
// in and parts are merged. Not one number may move but by the new events.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { answer } from '../oracle/oracle.mjs';
import { dice, startAnalytics } from '../support/analytics.mjs';
import { differences } from '../support/differences.mjs';
import { dataset, request } from '../support/random-events.mjs';

const SEED = Number(process.env.TEST_SEED ?? 7);
const REQUESTS = 5;
const ROUNDS = 4;
const ROWS_MIN = 60;
const ROUTES = ['overview', 'tools', 'users/active', 'users/retention'];

let stack;
let project;
before(async () => {
	stack = await startAnalytics();
	const tenant = await stack.tenant();
	let seed = SEED;
	let made = dataset(seed, tenant);
	while (made.rows.length < ROWS_MIN) made = dataset(++seed, tenant);
	const rows = dice(SEED).shuffle(made.rows);
	const half = Math.floor(rows.length / 2);
	project = { tenant, ...made, early: rows.slice(0, half), late: rows.slice(half) };
});
after(() => stack?.stop());

/** Requests without filters, which take the plain form, and their ranges, which cut slots. */
const requests = (route) => Array.from({ length: REQUESTS }, (_, i) => {
	const { query } = request(SEED + i, route, project);
	const { platform, tool, ...plain } = query;
	return plain;
});

async function expectExact(rows) {
	for (const route of ROUTES) {
		for (const query of requests(route)) {
			const { meta: _, ...got } = await stack.ask(`/api/analytics/${project.tenant.project}/${route}`, query);
			const { meta: __, ...expected } = answer(rows, project.registry, project.tenant, route, query, Date.now());
			assert.deepEqual([...differences(expected, got), ...differences(got, expected)], [], `${route} ${JSON.stringify(query)}`);
		}
	}
}

describe('days that were merged', { concurrency: false }, () => {
	it('are exact as one part', async () => {
		await stack.load(project.early, project.registry, 100);
		await stack.merge();
		await expectExact(project.early);
	});

	it('are exact with late events and copies beside that part, and merged again', async () => {
		await stack.load(project.late, [], 50);
		await stack.load(project.early, [], 70);
		await expectExact([...project.early, ...project.late]);
		await stack.merge();
		await expectExact([...project.early, ...project.late]);
	});

	it('stay exact while copies come in and parts are merged', async () => {
		const all = [...project.early, ...project.late];
		let asked = false;
		const copies = async () => {
			for (let i = 0; !asked; i++) await stack.load(dice(SEED + i).shuffle(all).slice(0, 100), [], 25);
		};
		const merges = async () => {
			while (!asked) await stack.merge();
		};
		const ask = async () => {
			try {
				for (let i = 0; i < ROUNDS; i++) await expectExact(all);
			} finally {
				asked = true;
			}
		};
		await Promise.all([copies(), merges(), ask()]);
	});
});
