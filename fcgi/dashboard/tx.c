/* SPDX-License-Identifier: MIT
 * The transaction around a handler. */
#include "base/clock.h"
#include "base/log.h"
#include "fcgi/dashboard/login.h"

enum { RETRY_PAUSE_MS = 10 };

static bool is_conflict(enum err e)
{
	return e == ERR_DB_PG_DEADLOCK_DETECTED || e == ERR_DB_PG_SERIALIZATION_FAILURE;
}

static enum err run_once(struct request *req, struct reply *rep, struct app *app)
{
	enum err e = req->route->handler(req, rep, app);

	/* What only read has nothing to keep: its answer need not wait for the end. */
	if (e == ERR_OK && req->route->method == WEB_GET)
		return ERR_OK;
	if (e == ERR_OK)
		return pg_tx_commit(app->pg);
	pg_tx_rollback(app->pg);
	return e;
}

void dashboard_reply_reset(struct reply *rep, size_t headers_len)
{
	buf_clear(rep->body);
	rep->headers->len = headers_len;
	if (rep->headers->data != NULL)
		rep->headers->data[headers_len] = '\0';
}

/* The reply as it was before the handler wrote into it. */
static void take_back(struct reply *rep, const struct reply *before, size_t headers_len)
{
	*rep = *before;
	dashboard_reply_reset(rep, headers_len);
}

static enum err run_inside(struct request *req, struct reply *rep, struct app *app)
{
	const struct reply before = *rep;
	size_t headers_len = rep->headers->len;

	for (int tries = 1;;) {
		enum err e = run_once(req, rep, app);

		if (!is_conflict(e))
			return e;
		if (tries++ == PG_TX_TRIES)
			return ERR_DB_PG_QUERY_FAILED;
		take_back(rep, &before, headers_len);
		req->faults.len = 0;
		clock_sleep_ms(RETRY_PAUSE_MS * tries);
		e = dashboard_begin(req, app);
		if (e != ERR_OK)
			return e;
	}
}

/* An id that cannot be one is answered as one that nobody has. */
static enum err check_ids(const struct request *req)
{
	static const char *const NAMES[] = {"id", "userId"};

	for (size_t i = 0; i < ARRAY_LEN(NAMES) && req->route->missing != ERR_OK; i++) {
		const char *id = web_path_param(req, NAMES[i]);

		if (id != NULL && !web_is_id(id))
			return req->route->missing;
	}
	return ERR_OK;
}

static enum err run_one_trip(struct request *req, struct reply *rep, struct app *app)
{
	enum err first, e;

	store_access_once_begin(app->pg, &app->login, &app->access);
	e = req->route->handler(req, rep, app);
	/* Refused before it asked anything: dashboard_refused finds out who it was. */
	if (!store_access_once_end(app->pg, &app->access))
		return e != ERR_OK ? e : ERR_DASH_INTERNAL_ERROR;
	app->undecided = false;
	/* Without a user the login was not found, or nothing was. */
	if (e != ERR_OK && app->login.user_id[0] == '\0')
		return e == ERR_DASH_SESSION_EXPIRED ? dashboard_judge_login(req, rep, app, e) : e;
	first = dashboard_judge_login(req, rep, app, ERR_OK);
	if (first == ERR_OK)
		first = dashboard_judge_rights(req, rep, app);
	return first != ERR_OK ? first : e;
}

enum err dashboard_run(struct request *req, struct reply *rep, struct app *app)
{
	enum err e = check_ids(req);

	app->reply = rep;
	if (e == ERR_OK && app->undecided)
		return run_one_trip(req, rep, app);
	if (e != ERR_OK || !pg_tx_is_open(app->pg))
		return e != ERR_OK ? e : req->route->handler(req, rep, app);
	if ((req->route->flags & DASHBOARD_DETACHED) == 0)
		return run_inside(req, rep, app);
	e = pg_tx_commit(app->pg);
	return e == ERR_OK ? req->route->handler(req, rep, app) : e;
}

void dashboard_done(struct request *req, struct app *app)
{
	(void)req;
	/* A request that only read, or was refused, is use of its login all the same. */
	if (pg_tx_is_open(app->pg) && app->login.touched && pg_tx_commit(app->pg) != ERR_OK)
		log_debug("touch of a login lost");
	pg_tx_rollback(app->pg);
}

/* A transaction that may run again. */
struct attempt {
	pg_tx_fn *fn;
	void *arg;
	struct reply *rep;
	struct reply before;
	size_t headers_len;
	bool again;
};

static enum err try_once(struct pg *pg, void *arg)
{
	struct attempt *t = arg;

	/* What the attempt before wrote into the reply, a cookie say, did not come true. */
	if (t->again)
		take_back(t->rep, &t->before, t->headers_len);
	t->again = true;
	return t->fn(pg, t->arg);
}

enum err dashboard_tx(struct app *app, const char *user_id, pg_tx_fn *fn, void *arg)
{
	struct attempt t = {.fn = fn,
	        .arg = arg,
	        .rep = app->reply,
	        .before = *app->reply,
	        .headers_len = app->reply->headers->len};

	return pg_tx_run(app->pg, &(struct pg_tx_as){.user_id = user_id}, try_once, &t);
}

struct store_page dashboard_page(const struct web_page *page)
{
	return (struct store_page){.limit = page->size,
	        .offset = page->offset,
	        .sort = page->sort,
	        .descending = page->descending};
}
