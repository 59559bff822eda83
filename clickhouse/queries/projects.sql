-- SPDX-License-Identifier: MIT
-- How much a project has: shown in the list of projects.

-- name: project_counts
SELECT *
FROM (SELECT count() {{as_events}} FROM {{rows: event_type | 1}}) AS counted
CROSS JOIN (SELECT maxOrNull(timestamp) AS lastEventAt FROM {{kept: timestamp | timestamp < {to} AND timestamp >= {{last_slot: {to}}}}}) AS latest;
