/* SPDX-License-Identifier: MIT
 * Settings of one statement: which of them a user may send in the URL, how far, and the limits that
 * hold when none is sent. */
#ifndef YAVIO_STORE_SETTINGS_H
#define YAVIO_STORE_SETTINGS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"
#include "daemon/store/options.h"
#include "daemon/store/users.h"

enum {
	SETTINGS_NAME_BYTES_MAX = 96,
	SETTINGS_VALUE_BYTES_MAX = 64 * 1024, /* a parameter may be a long list of ids */
	SETTINGS_TEXT_BYTES_MAX = 512 * 1024, /* all of one statement */
};

/* Classes of limits. */
enum settings_class { SETTINGS_SELECT, SETTINGS_INSERT, SETTINGS_ADMIN, SETTINGS_CLASS_COUNT };

enum settings_limit {
	SETTINGS_TIME,   /* max_execution_time, seconds */
	SETTINGS_MEMORY, /* max_memory_usage, bytes */
	SETTINGS_ROWS,   /* max_result_rows */
	SETTINGS_THREADS,
	SETTINGS_LIMIT_COUNT
};

struct settings_limits {
	struct {
		int64_t usual, most; /* without a word of the client; highest it may ask. 0: none */
	} of[SETTINGS_CLASS_COUNT][SETTINGS_LIMIT_COUNT];
};
void settings_limits_init(struct settings_limits *l, const struct options *options);

/* What SET gets, built piece by piece. */
struct settings {
	struct buf text; /* "SET a = 'x', b = 'y'" */
	const struct user *user;
	enum settings_class class;
	int64_t limit[SETTINGS_LIMIT_COUNT]; /* as asked; -1: not asked */
	const char *comment;                 /* log_comment as asked, borrowed; "" */
	const char *insert_token; /* insert_deduplication_token as asked, borrowed; NULL: none */
};

void settings_init(struct settings *s, const struct user *user, enum settings_class class);
void settings_release(struct settings *s);

/* One URL parameter that is not part of the interface itself: "max_threads", or "param_x" for
 * {x:Type}. Settings that only concern ClickHouse's own HTTP server are taken and ignored.
 * ERR_DB_STORE_STATEMENT_DENIED: not for this user, or malformed. */
enum err settings_add(struct settings *s, const char *name, const char *value) MUST_CHECK;
/* One that the store itself decides; any user. */
void settings_force(struct settings *s, const char *name, const char *value);
/* Adds the token of an insert that was asked for. life: 0, or what makes it another token than the
 * same one of an earlier life was (store.h). */
void settings_insert_token(struct settings *s, unsigned life);
/* Adds log_comment (token, a blank, what the client asked for), by which engine_kill finds the
 * statement, the limits, and for a tenant user the filter of every tenant table and, last,
 * readonly. workspace and project: checked UUID text, NULL for other users. False: too long. */
bool settings_finish(struct settings *s, const struct settings_limits *limits, const char *token,
        const char *database, const char *workspace, const char *project, bool readonly) MUST_CHECK;

/* Adds text as a quoted ClickHouse string. */
void settings_quote(struct buf *out, const char *text);

#endif
