/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/paths */
#include "fcgi/dashboard/analytics.h"

enum { DEPTH_DEFAULT = 6, SHOWN_DEFAULT = 8, NODE_TYPES = 4 };

static const char *const node_types[NODE_TYPES] = {"tool_call", "step", "conversion", "track"};
enum { NODE_TYPES_DEFAULT = 3 }; /* the first of them */

static const char *check_types(const struct request *req, const struct web_value *v)
{
	const char *text = v->text;

	(void)req;
	for (size_t i = 0; i < v->items; i++, text += strlen(text) + 1) {
		size_t known = 0;

		while (known < NODE_TYPES && strcmp(text, node_types[known]) != 0)
			known++;
		if (known == NODE_TYPES)
			return "unknown_value";
	}
	return NULL;
}

enum { NODES = ANALYTICS_RANGE_LEN, DEPTH, START, END, COLLAPSE, SHOWN };
static const struct web_field FIELDS[] = {
        ANALYTICS_RANGE_FIELDS,
        [NODES] = {.name = "nodes",
                .type = WEB_TOKEN,
                .min = 1,
                .max = 16,
                .flags = WEB_OPTIONAL | WEB_COMMAS,
                .check = check_types,
                .items_max = NODE_TYPES},
        [DEPTH] = {.name = "depth", .type = WEB_INT, .min = 2, .max = 10, .flags = WEB_OPTIONAL},
        [START] = {.name = "start",
                .type = WEB_TEXT,
                .min = 3,
                .max = ANALYTICS_NODE_CHARS_MAX,
                .flags = WEB_OPTIONAL,
                .check = analytics_check_pairs},
        [END] = {.name = "end",
                .type = WEB_TEXT,
                .min = 3,
                .max = ANALYTICS_NODE_CHARS_MAX,
                .flags = WEB_OPTIONAL,
                .check = analytics_check_pairs},
        ANALYTICS_SWITCH_FIELD("collapse"),
        [SHOWN] = {.name = "limit", .type = WEB_INT, .min = 3, .max = 20, .flags = WEB_OPTIONAL},
};
const struct web_fields h_paths_fields = WEB_STRICT_FIELDS(FIELDS);

static const struct analytics_part PARTS[] = {{"", CHQ_PATHS, ANALYTICS_MEMBERS}};

static enum err set_paths(struct analytics *a)
{
	struct request *req = a->req;

	if (web_given(req, NODES))
		analytics_set_items(a, CHV_NODE_TYPES, NODES);
	else
		analytics_set_list(a, CHV_NODE_TYPES, node_types, NODE_TYPES_DEFAULT);
	analytics_set_int(a, CHV_DEPTH, web_int(req, DEPTH, DEPTH_DEFAULT));
	analytics_set(a, CHV_START, web_given(req, START) ? web_text(req, START) : "");
	analytics_set(a, CHV_STOP, web_given(req, END) ? web_text(req, END) : "");
	analytics_set_int(a, CHV_COLLAPSE, web_int(req, COLLAPSE, 0));
	analytics_set_int(a, CHV_SHOWN, web_int(req, SHOWN, SHOWN_DEFAULT));
	analytics_set_int(a, CHV_UNIT_EVENTS, ANALYTICS_UNIT_EVENTS_MAX);
	return ERR_OK;
}

enum err h_paths(struct request *req, struct reply *rep, struct app *app)
{
	return analytics_view(req, rep, app, set_paths, PARTS, ARRAY_LEN(PARTS));
}
