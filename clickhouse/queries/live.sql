-- SPDX-License-Identifier: MIT
-- What a live view is made of (yavio-live), in the order in which the store got it.

-- Positions and own fields of what came, the newest first: a page behind ({stored_before}, {before_id}).
-- name: live_rows
SELECT toUnixTimestamp64Milli(now64(3)) AS now_ms, toUnixTimestamp64Milli(stored_at) AS stored_ms, event_id, event_type,
	event_name, platform, status
FROM {{arrivals: stored_at, event_id, event_type, event_name, platform, status | {stored_before} |
	(stored_at < fromUnixTimestamp64Milli({stored_before}, 'UTC') OR event_id < {before_id})
	AND (empty({type}) OR has({type}, event_type))
	AND (empty({tool}) OR (event_type = 'tool_call' AND has({tool}, event_name)))
	AND (empty({platform}) OR has({platform}, {{known: platform}}))
	AND ({status} = '' OR status = {status})}}
ORDER BY stored_at DESC, event_id DESC
LIMIT 1 BY event_id
LIMIT {limit};

-- Events as they are answered, by their ids; the id comes first.
-- name: live_events
WITH picked AS (SELECT * FROM {{arrivals: {{event_columns}}, ingested_at | {stored_to} | event_id IN {event_ids}}}
	ORDER BY ingested_at DESC LIMIT 1 BY event_id)
SELECT {{event: session_user}}
FROM picked
LEFT JOIN {{users_of_many: SELECT session_id FROM picked WHERE user_id = ''}} AS known USING (session_id);
