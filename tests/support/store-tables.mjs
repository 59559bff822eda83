// SPDX-License-Identifier: MIT
// A small stand-in for the schema: the columns that tenancy and de-duplication stand on, with the real settings.
import { randomUUID } from 'node:crypto';

const SETTINGS = 'SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1';

export const TABLES = [
	`CREATE TABLE events (workspace_id LowCardinality(String), project_id LowCardinality(String),
		timestamp DateTime64(3, 'UTC'), event_id UUID, event_name String, ingested_at DateTime64(3, 'UTC'))
		ENGINE = ReplacingMergeTree(ingested_at) PARTITION BY toYYYYMM(timestamp)
		ORDER BY (workspace_id, project_id, timestamp, event_id) ${SETTINGS}`,
	`CREATE TABLE tool_registry (workspace_id LowCardinality(String), project_id LowCardinality(String), tool_name String,
		updated_at DateTime64(3)) ENGINE = ReplacingMergeTree(updated_at)
		ORDER BY (workspace_id, project_id, tool_name) ${SETTINGS}`,
];

export const newTenant = () => ({ workspace: randomUUID(), project: randomUUID() });

/** JSON lines for events; ids are their numbers, so that a test can count them. */
export function eventRows(tenant, from, count) {
	let text = '';
	for (let i = from; i < from + count; i++) {
		const id = `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`;
		text += `{"workspace_id":"${tenant.workspace}","project_id":"${tenant.project}",`
			+ `"timestamp":"2026-01-02 03:04:05.678","event_id":"${id}","event_name":"event ${i}",`
			+ '"ingested_at":"2026-01-02 03:04:06.000"}\n';
	}
	return text;
}

export const insertSettings = (token) => ({ insert_deduplicate: '1', async_insert: '0', insert_deduplication_token: token });

/** Inserts as the shipper does; the reply. */
export const insertEvents = (store, tenant, token, from, count) =>
	store.request('INSERT INTO events FORMAT JSONEachRow',
		{ user: 'yavio_ingest', settings: insertSettings(token), rows: eventRows(tenant, from, count) });
