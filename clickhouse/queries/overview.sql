-- SPDX-License-Identifier: MIT
-- The overview.

-- name: overview_calls
SELECT
	invocations,
	errors,
	{{rate: errors | invocations}} AS errorRate,
	avgLatencyMs,
	{{nth: latencies | 1}} AS p50LatencyMs,
	{{nth: latencies | 2}} AS p95LatencyMs,
	{{nth: latencies | 3}} AS p99LatencyMs,
	tokensIn,
	tokensOut
FROM (
	SELECT
		count() AS invocations,
		countIf(status = 'error') AS errors,
		{{rounded: avg(latency_ms)}} AS avgLatencyMs,
		{{percentiles: latency_ms}} AS latencies,
		sum(tokens_in) AS tokensIn,
		sum(tokens_out) AS tokensOut
	FROM {{rows: status, latency_ms, tokens_in, tokens_out | event_type = 'tool_call'}}
);

-- block: visitors
SELECT $1 AS now, session_id, groupUniqArray(user_id) AS own_users, max(v.converted) AS converted, max(v.rendered) AS rendered, max(v.engaged) AS engaged
FROM {{visits: $2 | $3}} AS v

-- name: overview_sessions
SELECT sessions, anonymousSessions, users, sessionConversionRate, widgetEngagementRate
FROM {{both_ranges}} AS ranges
LEFT JOIN (
	SELECT
		now,
		count() AS sessions,
		countIf(session_user = '') AS anonymousSessions,
		uniqExactArray(arrayFilter(u -> u != '', arrayMap(u -> if(u = '', session_user, u), own_users))) AS users,
		{{rate: countIf(converted) | count()}} AS sessionConversionRate,
		{{rate: countIf(rendered AND engaged) | countIf(rendered)}} AS widgetEngagementRate
	FROM (
		{{visitors: 1 | {from} | {to}}} GROUP BY session_id
		UNION ALL
		{{visitors: 0 | {before} | {from}}} WHERE {compare} = 1 GROUP BY session_id
	) AS sessions_there
	LEFT JOIN {{users_of_both}} AS users_of_sessions USING (session_id)
	GROUP BY now
) AS counted USING (now)
ORDER BY now DESC;

-- name: overview_conversions
SELECT count() AS conversions
FROM {{rows: event_type | event_type = 'conversion'}};

-- name: overview_interaction
SELECT {{percentile: 0.5 | dateDiff('millisecond', rendered, clicked)}} AS timeToFirstInteractionMs
FROM (
	SELECT
		minIf(timestamp, event_type = 'widget_render') AS rendered,
		arrayMin(arrayFilter(click -> click >= rendered, groupArrayIf(timestamp, event_type = 'widget_click'))) AS clicked
	FROM {{copies_between: trace_id, event_type, timestamp | addHours({from}, -24) | addHours({to}, 24) | {from} |
		event_type IN ('widget_render', 'widget_click')}}
	GROUP BY trace_id
	HAVING max(event_type = 'widget_render') AND rendered >= {from} AND rendered < {to} AND clicked >= rendered
);

-- name: overview_first_call
SELECT {{percentile: 0.5 | dateDiff('millisecond', began, called)}} AS timeToFirstToolCallMs
FROM (
	SELECT min(b.began) AS began, minIf(b.called, b.called > toDateTime64(0, 3, 'UTC')) AS called
	FROM {{beginnings: addHours({from}, -24) | {to} | {from}}} AS b
	GROUP BY session_id
	HAVING called >= {from}
);

-- name: overview_revenue
SELECT
	currency,
	value,
	conversions,
	if({compare} = 1, ifNull(was, 0), NULL) AS previous,
	if({compare} = 0 OR ifNull(was, 0) = 0, NULL, round((toFloat64(value) - toFloat64(was)) / toFloat64(was), 6)) AS change
FROM (
	SELECT {{currency}} AS currency, sum(conversion_value) AS value, count() AS conversions
	FROM {{rows: conversion_currency, conversion_value | event_type = 'conversion' AND conversion_value IS NOT NULL}}
	GROUP BY currency
) AS now
LEFT JOIN (
	SELECT {{currency}} AS currency, sum(conversion_value) AS was
	FROM {{rows_between: conversion_currency, conversion_value | {before} | {from} | {before} |
		{compare} = 1 AND event_type = 'conversion' AND conversion_value IS NOT NULL}}
	GROUP BY currency
) AS earlier USING (currency)
ORDER BY conversions DESC, currency;

-- name: overview_series
SELECT
	{{iso: at}} AS bucket,
	calls AS invocations,
	failed AS errors,
	{{rate: failed | calls}} AS errorRate,
	{{rounded: latency}} AS avgLatencyMs,
	active_sessions AS sessions,
	active_users AS users,
	converted AS conversions
FROM {{buckets}} AS all_buckets
LEFT JOIN (
	SELECT
		{{bucket_of: timestamp}} AS at,
		countIf(event_type = 'tool_call') AS calls,
		countIf(event_type = 'tool_call' AND status = 'error') AS failed,
		avgIf(latency_ms, event_type = 'tool_call') AS latency,
		countIf(event_type = 'conversion') AS converted
	FROM {{rows: timestamp, event_type, status, latency_ms | event_type IN ('tool_call', 'conversion')}}
	GROUP BY at
) AS counted USING (at)
LEFT JOIN (
	SELECT at, uniqExact(session_id) AS active_sessions, uniqExactIf(user, user != '') AS active_users
	FROM (
		SELECT at, session_id, if(user_id = '', session_user, user_id) AS user
		FROM (
			SELECT {{bucket_of: slot}} AS at, session_id, user_id
			FROM {{visits: {from} | {to}}}
		) AS active
		LEFT JOIN {{users_there}} AS users_of_sessions USING (session_id)
	)
	GROUP BY at
) AS people USING (at)
ORDER BY at;

-- name: overview_revenue_series
WITH sums AS (
	SELECT {{currency}} AS currency, {{bucket_of: timestamp}} AS at, sum(conversion_value) AS amount, count() AS conversions
	FROM {{rows: timestamp, conversion_currency, conversion_value | event_type = 'conversion' AND conversion_value IS NOT NULL}}
	GROUP BY currency, at
)
SELECT currency, arraySort(p -> p.1, groupArray(tuple(bucket, value))) AS points
FROM (
	SELECT currency, conversions, {{iso: at}} AS bucket, ifNull(amount, 0) AS value
	FROM (
		SELECT currency, total AS conversions, at
		FROM (SELECT currency, sum(conversions) AS total FROM sums GROUP BY currency) AS currencies
		CROSS JOIN {{buckets}} AS all_buckets
	) AS cells
	LEFT JOIN (SELECT currency, at, amount FROM sums) AS filled USING (currency, at)
)
GROUP BY currency, conversions
ORDER BY conversions DESC, currency;

-- block: call_counts
calls AS invocations,
	{{rate: calls | sum(calls) OVER ()}} AS share,
	failed AS errors,
	{{rate: failed | calls}} AS errorRate

-- name: overview_platforms
SELECT platform_shown AS platform, {{call_counts}}, calling AS sessions
FROM (
	SELECT {{known: platform}} AS platform_shown, count() AS calls, countIf(status = 'error') AS failed, uniqExact(session_id) AS calling
	FROM {{rows: platform, status, session_id | event_type = 'tool_call'}}
	GROUP BY platform_shown
)
ORDER BY invocations DESC, platform;

-- name: overview_top_tools
SELECT *
FROM (
	SELECT event_name AS tool, {{call_counts}}, latency AS avgLatencyMs
	FROM (
		SELECT event_name, count() AS calls, countIf(status = 'error') AS failed, {{rounded: avg(latency_ms)}} AS latency
		FROM {{rows: event_name, status, latency_ms | event_type = 'tool_call'}}
		GROUP BY event_name
	)
)
WHERE tool != ''
ORDER BY invocations DESC, tool
LIMIT 10;
