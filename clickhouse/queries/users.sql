-- SPDX-License-Identifier: MIT
-- Users: a page of those active in the range, one of them over all that is kept, and what one did.

-- param: list_end UInt32
-- param: users Array(String)
-- param: trait_keys Array(String)
-- param: trait_values Array(String)
-- param: event_types Array(String)
-- param: seen_time DateTime64(3, 'UTC')
-- param: seen_id String

-- ---- list ----
-- Users whose latest identify event that has a key says what is asked for ({trait_keys}, {trait_values}: all must hold).
-- block: has_traits
-- plain: 1
(empty({trait_keys}) OR name IN (SELECT user
FROM (
	SELECT if(user_id = '', session_user, user_id) AS user, asked, argMax(said, (timestamp, order_in_time)) AS says
	FROM (
		SELECT session_id, user_id, timestamp, ({{step_order}}, {{id_key: event_id}}) AS order_in_time,
			arrayJoin(arrayZip({trait_keys}, {trait_values}, arrayEnumerate({trait_keys}))) AS asked, {{json_text: user_traits | asked.1}} AS said
		FROM {{ever: session_id, user_id, timestamp, step_sequence, event_id, user_traits | notEmpty({trait_keys}) AND event_type = 'identify' AND user_traits != ''}}
		WHERE JSONHas(user_traits, asked.1)
	) AS told
	LEFT JOIN {{session_users}} AS users_of_sessions USING (session_id)
	GROUP BY user, asked
)
WHERE says = asked.2
GROUP BY user
HAVING count() = length({trait_keys})))

-- Value of key $2 of JSON $1 as text: strings as they are, everything else as JSON.
-- block: json_text
if(JSONType($1, $2) = 'String', JSONExtractString($1, $2), JSONExtractRaw($1, $2))

-- $1 sessions and own users, one row each. The ids of a page in their order, and the sums above it.
-- block: users_page_of
SELECT
	max(wanted_in_all) AS total,
	max(users_in_all) AS identifiedUsers,
	max(sessions_in_all) - max(unnamed_in_all) AS identifiedSessions,
	max(unnamed_in_all) AS anonymousSessions,
	arraySlice(groupArrayIf(name, wanted), {offset} + 1) AS users
FROM (
	SELECT
		name,
		wanted,
		sum(toUInt64(wanted)) OVER () AS wanted_in_all,
		sum(toUInt64(is_user)) OVER () AS users_in_all,
		sum(if(whole, sessions, 0)) OVER () AS sessions_in_all,
		sum(if(whole OR is_user, 0, sessions)) OVER () AS unnamed_in_all
	FROM {{users_summed: $1}}
	ORDER BY
		wanted DESC,
		if({descending} = 1, -1, 1) * multiIf({sort} = 'lastSeen', toUnixTimestamp64Milli(last), {sort} = 'sessions', toInt64(sessions),
			{sort} = 'events', toInt64(events), {sort} = 'toolCalls', toInt64(calls), {sort} = 'conversions', toInt64(conversions), 0),
		if({sort} = 'userId' AND {descending} = 1, name, '') DESC,
		name
	LIMIT {list_end}
)

-- Each user, all that is anonymous, and the whole.
-- block: users_summed
(SELECT
		user,
		grouping(user) = 1 AS whole,
		NOT whole AND user != 0 AS is_user,
		any(if(own = 0, session_name, user_id)) AS name,
		is_user AND position(name, {q}) > 0 AND {{has_traits}} AS wanted,
		max(last_event) AS last,
		uniqExact(session) AS sessions,
		sum(some_events) AS events,
		sum(some_calls) AS calls,
		sum(some_conversions) AS conversions
	FROM (SELECT *, if(own = 0, session_user, own) AS user FROM $1 AS parts
		LEFT JOIN {{users_with_names: {from} | {to}}} AS users_of_sessions USING (session))
	GROUP BY user WITH ROLLUP)

-- name: users_page
{{users_page_of: (SELECT *, 0 AS some_events, 0 AS some_calls, 0 AS some_conversions FROM {{last_visits: {from} | {to}}})}};

-- name: users_page_counted
{{users_page_of: (SELECT {{hash_of: session_id}} AS session, {{own_hash}} AS own, user_id, max(timestamp) AS last_event, count() AS some_events,
	countIf(event_type = 'tool_call') AS some_calls, countIf(event_type = 'conversion') AS some_conversions
FROM {{rows: session_id, user_id, timestamp, event_type | {{is_activity}}}}
GROUP BY session_id, user_id)}};

-- Events of the sessions in which one of $1 (an array) is named, each with its user (G6). $2 columns, $3 and $4 what time to read,
-- $5 condition. Own users of sessions without such an event have a row of empty columns.
-- block: sessions_of_users
(SELECT *
FROM {{pairs_of_sessions: {{sessions_naming: $1 | session}}}} AS pairs
LEFT JOIN {{found: $2 | {{is_of_sessions: {{sessions_naming: $1 | session}} | {{sessions_naming: $1 | session_id}} | $3 | $4}} AND ($5)}} AS theirs USING (session_id, user_id))

-- All events of the sessions in which {user} is named, each with its user (G6): one scan, since all that tells the users is read anyway.
-- block: all_of_user
(SELECT *, if(user_id = '', argMinIf(user_id, (timestamp, user_id), user_id != '') OVER (PARTITION BY session_id), user_id) AS user
FROM {{found: $1 | session_id IN ({{sessions_naming: [{user}] | session_id}})}})

-- block: user_columns
session_id, user_id, event_type, timestamp, step_sequence, event_id

-- The value $1 with its place in time; the least or greatest is that of the first or last event.
-- block: in_time
(timestamp, {{step_order}}, {{id_key: event_id}}, toString($1))

-- block: revenue
arrayMap(r -> tuple(r.1 AS currency, r.2 AS value), arraySort(arrayZip(mapKeys($1), mapValues($1))))

-- block: amounts_if
sumMapIf(map({{currency}}, assumeNotNull(conversion_value)), $1 AND event_type = 'conversion' AND conversion_value IS NOT NULL)

-- name: users_items
SELECT
	user AS userId,
	{{iso: first}} AS firstSeen,
	{{iso: last}} AS lastSeen,
	active AS sessions,
	some AS events,
	calls AS toolCalls,
	failed AS errors,
	converted AS conversions,
	{{revenue: amounts}} AS revenue,
	{{text: used.5}} AS lastPlatform,
	{{text: country.5}} AS countryCode
FROM (
	SELECT
		user,
		minIf(first_event, first_event > {{beginning}}) AS first,
		max(timestamp) AS last,
		uniqExactIf(session_id, event_type != '') AS active,
		countIf(event_type != '') AS some,
		countIf(event_type = 'tool_call') AS calls,
		countIf(event_type = 'tool_call' AND status = 'error') AS failed,
		countIf(event_type = 'conversion') AS converted,
		{{amounts_if: 1}} AS amounts,
		maxIf({{in_time: platform}}, {{is_known: platform}}) AS used,
		maxIf({{in_time: country_code}}, country_code != '') AS country
	FROM {{sessions_of_users: {users} | {{user_columns}}, status, platform, country_code, conversion_currency, conversion_value |
		{from} | {to} | {{is_activity}} AND {{chosen: {from} | {to}}}}}
	WHERE user IN {users}
	GROUP BY user
)
WHERE some > 0
ORDER BY indexOf({users}, user);

-- ---- one user ----
-- Platforms: of each session the first that any of its events tells. Traits: of the last hundred objects, put together so that the
-- later ones win: newest first, and of each key the first.
-- name: user
SELECT
	{user} AS userId,
	{{iso: min(first)}} AS firstSeen,
	{{iso: max(last)}} AS lastSeen,
	count() AS sessions,
	sum(some) AS events,
	sum(calls) AS toolCalls,
	sum(failed) AS errors,
	sum(converted) AS conversions,
	{{revenue: sumMap(amounts)}} AS revenue,
	arrayMap(p -> tuple(p.1 AS platform, p.2 AS sessions), arraySort(p -> (-toInt64(p.2), p.1), {{counts_of: {{known: used.5}}}})) AS platforms,
	{{text: max(country).5}} AS countryCode,
	{{merged: arrayFlatten(arrayMap(t -> JSONExtractKeysAndValuesRaw(t.4), groupArraySortedArray(100)(traits)))}} AS traits_json
FROM (
	SELECT
		minIf(timestamp, active) AS first,
		maxIf(timestamp, active) AS last,
		countIf(active) AS some,
		countIf(active AND event_type = 'tool_call') AS calls,
		countIf(active AND event_type = 'tool_call' AND status = 'error') AS failed,
		countIf(active AND event_type = 'conversion') AS converted,
		{{amounts_if: active}} AS amounts,
		minIf({{in_time: platform}}, {{is_known: platform}}) AS used,
		maxIf({{in_time: country_code}}, active AND country_code != '') AS country,
		groupArraySortedIf(100)((-toUnixTimestamp64Milli(timestamp), -toInt64({{step_order}}), {{id_down: event_id}}, user_traits),
			active AND event_type = 'identify' AND user_traits != '') AS traits
	FROM (
		SELECT *, user = {user} AND {{is_activity}} AS active
		FROM {{all_of_user: {{user_columns}}, status, platform, country_code, conversion_currency, conversion_value, user_traits}}
	)
	GROUP BY session_id
	HAVING some > 0
)
HAVING count() > 0;

-- A JSON object of pairs of keys and values; of those with one key the first.
-- block: merged
concat(char(123), arrayStringConcat(arrayMap(p -> concat(toJSONString(p.1), ':', p.2),
	arrayFilter((p, nth) -> nth = 1, $1, arrayEnumerateUniq(arrayMap(p -> p.1, $1)))), ','), char(125))

-- block: counts_of
arrayZip(mapKeys(sumMap(map($1, 1))), mapValues(sumMap(map($1, 1))))

-- A time behind which as many events of {user} lie as are asked for: a row of slot, session and user has one at least.
-- block: newest_of_user
(SELECT if(empty({event_types}) AND count() = {list_end}, toDateTime64(min(slot), 3, 'UTC'), {{beginning}})
FROM (SELECT slot FROM {{slots_naming: {user} | {seen_time}}} ORDER BY slot DESC LIMIT {list_end}))

-- Newest first, from behind the cursor ({seen_time}, {seen_id}) on; one more than asked for tells whether there are others.
-- name: user_events
SELECT
	arrayMap(e -> e.4, arraySlice(newest, 1, {limit})) AS items,
	if(length(newest) > {limit}, concat(toString(-newest[{limit}].1), '-', toString(newest[{limit}].3)), NULL) AS nextCursor
FROM (
	SELECT groupArraySorted({list_end})((-toUnixTimestamp64Milli(timestamp), {{id_down: event_id}}, event_id, tuple({{event: user}}))) AS newest
	FROM {{pairs_of_sessions: {{sessions_naming: [{user}] | session}}}} AS pairs
	JOIN {{found: {{event_columns}} | {{is_of_sessions: {{sessions_naming: [{user}] | session}} | {{sessions_naming: [{user}] | session_id}} |
		{{newest_of_user}} | addMilliseconds({seen_time}, 1)}}}} AS theirs
	USING (session_id, user_id)
	WHERE user = {user} AND (empty({event_types}) OR event_type IN {event_types})
		AND (timestamp < {seen_time} OR (timestamp = {seen_time} AND toString(event_id) < {seen_id}))
);
