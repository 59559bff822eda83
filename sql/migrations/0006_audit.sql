-- SPDX-License-Identifier: MIT
-- The audit log, append-only for the dashboard, and what the deletion of an account or workspace does to it.
--
-- Triggers: users_forget (before delete of a user), workspaces_forget (after delete of a workspace).

-- workspace_id has no foreign key: the row of workspace.delete outlives its workspace.
CREATE TABLE yavio.audit_log (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT now(),
	workspace_id uuid,
	actor_user_id uuid REFERENCES yavio.users (id) ON DELETE SET NULL,
	actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'system', 'cli')),
	action text NOT NULL,
	target_type text,
	target_id text,
	ip inet,
	user_agent text,
	request_id text,
	detail jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(detail::text) <= 4096),
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX audit_log_workspace_id_at_idx ON yavio.audit_log (workspace_id, at DESC, id DESC);
CREATE INDEX audit_log_actor_user_id_at_idx ON yavio.audit_log (actor_user_id, at DESC);
CREATE INDEX audit_log_at_idx ON yavio.audit_log (at);

ALTER TABLE yavio.audit_log ENABLE ROW LEVEL SECURITY;

CREATE POLICY audit_log_select ON yavio.audit_log
	FOR SELECT TO yavio_app
	USING (
		workspace_id IN (SELECT yavio.app_workspaces(3))
		OR (workspace_id IS NULL AND actor_user_id = (SELECT yavio.app_uid()))
	);
CREATE POLICY audit_log_insert ON yavio.audit_log
	FOR INSERT TO yavio_app
	WITH CHECK (
		actor_user_id = (SELECT yavio.app_uid())
		AND actor_kind = 'user'
		AND (workspace_id IS NULL OR workspace_id IN (SELECT yavio.app_workspaces(1)))
	);

GRANT
	SELECT (id, at, workspace_id, actor_user_id, actor_kind, action, target_type, target_id, ip, user_agent,
		request_id, detail, created_at),
	INSERT (workspace_id, actor_user_id, actor_kind, action, target_type, target_id, ip, user_agent, request_id,
		detail)
	ON yavio.audit_log TO yavio_app;

-- The audit rows of a deleted account stay, without what identifies it; the foreign key then drops the actor. The
-- system account stays for good.
CREATE FUNCTION yavio.users_forget() RETURNS trigger
	LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	IF OLD.id = yavio.system_account() THEN
		RAISE EXCEPTION 'the system account cannot be deleted'
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	UPDATE yavio.audit_log AS a SET ip = NULL, user_agent = NULL
	WHERE a.actor_user_id = OLD.id AND (a.ip IS NOT NULL OR a.user_agent IS NOT NULL);
	DELETE FROM yavio.login_attempts AS a WHERE a.kind = 'totp' AND a.subject = OLD.id::text;
	DELETE FROM yavio.login_attempts AS a
	WHERE a.kind IN ('password', 'mail_reset', 'mail_verify') AND a.subject = OLD.email;
	DELETE FROM yavio.invitations AS i WHERE i.email = OLD.email;
	RETURN OLD;
END
$$;

CREATE TRIGGER users_forget
	BEFORE DELETE ON yavio.users
	FOR EACH ROW EXECUTE FUNCTION yavio.users_forget();

CREATE FUNCTION yavio.workspaces_forget() RETURNS trigger
	LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	DELETE FROM yavio.audit_log AS a WHERE a.workspace_id = OLD.id AND a.action <> 'workspace.delete';
	RETURN NULL;
END
$$;

CREATE TRIGGER workspaces_forget
	AFTER DELETE ON yavio.workspaces
	FOR EACH ROW EXECUTE FUNCTION yavio.workspaces_forget();
