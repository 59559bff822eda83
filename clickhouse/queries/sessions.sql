-- SPDX-License-Identifier: MIT
-- Sessions and traces: one by one, with their events.

-- name: session_ids
SELECT ids, times
FROM {{page_of: (
	SELECT session_id AS id, max(last_event) AS at
	FROM {{latest_visits: {{session_since}}}}
	WHERE startsWith(session_id, {q}) AND {{session_has}}
	GROUP BY session_id
) | {{by_session}}}}
ORDER BY number;

-- name: session_total
SELECT uniqExact(session_id) AS total
FROM {{latest_visits: {from}}}
WHERE startsWith(session_id, {q}) AND {{session_has}};

-- name: session_list
SELECT {{session_columns: lastAt}}
FROM (
	SELECT *, session_id AS id, parseDateTime64BestEffortOrNull({times}[indexOf({ids}, session_id)], 3, 'UTC') AS at, at AS lastAt
	FROM {{sessions_of: {{is_of_sessions: SELECT {{hash_of: arrayJoin({ids})}} | SELECT arrayJoin({ids}) | {{beginning}} | {{end_of_time}}}}}}
)
ORDER BY {{by_session}};

-- name: session_header
SELECT {{session_columns: last_activity}}
FROM {{sessions_of: session_id = {name}}};

-- name: session_traces
SELECT
	trace_id AS traceId,
	{{text: call.1}} AS tool,
	{{text: call.2}} AS status,
	call.3 AS latencyMs,
	{{iso: began.1}} AS startedAt,
	{{iso: ended}} AS endedAt,
	arrayMap(e -> e.2, arraySort(e -> e.1, of_page)) {{as_events}}
FROM (
	SELECT
		trace_id,
		min(at) AS began,
		max(at.1) AS ended,
		argMinIf((event_name, status, latency_ms), at, event_type = 'tool_call') AS call,
		groupArrayIf((at, event), shown) AS of_page
	FROM (
		SELECT
			trace_id, at, event_name, event_type, status, latency_ms,
			{{after_cursor: at}} AND row_number() OVER (PARTITION BY {{after_cursor: at}} ORDER BY at) <= {limit} AS shown,
			tuple({{event: first_user}}, dateDiff('millisecond', begin, timestamp) AS offsetMs) AS event
		FROM (
			SELECT *, {{place}} AS at, min(timestamp) OVER () AS begin, argMinIf(user_id, (timestamp, user_id), user_id != '') OVER () AS first_user
			FROM {{found: {{event_columns}} | session_id = {name}}}
		)
	)
	GROUP BY trace_id
)
WHERE notEmpty(of_page)
ORDER BY began;

-- name: session_next
SELECT if(length(places) > {limit}, {{cursor_of: places[{limit}]}}, NULL) AS nextCursor
FROM (
	SELECT groupArray(at) AS places
	FROM (
		SELECT {{place}} AS at
		FROM {{found: timestamp, step_sequence, event_id | session_id = {name}}}
		WHERE {{after_cursor: at}}
		ORDER BY at
		LIMIT {limit} + 1
	)
);

-- name: trace_header
SELECT
	{name} AS traceId,
	argMin(session_id, at) AS sessionId,
	{{text: argMinIf(user, at, user != '')}} AS userId,
	{{known: argMinIf(platform, at, {{is_known: platform}})}} AS platform,
	{{text: argMinIf(event_name, at, event_type = 'tool_call')}} AS tool,
	{{iso: min(at).1}} AS startedAt,
	{{iso: max(at).1}} AS endedAt
FROM (
	SELECT {{place}} AS at, session_id, platform, event_name, event_type, if(user_id = '', session_user, user_id) AS user
	FROM {{found: timestamp, step_sequence, event_id, session_id, user_id, platform, event_name, event_type | trace_id = {name}}} AS of_trace
	LEFT JOIN {{users_of_many: SELECT session_id FROM {{kept: session_id | trace_id = {name}}}}} AS users_of_sessions USING (session_id)
)
HAVING count() > 0;

-- name: trace_events
SELECT {{event: session_user}}
FROM (
	SELECT *, {{place}} AS at
	FROM {{found: {{event_columns}} | trace_id = {name}}}
	ORDER BY at
	LIMIT {limit}
) AS of_trace
LEFT JOIN {{users_of_many: SELECT session_id FROM {{kept: session_id | trace_id = {name}}}}} AS users_of_sessions USING (session_id)
ORDER BY at;
