-- SPDX-License-Identifier: MIT
-- What the queries of the analytics share: their parameters, and the only places where stored rows are read.
-- Syntax: scripts/gen-ch-queries.sh. Definitions: docs/analytics.md; the numbers in comments are its rules.

-- param: from DateTime64(3, 'UTC')
-- param: to DateTime64(3, 'UTC')
-- param: before DateTime64(3, 'UTC')
-- param: compare UInt8
-- param: tz String
-- param: unit String
-- param: platform Array(String)
-- param: tool Array(String)
-- param: now DateTime64(3, 'UTC')
-- param: name String
-- param: q String
-- param: unused UInt8
-- param: status String
-- param: category String
-- param: limit UInt64
-- param: offset UInt64
-- param: sort String
-- param: descending UInt8

-- ---- rows ----
-- $1 columns, $2 condition. An event counts once (G1): FINAL leaves the latest of its copies.
-- block: rows
{{rows_between: $1 | {from} | {to} | {from} | $2}}

-- The same with the copies, for what repeats cannot change: uniqExact, min, max, argMin, groupUniqArray, DISTINCT (G2).
-- block: copies
{{copies_between: $1 | {from} | {to} | {from} | $2}}

-- $1 columns, $2 first and $3 end of the time read, $4 begin of the range that the filters look back from, $5 condition.
-- block: rows_between
(SELECT $1 FROM events FINAL WHERE ($5) AND timestamp >= $2 AND timestamp < $3 AND {{chosen: $4 | $3}})

-- block: copies_between
(SELECT $1 FROM events WHERE ($5) AND timestamp >= $2 AND timestamp < $3 AND {{chosen: $4 | $3}})

-- Rows of the range that no filter chooses, each once.
-- block: unfiltered
(SELECT $1 FROM events FINAL WHERE ($2) AND timestamp >= {from} AND timestamp < {to})

-- Rows of any time, with their copies.
-- block: ever
(SELECT $1 FROM events WHERE $2)

-- Single rows that are looked up by their ids or keys: the latest copy of each (D3).
-- block: latest
(SELECT $1 FROM events WHERE $2 ORDER BY ingested_at DESC LIMIT 1 BY event_id)

-- Tools as they were last told.
-- block: registry
(SELECT $1 FROM tool_registry FINAL WHERE $2)

-- ---- filters ----
-- Platform (G9) and tool (G10) of an event: its own, else that of a call of its trace from a day before the range ($1) to the
-- end of what is read ($2). The inner reads end at once when nothing is asked for.
-- block: chosen
-- plain: 1
(empty({platform}) OR multiIf(
	{{is_known: platform}}, has({platform}, platform),
	event_type = 'tool_call', has({platform}, 'unknown'),
	trace_id IN (SELECT trace_id FROM events WHERE notEmpty({platform}) AND {{is_call_near: $1 | $2}} AND {{is_known: platform}}),
	trace_id IN (SELECT trace_id FROM events WHERE notEmpty({platform}) AND {{is_call_near: $1 | $2}} AND has({platform}, platform)),
	has({platform}, 'unknown')))
AND (empty({tool}) OR if(event_type = 'tool_call', has({tool}, event_name),
	trace_id IN (SELECT trace_id FROM events WHERE notEmpty({tool}) AND {{is_call_near: $1 | $2}} AND has({tool}, event_name))))

-- block: is_call_near
event_type = 'tool_call' AND timestamp >= addHours($1, -24) AND timestamp < $2

-- block: is_known
$1 NOT IN ('', 'unknown')

-- Use of the product (G4).
-- block: is_activity
event_type NOT IN ('connection', 'tool_discovery')

-- Calls of the tool of the path.
-- block: is_call_of_tool
event_type = 'tool_call' AND event_name = {name}

-- block: is_invocation
{{is_call_of_tool}} AND ({status} = '' OR status = {status}) AND ({category} = '' OR error_category = {category})

-- Substring of any case; '' is in everything.
-- block: contains
($2 = '' OR positionCaseInsensitiveUTF8($1, $2) > 0)

-- ---- users ----
-- The user of each session that has one (G6), over all that is kept; to be joined to rows that are one a session already.
-- block: session_users
(SELECT session_id, argMin(user_id, (timestamp, user_id)) AS session_user FROM events WHERE user_id != '' GROUP BY session_id)

-- The same for some sessions ($1, a select): small where these are few.
-- block: users_of
(SELECT session_id, argMin(user_id, (timestamp, user_id)) AS session_user FROM events WHERE user_id != '' AND session_id IN ($1) GROUP BY session_id)

-- ---- time ----
-- Begin of the bucket of $1 (G17). Days through the local date: other functions are wrong where clocks change at midnight.
-- block: bucket_of
if({unit} = 'hour', toStartOfHour($1, {tz}), toDateTime(multiIf(
	{unit} = 'day', toDate($1, {tz}), {unit} = 'week', toMonday($1, {tz}), toStartOfMonth($1, {tz})), {tz}))

-- All buckets of the range: steps that miss none, however clocks change.
-- block: buckets
(SELECT DISTINCT {{bucket_of: least(addMinutes({from}, number * {{bucket_step}}), subtractMilliseconds({to}, 1))}} AS at
	FROM numbers(toUInt64(intDiv(dateDiff('minute', {from}, {to}), {{bucket_step}}) + 2)))

-- block: bucket_step
if({unit} = 'hour', 30, 720)

-- ---- values as they are answered ----
-- block: iso
toDateTime64($1, 3, 'UTC')

-- block: rounded
round($1, 6)

-- Nothing of nothing is unknown, not 0 (G13).
-- block: rate
if($2 = 0, NULL, round($1 / $2, 6))

-- block: percentile
round(quantileExactInclusiveOrNull($1)($2), 6)

-- block: known
if($1 = '', 'unknown', $1)

-- block: currency
if(conversion_currency = '', 'XXX', conversion_currency)

-- JSON payloads as they were sent; '' is none. What is no JSON, which only a row from elsewhere can be, becomes a string.
-- block: json
if($1 = '' OR isValidJSON($1), $1, toJSONString($1))

-- ---- order ----
-- By a number ($1, null last) or by a text ($2, '' where the order is not by it), then by what is unique ($3).
-- block: in_order
isNull($1), if({descending} = 1, -($1), $1), if({descending} = 1, $2, '') DESC, $3

-- Newest first, or oldest. $1 time, $2 id.
-- block: by_time
if({descending} = 1, -1, 1) * toUnixTimestamp64Milli($1), if({descending} = 1, $2, toUUID('00000000-0000-0000-0000-000000000000')) DESC, $2
