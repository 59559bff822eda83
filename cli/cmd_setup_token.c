/* SPDX-License-Identifier: MIT
 * yavio setup-token: a new link for the first user; the one before is void. */
#include "auth/auth_token.h"
#include "base/buf.h"
#include "base/str.h"
#include "cli/app_data.h"
#include "cli/setup_token.h"
#include "crypto/crypto.h"
#include "httpc/httpc.h"
#include "store/store_login.h"

enum { REACH_MS = 5000 };

static bool write_link(const struct cli *cli, const char *token, char link[CLI_SETUP_LINK_BYTES])
{
	struct buf b;
	bool fits;

	buf_init(&b, CLI_SETUP_LINK_BYTES - 1);
	buf_addf(&b, "%s/setup#t=", conf_str(cli->conf, CONF_NEXTAUTH_URL));
	fits = httpc_add_escaped(&b, token) && !b.failed;
	if (fits)
		str_copy(link, CLI_SETUP_LINK_BYTES, buf_str(&b));
	if (b.data)
		crypto_wipe(b.data, b.len);
	buf_release(&b);
	return fits;
}

enum err setup_token_link(
        struct cli *cli, struct pg *pg, bool replace, char link[CLI_SETUP_LINK_BYTES])
{
	const char *wanted = conf_str(cli->conf, CONF_YAVIO_SETUP_TOKEN);
	struct auth_token token;
	bool stored = false;
	enum err e = auth_token_new(&token);

	link[0] = '\0';
	/* One that the operator chose is no secret to the settings: it may be told again. */
	if (e == ERR_OK && *wanted)
		e = crypto_sha256(wanted, strlen(wanted), token.hash);
	if (e == ERR_OK)
		e = store_setup_token(pg, token.hash, replace || *wanted, &stored);
	if (stored && !write_link(cli, *wanted ? wanted : token.text, link))
		e = ERR_CLI_INTERNAL_ERROR;
	crypto_wipe(&token, sizeof(token));
	return e;
}

static enum cli_exit print_link(struct cli *cli, struct pg *pg)
{
	char link[CLI_SETUP_LINK_BYTES];
	enum err e = setup_token_link(cli, pg, true, link);

	if (e == ERR_DASH_SETUP_ALREADY_DONE)
		return cli_fail(cli, e, "log in at the dashboard", "somebody has an account");
	if (e != ERR_OK)
		return cli_fail(cli, e, NULL, "no token could be stored");
	if (cli->json) {
		printf("{\"url\":\"%s\"}\n", link);
	} else {
		fprintf(stderr, "%s Open this link to make the first account; it works once\n",
		        cli_mark(CLI_MARK_OK));
		puts(link);
	}
	crypto_wipe(link, sizeof(link));
	return CLI_DONE;
}

enum cli_exit cmd_setup_token(struct cli *cli)
{
	struct pg *pg = NULL;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);

	if (rc == CLI_DONE)
		rc = print_link(cli, pg);
	pg_close(pg);
	return rc;
}
