-- SPDX-License-Identifier: MIT
-- How people log in: OAuth identities, logins, second factor, one-time tokens, failed attempts.
--
-- Functions: auth_session, auth_login, auth_attempt, auth_attempt_ok, auth_attempts_clear, auth_token_use, auth_oauth,
-- auth_register_clear; private: login_attempt_tier.

CREATE TABLE yavio.oauth_accounts (
	id uuid PRIMARY KEY,
	user_id uuid NOT NULL REFERENCES yavio.users (id) ON DELETE CASCADE,
	provider text NOT NULL CHECK (provider IN ('github', 'google')),
	provider_account_id text NOT NULL,
	email text CHECK (email = lower(email) AND char_length(email) <= 254),
	access_token_enc text,
	refresh_token_enc text,
	expires_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (provider, provider_account_id),
	UNIQUE (user_id, provider)
);

COMMENT ON COLUMN yavio.oauth_accounts.access_token_enc IS 'v1:<key id>:<base64url(nonce, ciphertext, tag)>, AES-256-GCM';

CREATE TABLE yavio.sessions (
	id uuid PRIMARY KEY,
	user_id uuid NOT NULL REFERENCES yavio.users (id) ON DELETE CASCADE,
	token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
	stage text NOT NULL CHECK (stage IN ('full', 'totp')),
	method text NOT NULL,
	auth_at timestamptz NOT NULL DEFAULT now(),
	ip inet,
	user_agent text CHECK (char_length(user_agent) <= 256),
	last_seen_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX sessions_user_id_idx ON yavio.sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON yavio.sessions (expires_at);

CREATE TABLE yavio.user_totp (
	user_id uuid PRIMARY KEY REFERENCES yavio.users (id) ON DELETE CASCADE,
	secret_enc text NOT NULL,
	confirmed_at timestamptz,
	last_step bigint NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN yavio.user_totp.confirmed_at IS 'Null: enrolment pending, void 15 min after created_at';
COMMENT ON COLUMN yavio.user_totp.last_step IS 'Latest 30 s step used: a code opens once';

CREATE TABLE yavio.recovery_codes (
	id uuid PRIMARY KEY,
	user_id uuid NOT NULL REFERENCES yavio.users (id) ON DELETE CASCADE,
	code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
	used_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (user_id, code_hash)
);

CREATE TABLE yavio.verification_tokens (
	id uuid PRIMARY KEY,
	user_id uuid NOT NULL REFERENCES yavio.users (id) ON DELETE CASCADE,
	token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
	type text NOT NULL CHECK (type IN ('email_verification', 'password_reset', 'account_unlock')),
	expires_at timestamptz NOT NULL,
	used_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX verification_tokens_user_id_type_idx ON yavio.verification_tokens (user_id, type);
CREATE INDEX verification_tokens_expires_at_idx ON yavio.verification_tokens (expires_at);

CREATE TABLE yavio.login_attempts (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('password', 'totp', 'mail_reset', 'mail_verify')),
	subject text NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 254),
	ip inet NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	tier smallint NOT NULL DEFAULT 0 CHECK (tier BETWEEN 0 AND 3),
	created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN yavio.login_attempts.subject IS 'password, mail_*: address in lower case; totp: user id';
COMMENT ON COLUMN yavio.login_attempts.tier IS
	'Lock that this failed password brought about. Kept, not counted again later: rows older than 24 h are deleted '
	'while the third lock, 24 h from the last failure, still stands';

CREATE INDEX login_attempts_kind_subject_at_idx ON yavio.login_attempts (kind, subject, at DESC);
CREATE INDEX login_attempts_at_idx ON yavio.login_attempts (at);

ALTER TABLE yavio.oauth_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE yavio.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE yavio.user_totp ENABLE ROW LEVEL SECURITY;
ALTER TABLE yavio.recovery_codes ENABLE ROW LEVEL SECURITY;
-- These two: no policy and no grant, functions only.
ALTER TABLE yavio.verification_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE yavio.login_attempts ENABLE ROW LEVEL SECURITY;

CREATE POLICY oauth_accounts_select ON yavio.oauth_accounts
	FOR SELECT TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));
CREATE POLICY oauth_accounts_insert ON yavio.oauth_accounts
	FOR INSERT TO yavio_app
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY oauth_accounts_update ON yavio.oauth_accounts
	FOR UPDATE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()))
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY oauth_accounts_delete ON yavio.oauth_accounts
	FOR DELETE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));

GRANT
	SELECT (id, user_id, provider, provider_account_id, email, access_token_enc, refresh_token_enc, expires_at,
		created_at),
	INSERT (id, user_id, provider, provider_account_id, email, access_token_enc, refresh_token_enc, expires_at),
	UPDATE (email, access_token_enc, refresh_token_enc, expires_at),
	DELETE
	ON yavio.oauth_accounts TO yavio_app;

CREATE POLICY sessions_select ON yavio.sessions
	FOR SELECT TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));
CREATE POLICY sessions_insert ON yavio.sessions
	FOR INSERT TO yavio_app
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY sessions_update ON yavio.sessions
	FOR UPDATE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()))
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY sessions_delete ON yavio.sessions
	FOR DELETE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));

GRANT
	SELECT (id, user_id, stage, method, auth_at, ip, user_agent, last_seen_at, expires_at, created_at),
	INSERT (id, user_id, token_hash, stage, method, auth_at, ip, user_agent, expires_at),
	UPDATE (auth_at),
	DELETE
	ON yavio.sessions TO yavio_app;

CREATE POLICY user_totp_select ON yavio.user_totp
	FOR SELECT TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));
CREATE POLICY user_totp_insert ON yavio.user_totp
	FOR INSERT TO yavio_app
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY user_totp_update ON yavio.user_totp
	FOR UPDATE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()))
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY user_totp_delete ON yavio.user_totp
	FOR DELETE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));

-- created_at is set again when a new enrolment replaces a pending one.
GRANT
	SELECT (user_id, secret_enc, confirmed_at, last_step, created_at),
	INSERT (user_id, secret_enc, confirmed_at, last_step),
	UPDATE (secret_enc, confirmed_at, last_step, created_at),
	DELETE
	ON yavio.user_totp TO yavio_app;

CREATE POLICY recovery_codes_select ON yavio.recovery_codes
	FOR SELECT TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));
CREATE POLICY recovery_codes_insert ON yavio.recovery_codes
	FOR INSERT TO yavio_app
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY recovery_codes_update ON yavio.recovery_codes
	FOR UPDATE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()))
	WITH CHECK (user_id = (SELECT yavio.app_uid()));
CREATE POLICY recovery_codes_delete ON yavio.recovery_codes
	FOR DELETE TO yavio_app
	USING (user_id = (SELECT yavio.app_uid()));

GRANT
	SELECT (id, user_id, code_hash, used_at, created_at),
	INSERT (id, user_id, code_hash),
	UPDATE (used_at),
	DELETE
	ON yavio.recovery_codes TO yavio_app;

-- The valid login of a token hash, or no row. Makes its user the tenant of the transaction; without a login the
-- tenant is emptied, so what follows in the same pipeline fails closed. A full login seen more than 5 minutes ago is
-- touched: its life slides, never past the absolute end. The second-factor stage keeps its short life.
CREATE FUNCTION yavio.auth_session(hash bytea, days int, max_days int)
	RETURNS TABLE (id uuid, user_id uuid, stage text, auth_at timestamptz, expires_at timestamptz, touched boolean)
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	login yavio.sessions%ROWTYPE;
BEGIN
	SELECT s.* INTO login
	FROM yavio.sessions AS s
	WHERE s.token_hash = hash
		AND s.expires_at > now()
		AND s.created_at > now() - make_interval(days => max_days);
	IF NOT FOUND THEN
		PERFORM set_config('app.current_user_id', '', true);
		RETURN;
	END IF;
	touched := false;
	IF login.stage = 'full' AND login.last_seen_at < now() - interval '5 minutes' THEN
		UPDATE yavio.sessions AS s
		SET last_seen_at = now(),
			expires_at = least(now() + make_interval(days => days), s.created_at + make_interval(days => max_days))
		WHERE s.id = login.id
		RETURNING s.* INTO login;
		-- Ended between the two statements by another request.
		IF NOT FOUND THEN
			PERFORM set_config('app.current_user_id', '', true);
			RETURN;
		END IF;
		touched := true;
	END IF;
	PERFORM set_config('app.current_user_id', login.user_id::text, true);
	id := login.id;
	user_id := login.user_id;
	stage := login.stage;
	auth_at := login.auth_at;
	expires_at := login.expires_at;
	RETURN NEXT;
END
$$;

-- What a login by address needs: the only way a password hash leaves.
CREATE FUNCTION yavio.auth_login(address text)
	RETURNS TABLE (user_id uuid, password_hash text, verified boolean, proof text, two_factor boolean)
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT u.id, u.password_hash, u.email_verified_at IS NOT NULL, u.email_proof,
		EXISTS (SELECT FROM yavio.user_totp AS t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
	FROM yavio.users AS u
	WHERE u.email = address
$$;

-- The lock that a failed password at this moment brings about, counting failures up to and including it.
CREATE FUNCTION yavio.login_attempt_tier(address text, upto timestamptz) RETURNS smallint
	LANGUAGE sql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT CASE
		WHEN count(*) >= 50 THEN 3
		WHEN count(*) FILTER (WHERE a.at > upto - interval '1 hour') >= 25 THEN 2
		WHEN count(*) FILTER (WHERE a.at > upto - interval '15 minutes') >= 10 THEN 1
		ELSE 0
	END::smallint
	FROM yavio.login_attempts AS a
	WHERE a.kind = 'password' AND a.subject = address AND a.at > upto - interval '24 hours' AND a.at <= upto
$$;

-- Records an attempt before it is judged, unless its subject is locked. One at a time for a subject, by an advisory
-- lock held to the end of the transaction: commit at once, before the password or code is looked at.
--
--   recorded:  attempt_id; for a password, tier and locked_until say what holds should this attempt prove wrong
--   locked:    attempt_id null; tier (other kinds: 0) and locked_until
--
-- Passwords have fixed tiers: 10 in 15 min lock for 15 min, 25 in 1 h for 1 h, 50 in 24 h for 24 h, each from the last
-- failure; attempts while locked are not recorded, so nobody can prolong a lock. Other kinds: max_count in seconds.
-- Needs READ COMMITTED, the default: the count must see what committed while the lock was awaited.
CREATE FUNCTION yavio.auth_attempt(attempt_kind text, attempt_subject text, attempt_ip inet, max_count int, seconds int)
	RETURNS TABLE (attempt_id bigint, tier smallint, locked_until timestamptz)
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	lock_life CONSTANT interval[] := ARRAY['15 minutes', '1 hour', '24 hours']::interval[];
	moment timestamptz;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended(attempt_kind || ':' || attempt_subject, 0));
	-- After the wait, not the start of the transaction; never before an attempt on record.
	moment := clock_timestamp();

	IF attempt_kind = 'password' THEN
		SELECT a.tier, a.at + lock_life[a.tier] INTO tier, locked_until
		FROM yavio.login_attempts AS a
		WHERE a.kind = attempt_kind AND a.subject = attempt_subject
			AND a.tier > 0 AND a.at > moment - interval '24 hours'
			AND a.at + lock_life[a.tier] > moment
		ORDER BY a.at + lock_life[a.tier] DESC
		LIMIT 1;
	ELSE
		-- The attempt that must grow old before another one fits.
		SELECT 0, a.at + make_interval(secs => seconds) INTO tier, locked_until
		FROM yavio.login_attempts AS a
		WHERE a.kind = attempt_kind AND a.subject = attempt_subject
			AND a.at > moment - make_interval(secs => seconds)
		ORDER BY a.at DESC
		OFFSET greatest(max_count, 1) - 1
		LIMIT 1;
	END IF;
	IF FOUND THEN
		RETURN NEXT;
		RETURN;
	END IF;

	INSERT INTO yavio.login_attempts AS a (kind, subject, ip, at)
	VALUES (attempt_kind, attempt_subject, attempt_ip, moment)
	RETURNING a.id INTO attempt_id;
	tier := 0;
	IF attempt_kind = 'password' THEN
		tier := yavio.login_attempt_tier(attempt_subject, moment);
		IF tier > 0 THEN
			UPDATE yavio.login_attempts AS a SET tier = auth_attempt.tier WHERE a.id = attempt_id;
			locked_until := moment + lock_life[tier];
		END IF;
	END IF;
	RETURN NEXT;
END
$$;

-- Takes back the attempt that proved right, and a lock that stood only because it was counted.
CREATE FUNCTION yavio.auth_attempt_ok(attempt bigint) RETURNS void
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	gone yavio.login_attempts%ROWTYPE;
BEGIN
	SELECT a.* INTO gone FROM yavio.login_attempts AS a WHERE a.id = attempt;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	-- The lock of auth_attempt: an attempt being counted now must not count the one that goes.
	PERFORM pg_advisory_xact_lock(hashtextextended(gone.kind || ':' || gone.subject, 0));
	DELETE FROM yavio.login_attempts AS a WHERE a.id = attempt;
	IF gone.kind = 'password' THEN
		UPDATE yavio.login_attempts AS a
		SET tier = yavio.login_attempt_tier(a.subject, a.at)
		WHERE a.kind = 'password' AND a.subject = gone.subject AND a.at >= gone.at AND a.tier > 0;
	END IF;
END
$$;

-- Every attempt of the current user, by address and by id: after reset, unlock or a passed second factor.
CREATE FUNCTION yavio.auth_attempts_clear() RETURNS void
	LANGUAGE sql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	DELETE FROM yavio.login_attempts AS a
	USING yavio.users AS u
	WHERE u.id = yavio.app_uid() AND a.subject IN (u.email, u.id::text)
$$;

-- Consumes a one-time token and returns its user; null for unknown, used, expired or of another type. Of parallel
-- calls one wins.
CREATE FUNCTION yavio.auth_token_use(hash bytea, token_type text) RETURNS uuid
	LANGUAGE sql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	UPDATE yavio.verification_tokens AS t
	SET used_at = now()
	WHERE t.token_hash = hash AND t.type = token_type AND t.used_at IS NULL AND t.expires_at > now()
	RETURNING t.user_id
$$;

-- The user of a provider's identity, or null.
CREATE FUNCTION yavio.auth_oauth(provider_name text, account_id text) RETURNS uuid
	LANGUAGE sql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT o.user_id FROM yavio.oauth_accounts AS o
	WHERE o.provider = provider_name AND o.provider_account_id = account_id
$$;

-- Makes room for a registration: an unverified account of that address goes. Whether the address is free now.
CREATE FUNCTION yavio.auth_register_clear(address text) RETURNS boolean
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	DELETE FROM yavio.users AS u WHERE u.email = address AND u.email_verified_at IS NULL;
	RETURN NOT EXISTS (SELECT FROM yavio.users AS u WHERE u.email = address);
END
$$;

GRANT EXECUTE ON FUNCTION
	yavio.auth_session(bytea, int, int),
	yavio.auth_login(text),
	yavio.auth_attempt(text, text, inet, int, int),
	yavio.auth_attempt_ok(bigint),
	yavio.auth_attempts_clear(),
	yavio.auth_token_use(bytea, text),
	yavio.auth_oauth(text, text),
	yavio.auth_register_clear(text)
	TO yavio_app;
