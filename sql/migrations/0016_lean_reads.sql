-- SPDX-License-Identifier: MIT
-- What every read pays for costs less: the tenant is an expression that the planner sees through instead of a function
-- called once for each policy, the look-up of a login asks for nothing twice, and the two reads that a page begins with
-- run behind a function, which spares them the rights of each column and the policies' own sub-plans. Rows of these
-- functions have a type of their own: the shape of a RETURNS TABLE is put together anew in every statement.
--
-- Functions: app_no_tenant, app_me, app_my_workspaces; app_uid and auth_session answer as before.
-- Types: login, own_account, own_workspace.

CREATE FUNCTION yavio.app_no_tenant() RETURNS uuid
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'no tenant is set in this transaction'
		USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Needs no search path of its own: what its body names was looked up when it was made.
CREATE OR REPLACE FUNCTION yavio.app_uid() RETURNS uuid
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(
		nullif(
			nullif(current_setting('app.current_user_id', true), '')::uuid,
			'00000000-0000-0000-0000-000000000000'::uuid
		),
		yavio.app_no_tenant()
	);

CREATE TYPE yavio.login AS (
	id uuid,
	user_id uuid,
	stage text,
	auth_at timestamptz,
	expires_at timestamptz,
	touched boolean
);

-- Its rows change their type, so it is made anew.
DROP FUNCTION yavio.auth_session(bytea, int, int);
CREATE FUNCTION yavio.auth_session(hash bytea, days int, max_days int) RETURNS SETOF yavio.login
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	found yavio.login;
	tenant text;
BEGIN
	SELECT s.id, s.user_id, s.stage, s.auth_at, s.expires_at,
		s.stage = 'full' AND s.last_seen_at < now() - interval '5 minutes'
	INTO found
	FROM yavio.sessions AS s
	WHERE s.token_hash = hash
		AND s.expires_at > now()
		AND s.created_at > now() - make_interval(days => max_days);
	IF found.touched THEN
		-- No row: ended between the two statements by another request.
		UPDATE yavio.sessions AS s
		SET last_seen_at = now(),
			expires_at = least(now() + make_interval(days => days), s.created_at + make_interval(days => max_days))
		WHERE s.id = found.id
		RETURNING s.id, s.user_id, s.stage, s.auth_at, s.expires_at, true INTO found;
	END IF;
	tenant := set_config('app.current_user_id', coalesce(found.user_id::text, ''), true);
	IF tenant <> '' THEN
		RETURN NEXT found;
	END IF;
END
$$;

CREATE TYPE yavio.own_account AS (
	id uuid,
	email text,
	name text,
	has_password boolean,
	verified boolean,
	created_at timestamptz,
	two_factor boolean,
	recovery_codes bigint,
	workspace_id uuid,
	workspace_name text,
	slug text,
	role text,
	plan text
);

-- The user of the transaction with the workspaces of the user by name, as many as a page shows; one row without any where
-- there is none. Nothing where the transaction got no tenant: it is asked together with the look-up of the login.
CREATE FUNCTION yavio.app_me() RETURNS SETOF yavio.own_account
	LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 5
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	me uuid;
BEGIN
	IF coalesce(current_setting('app.current_user_id', true), '') = '' THEN
		RETURN;
	END IF;
	me := yavio.app_uid();
	RETURN QUERY
	SELECT u.id, u.email, u.name, u.has_password, u.email_proof <> 'none', u.created_at,
		EXISTS (SELECT FROM yavio.user_totp AS t WHERE t.user_id = me AND t.confirmed_at IS NOT NULL),
		(SELECT count(*) FROM yavio.recovery_codes AS c WHERE c.user_id = me AND c.used_at IS NULL),
		w.id, w.name, w.slug, m.role, w.plan
	FROM yavio.users AS u
	LEFT JOIN (yavio.workspace_members AS m JOIN yavio.workspaces AS w ON w.id = m.workspace_id) ON m.user_id = u.id
	WHERE u.id = me
	ORDER BY w.name, w.id
	LIMIT 100;
END
$$;

CREATE TYPE yavio.own_workspace AS (
	total bigint,
	id uuid,
	name text,
	slug text,
	plan text,
	role text,
	created_at timestamptz
);

-- A page of the workspaces that the user of the transaction is a member of; total counts all of them and stands alone in
-- the one row of an empty page.
CREATE FUNCTION yavio.app_my_workspaces(most int, past int, sort text, descending boolean) RETURNS SETOF yavio.own_workspace
	LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 5
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	me uuid := yavio.app_uid();
BEGIN
	RETURN QUERY
	SELECT count(*) OVER (), w.id, w.name, w.slug, w.plan, m.role, w.created_at
	FROM yavio.workspace_members AS m
	JOIN yavio.workspaces AS w ON w.id = m.workspace_id
	WHERE m.user_id = me
	ORDER BY
		CASE WHEN sort = 'name' AND NOT descending THEN lower(w.name) END,
		CASE WHEN sort = 'name' AND descending THEN lower(w.name) END DESC,
		CASE WHEN sort = 'slug' AND NOT descending THEN w.slug END,
		CASE WHEN sort = 'slug' AND descending THEN w.slug END DESC,
		CASE WHEN sort = 'createdAt' AND NOT descending THEN w.created_at END,
		CASE WHEN sort = 'createdAt' AND descending THEN w.created_at END DESC,
		w.id
	LIMIT most OFFSET past;
	IF NOT FOUND THEN
		RETURN QUERY
		SELECT count(*), NULL::uuid, NULL, NULL, NULL, NULL, NULL::timestamptz
		FROM yavio.workspace_members AS m
		WHERE m.user_id = me;
	END IF;
END
$$;

GRANT EXECUTE ON FUNCTION
	yavio.app_no_tenant(),
	yavio.auth_session(bytea, int, int),
	yavio.app_me(),
	yavio.app_my_workspaces(int, int, text, boolean)
	TO yavio_app;
