/* SPDX-License-Identifier: MIT
 * SQL files of clickhouse/: their statements, and their placeholders for one server or a cluster.
 */
#include "base/buf.h"
#include "ch/ch_internal.h"

/* A piece of text that is not ended by NUL. */
struct piece {
	const char *p;
	size_t len;
};

static struct piece line_of(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return (struct piece){p, (size_t)((nl ? nl : end) - p)};
}

static bool is_blank_or_comment(struct piece line)
{
	while (line.len > 0 && (*line.p == ' ' || *line.p == '\t' || *line.p == '\r')) {
		line.p++;
		line.len--;
	}
	return line.len == 0 || (line.len >= 2 && line.p[0] == '-' && line.p[1] == '-');
}

bool ch_statement_next(const char **text, const char *end, const char **sql, size_t *len)
{
	const char *p = *text, *start = NULL;

	while (p < end) {
		struct piece line = line_of(p, end);
		const char *next = line.p + line.len < end ? line.p + line.len + 1 : end;

		if (!start && !is_blank_or_comment(line))
			start = p;
		while (line.len > 0 && strchr(" \t\r", line.p[line.len - 1]))
			line.len--;
		if (start && line.len > 0 && line.p[line.len - 1] == ';') {
			*sql = start;
			*len = (size_t)(line.p + line.len - 1 - start);
			*text = next;
			return true;
		}
		p = next;
	}
	*text = end;
	*sql = start;
	*len = start ? (size_t)(end - start) : 0;
	return start != NULL;
}

struct renderer {
	struct buf *out;
	const struct ch_render *r;
	struct piece table; /* of the last {{local:t}} */
};

static bool on_cluster(struct renderer *x, struct piece arg)
{
	return arg.len == 0 &&
	       (!*x->r->cluster || buf_addf(x->out, "ON CLUSTER '%s'", x->r->cluster));
}

static bool db(struct renderer *x, struct piece arg)
{
	return arg.len == 0 && buf_add_str(x->out, x->r->database);
}

static bool local(struct renderer *x, struct piece arg)
{
	x->table = arg;
	return buf_addf(x->out, "%.*s%s", (int)arg.len, arg.p, *x->r->cluster ? "_local" : "");
}

static bool both(struct renderer *x, struct piece arg)
{
	return buf_addf(x->out, "%.*s%s", (int)arg.len, arg.p, x->r->local ? "_local" : "");
}

/* "Replacing(version)", "Aggregating()": the kind of MergeTree, and what it takes. */
static bool engine(struct renderer *x, struct piece arg)
{
	static const char *const kinds[] = {"Replacing", "Aggregating"};
	const char *open = memchr(arg.p, '(', arg.len);
	int kind_len = open ? (int)(open - arg.p) : 0;
	int rest_len = open ? (int)(arg.len - (size_t)kind_len - 1) : 0;
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		known |= strlen(kinds[i]) == (size_t)kind_len &&
		         memcmp(kinds[i], arg.p, (size_t)kind_len) == 0;
	if (!known || rest_len == 0)
		return false;
	if (!*x->r->cluster)
		return buf_addf(x->out, "%.*sMergeTree(%.*s", kind_len, arg.p, rest_len, open + 1);
	return x->table.len > 0 &&
	       buf_addf(x->out,
	               "Replicated%.*sMergeTree('/clickhouse/tables/{shard}/%s/%.*s', "
	               "'{replica}'%s%.*s",
	               kind_len, arg.p, x->r->database, (int)x->table.len, x->table.p,
	               open[1] == ')' ? "" : ", ", rest_len, open + 1);
}

static bool durable(struct renderer *x, struct piece arg)
{
	return arg.len == 0 &&
	       buf_add_str(x->out, *x->r->cluster
	                                   ? "replicated_deduplication_window = 10000"
	                                   : "non_replicated_deduplication_window = 10000, "
	                                     "fsync_after_insert = 1, fsync_part_directory = 1");
}

/* "table:sharding key" */
static bool distributed(struct renderer *x, struct piece arg)
{
	const char *colon = memchr(arg.p, ':', arg.len);
	int table_len = colon ? (int)(colon - arg.p) : 0;

	if (!colon)
		return false;
	if (!*x->r->cluster)
		return true;
	return buf_addf(x->out,
	        "CREATE TABLE IF NOT EXISTS %.*s ON CLUSTER '%s' AS %.*s_local ENGINE = "
	        "Distributed('%s', %s, %.*s_local, %.*s)",
	        table_len, arg.p, x->r->cluster, table_len, arg.p, x->r->cluster, x->r->database,
	        table_len, arg.p, (int)(arg.len - (size_t)table_len - 1), colon + 1);
}

static bool readers(struct renderer *x, struct piece arg)
{
	return arg.len == 0 && x->r->readers && buf_add_str(x->out, x->r->readers);
}

static bool secret(struct renderer *x, struct piece arg)
{
	const struct ch_users *u = x->r->users;

	if (!u)
		return false;
	const struct {
		const char *name, *value;
	} values[] = {{"ingest", u->ingest}, {"dashboard", u->dashboard}, {"eraser", u->eraser},
	        {"intelligence", u->intelligence}, {"host", u->host}};

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (strlen(values[i].name) == arg.len &&
		        memcmp(values[i].name, arg.p, arg.len) == 0)
			return values[i].value && buf_add_str(x->out, values[i].value);
	return false;
}

static const struct {
	const char *name;
	bool (*render)(struct renderer *x, struct piece arg);
} placeholders[] = {
        {"on_cluster", on_cluster},
        {"db", db},
        {"local", local},
        {"both", both},
        {"engine", engine},
        {"durable", durable},
        {"distributed", distributed},
        {"readers", readers},
        {"secret", secret},
};

static bool render_one(struct renderer *x, struct piece name)
{
	const char *colon = memchr(name.p, ':', name.len);
	struct piece arg = {"", 0};

	if (colon) {
		arg = (struct piece){colon + 1, name.len - (size_t)(colon + 1 - name.p)};
		name.len = (size_t)(colon - name.p);
	}
	for (size_t i = 0; i < ARRAY_LEN(placeholders); i++)
		if (strlen(placeholders[i].name) == name.len &&
		        memcmp(placeholders[i].name, name.p, name.len) == 0)
			return placeholders[i].render(x, arg);
	return false;
}

bool ch_render(struct buf *out, const char *sql, size_t len, const struct ch_render *r)
{
	struct renderer x = {.out = out, .r = r};
	const char *p = sql, *end = sql + len;

	while (p < end) {
		const char *open = memmem(p, (size_t)(end - p), "{{", 2);
		const char *close;

		buf_add(out, p, (size_t)((open ? open : end) - p));
		if (!open)
			break;
		close = memmem(open, (size_t)(end - open), "}}", 2);
		if (!close || !render_one(&x, (struct piece){open + 2, (size_t)(close - open - 2)}))
			return false;
		p = close + 2;
	}
	return !out->failed;
}
