/* SPDX-License-Identifier: MIT
 * Runs the statement of a request whose body has come. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "ch/ch_gate.h"
#include "daemon/store/format.h"
#include "daemon/store/job.h"
#include "daemon/store/reply.h"
#include "daemon/store/scan.h"
#include "daemon/store/scrub.h"
#include "daemon/store/tenant.h"
#include "daemon/store/exec.h"

/* What is to run, worked out from the request. */
struct statement {
	const char *text; /* as the client wrote it; rows of an INSERT may follow */
	size_t len;
	struct scan scan;
	struct buf joined; /* text when it came from parameter and body */
	struct buf insert; /* the INSERT as the engine gets it */
	const char *sql;   /* for the engine */
	size_t sql_len;
	struct ch_gate_text gated; /* tenant users */
	const char *format;        /* for the engine when the text has none */
	const char *format_shown;  /* X-ClickHouse-Format */
	enum store_pool pool;
	enum settings_class class;
};

static void statement_release(struct statement *s)
{
	buf_release(&s->joined);
	buf_release(&s->insert);
}

/* Rows that came with the statement's text: the body shall hold nothing but rows. */
static bool rows_separate(struct request *r, const struct statement *s, bool text_in_body)
{
	size_t rows_in_text = s->len - s->scan.data_at;
	bool nothing = r->body.fd < 0 && rows_in_text == 0;
	if (nothing) /* an INSERT of no rows is no error */
		return body_rewrite(&r->body, "", 0, 0);
	if (text_in_body)
		return body_rewrite(&r->body, "", 0, s->scan.data_at);
	if (rows_in_text == 0)
		return true;
	return body_rewrite(&r->body, s->text + s->scan.data_at, rows_in_text, 0);
}

/* INSERT INTO t (a) SETTINGS x = 1 FORMAT F <rows> becomes
 * INSERT INTO t (a) FROM INFILE '/proc/self/fd/N' COMPRESSION 'none' SETTINGS x = 1 FORMAT F:
 * rows inside the text must be parsed as part of it, which is slower and breaks binary formats. */
static bool insert_build(struct request *r, struct statement *s)
{
	const struct scan *scan = &s->scan;
	size_t head = scan->settings_at ? scan->settings_at : scan->format_at;
	buf_init(&s->insert, STORE_STATEMENT_BYTES_MAX + 128);
	buf_add(&s->insert, s->text, head);
	if (r->body.fd >= 0)
		buf_addf(&s->insert, " FROM INFILE '/proc/self/fd/%d' COMPRESSION 'none' ",
		        r->body.fd);
	buf_add(&s->insert, s->text + head, scan->format_at - head);
	buf_addf(&s->insert, " FORMAT %s", scan->format);
	s->sql = s->insert.data;
	s->sql_len = s->insert.len;
	return !s->insert.failed;
}

enum text_result { TEXT_OK, TEXT_TOO_LARGE, TEXT_NO_MEMORY };

/* The text is the parameter "query", a line end and the body; the rows of an INSERT stay in the
 * body. */
static enum text_result text_take(struct request *r, struct statement *s)
{
	bool in_body = !r->query[0];
	s->text = in_body ? body_map(&r->body) : r->query;
	if (!s->text)
		return TEXT_NO_MEMORY;
	s->len = in_body ? r->body.len : strlen(r->query);
	size_t looked_at = s->len < STORE_STATEMENT_BYTES_MAX ? s->len : STORE_STATEMENT_BYTES_MAX;
	scan_text(s->text, looked_at, &s->scan);
	if (s->scan.kind == SCAN_INSERT)
		return TEXT_OK;
	size_t total = s->len + (in_body ? 0 : r->body.len + 1);
	if (total > STORE_STATEMENT_BYTES_MAX && !s->scan.insert)
		return TEXT_TOO_LARGE;
	if (in_body || r->body.len == 0)
		return TEXT_OK;
	const char *rest = body_map(&r->body);
	buf_init(&s->joined, total + 1);
	buf_add(&s->joined, s->text, s->len);
	buf_add_char(&s->joined, '\n');
	if (!rest || !buf_add(&s->joined, rest, r->body.len))
		return TEXT_NO_MEMORY;
	s->text = s->joined.data;
	s->len = s->joined.len;
	scan_text(s->text, s->len, &s->scan);
	return TEXT_OK;
}

static enum err plan_insert(struct request *r, struct statement *s, bool text_in_body)
{
	/* after the rows are moved, the text's mapping is gone: build first what needs the head */
	struct buf head;
	buf_init(&head, STORE_STATEMENT_BYTES_MAX);
	buf_add(&head, s->text, s->scan.data_at);
	bool ok = !head.failed && rows_separate(r, s, text_in_body);
	s->text = head.data;
	s->len = head.len;
	ok = ok && insert_build(r, s);
	buf_release(&head);
	s->text = "";
	s->len = 0;
	s->pool = STORE_POOL_INSERT;
	s->class = SETTINGS_INSERT;
	return ok ? ERR_OK : ERR_DB_INTERNAL_ERROR;
}

/* Whether the user may run the text, and how it will run. */
static enum err plan(struct request *r, struct statement *s)
{
	const struct ch_table *table;
	struct ch_gate_text head;
	const char *database = r->store->options.database;
	enum err err = ERR_OK;
	s->sql = s->text;
	s->sql_len = s->len;
	s->format = r->default_format[0] ? r->default_format : "TabSeparated";
	s->format_shown = s->scan.format[0] ? s->scan.format : s->format;
	s->pool = STORE_POOL_ADMIN;
	s->class = SETTINGS_ADMIN;
	switch (r->user->role) {
	case USER_ADMIN:
		if (s->scan.kind == SCAN_READ)
			s->pool = STORE_POOL_SELECT;
		else if (s->scan.insert)
			s->pool = STORE_POOL_INSERT;
		break;
	case USER_INGEST:
		err = r->get ? ERR_DB_STORE_STATEMENT_DENIED
		             : ch_gate_insert(s->text, s->len, database, &table, &head);
		if (err == ERR_OK && (s->scan.kind != SCAN_INSERT || !table->ingest))
			err = ERR_DB_STORE_STATEMENT_DENIED;
		break;
	case USER_TENANT:
		err = tenant_check_text(r, s->text, s->len, &s->gated);
		s->sql = s->gated.sql;
		s->sql_len = s->gated.len;
		s->format = s->format_shown = s->gated.format;
		s->pool = STORE_POOL_SELECT;
		s->class = SETTINGS_SELECT;
		break;
	case USER_ERASER:
		err = r->get ? ERR_DB_STORE_STATEMENT_DENIED
		             : ch_gate_erase(s->text, s->len, database);
		break;
	default:
		err = ERR_DB_STORE_STATEMENT_DENIED;
	}
	if (err == ERR_OK && s->scan.kind == SCAN_INSERT)
		err = plan_insert(r, s, !r->query[0]);
	return err;
}

/* USE, then SET of everything in one statement. False: *answer has the engine's error. */
static bool connection_prepare(
        struct request *r, struct job *job, struct settings *settings, struct engine_answer *answer)
{
	struct buf use;
	buf_init(&use, 1024);
	buf_add_str(&use, "USE `");
	const char *database = r->database[0] ? r->database : r->store->options.database;
	for (const char *p = database; *p; p++) {
		if (*p == '`' || *p == '\\')
			buf_add_char(&use, '\\');
		buf_add_char(&use, *p);
	}
	buf_add_char(&use, '`');
	bool ok = !use.failed && engine_query(job->conn, use.data, use.len, "Null", answer);
	buf_release(&use);
	if (!ok)
		return false;
	engine_answer_release(answer);
	ok = engine_query(job->conn, settings->text.data, settings->text.len, "Null", answer);
	if (ok)
		engine_answer_release(answer);
	return ok;
}

/* The engine notes a token before the part of its rows takes its place, and keeps the note when
 * that fails. Before the client may send the rows again it is marked, and tokens change. */
static void insert_ended(struct store *store, bool ok)
{
	bool found = false;
	if (!atomic_exchange(&store->scrub_due, false) && ok)
		return;
	bool looked = scrub_open(store->options.data_dir, &found);
	if (!looked)
		atomic_store(&store->scrub_due, true);
	if (!looked || found)
		atomic_fetch_add(&store->token_life, 1);
}

static enum MHD_Result run_whole(struct request *r, struct statement *s, struct job *job)
{
	struct engine_answer answer = {0};
	enum MHD_Result result;
	bool ok = engine_query(job->conn, s->sql, s->sql_len, s->format, &answer);
	if (s->scan.insert)
		insert_ended(r->store, ok);
	job_end(job);
	result = ok ? reply_whole(r, s->format_shown, &answer) : reply_engine_error(r, &answer);
	engine_answer_release(&answer);
	return result;
}

static enum MHD_Result run(struct request *r, struct statement *s, struct job *job)
{
	struct engine_answer answer = {0};
	enum MHD_Result result;
	if (r->whole_answer || s->scan.kind != SCAN_READ || s->scan.buffered ||
	        !format_streams(s->format_shown))
		return run_whole(r, s, job);
	if (!engine_stream(job->conn, s->sql, s->sql_len, s->format, &answer)) {
		bool unable = answer.code == ENGINE_NO_STREAM;
		if (unable) {
			engine_answer_release(&answer);
			return run_whole(r, s, job);
		}
		job_end(job);
		result = reply_engine_error(r, &answer);
		engine_answer_release(&answer);
		return result;
	}
	enum engine_piece piece = engine_stream_next(job->conn, &answer);
	if (piece != ENGINE_PIECE_ERROR)
		return reply_stream(r, s->format_shown, job, &answer, piece == ENGINE_PIECE_LAST);
	job_end(job);
	result = reply_engine_error(r, &answer);
	engine_answer_release(&answer);
	return result;
}

static enum MHD_Result exec_on(
        struct request *r, struct statement *s, struct settings *settings, struct job *job)
{
	struct engine_answer answer = {0};
	enum MHD_Result result;
	enum err err = ERR_OK;
	if (!connection_prepare(r, job, settings, &answer))
		err = ERR_DB_STORE_STATEMENT_DENIED;
	else if (r->user->role == USER_TENANT)
		err = tenant_check_tree(r, job->conn, &s->gated, &answer);
	if (err == ERR_OK)
		return run(r, s, job);
	job_end(job);
	result = answer.error ? reply_engine_error(r, &answer) : reply_refusal(r, err);
	engine_answer_release(&answer);
	return result;
}

static enum MHD_Result exec_planned(struct request *r, struct statement *s)
{
	struct settings settings;
	struct job *job = NULL;
	settings_init(&settings, r->user, s->class);
	enum err err = request_settings(r, &settings);
	settings_insert_token(&settings, atomic_load(&r->store->token_life));
	if (err == ERR_OK && !settings_finish(&settings, &r->store->limits, r->token,
	                             r->store->options.database, r->workspace, r->project, r->get))
		err = ERR_DB_STORE_STATEMENT_DENIED;
	if (err == ERR_OK)
		err = job_begin(&job, r, s->pool);
	enum MHD_Result result =
	        err == ERR_OK ? exec_on(r, s, &settings, job) : reply_refusal(r, err);
	settings_release(&settings);
	return result;
}

static enum MHD_Result body_refuse(struct request *r, enum body_result why)
{
	switch (why) {
	case BODY_TOO_LARGE:
		return reply_error(r, 223, "QUERY_IS_TOO_LARGE", "Body is too large");
	case BODY_BAD_GZIP:
		return reply_error(r, 27, "CANNOT_PARSE_INPUT_ASSERTION_FAILED", "Body is no gzip");
	case BODY_BUSY:
		return reply_refusal(r, ERR_DB_STORE_BUSY);
	default:
		return reply_refusal(r, ERR_DB_INTERNAL_ERROR);
	}
}

enum MHD_Result exec_request(struct request *r)
{
	struct statement s = {0};
	enum MHD_Result result;
	enum body_result body = body_end(&r->body);
	if (body != BODY_OK)
		return body_refuse(r, body);
	if (atomic_load(&r->store->draining))
		return reply_refusal(r, ERR_DB_STORE_BUSY);
	enum text_result text = text_take(r, &s);
	enum err err = text == TEXT_OK ? ERR_OK : ERR_DB_INTERNAL_ERROR;
	if (text == TEXT_TOO_LARGE)
		result = reply_error(r, 223, "QUERY_IS_TOO_LARGE", "Statement is too large");
	else if (text == TEXT_OK && s.scan.kind == SCAN_EMPTY)
		result = reply_error(r, 62, "SYNTAX_ERROR", "Empty query");
	else if (text == TEXT_OK && s.scan.several && r->user->role == USER_ADMIN)
		result = reply_error(
		        r, 62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)");
	else if (err != ERR_OK || (err = plan(r, &s)) != ERR_OK)
		result = reply_refusal(r, err);
	else
		result = exec_planned(r, &s);
	statement_release(&s);
	return result;
}
