/* SPDX-License-Identifier: MIT
 * Fields and types of the wire contract, and their look-up by name. */
#include "event/event.h"
#include "event/event_fields.h"

const struct event_field_rule event_fields[EVENT_FIELD_COUNT] = {
#define EVENT_FIELD(id, rule_, max_, breach_, code_, required_, scanned_, words_)                  \
	[EVENT_F_##id] = {.name = #id,                                                             \
	        .column = ",\"" #id "\":",                                                         \
	        .column_len = sizeof(",\"" #id "\":") - 1,                                         \
	        .rule = EVENT_RULE_##rule_,                                                        \
	        .max = max_,                                                                       \
	        .breach = EVENT_##breach_,                                                         \
	        .code = ERR_##code_,                                                               \
	        .required = required_,                                                             \
	        .scanned = scanned_,                                                               \
	        .words = words_},
#include "event/event_fields.def"
#undef EVENT_FIELD
};

#define TYPE(name) name, sizeof(name) - 1
#define F(id)      (UINT64_C(1) << EVENT_F_##id)
#define BASE                                                                                       \
	(F(event_id) | F(event_type) | F(trace_id) | F(session_id) | F(timestamp) | F(source) |    \
	        F(event_name) | F(user_id) | F(metadata) | F(platform) | F(sdk_version) |          \
	        F(country_code) | F(locale) | F(end_user_agent) | F(subject_id))
#define DISCOVERY (F(tool_name) | F(description) | F(input_schema))

_Static_assert(EVENT_FIELD_COUNT <= 64, "a type's fields are bits of one word");

static const struct event_type_rule TYPES[] = {
        {TYPE("tool_call"), false,
                BASE | F(latency_ms) | F(status) | F(error_category) | F(error_message) |
                        F(is_retry) | F(input_keys) | F(input_types) | F(input_values) |
                        F(output_content) | F(intent_signals) | F(tokens_in) | F(tokens_out),
                {{NULL, 0}}},
        {TYPE("connection"), false,
                BASE | F(protocol_version) | F(client_name) | F(client_version) |
                        F(connection_duration_ms),
                {{NULL, 0}}},
        {TYPE("resource_access"), false, BASE, {{NULL, 0}}},
        {TYPE("prompt_usage"), false, BASE, {{NULL, 0}}},
        {TYPE("sampling_call"), false, BASE | F(latency_ms) | F(tokens_in) | F(tokens_out),
                {{NULL, 0}}},
        {TYPE("elicitation"), false, BASE | F(latency_ms), {{NULL, 0}}},
        {TYPE("widget_response"), false, BASE, {{NULL, 0}}},
        {TYPE("tool_discovery"), false, BASE | DISCOVERY, {{NULL, 0}}},
        {TYPE("step"), true, BASE | F(step_sequence), {{NULL, 0}}},
        {TYPE("track"), true, BASE, {{NULL, 0}}},
        {TYPE("conversion"), true, BASE | F(conversion_value) | F(conversion_currency),
                {{NULL, 0}}},
        {TYPE("identify"), true, BASE | F(user_traits), {{NULL, 0}}},
        {TYPE("widget_render"), true,
                BASE | F(viewport_width) | F(viewport_height) | F(device_pixel_ratio) |
                        F(device_touch) | F(connection_type),
                {{"viewport_width", EVENT_F_viewport_width},
                        {"viewport_height", EVENT_F_viewport_height},
                        {"device_pixel_ratio", EVENT_F_device_pixel_ratio},
                        {"connection_type", EVENT_F_connection_type},
                        {"touch_support", EVENT_F_device_touch}, {NULL, 0}}},
        {TYPE("widget_error"), true, BASE | F(error_category) | F(error_message),
                {{"error_message", EVENT_F_error_message}, {NULL, 0}}},
        {TYPE("widget_visibility"), true, BASE | F(visible_duration_ms),
                {{"visible_duration_ms", EVENT_F_visible_duration_ms}, {NULL, 0}}},
        {TYPE("widget_click"), true, BASE | F(click_count),
                {{"click_count", EVENT_F_click_count}, {"target_id", EVENT_F_event_name},
                        {"target_tag", EVENT_F_event_name}, {NULL, 0}}},
        {TYPE("widget_scroll"), true, BASE | F(scroll_depth_pct),
                {{"scroll_depth_pct", EVENT_F_scroll_depth_pct}, {NULL, 0}}},
        {TYPE("widget_form_field"), true, BASE | F(field_name),
                {{"field_name", EVENT_F_field_name}, {NULL, 0}}},
        {TYPE("widget_form_submit"), true, BASE | F(status),
                {{"form_id", EVENT_F_event_name}, {NULL, 0}}},
        {TYPE("widget_link_click"), true, BASE, {{NULL, 0}}},
        {TYPE("widget_navigation"), true, BASE | F(nav_from) | F(nav_to),
                {{"from_view", EVENT_F_nav_from}, {"to_view", EVENT_F_nav_to}, {NULL, 0}}},
        {TYPE("widget_focus"), true, BASE, {{NULL, 0}}},
        {TYPE("widget_performance"), true, BASE | F(load_time_ms),
                {{"load_time_ms", EVENT_F_load_time_ms}, {NULL, 0}}},
        {TYPE("widget_rage_click"), true, BASE | F(click_count),
                {{"click_count", EVENT_F_click_count}, {"target_id", EVENT_F_event_name},
                        {"target_tag", EVENT_F_event_name}, {NULL, 0}}},
};

/* Newer types are stored, too: every field but those of the tool registry. */
static const struct event_type_rule UNKNOWN = {
        NULL, 0, false, ((UINT64_C(1) << EVENT_FIELD_COUNT) - 1) & ~DISCOVERY, {{NULL, 0}}};
static const struct event_type_rule UNKNOWN_WIDGET = {
        NULL, 0, true, ((UINT64_C(1) << EVENT_FIELD_COUNT) - 1) & ~DISCOVERY, {{NULL, 0}}};

enum { HASH_BITS = 8, HASH_SLOTS = 1 << HASH_BITS };

/* Open addressing, filled once at start. First and last bytes and the length tell names apart. */
static unsigned hash(const char *name, size_t len)
{
	uint32_t first, last;

	if (len < sizeof(first))
		return 0;
	memcpy(&first, name, sizeof(first));
	memcpy(&last, name + len - sizeof(last), sizeof(last));
	return ((first ^ last * 5u ^ (uint32_t)len) * 0x9e3779b1u) >> (32 - HASH_BITS);
}

static uint8_t slots[HASH_SLOTS]; /* field + 1, 0: free */
static uint8_t lengths[EVENT_FIELD_COUNT];

__attribute__((constructor)) static void fill_slots(void)
{
	for (size_t i = 0; i < EVENT_FIELD_COUNT; i++) {
		unsigned at = hash(event_fields[i].name, strlen(event_fields[i].name));

		while (slots[at] != 0)
			at = (at + 1) % HASH_SLOTS;
		slots[at] = (uint8_t)(i + 1);
		lengths[i] = (uint8_t)strlen(event_fields[i].name);
	}
}

_Static_assert((int)EVENT_FIELD_COUNT <= (int)EVENT_FIELDS_MAX, "every field is counted");

const char *event_field_name(size_t field)
{
	return field < EVENT_FIELD_COUNT ? event_fields[field].name : NULL;
}

/* Names are short, and compared some twenty times an event. */
static bool same(const char *a, const char *b, size_t len)
{
	uint64_t a8, b8;

	if (len < sizeof(a8) || len > 2 * sizeof(a8))
		return memcmp(a, b, len) == 0;
	memcpy(&a8, a, sizeof(a8));
	memcpy(&b8, b, sizeof(b8));
	if (a8 != b8)
		return false;
	memcpy(&a8, a + len - sizeof(a8), sizeof(a8));
	memcpy(&b8, b + len - sizeof(b8), sizeof(b8));
	return a8 == b8;
}

enum event_field event_field_find(const char *name, size_t len)
{
	for (unsigned at = hash(name, len); slots[at] != 0; at = (at + 1) % HASH_SLOTS) {
		size_t i = slots[at] - 1u;

		if (lengths[i] == len && same(event_fields[i].name, name, len))
			return (enum event_field)i;
	}
	return EVENT_FIELD_COUNT;
}

const struct event_type_rule *event_type_find(const char *name, size_t len)
{
	static const char widget[] = "widget_";

	for (size_t i = 0; i < ARRAY_LEN(TYPES); i++) {
		if (TYPES[i].name_len == len && memcmp(TYPES[i].name, name, len) == 0)
			return &TYPES[i];
	}
	if (len >= sizeof(widget) - 1 && memcmp(name, widget, sizeof(widget) - 1) == 0)
		return &UNKNOWN_WIDGET;
	return &UNKNOWN;
}
