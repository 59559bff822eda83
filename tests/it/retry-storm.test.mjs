// SPDX-License-Identifier: MIT
// A retry storm: the same batch fifty times at once leaves one row an event.
import assert from 'node:assert/strict';
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
		stack = await Stack.start({ YAVIO_RATE_KEY: '0', YAVIO_INGEST_WORKERS: '4', YAVIO_SHIP_INTERVAL: '100ms' });
		({ key } = await stack.createKey());
	});
	after(() => stack.stop());

	const number = async (sql) => Number((await adminQuery(stack, `${sql} FORMAT TSV`)).trim());

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
		const last = event({ event_name: 'after' });
		await post([last]);
		// The last record of its stream is no proof for the others: wait until nothing more comes.
		await waitFor('every copy', async () => {
			const before = await number("SELECT count() FROM events WHERE event_name = 'storm'");
			await new Promise((done) => setTimeout(done, 1000));
			return before > 0 && before === (await number("SELECT count() FROM events WHERE event_name = 'storm'"));
		}, STORED_MS);
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
