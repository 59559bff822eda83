-- SPDX-License-Identifier: MIT
-- Names of those who wrote a page of an audit log, asked for once a page: one call a row took most of the request's time.
--
-- Function: app_actor_names, in the place of app_actor_name.

DROP FUNCTION yavio.app_actor_name(uuid, uuid);

-- Of these accounts those that acted in a workspace whose audit log the current user reads: also one that left it, whose
-- row in users he does not see.
CREATE FUNCTION yavio.app_actor_names(ws uuid, actors uuid[]) RETURNS TABLE (id uuid, name text)
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 5
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT u.id, u.name
	FROM yavio.users AS u
	WHERE u.id = ANY (actors)
		AND ws IN (SELECT yavio.app_workspaces(3))
		AND EXISTS (SELECT FROM yavio.audit_log AS a WHERE a.workspace_id = ws AND a.actor_user_id = u.id)
$$;

GRANT EXECUTE ON FUNCTION yavio.app_actor_names(uuid, uuid[]) TO yavio_app;
