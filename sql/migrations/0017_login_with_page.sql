-- SPDX-License-Identifier: MIT
-- The two reads that every page begins with look their login up themselves: one statement, whose one plan finds the login
-- and reads what is its user's. What they give away is decided by the login alone; no tenant is set, since nothing
-- follows in their transaction.
--
-- A setting that a transaction changes, be it a function's own path, makes PostgreSQL 15 look through all its settings
-- when that ends. So auth_account and auth_workspaces set none: they name nothing but functions with their schema, and
-- what those name was looked up when they were made. That they stay so is tested (tests/it/postgres-functions.test.mjs).
--
-- Functions: login_in_use, login_account, login_workspaces, login_workspaces_end, auth_account, auth_workspaces; app_me and
-- app_my_workspaces go.
-- Types: login_account, login_workspace; own_account, own_workspace go.

DROP FUNCTION yavio.app_me();
DROP FUNCTION yavio.app_my_workspaces(int, int, text, boolean);
DROP TYPE yavio.own_account;
DROP TYPE yavio.own_workspace;

-- Functions in SQL, with the rights of who asks: parts of the statement that asks them, planned with it, nobody's to call.

-- The login of a token where nothing has to be written: it was seen less than 5 minutes ago, or has no life that slides.
-- Touched: in this transaction.
CREATE FUNCTION yavio.login_in_use(hash bytea, max_days int) RETURNS SETOF yavio.login
	LANGUAGE sql STABLE ROWS 1
	BEGIN ATOMIC
		SELECT s.id, s.user_id, s.stage, s.auth_at, s.expires_at, s.stage = 'full' AND s.last_seen_at = now()
		FROM yavio.sessions AS s
		WHERE s.token_hash = hash
			AND s.expires_at > now()
			AND s.created_at > now() - make_interval(days => max_days)
			AND (s.stage <> 'full' OR s.last_seen_at >= now() - interval '5 minutes');
	END;

CREATE TYPE yavio.login_account AS (
	session_id uuid,
	user_id uuid,
	stage text,
	auth_at timestamptz,
	expires_at timestamptz,
	touched boolean,
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

-- A login in use with its user's account and workspaces by name, as many as a page shows; one row without any where there
-- is none.
CREATE FUNCTION yavio.login_account(hash bytea, max_days int) RETURNS SETOF yavio.login_account
	LANGUAGE sql STABLE ROWS 5
	BEGIN ATOMIC
		SELECT l.id, l.user_id, l.stage, l.auth_at, l.expires_at, l.touched,
			u.email, u.name, u.has_password, u.email_proof <> 'none', u.created_at,
			EXISTS (SELECT FROM yavio.user_totp AS t WHERE t.user_id = l.user_id AND t.confirmed_at IS NOT NULL),
			(SELECT count(*) FROM yavio.recovery_codes AS c WHERE c.user_id = l.user_id AND c.used_at IS NULL),
			w.id, w.name, w.slug, m.role, w.plan
		FROM yavio.login_in_use(hash, max_days) AS l
		JOIN yavio.users AS u ON u.id = l.user_id
		LEFT JOIN (yavio.workspace_members AS m JOIN yavio.workspaces AS w ON w.id = m.workspace_id)
			ON m.user_id = l.user_id
		ORDER BY w.name, w.id
		LIMIT 100;
	END;

CREATE TYPE yavio.login_workspace AS (
	session_id uuid,
	user_id uuid,
	stage text,
	auth_at timestamptz,
	expires_at timestamptz,
	touched boolean,
	total bigint,
	id uuid,
	name text,
	slug text,
	plan text,
	role text,
	created_at timestamptz
);

-- A login in use with a page of the workspaces that its user is a member of; total counts all of them and stands alone
-- with the login in the one row of a user who is in none. No row behind the last.
CREATE FUNCTION yavio.login_workspaces(hash bytea, max_days int, most int, past int, sort text, descending boolean)
	RETURNS SETOF yavio.login_workspace
	LANGUAGE sql STABLE ROWS 5
	BEGIN ATOMIC
		SELECT l.id, l.user_id, l.stage, l.auth_at, l.expires_at, l.touched,
			count(m.user_id) OVER (), w.id, w.name, w.slug, w.plan, m.role, w.created_at
		FROM yavio.login_in_use(hash, max_days) AS l
		LEFT JOIN (yavio.workspace_members AS m JOIN yavio.workspaces AS w ON w.id = m.workspace_id)
			ON m.user_id = l.user_id
		CROSS JOIN LATERAL (
			SELECT CASE sort
				WHEN 'name' THEN lower(w.name)
				WHEN 'slug' THEN w.slug
				WHEN 'createdAt' THEN to_char(w.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
			END
		) AS k (place)
		ORDER BY CASE WHEN NOT descending THEN k.place END, CASE WHEN descending THEN k.place END DESC, w.id
		LIMIT most OFFSET past;
	END;

-- The one row of a page behind the last.
CREATE FUNCTION yavio.login_workspaces_end(hash bytea, max_days int) RETURNS SETOF yavio.login_workspace
	LANGUAGE sql STABLE ROWS 1
	BEGIN ATOMIC
		SELECT l.id, l.user_id, l.stage, l.auth_at, l.expires_at, l.touched,
			(SELECT count(*) FROM yavio.workspace_members AS m WHERE m.user_id = l.user_id),
			NULL::uuid, NULL::text, NULL::text, NULL::text, NULL::text, NULL::timestamptz
		FROM yavio.login_in_use(hash, max_days) AS l;
	END;

-- The same of any login, which is touched when that is due. No row: no such login.
CREATE FUNCTION yavio.auth_account(hash bytea, days int, max_days int) RETURNS SETOF yavio.login_account
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 5
AS $$
BEGIN
	RETURN QUERY SELECT * FROM yavio.login_account(hash, max_days);
	IF NOT FOUND THEN
		PERFORM FROM yavio.auth_session(hash, days, max_days);
		RETURN QUERY SELECT * FROM yavio.login_account(hash, max_days);
	END IF;
END
$$;

CREATE FUNCTION yavio.auth_workspaces(
	hash bytea, days int, max_days int, most int, past int, sort text, descending boolean
) RETURNS SETOF yavio.login_workspace
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 5
AS $$
BEGIN
	RETURN QUERY SELECT * FROM yavio.login_workspaces(hash, max_days, most, past, sort, descending);
	IF NOT FOUND THEN
		PERFORM FROM yavio.auth_session(hash, days, max_days);
		RETURN QUERY SELECT * FROM yavio.login_workspaces(hash, max_days, most, past, sort, descending);
	END IF;
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM yavio.login_workspaces_end(hash, max_days);
	END IF;
END
$$;

GRANT EXECUTE ON FUNCTION
	yavio.auth_account(bytea, int, int),
	yavio.auth_workspaces(bytea, int, int, int, int, text, boolean)
	TO yavio_app;
