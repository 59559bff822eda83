/* SPDX-License-Identifier: MIT
 * Making database, roles and passwords, once, as the server's administrator. */
#include <stdlib.h>

#include "base/str.h"
#include "pg/pg_internal.h"
#include "pg/pg_migrate.h"

enum { PASSWORD_BYTES_MIN = 24 };

static enum err open_as_superuser(const char *url, const char *database, struct pg **out)
{
	struct pg_options options = {
	        .url = url, .role = PG_SUPERUSER, .application_name = "yavio-bootstrap"};
	enum err e = pg_open(&options, out);

	if (e != ERR_OK)
		return e;
	(*out)->bare = true;
	(*out)->database = database;
	e = pg_connect_once(*out);
	return e == ERR_OK ? pg_check_server(*out) : e;
}

static enum err ensure_database(struct pg *pg)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_BOOTSTRAP_LOCK, PG_NO_PARAMS, NULL);
	bool exists;

	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_BOOTSTRAP_DATABASE_EXISTS, PG_NO_PARAMS, &r);
	if (e != ERR_OK)
		return e;
	exists = pg_bool(r, 0, 0);
	pg_result_free(r);
	return exists ? ERR_OK : pg_exec(pg, PGQ_BOOTSTRAP_DATABASE, PG_NO_PARAMS, NULL);
}

struct login {
	const char *role, *password;
	char *verifier;
};

static enum err set_password(struct pg *pg, void *arg)
{
	const struct login *login = arg;
	enum err e = pg_exec(pg, PGQ_BOOTSTRAP_PASSWORD_OF,
	        PG_PARAMS(PG_TEXT(login->role), PG_TEXT(login->verifier)), NULL);

	return e == ERR_OK ? pg_exec(pg, PGQ_BOOTSTRAP_PASSWORD, PG_NO_PARAMS, NULL) : e;
}

static enum err set_passwords(struct pg *pg, const struct pg_bootstrap_options *o)
{
	struct login logins[] = {
	        {"yavio_service", o->service_password, NULL},
	        {"yavio_app", o->app_password, NULL},
	        {"yavio_ingest", o->ingest_password, NULL},
	};
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < ARRAY_LEN(logins); i++) {
		struct login *login = &logins[i];

		login->verifier = PQencryptPasswordConn(
		        pg->conn, login->password, login->role, "scram-sha-256");
		if (login->verifier == NULL)
			return ERR_DB_PG_INIT_FAILED;
		e = pg_tx_run(pg, NULL, set_password, login);
		PQfreemem(login->verifier);
	}
	return e;
}

static enum err set_up(struct pg *pg, const struct pg_bootstrap_options *o)
{
	char detail[PG_DETAIL_BYTES];
	enum err e = pg_run_script(pg, pg_roles_sql, "roles.sql", detail, sizeof(detail));

	if (e != ERR_OK) {
		pg_error_detail(pg, detail);
		return e;
	}
	return set_passwords(pg, o);
}

static enum err explain(const struct pg *pg, enum err e, char *why)
{
	const struct pg_error *error;

	if (e == ERR_OK || pg == NULL)
		return e;
	error = pg_last_error(pg);
	if (why != NULL)
		snprintf(why, PG_DETAIL_BYTES, "%.64s failed%s%s%s%.384s", error->statement,
		        error->sqlstate[0] ? ": SQLSTATE " : "", error->sqlstate,
		        error->detail[0] ? ": " : "", error->detail);
	return pg_err_away(e) || e == ERR_DB_PG_VERSION_UNSUPPORTED ? e : ERR_DB_PG_INIT_FAILED;
}

static bool too_short(const char *password)
{
	return password == NULL || strlen(password) < PASSWORD_BYTES_MIN;
}

enum err pg_bootstrap(const struct pg_bootstrap_options *o, char *why)
{
	struct pg *server = NULL, *database = NULL;
	enum err e;

	if (why != NULL)
		why[0] = '\0';
	if (too_short(o->service_password) || too_short(o->app_password) ||
	        too_short(o->ingest_password)) {
		if (why != NULL)
			snprintf(why, PG_DETAIL_BYTES,
			        "a role's password has fewer than %d characters",
			        PASSWORD_BYTES_MIN);
		return ERR_DB_PG_INIT_FAILED;
	}
	e = open_as_superuser(o->superuser_url, NULL, &server);
	if (e == ERR_OK)
		e = ensure_database(server);
	if (e != ERR_OK) {
		e = server == NULL ? e : explain(server, e, why);
		goto out;
	}
	e = open_as_superuser(o->superuser_url, "yavio", &database);
	if (e == ERR_OK)
		e = set_up(database, o);
	if (e != ERR_OK && database != NULL)
		e = explain(database, e, why);
out:
	pg_close(database);
	pg_close(server);
	return e;
}
