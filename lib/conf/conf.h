/* SPDX-License-Identifier: MIT
 * Settings: one table (options.def) names every environment variable with its type, range, default
 * and the programs that may see it. Values come from the environment, then NAME_FILE, then the .env
 * file, then the default. */
#ifndef YAVIO_CONF_CONF_H
#define YAVIO_CONF_CONF_H

#include "base/base.h"
#include "base/errors.h"

/* CONF_YAVIO_HOME, CONF_YAVIO_HTTP_PORT, ...: one id for each variable of options.def, named after
 * it. */
enum conf_id {
#define CONF_OPTION(name, ...) CONF_##name,
#include "conf/options.def"
#undef CONF_OPTION
	CONF_ID_COUNT
};

/* Letters of the column "programs" in options.def. */
enum conf_program {
	CONF_INGEST = 'I',
	CONF_DASHBOARD = 'D',
	CONF_LIVE = 'L',
	CONF_SHIPPER = 'S',
	CONF_STORE = 'T',
	CONF_JOBS = 'J',
	CONF_CLI = 'C',
};

struct conf;

/* Reads, checks everything, cuts the process environment down to what the program may see.
 * env_file: NULL means the default (YAVIO_ENV_FILE, else .env in the checkout that holds the
 * executable, else /etc/yavio/yavio.env). All faults are reported on stderr, one line each
 * ("yavio-ingest: YAVIO-7201 JWT_SECRET is too weak: ...; run ..."); the first fault's number is
 * returned and *out is NULL. Caller frees *out with conf_free. */
enum err conf_load(enum conf_program program, const char *env_file, struct conf **out)
        __attribute__((warn_unused_result));
void conf_free(struct conf *c);

/* Text of a value, "" when unset and without default; valid until conf_free. It is a bug (abort) to
 * ask for a variable that the program's letter does not list. */
const char *conf_str(const struct conf *c, enum conf_id id);
/* Numbers in the option's unit: bytes for sizes, milliseconds for times, plain counts and ports
 * otherwise. */
int64_t conf_int(const struct conf *c, enum conf_id id);
bool conf_bool(const struct conf *c, enum conf_id id);
bool conf_is_set(const struct conf *c, enum conf_id id);

/* YAVIO_HOME/<name> into out; false when it does not fit. */
bool conf_home_path(const struct conf *c, const char *name, char *out, size_t out_size)
        __attribute__((warn_unused_result));
/* Path of a unix socket called <name>: in YAVIO_HOME/run, or in a short private directory when that
 * would be longer than 80 bytes (the same choice in every program of one YAVIO_HOME). */
bool conf_socket_path(const struct conf *c, const char *name, char *out, size_t out_size)
        __attribute__((warn_unused_result));

/* libpq connection URL of the program: DATABASE_URL and its two companions when set, else the
 * private cluster's socket with the role and password of the program's letter (I yavio_ingest, D L
 * yavio_app, J C yavio_service). */
bool conf_pg_url(const struct conf *c, char *out, size_t out_size)
        __attribute__((warn_unused_result));

struct conf_ch_endpoint {
	char url[512]; /* "http://127.0.0.1:8123" or CLICKHOUSE_URL without user and password */
	char unix_socket[108]; /* path of the embedded store's socket, "" when CLICKHOUSE_URL names
	                          a server */
	char user[64];         /* S yavio_ingest, D L yavio_dashboard, J yavio_eraser, C default */
	char password[256];
	char database[64];
};
bool conf_ch_endpoint(const struct conf *c, struct conf_ch_endpoint *out)
        __attribute__((warn_unused_result));

#endif
