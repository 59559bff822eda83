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
-- param: kind String
-- param: fingerprint String
-- param: source String
-- param: has Array(String)
-- param: user String
-- param: ids Array(String)
-- param: times Array(String)
-- param: after_time DateTime64(3, 'UTC')
-- param: after_step UInt64
-- param: after_id String
-- param: batch UInt32
-- param: stored_from Int64
-- param: stored_to Int64
-- param: stored_before Int64
-- param: before_id UUID
-- param: event_ids Array(UUID)
-- param: type Array(String)
-- param: since DateTime64(3, 'UTC')
-- param: until DateTime64(3, 'UTC')

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

-- The same of calls alone, which filters choose by themselves: no other event is looked for. Condition, times and columns as above.
-- block: calls
{{calls_between: $1 | {from} | {to} | $2}}

-- block: calls_between
(SELECT $1 FROM events FINAL WHERE event_type = 'tool_call' AND ($4) AND timestamp >= $2 AND timestamp < $3 AND {{chosen_calls}})

-- block: copies_of_calls
(SELECT $1 FROM events WHERE event_type = 'tool_call' AND ($2) AND timestamp >= {from} AND timestamp < {to} AND {{chosen_calls}})

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

-- By the time the store got them, of which only the live views ask, copies included: $1 columns, $2 the end in Unix
-- milliseconds, $3 condition.
-- block: arrivals
(SELECT $1 FROM events WHERE stored_at >= fromUnixTimestamp64Milli({stored_from}, 'UTC')
	AND stored_at <= fromUnixTimestamp64Milli($2, 'UTC') AND ($3))

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

-- block: chosen_calls
-- plain: 1
(empty({platform}) OR has({platform}, if({{is_known: platform}}, platform, 'unknown'))) AND (empty({tool}) OR has({tool}, event_name))

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
{{users_where: 1}}

-- The same for some sessions ($1, a select of session_id).
-- block: users_of_many
{{users_where: session IN (SELECT {{hash_of: session_id}} FROM ($1))}}

-- The same for those of a page: slot and session, which all rows are asked for, tell where the others lie; in place of all columns of all rows.
-- block: users_of_page
{{users_where: (slot, session) IN (SELECT slot, session FROM visits WHERE session IN (SELECT {{hash_of: session_id}} FROM ($1)))}}

-- block: users_where
(SELECT session_id, argMin(user_id, (began, user_id)) AS session_user FROM visits WHERE own != 0 AND $1 GROUP BY session_id)

-- Sessions and users as numbers: what uniqExact makes of texts, made once.
-- block: hash_of
reinterpretAsUInt128(sipHash128($1))

-- block: own_hash
if(user_id = '', toUInt128(0), {{hash_of: user_id}})

-- Rows ($1) of session and own user (keys, 0: none), each with its user (G6, 0: anonymous). They lie between $2 and $3.
-- block: with_users
{{with_users_where: $1 | $2 | $3 | 1}}

-- The same, where visits that the rows without a user belong to meet a condition ($4): fewer sessions are looked up. A time and a user as
-- one text are in the same order as a pair of both, and are compared in half the time.
-- block: with_users_where
(SELECT *, if(own = 0, session_user, own) AS user FROM $1 AS rows_there LEFT JOIN (
	SELECT session, argMin(own, concat(toString(began), user_id)) AS session_user FROM visits WHERE own != 0 AND {{has_unnamed: $2 | $3 | $4}} GROUP BY session
) AS users_of_sessions USING (session))

-- block: users_with_names
(SELECT session, argMin((own, user_id), (began, user_id)) AS first_named, first_named.1 AS session_user, first_named.2 AS session_name
	FROM visits WHERE own != 0 AND {{has_unnamed: $1 | $2 | 1}} GROUP BY session)

-- Sessions that have visits without a user between $1 and $2 that meet a condition ($3): few are left to be looked up.
-- block: has_unnamed
session IN (SELECT session FROM visits WHERE own = 0 AND {{slots_touched: $1 | $2}} AND $3)

-- The same for rows of all times. Nearly all sessions have one user, and asking which was the first costs thrice as much.
-- block: with_users_ever
(SELECT *, if(own = 0, session_user, own) AS user FROM $1 AS rows_there LEFT JOIN (
	SELECT session, min(own) AS session_user FROM visits WHERE own != 0 GROUP BY session HAVING session_user = max(own)
	UNION ALL
	SELECT session, argMin(own, (began, user_id)) AS session_user FROM visits
	WHERE own != 0 AND session IN (SELECT session FROM visits WHERE own != 0 GROUP BY session HAVING min(own) != max(own)) GROUP BY session
) AS users_of_sessions USING (session))

-- ---- visits ----
-- What sessions did between $1 and $2, in rows of a slot (15 minutes), session and own user; one may have several rows. Without
-- filters the store knows it by its table of visits (migration 0006): what has a first and a last time in a slot lies in a range
-- that is longer than the slot, if one of both does. Shorter ones read the events (in_full in lib/ch/ch_many.h).
-- block: visits
-- plain: {{visits_kept: $1 | $2}}
(SELECT toStartOfFifteenMinutes(timestamp) AS slot, {{hash_of: session_id}} AS session, {{own_hash}} AS own,
		max(event_type = 'conversion') AS converted, max(event_type = 'widget_render') AS rendered,
		max(event_type IN ('widget_click', 'widget_form_field')) AS engaged
	FROM {{copies_between: timestamp, session_id, user_id, event_type | $1 | $2 | $1 | {{is_activity}}}}
	GROUP BY slot, session_id, user_id)

-- block: visits_kept
(SELECT slot, session, own, conversion_last >= $1 AND conversion_first < $2 AS converted, render_last >= $1 AND render_first < $2 AS rendered,
		engagement_last >= $1 AND engagement_first < $2 AS engaged
	FROM visits WHERE {{visited: $1 | $2}})

-- block: visited
slot >= toStartOfFifteenMinutes($1) AND slot < $2 AND last >= $1 AND first < $2

-- block: was_active
last > toDateTime64(0, 3, 'UTC')

-- Who called which tools (hashes of names) between $1 and $2: rows of session and own user, a pair in several.
-- block: callers
-- plain: {{callers_kept: $1 | $2}}
(SELECT {{hash_of: session_id}} AS session, {{own_hash}} AS own, groupUniqArray(sipHash64(event_name)) AS tools
	FROM {{copies_between: session_id, user_id, event_name | $1 | $2 | $1 | event_type = 'tool_call'}}
	GROUP BY session_id, user_id)

-- block: callers_kept
(SELECT session, own, tools FROM visits WHERE {{whole_slots: $1 | $2}} AND notEmpty(tools)
	UNION ALL
	SELECT {{hash_of: session_id}} AS session, {{own_hash}} AS own, groupUniqArray(sipHash64(event_name)) AS tools
	FROM events WHERE event_type = 'tool_call' AND {{in_cut_slots: $1 | $2}} GROUP BY session_id, user_id)

-- The same for the tool of the path, without telling it.
-- block: callers_of_tool
-- plain: (SELECT session, own FROM {{callers_kept: $1 | $2}} WHERE has(tools, sipHash64({name})))
(SELECT {{hash_of: session_id}} AS session, {{own_hash}} AS own
	FROM {{copies_between: session_id, user_id | $1 | $2 | $1 | {{is_call_of_tool}}}}
	GROUP BY session_id, user_id)

-- The range and the one before it, for what is counted in one query: to be joined by now.
-- block: both_ranges
(SELECT arrayJoin([1, 0]) AS now)

-- Users (0: none) of each session and what $1 makes of the slots in which they were there since the beginning, and of whether that
-- was inside of the range; a slot that the range cuts is both. A session without a user is one row.
-- block: users_with_stays
-- plain: {{users_with_stays_kept: $1}}
(SELECT user, stays FROM {{with_users_ever: (SELECT {{hash_of: session_id}} AS session, {{own_hash}} AS own, groupUniqArray($1) AS stays
	FROM (SELECT toStartOfFifteenMinutes(timestamp) AS slot, timestamp >= {from} AS inside, session_id, user_id
		FROM {{copies_between: timestamp, session_id, user_id | {{beginning}} | {to} | {from} | {{is_activity}}}})
	GROUP BY session_id, user_id)}})

-- Nearly all sessions have one user or none, and one look at each tells all of it.
-- block: users_with_stays_kept
(SELECT max(own) AS user, groupArrayIf($1, there) AS stays FROM {{stays_kept}} GROUP BY session HAVING minIf(own, own != 0) = user
	UNION ALL
	SELECT if(stay.1 = 0, session_user, stay.1) AS user, [stay.2] AS stays
	FROM (SELECT argMinIf(own, (began, user_id), own != 0) AS session_user, groupArrayIf((own, $1), there) AS all_stays
		FROM {{stays_kept}} WHERE session IN (SELECT session FROM visits WHERE own != 0 GROUP BY session HAVING min(own) != max(own)) GROUP BY session)
	ARRAY JOIN all_stays AS stay)

-- block: stays_kept
(SELECT slot, first < {to} AS there, last >= {from} AS inside, session, own, began, user_id FROM visits)

-- When sessions began and first called a tool between $1 and $2, in rows of a session; several of one. Never: the year 2200.
-- block: beginnings
-- plain: {{beginnings_kept: $1 | $2}}
(SELECT {{hash_of: session_id}} AS session, min(timestamp) AS began, {{first_call}} AS called
	FROM {{copies_between: session_id, event_type, timestamp | $1 | $2 | $3 | 1}}
	GROUP BY session_id)

-- block: beginnings_kept
(SELECT session, began, call_first AS called FROM visits WHERE {{whole_slots: $1 | $2}}
	UNION ALL
	SELECT {{hash_of: session_id}} AS session, min(timestamp) AS began, {{first_call}} AS called
	FROM events WHERE {{in_cut_slots: $1 | $2}} GROUP BY session_id)

-- block: first_call
min(if(event_type = 'tool_call', timestamp, {{end_of_time}}))

-- Who was active between $1 and $2, and when last: rows of a session and an own user, a pair in several. The end cuts what happened
-- in its slot.
-- block: last_visits
-- plain: {{last_visits_kept: $1 | $2}}
(SELECT {{hash_of: session_id}} AS session, {{own_hash}} AS own, user_id, max(timestamp) AS last_event
	FROM {{copies_between: session_id, user_id, timestamp | $1 | $2 | $1 | {{is_activity}}}}
	GROUP BY session_id, user_id)

-- block: last_visits_kept
(SELECT session, own, user_id, last AS last_event FROM visits WHERE {{visited: $1 | toStartOfFifteenMinutes($2)}}
	UNION ALL
	SELECT {{hash_of: session_id}} AS session, {{own_hash}} AS own, user_id, max(timestamp) AS last_event
	FROM events WHERE {{is_activity}} AND {{in_last_slot: $1 | $2}} GROUP BY session_id, user_id)

-- block: in_last_slot
timestamp >= greatest($1, toDateTime64(toStartOfFifteenMinutes($2), 3, 'UTC')) AND timestamp < $2

-- Sessions that were active, and when last; of one maybe several rows. $1: from when on it is enough to look where filters choose.
-- block: latest_visits
-- plain: {{latest_visits_kept: {from} | {to}}}
(SELECT session_id, max(timestamp) AS last_event FROM {{copies_since: session_id, timestamp | $1 | {{is_activity}} AND startsWith(session_id, {q})}}
	GROUP BY session_id)

-- block: latest_visits_kept
(SELECT session_id, last AS last_event FROM visits WHERE {{visited: $1 | toStartOfFifteenMinutes($2)}}
	UNION ALL
	SELECT session_id, max(timestamp) AS last_event
	FROM events WHERE {{is_activity}} AND {{in_last_slot: $1 | $2}} GROUP BY session_id)

-- Sessions in which one of $1 (an array of users) is named: column $2, their key or their id.
-- block: sessions_naming
SELECT $2 FROM visits WHERE own IN (SELECT {{hash_of: arrayJoin($1)}})

-- When user $1 was there in which session, the slot in which $2 lies and later ones left out.
-- block: slots_naming
(SELECT slot FROM visits WHERE own = {{hash_of: $1}} AND slot < toStartOfFifteenMinutes($2) GROUP BY slot, session)

-- Some sessions ($1, a select of keys) by the own users of their events, each with its user (G6) and its first activity (1970: none),
-- over all that is kept.
-- block: pairs_of_sessions
(SELECT session_id, user_id, if(user_id = '', argMinIf(user_id, (named, user_id), user_id != '') OVER (PARTITION BY session_id), user_id) AS user, first_event
FROM (
	SELECT session_id, user_id, min(began) AS named, if(max({{was_active}}), min(first), {{beginning}}) AS first_event
	FROM visits WHERE session IN ($1) GROUP BY session_id, user_id
))

-- Events of some sessions ($1, a select of keys; $2, of ids) between $3 and $4. The visits tell the slots that they lie in, and by these
-- the key finds them; ids alone are all over the table. Two sets are quicker than one of pairs, and choose the same.
-- block: is_of_sessions
toStartOfFifteenMinutes(timestamp) IN (SELECT slot FROM visits WHERE session IN ($1) AND slot >= toStartOfFifteenMinutes($3) AND slot <= $4)
AND session_id IN ($2) AND timestamp >= $3 AND timestamp < $4

-- block: end_of_time
toDateTime64(7258118400, 3, 'UTC')

-- Slots of visits that lie between $1 and $2 wholly, and events in the others.
-- block: whole_slots
slot >= {{slot_behind: $1}} AND slot < toStartOfFifteenMinutes($2)

-- block: in_cut_slots
timestamp >= $1 AND timestamp < $2 AND (timestamp < {{slot_behind: $1}} OR timestamp >= toStartOfFifteenMinutes($2))

-- Slots in which a time between $1 and $2 lies.
-- block: slots_touched
slot >= toStartOfFifteenMinutes($1) AND slot < $2

-- The first slot that does not begin before $1.
-- block: slot_behind
toStartOfFifteenMinutes(addMilliseconds($1, 899999))

-- A time before $1 behind which the latest event before $1 lies: the begin of its slot.
-- block: last_slot
ifNull((SELECT maxOrNull(slot) FROM visits WHERE slot < toStartOfFifteenMinutes($1)), toDateTime(0, 'UTC'))

-- ---- time ----
-- Begin of the bucket of $1 (G17). Days through the local date: other functions are wrong where clocks change at midnight.
-- block: bucket_of
if({unit} = 'hour', toStartOfHour($1, {tz}), toDateTime(multiIf(
	{unit} = 'day', toDate($1, {tz}), {unit} = 'week', toMonday($1, {tz}), toStartOfMonth($1, {tz})), {tz}))

-- The same as a number, quick to group by, and the time that it stands for.
-- block: bucket_number
multiIf({unit} = 'hour', toInt64(toStartOfHour($1, {tz})), {unit} = 'day', toInt64(toDate($1, {tz})),
	{unit} = 'week', toInt64(toMonday($1, {tz})), toInt64(toStartOfMonth($1, {tz})))

-- block: bucket_at
{{iso: if({unit} = 'hour', toDateTime($1, {tz}), toDateTime(toDate(toUInt16($1)), {tz}))}}

-- All buckets of the range: steps that miss none, however clocks change.
-- block: buckets
(SELECT DISTINCT {{bucket_of: {{bucket_tick}}}} AS at FROM {{bucket_ticks}})

-- block: bucket_tick
least(addMinutes({from}, number * {{bucket_step}}), subtractMilliseconds({to}, 1))

-- block: bucket_ticks
numbers(toUInt64(intDiv(dateDiff('minute', {from}, {to}), {{bucket_step}}) + 2))

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

-- Numbers beside those of the range before, each of which is NULL where none is compared. Through text, because round() of numbers that
-- are rounded already makes halves of what is none; 0 is added lest it be -0.
-- block: kpis_of
arrayMap((number, was) -> tuple(number AS value, was AS previous,
	if(ifNull(was, 0) = 0, NULL, round(toFloat64(toDecimalString((number - was) / was, 6)), 6) + 0) AS change), $1, $2)

-- block: percentile
round(quantileExactInclusiveOrNull($1)($2), 6)

-- p50, p95 and p99 of $1 from one list of its values, which each percentile alone would make anew: {{nth: list | 1}}.
-- block: percentiles
quantilesExactInclusiveOrNull(0.5, 0.95, 0.99)($1)

-- block: nth
round(arrayElementOrNull($1, $2), 6)

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
if({descending} = 1, -1, 1) * ($1) NULLS LAST, if({descending} = 1, $2, '') DESC, $3

-- Newest first, or oldest. $1 time, $2 id.
-- block: by_time
if({descending} = 1, -1, 1) * toUnixTimestamp64Milli($1), if({descending} = 1, $2, toUUID('00000000-0000-0000-0000-000000000000')) DESC, $2

-- $1 level, $2 value, $3 condition
-- block: percentile_if
round(quantileExactInclusiveOrNullIf($1)($2, $3), 6)

-- Ids in the order of their text: the store compares the second halves of UUIDs first. For tuples.
-- block: id_key
reinterpretAsUInt64($1), $1

-- Time, $1 (below 2^40) and id as one number that sorts as they do; arrays of numbers are quicker than arrays of tuples by far.
-- From the lowest bit on: 128 of the id, 40 of $1, 44 of the milliseconds since 1830 (the calendar of the store begins in 1900).
-- block: time_and_id_with
bitOr(bitShiftLeft(bitOr(bitShiftLeft(toUInt256(toUnixTimestamp64Milli(timestamp) + {{before_epoch}}), 40), toUInt64($1)), 128), toUInt128(event_id))

-- block: before_epoch
4398046511104

-- Names of events ($1: a condition) between $2 and $3, whatever the filters are, in their order: what codes stand for.
-- block: names_of
(SELECT arraySort(groupArray(toString(event_name))) FROM (SELECT DISTINCT event_name FROM events WHERE $1 AND timestamp >= $2 AND timestamp < $3))

-- Platforms that events ($1: a condition) tell themselves, between $2 and $3.
-- block: platforms_of
(SELECT groupArray(toString(platform)) FROM (SELECT DISTINCT platform FROM events WHERE $1 AND {{is_known: platform}} AND timestamp >= $2 AND timestamp < $3))

-- Place of text $1 in the constant array $2, 0: not there.
-- block: code_in
transform($1, $2, arrayMap(i -> toUInt32(i), arrayEnumerate($2)), toUInt32(0))

-- block: time_and_id
{{time_and_id_with: 0}}

-- The reverse of that order, as text.
-- block: id_down
translate(toString($1), '0123456789abcdef', 'fedcba9876543210')

-- Place among events of one time (G12), absent last.
-- block: step_order
ifNull(toUInt64(step_sequence), 4294967296)

-- Before everything.
-- block: beginning
toDateTime64(0, 3, 'UTC')

-- Calls that events of their traces inherit from (G9, G10), with copies. $1 columns, $2 begin of the range, $3 end of what is read,
-- $4 condition.
-- block: calls_near
{{ever: $1 | ($4) AND {{is_call_near: $2 | $3}}}}

-- ---- rows that a narrow condition finds ----
-- The same as rows where few are left: copies of an event are alike but for their arrival, so the condition may come first.
-- block: once
{{once_between: $1 | {from} | {to} | {from} | $2}}

-- block: once_between
(SELECT $1 FROM events WHERE ($5) AND timestamp >= $2 AND timestamp < $3 AND {{chosen: $4 | $3}}
	ORDER BY ingested_at DESC LIMIT 1 BY event_type, timestamp, event_id)

-- The latest copies of what a condition finds that an index knows: of a session, of a trace.
-- block: found
(SELECT $1 FROM events WHERE $2 ORDER BY ingested_at DESC LIMIT 1 BY event_type, timestamp, event_id)

-- Those that a page of ids names: columns, types.
-- block: found_of_page
{{found: $1 | ($2) AND timestamp IN (SELECT parseDateTime64BestEffortOrNull(arrayJoin({times}), 3, 'UTC')) AND event_id IN (SELECT toUUIDOrZero(arrayJoin({ids})))}}

-- All copies ever, whatever the range and the filters are.
-- block: kept
(SELECT $1 FROM events WHERE $2)

-- block: copies_since
(SELECT $1 FROM events WHERE ($3) AND timestamp >= $2 AND timestamp >= {from} AND timestamp < {to} AND {{chosen: {from} | {to}}})

-- The time behind which the newest $2 events of a condition ($1) lie, which a read in the order of the key finds soon: that of the
-- last of some more copies, if enough events are among them; else, and for lists that are longer than a page, the begin of the range.
-- block: newest_since
(SELECT if(uniqExact(event_id) >= $2, min(timestamp), {from})
	FROM (SELECT timestamp, event_id FROM events WHERE ($1) AND timestamp >= {from} AND timestamp < {to} AND {{chosen: {from} | {to}}}
		ORDER BY timestamp DESC LIMIT if($2 > 1000, 0, 2 * ($2) + 100)))

-- The same for a page of a list that is sorted by time.
-- block: page_since
if({descending} = 1, {{newest_since: $1 | {limit} + {offset}}}, {from})

-- First tool and first known platform of the calls of some traces ($1: a subquery of ids) (G9, G10).
-- block: calls_of
(SELECT trace_id, argMin(event_name, {{place}}) AS call_tool, argMinIf(platform, {{place}}, {{is_known: platform}}) AS call_platform
	FROM events WHERE trace_id IN $1 AND {{is_call_near: {from} | {to}}} GROUP BY trace_id)

-- ---- order and pages ----
-- Place of an event among others (G12). Ids are compared as text: as UUID their second half would come first.
-- block: place
(timestamp, ifNull(toUInt64(step_sequence), 4294967296), toString(event_id))

-- A place as the text that asks for what follows it.
-- block: cursor_of
concat(toString(toUnixTimestamp64Milli($1.1)), '.', toString($1.2), '.', $1.3)

-- block: after_cursor
$1 > ({after_time}, {after_step}, {after_id})

-- By {at} and {id}, in the direction asked for.
-- block: by_at
if({descending} = 1, at, toDateTime64(0, 3, 'UTC')) DESC, if({descending} = 1, id, '') DESC, at, id

-- Ids and times of a page, $1 being all of it as (id, at), as the text of arrays: {ids} and {times} of the query that looks them
-- up. More than one batch is only asked for by exports.
-- block: page_of
(SELECT number, toString(groupArray((id, at)).1) AS ids, toString(groupArray((id, at)).2) AS times
	FROM (
		SELECT id, at, intDiv(row_number() OVER (ORDER BY $2) - 1, {batch}) AS number
		FROM (SELECT id, at FROM $1 ORDER BY $2 LIMIT {limit} OFFSET {offset})
	)
	GROUP BY number)

-- ---- errors ----
-- block: is_error
event_type IN ('tool_call', 'widget_error') AND if(event_type = 'widget_error', {kind} != 'tool', status = 'error' AND {kind} != 'widget')

-- block: is_wanted_error
({category} = '' OR {{error_category}} = {category}) AND ({fingerprint} = '' OR {{fingerprint_of: {{error_kind}} | {{error_category}} | {{normalized: error_message}}}} = {fingerprint})

-- block: error_kind
if(event_type = 'widget_error', 'widget', 'tool')

-- block: error_category
multiIf(event_type = 'widget_error', 'widget', error_category = '', 'unknown', error_category)

-- block: normalized
leftUTF8(trimBoth(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(lowerUTF8($1),
	'https?://[^\\s"\']+', '<url>'),
	'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', '<uuid>'),
	'"[^"]*"|\'[^\']*\'', '<str>'),
	'\\b(0x)?[0-9a-f]*([0-9][a-f]|[a-f][0-9])[0-9a-f]*\\b', '<hex>'),
	'[0-9]+(\\.[0-9]+)?', '<n>'),
	'\\s+', ' ')), 300)

-- block: fingerprint_of
leftPad(lower(hex(sipHash64(concat($1, '\n', $2, '\n', $3)))), 16, '0')

-- ---- intents ----
-- block: is_intent
event_type = 'tool_call' AND intent != '' AND ({q} = '' OR positionCaseInsensitiveUTF8(intent, {q}) > 0) AND ({source} = '' OR intent_source = {source})

-- ---- sessions ----
-- By {at} in the direction asked for; sessions of one moment always in the same order.
-- block: by_session
if({descending} = 1, at, toDateTime64(0, 3, 'UTC')) DESC, at, id

-- From when on to look for a page of the latest sessions: so many were active by their calls alone since then.
-- block: session_since
(SELECT if({descending} = 1 AND count() = {limit} + {offset}, min(at), {from}) FROM (
	SELECT timestamp AS at FROM {{copies: timestamp, session_id | event_type = 'tool_call' AND startsWith(session_id, {q}) AND {{session_has}}}}
	ORDER BY timestamp DESC LIMIT 1 BY session_id LIMIT {limit} + {offset}))

-- block: session_columns
session_id AS sessionId, userId, platform, clientName, clientVersion, countryCode, {{iso: first}} AS startedAt, {{iso: last}} AS endedAt,
$1 AS lastAt, dateDiff('millisecond', first, last) AS durationMs, events, toolCalls, tools, errors, conversions, revenue, hasWidget, ttfiMs,
timeToFirstToolCallMs, intents

-- block: as_events
AS events

-- What sessions must have, looked for in all that is kept of them.
-- block: session_has
(NOT has({has}, 'error') OR session_id IN (SELECT session_id FROM events WHERE has({has}, 'error') AND event_type = 'tool_call' AND status = 'error'))
AND (NOT has({has}, 'conversion') OR session_id IN (SELECT session_id FROM events WHERE has({has}, 'conversion') AND event_type = 'conversion'))
AND (NOT has({has}, 'widget') OR session_id IN (SELECT session_id FROM events WHERE has({has}, 'widget') AND event_type = 'widget_render'))
AND (NOT has({has}, 'intent') OR session_id IN (SELECT session_id FROM events WHERE has({has}, 'intent') AND intent != ''))
AND multiIf({user} = '', 1,
	{user} = 'anonymous', session_id NOT IN (SELECT session_id FROM visits WHERE {user} = 'anonymous' AND own != 0),
	session_id IN (SELECT session_id FROM {{users_of_many: SELECT session_id FROM visits WHERE {user} NOT IN ('', 'anonymous') AND own = {{hash_of: {user}}}}} WHERE session_user = {user}))

-- Sessions whole, by a condition that an index knows.
-- block: sessions_of
(SELECT
	session_id,
	{{text: argMinIf(user_id, (timestamp, user_id), user_id != '')}} AS userId,
	{{known: argMinIf(platform, {{place}}, {{is_known: platform}})}} AS platform,
	{{text: argMinIf(client_name, {{place}}, client_name != '')}} AS clientName,
	{{text: argMinIf(client_version, {{place}}, client_version != '')}} AS clientVersion,
	{{text: argMinIf(country_code, {{place}}, country_code != '')}} AS countryCode,
	min(timestamp) AS first,
	max(timestamp) AS last,
	maxOrNullIf(timestamp, {{is_activity}}) AS last_activity,
	count() AS events,
	countIf(event_type = 'tool_call') AS toolCalls,
	uniqExactIf(event_name, event_type = 'tool_call' AND event_name != '') AS tools,
	countIf(event_type = 'tool_call' AND status = 'error') AS errors,
	countIf(event_type = 'conversion') AS conversions,
	groupArrayIf(({{currency}}, assumeNotNull(conversion_value)), event_type = 'conversion' AND conversion_value IS NOT NULL) AS sales,
	arrayMap(c -> tuple(c AS currency, arraySum(s -> s.2, arrayFilter(s -> s.1 = c, sales)) AS value), arraySort(arrayDistinct(sales.1))) AS revenue,
	toBool(countIf(event_type = 'widget_render') > 0) AS hasWidget,
	minIf(timestamp, event_type = 'widget_render') AS rendered,
	arrayFilter(t -> t >= rendered, groupArrayIf(timestamp, event_type = 'widget_click')) AS clicks,
	if(hasWidget AND notEmpty(clicks), dateDiff('millisecond', rendered, arrayMin(clicks)), NULL) AS ttfiMs,
	if(toolCalls = 0, NULL, dateDiff('millisecond', first, minIf(timestamp, event_type = 'tool_call'))) AS timeToFirstToolCallMs,
	countIf(intent != '') AS intents
FROM {{found: session_id, user_id, platform, client_name, client_version, country_code, timestamp, event_type, event_name, status, conversion_value,
	conversion_currency, intent, step_sequence, event_id | $1}}
GROUP BY session_id)

-- ---- events as they are answered ----
-- What an Event is made of.
-- block: event_columns
event_id, event_type, event_name, timestamp, source, platform, session_id, trace_id, user_id, status, latency_ms, error_category, error_message, is_retry,
step_sequence, conversion_value, conversion_currency, intent, metadata, stored_at

-- An Event; $1: user of its session.
-- block: event
toString(event_id) AS eventId, event_type AS eventType, {{text: event_name}} AS eventName, {{iso: timestamp}} AS timestamp, source AS source,
{{text: platform}} AS platform, session_id AS sessionId, trace_id AS traceId, {{text: if(user_id = '', $1, user_id)}} AS userId, {{text: status}} AS status,
latency_ms AS latencyMs, {{text: error_category}} AS errorCategory, {{text: error_message}} AS errorMessage, toBool(is_retry) AS isRetry,
step_sequence AS stepSequence, if(event_type = 'conversion', toJSONString(tuple(conversion_value AS value, {{currency}} AS currency)), '') AS conversion_json,
{{text: intent}} AS intent, {{json: metadata}} AS metadata_json, stored_at AS storedAt

-- block: text
nullIf($1, '')

-- ---- exports ----
-- A part of the range.
-- block: rows_of_slice
(SELECT $1 FROM events FINAL WHERE timestamp >= {since} AND timestamp >= {from} AND timestamp < {until} AND timestamp < {to}
	AND {{chosen: {from} | {to}}})
