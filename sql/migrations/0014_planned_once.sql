-- SPDX-License-Identifier: MIT
-- The functions behind the policies keep their plans: written in plpgsql, since a function in SQL that runs with its
-- owner's rights is parsed and planned anew in every statement that asks it, which took most of a request's time.
--
-- Functions: app_workspaces, app_owns, app_comembers, app_member_count, app_actor_names; each answers as before.

CREATE OR REPLACE FUNCTION yavio.app_workspaces(min_rank int) RETURNS SETOF uuid
	LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT m.workspace_id
	FROM yavio.workspace_members AS m
	WHERE m.user_id = (SELECT yavio.app_uid())
		AND array_position(ARRAY['viewer', 'member', 'admin', 'owner'], m.role) >= min_rank;
END
$$;

CREATE OR REPLACE FUNCTION yavio.app_owns(ws uuid) RETURNS boolean
	LANGUAGE plpgsql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	RETURN EXISTS (
		SELECT FROM yavio.workspaces AS w WHERE w.id = ws AND w.owner_id = (SELECT yavio.app_uid())
	);
END
$$;

CREATE OR REPLACE FUNCTION yavio.app_comembers() RETURNS SETOF uuid
	LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT DISTINCT m.user_id
	FROM yavio.workspace_members AS m
	WHERE m.workspace_id IN (SELECT yavio.app_workspaces(2));
END
$$;

CREATE OR REPLACE FUNCTION yavio.app_member_count(ws uuid) RETURNS bigint
	LANGUAGE plpgsql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	RETURN (
		SELECT count(*)
		FROM yavio.workspace_members AS m
		WHERE m.workspace_id = ws
		HAVING ws IN (SELECT yavio.app_workspaces(1))
	);
END
$$;

CREATE OR REPLACE FUNCTION yavio.app_actor_names(ws uuid, actors uuid[]) RETURNS TABLE (id uuid, name text)
	LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 5
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT u.id, u.name
	FROM yavio.users AS u
	WHERE u.id = ANY (actors)
		AND ws IN (SELECT yavio.app_workspaces(3))
		AND EXISTS (SELECT FROM yavio.audit_log AS a WHERE a.workspace_id = ws AND a.actor_user_id = u.id);
END
$$;
