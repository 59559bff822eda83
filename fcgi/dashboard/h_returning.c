/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/users/retention and /users/active */
#include "fcgi/dashboard/analytics.h"

static const int64_t ACTIVE_RANGE_MS_MAX = 400 * INT64_C(86400000);

/* ---- retention ---- */

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH };
static const char *const period_words[] = {"day", "week", "month", NULL};
static const int64_t periods_default[] = {[PERIOD_DAY] = 14, [PERIOD_WEEK] = 8, [PERIOD_MONTH] = 6};
static const char *const mode_words[] = {"nday", "unbounded", NULL};

enum { PERIOD = ANALYTICS_RANGE_LEN, MODE, PERIODS };
static const struct web_field RETENTION_FIELDS[] = {
        ANALYTICS_RANGE_FIELDS,
        [PERIOD] = {.name = "period",
                .type = WEB_WORD,
                .flags = WEB_OPTIONAL,
                .words = period_words},
        [MODE] = {.name = "mode", .type = WEB_WORD, .flags = WEB_OPTIONAL, .words = mode_words},
        [PERIODS] =
                {.name = "periods", .type = WEB_INT, .min = 1, .max = 31, .flags = WEB_OPTIONAL},
};
const struct web_fields h_retention_fields = WEB_STRICT_FIELDS(RETENTION_FIELDS);

static const struct analytics_part RETENTION_PARTS[] = {{"", CHQ_RETENTION, ANALYTICS_MEMBERS}};

static enum err set_retention(struct analytics *a)
{
	int64_t period = web_int(a->req, PERIOD, PERIOD_WEEK);
	const char *mode = mode_words[web_int(a->req, MODE, 0)];
	struct json_writer *w = analytics_members(a);

	json_write_str(w, "period", period_words[period]);
	json_write_str(w, "mode", mode);
	analytics_set(a, CHV_PERIOD, period_words[period]);
	analytics_set(a, CHV_MODE, mode);
	analytics_set_int(a, CHV_PERIODS, web_int(a->req, PERIODS, periods_default[period]));
	return ERR_OK;
}

enum err h_retention(struct request *req, struct reply *rep, struct app *app)
{
	return analytics_view(
	        req, rep, app, set_retention, RETENTION_PARTS, ARRAY_LEN(RETENTION_PARTS));
}

/* ---- active users ---- */

enum { GRANULARITY = ANALYTICS_RANGE_LEN };
static const struct web_field ACTIVE_FIELDS[] = {
        ANALYTICS_RANGE_FIELDS,
        ANALYTICS_GRANULARITY_FIELD,
};
const struct web_fields h_active_fields = WEB_STRICT_FIELDS(ACTIVE_FIELDS);

static const struct analytics_part ACTIVE_PARTS[] = {{"", CHQ_ACTIVE, ANALYTICS_MEMBERS}};

/* Days are buckets here, whatever the granularity of the rest is. */
static enum err check_range(struct analytics *a)
{
	return a->to - a->from <= ACTIVE_RANGE_MS_MAX
	               ? ERR_OK
	               : web_refuse_field(a->req, GRANULARITY, "too_many_buckets");
}

enum err h_active(struct request *req, struct reply *rep, struct app *app)
{
	return analytics_view(req, rep, app, check_range, ACTIVE_PARTS, ARRAY_LEN(ACTIVE_PARTS));
}
