-- SPDX-License-Identifier: MIT
-- Funnels: how far units (sessions, users, traces) get through given steps, and which steps they report by themselves.

-- param: step_types Array(String)
-- param: step_names Array(String)
-- param: scope String
-- param: window UInt32
-- param: level UInt8
-- param: unit_events UInt32
-- param: units Array(String)

-- ---- given steps ----
-- For each of $1 (types or names of steps) the bits of all steps that have it.
-- block: bits_of
arrayMap(x -> toUInt16(arraySum(arrayMap((y, i) -> if(x = y, bitShiftLeft(toUInt16(1), i - 1), toUInt16(0)), $1, arrayEnumerate($1)))), $1)

-- The steps that an event matches, a bit each: those of its type whose name is its own or any.
-- block: step_bits
bitAnd(transform(event_type, {step_types}, {{bits_of: {step_types}}}, toUInt16(0)), bitOr(
	transform(event_name, {step_names}, {{bits_of: {step_names}}}, toUInt16(0)),
	transform('*', {step_names}, {{bits_of: {step_names}}}, toUInt16(0))))

-- Events that match a step, up to the end of the last window, as numbers that sort into the order of a funnel: time, lowest step, id;
-- copies stand side by side. In 42 bits behind that: all steps, and a code of the platform ($2). $1: what is grouped by.
-- Traces are in the order of the numbers as they come (told), and only there where the answer needs them: for entries that are no calls (G9).
-- block: step_events
(SELECT
	$1,
	groupArray(event) AS told,
	groupArrayIf(if({{traces_matter}}, trace_id, ''), {{traces_matter}}) AS traces
FROM (
	SELECT session_id, trace_id, user_id,
		bitOr(bitShiftLeft({{time_and_id_with: bitXor(steps, bitAnd(steps, steps - 1))}}, 42), bitOr(bitShiftLeft(toUInt64(steps), 32), $2)) AS event
	FROM {{copies_between: session_id, trace_id, user_id, platform, timestamp, event_id, {{step_bits}} AS steps |
		{from} | addSeconds({to}, {window}) | {from} | event_type IN {step_types}}}
	WHERE steps != 0
)
GROUP BY $1)

-- block: traces_matter
{level} = 0 AND {step_types}[1] != 'tool_call'

-- Sessions or traces, each with its events. $1: what tells them apart, $2: code of the platform.
-- block: funnel_units
(SELECT unit, told, traces, arrayCompact(arraySort(told)) AS events
FROM {{step_events: $1 AS unit | $2}})

-- block: funnel_unit
if({scope} = 'trace', trace_id, session_id)

-- Users, each with the events of all sessions. $1: code of the platform.
-- block: funnel_users
(SELECT unit, told, traces, arrayCompact(arraySort(told)) AS events
FROM (
	SELECT
		if(user_id = '', session_user, user_id) AS unit,
		groupArrayArray(parts.told) AS told,
		groupArrayArray(parts.traces) AS traces
	FROM {{step_events: session_id, user_id | $1}} AS parts
	LEFT JOIN {{session_users}} AS users_of_sessions USING (session_id)
	WHERE unit != ''
	GROUP BY unit
))

-- Walks through the events of each unit ($1). A place is the time of an event (ms * 2^20) and its number in the unit. tails: for each
-- event the places of the steps that follow it, the next event that matches each, made from the last step to the second, backwards.
-- An entry takes of its tail what lies in its window. chain: of those that get furthest the earliest; empty: none begins.
-- Each function of a column has the store look at the whole select that the column comes from: 1 ms of analysis each, if that is long;
-- what is in lambdas of values alone costs nothing. So there are few selects, and few functions in those on top.
-- block: funnel_chains
(SELECT unit, told, traces, events, size, arraySort(c -> bitShiftLeft(16 - length(c), 20) + bitAnd(c[1], 1048575), arrayMap(
		(place, bits, tail) -> if(bitTest(bits, 0) AND bitShiftRight(place, 20) < toUInt64(toUnixTimestamp64Milli({to}) + {{before_epoch}}),
			arrayPushFront(arrayFilter(p -> bitShiftRight(p, 20) <= bitShiftRight(place, 20) + 1000 * {window}, tail), place),
			emptyArrayUInt64()),
		places, matches, arrayPushBack(arrayPopFront(arrayFold(
			(later, step) -> arrayReverseFill(tail -> notEmpty(tail), arrayMap(
				(place, bits, tail) -> if(bitTest(bits, step), arrayPushFront(tail, place), emptyArrayUInt64()),
				places, matches, arrayPushBack(arrayPopFront(later), emptyArrayUInt64()))),
			arrayReverse(range(1, length({step_types}))),
			arrayWithConstant(size, emptyArrayUInt64()))), emptyArrayUInt64())))[1] AS chain
FROM (
	SELECT unit, told, traces, events, length(events) AS size, arrayMap(e -> toUInt16(bitAnd(bitShiftRight(e, 32), 1023)), events) AS matches,
		arrayMap((e, i) -> bitShiftLeft(toUInt64(bitShiftRight(e, 210)), 20) + i, events, arrayEnumerate(events)) AS places
	FROM $1
))

-- What stands in $1 for event $2.
-- block: told_of
$1[indexOf(told, $2)]

-- block: time_of
fromUnixTimestamp64Milli(toInt64(bitShiftRight($1, 210)) - {{before_epoch}})

-- Platform of a call with the trace of an entry that tells none itself; nothing is read where entries are calls. $1 chooses traces.
-- block: entry_platforms
(SELECT trace_id, toString(argMin(platform, (timestamp, {{step_order}}, {{id_key: event_id}}))) AS inherited
FROM {{calls_near: trace_id, platform, timestamp, step_sequence, event_id | {from} | addSeconds({to}, {window}) |
	{step_types}[1] != 'tool_call' AND {{is_known: platform}} AND $1}}
GROUP BY trace_id)

-- What the chains of $1 add up to as one value, which the store finds before it analyses what is made of it.
-- block: funnel_found
(WITH {{platforms_of: event_type IN {step_types} | {from} | addSeconds({to}, {window})}} AS platform_names
SELECT tuple(
	ifNull(max(size), 0) < {unit_events},
	quantileExactInclusiveForEach(0.5)(delays),
	{{percentile_if: 0.5 | arraySum(delays) | reached = length({step_types})}},
	sumForEachMap(map(multiIf(code != 0, platform_names[code], inherited != '', inherited, 'unknown'), passed)))
FROM (
	SELECT size, length(chain) AS reached, arrayResize(arrayWithConstant(length(chain), toUInt64(1)), length({step_types})) AS passed,
		arrayPopFront(arrayDifference(arrayMap(p -> bitShiftRight(p, 20), chain))) AS delays,
		events[bitAnd(chain[1], 1048575)] AS entry, toUInt32(bitAnd(entry, 4294967295)) AS code,
		if({{traces_matter}}, {{told_of: traces | entry}}, '') AS trace_id
	FROM {{funnel_chains: $1}}
	WHERE notEmpty(chain) OR size >= {unit_events}
) AS walked
LEFT JOIN {{entry_platforms: 1}} AS platforms_of_traces USING (trace_id))

-- The whole answer, of the chains of $1. No row: a unit has more events than this counts.
-- block: funnel_answer
SELECT
	arrayMap((index, type, name, units, first, before, median) -> tuple(index, type, name, units,
			{{rate: units | first}} AS conversionFromStart,
			if(index = 1, NULL, {{rate: units | before}}) AS conversionFromPrevious,
			if(index = 1, 0, before - units) AS dropOff,
			if(index = 1, NULL, {{rate: (before - units) | before}}) AS dropOffRate,
			median AS medianMsFromPrevious),
		range(1, length({step_types}) + 1), {step_types}, {step_names}, counts, arrayWithConstant(length(counts), counts[1]),
		arrayPushFront(arrayPopBack(counts), 0), step_medians) AS steps,
	counts[-1] AS completed,
	{{rate: counts[-1] | counts[1]}} AS conversion,
	total AS medianMsTotal,
	arrayMap(p -> tuple(p.1 AS platform, p.2 AS units, {{rate: p.2[-1] | p.2[1]}} AS conversion), sorted) AS platforms
FROM (
	SELECT counts, total, arraySort(p -> (-toInt64(p.2[1]), p.1), arrayZip(mapKeys(by_platform), mapValues(by_platform))) AS sorted,
		arrayPushFront(arrayResize(arrayMap(m -> toNullable(round(m, 6)), medians), length({step_types}) - 1, NULL), NULL) AS step_medians
	FROM (
		SELECT found.1 AS fits, found.2 AS medians, found.3 AS total, found.4 AS by_platform,
			arrayMap(i -> arraySum(units -> units[i], mapValues(by_platform)), range(1, length({step_types}) + 1)) AS counts
		FROM (SELECT {{funnel_found: $1}} AS found)
	)
	WHERE fits
)

-- block: platform_code
{{code_in: platform | platform_names}}

-- name: funnel
{{funnel_answer: {{funnel_units: sipHash128({{funnel_unit}}) | {{platform_code}}}}}};

-- name: funnel_by_user
{{funnel_answer: {{funnel_users: {{platform_code}}}}}};

-- An event's number as its key: type (that of its lowest step), id and time.
-- block: key_of
concat({step_types}[arrayFirstIndex(s -> bitTest(toUInt16(bitAnd(bitShiftRight($1, 32), 1023)), s), range(10))], ':',
	toString(toUInt128(bitAnd(bitShiftRight($1, 42), bitNot(toUInt128(0))))), ':', toString(toUnixTimestamp64Milli({{time_of: $1}})))

-- The units of a page, those whose level is {level} by their entry, found by numbers alone; their entries and, behind these, their last
-- events by keys and times. No row: a unit has more events than this counts.
-- block: funnel_page_of
SELECT
	total,
	toString(arrayMap(u -> u.2, newest)) AS units,
	toString(arrayConcat(arrayMap(u -> {{key_of: u.3}}, newest), arrayMap(u -> {{key_of: u.4}}, newest))) AS ids,
	toString(arrayConcat(arrayMap(u -> {{time_of: u.3}}, newest), arrayMap(u -> {{time_of: u.4}}, newest))) AS times
FROM (
	SELECT found.1 AS fits, found.2 AS total, found.3 AS newest
	FROM (
		SELECT (
			SELECT tuple(
				ifNull(max(size), 0) < {unit_events},
				countIf(length(chain) = {level}),
				arraySlice(groupArraySortedIf({list_end})(tuple(if({descending} = 1, -1, 1) * toInt64(bitShiftRight(chain[1], 20)), unit,
					events[bitAnd(chain[1], 1048575)], events[bitAnd(chain[-1], 1048575)]), length(chain) = {level}), {offset} + 1))
			FROM {{funnel_chains: $1}}
		) AS found
	)
)
WHERE fits

-- name: funnel_page
{{funnel_page_of: {{funnel_units: {{funnel_unit}} | toUInt64(0)}}}};

-- name: funnel_page_by_user
{{funnel_page_of: {{funnel_users: toUInt64(0)}}}};

-- What is told of a page. The user of an entry is its own or that of its session (G6).
-- name: funnel_examples
WITH events_of_page AS (
		SELECT *, concat(event_type, ':', toString(toUInt128(event_id)), ':', toString(toUnixTimestamp64Milli(timestamp))) AS id
		FROM {{found: event_type, timestamp, event_id, session_id, user_id, trace_id, platform | event_type IN {step_types}
			AND timestamp IN (SELECT parseDateTime64BestEffortOrNull(arrayJoin({times}), 3, 'UTC'))}}
		WHERE has({ids}, id)
	)
SELECT
	arrayMap((unit, entry, last) -> tuple(unit, {level} AS level, entry.3 AS sessionId, last.4 AS traceId, {{text: entry.5}} AS userId,
			entry.6 AS platform, {{iso: entry.2}} AS enteredAt, {{iso: last.2}} AS lastStepAt),
		{units},
		arrayMap(id -> told[indexOf(told.1, id)], arraySlice({ids}, 1, length({units}))),
		arrayMap(id -> told[indexOf(told.1, id)], arraySlice({ids}, length({units}) + 1))) AS items,
	intDiv({offset}, {limit}) + 1 AS page,
	{limit} AS pageSize
FROM (
	SELECT groupArray(tuple(id, timestamp, session_id, trace_id, if(user_id = '', session_user, user_id),
		multiIf({{is_known: platform}}, toString(platform), inherited != '', inherited, 'unknown'))) AS told
	FROM events_of_page
	LEFT JOIN {{users_of_page: SELECT session_id FROM events_of_page}} AS users_of_sessions USING (session_id)
	LEFT JOIN {{entry_platforms: trace_id IN (SELECT trace_id FROM events_of_page)}} AS platforms_of_traces USING (trace_id)
);

-- ---- automatic ----
-- What units report by themselves: steps and conversions with a name, by G12. $1: what is grouped by.
-- block: reported
(SELECT $1, groupArray(tuple(timestamp, {{step_order}}, {{id_key: event_id}}, event_type, event_name)) AS reports
FROM {{copies: session_id, trace_id, user_id, timestamp, step_sequence, event_id, event_type, event_name |
	event_type IN ('step', 'conversion') AND event_name != ''}}
GROUP BY $1)

-- The first ten of each unit ($1: a select of unit and all of its reports, sorted).
-- block: auto_answer
SELECT
	arrayMap((position, units, before, median) -> tuple(position, units,
			{{rate: units | counts[1]}} AS conversionFromStart,
			if(position = 1, NULL, {{rate: units | before}}) AS conversionFromPrevious,
			if(position = 1, 0, before - units) AS dropOff,
			median AS medianMsFromPrevious,
			arrayMap(n -> tuple(toString(n.1.2) AS type, toString(n.1.3) AS name, n.2 AS units),
				arraySort(n -> (-toInt64(n.2), n.1.2, n.1.3), arrayFilter(n -> n.1.1 = position, arrayZip(names.1, names.2)))) AS names),
		arrayEnumerate(counts), counts, arrayResize(arrayPushFront(arrayPopBack(counts), 0), length(counts)),
		arrayResize(arrayPushFront(arrayMap(m -> toNullable(round(m, 6)), medians), NULL), length(counts))) AS positions
FROM (
	SELECT
		sumForEach(arrayMap(r -> toUInt64(1), firsts)) AS counts,
		quantileExactInclusiveForEach(0.5)(arrayPopFront(arrayDifference(arrayMap(r -> toUnixTimestamp64Milli(r.1), firsts)))) AS medians,
		sumMappedArrays(arrayMap((r, i) -> (i, r.5, r.6), firsts, arrayEnumerate(firsts)), arrayMap(r -> toUInt64(1), firsts)) AS names
	FROM (SELECT arraySlice(reports, 1, 10) AS firsts, length(reports) AS size FROM $1)
	HAVING max(size) < {unit_events}
)

-- name: funnel_auto
{{auto_answer: (SELECT arrayCompact(arraySort(reports)) AS reports
FROM {{reported: if({scope} = 'trace', trace_id, session_id) AS unit}})}};

-- name: funnel_auto_by_user
{{auto_answer: (SELECT if(user_id = '', session_user, user_id) AS unit, arrayCompact(arraySort(arrayFlatten(groupArray(reports)))) AS reports
FROM {{reported: session_id, user_id}} AS parts
LEFT JOIN {{session_users}} AS users_of_sessions USING (session_id)
WHERE unit != ''
GROUP BY unit)}};
