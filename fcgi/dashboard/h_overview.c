/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/overview */
#include "fcgi/dashboard/analytics.h"

static const struct web_field FIELDS[] = {
        ANALYTICS_RANGE_FIELDS,
        ANALYTICS_GRANULARITY_FIELD,
        ANALYTICS_COMPARE_FIELD,
};
const struct web_fields h_overview_fields = WEB_STRICT_FIELDS(FIELDS);

static const struct analytics_part PARTS[] = {
        {"kpis", CHQ_OVERVIEW_CALLS, ANALYTICS_KPIS},
        {"kpis", CHQ_OVERVIEW_SESSIONS, ANALYTICS_KPIS_OF_BOTH},
        {"kpis", CHQ_OVERVIEW_CONVERSIONS, ANALYTICS_KPIS},
        {"kpis", CHQ_OVERVIEW_INTERACTION, ANALYTICS_KPIS},
        {"kpis", CHQ_OVERVIEW_FIRST_CALL, ANALYTICS_KPIS},
        {"revenue", CHQ_OVERVIEW_REVENUE, ANALYTICS_LIST},
        {"series", CHQ_OVERVIEW_SERIES, ANALYTICS_LIST},
        {"revenueSeries", CHQ_OVERVIEW_REVENUE_SERIES, ANALYTICS_LIST},
        {"platforms", CHQ_OVERVIEW_PLATFORMS, ANALYTICS_LIST},
        {"topTools", CHQ_OVERVIEW_TOP_TOOLS, ANALYTICS_LIST},
};

enum err h_overview(struct request *req, struct reply *rep, struct app *app)
{
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK)
		e = analytics_reply(&a, rep, PARTS, ARRAY_LEN(PARTS));
	analytics_end(&a);
	return e;
}
