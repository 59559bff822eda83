-- SPDX-License-Identifier: MIT
-- Errors: their numbers, their groups by what they say, one by one.

-- Calls by time, all of the range before as one (-1): their numbers, beside those before and by bucket, and those that were tried again.
-- name: errors_by_time
SELECT
	tuple(numbers[1] AS errors, numbers[2] AS invocations, numbers[3] AS errorRate) AS kpis,
	series,
	tuple(tries.1 AS retries, tries.2 AS succeeded, {{rate: tries.2 | tries.1}} AS successRate) AS retry
FROM (
	SELECT {{kpis_of: [toNullable(toFloat64(failed)), toFloat64(calls), {{rate: failed | calls}}] |
			if({compare} = 1, [toNullable(toFloat64(failed_before)), toFloat64(calls_before), {{rate: failed_before | calls_before}}], [NULL, NULL, NULL])}} AS numbers,
		series, tries
	FROM (
		SELECT sumIf(n, step >= 0) AS calls, sumIf(bad, step >= 0) AS failed, sumIf(n, step < 0) AS calls_before, sumIf(bad, step < 0) AS failed_before,
			(sumIf(again, step >= 0), sumIf(mended, step >= 0)) AS tries,
			arraySort(groupArrayIf(tuple({{bucket_at: step}} AS bucket, n AS invocations, bad AS errors, {{rate: bad | n}} AS errorRate), step >= 0)) AS series
		FROM (
			SELECT step, sum(of_step) AS n, sum(failed_of_step) AS bad, sum(again_of_step) AS again, sum(mended_of_step) AS mended
			FROM (
				SELECT {{bucket_number: timestamp}} AS step, count() AS of_step, countIf(status = 'error') AS failed_of_step,
					countIf(is_retry = 1) AS again_of_step, countIf(is_retry = 1 AND status = 'success') AS mended_of_step
				FROM {{calls: timestamp, status, is_retry | 1}}
				GROUP BY step
				UNION ALL
				SELECT -1, count(), countIf(status = 'error'), 0, 0
				FROM {{calls_between: status | {before} | {from} | {compare} = 1}}
				UNION ALL
				SELECT {{bucket_number: {{bucket_tick}}}} AS step, 0, 0, 0, 0 FROM {{bucket_ticks}}
			)
			GROUP BY step
		)
	)
);

-- name: errors_by_tool
SELECT
	arrayMap(c -> tuple(c.1 AS category, c.2 AS count, {{rate: c.2 | failed}} AS share), arraySort(c -> (-toInt64(c.2), c.1), arrayZip(kinds.1, kinds.2))) AS categories,
	arrayMap(t -> tuple(t.2 AS tool, t.3 AS calls, -t.1 AS errors, {{rate: -t.1 | t.3}} AS errorRate), failures) AS tools
FROM (
	SELECT
		sum(bad) AS failed,
		sumMappedArrays(arrayMap(c -> {{known: c}}, categories), arrayWithConstant(length(categories), toUInt64(1))) AS kinds,
		arraySort(groupArrayIf(tuple(-toInt64(bad), event_name, n), bad > 0 AND event_name != '')) AS failures
	FROM (
		SELECT event_name, count() AS n, countIf(status = 'error') AS bad, groupArrayIf(error_category, status = 'error') AS categories
		FROM {{calls: event_name, status, error_category | 1}}
		GROUP BY event_name
	)
);

-- Calls of tools that failed in a session as numbers that sort by time and id and end with what became of them: 1 failed, 2 succeeded.
-- name: errors_recovery
SELECT sum(failed) AS errors, sum(mended) AS recovered, {{rate: recovered | errors}} AS rate
FROM (
	SELECT
		arrayCount(c -> bitAnd(c, 3) = 1, sorted) AS failed,
		arrayCount((c, next) -> bitAnd(c, 3) = 1 AND bitAnd(next, 3) = 2, sorted, arrayPushBack(arrayPopFront(sorted), toUInt256(0))) AS mended
	FROM (
		SELECT arrayCompact(arraySort(groupArray(call))) AS sorted
		FROM (
			SELECT sipHash128(session_id, event_name) AS unit,
				bitOr(bitShiftLeft({{time_and_id}}, 2), multiIf(status = 'error', 1, status = 'success', 2, 0)) AS call
			FROM {{copies_of_calls: session_id, event_name, status, timestamp, event_id | {{session_and_tool}} IN
				{{copies_of_calls: {{session_and_tool}} | status = 'error'}}}}
		)
		GROUP BY unit
	)
);

-- Enough to leave most calls out that no failed one is with.
-- block: session_and_tool
bitXor(cityHash64(session_id), cityHash64(event_name))

-- A page of the groups, and how many there are: what messages have in common costs too much to find it twice.
-- name: error_groups
SELECT
	arrayMap(g -> tuple(g.2 AS fingerprint, g.3 AS kind, g.4 AS category, g.5 AS message, g.6 AS normalized, g.7 AS tools, g.8 AS count, g.9 AS sessions,
			g.10 AS users, {{iso: g.11}} AS firstSeen, {{iso: g.12}} AS lastSeen),
		arraySlice(arraySort(groups), {offset} + 1, {limit})) AS items,
	intDiv({offset}, {limit}) + 1 AS page,
	{limit} AS pageSize,
	length(groups) AS total
FROM (
	SELECT groupArray((multiIf({sort} = 'lastSeen', toInt64(toUnixTimestamp64Milli(last_seen)), {sort} = 'sessions', toInt64(sessions), toInt64(n)) * if({descending} = 1, -1, 1),
		{{fingerprint_of: kind | category | normalized}}, kind, category, message, normalized, tools, n, sessions, users, first_seen, last_seen)) AS groups
	FROM (
		SELECT
			kind, category, normalized,
			argMax(error_message, latest) AS message,
			arraySort(groupUniqArrayArray(called)) AS tools,
			sum(n_of) AS n,
			uniqExactArray(sessions_of) AS sessions,
			uniqExactArray(users_of) AS users,
			min(earliest) AS first_seen,
			max(latest.1) AS last_seen
		FROM (
			SELECT
				kind, category, error_message,
				{{normalized: error_message}} AS normalized,
				count() AS n_of,
				groupUniqArrayIf(event_name, kind = 'tool' AND event_name != '') AS called,
				groupArray(session) AS sessions_of,
				groupArrayIf(user, user != 0) AS users_of,
				min(timestamp) AS earliest,
				max((timestamp, toUInt128(event_id))) AS latest
			FROM {{with_users: (SELECT kind, category, error_message, event_name, {{hash_of: session_id}} AS session, {{own_hash}} AS own, timestamp, event_id
				FROM {{once: {{error_kind}} AS kind, {{error_category}} AS category, event_type, event_name, error_message, session_id, user_id, timestamp, event_id |
					{{is_error}} AND {{is_wanted_error}}}}) | {from} | {to}}}
			GROUP BY kind, category, error_message
		)
		GROUP BY kind, category, normalized
	)
);

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
