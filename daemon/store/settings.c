/* SPDX-License-Identifier: MIT
 * Settings of one statement. */
#include <ctype.h>

#include "base/str.h"
#include "ch/ch_gate.h"
#include "ch/ch_tables.h"
#include "daemon/store/settings.h"

enum {
	ADMIN = 1 << USER_ADMIN,
	INGEST = 1 << USER_INGEST,
	TENANT = 1 << USER_TENANT,
	ERASER = 1 << USER_ERASER,
	EVERYBODY = ADMIN | INGEST | TENANT | ERASER,
	SECONDS_CAP_SELECT = 300,
	ROWS_CAP_SELECT = 1000000,
	SECONDS_INSERT = 30,
	SECONDS_ADMIN = 3600,
};

static const int64_t MEMORY_INSERT = 512LL * 1024 * 1024;
/* The live class of lib/ch asks for this much, whatever YAVIO_QUERY_MEMORY is. */
static const int64_t MEMORY_SELECT_LEAST = 256LL * 1024 * 1024;

#define INSERT_TOKEN "insert_deduplication_token"

enum rule_kind {
	RULE_PASS,   /* to the engine as it is */
	RULE_NUMBER, /* digits only */
	RULE_THROW,  /* only the value "throw" */
	RULE_LIMIT,  /* a limit, capped */
	RULE_IGNORE, /* concerns ClickHouse's own HTTP server */
};

/* An asterisk at the end matches any rest. The first match counts; the admin user may set anything
 * that is not here. */
static const struct rule {
	const char *name;
	unsigned users;
	enum rule_kind kind;
	enum settings_limit limit;
} rules[] = {
        {"max_execution_time", EVERYBODY, RULE_LIMIT, SETTINGS_TIME},
        {"max_memory_usage", EVERYBODY, RULE_LIMIT, SETTINGS_MEMORY},
        {"max_result_rows", EVERYBODY, RULE_LIMIT, SETTINGS_ROWS},
        {"max_threads", EVERYBODY, RULE_LIMIT, SETTINGS_THREADS},
        {"max_result_bytes", TENANT, RULE_NUMBER, 0},
        {"max_rows_to_read", TENANT, RULE_NUMBER, 0},
        {"max_bytes_to_read", TENANT, RULE_NUMBER, 0},
        {"max_block_size", TENANT, RULE_NUMBER, 0},
        {"max_rows_to_group_by", TENANT, RULE_NUMBER, 0},
        {"max_bytes_before_external_group_by", TENANT, RULE_NUMBER, 0},
        {"max_bytes_before_external_sort", TENANT, RULE_NUMBER, 0},
        {"timeout_overflow_mode", EVERYBODY & ~ADMIN, RULE_THROW, 0},
        {"result_overflow_mode", EVERYBODY & ~ADMIN, RULE_THROW, 0},
        {"read_overflow_mode", TENANT, RULE_THROW, 0},
        {"do_not_merge_across_partitions_select_final", TENANT, RULE_NUMBER, 0},
        {"final", TENANT, RULE_NUMBER, 0},
        {"enable_named_columns_in_function_tuple", TENANT, RULE_NUMBER, 0},
        {"prefer_localhost_replica", TENANT, RULE_NUMBER, 0},
        {"skip_unavailable_shards", TENANT, RULE_NUMBER, 0},
        {"join_use_nulls", TENANT, RULE_NUMBER, 0},
        {"join_algorithm", TENANT, RULE_PASS, 0},
        {"optimize_read_in_order", TENANT, RULE_NUMBER, 0},
        {"optimize_aggregation_in_order", TENANT, RULE_NUMBER, 0},
        {"session_timezone", TENANT, RULE_PASS, 0},
        {"date_time_output_format", TENANT, RULE_PASS, 0},
        {"output_format_*", TENANT, RULE_PASS, 0},
        {"extremes", TENANT, RULE_NUMBER, 0},
        {"log_comment", EVERYBODY, RULE_PASS, 0},
        {"insert_deduplicate", INGEST, RULE_NUMBER, 0},
        {"optimize_on_insert", INGEST, RULE_NUMBER, 0},
        {INSERT_TOKEN, INGEST | ADMIN, RULE_PASS, 0},
        {"async_insert", INGEST, RULE_NUMBER, 0},
        {"wait_for_async_insert", INGEST, RULE_NUMBER, 0},
        {"insert_quorum", INGEST, RULE_PASS, 0},
        {"distributed_foreground_insert", INGEST, RULE_NUMBER, 0},
        {"date_time_input_format", INGEST, RULE_PASS, 0},
        {"input_format_*", INGEST, RULE_PASS, 0},
        {"mutations_sync", ERASER, RULE_NUMBER, 0},
        {"send_progress_in_http_headers", EVERYBODY, RULE_IGNORE, 0},
        {"http_headers_progress_interval_ms", EVERYBODY, RULE_IGNORE, 0},
        {"http_write_exception_in_output_format", EVERYBODY, RULE_IGNORE, 0},
        {"http_zlib_compression_level", EVERYBODY, RULE_IGNORE, 0},
        {"http_response_buffer_size", EVERYBODY, RULE_IGNORE, 0},
        {"cancel_http_readonly_queries_on_client_close", EVERYBODY, RULE_IGNORE, 0},
        {"add_http_cors_header", EVERYBODY, RULE_IGNORE, 0},
        {"buffer_size", EVERYBODY, RULE_IGNORE, 0},
};

static const char *const limit_name[SETTINGS_LIMIT_COUNT] = {
        [SETTINGS_TIME] = "max_execution_time",
        [SETTINGS_MEMORY] = "max_memory_usage",
        [SETTINGS_ROWS] = "max_result_rows",
        [SETTINGS_THREADS] = "max_threads",
};

void settings_limits_init(struct settings_limits *l, const struct options *o)
{
	int64_t half_memory = o->memory_bytes / 2;
	int64_t insert = MEMORY_INSERT < half_memory ? MEMORY_INSERT : half_memory;
	int64_t most = o->query_memory_bytes > MEMORY_SELECT_LEAST ? o->query_memory_bytes
	                                                           : MEMORY_SELECT_LEAST;
	int64_t rows_most =
	        o->query_rows_max > ROWS_CAP_SELECT ? o->query_rows_max : ROWS_CAP_SELECT;
	int64_t seconds = (o->query_timeout_ms + 999) / 1000;
	*l = (struct settings_limits){{
	        [SETTINGS_SELECT] = {{seconds, SECONDS_CAP_SELECT},
	                {o->query_memory_bytes, most < half_memory ? most : half_memory},
	                {o->query_rows_max, rows_most}, {o->query_threads, o->query_threads}},
	        [SETTINGS_INSERT] = {{SECONDS_INSERT, SECONDS_CAP_SELECT}, {insert, insert}, {0, 0},
	                {1, 1}},
	        [SETTINGS_ADMIN] = {{SECONDS_ADMIN, SECONDS_ADMIN}, {half_memory, half_memory},
	                {0, 0}, {2, 2}},
	}};
}

void settings_init(struct settings *s, const struct user *user, enum settings_class class)
{
	*s = (struct settings){.user = user, .class = class, .comment = ""};
	buf_init(&s->text, SETTINGS_TEXT_BYTES_MAX);
	for (size_t i = 0; i < SETTINGS_LIMIT_COUNT; i++)
		s->limit[i] = -1;
}

void settings_release(struct settings *s)
{
	buf_release(&s->text);
}

void settings_quote(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
	buf_add_char(out, '\'');
}

void settings_force(struct settings *s, const char *name, const char *value)
{
	buf_add_str(&s->text, s->text.len == 0 ? "SET " : ", ");
	buf_add_str(&s->text, name);
	buf_add_str(&s->text, " = ");
	settings_quote(&s->text, value);
}

static bool name_valid(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len > SETTINGS_NAME_BYTES_MAX || isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

static bool matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);
	if (pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static const struct rule *rule_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (matches(rules[i].name, name))
			return &rules[i];
	return NULL;
}

/* A whole number; a fraction, which the engine takes for seconds, is rounded up. */
static bool limit_take(struct settings *s, enum settings_limit limit, const char *value)
{
	char digits[24];
	int64_t number;
	const char *dot = strchr(value, '.');
	size_t len = dot ? (size_t)(dot - value) : strlen(value);
	if (!str_format(digits, sizeof(digits), "%.*s", (int)len, value) ||
	        !str_parse_int(digits, 0, INT64_MAX - 1, &number))
		return false;
	if (dot && (dot[1] == '\0' || strspn(dot + 1, "0123456789") != strlen(dot + 1)))
		return false;
	if (dot && strspn(dot + 1, "0") != strlen(dot + 1))
		number++;
	s->limit[limit] = number;
	return true;
}

enum err settings_add(struct settings *s, const char *name, const char *value)
{
	if (strlen(value) > SETTINGS_VALUE_BYTES_MAX || !name_valid(name))
		return ERR_DB_STORE_STATEMENT_DENIED;
	if (str_starts_with(name, "param_")) {
		settings_force(s, name, value);
		return ERR_OK;
	}
	const struct rule *rule = rule_of(name);
	bool admin = s->user->role == USER_ADMIN;
	if (!rule || !(rule->users & (1u << s->user->role))) {
		if (!admin)
			return ERR_DB_STORE_STATEMENT_DENIED;
		settings_force(s, name, value);
		return ERR_OK;
	}
	bool valid = true;
	switch (rule->kind) {
	case RULE_IGNORE:
		return ERR_OK;
	case RULE_LIMIT:
		return limit_take(s, rule->limit, value) ? ERR_OK : ERR_DB_STORE_STATEMENT_DENIED;
	case RULE_THROW:
		valid = strcmp(value, "throw") == 0;
		break;
	case RULE_NUMBER:
		valid = value[0] && strspn(value, "0123456789") == strlen(value);
		break;
	case RULE_PASS:
		break;
	}
	if (!valid)
		return ERR_DB_STORE_STATEMENT_DENIED;
	if (strcmp(name, "log_comment") == 0)
		s->comment = value;
	else if (strcmp(name, INSERT_TOKEN) == 0)
		s->insert_token = value;
	else
		settings_force(s, name, value);
	return ERR_OK;
}

void settings_insert_token(struct settings *s, unsigned life)
{
	struct buf token;
	if (!s->insert_token || !*s->insert_token)
		return;
	buf_init(&token, SETTINGS_VALUE_BYTES_MAX + 16);
	if (life == 0 ? buf_add_str(&token, s->insert_token)
	              : buf_addf(&token, "%s~%u", s->insert_token, life))
		settings_force(s, INSERT_TOKEN, buf_str(&token));
	else
		s->text.failed = true;
	buf_release(&token);
}

/* 0 means "no limit" to the engine, so a capped user may not have it. */
static int64_t limit_of(
        const struct settings *s, enum settings_limit limit, int64_t usual, int64_t most)
{
	int64_t asked = s->limit[limit];
	if (asked < 0)
		return usual;
	if (s->user->role == USER_ADMIN || most == 0)
		return asked;
	return asked == 0 || asked > most ? most : asked;
}

static void limits_add(struct settings *s, const struct settings_limits *l)
{
	char text[24];
	for (size_t i = 0; i < SETTINGS_LIMIT_COUNT; i++) {
		int64_t value = limit_of(s, (enum settings_limit)i, l->of[s->class][i].usual,
		        l->of[s->class][i].most);
		if (value == 0 && s->limit[i] < 0)
			continue;
		if (str_format(text, sizeof(text), "%lld", (long long)value))
			settings_force(s, limit_name[i], text);
	}
}

/* {'db.events': 'workspace_id = \'...\' AND project_id = \'...\'', ...} for every tenant table. */
static void filter_add(
        struct settings *s, const char *database, const char *workspace, const char *project)
{
	char condition[256], table[192];
	if (!str_format(condition, sizeof(condition), "workspace_id = '%s' AND project_id = '%s'",
	            workspace, project))
		s->text.failed = true;
	buf_add_str(&s->text, ", " CH_GATE_SETTINGS ", additional_table_filters = {");
	for (size_t i = 0; i < ch_tenant_tables_len; i++) {
		if (!str_format(table, sizeof(table), "%s.%s", database, ch_tenant_tables[i].name))
			s->text.failed = true;
		buf_add_str(&s->text, i ? ", " : "");
		settings_quote(&s->text, table);
		buf_add_str(&s->text, ": ");
		settings_quote(&s->text, condition);
	}
	buf_add_char(&s->text, '}');
}

static void comment_add(struct settings *s, const char *token)
{
	struct buf comment;
	buf_init(&comment, SETTINGS_VALUE_BYTES_MAX + 64);
	buf_addf(&comment, "%s %s", token, s->comment);
	settings_force(s, "log_comment", buf_str(&comment));
	s->text.failed |= comment.failed;
	buf_release(&comment);
}

bool settings_finish(struct settings *s, const struct settings_limits *limits, const char *token,
        const char *database, const char *workspace, const char *project, bool readonly)
{
	bool tenant = s->user->role == USER_TENANT;
	if (tenant && (!workspace || !project || !str_is_uuid(workspace) || !str_is_uuid(project)))
		return false;
	comment_add(s, token);
	limits_add(s, limits);
	if (s->user->role != USER_ADMIN) {
		settings_force(s, "timeout_overflow_mode", "throw");
		settings_force(s, "result_overflow_mode", "throw");
		settings_force(s, "read_overflow_mode", "throw");
	}
	if (tenant) {
		filter_add(s, database, workspace, project);
		settings_force(s, "readonly", "1");
	} else if (readonly) {
		settings_force(s, "readonly", "2");
	}
	return !s->text.failed;
}
