// SPDX-License-Identifier: MIT
// A retry storm: the same batch fifty times at once leaves one row an event. Merges are off, so every copy that was
// acknowledged is in the store, in parts of its own, when FINAL has to count it once.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Stack, event, waitFor } from '../support/stack.mjs';
import { adminQuery } from '../support/store-admin.mjs';

const COPIES = 50;
const EVENTS = 40;
const STORED_MS = 30_000;

describe('the same batch again and again', { concurrency: false }, () => {
	let stack;
	let key;

	before(async () => {
		stack = await Stack.start({ YAVIO_RATE_KEY: '0', YAVIO_INGEST_WORKERS: '4', YAVIO_SHIP_INTERVAL: '100ms', YAVIO_SHIP_ROWS: '100' });
		await adminQuery(stack, 'SYSTEM STOP MERGES events');
		({ key } = await stack.createKey());
	});
	after(() => stack.stop());

	const number = async (sql) => Number((await adminQuery(stack, `${sql} FORMAT TSV`)).trim());

	/** Events that the store has acknowledged, copies and all. */
	async function written() {
		const token = /^METRICS_BEARER_TOKEN=(.*)$/m.exec(await readFile(stack.envFile, 'utf8'))[1];
		const reply = await fetch(`${stack.ingestUrl}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
		return Number(/^yavio_ingest_events_written_total\{source="server"\} (\d+)$/m.exec(await reply.text())?.[1] ?? 0);
	}

	async function post(events) {
		const reply = await stack.post(key, events);
		const body = await reply.json();
		assert.equal(reply.status, 200, JSON.stringify(body));
		return body;
	}

	test('fifty times in parallel: accepted each time, one row an event', async () => {
		const batch = Array.from({ length: EVENTS }, (_, i) => event({ event_name: 'storm', latency_ms: i }));
		const answers = await Promise.all(Array.from({ length: COPIES }, () => post(batch)));
		assert.ok(answers.every((answer) => answer.accepted === EVENTS));
		await waitFor('every copy', async () => (await written()) >= COPIES * EVENTS, STORED_MS);
		assert.ok((await number("SELECT count() FROM events WHERE event_name = 'storm'")) > 5 * EVENTS, 'many copies to be counted once');
		assert.equal(await number("SELECT count() FROM events FINAL WHERE event_name = 'storm'"), EVENTS);
		assert.equal(await number("SELECT uniqExact(event_id) FROM events WHERE event_name = 'storm'"), EVENTS);
		assert.equal(await number("SELECT sum(latency_ms) FROM events FINAL WHERE event_name = 'storm'"), (EVENTS * (EVENTS - 1)) / 2);
	});

	test('an event twice in one batch is one row', async () => {
		const one = event({ event_name: 'twice' });
		assert.equal((await post([one, one])).accepted, 2);
		await waitFor('the event', () => number("SELECT count() FROM events WHERE event_name = 'twice'"), STORED_MS);
		assert.equal(await number("SELECT count() FROM events FINAL WHERE event_name = 'twice'"), 1);
	});
});
