-- SPDX-License-Identifier: MIT
-- Logins of the transaction's user: made, listed, ended. The look-up by token is tx_login.

-- name: session_insert
-- roles: app
INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, auth_at, ip, user_agent, expires_at)
VALUES ($1, $2, $3, $4, $5, coalesce($6, now()), $7, left($8, 256), now() + make_interval(secs => $9));

-- Beyond the most that a user may have the ones not seen for longest end. $2 stays: it was just made.
-- name: session_trim
-- roles: app
DELETE FROM yavio.sessions
WHERE user_id = $1
	AND id IN (
		SELECT id FROM yavio.sessions
		WHERE user_id = $1 AND id <> $2
		ORDER BY last_seen_at DESC, created_at DESC
		OFFSET $3
	);

-- name: session_proven
-- roles: app
UPDATE yavio.sessions SET auth_at = now() WHERE id = $1 AND user_id = (SELECT yavio.app_uid());

-- Of all users: for the numbers.
-- name: session_count
-- roles: service
SELECT count(*) FROM yavio.sessions WHERE stage = 'full' AND expires_at > now();

-- name: session_end
-- roles: app
DELETE FROM yavio.sessions WHERE id = $1 AND user_id = (SELECT yavio.app_uid());

-- name: session_end_others
-- roles: app
DELETE FROM yavio.sessions WHERE user_id = (SELECT yavio.app_uid()) AND id IS DISTINCT FROM $1;

-- One statement, as every page: the first column counts what was found, the others are NULL in the one row of an empty page.
-- name: session_page
-- roles: app
WITH found AS (
	SELECT id, method, ip, user_agent, created_at, last_seen_at, expires_at
	FROM yavio.sessions
	WHERE user_id = (SELECT yavio.app_uid()) AND stage = 'full' AND expires_at > now()
	LIMIT 10000
), page AS (
	SELECT row_number() OVER (
			ORDER BY
				CASE WHEN NOT $3 THEN last_seen_at END,
				CASE WHEN $3 THEN last_seen_at END DESC,
				id
		) AS place, *
	FROM found
	ORDER BY place
	LIMIT $1 OFFSET $2
)
SELECT (SELECT count(*) FROM found), p.id, p.method, host(p.ip), p.user_agent, p.created_at, p.last_seen_at, p.expires_at
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;
