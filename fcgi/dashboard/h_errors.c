/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/errors, errors/groups, errors/series, errors/list */
#include "fcgi/dashboard/analytics.h"

static const struct web_field OVERVIEW[] = {
        ANALYTICS_RANGE_FIELDS,
        ANALYTICS_GRANULARITY_FIELD,
        ANALYTICS_COMPARE_FIELD,
};
const struct web_fields h_errors_fields = WEB_STRICT_FIELDS(OVERVIEW);

static const char *const KINDS[] = {"tool", "widget", "all", NULL};
static const char *const GROUP_SORTS[] = {"count", "lastSeen", "sessions", NULL};

/* Where the filters begin in each table, and their places from there. */
enum { LIST_FILTERS = WEB_LIST_LEN + ANALYTICS_RANGE_LEN, SERIES_FILTERS = ANALYTICS_RANGE_LEN };
enum { KIND, CATEGORY, FINGERPRINT };
enum { CATEGORY_CHARS = 64, FINGERPRINT_DIGITS = 16 };

static const char *check_fingerprint(const struct request *req, const struct web_value *v)
{
	(void)req;
	return strspn(v->text, "0123456789abcdef") == FINGERPRINT_DIGITS ? NULL : "bad_format";
}

/* What lists and series choose by, from the field `at_` on. */
#define ERROR_FILTERS(at_)                                                                         \
	ANALYTICS_RANGE_FIELDS,                                                                    \
	        [(at_) + KIND] = {.name = "kind",                                                  \
	                .type = WEB_WORD,                                                          \
	                .flags = WEB_OPTIONAL,                                                     \
	                .words = KINDS},                                                           \
	                 [(at_) + CATEGORY] = {.name = "category",                                 \
	                         .type = WEB_TEXT,                                                 \
	                         .min = 1,                                                         \
	                         .max = CATEGORY_CHARS,                                            \
	                         .flags = WEB_OPTIONAL},                                           \
	                 [(at_) + FINGERPRINT] = {.name = "fingerprint",                           \
	                         .type = WEB_TOKEN,                                                \
	                         .min = FINGERPRINT_DIGITS,                                        \
	                         .max = FINGERPRINT_DIGITS,                                        \
	                         .flags = WEB_OPTIONAL,                                            \
	                         .check = check_fingerprint}

static const struct web_field GROUPS[] = {
        WEB_LIST_FIELDS(GROUP_SORTS), ERROR_FILTERS(LIST_FILTERS)};
const struct web_fields h_error_groups_fields = WEB_STRICT_FIELDS(GROUPS);
static const struct web_field LIST[] = {
        WEB_LIST_FIELDS(analytics_time_sorts), ERROR_FILTERS(LIST_FILTERS)};
const struct web_fields h_error_list_fields = WEB_STRICT_FIELDS(LIST);
static const struct web_field SERIES[] = {
        ERROR_FILTERS(SERIES_FILTERS), ANALYTICS_GRANULARITY_FIELD};
const struct web_fields h_error_series_fields = WEB_STRICT_FIELDS(SERIES);

enum err h_errors(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"", CHQ_ERRORS_BY_TIME, ANALYTICS_MEMBERS},
	        {"", CHQ_ERRORS_BY_TOOL, ANALYTICS_MEMBERS},
	        {"recovery", CHQ_ERRORS_RECOVERY, ANALYTICS_OBJECT},
	};

	return analytics_view(req, rep, app, NULL, PARTS, ARRAY_LEN(PARTS));
}

static const char *text_or_empty(const struct request *req, size_t field)
{
	return web_given(req, field) ? web_text(req, field) : "";
}

static void set_filters(struct analytics *a, size_t at)
{
	analytics_set(a, CHV_KIND, KINDS[web_int(a->req, at + KIND, 0)]);
	analytics_set(a, CHV_CATEGORY, text_or_empty(a->req, at + CATEGORY));
	analytics_set(a, CHV_FINGERPRINT, text_or_empty(a->req, at + FINGERPRINT));
}

static enum err set_errors(struct analytics *a)
{
	set_filters(a, LIST_FILTERS);
	return ERR_OK;
}

static enum err set_series(struct analytics *a)
{
	set_filters(a, SERIES_FILTERS);
	return ERR_OK;
}

enum err h_error_series(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"series", CHQ_ERROR_SERIES, ANALYTICS_LIST},
	};

	return analytics_view(req, rep, app, set_series, PARTS, ARRAY_LEN(PARTS));
}

enum err h_error_groups(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"", CHQ_ERROR_GROUPS, ANALYTICS_MEMBERS},
	};

	return analytics_view(req, rep, app, set_errors, PARTS, ARRAY_LEN(PARTS));
}

static enum err find_errors(struct analytics *a)
{
	enum err e = set_errors(a);

	return e == ERR_OK ? analytics_find_page(a, CHQ_ERROR_IDS) : e;
}

enum err h_error_list(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"items", CHQ_ERROR_LIST, ANALYTICS_ITEMS},
	        {"total", CHQ_ERROR_TOTAL, ANALYTICS_TOTAL},
	};

	return analytics_view(req, rep, app, find_errors, PARTS, ARRAY_LEN(PARTS));
}
