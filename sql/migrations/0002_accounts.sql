-- SPDX-License-Identifier: MIT
-- Accounts, workspaces and memberships: the three tables on which every policy rests, and the system account.
--
-- Functions: app_workspaces, app_owns, app_comembers (for policies), workspace_transfer, system_account.

CREATE TABLE yavio.users (
	id uuid PRIMARY KEY,
	email text NOT NULL UNIQUE CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 254),
	name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
	password_hash text,
	has_password boolean NOT NULL GENERATED ALWAYS AS (password_hash IS NOT NULL) STORED,
	email_verified_at timestamptz,
	email_proof text NOT NULL DEFAULT 'none' CHECK (email_proof IN ('none', 'mail', 'oauth', 'setup')),
	last_login_at timestamptz,
	updated_at timestamptz NOT NULL DEFAULT now(),
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT users_system_cannot_log_in CHECK (
		id <> '00000000-0000-0000-0000-000000000000' OR (password_hash IS NULL AND email_proof = 'none')
	)
);

COMMENT ON COLUMN yavio.users.email_verified_at IS
	'When the account became active; null: unverified, replaced or deleted. Set with email_proof none while mail is off';
COMMENT ON COLUMN yavio.users.password_hash IS 'PHC string, argon2id; leaves only through auth_login';

CREATE TABLE yavio.workspaces (
	id uuid PRIMARY KEY,
	name text NOT NULL CHECK (char_length(name) BETWEEN 2 AND 100),
	slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,46}[a-z0-9]$'),
	owner_id uuid NOT NULL REFERENCES yavio.users (id) ON DELETE RESTRICT,
	plan text NOT NULL DEFAULT 'community' CHECK (plan IN ('community', 'cloud_free', 'cloud_pro', 'enterprise')),
	stripe_customer_id text UNIQUE,
	spending_cap numeric(10, 2) CHECK (spending_cap >= 0),
	billing_status text NOT NULL DEFAULT 'active'
		CHECK (billing_status IN ('active', 'past_due', 'paused', 'cancelled')),
	updated_at timestamptz NOT NULL DEFAULT now(),
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX workspaces_owner_id_idx ON yavio.workspaces (owner_id);

CREATE TABLE yavio.workspace_members (
	workspace_id uuid NOT NULL REFERENCES yavio.workspaces (id) ON DELETE CASCADE,
	user_id uuid NOT NULL REFERENCES yavio.users (id) ON DELETE CASCADE,
	role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
	joined_at timestamptz NOT NULL DEFAULT now(),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (workspace_id, user_id)
);

CREATE INDEX workspace_members_user_id_idx ON yavio.workspace_members (user_id);
CREATE UNIQUE INDEX workspace_members_one_owner_idx ON yavio.workspace_members (workspace_id) WHERE role = 'owner';

-- The system account owns what a headless set-up makes before any person has an account (`yavio keys create
-- --create-missing`). It keeps the rules whole: every workspace has its one owner and its owner's member row. Nobody
-- can be it: no password, an address under .invalid (RFC 2606) that cannot be proven, a tenant that app_uid refuses,
-- and a trigger that keeps it from being deleted. auth_setup_adopt hands its workspaces to the first real account.
CREATE FUNCTION yavio.system_account() RETURNS uuid
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT '00000000-0000-0000-0000-000000000000'::uuid
$$;

INSERT INTO yavio.users (id, email, name, email_verified_at)
VALUES (yavio.system_account(), 'system@yavio.invalid', 'Yavio', now());

-- The functions below read workspace_members as its owner, so that table's own policy does not call itself (42P17).

-- Workspaces in which the current user holds at least this rank: 1 viewer, 2 member, 3 admin, 4 owner.
CREATE FUNCTION yavio.app_workspaces(min_rank int) RETURNS SETOF uuid
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT m.workspace_id
	FROM yavio.workspace_members AS m
	WHERE m.user_id = (SELECT yavio.app_uid())
		AND array_position(ARRAY['viewer', 'member', 'admin', 'owner'], m.role) >= min_rank
$$;

-- Whether the current user is the owner named by the workspace itself: before the first member row exists.
CREATE FUNCTION yavio.app_owns(ws uuid) RETURNS boolean
	LANGUAGE sql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT EXISTS (
		SELECT FROM yavio.workspaces AS w WHERE w.id = ws AND w.owner_id = (SELECT yavio.app_uid())
	)
$$;

-- Everyone in a workspace where the current user is at least member: a viewer sees no list of people.
CREATE FUNCTION yavio.app_comembers() RETURNS SETOF uuid
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 50
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT DISTINCT m.user_id
	FROM yavio.workspace_members AS m
	WHERE m.workspace_id IN (SELECT yavio.app_workspaces(2))
$$;

GRANT EXECUTE ON FUNCTION yavio.app_workspaces(int), yavio.app_owns(uuid), yavio.app_comembers() TO yavio_app;

ALTER TABLE yavio.users ENABLE ROW LEVEL SECURITY;

CREATE POLICY users_select ON yavio.users
	FOR SELECT TO yavio_app
	USING (id = (SELECT yavio.app_uid()) OR id IN (SELECT yavio.app_comembers()));
CREATE POLICY users_insert ON yavio.users
	FOR INSERT TO yavio_app
	WITH CHECK (id = (SELECT yavio.app_uid()));
CREATE POLICY users_update ON yavio.users
	FOR UPDATE TO yavio_app
	USING (id = (SELECT yavio.app_uid()))
	WITH CHECK (id = (SELECT yavio.app_uid()));
CREATE POLICY users_delete ON yavio.users
	FOR DELETE TO yavio_app
	USING (id = (SELECT yavio.app_uid()));

GRANT
	SELECT (id, email, name, has_password, email_verified_at, email_proof, last_login_at, updated_at, created_at),
	INSERT (id, email, name, password_hash, email_verified_at, email_proof, last_login_at),
	UPDATE (name, password_hash, email_verified_at, email_proof, last_login_at, updated_at),
	DELETE
	ON yavio.users TO yavio_app;

ALTER TABLE yavio.workspaces ENABLE ROW LEVEL SECURITY;

-- owner_id = me as well: INSERT ... RETURNING needs the row visible before its member row exists.
CREATE POLICY workspaces_select ON yavio.workspaces
	FOR SELECT TO yavio_app
	USING (owner_id = (SELECT yavio.app_uid()) OR id IN (SELECT yavio.app_workspaces(1)));
CREATE POLICY workspaces_insert ON yavio.workspaces
	FOR INSERT TO yavio_app
	WITH CHECK (owner_id = (SELECT yavio.app_uid()));
CREATE POLICY workspaces_update ON yavio.workspaces
	FOR UPDATE TO yavio_app
	USING (id IN (SELECT yavio.app_workspaces(3)))
	WITH CHECK (id IN (SELECT yavio.app_workspaces(3)));
CREATE POLICY workspaces_delete ON yavio.workspaces
	FOR DELETE TO yavio_app
	USING (owner_id = (SELECT yavio.app_uid()));

GRANT
	SELECT (id, name, slug, owner_id, plan, stripe_customer_id, spending_cap, billing_status, updated_at, created_at),
	INSERT (id, name, slug, owner_id),
	UPDATE (name, slug, updated_at),
	DELETE
	ON yavio.workspaces TO yavio_app;

ALTER TABLE yavio.workspace_members ENABLE ROW LEVEL SECURITY;

CREATE POLICY workspace_members_select ON yavio.workspace_members
	FOR SELECT TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()) OR workspace_id IN (SELECT yavio.app_workspaces(2)));
CREATE POLICY workspace_members_insert ON yavio.workspace_members
	FOR INSERT TO yavio_app
	WITH CHECK (user_id = (SELECT yavio.app_uid()) AND role = 'owner' AND yavio.app_owns(workspace_id));
CREATE POLICY workspace_members_update ON yavio.workspace_members
	FOR UPDATE TO yavio_app
	USING (role <> 'owner' AND workspace_id IN (SELECT yavio.app_workspaces(3)))
	WITH CHECK (role <> 'owner' AND workspace_id IN (SELECT yavio.app_workspaces(3)));
CREATE POLICY workspace_members_delete ON yavio.workspace_members
	FOR DELETE TO yavio_app
	USING (
		role <> 'owner'
		AND (user_id = (SELECT yavio.app_uid()) OR workspace_id IN (SELECT yavio.app_workspaces(3)))
	);

GRANT
	SELECT (workspace_id, user_id, role, joined_at, created_at),
	INSERT (workspace_id, user_id, role),
	UPDATE (role),
	DELETE
	ON yavio.workspace_members TO yavio_app;

-- Ownership moves to an admin or member of the workspace; the old owner becomes admin. False when the caller does not
-- own it or the target does not qualify. The row lock makes two transfers follow one another.
CREATE FUNCTION yavio.workspace_transfer(ws uuid, new_owner uuid) RETURNS boolean
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	me uuid := yavio.app_uid();
BEGIN
	PERFORM FROM yavio.workspaces AS w WHERE w.id = ws AND w.owner_id = me FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM FROM yavio.workspace_members AS m
	WHERE m.workspace_id = ws AND m.user_id = new_owner AND m.role IN ('admin', 'member')
	FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	-- One owner at a time: the unique index is checked row by row.
	UPDATE yavio.workspace_members AS m SET role = 'admin' WHERE m.workspace_id = ws AND m.user_id = me;
	UPDATE yavio.workspace_members AS m SET role = 'owner' WHERE m.workspace_id = ws AND m.user_id = new_owner;
	UPDATE yavio.workspaces AS w SET owner_id = new_owner, updated_at = now() WHERE w.id = ws;
	RETURN true;
END
$$;

GRANT EXECUTE ON FUNCTION yavio.workspace_transfer(uuid, uuid) TO yavio_app;
