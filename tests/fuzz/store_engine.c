/* SPDX-License-Identifier: MIT
 * An engine without an engine: checks what the store would have run. */
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>

#include "base/id.h"
#include "base/str.h"
#include "ch/ch_gate.h"
#include "ch/ch_internal.h"
#include "daemon/store/engine.h"
#include "store_engine.h"

struct store_engine store_engine;

enum { EXPLAINED_BYTES_MAX = CH_GATE_SQL_BYTES_MAX };

struct engine_conn {
	unsigned step;  /* statements so far: USE, SET, then the real ones */
	bool foreign;   /* EXPLAIN named a table that is not the tenant's */
	bool explained; /* both EXPLAINs were asked for text */
	char text[EXPLAINED_BYTES_MAX];
	size_t text_len;
	unsigned pieces; /* still to come from the stream */
};

/* Behaviour: bits that choose how the engine answers. */
enum {
	FAILS = 1 << 0,         /* the statement itself */
	SETTING_FAILS = 1 << 1, /* USE or SET */
	FOREIGN_TREE = 1 << 2,
	EXPLAIN_FAILS = 1 << 3,
	CANNOT_STREAM = 1 << 4,
	PIECES = 3 << 5, /* of a stream */
	PIECE_FAILS = 1 << 7,
};

static const char ROWS[] = "a\tb\n1\t2\n\"x\ny\"\t3\n";
static const char ERROR_TEXT[] = "Code: 60. DB::Exception: Unknown table 'x'. (UNKNOWN_TABLE)";
static const char AST[] = "SelectWithUnionQuery (children 1)\n";
static const char TREE[] = "QUERY id: 0\n  JOIN TREE\n    TABLE id: 4, alias: __table1, "
                           "table_name: " STORE_ENGINE_DATABASE ".events\n";
static const char TREE_FOREIGN[] = "QUERY id: 0\n  JOIN TREE\n    TABLE id: 4, alias: "
                                   "__table1, table_name: system.processes\n";

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool told(int bit)
{
	return (store_engine.behaviour & bit) != 0;
}

static bool starts(const char *sql, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(sql, with, strlen(with)) == 0;
}

static bool ends(const char *sql, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(sql + len - strlen(with), with, strlen(with)) == 0;
}

/* ---- SET ---- */

/* Names that only the store sets, and only for the users it filters. */
static const char *const of_the_store[] = {"additional_table_filters", "readonly", "allow_ddl",
        "optimize_move_to_prewhere", "optimize_move_to_prewhere_if_final",
        "query_plan_merge_filters", "allow_experimental_analyzer"};

static bool is_of_the_store(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(of_the_store); i++)
		if (strlen(of_the_store[i]) == len && memcmp(of_the_store[i], name, len) == 0)
			return true;
	return false;
}

/* Behind a quoted text. */
static const char *past_quoted(const char *p, const char *end)
{
	for (p++; p < end && *p != '\''; p++)
		if (*p == '\\')
			p++;
	must(p < end);
	return p + 1;
}

/* Behind a value: a quoted text, a number, or {...}. */
static const char *past_value(const char *p, const char *end)
{
	bool braces = p < end && *p == '{';

	while (p < end && (braces || *p != ',')) {
		if (*p == '\'') {
			p = past_quoted(p, end);
		} else if (*p == '}') {
			must(braces);
			return p + 1;
		} else {
			must(braces || (*p >= '0' && *p <= '9'));
			p++;
		}
	}
	must(!braces);
	return p;
}

/* The filter binds both ids, each a UUID, of every tenant table. */
static void check_filter(const char *value, size_t len)
{
	static const char *const marks[] = {"workspace_id = \\'", "project_id = \\'"};
	char id[ID_UUID_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *end = value + len, *p = value;
		size_t found = 0;

		while ((p = memmem(p, (size_t)(end - p), marks[i], strlen(marks[i]))) != NULL) {
			p += strlen(marks[i]);
			must(end - p > ID_UUID_BYTES);
			memcpy(id, p, ID_UUID_BYTES - 1);
			id[ID_UUID_BYTES - 1] = '\0';
			must(str_is_uuid(id) && p[ID_UUID_BYTES - 1] == '\\');
			found++;
		}
		must(found == ch_tenant_tables_len);
	}
}

static void check_set(const char *sql, size_t len)
{
	const char *p = sql + 4, *end = sql + len;
	bool tenant = store_engine.role == USER_TENANT, last_is_readonly = false;
	unsigned filters = 0;

	must(starts(sql, len, "SET ") && !memchr(sql, '\0', len));
	while (p < end) {
		const char *name = p, *value = memmem(p, (size_t)(end - p), " = ", 3);

		must(value != NULL);
		size_t name_len = (size_t)(value - name);
		value += 3;
		p = past_value(value, end);
		if (is_of_the_store(name, name_len) && store_engine.role != USER_ADMIN)
			must(tenant || (name_len == 8 && memcmp(value, "'1'", 3) == 0));
		last_is_readonly = name_len == 8 && memcmp(name, "readonly", 8) == 0 &&
		                   p - value == 3 && memcmp(value, "'1'", 3) == 0;
		if (name_len == 24 && memcmp(name, "additional_table_filters", 24) == 0) {
			filters++;
			if (tenant)
				check_filter(value, (size_t)(p - value));
		}
		must(p == end || starts(p, (size_t)(end - p), ", "));
		p += p == end ? 0 : 2;
	}
	must(!tenant || (filters == 1 && last_is_readonly));
}

/* ---- statements ---- */

static void check_insert(const char *sql, size_t len)
{
	static const char path[] = "'/proc/self/fd/";
	struct ch_lexer l;
	struct ch_token t;
	unsigned bodies = 0, words = 0;
	bool infile = false;

	ch_lex_init(&l, sql, len);
	for (t = ch_lex_next(&l); t.kind != CH_TOKEN_END; t = ch_lex_next(&l), words++) {
		must(t.kind != CH_TOKEN_BAD && !ch_token_is_punct(&t, ';'));
		must(words != 0 || ch_token_is_word(&t, "INSERT"));
		must(!ch_token_is_word(&t, "SELECT") && !ch_token_is_word(&t, "SETTINGS"));
		if (infile) {
			must(t.kind == CH_TOKEN_STRING && starts(t.text, t.len, path));
			must(fcntl(atoi(t.text + strlen(path)), F_GETFD) >= 0);
			bodies++;
		}
		infile = ch_token_is_word(&t, "INFILE");
	}
	must(bodies == 1);
	must(ends(sql, len, " FORMAT JSONEachRow") || ends(sql, len, " FORMAT Native"));
}

static void explained(struct engine_conn *c, const char *sql, size_t len, size_t prefix)
{
	must(len - prefix <= sizeof(c->text));
	if (prefix == strlen("EXPLAIN AST ")) {
		memcpy(c->text, sql + prefix, len - prefix);
		c->text_len = len - prefix;
		return;
	}
	must(c->text_len == len - prefix && memcmp(c->text, sql + prefix, c->text_len) == 0);
	c->explained = true;
	c->foreign = told(FOREIGN_TREE);
}

/* The text runs: it is the one that was looked at, now or before. */
static void check_select(struct engine_conn *c, const char *sql, size_t len)
{
	struct ch_gate_text text;

	must(!c->foreign);
	must(ch_gate_lex(sql, len, &text) == ERR_OK && text.format[0] == '\0');
	if (c->explained)
		must(c->text_len == len && memcmp(c->text, sql, len) == 0);
	else
		must(verdicts_has(store_engine.store->verdicts, sql, len));
}

static void check_statement(struct engine_conn *c, const char *sql, size_t len)
{
	store_engine.statements++;
	switch (store_engine.role) {
	case USER_ADMIN:
		break;
	case USER_INGEST:
		check_insert(sql, len);
		break;
	case USER_TENANT:
		check_select(c, sql, len);
		break;
	case USER_ERASER:
		must(ch_gate_erase(sql, len, STORE_ENGINE_DATABASE) == ERR_OK);
		break;
	}
}

/* ---- engine.h ---- */

static bool answer_with(struct engine_answer *answer, const char *text, bool fails)
{
	*answer = (struct engine_answer){.data = text, .len = strlen(text)};
	if (fails)
		*answer = (struct engine_answer){.code = 60, .error = ERROR_TEXT};
	/* freed by the release: what is forgotten is a leak */
	answer->handle = malloc(1);
	return !fails;
}

bool engine_query(struct engine_conn *c, const char *sql, size_t len, const char *format,
        struct engine_answer *answer)
{
	unsigned step = c->step++;

	must(format != NULL);
	if (step == 0) {
		must(starts(sql, len, "USE `") && sql[len - 1] == '`');
		must(store_engine.role == USER_ADMIN ||
		        starts(sql, len, "USE `" STORE_ENGINE_DATABASE "`"));
		return answer_with(answer, "", told(SETTING_FAILS) && len % 2);
	}
	if (step == 1) {
		check_set(sql, len);
		return answer_with(answer, "", told(SETTING_FAILS));
	}
	if (store_engine.role == USER_TENANT && starts(sql, len, "EXPLAIN AST ")) {
		explained(c, sql, len, 12);
		return answer_with(answer, AST, told(EXPLAIN_FAILS));
	}
	if (store_engine.role == USER_TENANT && starts(sql, len, "EXPLAIN QUERY TREE ")) {
		explained(c, sql, len, 19);
		return answer_with(answer, c->foreign ? TREE_FOREIGN : TREE, false);
	}
	check_statement(c, sql, len);
	return answer_with(answer, ROWS, told(FAILS));
}

bool engine_stream(struct engine_conn *c, const char *sql, size_t len, const char *format,
        struct engine_answer *answer)
{
	must(format != NULL && c->step >= 2);
	must(store_engine.role == USER_ADMIN || store_engine.role == USER_TENANT);
	check_statement(c, sql, len);
	if (told(CANNOT_STREAM)) {
		*answer = (struct engine_answer){.code = ENGINE_NO_STREAM, .handle = malloc(1)};
		return false;
	}
	c->pieces = (store_engine.behaviour & PIECES) >> 5;
	return told(FAILS) ? answer_with(answer, "", true) : true;
}

enum engine_piece engine_stream_next(struct engine_conn *c, struct engine_answer *answer)
{
	bool last = c->pieces == 0;

	if (!answer_with(answer, ROWS, last && told(PIECE_FAILS)))
		return ENGINE_PIECE_ERROR;
	c->pieces -= last ? 0 : 1;
	return last ? ENGINE_PIECE_LAST : ENGINE_PIECE_MORE;
}

void engine_answer_release(struct engine_answer *answer)
{
	if (answer == NULL)
		return;
	free(answer->handle);
	*answer = (struct engine_answer){0};
}

struct engine_conn *engine_connect(struct engine *e)
{
	(void)e;
	return calloc(1, sizeof(struct engine_conn));
}

void engine_disconnect(struct engine_conn *c)
{
	free(c);
}

const char *engine_version(const struct engine *e)
{
	(void)e;
	return "26.5.1.1";
}

const char *engine_timezone(const struct engine *e)
{
	(void)e;
	return "UTC";
}

void engine_kill(struct engine *e, const char *token)
{
	(void)e;
	must(str_is_uuid(token));
}
