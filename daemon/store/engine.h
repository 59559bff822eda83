/* SPDX-License-Identifier: MIT
 * The embedded ClickHouse engine: the only user of libchdb. The library is loaded when the engine
 * is opened, so a program that only checks its settings does not pay for it. */
#ifndef YAVIO_STORE_ENGINE_H
#define YAVIO_STORE_ENGINE_H

#include "base/base.h"
#include "base/errors.h"

struct engine;
/* A connection runs one statement at a time and is used by one thread at a time; several run in
 * parallel. It keeps the settings and the database that were set on it. */
struct engine_conn;

enum {
	ENGINE_VERSION_BYTES = 32,
	ENGINE_TIMEZONE_BYTES = 64,
	ENGINE_TOKEN_BYTES = 37 /* ID_UUID_BYTES */
};

struct engine_options {
	const char *data_dir;    /* locked by the caller (lock.h) */
	const char *config_path; /* written by engine_open: the engine's own configuration */
	int64_t memory_bytes;    /* most the whole engine may use */
};

struct engine_counts {
	uint64_t read_rows, read_bytes;       /* from tables and files */
	uint64_t result_rows, result_bytes;   /* sent to the caller */
	uint64_t written_rows, written_bytes; /* inserted */
};

/* What a statement or a piece of a stream gave. Filled by every call below, to be released by
 * engine_answer_release. */
struct engine_answer {
	void *handle;     /* of the library */
	const char *data; /* len bytes, valid until the release */
	size_t len;
	int code;          /* 0: success; else ClickHouse's number, 1002 when it gave none */
	const char *error; /* "Code: 60. DB::Exception: ... (UNKNOWN_TABLE)", NULL for success */
	struct engine_counts counts;
};

/* Loads the library and opens the directory. ERR_DB_STORE_LIBRARY_MISSING,
 * ERR_DB_STORE_OPEN_FAILED; each already logged. */
enum err engine_open(const struct engine_options *options, struct engine **out) MUST_CHECK;
/* Every connection must be closed before. NULL-safe. */
void engine_close(struct engine *e);

/* "26.5.1.1" and the engine's time zone; valid while it is open. */
const char *engine_version(const struct engine *e);
const char *engine_timezone(const struct engine *e);

/* A fresh connection without settings (about 0.2 ms). NULL: the engine refused. */
struct engine_conn *engine_connect(struct engine *e) MUST_CHECK;
/* Ends what still streams, then closes. NULL-safe. */
void engine_disconnect(struct engine_conn *c);

/* Runs a statement to its end. format: name of the output format when the text has none. True for
 * success; else answer->code and answer->error tell. */
bool engine_query(struct engine_conn *c, const char *sql, size_t len, const char *format,
        struct engine_answer *answer);

/* Starts a select whose result comes in pieces. False: see answer; code ENGINE_NO_STREAM means that
 * this kind of statement cannot be streamed and was not run. */
bool engine_stream(struct engine_conn *c, const char *sql, size_t len, const char *format,
        struct engine_answer *answer);
enum { ENGINE_NO_STREAM = -1, ENGINE_CODE_UNKNOWN = 1002 };

enum engine_piece { ENGINE_PIECE_MORE, ENGINE_PIECE_LAST, ENGINE_PIECE_ERROR };
/* Waits for the next piece of the stream. LAST may still carry bytes; after LAST and ERROR the
 * stream is over. */
enum engine_piece engine_stream_next(
        struct engine_conn *c, struct engine_answer *answer) MUST_CHECK;

/* Frees what an answer holds and zeroes it. NULL-safe. */
void engine_answer_release(struct engine_answer *answer);

/* Asks the engine to stop the statements whose setting log_comment begins with token (a UUID);
 * returns at once. May be called by any thread. */
void engine_kill(struct engine *e, const char *token);

#endif
