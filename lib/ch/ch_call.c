/* SPDX-License-Identifier: MIT
 * One request to the store: its URL, its login, its answer. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/gzip.h"
#include "base/id.h"
#include "base/str.h"
#include "ch/ch_internal.h"

enum {
	URL_BYTES_MAX = 512 * 1024,
	SUMMARY_BYTES = 512,
	CODE_BYTES = 16,
	WAIT_EXTRA_MS = 10000, /* for a free connection of the store, and the way */
	GZIP_LEVEL = 1,
	GZIP_MARGIN = 1024,
};

/* What arrives, told apart: rows to the caller, an error's text into the result. */
struct answer {
	const struct ch_call *call;
	struct ch_result *result;
	size_t text_len;
	bool full;
};

static bool on_bytes(const char *bytes, size_t len, int status, void *arg)
{
	struct answer *a = arg;

	if (status == 200) {
		if (a->call->sink)
			return a->call->sink(bytes, len, a->call->sink_arg);
		if (a->call->into_buf && !buf_add(a->call->into_buf, bytes, len)) {
			a->full = true;
			return false;
		}
		return true;
	}
	for (size_t i = 0; i < len && a->text_len < CH_ERROR_TEXT_BYTES - 1; i++)
		a->result->text[a->text_len++] =
		        bytes[i] == '\n' || bytes[i] == '\r' ? ' ' : bytes[i];
	return true;
}

/* "read_rows":"12" of X-ClickHouse-Summary. */
static uint64_t summary_number(const char *summary, const char *name)
{
	const char *at = strstr(summary, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void read_summary(const char *s, struct ch_result *r)
{
	r->read_rows = summary_number(s, "\"read_rows\":\"");
	r->read_bytes = summary_number(s, "\"read_bytes\":\"");
	r->written_rows = summary_number(s, "\"written_rows\":\"");
	r->written_bytes = summary_number(s, "\"written_bytes\":\"");
	r->result_rows = summary_number(s, "\"result_rows\":\"");
	r->result_bytes = summary_number(s, "\"result_bytes\":\"");
}

static void add_pair(struct buf *url, const char *name, const char *value)
{
	buf_addf(url, "&%s=", name);
	httpc_add_escaped(url, value);
}

/* The value of a parameter is read as an escaped field: a backslash or a line break in it would be
 * taken for something else. */
static void add_param(struct buf *url, const struct ch_param *p)
{
	char piece[2] = "";

	buf_addf(url, "&param_%s=", p->name);
	if (p->raw) {
		httpc_add_escaped(url, p->value);
		return;
	}
	for (const char *v = p->value; *v; v++) {
		const char *escaped = *v == '\\'   ? "\\\\"
		                      : *v == '\n' ? "\\n"
		                      : *v == '\t' ? "\\t"
		                      : *v == '\r' ? "\\r"
		                      : *v == '\b' ? "\\b"
		                      : *v == '\f' ? "\\f"
		                                   : NULL;

		piece[0] = *v;
		httpc_add_escaped(url, escaped ? escaped : piece);
	}
}

static bool is_param_name(const char *name)
{
	size_t len =
	        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return len > 0 && name[len] == '\0';
}

static void add_output_settings(struct buf *url)
{
	buf_add_str(url, "&output_format_json_quote_64bit_integers=0"
	                 "&output_format_json_quote_decimals=0"
	                 "&output_format_json_quote_denormals=0&date_time_output_format=iso");
}

/* An event's copies lie in one month, so each month is looked at alone. tuple(x AS name) names its
 * elements, which makes an object of it in JSON; text of others than us is left as it is. */
static void add_analytics_settings(enum ch_class cls, struct buf *url)
{
	buf_add_str(url, "&do_not_merge_across_partitions_select_final=1");
	if (cls != CH_FREE_SQL)
		buf_add_str(url, "&enable_named_columns_in_function_tuple=1");
}

/* A server on its own may know a token whose rows it has lost, and would take the repeat for done
 * (docs/DESIGN.md). The embedded store mends that, replicated tables do not have it; any other
 * stores a repeat again, which counts once: there each request has a token of its own. */
static bool keeps_tokens(const struct ch *c)
{
	return c->at.unix_socket[0] || *c->cluster;
}

static bool build_url(
        const struct ch *c, const struct ch_call *call, const char *query_id, struct buf *url)
{
	bool tenant = call->cls != CH_ADMIN && call->cls != CH_INSERT;

	buf_addf(url, "%s/?query_id=%s", c->at.url, query_id);
	if (call->database && *call->database)
		add_pair(url, "database", call->database);
	if (call->query)
		add_pair(url, "query", call->query);
	ch_limits_add(c, call->cls, url);
	if (call->format) {
		add_pair(url, "default_format", call->format);
		add_output_settings(url);
	}
	if (call->into_buf)
		buf_add_str(url, "&wait_end_of_query=1");
	if (call->token) {
		/* Off, as they cost more than they bring (make bench-pipeline; 9 us a row without
		 * them): a second thread that cuts the body, 2 us a row, and looking for duplicates
		 * inside the insert, 3 us: FINAL and merges drop those too. */
		buf_add_str(url, "&insert_deduplicate=1&async_insert=0&optimize_on_insert=0"
		                 "&input_format_parallel_parsing=0");
		add_pair(url, "insert_deduplication_token",
		        keeps_tokens(c) ? call->token : query_id);
		if (*c->cluster)
			buf_add_str(url, "&distributed_foreground_insert=1&insert_quorum=auto");
	} else if (tenant && *c->cluster) {
		buf_add_str(url, "&prefer_localhost_replica=1&skip_unavailable_shards=0");
	}
	if (tenant)
		add_analytics_settings(call->cls, url);
	if (tenant) {
		/* the one place that binds a query to its tenant */
		if (!call->tenant || !call->tenant->workspace_id || !call->tenant->project_id ||
		        !str_is_uuid(call->tenant->workspace_id) ||
		        !str_is_uuid(call->tenant->project_id))
			return false;
		add_pair(url, "SQL_workspace_id", call->tenant->workspace_id);
		add_pair(url, "SQL_project_id", call->tenant->project_id);
	}
	for (size_t i = 0; i < call->params_len; i++) {
		if (!is_param_name(call->params[i].name))
			return false;
		add_param(url, &call->params[i]);
	}
	return !url->failed;
}

static bool add_bytes(const void *bytes, size_t len, void *arg)
{
	return buf_add(arg, bytes, len);
}

static bool compress(const void *body, size_t len, struct buf *out)
{
	struct gzip *g = gzip_deflate_new(GZIP_LEVEL);
	bool ok = g && gzip_feed(g, body, len, add_bytes, out) == GZIP_OK &&
	          gzip_finish(g, add_bytes, out) == GZIP_OK && !out->failed;

	gzip_free(g);
	return ok;
}

static void perform(struct ch *c, const struct ch_call *call, const char *url,
        const struct buf *packed, struct ch_result *r)
{
	struct answer answer = {.call = call, .result = r};
	char code[CODE_BYTES], summary[SUMMARY_BYTES];
	struct httpc_wanted wanted[] = {
	        {"X-ClickHouse-Exception-Code", code, sizeof(code)},
	        {"X-ClickHouse-Summary", summary, sizeof(summary)},
	        {"X-ClickHouse-Query-Id", r->query_id, sizeof(r->query_id)},
	};
	const struct httpc_header gzip = {"Content-Encoding", "gzip"};
	const struct httpc_request request = {
	        .method = "POST",
	        .url = url,
	        .unix_socket = c->at.unix_socket,
	        .user = c->at.user,
	        .password = c->at.password,
	        .headers = &gzip,
	        .headers_len = packed ? 1 : 0,
	        .body = packed ? packed->data : call->body,
	        .body_len = packed ? packed->len : call->body_len,
	        .sink = on_bytes,
	        .sink_arg = &answer,
	        .wanted = wanted,
	        .wanted_len = ARRAY_LEN(wanted),
	        .accept_gzip = c->remote,
	        .response_max = UINT64_MAX,
	        .timeout_ms = ch_limits_time_ms(c, call->cls) + WAIT_EXTRA_MS,
	        .stop = c->options.stop,
	        .stop_arg = c->options.stop_arg,
	};
	struct httpc_response response;
	enum httpc_result http = httpc_call(c->http, &request, &response);
	int64_t number;

	r->sent = response.sent;
	r->took_ms = response.took_ms;
	r->http_status = response.status;
	if (str_parse_int(code, 1, INT32_MAX, &number))
		r->ch_code = (int)number;
	read_summary(summary, r);
	if (http != HTTPC_OK)
		ch_error_of_http(answer.full ? HTTPC_TOO_LARGE : http, r);
	else if (response.status != 200 || r->ch_code != 0)
		ch_error_classify(call->cls, r);
}

enum err ch_call(struct ch *c, const struct ch_call *call, struct ch_result *result)
{
	char query_id[ID_UUID_BYTES];
	struct buf url, packed;
	size_t before = call->into_buf ? call->into_buf->len : 0;
	bool pack = c->remote && call->token && call->body_len > 0;

	*result = (struct ch_result){.cause = ERR_DB_INTERNAL_ERROR, .fault = CH_FAULT_CONFIG};
	id_uuid4(query_id);
	buf_init(&url, URL_BYTES_MAX);
	buf_init(&packed, call->body_len + call->body_len / 100 + GZIP_MARGIN);
	if (build_url(c, call, query_id, &url) &&
	        (!pack || compress(call->body, call->body_len, &packed))) {
		result->cause = ERR_OK;
		result->fault = CH_FAULT_NONE;
		perform(c, call, buf_str(&url), pack ? &packed : NULL, result);
	}
	if (result->cause != ERR_OK && call->into_buf && call->into_buf->data) {
		call->into_buf->len = before;
		call->into_buf->data[before] = '\0';
	}
	buf_release(&packed);
	buf_release(&url);
	return result->cause;
}
