-- SPDX-License-Identifier: MIT
-- What a member may know of a workspace beyond the rows he sees: how many belong to it, and who wrote its audit log.
--
-- Functions: app_member_count, app_actor_name.

-- Members of a workspace that the current user is in, a viewer, too, who sees no list of them; null: of another.
CREATE FUNCTION yavio.app_member_count(ws uuid) RETURNS bigint
	LANGUAGE sql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT count(*)
	FROM yavio.workspace_members AS m
	WHERE m.workspace_id = ws
	HAVING ws IN (SELECT yavio.app_workspaces(1))
$$;

-- Name of an account that acted in a workspace whose audit log the current user reads: also of one that left it, whose
-- row in users he does not see. Null: none such.
CREATE FUNCTION yavio.app_actor_name(ws uuid, actor uuid) RETURNS text
	LANGUAGE sql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT u.name
	FROM yavio.users AS u
	WHERE u.id = actor
		AND ws IN (SELECT yavio.app_workspaces(3))
		AND EXISTS (SELECT FROM yavio.audit_log AS a WHERE a.workspace_id = ws AND a.actor_user_id = actor)
$$;

GRANT EXECUTE ON FUNCTION yavio.app_member_count(uuid), yavio.app_actor_name(uuid, uuid) TO yavio_app;
