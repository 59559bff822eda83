-- SPDX-License-Identifier: MIT
-- Funnels: how far units (sessions, users, traces) get through given steps, and which steps they report by themselves.

-- param: step_types Array(String)
-- param: step_names Array(String)
-- param: scope String
-- param: window UInt32
-- param: level UInt8
-- param: unit_events UInt32

-- ---- given steps ----
-- Bit of step $1 (1 to 10) for an event. A step that was not asked for has no type, so it matches nothing.
-- block: step_bit
bitShiftLeft(toUInt16(event_type = {step_types}[$1] AND ({step_names}[$1] = '*' OR event_name = {step_names}[$1])), $1 - 1)

-- block: step_bits
toUInt16({{step_bit: 1}} + {{step_bit: 2}} + {{step_bit: 3}} + {{step_bit: 4}} + {{step_bit: 5}}
	+ {{step_bit: 6}} + {{step_bit: 7}} + {{step_bit: 8}} + {{step_bit: 9}} + {{step_bit: 10}})

-- Events that match a step, up to the end of the last window. $1: what is grouped by.
-- As tuples they sort into the order of a funnel: time, lowest step, id; copies stand side by side. Behind that: all steps, and
-- what is asked about entries and last events. Traces matter for platforms where the entry is no call (G9).
-- block: step_events
(SELECT
	$1,
	groupArray(tuple(
		toUInt64(toUnixTimestamp64Milli(timestamp)),
		bitXor(steps, bitAnd(steps, steps - 1)),
		{{id_key: event_id}},
		steps,
		if({{is_known: platform}}, toString(platform), ''),
		if({step_types}[1] = 'tool_call' AND {level} = 0, '', trace_id),
		if({level} = 0, '', session_id),
		if({level} = 0, '', user_id))) AS matched
FROM {{copies_between: session_id, trace_id, user_id, platform, timestamp, event_id, {{step_bits}} AS steps |
	{from} | addSeconds({to}, {window}) | {from} | event_type IN {step_types}}}
WHERE steps != 0
GROUP BY $1)

-- Sessions or traces, each with its events.
-- block: funnel_units
(SELECT unit, arrayCompact(arraySort(matched)) AS events
FROM {{step_events: if({scope} = 'trace', trace_id, session_id) AS unit}})

-- Users, each with the events of all sessions.
-- block: funnel_users
(SELECT if(user_id = '', session_user, user_id) AS unit, arrayCompact(arraySort(arrayFlatten(groupArray(matched)))) AS events
FROM {{step_events: session_id, user_id}} AS parts
LEFT JOIN {{session_users}} AS users_of_sessions USING (session_id)
WHERE unit != ''
GROUP BY unit)

-- Walks through the events of each unit ($1). A place is the time of an event (ms * 2^20) and its number in the unit. tails: for each
-- event the places of the steps that follow it, the next event that matches each, made from the last step to the second, backwards.
-- An entry takes of its tail what lies in its window. chain: the earliest of those that get furthest.
-- Each step of this has a select of its own: what an alias stands for is analysed again wherever it is used.
-- block: funnel_chains
(SELECT unit, events, size, reached, chain, events[bitAnd(chain[1], 1048575)] AS entry
FROM (
	SELECT unit, events, size, reached, arrayFirst(c -> length(c) = reached, chains) AS chain
	FROM (
		SELECT unit, events, size, chains, arrayMax(arrayMap(c -> length(c), chains)) AS reached
		FROM (
			SELECT unit, events, size, arrayMap(
				(place, bits, tail) -> if(bitTest(bits, 0) AND bitShiftRight(place, 20) < toUInt64(toUnixTimestamp64Milli({to})),
					arrayPushFront(arrayFilter(p -> bitShiftRight(p, 20) <= bitShiftRight(place, 20) + 1000 * {window}, tail), place),
					emptyArrayUInt64()),
				places, matches, arrayPushBack(arrayPopFront(tails), emptyArrayUInt64())) AS chains
			FROM (
				SELECT unit, events, size, places, matches, arrayFold(
					(later, step) -> arrayReverseFill(tail -> notEmpty(tail), arrayMap(
						(place, bits, tail) -> if(bitTest(bits, step), arrayPushFront(tail, place), emptyArrayUInt64()),
						places, matches, arrayPushBack(arrayPopFront(later), emptyArrayUInt64()))),
					arrayReverse(range(1, length({step_types}))),
					arrayWithConstant(size, emptyArrayUInt64())) AS tails
				FROM (
					SELECT unit, events, length(events) AS size, arrayMap(e -> e.5, events) AS matches,
						arrayMap((e, i) -> e.1 * 1048576 + i, events, arrayEnumerate(events)) AS places
					FROM $1
				)
			)
		)
	)
)
WHERE reached > 0 OR size >= {unit_events})

-- Platform of a call with the trace of an entry that tells none itself; nothing is read where entries are calls.
-- block: entry_platforms
(SELECT trace_id AS entry_trace, toString(argMin(platform, (timestamp, {{step_order}}, {{id_key: event_id}}))) AS inherited
FROM {{calls_near: trace_id, platform, timestamp, step_sequence, event_id | {from} | addSeconds({to}, {window}) |
	{step_types}[1] != 'tool_call' AND {{is_known: platform}}}}
GROUP BY trace_id)

-- $1: the platform of entry
-- block: entry_platform
multiIf(entry.6 != '', entry.6, inherited != '', inherited, 'unknown')

-- The whole answer, of the chains of $1. No row: a unit has more events than this counts.
-- block: funnel_answer
SELECT
	arrayMap((index, type, name, units, before, median) -> tuple(index, type, name, units,
			{{rate: units | counts[1]}} AS conversionFromStart,
			if(index = 1, NULL, {{rate: units | before}}) AS conversionFromPrevious,
			if(index = 1, 0, before - units) AS dropOff,
			if(index = 1, NULL, {{rate: (before - units) | before}}) AS dropOffRate,
			median AS medianMsFromPrevious),
		range(1, length({step_types}) + 1), {step_types}, {step_names}, counts, arrayResize(arrayPushFront(arrayPopBack(counts), 0), length(counts)),
		arrayPushFront(arrayResize(arrayMap(m -> toNullable(round(m, 6)), medians), length({step_types}) - 1, NULL), NULL)) AS steps,
	counts[-1] AS completed,
	{{rate: counts[-1] | counts[1]}} AS conversion,
	total AS medianMsTotal,
	arrayMap(p -> tuple(p.1 AS platform, p.2 AS units, {{rate: p.2[-1] | p.2[1]}} AS conversion),
		arraySort(p -> (-toInt64(p.2[1]), p.1), arrayZip(mapKeys(by_platform), mapValues(by_platform)))) AS platforms
FROM (
	SELECT
		arrayResize(sumForEach(arrayWithConstant(reached, toUInt64(1))), length({step_types})) AS counts,
		quantileExactInclusiveForEach(0.5)(arrayPopFront(arrayDifference(arrayMap(p -> bitShiftRight(p, 20), chain)))) AS medians,
		{{percentile_if: 0.5 | bitShiftRight(chain[-1], 20) - bitShiftRight(chain[1], 20) | reached = length({step_types})}} AS total,
		sumForEachMap(map({{entry_platform}}, arrayResize(arrayWithConstant(reached, toUInt64(1)), length({step_types})))) AS by_platform
	FROM {{funnel_chains: $1}} AS walked
	LEFT JOIN {{entry_platforms}} AS platforms_of_traces ON entry.7 = entry_trace
	HAVING max(size) < {unit_events}
)

-- name: funnel
{{funnel_answer: {{funnel_units}}}};

-- name: funnel_by_user
{{funnel_answer: {{funnel_users}}}};

-- Units whose level is {level}, by entry. The user of an entry is its own or that of its session (G6).
-- block: funnel_examples_of
SELECT
	arrayMap(e -> tuple(e.2 AS unit, {level} AS level, e.3 AS sessionId, e.4 AS traceId, {{text: e.5}} AS userId, e.6 AS platform,
			{{iso: fromUnixTimestamp64Milli(toInt64(e.7))}} AS enteredAt, {{iso: fromUnixTimestamp64Milli(toInt64(e.8))}} AS lastStepAt),
		arraySlice(newest, {offset} + 1)) AS items,
	intDiv({offset}, {limit}) + 1 AS page,
	{limit} AS pageSize,
	total
FROM (
	SELECT
		countIf(reached = {level}) AS total,
		groupArraySortedIf({list_end})(tuple(if({descending} = 1, -1, 1) * toInt64(entry.1), unit, entry.8, last_event.7, if(entry.9 = '', session_user, entry.9), {{entry_platform}},
			entry.1, last_event.1), reached = {level}) AS newest
	FROM (
		SELECT unit, reached, size, entry, events[bitAnd(chain[-1], 1048575)] AS last_event, entry.7 AS of_trace, entry.8 AS session_id
		FROM {{funnel_chains: $1}} AS walked
	) AS there
	LEFT JOIN {{entry_platforms}} AS platforms_of_traces ON of_trace = entry_trace
	LEFT JOIN {{session_users}} AS users_of_entries USING (session_id)
	HAVING max(size) < {unit_events}
)

-- name: funnel_examples
{{funnel_examples_of: {{funnel_units}}}};

-- name: funnel_examples_by_user
{{funnel_examples_of: {{funnel_users}}}};

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
