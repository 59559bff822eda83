/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/errors, errors/groups, errors/list */
#include "fcgi/dashboard/analytics.h"

static const struct web_field OVERVIEW[] = {
        ANALYTICS_RANGE_FIELDS,
        ANALYTICS_GRANULARITY_FIELD,
        ANALYTICS_COMPARE_FIELD,
};
const struct web_fields h_errors_fields = WEB_STRICT_FIELDS(OVERVIEW);

static const char *const KINDS[] = {"tool", "widget", "all", NULL};
static const char *const GROUP_SORTS[] = {"count", "lastSeen", "sessions", NULL};

enum { KIND = WEB_LIST_LEN + ANALYTICS_RANGE_LEN, CATEGORY, FINGERPRINT };
enum { CATEGORY_CHARS = 64, FINGERPRINT_DIGITS = 16 };

static const char *check_fingerprint(const struct request *req, const struct web_value *v)
{
	(void)req;
	return strspn(v->text, "0123456789abcdef") == FINGERPRINT_DIGITS ? NULL : "bad_format";
}

/* What both lists choose by. */
#define ERROR_FILTERS                                                                              \
	ANALYTICS_RANGE_FIELDS,                                                                    \
	        [KIND] = {.name = "kind",                                                          \
	                .type = WEB_WORD,                                                          \
	                .flags = WEB_OPTIONAL,                                                     \
	                .words = KINDS},                                                           \
	        [CATEGORY] = {.name = "category",                                                  \
	                .type = WEB_TEXT,                                                          \
	                .min = 1,                                                                  \
	                .max = CATEGORY_CHARS,                                                     \
	                .flags = WEB_OPTIONAL},                                                    \
	        [FINGERPRINT] = {.name = "fingerprint",                                            \
	                .type = WEB_TOKEN,                                                         \
	                .min = FINGERPRINT_DIGITS,                                                 \
	                .max = FINGERPRINT_DIGITS,                                                 \
	                .flags = WEB_OPTIONAL,                                                     \
	                .check = check_fingerprint}

static const struct web_field GROUPS[] = {WEB_LIST_FIELDS(GROUP_SORTS), ERROR_FILTERS};
const struct web_fields h_error_groups_fields = WEB_STRICT_FIELDS(GROUPS);
static const struct web_field LIST[] = {WEB_LIST_FIELDS(analytics_time_sorts), ERROR_FILTERS};
const struct web_fields h_error_list_fields = WEB_STRICT_FIELDS(LIST);

enum err h_errors(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"kpis", CHQ_ERRORS_CALLS, ANALYTICS_KPIS},
	        {"series", CHQ_ERRORS_SERIES, ANALYTICS_LIST},
	        {"categories", CHQ_ERRORS_CATEGORIES, ANALYTICS_LIST},
	        {"tools", CHQ_ERRORS_TOOLS, ANALYTICS_LIST},
	        {"retry", CHQ_ERRORS_RETRY, ANALYTICS_OBJECT},
	        {"recovery", CHQ_ERRORS_RECOVERY, ANALYTICS_OBJECT},
	};

	return analytics_view(req, rep, app, NULL, PARTS, ARRAY_LEN(PARTS));
}

static enum err set_errors(struct analytics *a)
{
	const struct request *req = a->req;

	analytics_set(a, CHV_KIND, KINDS[web_int(req, KIND, 0)]);
	analytics_set(a, CHV_CATEGORY, web_given(req, CATEGORY) ? web_text(req, CATEGORY) : "");
	analytics_set(
	        a, CHV_FINGERPRINT, web_given(req, FINGERPRINT) ? web_text(req, FINGERPRINT) : "");
	return ERR_OK;
}

enum err h_error_groups(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"items", CHQ_ERROR_GROUPS, ANALYTICS_ITEMS},
	        {"total", CHQ_ERROR_GROUPS_TOTAL, ANALYTICS_TOTAL},
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
