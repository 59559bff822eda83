// SPDX-License-Identifier: MIT
// The oracle that the analytics are compared with is itself right: it answers the worked example, counted by hand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bucketOf, buckets } from '../oracle/calendar.mjs';
import { answer } from '../oracle/oracle.mjs';
import { differences } from '../support/differences.mjs';
import { ROOT } from '../support/process.mjs';

const read = (name) => readFileSync(join(ROOT, 'tests/fixtures/analytics', name), 'utf8');
const rows = read('events.ndjson').trim().split('\n').map((line) => JSON.parse(line));
const { setup, cases } = JSON.parse(read('expected.json'));
const NOW = Date.parse('2026-11-16T00:00:00Z');
const workspaceOf = { [setup.projectId]: setup.workspaceId, [setup.otherProjectId]: setup.workspaceId, [setup.otherWorkspaceProjectId]: setup.otherWorkspaceId };

/** Pages that are one route of one project; counts over projects and files have tests of their own. */
const viewOf = (path) => /^\/api\/analytics\/([0-9a-f-]{36})\/((?!export).*)$/.exec(path);

describe('oracle', () => {
	for (const { name, request, expect } of cases.filter((c) => viewOf(c.request.path))) {
		it(name, () => {
			const [, project, route] = viewOf(request.path);
			const tenant = { workspace: workspaceOf[project], project };
			const asked = (events) => answer(events, setup.toolRegistry, tenant, route, request.query ?? {}, NOW);
			assert.deepEqual(differences(expect, asked(rows)), []);
			assert.deepEqual(asked([...rows, ...rows].reverse()), asked(rows), 'the order of events and repeats change nothing');
		});
	}

	it('days of 23 and 25 hours, midnights that do not exist, and weeks are buckets of the calendar', () => {
		const hours = (list) => list.slice(1).map((at, i) => (at - list[i]) / 3_600_000);
		const days = (zone, from, to) => hours(buckets(Date.parse(from), Date.parse(to), 'day', zone));
		assert.deepEqual(days('Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-31T12:00:00Z'), [24, 23, 24]);
		assert.deepEqual(days('Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-27T12:00:00Z'), [24, 25, 24]);
		assert.deepEqual(days('Africa/Cairo', '2026-04-23T12:00:00Z', '2026-04-26T12:00:00Z'), [24, 23, 24]);
		assert.equal(new Date(bucketOf(Date.parse('2026-04-24T12:00:00Z'), 'day', 'Africa/Cairo')).toISOString(), '2026-04-23T22:00:00.000Z');
		assert.equal(new Date(bucketOf(Date.parse('2026-11-01T12:00:00Z'), 'week', 'UTC')).toISOString(), '2026-10-26T00:00:00.000Z');
	});
});
