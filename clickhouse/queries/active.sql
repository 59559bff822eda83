-- SPDX-License-Identifier: MIT
-- Active users by day, week and month; how many days they come; new ones and those who return.

-- block: last_day
toUInt64(toDate(subtractMilliseconds({to}, 1), {tz}))

-- block: first_day
toUInt64(toDate({from}, {tz}))

-- Everything is a count of facts (kind, key), taken from one row a user: 1 active on a day, 2 in the week and 3 in the month that end
-- with it; 4 anonymous sessions on a day; 5, 6 users by number of days among the last 7 and 30; 7 new and 8 returning by bucket.
-- A user counts for the days from one activity to the next, at most 7 or 30 of them: so no day is counted twice. Facts without a count make
-- each list whole.
-- name: active
SELECT
	arrayMap((d, w, m, a) -> tuple(toDate(d.1) AS date, d.2 AS dau, w.2 AS wau, m.2 AS mau, {{rate: d.2 | m.2}} AS stickiness, a.2 AS anonymousSessions),
		{{facts: 1}}, {{facts: 2}}, {{facts: 3}}, {{facts: 4}}) AS days,
	arrayMap(d -> tuple(d.2 AS dau, d.3 AS wau, d.4 AS mau, d.5 AS stickiness), [days[-1]])[1] AS current,
	tuple(arrayMap(f -> tuple(f.1 AS days, f.2 AS users), {{facts: 5}}) AS week, arrayMap(f -> tuple(f.1 AS days, f.2 AS users), {{facts: 6}}) AS month) AS stickiness,
	arrayMap((n, r) -> tuple({{iso: fromUnixTimestamp64Second(toInt64(n.1))}} AS bucket, n.2 AS newUsers, r.2 AS returningUsers),
		{{facts: 7}}, {{facts: 8}}) AS newVsReturning
FROM (
	SELECT fact.1 AS kind, fact.2 AS key, sum(amount) AS n
	FROM (
		SELECT 1 AS amount, arrayJoin(if(user = 0, arrayMap(d -> (4, d), today), arrayConcat(
			arrayMap(d -> (1, d), active),
			arrayFlatten(arrayMap((d, next) -> arrayMap(x -> (2, x), range(d, least(d + 7, next))), active, nexts)),
			arrayFlatten(arrayMap((d, next) -> arrayMap(x -> (3, x), range(d, least(d + 30, next))), active, nexts)),
			[(5, arrayCount(d -> d + 7 > {{last_day}}, active)), (6, arrayCount(d -> d + 30 > {{last_day}}, active))],
			arrayMap(b -> (if(b = began, 7, 8), b), there)))) AS fact
		FROM (
			SELECT
				user,
				if(user = 0, session, 0) AS unnamed,
				arraySort(groupUniqArrayIf(toUInt64(toDate(slot, {tz})), slot >= {{month_before}})) AS active,
				arrayPushBack(arrayPopFront(active), toUInt64(1000000)) AS nexts,
				groupUniqArrayIf(toUInt64(toDate(slot, {tz})), inside AND own = 0) AS today,
				groupUniqArrayIf(toUInt64(toUnixTimestamp({{bucket_of: slot}})), inside) AS there,
				toUInt64(toUnixTimestamp({{bucket_of: min(slot)}})) AS began
			FROM {{with_users: {{stays}} | {{beginning}} | {to}}}
			GROUP BY user, unnamed
		)
		UNION ALL
		SELECT 0 AS amount, arrayJoin([(1, day), (2, day), (3, day), (4, day)]) AS fact
		FROM (SELECT number + {{first_day}} AS day FROM numbers({{last_day}} - {{first_day}} + 1))
		UNION ALL
		SELECT 0 AS amount, arrayJoin(arrayConcat(arrayMap(n -> (5, n), range(1, 8)), arrayMap(n -> (6, n), range(1, 31)))) AS fact
		UNION ALL
		SELECT 0 AS amount, arrayJoin([(7, toUInt64(toUnixTimestamp(at))), (8, toUInt64(toUnixTimestamp(at)))]) AS fact
		FROM {{buckets}} AS all_buckets
	)
	WHERE multiIf(kind IN (5, 6), key > 0, kind <= 4, key BETWEEN {{first_day}} AND {{last_day}}, 1)
	GROUP BY kind, key
);

-- block: facts
arraySort(groupArrayIf((key, n), kind = $1))

-- block: month_before
toDateTime(subtractDays(toDate({from}, {tz}), 29), {tz})
