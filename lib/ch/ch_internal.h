/* SPDX-License-Identifier: MIT
 * Shared by the files of lib/ch only: the lexer, the function list, the parts of the client. */
#ifndef YAVIO_CH_CH_INTERNAL_H
#define YAVIO_CH_CH_INTERNAL_H

#include "base/base.h"
#include "ch/ch.h"
#include "httpc/httpc.h"

/* Tokens of ClickHouse SQL. White space and comments are skipped. What the engine's lexer might
 * read in another way than ours (heredocs apart) is BAD: non-ASCII outside quotes, nested comments,
 * // and # comments, backslashes outside strings and inside quoted names, NUL. */
enum ch_token_kind {
	CH_TOKEN_END,
	CH_TOKEN_WORD,
	CH_TOKEN_NUMBER,
	CH_TOKEN_STRING,
	CH_TOKEN_QUOTED, /* "name" or `name` */
	CH_TOKEN_PUNCT,  /* one character */
	CH_TOKEN_BAD,
};

struct ch_token {
	enum ch_token_kind kind;
	const char *text; /* with its quotes */
	size_t len;
};

struct ch_lexer {
	const char *p, *end;
	bool after_dot;
};

void ch_lex_init(struct ch_lexer *l, const char *text, size_t len);
struct ch_token ch_lex_next(struct ch_lexer *l);
bool ch_token_is_word(const struct ch_token *t, const char *word); /* any case */
bool ch_token_is_punct(const struct ch_token *t, char c);
/* A word or a quoted name: its bytes without quotes; false for another token or an empty name. A
 * doubled quote inside makes it false too: no name of ours has one. */
bool ch_token_name(const struct ch_token *t, const char **name, size_t *len);

enum ch_function_kind {
	CH_FUNCTION_NONE = 0,
	CH_FUNCTION_SCALAR,
	CH_FUNCTION_AGGREGATE,
	CH_FUNCTION_TABLE
};
/* Kind of an allowed function under the engine's case rules, NONE: not allowed. */
enum ch_function_kind ch_function_find(const char *name, size_t len);

struct ch {
	struct conf_ch_endpoint at;
	struct ch_options options;
	char cluster[64];
	struct httpc *http;
	bool remote; /* another machine: bodies are gzipped */
};

/* One request to the store. */
struct ch_call {
	enum ch_class cls;
	const struct ch_tenant *tenant;
	const char *database; /* "" : none, the database may not exist yet */
	const char *query;    /* into the URL, NULL: the body is the query */
	const void *body;
	size_t body_len;
	const char *token; /* insert_deduplication_token, NULL: no insert */
	const struct ch_param *params;
	size_t params_len;
	const char *format;
	struct buf *into_buf;
	bool (*sink)(const char *bytes, size_t len, void *arg);
	void *sink_arg;
};
/* Makes it and fills result; returns result->cause. */
enum err ch_call(struct ch *c, const struct ch_call *call, struct ch_result *result) MUST_CHECK;

/* Adds "&name=value" for each setting of the class. */
void ch_limits_add(const struct ch *c, enum ch_class cls, struct buf *url);
/* max_execution_time of the class in milliseconds. */
int64_t ch_limits_time_ms(const struct ch *c, enum ch_class cls);

/* Fills cause and fault from http_status, ch_code and text. */
void ch_error_classify(enum ch_class cls, struct ch_result *result);
void ch_error_of_http(enum httpc_result http, struct ch_result *result);
/* What a query of a tenant answers for a cause. */
enum err ch_error_for_reply(enum ch_class cls, const struct ch_result *result);

/* Statements of a file: each ends with ';' at a line's end. Moves *text behind the statement and
 * gives it without the ';' and without comment lines before it; false at the end. */
bool ch_statement_next(const char **text, const char *end, const char **sql, size_t *len);

enum { CH_RENDER_BYTES_MAX = 64 * 1024 };

/* What the placeholders of a migration stand for. */
struct ch_render {
	const char *database;
	const char *cluster;          /* "" : single */
	const char *readers;          /* users that the row policies bind */
	const struct ch_users *users; /* hashes in hex instead of passwords; NULL: none allowed */
	bool local;                   /* {{both:x}} is x_local */
};
/* {{on_cluster}}, {{db}}, {{local:t}}, {{both:t}}, {{engine:Replacing(c)}} of the last {{local:t}},
 * {{durable}}, {{distributed:t:key}}, {{readers}}, {{secret:user}}, {{secret:host}}. False: unknown
 * placeholder, or too long. */
bool ch_render(struct buf *out, const char *sql, size_t len, const struct ch_render *r) MUST_CHECK;

/* Files of clickhouse/ in this program. */
extern const char ch_schema_migrations_sql[];
extern const size_t ch_schema_migrations_sql_len;
extern const char ch_users_sql[];
extern const size_t ch_users_sql_len;

#endif
