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
	CONF_CADDY = 'Y', /* not a program of ours: for conf_option_visible */
	CONF_ALL = '*',   /* every column: `yavio config`, set-up of the other programs */
};

struct conf;

/* Reads and checks everything, then removes from the process environment what the program may not
 * see (CONF_CLI and CONF_ALL keep it, since they start the others). env_file: NULL means the
 * default: YAVIO_ENV_FILE, else .env in the checkout that holds the executable, else
 * /etc/yavio/yavio.env; tests that want no file say "/dev/null". All faults and warnings are
 * reported on stderr, one line each ("yavio-ingest: YAVIO-7201 JWT_SECRET is too weak: ...; run
 * ..."), never with the value of a setting. Any fatal fault: the first one's number is returned and
 * *out is NULL. Caller frees *out with conf_free. */
enum err conf_load(enum conf_program program, const char *env_file, struct conf **out) MUST_CHECK;
/* Forgets secrets, frees. NULL-safe. */
void conf_free(struct conf *c);

/* One finding of a load. line: "YAVIO-7201 JWT_SECRET is too weak: ...", without program name. */
typedef void conf_report_fn(void *data, enum err e, bool fatal, const char *line);

struct conf_request {
	enum conf_program program;
	const char *env_file;   /* NULL: the default, as above */
	bool tolerate;          /* load in spite of fatal faults: a bad value counts as unset */
	conf_report_fn *report; /* NULL: lines on stderr */
	void *report_data;
};
/* conf_load with a choice, for commands that must work on a half-configured machine. With tolerate
 * only memory, or an env file that cannot be read, fails. */
enum err conf_load_request(const struct conf_request *request, struct conf **out) MUST_CHECK;

/* "yavio-ingest", ...; "yavio" for the CLI and anything else. */
const char *conf_program_name(enum conf_program program);

/* Text of a value, "" when unset and without default; valid until conf_free. It is a bug (abort) to
 * ask for a variable that the program's letter does not list. */
const char *conf_str(const struct conf *c, enum conf_id id);
/* Numbers in the option's unit: bytes for sizes, milliseconds for times, plain counts and ports
 * otherwise; "auto" is already computed. 0 when unset. */
int64_t conf_int(const struct conf *c, enum conf_id id);
bool conf_bool(const struct conf *c, enum conf_id id);
double conf_decimal(const struct conf *c, enum conf_id id);
/* True when the environment, a file or another setting gave it, not the default. */
bool conf_is_set(const struct conf *c, enum conf_id id);

/* YAVIO_RL_*: requests and their seconds. */
struct conf_rate {
	int64_t count;
	int64_t seconds;
};
struct conf_rate conf_rate(const struct conf *c, enum conf_id id);

/* YAVIO_STORE_CONNECTIONS. */
struct conf_pools {
	int64_t insert;
	int64_t select;
	int64_t admin;
};
struct conf_pools conf_pools(const struct conf *c, enum conf_id id);

/* One key of API_KEY_HASH_SECRET or ENCRYPTION_KEY. */
struct conf_key {
	char id[8];      /* "h1", "k2" */
	char text[1032]; /* as written: any text, or 32 bytes in base64 or hex */
};
/* The index-th key, the active one is 0; a bare value is h1 or k1. False beyond the last. */
bool conf_key_at(
        const struct conf *c, enum conf_id id, size_t index, struct conf_key *out) MUST_CHECK;

/* The next entry of a list (YAVIO_BIND, YAVIO_TRUSTED_PROXIES: comma or blank between) into out.
 * *cursor starts at conf_str and is moved on. False at the end, or when the entry does not fit. */
bool conf_list_next(const char **cursor, char *out, size_t out_size) MUST_CHECK;

/* YAVIO_HOME/<name> into out; false when it does not fit. */
bool conf_home_path(const struct conf *c, const char *name, char *out, size_t out_size) MUST_CHECK;
/* Directory of the unix sockets: YAVIO_HOME/run, or, when that is longer than 80 bytes, a
 * directory of its own in /run/yavio, $XDG_RUNTIME_DIR or $TMPDIR: the same in every program of one
 * YAVIO_HOME. Made (0700, owner as YAVIO_HOME) when absent. False: does not fit, cannot be made. */
bool conf_socket_dir(const struct conf *c, char *out, size_t out_size) MUST_CHECK;
/* Path of the socket called <name> ("ingest.sock") in that directory. */
bool conf_socket_path(
        const struct conf *c, const char *name, char *out, size_t out_size) MUST_CHECK;
/* Root of the checkout that holds the executable; false when there is none (installed). */
bool conf_checkout_root(char *out, size_t out_size) MUST_CHECK;
/* The env file that was read, "" when none. */
const char *conf_env_file(const struct conf *c);

/* libpq connection URL of the program: DATABASE_URL and its two companions when set, else the
 * private cluster (database yavio) in conf_socket_dir, with the role and password of the program's
 * letter (I yavio_ingest, D L yavio_app, others yavio_service). It holds a password: never log it.
 */
bool conf_pg_url(const struct conf *c, char *out, size_t out_size) MUST_CHECK;

struct conf_ch_endpoint {
	char url[512]; /* CLICKHOUSE_URL, or "http://127.0.0.1:8123", or "http://localhost" when
	                  the port is 0 */
	char unix_socket[108]; /* the embedded store's store.sock, "" with CLICKHOUSE_URL */
	char user[64];         /* S yavio_ingest, D L yavio_dashboard, J yavio_eraser, others
	                          CLICKHOUSE_USER */
	char password[260];
	char database[64];
};
bool conf_ch_endpoint(const struct conf *c, struct conf_ch_endpoint *out) MUST_CHECK;

/* The table itself, for `yavio config` and generators. */
enum conf_origin {
	CONF_FROM_NOTHING,
	CONF_FROM_DEFAULT,
	CONF_FROM_SETTING, /* made from other settings */
	CONF_FROM_ENV_FILE,
	CONF_FROM_SECRET_FILE, /* NAME_FILE */
	CONF_FROM_ENVIRONMENT,
};

enum conf_flag {
	CONF_FLAG_SECRET = 1,
	CONF_FLAG_REQUIRED = 2,
	CONF_FLAG_GENERATED = 4,
	CONF_FLAG_AUTO = 8,
	CONF_FLAG_DERIVED = 16,
	CONF_FLAG_PLANNED = 32, /* no program uses it yet: 7105 when it is set */
};

enum conf_type {
	CONF_TYPE_TEXT,
	CONF_TYPE_PATH,
	CONF_TYPE_URL,
	CONF_TYPE_ORIGIN,
	CONF_TYPE_PGURL,
	CONF_TYPE_REDISURL,
	CONF_TYPE_HOST,
	CONF_TYPE_PORT,
	CONF_TYPE_BOOL,
	CONF_TYPE_INT,
	CONF_TYPE_DECIMAL,
	CONF_TYPE_SIZE,
	CONF_TYPE_TIME,
	CONF_TYPE_ENUM,
	CONF_TYPE_LEVEL,
	CONF_TYPE_SECRET,
	CONF_TYPE_HASHRING,
	CONF_TYPE_KEYRING,
	CONF_TYPE_IPS,
	CONF_TYPE_CIDRS,
	CONF_TYPE_NAME,
	CONF_TYPE_MAIL,
	CONF_TYPE_RATE,
	CONF_TYPE_POOLS,
	CONF_TYPE_CLOCK,
	CONF_TYPE_COUNT
};

struct conf_option {
	const char *name;
	enum conf_type type;
	int64_t min, max;
	const char *fallback; /* default text */
	unsigned flags;
	const char *programs;
	const char *extra;
	const char *help;
};

/* The row of id. */
const struct conf_option *conf_option(enum conf_id id);
/* Name or alias -> id; false: no such setting. */
bool conf_option_find(const char *name, enum conf_id *id) MUST_CHECK;
bool conf_option_visible(enum conf_id id, enum conf_program program);
/* Whether the value must be shown as "set" only. */
bool conf_option_secret(enum conf_id id);

/* Effective value for showing: a secret as "set" or "", everything else as text ("auto" stays). */
const char *conf_show(const struct conf *c, enum conf_id id);
enum conf_origin conf_origin(const struct conf *c, enum conf_id id);
/* "environment", "file", ".env", "setting", "default", "". */
const char *conf_origin_name(enum conf_origin origin);

#endif
