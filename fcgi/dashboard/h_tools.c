/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/tools, tools/{tool}, tools/{tool}/invocations */
#include "fcgi/dashboard/analytics.h"

enum { SEARCH_CHARS_MAX = 256, CATEGORY_CHARS_MAX = 64 };

/* ---- the list -------------------------------------------------------------------------------- */

static const char *const TOOL_SORTS[] = {"calls", "tool", "successRate", "errorRate", "errors",
        "avgLatencyMs", "p95LatencyMs", "users", "sessions", "lastCalledAt", NULL};

enum { LIST_Q = WEB_LIST_LEN + ANALYTICS_RANGE_LEN, LIST_UNUSED };
static const struct web_field LIST[] = {
        WEB_LIST_FIELDS(TOOL_SORTS),
        ANALYTICS_RANGE_FIELDS,
        [LIST_Q] = {.name = "q", .type = WEB_TEXT, .max = SEARCH_CHARS_MAX, .flags = WEB_OPTIONAL},
        [LIST_UNUSED] = ANALYTICS_SWITCH_FIELD("unused"),
};
const struct web_fields h_tools_fields = WEB_STRICT_FIELDS(LIST);

static const struct analytics_part LIST_PARTS[] = {
        {"", CHQ_TOOLS_PAGE, ANALYTICS_PAGE},
};

enum err h_tools(struct request *req, struct reply *rep, struct app *app)
{
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK) {
		analytics_set(&a, CHV_Q, web_text(req, LIST_Q));
		analytics_set_int(&a, CHV_UNUSED, web_int(req, LIST_UNUSED, 0));
		e = analytics_reply(&a, rep, LIST_PARTS, ARRAY_LEN(LIST_PARTS));
	}
	analytics_end(&a);
	return e;
}

/* ---- one tool -------------------------------------------------------------------------------- */

static const struct web_field DETAIL[] = {
        ANALYTICS_RANGE_FIELDS,
        ANALYTICS_GRANULARITY_FIELD,
        ANALYTICS_COMPARE_FIELD,
};
const struct web_fields h_tool_fields = WEB_STRICT_FIELDS(DETAIL);

static const struct analytics_part DETAIL_PARTS[] = {
        {"registry", CHQ_TOOL_REGISTRY_ENTRY, ANALYTICS_OBJECT},
        {"kpis", CHQ_TOOL_CALLS, ANALYTICS_KPIS},
        {"kpis", CHQ_TOOL_USERS, ANALYTICS_KPIS_OF_BOTH},
        {"series", CHQ_TOOL_SERIES, ANALYTICS_LIST},
        {"", CHQ_TOOL_DISTRIBUTIONS, ANALYTICS_MEMBERS},
        {"parameters", CHQ_TOOL_PARAMETERS, ANALYTICS_MEMBERS},
        {"responses", CHQ_TOOL_RESPONSES, ANALYTICS_MEMBERS},
        {"responses.contentTypes", CHQ_TOOL_CONTENT_TYPES, ANALYTICS_LIST},
        {"discovery", CHQ_TOOL_DISCOVERY, ANALYTICS_OBJECT},
        {"intents", CHQ_TOOL_INTENTS, ANALYTICS_LIST},
        {"intentStatus", CHQ_INTENT_STATUS, ANALYTICS_OBJECT},
};

enum err h_tool(struct request *req, struct reply *rep, struct app *app)
{
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK)
		e = analytics_set_path(&a, CHV_NAME, "tool");
	if (e == ERR_OK) {
		json_write_str(analytics_members(&a), "tool", a.values.of[CHV_NAME]);
		e = analytics_reply(&a, rep, DETAIL_PARTS, ARRAY_LEN(DETAIL_PARTS));
	}
	analytics_end(&a);
	return e;
}

/* ---- its calls ------------------------------------------------------------------------------- */

static const char *const CALL_SORTS[] = {"timestamp", NULL};
static const char *const STATUSES[] = {"success", "error", NULL};

enum { CALLS_STATUS = WEB_LIST_LEN + ANALYTICS_RANGE_LEN, CALLS_CATEGORY };
static const struct web_field CALLS[] = {
        WEB_LIST_FIELDS(CALL_SORTS),
        ANALYTICS_RANGE_FIELDS,
        [CALLS_STATUS] = {.name = "status",
                .type = WEB_WORD,
                .flags = WEB_OPTIONAL,
                .words = STATUSES},
        [CALLS_CATEGORY] = {.name = "category",
                .type = WEB_TEXT,
                .min = 1,
                .max = CATEGORY_CHARS_MAX,
                .flags = WEB_OPTIONAL},
};
const struct web_fields h_invocations_fields = WEB_STRICT_FIELDS(CALLS);

static const struct analytics_part CALLS_PARTS[] = {
        {"items", CHQ_INVOCATIONS_ITEMS, ANALYTICS_ITEMS},
        {"total", CHQ_INVOCATIONS_TOTAL, ANALYTICS_TOTAL},
};

enum err h_invocations(struct request *req, struct reply *rep, struct app *app)
{
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK)
		e = analytics_set_path(&a, CHV_NAME, "tool");
	if (e == ERR_OK) {
		analytics_set(&a, CHV_STATUS, web_text(req, CALLS_STATUS));
		analytics_set(&a, CHV_CATEGORY, web_text(req, CALLS_CATEGORY));
		e = analytics_reply(&a, rep, CALLS_PARTS, ARRAY_LEN(CALLS_PARTS));
	}
	analytics_end(&a);
	return e;
}
