-- SPDX-License-Identifier: MIT
-- Active users by day, week and month; how many days they come; new ones and those who return.

-- block: last_day
toUInt64(toDate(subtractMilliseconds({to}, 1), {tz}))

-- block: first_day
toUInt64(toDate({from}, {tz}))

-- Everything is a count of facts (kind, key), taken from one row a user or anonymous session: 1 active on a day, 2 in the week and 3 in the month
-- that end with it; 4 anonymous sessions on a day; 5, 6 users by number of days among the last 7 and 30; 7 new and 8 returning by bucket.
-- A user counts for the days from one activity to the next, at most 7 or 30 of them: so no day is counted twice. Rows tell it as numbers
-- of few values (kind, days to the next activity, day or time), which are counted before they are made facts. Facts without a count
-- make each list whole.
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
		SELECT
			amount,
			arrayJoin(if(told < {{told: 2 | 0 | 0}},
				arrayConcat([(1, value)], arrayMap(d -> (2, d), range(value, value + least(gap, 7))), arrayMap(d -> (3, d), range(value, value + gap))),
				[(intDiv(told, 64 * {{key_end}}), value)])) AS fact
		FROM (
			SELECT arrayJoin(if(anonymous, arrayMap(d -> {{told: 4 | 0 | d}}, active), arrayConcat(
				arrayMap((d, next) -> {{told: 1 | least(next - d, 30) | d}}, active, nexts),
				[{{told: 5 | 0 | arrayCount(d -> d + 7 > {{last_day}}, active)}}, {{told: 6 | 0 | arrayCount(d -> d + 30 > {{last_day}}, active)}}],
				arrayMap(b -> if(b = began, {{told: 7 | 0 | b}}, {{told: 8 | 0 | b}}), there)))) AS told, count() AS amount, intDiv(told, {{key_end}}) % 64 AS gap,
				toUInt64(told % {{key_end}}) AS value
			FROM (
				SELECT
					if(user = 0, bitNot(session), user) AS who,
					max(user = 0) AS anonymous,
					arraySort(groupUniqArrayIf(toUInt64(toDate(slot, {tz})), if(user = 0, inside, slot >= {{month_before}}))) AS active,
					arrayPushBack(arrayPopFront(active), toUInt64(1000000)) AS nexts,
					groupUniqArrayIf(toUInt64(toUnixTimestamp({{bucket_of: slot}})), inside AND user != 0) AS there,
					toUInt64(toUnixTimestamp({{bucket_of: min(slot)}})) AS began
				FROM {{with_users_ever: {{stays}}}}
				GROUP BY who
			)
			GROUP BY told
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

-- A fact as a number: kind, days to the next activity, key.
-- block: told
toUInt64(($1 * 64 + $2) * {{key_end}} + $3)

-- block: key_end
toUInt64(1099511627776)

-- block: facts
arraySort(groupArrayIf((key, n), kind = $1))

-- block: month_before
toDateTime(subtractDays(toDate({from}, {tz}), 29), {tz})
