-- SPDX-License-Identifier: MIT
-- Paths: what sessions do one after the other.

-- param: node_types Array(String)
-- param: depth UInt8
-- param: start String
-- param: stop String
-- param: collapse UInt8
-- param: shown UInt8

-- Sessions with their path: whole names in order, then from {start} on and up to {stop} where asked for, then {depth} of it.
-- ends: nothing of it was cut off behind.
-- Each step of this has a select of its own: what an alias stands for is analysed again wherever it is used.
-- block: path_sessions
(SELECT
	converted,
	size,
	arraySlice(begun, if({stop} = '' OR last <= {depth}, 1, last - {depth} + 1), least(last, {depth})) AS path,
	if({stop} = '', last <= {depth}, last = length(begun)) AS ends
FROM (
	SELECT converted, size, begun, if({stop} = '', length(begun), indexOf(begun, {stop})) AS last
	FROM (
		SELECT converted, size, arraySlice(named, greatest(first, 1)) AS begun
		FROM (
			SELECT converted, size, named, if({start} = '', 1, indexOf(named, {start})) AS first
			FROM (
				SELECT converted, size, if({collapse} = 1, arrayCompact(sorted), sorted) AS named
				FROM (
					SELECT converted, length(events) AS size, arrayMap(e -> e.5, arrayCompact(arraySort(events))) AS sorted
					FROM (
						SELECT
							groupArrayIf(tuple(timestamp, {{step_order}}, {{id_key: event_id}}, concat(event_type, ':', event_name)),
								event_type IN {node_types} AND event_name != '') AS events,
							max(event_type = 'conversion') AS converted
						FROM {{copies: session_id, timestamp, step_sequence, event_id, event_type, event_name |
							(event_type IN {node_types} AND event_name != '') OR event_type = 'conversion'}}
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

-- Each different path as facts: (0, '', '', the path), and (position, node, the node behind it or '') for its nodes.
-- block: path_facts
(SELECT
	fact.1 AS position,
	fact.2 AS node,
	fact.3 AS next,
	fact.4 AS steps,
	sum(sessions) AS n,
	sum(with_conversion) AS c,
	sum(if(fact.5, ended, 0)) AS e,
	sum(if(fact.5, ended_converted, 0)) AS ec,
	max(largest) AS size
FROM (
	SELECT
		arrayJoin(arrayPushFront(
			arrayMap((node, next, i) -> (toUInt8(i), node, next, emptyArrayString(), i = length(path)),
				path, arrayPushBack(arrayPopFront(path), ''), arrayEnumerate(path)),
			(toUInt8(0), '', '', path, false))) AS fact,
		count() AS sessions,
		countIf(converted) AS with_conversion,
		countIf(ends) AS ended,
		countIf(ends AND converted) AS ended_converted,
		max(size) AS largest
	FROM {{path_sessions}}
	GROUP BY path
)
GROUP BY position, node, next, steps)

-- Nodes by their rank at each position, those beyond {shown} as other. What leads to a node counts as often as the node does at the
-- position behind, so both ends of a link get the same rank.
-- block: path_labels
(SELECT
	position, next, steps, n, c, e, ec, size,
	if(dense_rank() OVER (PARTITION BY position ORDER BY node_total DESC, node) <= {shown}, node, 'other') AS source,
	if(dense_rank() OVER (PARTITION BY position, next = '' ORDER BY next_total DESC, next) <= {shown}, next, 'other') AS target
FROM (
	SELECT *, sum(n) OVER (PARTITION BY position, node) AS node_total, sum(n) OVER (PARTITION BY position, next) AS next_total
	FROM {{path_facts}}
))

-- name: paths
SELECT
	arrayMap(t -> tuple(t.1 AS sessions, t.2 AS converted, t.1 - t.2 AS dropped), [(sumIf(n, kind = 3), sumIf(c, kind = 3))])[1] AS totals,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS node, -r.2 AS sessions, r.7 AS converted, r.6 - r.7 AS dropped),
		arraySort(groupArrayIf(row, kind = 1))) AS nodes,
	arrayMap(r -> tuple(r.1 AS position, r.3 AS source, r.4 AS target, -r.2 AS sessions, -r.2 - r.8 AS dropped),
		arraySort(groupArrayIf(row, kind = 2))) AS links,
	arrayMap(r -> tuple(r.5 AS steps, -r.2 AS sessions, {{rate: -r.2 | totals.1}} AS share, r.8 AS converted, {{rate: r.8 | -r.2}} AS conversionRate),
		groupArraySortedIf(20)(row, kind = 3)) AS sequences
FROM (
	SELECT kind, sum(n) AS n, sum(c) AS c, max(size) AS size,
		tuple(position, -toInt64(n), source, led_to, steps, sum(e), sum(ec), c) AS row
	FROM (
		SELECT *, arrayJoin(multiIf(position = 0, [3], next = '', [1], [1, 2])) AS kind, if(kind = 2, target, '') AS led_to
		FROM {{path_labels}}
	)
	GROUP BY kind, position, source, led_to, steps
)
HAVING max(size) < {unit_events};
