-- SPDX-License-Identifier: MIT
-- Invitations: who may join which workspace, and the two functions with which an outsider reads and accepts one.
--
-- Functions: auth_invitation, auth_invitation_accept.

CREATE TABLE yavio.invitations (
	id uuid PRIMARY KEY,
	workspace_id uuid NOT NULL REFERENCES yavio.workspaces (id) ON DELETE CASCADE,
	email text NOT NULL CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 254),
	role text NOT NULL CHECK (role IN ('admin', 'member', 'viewer')),
	invited_by uuid REFERENCES yavio.users (id) ON DELETE SET NULL,
	token_hash bytea UNIQUE CHECK (octet_length(token_hash) = 32),
	sent_at timestamptz,
	accepted_at timestamptz,
	expires_at timestamptz NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN yavio.invitations.token_hash IS 'Null until sent and after use';

CREATE UNIQUE INDEX invitations_pending_idx ON yavio.invitations (workspace_id, email) WHERE accepted_at IS NULL;
-- For the cascade from workspaces, which the partial index cannot serve.
CREATE INDEX invitations_workspace_id_idx ON yavio.invitations (workspace_id);
CREATE INDEX invitations_email_idx ON yavio.invitations (email);
CREATE INDEX invitations_invited_by_idx ON yavio.invitations (invited_by);
CREATE INDEX invitations_expires_at_idx ON yavio.invitations (expires_at);

ALTER TABLE yavio.invitations ENABLE ROW LEVEL SECURITY;

CREATE POLICY invitations_select ON yavio.invitations
	FOR SELECT TO yavio_app
	USING (workspace_id IN (SELECT yavio.app_workspaces(3)));
CREATE POLICY invitations_insert ON yavio.invitations
	FOR INSERT TO yavio_app
	WITH CHECK (
		workspace_id IN (SELECT yavio.app_workspaces(3))
		AND invited_by = (SELECT yavio.app_uid())
		AND accepted_at IS NULL
	);
CREATE POLICY invitations_delete ON yavio.invitations
	FOR DELETE TO yavio_app
	USING (workspace_id IN (SELECT yavio.app_workspaces(3)));

GRANT
	SELECT (id, workspace_id, email, role, invited_by, sent_at, accepted_at, expires_at, created_at),
	INSERT (id, workspace_id, email, role, invited_by, token_hash, sent_at, accepted_at, expires_at),
	DELETE
	ON yavio.invitations TO yavio_app;

-- What the holder of a pending invitation may see; no row when it is unknown, used, cancelled or expired.
CREATE FUNCTION yavio.auth_invitation(hash bytea)
	RETURNS TABLE (id uuid, email text, role text, expires_at timestamptz, inviter_name text,
		workspace_id uuid, workspace_name text)
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT i.id, i.email, i.role, i.expires_at, u.name, w.id, w.name
	FROM yavio.invitations AS i
	JOIN yavio.workspaces AS w ON w.id = i.workspace_id
	LEFT JOIN yavio.users AS u ON u.id = i.invited_by
	WHERE i.token_hash = hash AND i.accepted_at IS NULL AND i.expires_at > now()
$$;

-- The current user accepts: member row and consumption together. Always one row; result is
--   ok             joined; workspace_id, slug and role are set
--   invalid        unknown, used, cancelled or expired
--   other_address  the invitation is for another address
--   member         already a member; the invitation stays
--   full           the workspace has its 500 members
-- The workspace is locked first, as its deletion does, so the two cannot deadlock and the count is exact.
CREATE FUNCTION yavio.auth_invitation_accept(hash bytea)
	RETURNS TABLE (result text, workspace_id uuid, slug text, role text)
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	members_max CONSTANT int := 500;
	me uuid := yavio.app_uid();
	invitation yavio.invitations%ROWTYPE;
	workspace yavio.workspaces%ROWTYPE;
BEGIN
	SELECT w.* INTO workspace
	FROM yavio.workspaces AS w
	JOIN yavio.invitations AS i ON i.workspace_id = w.id
	WHERE i.token_hash = hash
	FOR NO KEY UPDATE OF w;

	SELECT i.* INTO invitation
	FROM yavio.invitations AS i
	WHERE i.token_hash = hash AND i.accepted_at IS NULL AND i.expires_at > now()
	FOR UPDATE;
	IF NOT FOUND THEN
		result := 'invalid';
	ELSIF NOT EXISTS (SELECT FROM yavio.users AS u WHERE u.id = me AND u.email = invitation.email) THEN
		result := 'other_address';
	ELSIF EXISTS (
		SELECT FROM yavio.workspace_members AS m WHERE m.workspace_id = invitation.workspace_id AND m.user_id = me
	) THEN
		result := 'member';
	ELSIF (
		SELECT count(*) FROM yavio.workspace_members AS m WHERE m.workspace_id = invitation.workspace_id
	) >= members_max THEN
		result := 'full';
	ELSE
		INSERT INTO yavio.workspace_members (workspace_id, user_id, role)
		VALUES (invitation.workspace_id, me, invitation.role);
		UPDATE yavio.invitations AS i SET accepted_at = now(), token_hash = NULL WHERE i.id = invitation.id;
		result := 'ok';
		workspace_id := workspace.id;
		slug := workspace.slug;
		role := invitation.role;
	END IF;
	RETURN NEXT;
END
$$;

GRANT EXECUTE ON FUNCTION yavio.auth_invitation(bytea), yavio.auth_invitation_accept(bytea) TO yavio_app;
