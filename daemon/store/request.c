/* SPDX-License-Identifier: MIT
 * One HTTP request of ClickHouse's interface. */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "daemon/store/request.h"

/* Parameters of the interface itself; all others are settings. */
enum parameter {
	PARAMETER_QUERY,
	PARAMETER_DATABASE,
	PARAMETER_FORMAT,
	PARAMETER_QUERY_ID,
	PARAMETER_SESSION,  /* refused: every request has a connection of its own */
	PARAMETER_COMPRESS, /* refused when on: ClickHouse's native block compression */
	PARAMETER_WAIT_END,
	PARAMETER_GZIP,
	PARAMETER_USER,
	PARAMETER_PASSWORD,
	PARAMETER_WORKSPACE,
	PARAMETER_PROJECT,
	PARAMETER_IGNORED,
	PARAMETER_COUNT
};

static const struct {
	const char *name;
	enum parameter parameter;
} parameters[] = {
        {"query", PARAMETER_QUERY},
        {"database", PARAMETER_DATABASE},
        {"default_format", PARAMETER_FORMAT},
        {"query_id", PARAMETER_QUERY_ID},
        {"session_id", PARAMETER_SESSION},
        {"session_timeout", PARAMETER_IGNORED},
        {"session_check", PARAMETER_IGNORED},
        {"close_session", PARAMETER_IGNORED},
        {"compress", PARAMETER_COMPRESS},
        {"decompress", PARAMETER_COMPRESS},
        {"wait_end_of_query", PARAMETER_WAIT_END},
        {"enable_http_compression", PARAMETER_GZIP},
        {"user", PARAMETER_USER},
        {"password", PARAMETER_PASSWORD},
        {"quota_key", PARAMETER_IGNORED},
        {"stacktrace", PARAMETER_IGNORED},
        {"SQL_workspace_id", PARAMETER_WORKSPACE},
        {"SQL_project_id", PARAMETER_PROJECT},
};

struct login {
	char user[USERS_NAME_BYTES_MAX + 1], password[USERS_PASSWORD_BYTES_MAX + 1];
	bool bad; /* too long or malformed */
};

static int parameter_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
		if (strcmp(parameters[i].name, name) == 0)
			return parameters[i].parameter;
	return -1;
}

static const char *parameter(struct request *r, const char *name)
{
	const char *value = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
	return value ? value : "";
}

static const char *header(struct request *r, const char *name)
{
	const char *value = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
	return value ? value : "";
}

static bool is_on(const char *value)
{
	return strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0;
}

/* A server wants custom settings as quoted literals, so quotes around the UUID are taken too. */
static void uuid_take(const char *value, char out[REQUEST_UUID_BYTES])
{
	size_t len = strlen(value);
	bool quoted = len >= 2 && value[0] == '\'' && value[len - 1] == '\'';
	out[0] = '\0';
	if (!str_format(out, REQUEST_UUID_BYTES, "%.*s", (int)(quoted ? len - 2 : len),
	            value + quoted) ||
	        !str_is_uuid(out))
		out[0] = '\0';
}

static void query_id_take(struct request *r)
{
	const char *asked = parameter(r, "query_id");
	bool valid = asked[0] != '\0';
	for (const char *p = asked; *p; p++)
		valid &= isalnum((unsigned char)*p) || strchr("-_.:/", *p);
	if (!valid || !str_copy(r->query_id, sizeof(r->query_id), asked))
		str_copy(r->query_id, sizeof(r->query_id), r->token);
}

struct request *request_new(struct store *store, struct MHD_Connection *connection, bool get)
{
	struct request *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	*r = (struct request){
	        .store = store, .connection = connection, .get = get, .began_ms = clock_mono_ms()};
	r->body.fd = -1;
	id_uuid4(r->token);
	r->query = parameter(r, "query");
	r->database = parameter(r, "database");
	if (!r->database[0])
		r->database = header(r, "X-ClickHouse-Database");
	r->default_format = parameter(r, "default_format");
	if (!r->default_format[0])
		r->default_format = header(r, "X-ClickHouse-Format");
	uuid_take(parameter(r, "SQL_workspace_id"), r->workspace);
	uuid_take(parameter(r, "SQL_project_id"), r->project);
	query_id_take(r);
	r->whole_answer = is_on(parameter(r, "wait_end_of_query"));
	r->gzip_answer = is_on(parameter(r, "enable_http_compression")) &&
	                 strstr(header(r, "Accept-Encoding"), "gzip");
	return r;
}

void request_free(struct request *r)
{
	if (!r)
		return;
	body_release(&r->body);
	free(r);
}

static void login_take(struct login *l, const char *user, const char *password)
{
	l->bad = !str_copy(l->user, sizeof(l->user), user[0] ? user : "default") ||
	         !str_copy(l->password, sizeof(l->password), password);
}

static void login_take_basic(struct login *l, const char *encoded)
{
	uint8_t text[sizeof(l->user) + sizeof(l->password)];
	size_t len = 0;
	l->bad = true;
	if (crypto_base64_decode(encoded, text, sizeof(text) - 1, &len)) {
		text[len] = '\0';
		char *colon = strchr((char *)text, ':');
		if (colon && strlen((char *)text) == len) {
			*colon = '\0';
			login_take(l, (char *)text, colon + 1);
		}
	}
	crypto_wipe(text, sizeof(text));
}

static enum err login_check(struct request *r)
{
	struct login l = {0};
	const char *authorization = header(r, "Authorization");
	if (header(r, "X-ClickHouse-User")[0])
		login_take(&l, header(r, "X-ClickHouse-User"), header(r, "X-ClickHouse-Key"));
	else if (strncasecmp(authorization, "Basic ", 6) == 0)
		login_take_basic(&l, authorization + 6 + strspn(authorization + 6, " "));
	else
		login_take(&l, parameter(r, "user"), parameter(r, "password"));
	if (!l.bad)
		r->user = users_login(&r->store->users, l.user, l.password);
	crypto_wipe(&l, sizeof(l));
	return r->user ? ERR_OK : ERR_DB_STORE_AUTH_FAILED;
}

enum err request_check(struct request *r)
{
	enum err err = login_check(r);
	if (err != ERR_OK)
		return err;
	if (parameter(r, "session_id")[0] || is_on(parameter(r, "compress")) ||
	        is_on(parameter(r, "decompress")))
		return ERR_DB_STORE_STATEMENT_DENIED;
	if (r->user->role != USER_ADMIN && r->database[0] &&
	        strcmp(r->database, r->store->options.database) != 0)
		return ERR_DB_STORE_STATEMENT_DENIED;
	bool inserts = r->user->role == USER_ADMIN || r->user->role == USER_INGEST;
	const char *encoding = header(r, "Content-Encoding");
	r->bad_encoding = encoding[0] && strcasecmp(encoding, "gzip") != 0 &&
	                  strcasecmp(encoding, "identity") != 0;
	body_init(&r->body, inserts ? STORE_INSERT_BYTES_MAX : STORE_TENANT_BODY_BYTES_MAX,
	        strcasecmp(encoding, "gzip") == 0, &r->store->uploaded, r->store->upload_bytes_max);
	return ERR_OK;
}

struct settings_walk {
	struct settings *settings;
	enum err err;
	unsigned tenant_seen; /* 1: workspace, 2: project */
};

static enum MHD_Result settings_visit(void *arg, enum MHD_ValueKind kind, const char *name,
        size_t name_len, const char *value, size_t value_len)
{
	(void)kind;
	struct settings_walk *walk = arg;
	int known = parameter_find(name);
	if (known == PARAMETER_WORKSPACE || known == PARAMETER_PROJECT) {
		/* Given twice, which of both bound the query would be anybody's guess. */
		unsigned bit = known == PARAMETER_WORKSPACE ? 1 : 2;
		if (walk->tenant_seen & bit)
			walk->err = ERR_DB_STORE_STATEMENT_DENIED;
		walk->tenant_seen |= bit;
	}
	if (known >= 0)
		return walk->err == ERR_OK ? MHD_YES : MHD_NO;
	/* a NUL inside would hide the rest from every check */
	walk->err = strlen(name) != name_len || (value && strlen(value) != value_len)
	                    ? ERR_DB_STORE_STATEMENT_DENIED
	                    : settings_add(walk->settings, name, value ? value : "");
	return walk->err == ERR_OK ? MHD_YES : MHD_NO;
}

enum err request_settings(struct request *r, struct settings *s)
{
	struct settings_walk walk = {.settings = s};
	MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND, settings_visit, &walk);
	return walk.err;
}
