/* SPDX-License-Identifier: MIT
 * Retention: the TTL of the events, and days that are wholly over. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "ch/ch_internal.h"

enum { SQL_BYTES = 512, ANSWER_BYTES_MAX = 64 * 1024, DAYS_MAX = 3650 };

/* As the engine writes it back in system.tables, and as it takes it. */
#define TTL_BEGIN "TTL toDateTime(timestamp) + toIntervalDay("
#define TTL_NONE  "TTL "

struct retention {
	struct ch *c;
	int64_t days;
	const char *local; /* behind the name of a table that holds rows */
	char on_cluster[96];
	struct ch_result *result;
};

static enum err select_text(struct retention *t, const char *sql, struct buf *answer)
{
	const struct ch_query query = {
	        .cls = CH_ADMIN, .sql = sql, .format = "TSVRaw", .into_buf = answer};

	return ch_select(t->c, &query, t->result);
}

/* Whether the table keeps rows as long as it should. */
static enum err is_set(struct retention *t, bool *same)
{
	char sql[SQL_BYTES], wanted[96];
	struct buf engine;
	enum err e = ERR_DB_INTERNAL_ERROR;

	buf_init(&engine, ANSWER_BYTES_MAX);
	if (str_format(sql, sizeof(sql),
	            "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND "
	            "name = 'events%s'",
	            t->local) &&
	        str_format(wanted, sizeof(wanted), TTL_BEGIN "%lld) ", (long long)t->days))
		e = select_text(t, sql, &engine);
	*same = t->days ? strstr(buf_str(&engine), wanted) != NULL
	                : strstr(buf_str(&engine), TTL_NONE) == NULL;
	buf_release(&engine);
	return e;
}

static enum err set_ttl(struct retention *t)
{
	char sql[SQL_BYTES];
	bool ok = t->days ? str_format(sql, sizeof(sql),
	                            "ALTER TABLE events%s%s MODIFY TTL toDateTime(timestamp) + "
	                            "INTERVAL %lld DAY SETTINGS materialize_ttl_after_modify = 0",
	                            t->local, t->on_cluster, (long long)t->days)
	                  : str_format(sql, sizeof(sql), "ALTER TABLE events%s%s REMOVE TTL",
	                            t->local, t->on_cluster);

	return ok ? ch_command(t->c, sql, NULL, 0, t->result) : ERR_DB_INTERNAL_ERROR;
}

/* Parts that were written under another TTL, or none, may never be merged again. Only partitions of
 * a day (YYYYMMDD) are meant: the number of a month, as the table had them once, is less than any
 * day's. */
static enum err drop_days(struct retention *t, const char *table, int64_t *dropped)
{
	char sql[SQL_BYTES];
	struct buf days;
	enum err e = ERR_DB_INTERNAL_ERROR;

	buf_init(&days, ANSWER_BYTES_MAX);
	if (str_format(sql, sizeof(sql),
	            "SELECT DISTINCT partition_id FROM system.parts WHERE active AND database = "
	            "currentDatabase() AND table = '%s%s' AND length(partition_id) = 8 AND "
	            "toUInt32OrZero(partition_id) < "
	            "toYYYYMMDD(now('UTC') - INTERVAL %lld DAY) ORDER BY partition_id",
	            table, t->local, (long long)t->days))
		e = select_text(t, sql, &days);
	for (const char *p = buf_str(&days); e == ERR_OK && *p; p += strcspn(p, "\n") + 1) {
		int len = (int)strcspn(p, "\n");

		if (len == 0 || strspn(p, "0123456789") != (size_t)len ||
		        !str_format(sql, sizeof(sql), "ALTER TABLE %s%s%s DROP PARTITION ID '%.*s'",
		                table, t->local, t->on_cluster, len, p))
			e = ERR_DB_INTERNAL_ERROR;
		else
			e = ch_command(t->c, sql, NULL, 0, t->result);
		*dropped += e == ERR_OK;
	}
	buf_release(&days);
	return e;
}

enum err ch_retention_apply(
        struct ch *c, int64_t days, bool *changed, int64_t *dropped, struct ch_result *result)
{
	struct retention t = {.c = c, .days = days, .local = "", .result = result};
	bool same = false;
	int64_t with_them = 0;
	enum err e;

	*changed = false;
	*dropped = 0;
	*result = (struct ch_result){.cause = ERR_DB_INTERNAL_ERROR, .fault = CH_FAULT_CONFIG};
	if (days < 0 || days > DAYS_MAX)
		return result->cause;
	if (*c->cluster) {
		t.local = "_local";
		if (!str_format(t.on_cluster, sizeof(t.on_cluster), " ON CLUSTER '%s'", c->cluster))
			return result->cause;
	}
	e = is_set(&t, &same);
	if (e == ERR_OK && !same) {
		e = set_ttl(&t);
		*changed = e == ERR_OK;
	}
	if (e == ERR_OK && days > 0)
		e = drop_days(&t, "events", dropped);
	return e == ERR_OK && days > 0 ? drop_days(&t, "visits", &with_them) : e;
}
