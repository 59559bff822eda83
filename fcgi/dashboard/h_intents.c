/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/intents */
#include "fcgi/dashboard/analytics.h"

static const char *const SOURCES[] = {"context_parameter", "inferred", NULL};

enum { Q = WEB_LIST_LEN + ANALYTICS_RANGE_LEN, SOURCE };
enum { Q_CHARS = 256 };

#define INTENT_FILTERS                                                                             \
	ANALYTICS_RANGE_FIELDS,                                                                    \
	        [Q] = {.name = "q",                                                                \
	                .type = WEB_TEXT,                                                          \
	                .min = 1,                                                                  \
	                .max = Q_CHARS,                                                            \
	                .flags = WEB_OPTIONAL},                                                    \
	        [SOURCE] = {                                                                       \
	                .name = "source",                                                          \
	                .type = WEB_WORD,                                                          \
	                .flags = WEB_OPTIONAL,                                                     \
	                .words = SOURCES,                                                          \
	}

static const struct web_field LIST[] = {WEB_LIST_FIELDS(analytics_time_sorts), INTENT_FILTERS};
const struct web_fields h_intents_fields = WEB_STRICT_FIELDS(LIST);

static enum err set_intents(struct analytics *a)
{
	const struct request *req = a->req;

	analytics_set(a, CHV_Q, web_given(req, Q) ? web_text(req, Q) : "");
	analytics_set(a, CHV_SOURCE, web_given(req, SOURCE) ? web_text(req, SOURCE) : "");
	analytics_set_time(a, CHV_NOW, a->now);
	return ERR_OK;
}

static enum err find_intents(struct analytics *a)
{
	enum err e = set_intents(a);

	return e == ERR_OK ? analytics_find_page(a, CHQ_INTENT_IDS) : e;
}

enum err h_intents(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"kpis", CHQ_INTENTS_KPIS, ANALYTICS_OBJECT},
	        {"intentStatus", CHQ_INTENT_STATUS, ANALYTICS_OBJECT},
	        {"items", CHQ_INTENT_LIST, ANALYTICS_ITEMS},
	        {"total", CHQ_INTENTS_TOTAL, ANALYTICS_TOTAL},
	};

	return analytics_view(req, rep, app, find_intents, PARTS, ARRAY_LEN(PARTS));
}
