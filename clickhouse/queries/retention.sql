-- SPDX-License-Identifier: MIT
-- Retention: of the users of each period, how many come back in the periods behind it.

-- param: period String
-- param: periods UInt8
-- param: mode String

-- block: period_of
multiIf({period} = 'day', toDate($1, {tz}), {period} = 'week', toMonday($1, {tz}), toStartOfMonth($1, {tz}))

-- $1 a date at which a period begins, $2 how many periods behind it: the instant at which that one begins.
-- block: period_begin
toDateTime(multiIf({period} = 'day', addDays($1, $2), {period} = 'week', addWeeks($1, $2), addMonths($1, $2)), {tz})

-- No filter on the begin: a cohort is where the first activity lies that is kept. Whole periods are those that are over at {to}.
-- name: retention
SELECT
	arrayMap(c -> tuple(c.1 AS cohort, c.2 AS size, c.3 AS retained, arrayMap(n -> {{rate: n | c.2}}, c.3) AS rates,
			if(c.4 < length(c.3), toNullable(c.4), NULL) AS runningPeriod),
		arraySort(groupArray((cohort, size, retained, whole)))) AS cohorts,
	arrayMap((eligible, retained, i) -> tuple(i - 1 AS offset, eligible, retained, {{rate: retained | eligible}} AS rate),
		sumForEach(arrayWithConstant(whole, size)) AS eligibles, sumForEach(arraySlice(retained, 1, whole)), arrayEnumerate(eligibles)) AS overall
FROM (
	SELECT
		cohort,
		count() AS size,
		arrayFilter(k -> {{period_begin: cohort | k}} < {to}, range(toUInt64({periods}) + 1)) AS shown,
		length(arrayFilter(k -> {{period_begin: cohort | k + 1}} <= {to}, shown)) AS whole,
		arrayResize(sumForEach(arrayMap(k -> toUInt64(if({mode} = 'unbounded', k <= arrayMax(ages), has(ages, k))), range(toUInt64({periods}) + 1))),
			length(shown)) AS retained
	FROM (
		SELECT arrayMin(active) AS cohort, arrayMap(p -> toUInt64(dateDiff({period}, cohort, p)), active) AS ages
		FROM (
			SELECT groupUniqArrayArray(stays) AS active
			FROM {{users_with_stays: {{period_of: slot}}}}
			WHERE user != 0
			GROUP BY user
		)
		WHERE cohort >= {{period_of: {from}}}
	)
	GROUP BY cohort
);
