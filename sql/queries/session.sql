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

-- name: session_end
-- roles: app
DELETE FROM yavio.sessions WHERE id = $1 AND user_id = (SELECT yavio.app_uid());

-- name: session_end_others
-- roles: app
DELETE FROM yavio.sessions WHERE user_id = (SELECT yavio.app_uid()) AND id IS DISTINCT FROM $1;

-- name: session_list
-- roles: app
SELECT id, method, host(ip), user_agent, created_at, last_seen_at, expires_at
FROM yavio.sessions
WHERE user_id = (SELECT yavio.app_uid()) AND stage = 'full' AND expires_at > now()
ORDER BY last_seen_at DESC, id
LIMIT $1 OFFSET $2;

-- name: session_count
-- roles: app
SELECT count(*)
FROM (
	SELECT FROM yavio.sessions
	WHERE user_id = (SELECT yavio.app_uid()) AND stage = 'full' AND expires_at > now()
	LIMIT $1
) AS counted;
