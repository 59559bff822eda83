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
-- texts would.
-- block: text_of
if($1 = {{other}}, 'other', concat({{types}}[bitShiftRight($1, 24)], ':', names[bitAnd($1, 16777215)]))

-- block: other
268435455

-- A node that is asked for by its text; one that does not occur is none of those that do.
-- block: node_asked
if(indexOf({{types}}, substring($1, 1, position($1, ':') - 1)) = 0 OR indexOf(names, substring($1, position($1, ':') + 1)) = 0, 4294967295,
	toUInt32(bitOr(bitShiftLeft(indexOf({{types}}, substring($1, 1, position($1, ':') - 1)), 24), indexOf(names, substring($1, position($1, ':') + 1)))))

-- Sessions with their path: nodes in order, then from {start} on and up to {stop} where asked for, then {depth} of it.
-- ends: nothing of it was cut off behind.
-- Each step of this has a select of its own: what an alias stands for is analysed again wherever it is used.
-- block: path_sessions
(SELECT
	converted,
	size,
	arraySlice(arraySlice(begun, 1, last), if({stop} = '', 1, -toInt16({depth})), {depth}) AS path,
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
					SELECT converted, events, arrayMap(e -> toUInt32(bitAnd(e, 268435455)), arrayCompact(arraySort(events))) AS sorted
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
	sum(ended) AS e,
	sum(ended_converted) AS ec,
	max(largest) AS size,
	groupArrayIf((-toInt64(gone), path, won), fact = 0 AND often) AS most
FROM {{different_paths}}
ARRAY JOIN arrayPushFront(arrayMap((node, next, i) -> bitOr(bitOr(bitShiftLeft(toUInt64(i), 56), bitShiftLeft(toUInt64(node), 28)), next),
	path, arrayPushBack(arrayPopFront(path), toUInt32(0)), arrayEnumerate(path)), toUInt64(0)) AS fact
GROUP BY fact)

-- Nodes by their rank at each position, those beyond {shown} as other. What leads to a node counts as often as the node does at the
-- position behind, so both ends of a link get the same rank.
-- block: path_labels
(SELECT
	position, n, c, e, ec, size, most,
	if(dense_rank() OVER (PARTITION BY position ORDER BY node_total DESC, node) <= {shown}, node, {{other}}) AS source,
	if(dense_rank() OVER (PARTITION BY position, next = 0 ORDER BY next_total DESC, next) <= {shown}, next, {{other}}) AS target
FROM (
	SELECT *, sum(n) OVER (PARTITION BY position, node) AS node_total, sum(n) OVER (PARTITION BY position, next) AS next_total
	FROM {{path_facts}}
))

-- The answer in numbers as one value, which the store finds before it analyses what is made of it: in one text that takes 150 ms more.
-- Each link is in the sums of itself and of its source; those that lead to 0 tell how often a path ended there.
-- block: path_found
(WITH {{names_of: event_type IN {node_types} AND event_name != '' | {from} | {to}}} AS names
SELECT tuple(ifNull(max(size), 0) < {unit_events}, names,
	sumMappedArrays([(position, source, target), (position, source, {{any}})], [n, n], [c, c], [e, e], [ec, ec]),
	arraySlice(arraySort(groupArrayArray(most)), 1, 20))
FROM {{path_labels}})

-- block: any
268435456

-- name: paths
SELECT
	tuple(total.2 AS sessions, total.3 AS converted, total.2 - total.3 AS dropped) AS totals,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS node, -r.2 AS sessions, r.4.5 AS converted, r.4.4 - r.4.5 AS dropped), arraySort(arrayMap(
		r -> (r.1.1, -toInt64(r.2), {{text_of: r.1.2}}, arrayFirst(end -> end.1.1 = r.1.1 AND end.1.2 = r.1.2, ends)),
		arrayFilter(r -> r.1.1 != 0 AND r.1.3 = {{any}}, sums)))) AS nodes,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS source, r.4 AS target, -r.2 AS sessions, -r.2 - r.5 AS dropped), arraySort(arrayMap(
		r -> (r.1.1, -toInt64(r.2), {{text_of: r.1.2}}, {{text_of: r.1.3}}, r.3), arrayFilter(r -> r.1.1 != 0 AND r.1.3 NOT IN (0, {{any}}), sums)))) AS links,
	arrayMap(r -> tuple(r.2 AS steps, -r.1 AS sessions, {{rate: -r.1 | total.2}} AS share, r.3 AS converted, {{rate: r.3 | -r.1}} AS conversionRate),
		arrayMap(m -> (m.1, arrayMap(s -> {{text_of: s}}, m.2), m.3), frequent)) AS sequences
FROM (
	SELECT found.1 AS fits, found.2 AS names, arrayZip(found.3.1, found.3.2, found.3.3, found.3.4, found.3.5) AS sums, found.4 AS frequent,
		arrayFilter(r -> r.1.3 = 0, sums) AS ends, arrayFirst(r -> r.1.1 = 0, sums) AS total
	FROM (SELECT {{path_found}} AS found)
)
WHERE fits;
