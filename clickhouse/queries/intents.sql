-- SPDX-License-Identifier: MIT
-- Intents: what calls were meant for, as models say it.

-- name: intents_kpis
SELECT
	captured,
	calls,
	{{rate: captured | calls}} AS coverage,
	tools
FROM (
	SELECT countIf(intent != '') AS captured, count() AS calls, uniqExactIf(event_name, intent != '' AND event_name != '') AS tools
	FROM {{rows: event_name, intent | event_type = 'tool_call'}}
);

-- name: intents_total
SELECT count() AS total
FROM {{rows: event_type | {{is_intent}}}};

-- name: intent_ids
SELECT ids, times
FROM {{page_of: (SELECT toString(event_id) AS id, timestamp AS at
	FROM {{once_between: timestamp, event_id | {{page_since: {{is_intent}}}} | {to} | {from} | {{is_intent}}}}) | {{by_at}}}}
ORDER BY number;

-- name: intent_list
WITH
	chosen AS (
		SELECT *, timestamp AS at, toString(event_id) AS id
		FROM {{found_of_page: event_name, intent, intent_source, status, event_id, timestamp, platform, session_id, trace_id, user_id | event_type = 'tool_call'}}
	)
SELECT
	id AS eventId,
	{{iso: at}} AS timestamp,
	intent,
	{{text: intent_source}} AS source,
	{{text: event_name}} AS tool,
	{{known: platform}} AS platform,
	{{text: status}} AS status,
	session_id AS sessionId,
	trace_id AS traceId,
	{{text: if(user_id = '', session_user, user_id)}} AS userId
FROM chosen
LEFT JOIN {{users_of_many: SELECT session_id FROM chosen}} AS users_of_sessions USING (session_id)
ORDER BY {{by_at}};
