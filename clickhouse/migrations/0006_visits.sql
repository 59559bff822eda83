-- SPDX-License-Identifier: MIT
-- Visits: who was there in which quarter of an hour, and what happened, kept by the engine at every insert of events, so that what counts
-- sessions and users reads a tenth of the rows, and numbers in place of texts. Only facts that neither a copy nor the order of events
-- changes (least, greatest, set): a row may be told twice, and this file may be interrupted and run again. 15 minutes, since
-- every time zone's hours and days begin at such a slot. In place of the projection by_session.
CREATE TABLE IF NOT EXISTS {{local:visits}} {{on_cluster}} (
    workspace_id LowCardinality(String),
    project_id LowCardinality(String),
    slot DateTime('UTC') CODEC(Delta(4), LZ4),
    -- the session and the user that its events name themselves (0: none): hashes as uniqExact makes them of texts, and the texts
    session UInt128 CODEC(NONE),
    own UInt128 CODEC(LZ4),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    -- the first event of all; first and last activity, first call, and first and last of what is counted. Without any: first in the year 2200, last in 1970
    began SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    first SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    last SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    call_first SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    conversion_first SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    conversion_last SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    render_first SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    render_last SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    engagement_first SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    engagement_last SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), LZ4),
    -- of its calls, as hashes of their names
    tools SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)) CODEC(LZ4)
)
ENGINE = {{engine:Aggregating()}}
PARTITION BY toYYYYMMDD(slot)
ORDER BY (workspace_id, project_id, slot, session, own)
SETTINGS {{durable}}, merge_selector_base = 10, min_age_to_force_merge_seconds = 300, min_age_to_force_merge_on_partition_only = 1;

{{distributed:visits:sipHash64(session_id)}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{local:visits_of_inserts}} {{on_cluster}} TO {{local:visits}} AS
SELECT
    workspace_id, project_id, toStartOfFifteenMinutes(timestamp) AS slot,
    reinterpretAsUInt128(sipHash128(session_id)) AS session,
    if(user_id = '', toUInt128(0), reinterpretAsUInt128(sipHash128(user_id))) AS own,
    session_id, user_id,
    min(timestamp) AS began,
    min(if(event_type NOT IN ('connection', 'tool_discovery'), timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS first,
    max(if(event_type NOT IN ('connection', 'tool_discovery'), timestamp, toDateTime64(0, 3, 'UTC'))) AS last,
    min(if(event_type = 'tool_call', timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS call_first,
    min(if(event_type = 'conversion', timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS conversion_first,
    max(if(event_type = 'conversion', timestamp, toDateTime64(0, 3, 'UTC'))) AS conversion_last,
    min(if(event_type = 'widget_render', timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS render_first,
    max(if(event_type = 'widget_render', timestamp, toDateTime64(0, 3, 'UTC'))) AS render_last,
    min(if(event_type IN ('widget_click', 'widget_form_field'), timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS engagement_first,
    max(if(event_type IN ('widget_click', 'widget_form_field'), timestamp, toDateTime64(0, 3, 'UTC'))) AS engagement_last,
    groupUniqArrayIf(sipHash64(event_name), event_type = 'tool_call') AS tools
FROM {{local:events}}
GROUP BY workspace_id, project_id, slot, session_id, user_id;

-- The same of all events that are there, behind the view: what a shipper stores meanwhile is told twice. No text can be
-- shared between the two, so tests/it/visits.test.mjs compares what they make.
INSERT INTO visits
SELECT
    workspace_id, project_id, toStartOfFifteenMinutes(timestamp) AS slot,
    reinterpretAsUInt128(sipHash128(session_id)) AS session,
    if(user_id = '', toUInt128(0), reinterpretAsUInt128(sipHash128(user_id))) AS own,
    session_id, user_id,
    min(timestamp) AS began,
    min(if(event_type NOT IN ('connection', 'tool_discovery'), timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS first,
    max(if(event_type NOT IN ('connection', 'tool_discovery'), timestamp, toDateTime64(0, 3, 'UTC'))) AS last,
    min(if(event_type = 'tool_call', timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS call_first,
    min(if(event_type = 'conversion', timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS conversion_first,
    max(if(event_type = 'conversion', timestamp, toDateTime64(0, 3, 'UTC'))) AS conversion_last,
    min(if(event_type = 'widget_render', timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS render_first,
    max(if(event_type = 'widget_render', timestamp, toDateTime64(0, 3, 'UTC'))) AS render_last,
    min(if(event_type IN ('widget_click', 'widget_form_field'), timestamp, toDateTime64(7258118400, 3, 'UTC'))) AS engagement_first,
    max(if(event_type IN ('widget_click', 'widget_form_field'), timestamp, toDateTime64(0, 3, 'UTC'))) AS engagement_last,
    groupUniqArrayIf(sipHash64(event_name), event_type = 'tool_call') AS tools
FROM events
GROUP BY workspace_id, project_id, slot, session_id, user_id
SETTINGS max_bytes_before_external_group_by = 1000000000, max_partitions_per_insert_block = 0;

ALTER TABLE {{local:events}} {{on_cluster}} DROP PROJECTION IF EXISTS by_session SETTINGS mutations_sync = 0;
