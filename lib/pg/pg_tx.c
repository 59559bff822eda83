/* SPDX-License-Identifier: MIT
 * Transactions: on app connections none opens without its tenant, set in the same round trip. */
#include "base/clock.h"
#include "base/str.h"
#include "pg/pg_internal.h"

enum { RETRY_PAUSE_MS = 10 };

/* What a look-up of the login takes. */
#define LOGIN_PARAMS(login)                                                                        \
	PG_BYTES((login)->token_hash, sizeof((login)->token_hash)), PG_INT((login)->session_days), \
	        PG_INT((login)->session_max_days)

bool pg_tx_is_open(const struct pg *pg)
{
	return pg->tx != PG_TX_NONE;
}

static enum err misuse(struct pg *pg, const char *detail)
{
	pg_error_clear(pg, pg_queries[PGQ_TX_BEGIN].name);
	pg_error_detail(pg, detail);
	return ERR_DB_INTERNAL_ERROR;
}

enum err pg_tx_begin(struct pg *pg)
{
	enum err e;

	if (pg->role == PG_APP)
		return misuse(pg, "a transaction on an app connection needs a tenant");
	if (pg->tx != PG_TX_NONE)
		return misuse(pg, "a transaction is open already");
	e = pg_exec(pg, PGQ_TX_BEGIN, PG_NO_PARAMS, NULL);
	if (e == ERR_OK)
		pg->tx = PG_TX_OPEN;
	return e;
}

/* What goes in one round trip: BEGIN, the tenant, maybe one statement more; or without BEGIN, then
 * it is a transaction that the sync ends. */
struct opening {
	bool stays_open;
	enum pg_query query[3];
	struct pg_bound bound[3];
	PGresult *result[3];
	int len;
};

static void opening_release(struct opening *o)
{
	for (int i = 0; i < o->len; i++) {
		pg_bound_release(&o->bound[i]);
		PQclear(o->result[i]);
	}
}

static enum err opening_add(struct pg *pg, struct opening *o, enum pg_query q,
        const struct pg_param *params, size_t len)
{
	int i = o->len++;
	enum err e = pg_check_call(pg, q, len);

	o->query[i] = q;
	o->bound[i].len = 0;
	if (e != ERR_OK)
		return e;
	if (pg_queries[q].login)
		return misuse(pg, "the statement looks a login up itself");
	if (pg_bind(params, len, &o->bound[i]) != ERR_OK)
		return misuse(pg, "a value does not have the form of its type");
	return ERR_OK;
}

/* The answers to all of it and to the sync that ends them; a failed statement has no result. */
static enum err read_answers(struct pg *pg, struct opening *o)
{
	enum err first_error = ERR_OK;
	bool lost = false;

	for (int i = 0; i <= o->len && !lost; i++) {
		const char *name = pg_queries[o->query[i < o->len ? i : 0]].name;
		PGresult *res = pg_receive(pg, &lost);

		if (first_error == ERR_OK)
			first_error = pg_judge(pg, res, name);
		if (i == 0 && first_error == ERR_OK && o->stays_open)
			pg->tx = PG_TX_OPEN;
		if (i < o->len && first_error == ERR_OK)
			o->result[i] = res;
		else
			PQclear(res);
		if (i < o->len && !lost)
			PQclear(pg_receive(pg, &lost));
	}
	if (lost || PQstatus(pg->conn) == CONNECTION_BAD || !PQexitPipelineMode(pg->conn)) {
		pg_drop(pg);
		/* Nothing of it was committed, nothing is open. */
		pg->tx = PG_TX_NONE;
		return pg_err_away(first_error) ? first_error : ERR_DB_PG_CONNECTION_REFUSED;
	}
	return first_error;
}

static bool send_all(struct pg *pg, const struct opening *o)
{
	if (!PQenterPipelineMode(pg->conn))
		return false;
	for (int i = 0; i < o->len; i++) {
		if (!pg_send(pg, o->query[i], &o->bound[i]))
			return false;
	}
	return PQpipelineSync(pg->conn);
}

static enum err exchange(struct pg *pg, struct opening *o)
{
	if (send_all(pg, o))
		return read_answers(pg, o);
	pg_error_clear(pg, pg_queries[o->query[0]].name);
	pg_drop(pg);
	return ERR_DB_PG_CONNECTION_REFUSED;
}

/* After an error no transaction is open, but the results before the statement that failed are
 * there. */
static enum err open_tenant(struct pg *pg, struct opening *o, enum pg_query tenant,
        const struct pg_param *params, size_t len, struct pg_then *then)
{
	enum err e;

	if (pg->role != PG_APP)
		return misuse(pg, "only app connections have tenants");
	if (pg->tx != PG_TX_NONE)
		return misuse(pg, "a transaction is open already");
	o->stays_open = true;
	e = pg_ensure(pg);
	if (e == ERR_OK)
		e = opening_add(pg, o, PGQ_TX_BEGIN, PG_NO_PARAMS);
	if (e == ERR_OK)
		e = opening_add(pg, o, tenant, params, len);
	if (e == ERR_OK && then != NULL)
		e = opening_add(pg, o, then->query, then->params, then->len);
	if (e != ERR_OK)
		return e;
	e = exchange(pg, o);
	if (e != ERR_OK)
		pg_tx_rollback(pg);
	return e;
}

enum err pg_tx_begin_user(struct pg *pg, const char *user_id)
{
	struct opening o = {.len = 0};
	enum err e;

	if (user_id == NULL)
		return misuse(pg, "no tenant given");
	e = open_tenant(pg, &o, PGQ_TX_SET_USER, PG_PARAMS(PG_UUID(user_id)), NULL);
	opening_release(&o);
	return e;
}

static void read_login(const struct pg_result *r, struct pg_login *login)
{
	pg_uuid(r, 0, 0, login->session_id);
	pg_uuid(r, 0, 1, login->user_id);
	str_copy(login->stage, sizeof(login->stage), pg_text(r, 0, 2));
	login->auth_at_ms = pg_time_ms(r, 0, 3);
	login->expires_at_ms = pg_time_ms(r, 0, 4);
	login->touched = pg_bool(r, 0, 5);
}

/* Result at of o is the login, the next one then's. What came with an unknown login may have failed
 * for want of a tenant: that is no failure of its own. */
static enum err take_login(struct pg *pg, struct opening *o, int at, struct pg_login *login,
        struct pg_then *then, enum err e)
{
	const struct pg_result r = {
	        .res = o->result[at], .statement = pg_queries[PGQ_TX_LOGIN].name};

	if (r.res != NULL && pg_rows(&r) != 1) {
		pg_tx_rollback(pg);
		return ERR_DASH_SESSION_EXPIRED;
	}
	if (e != ERR_OK)
		return e;
	read_login(&r, login);
	if (then == NULL)
		return ERR_OK;
	e = pg_wrap(o->result[at + 1], pg_queries[then->query].name, &then->result);
	o->result[at + 1] = NULL;
	if (e != ERR_OK)
		pg_tx_rollback(pg);
	return e;
}

enum err pg_tx_begin_login(struct pg *pg, struct pg_login *login, struct pg_then *then)
{
	struct opening o = {.len = 0};
	enum err e;

	if (then != NULL)
		then->result = NULL;
	e = open_tenant(pg, &o, PGQ_TX_LOGIN, PG_PARAMS(LOGIN_PARAMS(login)), then);
	e = take_login(pg, &o, 1, login, then, e);
	opening_release(&o);
	return e;
}

void pg_once_begin(struct pg *pg, struct pg_login *login, struct pg_then *then)
{
	pg->once_login = login;
	pg->once_then = then;
	pg->once_sent = false;
	if (then != NULL)
		then->result = NULL;
}

bool pg_once_end(struct pg *pg)
{
	pg->once_login = NULL;
	return pg->once_sent;
}

/* One statement that looks the login up itself: what is read there begins behind the login. */
static enum err once_joined(
        struct pg *pg, const struct pg_then *last, struct pg_login *login, struct pg_result **out)
{
	struct pg_param params[PG_PARAMS_MAX] = {LOGIN_PARAMS(login)};
	struct pg_result r = {.statement = pg_queries[last->query].name};
	enum err e = ERR_DB_PG_CONNECTION_REFUSED; /* as long as there is no connection */

	if (last->len > 0)
		memcpy(params + PG_LOGIN_PARAMS, last->params, last->len * sizeof(*params));
	/* Whether the connection lives shows by itself: where it was lost while idle nothing has
	 * happened, and it is asked again. */
	if (pg->conn != NULL)
		e = pg_ask(pg, last->query, params, PG_LOGIN_PARAMS + last->len, &r.res);
	if (pg->conn == NULL && pg_err_away(e)) {
		e = pg_ensure(pg);
		if (e == ERR_OK)
			e = pg_ask(pg, last->query, params, PG_LOGIN_PARAMS + last->len, &r.res);
	}
	if (e != ERR_OK)
		return e;
	if (pg_rows(&r) == 0) {
		PQclear(r.res);
		return ERR_DASH_SESSION_EXPIRED;
	}
	read_login(&r, login);
	e = pg_wrap(r.res, r.statement, out);
	if (e == ERR_OK && out != NULL)
		(*out)->first = PG_LOGIN_COLUMNS;
	return e;
}

static enum err once(struct pg *pg, struct opening *o, struct pg_login *login,
        const struct pg_then *then, const struct pg_then *last)
{
	enum err e = pg_ensure(pg);

	if (e == ERR_OK)
		e = opening_add(pg, o, PGQ_TX_LOGIN, PG_PARAMS(LOGIN_PARAMS(login)));
	if (e == ERR_OK && then != NULL)
		e = opening_add(pg, o, then->query, then->params, then->len);
	if (e == ERR_OK)
		e = opening_add(pg, o, last->query, last->params, last->len);
	return e == ERR_OK ? exchange(pg, o) : e;
}

enum err pg_once_exec(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len,
        struct pg_result **out)
{
	const struct pg_then last = {.query = q, .params = params, .len = len};
	struct pg_login *login = pg->once_login;
	struct pg_then *then = pg->once_then;
	struct opening o = {.len = 0};
	enum err e = once(pg, &o, login, then, &last);
	int end;

	pg->once_login = NULL;
	pg->once_sent = true;
	if (pg_queries[q].login)
		return then == NULL ? once_joined(pg, &last, login, out)
		                    : misuse(pg, "nothing goes with such a statement");
	/* Its connection was lost while idle: nothing of it has happened. */
	if (pg_err_away(e)) {
		opening_release(&o);
		o = (struct opening){.len = 0};
		e = once(pg, &o, login, then, &last);
	}
	e = take_login(pg, &o, 0, login, then, e);
	end = o.len - 1;
	if (e == ERR_OK) {
		e = pg_wrap(o.result[end], pg_queries[q].name, out);
		o.result[end] = NULL;
	}
	opening_release(&o);
	return e;
}

enum err pg_tx_commit(struct pg *pg)
{
	enum pg_tx_state was = pg->tx;
	struct pg_result *r;
	enum err e;

	if (was == PG_TX_NONE)
		return misuse(pg, "no transaction is open");
	if (was != PG_TX_OPEN) {
		pg_tx_rollback(pg);
		return was == PG_TX_LOST ? ERR_DB_PG_CONNECTION_REFUSED : ERR_DB_PG_QUERY_FAILED;
	}
	e = pg_exec(pg, PGQ_TX_COMMIT, PG_NO_PARAMS, &r);
	pg->tx = PG_TX_NONE;
	/* COMMIT of a transaction that cannot commit answers ROLLBACK, and is no error to the
	 * server. */
	if (e == ERR_OK && strcmp(PQcmdStatus(r->res), "COMMIT") != 0)
		e = ERR_DB_PG_QUERY_FAILED;
	pg_result_free(r);
	return e;
}

void pg_tx_rollback(struct pg *pg)
{
	struct pg_error kept = pg->error;
	enum pg_tx_state was = pg->tx;

	pg->tx = PG_TX_NONE;
	if ((was == PG_TX_OPEN || was == PG_TX_FAILED) && pg->conn != NULL) {
		/* A connection whose state is unknown is not used again. */
		if (pg_exec(pg, PGQ_TX_ROLLBACK, PG_NO_PARAMS, NULL) != ERR_OK)
			pg_drop(pg);
	}
	pg->error = kept;
}

static enum err begin_as(struct pg *pg, const struct pg_tx_as *as)
{
	if (as != NULL && as->login != NULL)
		return pg_tx_begin_login(pg, as->login, NULL);
	if (as != NULL && as->user_id != NULL)
		return pg_tx_begin_user(pg, as->user_id);
	return pg_tx_begin(pg);
}

static enum err run_once(
        struct pg *pg, const struct pg_tx_as *as, pg_tx_fn *fn, void *arg, bool *begun)
{
	enum err e = begin_as(pg, as);

	*begun = e == ERR_OK;
	if (e != ERR_OK)
		return e;
	e = fn(pg, arg);
	if (e == ERR_OK)
		return pg_tx_commit(pg);
	pg_tx_rollback(pg);
	return e;
}

enum err pg_tx_run(struct pg *pg, const struct pg_tx_as *as, pg_tx_fn *fn, void *arg)
{
	bool begun, reconnected = pg->conn == NULL;

	for (int tries = 1;;) {
		enum err e = run_once(pg, as, fn, arg, &begun);

		if (!begun && pg_err_away(e) && !reconnected) {
			reconnected = true;
			continue;
		}
		if (e != ERR_DB_PG_DEADLOCK_DETECTED && e != ERR_DB_PG_SERIALIZATION_FAILURE)
			return e;
		if (tries++ == PG_TX_TRIES)
			return ERR_DB_PG_QUERY_FAILED;
		clock_sleep_ms(RETRY_PAUSE_MS * tries);
	}
}
