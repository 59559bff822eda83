/* SPDX-License-Identifier: MIT
 * The embedded ClickHouse engine: the only user of libchdb. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/store/chdb_abi.h"
#include "daemon/store/engine.h"

enum {
	ENGINE_PATH_BYTES = 1024,
	ENGINE_CONFIG_BYTES_MAX = 4096,
	ENGINE_THREADS_MAX = 256,     /* of all queries, merges and reads together */
	ENGINE_THREADS_KEPT = 4,      /* idle threads cost memory, a new one costs 50 us */
	ENGINE_MARK_CACHE_SHARE = 16, /* of the memory for the mark cache */
};

static const char LIBRARY_NAME[] = "libchdb.so";
static const char NOT_STREAMED[] = "Streaming query is not supported";

/* One for the process, as the engine behind it is. */
static struct {
	void *handle;
#define DECLARE(type, name, args) type(*name) args;
	CHDB_FUNCTIONS(DECLARE)
#undef DECLARE
} lib;

struct engine {
	char path_arg[ENGINE_PATH_BYTES];
	char config_arg[ENGINE_PATH_BYTES];
	struct engine_conn *keeper; /* the engine lives as long as one connection is open */
	char version[ENGINE_VERSION_BYTES];
	char timezone[ENGINE_TIMEZONE_BYTES];
};

struct engine_conn {
	chdb_connection *connection;
	chdb_result *stream; /* NULL: none is running */
};

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

/* Deep binding keeps the engine's own copies of OpenSSL, zlib, ... apart from ours. A program with
 * the address sanitizer cannot run the engine: the library hands memory that the C library
 * allocated through the sanitizer (realpath) to the C library's own free. So the sanitizer lane
 * covers every file of the store but this one. */
static enum err library_load(void)
{
	if (SANITIZED) {
		log_fatal(ERR_DB_STORE_LIBRARY_MISSING,
		        "a build with the address sanitizer cannot load the engine");
		return ERR_DB_STORE_LIBRARY_MISSING;
	}
	lib.handle = dlopen(LIBRARY_NAME, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	if (!lib.handle) {
		log_fatal(ERR_DB_STORE_LIBRARY_MISSING, "engine library not loaded",
		        F_STR("why", dlerror()));
		return ERR_DB_STORE_LIBRARY_MISSING;
	}
	const char *missing = NULL;
#define LOOK_UP(type, name, args)                                                                  \
	*(void **)&lib.name = dlsym(lib.handle, #name);                                            \
	if (!lib.name)                                                                             \
		missing = #name;
	CHDB_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
	if (!missing)
		return ERR_OK;
	log_fatal(ERR_DB_STORE_LIBRARY_MISSING, "engine library is another version",
	        F_STR("function", missing));
	return ERR_DB_STORE_LIBRARY_MISSING;
}

/* Without it the engine takes 90 % of the RAM and 5 GB of mark cache. */
static bool config_write(const char *path, int64_t memory_bytes)
{
	struct buf text;
	buf_init(&text, ENGINE_CONFIG_BYTES_MAX);
	buf_addf(&text,
	        "<clickhouse>\n"
	        "<max_server_memory_usage>%lld</max_server_memory_usage>\n"
	        "<mark_cache_size>%lld</mark_cache_size>\n"
	        "<uncompressed_cache_size>0</uncompressed_cache_size>\n"
	        "<max_thread_pool_size>%d</max_thread_pool_size>\n"
	        "<max_thread_pool_free_size>%d</max_thread_pool_free_size>\n"
	        "<max_io_thread_pool_size>16</max_io_thread_pool_size>\n"
	        "<max_io_thread_pool_free_size>0</max_io_thread_pool_free_size>\n"
	        "<background_pool_size>2</background_pool_size>\n"
	        "<background_schedule_pool_size>4</background_schedule_pool_size>\n"
	        "</clickhouse>\n",
	        (long long)memory_bytes, (long long)(memory_bytes / ENGINE_MARK_CACHE_SHARE),
	        ENGINE_THREADS_MAX, ENGINE_THREADS_KEPT);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && !text.failed && write(fd, text.data, text.len) == (ssize_t)text.len;
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	buf_release(&text);
	return ok;
}

static enum err facts_read(struct engine *e)
{
	static const char sql[] = "SELECT version() || '\\n' || timezone()";
	struct engine_answer answer = {0};
	enum err err = ERR_DB_STORE_OPEN_FAILED;
	if (engine_query(e->keeper, sql, sizeof(sql) - 1, "TabSeparatedRaw", &answer)) {
		const char *split = memchr(answer.data, '\n', answer.len);
		size_t left = split ? answer.len - (size_t)(split - answer.data) - 1 : 0;
		if (split && left > 0 &&
		        str_format(e->version, sizeof(e->version), "%.*s",
		                (int)(split - answer.data), answer.data) &&
		        str_format(
		                e->timezone, sizeof(e->timezone), "%.*s", (int)left - 1, split + 1))
			err = ERR_OK;
	}
	if (err != ERR_OK)
		log_fatal(err, "engine does not answer", F_STR("why", answer.error));
	engine_answer_release(&answer);
	return err;
}

enum err engine_open(const struct engine_options *options, struct engine **out)
{
	struct engine *e = calloc(1, sizeof(*e));
	enum err err = ERR_DB_STORE_OPEN_FAILED;
	if (!e)
		return err;
	if (!str_format(e->path_arg, sizeof(e->path_arg), "--path=%s", options->data_dir) ||
	        !str_format(e->config_arg, sizeof(e->config_arg), "--config-file=%s",
	                options->config_path)) {
		log_fatal(err, "path of the data directory is too long");
		goto out;
	}
	if (!config_write(options->config_path, options->memory_bytes)) {
		err = ERR_DB_STORE_OPEN_FAILED;
		log_fatal(err, "engine configuration not written",
		        F_STR("file", options->config_path), F_STR("why", strerror(errno)));
		goto out;
	}
	err = library_load();
	if (err != ERR_OK)
		goto out;
	lib.chdb_set_signal_handlers_enabled(0);
	e->keeper = engine_connect(e);
	if (!e->keeper) {
		err = ERR_DB_STORE_OPEN_FAILED;
		log_fatal(err, "engine refuses the data directory",
		        F_STR("directory", options->data_dir));
		goto out;
	}
	err = facts_read(e);
out:
	if (err != ERR_OK) {
		engine_close(e);
		e = NULL;
	}
	*out = e;
	return err;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	engine_disconnect(e->keeper);
	/* The library stays loaded: its threads may still run. */
	free(e);
}

const char *engine_version(const struct engine *e)
{
	return e->version;
}

const char *engine_timezone(const struct engine *e)
{
	return e->timezone;
}

struct engine_conn *engine_connect(struct engine *e)
{
	static char name[] = "clickhouse";
	struct engine_conn *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	char *argv[] = {name, e->path_arg, e->config_arg, NULL};
	c->connection = lib.chdb_connect(ARRAY_LEN(argv) - 1, argv);
	if (c->connection)
		return c;
	free(c);
	return NULL;
}

static void stream_end(struct engine_conn *c, bool cancel)
{
	if (!c->stream)
		return;
	if (cancel)
		lib.chdb_stream_cancel_query(*c->connection, c->stream);
	lib.chdb_destroy_query_result(c->stream);
	c->stream = NULL;
}

void engine_disconnect(struct engine_conn *c)
{
	if (!c)
		return;
	stream_end(c, true);
	lib.chdb_close_conn(c->connection);
	free(c);
}

static int code_of(const char *error)
{
	int64_t code;
	char digits[8] = "";
	const char *at = strstr(error, "Code: ");
	for (size_t i = 0; at && i < sizeof(digits) - 1 && at[6 + i] >= '0' && at[6 + i] <= '9';
	        i++)
		digits[i] = at[6 + i];
	return str_parse_int(digits, 1, INT16_MAX, &code) ? (int)code : ENGINE_CODE_UNKNOWN;
}

/* Takes ownership of result. */
static bool answer_fill(chdb_result *result, struct engine_answer *answer)
{
	*answer = (struct engine_answer){0};
	if (!result) {
		answer->code = ENGINE_CODE_UNKNOWN;
		answer->error = "Code: 1002. DB::Exception: No answer. (UNKNOWN_EXCEPTION)";
		return false;
	}
	answer->handle = result;
	answer->error = lib.chdb_result_error(result);
	if (answer->error && !answer->error[0])
		answer->error = NULL;
	if (answer->error) {
		answer->code = code_of(answer->error);
		return false;
	}
	answer->data = lib.chdb_result_buffer(result);
	answer->len = answer->data ? lib.chdb_result_length(result) : 0;
	answer->counts = (struct engine_counts){
	        .read_rows = lib.chdb_result_storage_rows_read(result),
	        .read_bytes = lib.chdb_result_storage_bytes_read(result),
	        .result_rows = lib.chdb_result_rows_read(result),
	        .result_bytes = lib.chdb_result_bytes_read(result),
	        .written_rows = lib.chdb_result_rows_written(result),
	        .written_bytes = lib.chdb_result_bytes_written(result),
	};
	return true;
}

bool engine_query(struct engine_conn *c, const char *sql, size_t len, const char *format,
        struct engine_answer *answer)
{
	return answer_fill(
	        lib.chdb_query_n(*c->connection, sql, len, format, strlen(format)), answer);
}

bool engine_stream(struct engine_conn *c, const char *sql, size_t len, const char *format,
        struct engine_answer *answer)
{
	chdb_result *stream =
	        lib.chdb_stream_query_n(*c->connection, sql, len, format, strlen(format));
	const char *error = stream ? lib.chdb_result_error(stream) : NULL;
	if (stream && (!error || !error[0])) {
		*answer = (struct engine_answer){0};
		c->stream = stream;
		return true;
	}
	answer_fill(stream, answer);
	if (answer->error && strstr(answer->error, NOT_STREAMED))
		answer->code = ENGINE_NO_STREAM;
	return false;
}

enum engine_piece engine_stream_next(struct engine_conn *c, struct engine_answer *answer)
{
	if (!answer_fill(lib.chdb_stream_fetch_result(*c->connection, c->stream), answer)) {
		stream_end(c, false);
		return ENGINE_PIECE_ERROR;
	}
	if (answer->counts.result_rows > 0)
		return ENGINE_PIECE_MORE;
	stream_end(c, false);
	return ENGINE_PIECE_LAST;
}

void engine_answer_release(struct engine_answer *answer)
{
	if (!answer)
		return;
	if (answer->handle)
		lib.chdb_destroy_query_result(answer->handle);
	*answer = (struct engine_answer){0};
}

void engine_kill(struct engine *e, const char *token)
{
	char sql[128];
	struct engine_answer answer = {0};
	if (!str_is_uuid(token) ||
	        !str_format(sql, sizeof(sql),
	                "KILL QUERY WHERE startsWith(Settings['log_comment'], '%s') ASYNC", token))
		return;
	struct engine_conn *c = engine_connect(e);
	if (!c || !engine_query(c, sql, strlen(sql), "Null", &answer))
		log_error(ERR_DB_INTERNAL_ERROR, "query not stopped", F_STR("why", answer.error));
	engine_answer_release(&answer);
	engine_disconnect(c);
}
