-- SPDX-License-Identifier: MIT
-- The list of tools, one tool, its calls.

-- The page is cut out of all of them, which tells how many there are.
-- name: tools_page
SELECT arraySlice(items_of_all, {offset} + 1, {limit}) AS items, length(items_of_all) AS total
FROM (
	SELECT groupArray(tuple(tool, calls, share, successRate, errors, errorRate, avgLatencyMs, p50LatencyMs, p95LatencyMs, p99LatencyMs, sessions, users,
		retries, zeroResultRate, intents, lastCalledAt, description, registered)) AS items_of_all
	FROM (
		SELECT
			tool,
			calls,
			{{rate: calls | all_calls}} AS share,
			{{rate: succeeded | calls}} AS successRate,
			failed AS errors,
			{{rate: failed | calls}} AS errorRate,
			{{rounded: latency}} AS avgLatencyMs,
			{{nth: latencies | 1}} AS p50LatencyMs,
			{{nth: latencies | 2}} AS p95LatencyMs,
			{{nth: latencies | 3}} AS p99LatencyMs,
			ifNull(calling, 0) AS sessions,
			ifNull(callers, 0) AS users,
			retried AS retries,
			{{rate: empty_results | told_results}} AS zeroResultRate,
			with_intent AS intents,
			if(calls = 0, NULL, {{iso: called_at}}) AS lastCalledAt,
			nullIf(described, '') AS description,
			if(tool_name != '', true, false) AS registered,
			if(calls = 0, NULL, multiIf(
				{sort} = 'calls', toFloat64(calls), {sort} = 'successRate', successRate, {sort} = 'errorRate', errorRate,
				{sort} = 'errors', toFloat64(errors), {sort} = 'avgLatencyMs', avgLatencyMs, {sort} = 'p95LatencyMs', p95LatencyMs,
				{sort} = 'users', toFloat64(users), {sort} = 'sessions', toFloat64(sessions),
				{sort} = 'lastCalledAt', toFloat64(toUnixTimestamp64Milli(called_at)), NULL)) AS sorted_by
		FROM (
			SELECT *, if(calls = 0, tool_name, event_name) AS tool, sum(calls) OVER () AS all_calls
			FROM (
				SELECT
					event_name,
					count() AS calls,
					countIf(status = 'success') AS succeeded,
					countIf(status = 'error') AS failed,
					avg(latency_ms) AS latency,
					{{percentiles: latency_ms}} AS latencies,
					countIf(is_retry = 1) AS retried,
					countIf(zero_result = 1) AS empty_results,
					count(zero_result) AS told_results,
					countIf(notEmpty(intent)) AS with_intent,
					max(timestamp) AS called_at
				FROM {{calls: event_name, status, latency_ms, is_retry, zero_result, intent, timestamp | 1}}
				GROUP BY event_name
			) AS called
			FULL OUTER JOIN {{registry: tool_name, description AS described | 1}} AS known
			ON called.event_name = known.tool_name
		) AS all_tools
		LEFT JOIN (
			SELECT arrayJoin(tools) AS called_tool, uniqExact(session) AS calling, uniqExactIf(user, user != 0) AS callers
			FROM {{with_users: {{callers: {from} | {to}}} | {from} | {to}}}
			GROUP BY called_tool
		) AS people ON sipHash64(all_tools.tool) = people.called_tool
		WHERE tool != '' AND ({unused} = 1 OR calls > 0) AND {{contains: tool | {q}}}
		ORDER BY
			calls = 0,
			{{in_order: sorted_by | if({sort} = 'tool' AND calls > 0, tool, '') | tool}}
	)
);

-- name: tool_registry_entry
SELECT nullIf(description, '') AS description, {{json: input_schema}} AS inputSchema_json, {{iso: updated_at}} AS updatedAt
FROM {{registry: description, input_schema, updated_at | tool_name = {name}}};

-- name: tool_calls
SELECT
	calls,
	successRate,
	errorRate,
	avgLatencyMs,
	{{nth: latencies | 1}} AS p50LatencyMs,
	{{nth: latencies | 2}} AS p95LatencyMs,
	{{nth: latencies | 3}} AS p99LatencyMs
FROM (
	SELECT
		count() AS calls,
		{{rate: countIf(status = 'success') | count()}} AS successRate,
		{{rate: countIf(status = 'error') | count()}} AS errorRate,
		{{rounded: avg(latency_ms)}} AS avgLatencyMs,
		{{percentiles: latency_ms}} AS latencies
	FROM {{calls: status, latency_ms | event_name = {name}}}
);

-- name: tool_users
SELECT sessions, users
FROM {{both_ranges}} AS ranges
LEFT JOIN (
	SELECT now, uniqExact(session) AS sessions, uniqExactIf(user, user != 0) AS users
	FROM {{with_users_where: (
		SELECT 1 AS now, * FROM {{callers_of_tool: {from} | {to}}}
		UNION ALL
		SELECT 0 AS now, * FROM {{callers_of_tool: {before} | {from}}} WHERE {compare} = 1
	) | if({compare} = 1, {before}, {from}) | {to} | has(tools, sipHash64({name}))}}
	GROUP BY now
) AS counted USING (now)
ORDER BY now DESC;

-- name: tool_series
SELECT
	{{iso: at}} AS bucket,
	counted AS calls,
	failed AS errors,
	{{rate: failed | counted}} AS errorRate,
	{{nth: latencies | 1}} AS p50LatencyMs,
	{{nth: latencies | 2}} AS p95LatencyMs,
	{{nth: latencies | 3}} AS p99LatencyMs
FROM {{buckets}} AS all_buckets
LEFT JOIN (
	SELECT
		{{bucket_of: timestamp}} AS at,
		count() AS counted,
		countIf(status = 'error') AS failed,
		{{percentiles: latency_ms}} AS latencies
	FROM {{calls: timestamp, status, latency_ms | event_name = {name}}}
	GROUP BY at
) AS called USING (at)
ORDER BY at;

-- Calls by platform, category and class of latency (0: none told) at once, and from these few cells each of the three.
-- name: tool_distributions
SELECT
	arrayMap(i -> tuple(edges[i] AS fromMs, if(i = length(edges), NULL, edges[i + 1]) AS toMs, by_class[toUInt8(i)] AS count), arrayEnumerate(edges)) AS latencyHistogram,
	arrayMap(c -> tuple(c.2 AS category, -c.1 AS count, {{rate: -c.1 | failed}} AS share), {{most_first: by_category}}) AS errorCategories,
	arrayMap(p -> tuple(p.2 AS platform, -p.1 AS calls, {{rate: -p.1 | all_calls}} AS share, {{rate: failed_by_platform[p.2] | -p.1}} AS errorRate),
		{{most_first: by_platform}}) AS platforms
FROM (
	SELECT
		{{latency_edges}} AS edges,
		sum(n) AS all_calls,
		sumIf(n, bad) AS failed,
		sumMap(map(class, n)) AS by_class,
		sumMapIf(map(category, n), bad) AS by_category,
		sumMap(map(shown, n)) AS by_platform,
		sumMapIf(map(shown, n), bad) AS failed_by_platform
	FROM (
		SELECT
			{{known: platform}} AS shown, status = 'error' AS bad, if(bad, {{known: error_category}}, '') AS category,
			toUInt8(if(latency_ms IS NULL, 0, arrayCount(edge -> edge <= latency_ms, {{latency_edges}}))) AS class,
			count() AS n
		FROM {{calls: platform, status, error_category, latency_ms | event_name = {name}}}
		GROUP BY shown, bad, category, class
	)
);

-- block: latency_edges
[0, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000]

-- Pairs of a map of counts, (-count, key): the greatest first, then by key.
-- block: most_first
arraySort(arrayZip(arrayMap(n -> -toInt64(n), mapValues($1)), mapKeys($1)))

-- Arguments and their values (pairs), and which of them were given together (given), from two reads of the calls: values are many, what else is
-- asked about arguments is told by the few sets of them.
-- name: tool_parameters
WITH
	pairs AS (
		SELECT
			key,
			transform(substring(raw, 1, 1), ['"', 't', 'f', 'n', '[', '{'], ['string', 'boolean', 'boolean', 'null', 'array', 'object'], 'number') AS type,
			if(type = 'string', JSONExtractString(raw), raw) AS value,
			sum(n) AS counted
		FROM (
			SELECT pair.1 AS key, {{start_of_json: pair.2 | 200}} AS raw, count() AS n
			FROM (
				SELECT arrayJoin(JSONExtractKeysAndValuesRaw(input_values)) AS pair
				FROM {{calls: input_values | event_name = {name} AND input_values != ''}}
			)
			GROUP BY key, raw
		)
		GROUP BY key, type, value
	),
	best AS (
		SELECT
			key,
			any(different) AS different_values,
			arrayMap(v -> tuple(v.2 AS value, v.3 AS type, v.1 AS count, v.4 AS share),
				arraySort(v -> (-toInt64(v.1), v.2, v.3), groupArray((counted, value, type, {{rate: counted | total}})))) AS best_values
		FROM (
			SELECT
				key, value, type, counted,
				count() OVER (PARTITION BY key) AS different,
				sum(counted) OVER (PARTITION BY key) AS total
			FROM pairs
			ORDER BY key, counted DESC, value, type
			LIMIT 10 BY key
		)
		GROUP BY key
	)
SELECT
	capturedCalls,
	arrayMap(c -> tuple(c.2 AS keys, -c.1 AS calls, {{rate: -c.1 | capturedCalls}} AS share, {{rate: c.3 | -c.1}} AS errorRate, {{rate: c.4 | c.5}} AS zeroResultRate),
		most_given) AS combinations,
	arrayMap(k -> tuple(
			k AS key, seen[k] AS count, {{rate: seen[k] | capturedCalls}} AS fillRate,
			if(has(declared_keys, k), true, false) AS declared, if(has(required_keys, k), true, false) AS required,
			values_of[k].1 AS "distinct", values_of[k].2 AS topValues),
		arraySort(k -> (-toInt64(seen[k]), k), arrayDistinct(arrayConcat(mapKeys(seen), declared_keys)))) AS keys
FROM (
	SELECT
		sum(counted) AS capturedCalls,
		groupArraySorted(20)((-toInt64(counted), names, failed, empty_results, told_results)) AS most_given,
		sumMap(mapFromArrays(names, arrayMap(name -> counted, names))) AS seen
	FROM (
		SELECT
			arrayFilter(key -> NOT startsWith(key, '_'), arrayMap(key -> toString(key), param_keys)) AS names,
			count() AS counted,
			countIf(status = 'error') AS failed,
			countIf(zero_result = 1) AS empty_results,
			count(zero_result) AS told_results
		FROM {{calls: param_keys, status, zero_result | event_name = {name} AND input_captured = 1}}
		GROUP BY names
	)
) AS given
CROSS JOIN (SELECT mapFromArrays(groupArray(key), groupArray((different_values, best_values))) AS values_of FROM best) AS valued
CROSS JOIN (
	SELECT any(JSONExtractKeys(input_schema, 'properties')) AS declared_keys, any(JSONExtract(input_schema, 'required', 'Array(String)')) AS required_keys
	FROM {{registry: input_schema | tool_name = {name}}}
) AS told;

-- JSON of a value ($1), and where it is long only its begin, a string as one of $2 characters.
-- block: start_of_json
multiIf(length($1) <= $2, $1, startsWith($1, '"'), toJSONString(substringUTF8(JSONExtractString($1), 1, $2)), substringUTF8($1, 1, $2))

-- name: tool_responses
SELECT tuple(sized AS reported, mean AS avgBytes, {{nth: sizes | 1}} AS p50Bytes, {{nth: sizes | 2}} AS p95Bytes, largest AS maxBytes) AS size, zeroResult
FROM (
	SELECT *, tuple(told AS reported, nothing AS count, {{rate: nothing | told}} AS rate) AS zeroResult
	FROM (
		SELECT
			count(response_size) AS sized,
			{{rounded: avg(response_size)}} AS mean,
			quantilesExactInclusiveOrNull(0.5, 0.95)(response_size) AS sizes,
			max(response_size) AS largest,
			count(zero_result) AS told,
			countIf(zero_result = 1) AS nothing
		FROM {{calls: response_size, zero_result | event_name = {name}}}
	)
);

-- name: tool_content_types
SELECT type, counted AS calls, {{rate: counted | told}} AS share
FROM (
	SELECT arrayJoin(types) AS type, count() AS counted, any(all_told) AS told
	FROM (
		SELECT arrayDistinct(content_types) AS types, count() OVER () AS all_told
		FROM {{calls: content_types | event_name = {name} AND notEmpty(content_types)}}
	)
	GROUP BY type
)
ORDER BY calls DESC, type;

-- name: tool_discovery
SELECT
	shown AS listings,
	{{rate: calls | shown}} AS callsPerListing,
	listed AS sessionsListed,
	called AS sessionsListedAndCalled,
	{{rate: called | listed}} AS sessionRate
FROM (
	SELECT count() AS shown, uniqExact(session) AS listed, uniqExactIf(session, session IN (SELECT session FROM {{callers_of_tool: {from} | {to}}})) AS called
	FROM (SELECT {{hash_of: session_id}} AS session FROM {{unfiltered: session_id | event_type = 'tool_discovery' AND has(tools_listed, {name})}})
) AS discovery
CROSS JOIN (SELECT count() AS calls FROM {{calls: event_type | event_name = {name}}}) AS called;

-- name: tool_intents
SELECT event_id AS eventId, at AS timestamp, intent, nullIf(intent_source, '') AS source, session_id AS sessionId, nullIf(status, '') AS status
FROM (
	SELECT event_id, timestamp AS at, intent, intent_source, session_id, status
	FROM {{copies_since: event_id, timestamp, intent, intent_source, session_id, status, ingested_at
		| {{newest_since: {{is_call_of_tool}} AND intent != '' | 20}} | {{is_call_of_tool}} AND intent != ''}}
	ORDER BY at DESC, toString(event_id) DESC, ingested_at DESC
	LIMIT 1 BY event_id
	LIMIT 20
)
ORDER BY at DESC, toString(eventId) DESC;

-- Of the last week; without any, the latest one ever.
-- name: intent_status
SELECT
	multiIf(recent_on > 0, 'enabled', recent_told > 0, 'disabled', recent > 0, 'unsupported',
		ever = 0, 'unknown', isNull(last_enabled), 'unsupported', last_enabled = 1, 'enabled', 'disabled') AS status,
	nullIf(last_version, '') AS sdkVersion
FROM (
	SELECT
		count() AS recent,
		countIf(enabled IS NOT NULL) AS recent_told,
		countIf(enabled = 1) AS recent_on
	FROM (
		SELECT JSONExtract(metadata, 'intent_enabled', 'Nullable(Bool)') AS enabled
		FROM {{ever: metadata | event_type = 'connection' AND timestamp >= addDays({now}, -7) AND timestamp <= {now}}}
	)
) AS of_week
CROSS JOIN (
	SELECT count() AS ever, any(enabled) AS last_enabled, any(version) AS last_version
	FROM (
		SELECT JSONExtract(metadata, 'intent_enabled', 'Nullable(Bool)') AS enabled, toString(sdk_version) AS version
		FROM {{ever: timestamp, event_id, sdk_version, metadata | event_type = 'connection'}}
		ORDER BY timestamp DESC, toString(event_id) DESC
		LIMIT 1
	)
) AS latest;

-- name: invocations_items
WITH page AS (
	SELECT timestamp, event_id, trace_id, session_id
	FROM {{copies_since: timestamp, event_id, trace_id, session_id | {{page_since: {{is_invocation}}}} | {{is_invocation}}}}
	ORDER BY {{by_time: timestamp | event_id}}
	LIMIT 1 BY event_id
	LIMIT {limit} OFFSET {offset}
)
SELECT
	event_id AS eventId,
	at AS timestamp,
	trace_id AS traceId,
	session_id AS sessionId,
	nullIf(if(user_id = '', session_user, user_id), '') AS userId,
	{{known: platform}} AS platform,
	nullIf(status, '') AS status,
	latency_ms AS latencyMs,
	if(is_retry = 1, true, false) AS isRetry,
	nullIf(error_category, '') AS errorCategory,
	nullIf(error_message, '') AS errorMessage,
	{{json: input_values}} AS input_json,
	{{json: output_content}} AS output_json,
	{{json: metadata}} AS metadata_json,
	if(intent = '', '', toJSONString(tuple(intent AS text, nullIf(intent_source, '') AS source))) AS intent_json,
	customEvents
FROM (
	SELECT *, timestamp AS at
	FROM {{latest: event_id, timestamp, trace_id, session_id, user_id, platform, status, latency_ms, is_retry, error_category, error_message,
		input_values, output_content, metadata, intent, intent_source
		| event_type = 'tool_call' AND timestamp IN (SELECT timestamp FROM page) AND event_id IN (SELECT event_id FROM page)
			AND (timestamp, event_id) IN (SELECT timestamp, event_id FROM page)}}
) AS calls
LEFT JOIN {{users_of_many: SELECT session_id FROM page}} AS users_of_sessions USING (session_id)
LEFT JOIN (
	SELECT trace_id, arrayMap(e -> e.2, arraySlice(arraySort(e -> e.1, groupArray((place, event))), 1, 50)) AS customEvents
	FROM (
		SELECT
			trace_id,
			(timestamp, ifNull(step_sequence, 4294967295), event_id) AS place,
			tuple(event_id AS eventId, nullIf(event_name, '') AS name, timestamp AS timestamp, {{json: metadata}} AS metadata_json) AS event
		FROM {{latest: trace_id, event_id, event_name, timestamp, step_sequence, metadata
			| event_type = 'track' AND trace_id IN (SELECT trace_id FROM page)}}
	)
	GROUP BY trace_id
) AS tracked USING (trace_id)
ORDER BY {{by_time: at | event_id}};

-- name: invocations_total
SELECT uniqExact(event_id)
FROM {{copies: event_id | {{is_invocation}}}};
