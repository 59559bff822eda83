/* SPDX-License-Identifier: MIT
 * The client's handle and its calls: insert, select, command, erase. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "ch/ch_gate.h"
#include "ch/ch_internal.h"

static bool is_remote(const struct conf_ch_endpoint *at)
{
	static const char *const local[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};

	if (at->unix_socket[0])
		return false;
	for (size_t i = 0; i < ARRAY_LEN(local); i++)
		if (str_starts_with(at->url, local[i]))
			return false;
	return true;
}

struct ch *ch_open(const struct conf_ch_endpoint *at, const struct ch_options *options)
{
	struct ch *c = calloc(1, sizeof(*c));
	size_t len;

	if (!c)
		return NULL;
	c->at = *at;
	if (options)
		c->options = *options;
	str_copy(c->cluster, sizeof(c->cluster), c->options.cluster ? c->options.cluster : "");
	c->options.cluster = c->cluster;
	if (!c->at.url[0])
		str_copy(c->at.url, sizeof(c->at.url), "http://store");
	for (len = strlen(c->at.url); len > 0 && c->at.url[len - 1] == '/'; len--)
		c->at.url[len - 1] = '\0';
	c->remote = is_remote(&c->at);
	c->http = httpc_new();
	if (!c->http) {
		free(c);
		return NULL;
	}
	return c;
}

void ch_close(struct ch *c)
{
	if (!c)
		return;
	httpc_free(c->http);
	explicit_bzero(&c->at, sizeof(c->at));
	free(c);
}

enum err ch_ping(struct ch *c, int64_t timeout_ms)
{
	char url[sizeof(c->at.url) + 8];
	struct httpc_request request = {.url = url,
	        .unix_socket = c->at.unix_socket,
	        .timeout_ms = timeout_ms,
	        .connect_timeout_ms = timeout_ms,
	        .response_max = 1024,
	        .stop = c->options.stop,
	        .stop_arg = c->options.stop_arg};
	struct httpc_response response;

	if (!str_format(url, sizeof(url), "%s/ping", c->at.url))
		return ERR_DB_CH_CONNECTION_REFUSED;
	return httpc_call(c->http, &request, &response) == HTTPC_OK && response.status == 200
	               ? ERR_OK
	               : ERR_DB_CH_CONNECTION_REFUSED;
}

enum err ch_insert(struct ch *c, const struct ch_insert *insert, struct ch_result *result)
{
	static const char *const format[] = {
	        [CH_ROWS_JSON] = "JSONEachRow", [CH_ROWS_NATIVE] = "Native"};
	char query[128];
	struct ch_call call = {.cls = CH_INSERT,
	        .database = c->at.database,
	        .query = query,
	        .body = insert->body,
	        .body_len = insert->body_len,
	        .token = insert->token};

	*result = (struct ch_result){.cause = ERR_DB_INTERNAL_ERROR, .fault = CH_FAULT_CONFIG};
	if (!ch_table_find(insert->table, strlen(insert->table)) || !*insert->token ||
	        !str_format(query, sizeof(query), "INSERT INTO %s FORMAT %s", insert->table,
	                format[insert->rows]))
		return result->cause;
	return ch_call(c, &call, result);
}

enum err ch_select(struct ch *c, const struct ch_query *q, struct ch_result *result)
{
	struct ch_call call = {.cls = q->cls,
	        .tenant = q->tenant,
	        .database = c->at.database,
	        .body = q->sql,
	        .body_len = strlen(q->sql),
	        .params = q->params,
	        .params_len = q->params_len,
	        .format = q->format ? q->format : "JSONCompact",
	        .into_buf = q->into_buf,
	        .sink = q->sink,
	        .sink_arg = q->sink_arg};
	struct ch_gate_text text;

	*result = (struct ch_result){.cause = ERR_DB_INTERNAL_ERROR, .fault = CH_FAULT_CONFIG};
	if (call.body_len == 0 || call.body_len > CH_SQL_BYTES_MAX || q->cls == CH_INSERT)
		return result->cause;
	if (q->check) {
		if (ch_gate_lex(q->sql, call.body_len, &text) != ERR_OK) {
			result->cause = ERR_DB_STORE_STATEMENT_DENIED;
			result->fault = CH_FAULT_QUERY;
			return ch_error_for_reply(q->cls, result);
		}
		call.body_len = text.len;
	}
	if (ch_call(c, &call, result) == ERR_OK)
		return ERR_OK;
	return ch_error_for_reply(q->cls, result);
}

enum err ch_command(struct ch *c, const char *sql, const struct ch_param *params, size_t params_len,
        struct ch_result *result)
{
	struct ch_call call = {.cls = CH_ADMIN,
	        .database = c->at.database,
	        .body = sql,
	        .body_len = strlen(sql),
	        .params = params,
	        .params_len = params_len};

	return ch_call(c, &call, result);
}

bool ch_text_list(struct buf *out, const char *const *items, size_t items_len)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < items_len; i++) {
		buf_add_str(out, i ? ",'" : "'");
		for (const char *p = items[i]; *p; p++) {
			if (*p == '\'' || *p == '\\')
				buf_add_char(out, '\\');
			buf_add_char(out, *p);
		}
		buf_add_char(out, '\'');
	}
	return buf_add_char(out, ']') && !out->failed;
}

/* On a cluster the rows lie in the tables behind the Distributed one. */
static bool erase_statement(
        const struct ch *c, const struct ch_table *table, bool end_user, char *sql, size_t size)
{
	char name[96], cluster[80];
	struct ch_table local = *table;
	struct ch_erase_form form = {.table = &local, .end_user = end_user};

	if (*c->cluster) {
		if (!str_format(name, sizeof(name), "%s_local", table->name) ||
		        !str_format(cluster, sizeof(cluster), "'%s'", c->cluster))
			return false;
		local.name = name;
		form.cluster = cluster;
	}
	return ch_erase_sql(sql, size, &form);
}

enum err ch_erase(struct ch *c, const struct ch_tenant *tenant, const char *user_id,
        const char *sessions, struct ch_result *result)
{
	const struct ch_param params[] = {{.name = "w", .value = tenant->workspace_id},
	        {.name = "p", .value = tenant->project_id},
	        {.name = "u", .value = user_id ? user_id : ""},
	        {.name = "s", .value = sessions ? sessions : "[]", .raw = true}};
	enum err e = ERR_OK;

	*result = (struct ch_result){.cause = ERR_DB_INTERNAL_ERROR, .fault = CH_FAULT_CONFIG};
	if (!tenant->workspace_id || !tenant->project_id || !str_is_uuid(tenant->workspace_id) ||
	        !str_is_uuid(tenant->project_id) || (user_id && !*user_id))
		return result->cause;
	for (size_t i = 0; e == ERR_OK && i < ch_tenant_tables_len; i++) {
		const struct ch_table *t = &ch_tenant_tables[i];
		char sql[CH_ERASE_SQL_BYTES];

		if (user_id && !t->user_column)
			continue;
		if (!erase_statement(c, t, user_id != NULL, sql, sizeof(sql)))
			return ERR_DB_INTERNAL_ERROR;
		e = ch_command(c, sql, params, user_id ? 4 : 2, result);
	}
	return e;
}
