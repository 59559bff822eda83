-- SPDX-License-Identifier: MIT
-- Paths: what sessions do one after the other.

-- param: node_types Array(String)
-- param: depth UInt8
-- param: start String
-- param: stop String
-- param: collapse UInt8
-- param: shown UInt8

-- Types of nodes in the order of their texts, as the nodes are.
-- block: types
arraySort({node_types})

-- The text of a node, which is a number: its type, and from bit 24 down the place of its name among all names (names). They sort as the
-- texts would. None of 0.
-- block: text_of
if($1 = 0, '', concat({{types}}[bitShiftRight($1, 24)], ':', names[bitAnd($1, 16777215)]))

-- A node that is asked for by its text; one that does not occur is none of those that do.
-- block: node_asked
if(indexOf({{types}}, substring($1, 1, position($1, ':') - 1)) = 0 OR indexOf(names, substring($1, position($1, ':') + 1)) = 0, 4294967295,
	toUInt64(bitOr(bitShiftLeft(indexOf({{types}}, substring($1, 1, position($1, ':') - 1)), 24), indexOf(names, substring($1, position($1, ':') + 1)))))

-- Sessions with their path: nodes in order, then from {start} on and up to {stop} where asked for, then {depth} of it.
-- ends: nothing of it was cut off behind.
-- Each step of this has a select of its own: what an alias stands for is analysed again wherever it is used.
-- block: path_sessions
(SELECT
	converted,
	size,
	arraySlice(begun, if({stop} = '' OR last <= {depth}, 1, last - {depth} + 1), least(last, {depth})) AS path,
	if({stop} = '', last <= {depth}, last = length(begun)) AS ends
FROM (
	SELECT converted, size, begun, if({stop} = '', length(begun), indexOf(begun, {{node_asked: {stop}}})) AS last
	FROM (
		SELECT converted, size, if({start} = '', named, arraySlice(named, greatest(first, 1))) AS begun
		FROM (
			SELECT converted, size, named, if({start} = '', 1, indexOf(named, {{node_asked: {start}}})) AS first
			FROM (
				SELECT converted, length(events) AS size, if({collapse} = 1, arrayCompact(sorted), sorted) AS named
				FROM (
					SELECT converted, events, arrayMap(e -> toUInt64(bitAnd(e, 268435455)), arrayCompact(arraySort(events))) AS sorted
					FROM (
						SELECT groupArrayIf(event, is_node) AS events, max(is_conversion) AS converted
						FROM (
							SELECT session, type > 0 AND place > 0 AS is_node, is_conversion,
								bitOr(bitShiftLeft(placed, 28), bitOr(bitShiftLeft(type, 24), place)) AS event
							FROM {{copies: sipHash128(session_id) AS session, {{code_in: event_type | {{types}}}} AS type, {{code_in: event_name | names}} AS place,
								event_type = 'conversion' AS is_conversion, {{time_and_id_with: {{step_order}}}} AS placed |
								(event_type IN {node_types} AND event_name != '') OR event_type = 'conversion'}}
						)
						GROUP BY session
					)
					WHERE notEmpty(events)
				)
			)
		)
		WHERE first > 0
	)
)
WHERE last > 0)

-- Different paths, each with how often it is gone. often: maybe one of the 20 most frequent.
-- block: different_paths
(SELECT path, gone, won, ended, ended_converted, largest, gone >= -(groupArraySorted(20)(-toInt64(gone)) OVER ())[-1] AS often
FROM (
	SELECT path, count() AS gone, countIf(converted) AS won, countIf(ends) AS ended, countIf(ends AND converted) AS ended_converted, max(size) AS largest
	FROM {{path_sessions}}
	GROUP BY path
))

-- The paths as facts: 0 for a whole path, and position, node and the node behind it (0 behind the last) in 4 + 28 + 28 bits.
-- block: path_facts
(SELECT
	bitShiftRight(fact, 56) AS position,
	bitAnd(bitShiftRight(fact, 28), 268435455) AS node,
	bitAnd(fact, 268435455) AS next,
	sum(gone) AS n,
	sum(won) AS c,
	if(next = 0, sum(ended), 0) AS e,
	if(next = 0, sum(ended_converted), 0) AS ec,
	max(largest) AS size,
	groupArrayIf((-toInt64(gone), path, won), fact = 0 AND often) AS most
FROM (
	SELECT *, arrayJoin(arrayPushFront(arrayMap(
		(node, next, i) -> bitOr(bitOr(bitShiftLeft(toUInt64(i), 56), bitShiftLeft(node, 28)), next),
		path, arrayPushBack(arrayPopFront(path), toUInt64(0)), arrayEnumerate(path)), toUInt64(0))) AS fact
	FROM {{different_paths}}
)
GROUP BY fact)

-- Nodes by their rank at each position, those beyond {shown} as other. What leads to a node counts as often as the node does at the
-- position behind, so both ends of a link get the same rank.
-- block: path_labels
(SELECT
	position, next, n, c, e, ec, size, most,
	if(dense_rank() OVER (PARTITION BY position ORDER BY node_total DESC, node) <= {shown}, {{text_of: node}}, 'other') AS source,
	if(dense_rank() OVER (PARTITION BY position, next = 0 ORDER BY next_total DESC, next) <= {shown}, {{text_of: next}}, 'other') AS target
FROM (
	SELECT *, sum(n) OVER (PARTITION BY position, node) AS node_total, sum(n) OVER (PARTITION BY position, next) AS next_total
	FROM {{path_facts}}
))

-- The answer in numbers as one value, which the store finds before it analyses what is made of it: in one text that takes 150 ms more.
-- block: path_found
(WITH {{names_of: event_type IN {node_types} AND event_name != '' | {from} | {to}}} AS names
SELECT tuple(ifNull(max(largest), 0) < {unit_events}, sumIf(gone, kind = 3), sumIf(won, kind = 3), groupArrayIf(row, kind = 1), groupArrayIf(row, kind = 2),
	arrayMap(m -> (m.1, arrayMap(s -> {{text_of: s}}, m.2), m.3), arraySlice(arraySort(arrayFlatten(groupArray(frequent))), 1, 20)))
FROM (
	SELECT kind, sum(n) AS gone, sum(c) AS won, max(size) AS largest, arrayFlatten(groupArray(most)) AS frequent,
		tuple(position, -toInt64(gone), source, led_to, sum(e), sum(ec), won) AS row
	FROM (
		SELECT position, n, c, e, ec, size, source, arrayJoin(multiIf(position = 0, [3], next = 0, [1], [1, 2])) AS kind, if(kind = 2, target, '') AS led_to, most
		FROM {{path_labels}}
	)
	GROUP BY kind, position, source, led_to
))

-- name: paths
SELECT
	tuple(all_sessions AS sessions, all_converted AS converted, all_sessions - all_converted AS dropped) AS totals,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS node, -r.2 AS sessions, r.6 AS converted, r.5 - r.6 AS dropped), arraySort(node_rows)) AS nodes,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS source, r.4 AS target, -r.2 AS sessions, -r.2 - r.7 AS dropped), arraySort(link_rows)) AS links,
	arrayMap(r -> tuple(r.2 AS steps, -r.1 AS sessions, {{rate: -r.1 | all_sessions}} AS share, r.3 AS converted, {{rate: r.3 | -r.1}} AS conversionRate),
		frequent) AS sequences
FROM (SELECT found.1 AS fits, found.2 AS all_sessions, found.3 AS all_converted, found.4 AS node_rows, found.5 AS link_rows, found.6 AS frequent
	FROM (SELECT {{path_found}} AS found))
WHERE fits;
