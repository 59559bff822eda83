// SPDX-License-Identifier: MIT
// The table of visits: at every moment what the events tell, however often, late and in whatever order they come.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { dice } from '../support/analytics.mjs';
import { schema } from '../support/shipper.mjs';
import { startStore } from '../support/store.mjs';

const TENANT = { workspace_id: randomUUID(), project_id: randomUUID() };
const DAY_MS = 86_400_000;

/** Events of some sessions: some name nobody, some several users, some only connect. */
function events(seed, count) {
	const d = dice(seed);
	return Array.from({ length: count }, () => ({
		...TENANT, event_id: randomUUID(), session_id: `s${d.int(30)}`, trace_id: 't',
		event_type: d.pick(['tool_call', 'tool_call', 'connection', 'tool_discovery', 'identify', 'conversion', 'widget_render', 'widget_click']),
		event_name: d.pick(['a', 'b', 'ü', '']), user_id: d.pick(['', '', 'u1', 'u2', 'ünal']),
		timestamp: new Date(Date.UTC(2026, 5, 1) + d.int(40 * DAY_MS)).toISOString().replace('T', ' ').replace('Z', ''),
		ingested_at: '2026-08-01 00:00:00.000',
	}));
}

describe('the table of visits', { concurrency: false }, () => {
	let store;

	before(async () => {
		store = await startStore({ statements: schema() });
	});
	after(() => store?.stop());

	const insert = (rows, token) => store.run('INSERT INTO events FORMAT JSONEachRow', { user: 'yavio_ingest', rows: rows.map((r) => JSON.stringify(r)).join('\n'),
		settings: { async_insert: '0', insert_deduplicate: '1', insert_deduplication_token: token, optimize_on_insert: '0' } });
	const fill = schema().find((text) => text.startsWith('INSERT INTO visits'));
	const told = (from) => store.run(`SELECT * REPLACE (arraySort(tools) AS tools) FROM ${from} ORDER BY slot, session, own FORMAT JSONEachRow`);
	const same = async () => {
		const visits = await told('visits FINAL');
		assert.equal(visits, await told(`(${fill.replace(/^INSERT INTO visits/, '').replace(/SETTINGS.*$/s, '')})`));
		return visits;
	};
	const rows = events(1, 3000);

	it('is what the events tell: batch by batch, repeated, in another order, merged', async () => {
		for (let i = 0; i < 10; i++) {
			await insert(rows.slice(300 * i, 300 * (i + 1)), `first-${i}`);
			await same();
		}
		const once = await same();
		assert.notEqual(once, '');
		await insert(dice(2).shuffle(rows), 'again');
		assert.equal(await same(), once);
		await store.run('OPTIMIZE TABLE visits FINAL');
		assert.equal(await same(), once);
		await store.run('OPTIMIZE TABLE events FINAL');
		assert.equal(await same(), once);
	});

	it('the user of a session is the first that is named (G6)', async () => {
		assert.equal(await store.run('SELECT session_id, argMin(user_id, (began, user_id)) FROM visits WHERE own != 0 GROUP BY session_id ORDER BY session_id'),
			await store.run("SELECT session_id, argMin(user_id, (timestamp, user_id)) FROM events WHERE user_id != '' GROUP BY session_id ORDER BY session_id"));
	});

	it('a store that ended between the events and their visits makes them up when the shipper sends the batch again', async () => {
		const [view] = (await store.run("SELECT create_table_query FROM system.tables WHERE name = 'visits_of_inserts' FORMAT TSVRaw")).split('\n');
		const late = [{ ...rows[0], session_id: 'cut', event_id: randomUUID() }];
		await store.run('DROP VIEW visits_of_inserts');
		await insert(late, 'cut');
		assert.equal(await store.run("SELECT count() FROM visits WHERE session_id = 'cut'"), '0\n');
		await store.run(view);
		await insert(late, 'cut');
		assert.equal(await store.run("SELECT count() FROM events WHERE session_id = 'cut'"), '1\n');
		await same();
		await insert(late, 'cut');
		await same();
	});

	it('the migration, run again, changes nothing; over an older store it tells of all that is there', async () => {
		const before = await same();
		for (const statement of schema().slice(schema().findIndex((text) => text.includes('TABLE IF NOT EXISTS visits '))))
			await store.run(statement);
		assert.equal(await same(), before);
		await store.run('TRUNCATE TABLE visits');
		await store.run(fill);
		assert.equal(await same(), before);
	});
});
