/* SPDX-License-Identifier: MIT
 * yavio users: accounts for the operator, who works on the server and needs no login and no mail.
 */
#include <ctype.h>
#include <stdlib.h>

#include "auth/auth_token.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/app_data.h"
#include "cli/cli.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "store/store_user_admin.h"

enum { JSON_BYTES_MAX = 16 << 20, REACH_MS = 5000, RESET_LIFE_MS = 3600 * 1000 };

/* Addresses are stored in lower case. */
static bool address_of(struct cli *cli, char out[STORE_MAIL_ADDRESS_BYTES])
{
	if (!str_copy(out, STORE_MAIL_ADDRESS_BYTES, cli->args[0]))
		return false;
	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return true;
}

static void format_time(int64_t ms, char out[CLOCK_TEXT_BYTES])
{
	*out = '\0';
	if (ms)
		clock_format_iso(ms, out);
}

static void list_json(const struct store_user_row *rows, size_t len)
{
	struct json_writer w;
	struct buf b;
	char at[CLOCK_TEXT_BYTES];

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < len; i++) {
		const struct store_user_row *u = &rows[i];

		json_write_object(&w, NULL);
		json_write_str(&w, "id", u->id);
		json_write_str(&w, "email", u->email);
		json_write_str(&w, "name", u->name);
		json_write_bool(&w, "verified", u->verified);
		json_write_bool(&w, "has_password", u->has_password);
		json_write_bool(&w, "two_factor", u->two_factor);
		json_write_bool(&w, "locked", u->locked);
		json_write_int(&w, "workspaces", u->workspaces);
		format_time(u->last_login_ms, at);
		json_write_str(&w, "last_login_at", *at ? at : NULL);
		format_time(u->created_ms, at);
		json_write_str(&w, "created_at", at);
		json_write_end_object(&w);
	}
	json_write_end_array(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

static void list_table(const struct store_user_row *rows, size_t len)
{
	static const char *const columns[] = {
	        "email", "name", "workspaces", "two-factor", "state", "last login"};
	struct cli_table *t = cli_table_new(columns, ARRAY_LEN(columns));
	char count[24], login[CLOCK_TEXT_BYTES];

	for (size_t i = 0; t && i < len; i++) {
		const struct store_user_row *u = &rows[i];
		const char *row[] = {u->email, u->name, count, u->two_factor ? "on" : "off",
		        u->locked     ? "locked"
		        : u->verified ? "active"
		                      : "unverified",
		        login};

		(void)snprintf(count, sizeof(count), "%lld", (long long)u->workspaces);
		format_time(u->last_login_ms, login);
		if (!*login)
			(void)str_copy(login, sizeof(login), "never");
		if (!cli_table_add(t, row))
			break;
	}
	if (t)
		cli_table_print(t, stdout, cli_terminal_width());
	cli_table_free(t);
}

enum cli_exit cmd_users_list(struct cli *cli)
{
	struct store_user_row *rows = NULL;
	struct pg *pg = NULL;
	size_t len = 0;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);

	if (rc == CLI_DONE) {
		enum err e = store_user_list(pg, NULL, &rows, &len);

		if (e != ERR_OK)
			rc = cli_fail(cli, e, NULL, "list of users");
		else if (cli->json)
			list_json(rows, len);
		else if (len == 0)
			cli_say(cli, "No users yet.");
		else
			list_table(rows, len);
	}
	free(rows);
	pg_close(pg);
	return rc;
}

/* --- changes to one account --- */

typedef enum err change_fn(struct pg *pg, const char *email, bool *was);

static enum cli_exit report(struct cli *cli, enum err e, const char *email, bool was,
        const char *done, const char *nothing)
{
	if (e == ERR_CLI_USER_NOT_FOUND)
		return cli_fail(cli, e, "see who is there: bin/yavio users list", "%s", email);
	if (e != ERR_OK)
		return cli_fail(cli, e, NULL, "%s", email);
	if (cli->json)
		printf("{\"changed\":%s}\n", was ? "true" : "false");
	else
		cli_say(cli, "%s %s: %s", cli_mark(CLI_MARK_OK), email, was ? done : nothing);
	return CLI_DONE;
}

static enum cli_exit change(struct cli *cli, change_fn *make, const char *done, const char *nothing)
{
	char email[STORE_MAIL_ADDRESS_BYTES];
	struct pg *pg = NULL;
	bool was = false;
	enum cli_exit rc;

	if (!address_of(cli, email))
		return cli_usage_error(cli, "the address is too long");
	rc = app_data_open(cli, REACH_MS, &pg);
	if (rc == CLI_DONE) {
		enum err e = make(pg, email, &was);

		rc = report(cli, e, email, was, done, nothing);
	}
	pg_close(pg);
	return rc;
}

enum cli_exit cmd_users_unlock(struct cli *cli)
{
	return change(cli, store_user_unlock, "failed logins are forgotten",
	        "there were no failed logins");
}

enum cli_exit cmd_users_disable_2fa(struct cli *cli)
{
	return change(cli, store_user_totp_off, "two-factor login is off, all logins are ended",
	        "two-factor login was off");
}

/* The link goes to stdout alone, so that it can be passed on by a pipe. */
static enum cli_exit print_link(struct cli *cli, const char *email, const struct auth_token *token)
{
	const char *app = conf_str(cli->conf, CONF_NEXTAUTH_URL);

	if (cli->json)
		printf("{\"url\":\"%s/reset-password#t=%s\",\"expires_in_seconds\":%d}\n", app,
		        token->text, RESET_LIFE_MS / 1000);
	else {
		fprintf(stderr,
		        "%s A link for %s to set a new password; it works once, for an "
		        "hour\n",
		        cli_mark(CLI_MARK_OK), email);
		printf("%s/reset-password#t=%s\n", app, token->text);
	}
	return CLI_DONE;
}

enum cli_exit cmd_users_reset_password(struct cli *cli)
{
	char email[STORE_MAIL_ADDRESS_BYTES];
	struct auth_token token;
	struct pg *pg = NULL;
	enum cli_exit rc;
	enum err e;

	if (!address_of(cli, email))
		return cli_usage_error(cli, "the address is too long");
	rc = app_data_open(cli, REACH_MS, &pg);
	if (rc == CLI_DONE) {
		e = auth_token_new(&token);
		if (e == ERR_OK)
			e = store_user_reset_token(pg, email, token.hash, RESET_LIFE_MS);
		rc = e == ERR_OK ? print_link(cli, email, &token)
		                 : report(cli, e, email, false, "", "");
		crypto_wipe(&token, sizeof(token));
	}
	pg_close(pg);
	return rc;
}
