-- SPDX-License-Identifier: MIT
-- Active users by day, week and month; how many days they come; new ones and those who return.

-- block: last_day
toUInt64(toDate(subtractMilliseconds({to}, 1), {tz}))

-- block: first_day
toUInt64(toDate({from}, {tz}))

-- Everything is a count of facts (kind, key), taken from one row for all users or anonymous sessions that were there at the same times:
-- 1 active on a day, 2 in the week and 3 in the month that end with it; 4 anonymous sessions on a day; 5, 6 users by number of days among the
-- last 7 and 30; 7 new and 8 returning by bucket. A user counts for the days from one activity to the next, at most 7 or 30 of them: so no day
-- is counted twice. Rows tell it by few values (kind, days to the next activity, day or time), which are counted before they are made facts.
-- Facts without a count make each list whole, and what they do not name is not asked for.
-- name: active
SELECT
	days,
	arrayMap(d -> tuple(d.2 AS dau, d.3 AS wau, d.4 AS mau, d.5 AS stickiness), [days[-1]])[1] AS current,
	tuple(arrayMap(f -> tuple(f.1 AS days, f.2 AS users), days_of_week) AS week, arrayMap(f -> tuple(f.1 AS days, f.2 AS users), days_of_month) AS month) AS stickiness,
	arrayMap((n, r) -> tuple({{iso: fromUnixTimestamp64Second(toInt64(n.1))}} AS bucket, n.2 AS newUsers, r.2 AS returningUsers), began, returned) AS newVsReturning
FROM (
	SELECT
		arrayMap((d, w, m, a) -> tuple(toDate(d.1) AS date, d.2 AS dau, w.2 AS wau, m.2 AS mau, {{rate: d.2 | m.2}} AS stickiness, a.2 AS anonymousSessions),
			{{facts: 1}}, {{facts: 2}}, {{facts: 3}}, {{facts: 4}}) AS days,
		{{facts: 5}} AS days_of_week,
		{{facts: 6}} AS days_of_month,
		{{facts: 7}} AS began,
		{{facts: 8}} AS returned
	FROM (
		SELECT fact.1 AS kind, fact.2 AS key, sum(amount) AS n
		FROM (
			SELECT
				amount,
				arrayJoin(if(told.1 = 1,
					arrayConcat([(1, told.3)], arrayMap(d -> (2, d), range(told.3, told.3 + least(told.2, 7))), arrayMap(d -> (3, d), range(told.3, told.3 + told.2))),
					[(told.1, told.3)])) AS fact
			FROM {{told}}
			UNION ALL
			SELECT 0 AS amount, arrayJoin([(1, day), (2, day), (3, day), (4, day)]) AS fact
			FROM (SELECT number + {{first_day}} AS day FROM numbers({{last_day}} - {{first_day}} + 1))
			UNION ALL
			SELECT 0 AS amount, arrayJoin(arrayConcat(arrayMap(n -> (5, n), range(1, 8)), arrayMap(n -> (6, n), range(1, 31)))) AS fact
			UNION ALL
			SELECT 0 AS amount, arrayJoin([(7, toUInt64(toUnixTimestamp(at))), (8, toUInt64(toUnixTimestamp(at)))]) AS fact
			FROM {{buckets}} AS all_buckets
		)
		GROUP BY kind, key
		HAVING min(amount) = 0
	)
);

-- Kind, days to the next activity, key; and how often.
-- block: told
(SELECT
	arrayJoin(if(anonymous, arrayMap(d -> (4, 0, d), active), arrayConcat(
		arrayMap((d, next) -> (1, toUInt8(least(next - d, 30)), d), active, arrayPopFront(arrayPushBack(active, 1000000))),
		[(5, 0, arrayCount(d -> d + 7 > {{last_day}}, active)), (6, 0, arrayCount(d -> d + 30 > {{last_day}}, active))],
		arrayMap(b -> (if(b = began, 7, 8), 0, b), there)))) AS told,
	sum(alike) AS amount
FROM (
	SELECT
		anonymous,
		alike,
		arrayCompact(arrayMap(s -> {{day_of_stay: s}}, arrayFilter(s -> if(anonymous, s % 2 = 1, {{day_of_stay: s}} >= {{month_before}}), ever))) AS active,
		arrayCompact(arrayMap(s -> {{bucket_of_stay: s}}, arrayFilter(s -> s % 2 = 1, ever))) AS there,
		{{bucket_of_stay: ever[1]}} AS began
	FROM (
		SELECT anonymous, ever, sum(same) AS alike
		FROM (
			SELECT max(user = 0) AS anonymous, if(anonymous, count(), 1) AS same, arrayCompact(arraySort(groupArrayArray(stays))) AS ever
			FROM {{users_with_stays: {{stay}}}}
			GROUP BY if(user = 0, {{hash_of: stays}}, user)
		)
		GROUP BY anonymous, ever
	)
)
GROUP BY told)

-- block: facts
arraySort(groupArrayIf((key, n), kind = $1))

-- block: month_before
{{first_day}} - 29

-- When somebody was there, as a number: begin of the bucket, day, whether inside of the range. By these they sort as by time.
-- block: stay
toUInt64(toUnixTimestamp({{bucket_of: slot}})) * 131072 + toUInt64(toDate(slot, {tz})) * 2 + inside

-- block: day_of_stay
intDiv($1, 2) % 65536

-- block: bucket_of_stay
intDiv($1, 131072)
