-- SPDX-License-Identifier: MIT
-- What a sign-in with a provider and the start of a program have to know without a tenant.
--
-- Functions: auth_sealed_keys, auth_invited.

-- Ids of the encryption keys that stored values were sealed under: a program that lacks one does not start.
CREATE FUNCTION yavio.auth_sealed_keys() RETURNS SETOF text
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 3
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT split_part(o.access_token_enc, ':', 2) FROM yavio.oauth_accounts AS o WHERE o.access_token_enc IS NOT NULL
	UNION
	SELECT split_part(o.refresh_token_enc, ':', 2) FROM yavio.oauth_accounts AS o WHERE o.refresh_token_enc IS NOT NULL
	UNION
	SELECT split_part(t.secret_enc, ':', 2) FROM yavio.user_totp AS t
$$;

-- Whether somebody invited this address and the invitation is open: it admits a new account while registration is
-- closed, and spares it the default workspace.
CREATE FUNCTION yavio.auth_invited(address text) RETURNS boolean
	LANGUAGE sql STABLE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT EXISTS (
		SELECT FROM yavio.invitations AS i
		WHERE i.email = address AND i.accepted_at IS NULL AND i.expires_at > now()
	)
$$;

GRANT EXECUTE ON FUNCTION yavio.auth_sealed_keys(), yavio.auth_invited(text) TO yavio_app;
