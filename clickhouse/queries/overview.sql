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

-- Who rendered and engaged: those of both sets less those of either.
-- name: overview_sessions
SELECT sessions, anonymousSessions, users, sessionConversionRate, widgetEngagementRate
FROM {{both_ranges}} AS ranges
LEFT JOIN (
	SELECT
		now,
		uniqExact(session) AS sessions,
		uniqExactIf(session, user = 0) AS anonymousSessions,
		uniqExactIf(user, user != 0) AS users,
		uniqExactIf(session, rendered) AS shown,
		{{rate: uniqExactIf(session, converted) | sessions}} AS sessionConversionRate,
		{{rate: (shown + uniqExactIf(session, engaged) - uniqExactIf(session, rendered OR engaged)) | shown}} AS widgetEngagementRate
	FROM {{with_users: (
		SELECT 1 AS now, * FROM {{visits: {from} | {to}}}
		UNION ALL
		SELECT 0 AS now, * FROM {{visits: {before} | {from}}} WHERE {compare} = 1
	) | if({compare} = 1, {before}, {from}) | {to}}}
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
	SELECT min(b.began) AS began, min(b.called) AS called
	FROM {{beginnings: addHours({from}, -24) | {to} | {from}}} AS b
	GROUP BY session
	HAVING called >= {from} AND called < {to}
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
	SELECT {{bucket_of: slot}} AS at, uniqExact(session) AS active_sessions, uniqExactIf(user, user != 0) AS active_users
	FROM {{with_users: {{visits: {from} | {to}}} | {from} | {to}}}
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
