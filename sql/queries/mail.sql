-- SPDX-License-Identifier: MIT
-- What yavio-jobs looks up before it sends a mail, and the hashes of the tokens it puts into one.

-- $1: address, or $2: user id.
-- name: mail_user
-- roles: service
SELECT id, email, name, email_verified_at IS NOT NULL
FROM yavio.users
WHERE (email = $1 OR id = $2) AND id <> yavio.system_account();

-- Two jobs for one account follow one another.
-- name: mail_token_lock
-- roles: service
SELECT id FROM yavio.users WHERE id = $1 FOR NO KEY UPDATE;

-- The token of an earlier try of this job: whether it still opens, and with that its life begins anew.
-- name: mail_token_again
-- roles: service
UPDATE yavio.verification_tokens
SET expires_at = CASE WHEN used_at IS NULL THEN now() + $2::bigint * interval '1 millisecond' ELSE expires_at END
WHERE token_hash = $1
RETURNING used_at IS NULL;

-- A token of this kind made for a later request: this one has come too late.
-- name: mail_token_newer
-- roles: service
SELECT EXISTS (
	SELECT FROM yavio.verification_tokens WHERE user_id = $1 AND type = $2 AND created_at > $3
);

-- name: mail_token_void
-- roles: service
UPDATE yavio.verification_tokens SET used_at = now() WHERE user_id = $1 AND type = $2 AND used_at IS NULL;

-- created_at: when the mail was asked for.
-- name: mail_token_insert
-- roles: service
INSERT INTO yavio.verification_tokens (id, user_id, token_hash, type, expires_at, created_at)
VALUES ($1, $2, $3, $4, now() + $5::bigint * interval '1 millisecond', $6);

-- name: mail_invitation
-- roles: service
SELECT i.email, w.name, u.name
FROM yavio.invitations AS i
JOIN yavio.workspaces AS w ON w.id = i.workspace_id
LEFT JOIN yavio.users AS u ON u.id = i.invited_by
WHERE i.id = $1 AND i.accepted_at IS NULL;

-- Not over the token of a later request ($4: when this one was made, which is also what sent_at becomes).
-- name: mail_invitation_token
-- roles: service
UPDATE yavio.invitations
SET token_hash = $2, sent_at = $4, expires_at = now() + $3::bigint * interval '1 millisecond'
WHERE id = $1 AND accepted_at IS NULL AND (token_hash IS NULL OR token_hash = $2 OR sent_at IS NULL OR sent_at <= $4);
