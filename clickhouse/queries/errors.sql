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
	FROM {{rows: error_category | event_type = 'tool_call' AND status = 'error'}}
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
FROM {{rows: status | event_type = 'tool_call' AND is_retry = 1}};

-- Calls of sessions as numbers that sort by tool, time and id and end with what became of them: 1 failed, 2 succeeded. Behind 214
-- bits stands the tool, those of no name being of one, too; tools that never failed are 0.
-- name: errors_recovery
WITH {{names_of: event_type = 'tool_call' AND status = 'error' | {from} | {to}}} AS names
SELECT sum(failed) AS errors, sum(mended) AS recovered, {{rate: recovered | errors}} AS rate
FROM (
	SELECT
		arrayCount(c -> bitAnd(c, 3) = 1, sorted) AS failed,
		arrayCount((c, next) -> bitAnd(c, 3) = 1 AND bitAnd(next, 3) = 2 AND bitShiftRight(c, 214) = bitShiftRight(next, 214),
			sorted, arrayPushBack(arrayPopFront(sorted), toUInt256(0))) AS mended
	FROM (
		SELECT arrayCompact(arraySort(groupArray(call))) AS sorted
		FROM (
			SELECT session_id, bitOr(bitShiftLeft(bitOr(bitShiftLeft(toUInt256({{code_in: event_name | names}}), 212),
				{{time_and_id}}), 2), multiIf(status = 'error', 1, status = 'success', 2, 0)) AS call
			FROM {{copies: session_id, event_name, status, timestamp, event_id | event_type = 'tool_call' AND session_id IN
				{{copies: session_id | event_type = 'tool_call' AND status = 'error'}}}}
		)
		GROUP BY session_id
	)
);

-- name: error_groups
SELECT
	{{fingerprint_of: kind | category | normalized}} AS fingerprint,
	kind, category,
	argMax(error_message, latest) AS message,
	normalized,
	arraySort(groupUniqArrayArray(called)) AS tools,
	sum(n_of) AS count,
	uniqExactArray(sessions_of) AS sessions,
	uniqExactArray(users_of) AS users,
	{{iso: min(earliest)}} AS firstSeen,
	{{iso: max(latest.1)}} AS lastSeen
FROM (
	SELECT
		kind, category, error_message,
		{{normalized: error_message}} AS normalized,
		count() AS n_of,
		groupUniqArrayIf(event_name, kind = 'tool' AND event_name != '') AS called,
		groupArray(session_id) AS sessions_of,
		groupArrayIf(if(user_id = '', session_user, user_id), user_id != '' OR session_user != '') AS users_of,
		min(timestamp) AS earliest,
		max((timestamp, toString(event_id))) AS latest
	FROM (
		SELECT {{error_kind}} AS kind, {{error_category}} AS category, error_message, event_name, session_id, user_id, timestamp, event_id
		FROM {{once: event_type, event_name, error_category, error_message, session_id, user_id, timestamp, event_id |
			{{is_error}} AND {{is_wanted_error}}}}
	) AS failures
	LEFT JOIN {{users_among: SELECT cityHash64(session_id) FROM {{copies: session_id | {{is_error}}}}}} AS users_of_sessions USING (session_id)
	GROUP BY kind, category, error_message
)
GROUP BY kind, category, normalized
ORDER BY multiIf({sort} = 'lastSeen', toInt64(toUnixTimestamp64Milli(max(latest.1))), {sort} = 'sessions', toInt64(sessions), toInt64(count)) * if({descending} = 1, -1, 1), fingerprint
LIMIT {limit} OFFSET {offset};

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

-- name: error_series
SELECT {{iso: at}} AS bucket, counted.n AS errors
FROM {{buckets}} AS all_buckets
LEFT JOIN (
	SELECT {{bucket_of: timestamp}} AS at, count() AS n
	FROM {{once: timestamp | {{is_error}} AND {{is_wanted_error}}}}
	GROUP BY at
) AS counted USING (at)
ORDER BY at;

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
LEFT JOIN {{users_of_many: SELECT session_id FROM chosen}} AS users_of_sessions USING (session_id)
LEFT JOIN {{calls_of: (SELECT trace_id FROM chosen WHERE kind = 'widget')}} AS calls_of_traces USING (trace_id)
ORDER BY {{by_at}};
