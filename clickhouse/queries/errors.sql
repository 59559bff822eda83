-- SPDX-License-Identifier: MIT
-- Errors: their numbers, their groups by what they say, one by one.

-- name: errors_calls
SELECT
	countIf(status = 'error') AS errors,
	count() AS invocations,
	{{rate: countIf(status = 'error') | count()}} AS errorRate
FROM {{rows: status | event_type = 'tool_call'}};

-- name: errors_series
SELECT {{iso: at}} AS bucket, calls AS invocations, failed AS errors, {{rate: failed | calls}} AS errorRate
FROM {{buckets}} AS all_buckets
LEFT JOIN (
	SELECT {{bucket_of: timestamp}} AS at, count() AS calls, countIf(status = 'error') AS failed
	FROM {{rows: timestamp, status | event_type = 'tool_call'}}
	GROUP BY at
) AS counted USING (at)
ORDER BY at;

-- name: errors_categories
SELECT category, count, {{rate: count | sum(count) OVER ()}} AS share
FROM (
	SELECT {{known: error_category}} AS category, count() AS count
	FROM {{once: error_category | event_type = 'tool_call' AND status = 'error'}}
	GROUP BY category
)
ORDER BY count DESC, category;

-- name: errors_tools
SELECT event_name AS tool, calls, failed AS errors, {{rate: failed | calls}} AS errorRate
FROM (
	SELECT event_name, count() AS calls, countIf(status = 'error') AS failed
	FROM {{rows: event_name, status | event_type = 'tool_call'}}
	WHERE event_name != ''
	GROUP BY event_name
)
WHERE failed > 0
ORDER BY errors DESC, tool;

-- name: errors_retry
SELECT count() AS retries, countIf(status = 'success') AS succeeded, {{rate: countIf(status = 'success') | count()}} AS successRate
FROM {{once: status | event_type = 'tool_call' AND is_retry = 1}};

-- name: errors_recovery
SELECT count() AS errors, countIf(next_status = 'success') AS recovered, {{rate: countIf(next_status = 'success') | count()}} AS rate
FROM (
	SELECT status, leadInFrame(status) OVER (PARTITION BY session_id, event_name ORDER BY timestamp, toString(event_id)
		ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_status
	FROM {{once: session_id, event_name, status, timestamp, event_id | event_type = 'tool_call' AND session_id IN
		{{copies: session_id | event_type = 'tool_call' AND status = 'error'}}}}
)
WHERE status = 'error';

-- name: error_groups
SELECT fingerprint, kind, category, message, normalized, tools, n AS count, in_sessions AS sessions,
	uniqExactIf(user, user != '') AS users, {{iso: first}} AS firstSeen, {{iso: last}} AS lastSeen
FROM (
	SELECT *, if(pair.2 = '', session_user, pair.2) AS user
	FROM (
		SELECT
			{{fingerprint_of: kind | category | normalized}} AS fingerprint,
			kind, category, normalized,
			argMax(error_message, latest) AS message,
			arraySort(groupUniqArrayArray(called)) AS tools,
			sum(n_of) AS n,
			uniqExactArray(arrayMap(p -> p.1, pairs_of)) AS in_sessions,
			groupUniqArrayArray(pairs_of) AS pairs,
			min(earliest) AS first,
			max(latest.1) AS last
		FROM (
			SELECT
				{{error_kind}} AS kind, {{error_category}} AS category, error_message,
				{{normalized: error_message}} AS normalized,
				count() AS n_of,
				groupUniqArrayIf(event_name, event_type = 'tool_call' AND event_name != '') AS called,
				groupUniqArray((session_id, user_id)) AS pairs_of,
				min(timestamp) AS earliest,
				max((timestamp, toString(event_id))) AS latest
			FROM {{once: event_type, event_name, error_category, error_message, session_id, user_id, timestamp, event_id |
				{{is_error}} AND {{is_wanted_error}}}}
			GROUP BY kind, category, error_message
		)
		GROUP BY kind, category, normalized
		ORDER BY multiIf({sort} = 'lastSeen', toInt64(toUnixTimestamp64Milli(last)), {sort} = 'sessions', toInt64(in_sessions), toInt64(n)) * if({descending} = 1, -1, 1), fingerprint
		LIMIT {limit} OFFSET {offset}
	)
	LEFT ARRAY JOIN pairs AS pair
	LEFT JOIN {{session_users}} AS users_of_sessions ON users_of_sessions.session_id = pair.1
)
GROUP BY fingerprint, kind, category, message, normalized, tools, n, in_sessions, first, last
ORDER BY multiIf({sort} = 'lastSeen', toInt64(toUnixTimestamp64Milli(last)), {sort} = 'sessions', toInt64(in_sessions), toInt64(n)) * if({descending} = 1, -1, 1), fingerprint;

-- name: error_groups_total
SELECT uniqExact(kind, category, normalized) AS total
FROM (
	SELECT {{error_kind}} AS kind, {{error_category}} AS category, {{normalized: error_message}} AS normalized
	FROM (SELECT DISTINCT event_type, error_category, error_message FROM {{copies: event_type, error_category, error_message, status | {{is_error}}}})
)
WHERE ({category} = '' OR category = {category}) AND ({fingerprint} = '' OR {{fingerprint_of: kind | category | normalized}} = {fingerprint});

-- name: error_total
SELECT count() AS total
FROM {{once: event_type | {{is_error}} AND {{is_wanted_error}}}};

-- name: error_ids
SELECT ids, times
FROM {{page_of: (SELECT toString(event_id) AS id, timestamp AS at FROM {{once: timestamp, event_id | {{is_error}} AND {{is_wanted_error}}}}) | {{by_at}}}}
ORDER BY number;

-- name: error_list
WITH
	chosen AS (
		SELECT *, {{error_kind}} AS kind, {{error_category}} AS shown_category, timestamp AS at, toString(event_id) AS id
		FROM {{found_of_page: event_type, event_name, error_category, error_message, event_id, timestamp, platform, session_id, trace_id, user_id |
			event_type IN ('tool_call', 'widget_error')}}
	)
SELECT
	id AS eventId,
	{{iso: at}} AS timestamp,
	kind,
	{{text: if(kind = 'tool', event_name, call_tool)}} AS tool,
	shown_category AS category,
	{{text: error_message}} AS message,
	{{fingerprint_of: kind | shown_category | {{normalized: error_message}}}} AS fingerprint,
	multiIf({{is_known: platform}}, platform, kind = 'tool' OR call_platform = '', 'unknown', call_platform) AS platform,
	session_id AS sessionId,
	trace_id AS traceId,
	{{text: if(user_id = '', session_user, user_id)}} AS userId
FROM chosen
LEFT JOIN {{session_users_of: (SELECT session_id FROM chosen)}} AS users_of_sessions USING (session_id)
LEFT JOIN {{calls_of: (SELECT trace_id FROM chosen WHERE kind = 'widget')}} AS calls_of_traces USING (trace_id)
ORDER BY {{by_at}};
