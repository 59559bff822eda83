-- SPDX-License-Identifier: MIT
-- Password accounts: a login begun in one call, tokens looked at before they are used, and what an unverified account
-- that gives way to another must not take with it.
--
-- Functions: auth_login_begin, auth_token_user; changed: auth_register_clear, users_forget.

-- A login by password in one call: the attempt is on record before the password is looked at, for every address alike.
-- Always one row. setup: no account exists yet, nothing was recorded. Else attempt_id, tier and locked_until of
-- auth_attempt; the account's columns are null where the address has none, and while it is locked.
CREATE FUNCTION yavio.auth_login_begin(address text, attempt_ip inet)
	RETURNS TABLE (setup boolean, attempt_id bigint, tier smallint, locked_until timestamptz, user_id uuid,
		password_hash text, verified boolean, two_factor boolean)
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	setup := yavio.auth_setup_needed();
	IF NOT setup THEN
		SELECT a.attempt_id, a.tier, a.locked_until INTO attempt_id, tier, locked_until
		FROM yavio.auth_attempt('password', address, attempt_ip, 0, 0) AS a;
	END IF;
	IF attempt_id IS NOT NULL THEN
		SELECT l.user_id, l.password_hash, l.verified, l.two_factor
		INTO user_id, password_hash, verified, two_factor
		FROM yavio.auth_login(address) AS l;
	END IF;
	RETURN NEXT;
END
$$;

-- Whose one-time token this is, without using it up; no row: unknown, used, expired or of another type.
CREATE FUNCTION yavio.auth_token_user(hash bytea, token_type text)
	RETURNS TABLE (user_id uuid, email text, verified boolean)
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT u.id, u.email, u.email_verified_at IS NOT NULL
	FROM yavio.verification_tokens AS t
	JOIN yavio.users AS u ON u.id = t.user_id
	WHERE t.token_hash = hash AND t.type = token_type AND t.used_at IS NULL AND t.expires_at > now()
$$;

-- As before, one registration of an address at a time: of two the second finds the account of the first.
CREATE OR REPLACE FUNCTION yavio.auth_register_clear(address text) RETURNS boolean
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('register:' || address, 0));
	DELETE FROM yavio.users AS u WHERE u.email = address AND u.email_verified_at IS NULL;
	RETURN NOT EXISTS (SELECT FROM yavio.users AS u WHERE u.email = address);
END
$$;

-- As before, but an account that nobody verified leaves what belongs to the address and not to it: failed logins and
-- mails that were counted, else registering anew would lift a lock and a limit, and invitations, else registering with
-- one would delete it.
CREATE OR REPLACE FUNCTION yavio.users_forget() RETURNS trigger
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
	IF OLD.email_verified_at IS NOT NULL THEN
		DELETE FROM yavio.login_attempts AS a
		WHERE a.kind IN ('password', 'mail_reset', 'mail_verify') AND a.subject = OLD.email;
		DELETE FROM yavio.invitations AS i WHERE i.email = OLD.email;
	END IF;
	RETURN OLD;
END
$$;

GRANT EXECUTE ON FUNCTION yavio.auth_login_begin(text, inet), yavio.auth_token_user(bytea, text) TO yavio_app;
