-- SPDX-License-Identifier: MIT
-- First-user setup: the claim that one caller wins, and the hand-over of what was made before anybody had an account.
--
-- Functions: auth_setup_needed, auth_setup_claim, auth_setup_adopt. In one transaction, in this order:
-- auth_setup_claim(hash) = 'ok', tenant set to the new id, INSERT INTO users, auth_setup_adopt().

-- Until the first account of a person exists, made by setup or by `yavio users create`.
CREATE FUNCTION yavio.auth_setup_needed() RETURNS boolean
	LANGUAGE sql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT NOT EXISTS (SELECT FROM yavio.users AS u WHERE u.id <> yavio.system_account())
$$;

-- 'ok': the token is right and used up, if this transaction commits; 'wrong': another token, or none was made;
-- 'done': an account exists. The lock lasts to the end of the transaction, so a second claim waits for the first.
CREATE FUNCTION yavio.auth_setup_claim(hash bytea) RETURNS text
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('yavio setup', 0));
	IF NOT yavio.auth_setup_needed() THEN
		RETURN 'done';
	END IF;
	UPDATE yavio.instance AS i SET setup_token_hash = NULL, setup_done_at = now() WHERE i.setup_token_hash = hash;
	RETURN CASE WHEN FOUND THEN 'ok' ELSE 'wrong' END;
END
$$;

-- The account that this transaction's setup made becomes owner of the system account's workspaces; returns how many.
-- Only in the transaction of the claim (setup_done_at is its start) and only for the sole account.
CREATE FUNCTION yavio.auth_setup_adopt() RETURNS int
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	me uuid := yavio.app_uid();
	nobody CONSTANT uuid := yavio.system_account();
	adopted int;
BEGIN
	IF NOT EXISTS (SELECT FROM yavio.instance AS i WHERE i.setup_done_at = now())
		OR NOT EXISTS (SELECT FROM yavio.users AS u WHERE u.id = me)
		OR EXISTS (SELECT FROM yavio.users AS u WHERE u.id NOT IN (me, nobody)) THEN
		RAISE EXCEPTION 'no setup of this account is under way'
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	UPDATE yavio.workspace_members AS m SET user_id = me, joined_at = now()
	WHERE m.user_id = nobody AND m.role = 'owner';
	UPDATE yavio.workspaces AS w SET owner_id = me, updated_at = now() WHERE w.owner_id = nobody;
	GET DIAGNOSTICS adopted = ROW_COUNT;
	RETURN adopted;
END
$$;

GRANT EXECUTE ON FUNCTION
	yavio.auth_setup_needed(),
	yavio.auth_setup_claim(bytea),
	yavio.auth_setup_adopt()
	TO yavio_app;
