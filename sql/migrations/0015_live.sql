-- SPDX-License-Identifier: MIT
-- Live views end at once, not at the next look, when a login or a membership is gone.
--
-- Trigger: access_changed on sessions and workspace_members (channel yavio_access, payload the user's id; "" when a
-- statement touched more users than anybody wants to be told of one by one).

CREATE FUNCTION yavio.access_changed() RETURNS trigger
	LANGUAGE plpgsql
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	users uuid[];
BEGIN
	SELECT array_agg(user_id) INTO users FROM (SELECT DISTINCT user_id FROM gone LIMIT 101) AS u;
	IF cardinality(users) > 100 THEN
		PERFORM pg_notify('yavio_access', '');
	ELSIF cardinality(users) > 0 THEN
		PERFORM pg_notify('yavio_access', id::text) FROM unnest(users) AS id;
	END IF;
	RETURN NULL;
END
$$;

CREATE TRIGGER access_changed
	AFTER DELETE ON yavio.sessions
	REFERENCING OLD TABLE AS gone
	FOR EACH STATEMENT EXECUTE FUNCTION yavio.access_changed();

CREATE TRIGGER access_changed
	AFTER DELETE ON yavio.workspace_members
	REFERENCING OLD TABLE AS gone
	FOR EACH STATEMENT EXECUTE FUNCTION yavio.access_changed();
