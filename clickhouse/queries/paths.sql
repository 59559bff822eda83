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

-- A node as a number: its type, and from bit 24 down the place of its name among all names (names). They sort as the texts would.
-- block: node_of
bitOr(bitShiftLeft({{code_in: $1 | {{types}}}}, 24), {{code_in: $2 | names}})

-- Its text; none of 0.
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
						SELECT
							groupArrayIf(bitOr(bitShiftLeft(placed, 28), node), is_node) AS events,
							max(event_type = 'conversion') AS converted
						FROM (
							SELECT session_id, event_type, event_type IN {node_types} AND {{code_in: event_name | names}} > 0 AS is_node,
								{{node_of: event_type | event_name}} AS node, {{time_and_id_with: {{step_order}}}} AS placed
							FROM {{copies: session_id, timestamp, step_sequence, event_id, event_type, event_name |
								(event_type IN {node_types} AND event_name != '') OR event_type = 'conversion'}}
						)
						GROUP BY session_id
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

-- name: paths
WITH {{names_of: event_type IN {node_types} AND event_name != '' | {from} | {to}}} AS names
SELECT
	arrayMap(t -> tuple(t.1 AS sessions, t.2 AS converted, t.1 - t.2 AS dropped), [(sumIf(n, kind = 3), sumIf(c, kind = 3))])[1] AS totals,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS node, -r.2 AS sessions, r.6 AS converted, r.5 - r.6 AS dropped),
		arraySort(groupArrayIf(row, kind = 1))) AS nodes,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS source, r.4 AS target, -r.2 AS sessions, -r.2 - r.7 AS dropped),
		arraySort(groupArrayIf(row, kind = 2))) AS links,
	arrayMap(r -> tuple(arrayMap(s -> {{text_of: s}}, r.2) AS steps, -r.1 AS sessions, {{rate: -r.1 | totals.1}} AS share, r.3 AS converted,
			{{rate: r.3 | -r.1}} AS conversionRate),
		arraySlice(arraySort(arrayFlatten(groupArrayIf(frequent, kind = 3))), 1, 20)) AS sequences
FROM (
	SELECT kind, sum(n) AS n, sum(c) AS c, max(size) AS size, arrayFlatten(groupArray(most)) AS frequent,
		tuple(position, -toInt64(n), source, led_to, sum(e), sum(ec), c) AS row
	FROM (
		SELECT *, arrayJoin(multiIf(position = 0, [3], next = 0, [1], [1, 2])) AS kind, if(kind = 2, target, '') AS led_to
		FROM {{path_labels}}
	)
	GROUP BY kind, position, source, led_to
)
HAVING max(size) < {unit_events};
