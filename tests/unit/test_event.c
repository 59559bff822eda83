/* SPDX-License-Identifier: MIT
 * Tests of the scanner: what a batch becomes, row by row and error by error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "event/event.h"
#include "json/json.h"

#include <cmocka.h>

enum { BODY_MAX = 1 << 20 };

#define ID "7d4f2c1e-5b0a-4e7d-9c36-2f8a1b6e0d54"
#define BASE_NO_TYPE                                                                               \
	"\"event_id\":\"" ID "\",\"trace_id\":\"tr_1\",\"session_id\":\"ses_1\","                  \
	"\"timestamp\":\"2026-11-20T09:14:07.318Z\",\"source\":\"server\""
#define BASE          "\"event_type\":\"track\"," BASE_NO_TYPE
#define EV            "{" BASE "}"
#define BATCH(events) "{\"events\":[" events "]}"

static const struct event_limits LIMITS = {.batch_events_max = 1000,
        .event_bytes_max = 51200,
        .age_max_ms = INT64_C(400) * 86400000,
        .lead_max_ms = 86400000};
/* 2026-11-21T00:00:00Z */
static const struct event_origin KEY = {.workspace_id = "11111111-1111-4111-8111-111111111111",
        .project_id = "22222222-2222-4222-8222-222222222222",
        .widget_events_left = SIZE_MAX,
        .now_ms = INT64_C(1795219200000)};

static struct event_batch batch;

static enum err scan(const char *body)
{
	return event_scan(body, strlen(body), &LIMITS, &KEY, NULL, NULL, &batch);
}

static enum err scan_widget(const char *body, size_t left)
{
	struct event_origin origin = KEY;

	origin.widget_trace_id = "tr_1";
	origin.widget_session_id = "ses_token";
	origin.widget_events_left = left;
	return event_scan(body, strlen(body), &LIMITS, &origin, NULL, NULL, &batch);
}

/* The value of a column in row n, as JSON text; "(absent)" when the row leaves it out. Static
 * buffer. */
static const char *column(const struct buf *rows, size_t n, const char *name)
{
	static struct buf text;
	const char *line = buf_str(rows);
	struct json_doc *doc = NULL;
	size_t len;

	while (n-- > 0)
		line = strchr(line, '\n') + 1;
	len = strcspn(line, "\n");
	buf_release(&text);
	buf_init(&text, BODY_MAX);
	if (!json_parse(line, len, JSON_DEPTH_MAX, &doc, NULL))
		fail_msg("not a JSON row: %.*s", (int)len, line);
	if (!json_dump(json_get(json_root(doc), name), &text))
		buf_add_str(&text, "(absent)");
	json_free(doc);
	return buf_str(&text);
}

static void expect_code(const char *body, const char *code)
{
	enum err e = scan(body);

	assert_int_equal(e, ERR_OK);
	if (strstr(buf_str(&batch.errors), code) == NULL)
		fail_msg("expected %s for %s, got %s", code, body, buf_str(&batch.errors));
	assert_int_equal(batch.rejected, 1);
	assert_int_equal(batch.events.len, 0);
}

static void expect_column(const char *body, const char *name, const char *value)
{
	assert_int_equal(scan(body), ERR_OK);
	if (batch.rejected != 0)
		fail_msg("refused: %s: %s", body, buf_str(&batch.errors));
	assert_string_equal(column(&batch.events, 0, name), value);
}

static void test_a_plain_event(void **state)
{
	(void)state;
	assert_int_equal(scan(BATCH(EV)), ERR_OK);
	assert_int_equal(batch.accepted, 1);
	assert_int_equal(batch.server_rows, 1);
	assert_string_equal(buf_str(&batch.events),
	        "{\"workspace_id\":\"11111111-1111-4111-8111-111111111111\","
	        "\"project_id\":\"22222222-2222-4222-8222-222222222222\","
	        "\"ingested_at\":\"2026-11-21 00:00:00.000\",\"event_id\":\"" ID "\","
	        "\"event_type\":\"track\",\"trace_id\":\"tr_1\",\"session_id\":\"ses_1\","
	        "\"timestamp\":\"2026-11-20 09:14:07.318\",\"source\":\"server\"}\n");
	assert_int_equal(batch.errors.len, 0);
	assert_int_equal(batch.warnings.len, 0);
}

static void test_bodies(void **state)
{
	static const struct {
		const char *body;
		enum err expected;
	} cases[] = {{"", ERR_INGEST_EMPTY_REQUEST_BODY}, {"  ", ERR_INGEST_EMPTY_REQUEST_BODY},
	        {"{", ERR_INGEST_EMPTY_REQUEST_BODY}, {"{}x", ERR_INGEST_EMPTY_REQUEST_BODY},
	        {"{\"events\":[}", ERR_INGEST_EMPTY_REQUEST_BODY},
	        {"{\"events\":[1,]}", ERR_INGEST_EMPTY_REQUEST_BODY},
	        {"{\"events\":[],}", ERR_INGEST_EMPTY_REQUEST_BODY},
	        {"{\"a\":01,\"events\":[]}", ERR_INGEST_EMPTY_REQUEST_BODY},
	        {"{\"a\":\"\x01\",\"events\":[]}", ERR_INGEST_EMPTY_REQUEST_BODY},
	        {"[]", ERR_INGEST_SCHEMA_VALIDATION_FAILED},
	        {"{}", ERR_INGEST_SCHEMA_VALIDATION_FAILED},
	        {"{\"events\":1}", ERR_INGEST_SCHEMA_VALIDATION_FAILED},
	        {"{\"events\":[" EV "],\"events\":[" EV "]}", ERR_INGEST_SCHEMA_VALIDATION_FAILED},
	        {"{\"events\":[" EV "],\"batch\":[" EV "]}", ERR_INGEST_SCHEMA_VALIDATION_FAILED},
	        {"{\"events\":[]}", ERR_INGEST_EMPTY_BATCH},
	        {"{\"x\":\"\xff\",\"events\":[" EV "]}", ERR_INGEST_INVALID_UTF8},
	        {"{\"batch\":[" EV "]}", ERR_OK}, {"\xEF\xBB\xBF{\"events\":[" EV "]}", ERR_OK},
	        {"{\"\\u0065vents\":[" EV "]}", ERR_OK},
	        {" { \"sent_at\" : null , \"events\" : [ " EV " ] } ", ERR_OK}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum err e = scan(cases[i].body);

		if (e != cases[i].expected)
			fail_msg("%s gave %d, not %d", cases[i].body, e, cases[i].expected);
		if (e != ERR_OK)
			assert_int_equal(batch.events.len, 0);
		if (e == ERR_INGEST_SCHEMA_VALIDATION_FAILED)
			assert_non_null(strstr(buf_str(&batch.errors), "\"index\":-1"));
	}
}

static void test_each_required_field(void **state)
{
	static const char *const fields[] = {
	        "event_id", "event_type", "trace_id", "session_id", "timestamp", "source"};
	char body[1024], member[64], expected[96];

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
		for (size_t r = 0; r < 3; r++) {
			const char *at, *end;

			snprintf(member, sizeof(member), "\"%s\":\"", fields[f]);
			at = strstr(EV, member);
			end = strchr(at + strlen(member), '"') + 1;
			snprintf(member, sizeof(member),
			        r == 0   ? "\"x\":1"
			        : r == 1 ? "\"%s\":null"
			                 : "\"%s\":\"\"",
			        fields[f]);
			snprintf(body, sizeof(body), "{\"events\":[%.*s%s%s]}", (int)(at - EV), EV,
			        member, end);
			snprintf(expected, sizeof(expected),
			        "{\"index\":0,\"code\":\"YAVIO-2101\",\"field\":\"%s\",\"issues\":["
			        "\"%s: required\"]}",
			        fields[f], fields[f]);
			expect_code(body, "YAVIO-2101");
			assert_string_equal(buf_str(&batch.errors), expected);
		}
	}
}

static void test_one_bad_event_leaves_its_neighbours(void **state)
{
	(void)state;
	assert_int_equal(scan(BATCH("1," EV ",\"x\",null,[]," EV
	                            ",{\"event_type\":\"Bad Type\"," BASE_NO_TYPE "},"
	                            "{" BASE ",\"metadata\":{\"a\":\"\xff\"}}," EV)),
	        ERR_OK);
	assert_int_equal(batch.sent, 9);
	assert_int_equal(batch.accepted, 3);
	assert_int_equal(batch.rejected, 6);
	for (const char *want = "0\0002\0003\0004\0006\0007\0"; *want != '\0'; want += 2) {
		char entry[32];

		snprintf(entry, sizeof(entry), "{\"index\":%s,", want);
		assert_non_null(strstr(buf_str(&batch.errors), entry));
	}
	assert_non_null(strstr(buf_str(&batch.errors), "{\"index\":6,\"code\":\"YAVIO-2102\""));
	assert_non_null(strstr(buf_str(&batch.errors), "{\"index\":7,\"code\":\"YAVIO-2117\""));
}

static void test_types(void **state)
{
	(void)state;
	expect_column(BATCH("{\"event_type\":\"widget_long_press\"," BASE_NO_TYPE
	                    ",\"latency_ms\":5,\"status\":\"done\",\"tool_name\":\"x\"}"),
	        "latency_ms", "5");
	assert_string_equal(column(&batch.events, 0, "status"), "(absent)");
	assert_string_equal(column(&batch.events, 0, "tool_name"), "(absent)");
	assert_non_null(
	        strstr(buf_str(&batch.warnings), "\"field\":\"status\",\"code\":\"YAVIO-2210\""));
	expect_code(BATCH("{\"event_type\":"
	                  "\"x123456789012345678901234567890123456789012345678901234567890123456\""
	                  "," BASE_NO_TYPE "}"),
	        "YAVIO-2102");
	/* A field of another type is unknown there, whatever its value. */
	expect_column(BATCH("{" BASE ",\"latency_ms\":\"wrong\",\"nope\":[1]}"), "latency_ms",
	        "(absent)");
	assert_int_equal(batch.unknown_fields, 2);
	assert_int_equal(batch.warnings.len, 0);
}

#define CALL(members) BATCH("{\"event_type\":\"tool_call\"," BASE_NO_TYPE "," members "}")

static void test_numbers(void **state)
{
	(void)state;
	expect_column(CALL("\"latency_ms\":5e0"), "latency_ms", "5");
	expect_column(CALL("\"latency_ms\":-1"), "latency_ms", "(absent)");
	assert_non_null(strstr(buf_str(&batch.warnings), "YAVIO-2210"));
	expect_column(CALL("\"latency_ms\":1e400"), "latency_ms", "(absent)");
	expect_code(CALL("\"latency_ms\":\"5\""), "YAVIO-2122");
	expect_column(CALL("\"tokens_in\":5.0"), "tokens_in", "5");
	expect_column(CALL("\"tokens_in\":-1"), "tokens_in", "(absent)");
	expect_column(CALL("\"tokens_in\":4294967295"), "tokens_in", "4294967295");
	expect_column(CALL("\"tokens_in\":4294967296"), "tokens_in", "(absent)");
	expect_column(CALL("\"tokens_in\":1.5"), "tokens_in", "(absent)");
	expect_column(CALL("\"is_retry\":true"), "is_retry", "1");
	expect_column(CALL("\"is_retry\":2"), "is_retry", "(absent)");
	expect_code(CALL("\"status\":\"done\""), "YAVIO-2100");
	expect_column(CALL("\"error_category\":\"Bad Cat\""), "error_category", "(absent)");
}

#define MONEY(v)                                                                                   \
	BATCH("{\"event_type\":\"conversion\"," BASE_NO_TYPE ",\"conversion_value\":" v            \
	      ",\"conversion_currency\":\"eur\"}")

static void expect_money(const char *value, const char *stored)
{
	char body[1024], expected[64];

	snprintf(body, sizeof(body),
	        "{\"events\":[{\"event_type\":\"conversion\"," BASE_NO_TYPE
	        ",\"conversion_value\":%s}]}",
	        value);
	assert_int_equal(scan(body), ERR_OK);
	assert_int_equal(batch.accepted, 1);
	snprintf(expected, sizeof(expected), "\"conversion_value\":%s", stored);
	if (strstr(buf_str(&batch.events), expected) == NULL)
		fail_msg("%s should be stored as %s: %s", value, stored, buf_str(&batch.events));
}

static void test_money_is_exact(void **state)
{
	(void)state;
	expect_money("283.5", "283.5000}");
	expect_money("0.00005", "0.0000}");
	expect_money("0.00015", "0.0002}");
	expect_money("0.00025", "0.0002}");
	expect_money("0.000250000000000000000000001", "0.0003}");
	expect_money("-1.23455", "-1.2346}");
	expect_money("-0.00001", "0.0000}");
	expect_money("1e3", "1000.0000}");
	expect_money("12345e-2", "123.4500}");
	expect_money("0", "0.0000}");
	expect_money("1e-400", "0.0000}");
	expect_money("99999999999999.9999", "99999999999999.9999}");
	expect_money("0.1", "0.1000}");
	expect_column(MONEY("1e14"), "conversion_value", "(absent)");
	assert_string_equal(column(&batch.events, 0, "conversion_currency"), "\"EUR\"");
	expect_column(MONEY("99999999999999.99999"), "conversion_value", "(absent)");
}

#define AT(t)                                                                                      \
	BATCH("{\"event_type\":\"track\",\"event_id\":\"" ID                                       \
	      "\",\"trace_id\":\"t\",\"session_id\":\"s\",\"source\":\"server\",\"timestamp\":" t  \
	      "}")

static void test_timestamps(void **state)
{
	(void)state;
	expect_column(AT("\"2026-11-20T09:14:07Z\""), "timestamp", "\"2026-11-20 09:14:07.000\"");
	expect_column(AT("\"2026-11-20T09:14:07.1239+02:00\""), "timestamp",
	        "\"2026-11-20 07:14:07.123\"");
	expect_column(
	        AT("\"2026-01-01T00:30:00.5+01:00\""), "timestamp", "\"2025-12-31 23:30:00.500\"");
	expect_code(AT("1795219200000"), "YAVIO-2122");
	expect_code(AT("\"2026-02-30T00:00:00Z\""), "YAVIO-2103");
	expect_code(AT("\"2026-11-20 09:14:07Z\""), "YAVIO-2103");
	expect_code(AT("\"2026-11-20T09:14:07\""), "YAVIO-2103");
	expect_code(AT("\"1990-01-01T00:00:00Z\""), "YAVIO-2113");
	expect_code(AT("\"2026-11-22T01:00:00Z\""), "YAVIO-2113");
	expect_column(AT("\"2026-11-21T23:00:00Z\""), "timestamp", "\"2026-11-21 23:00:00.000\"");
}

static void test_identifiers(void **state)
{
	(void)state;
	expect_column(BATCH("{\"event_type\":\"track\",\"event_id\":\"7D4F2C1E-5B0A-4E7D-9C36-"
	                    "2F8A1B6E0D54\",\"trace_id\":\"4111111111111111\","
	                    "\"session_id\":\"a@b.co\",\"timestamp\":\"2026-11-20T09:14:07Z\","
	                    "\"source\":\"server\",\"user_id\":\"alice@example.com\"}"),
	        "event_id", "\"" ID "\"");
	/* Identifiers are never redacted. */
	assert_string_equal(column(&batch.events, 0, "trace_id"), "\"4111111111111111\"");
	assert_string_equal(column(&batch.events, 0, "user_id"), "\"alice@example.com\"");
	expect_code(BATCH("{" BASE ",\"event_id\":\"nope\"}"), "YAVIO-2114");
	expect_code(BATCH("{" BASE ",\"trace_id\":\"a\\u0000b\"}"), "YAVIO-2106");
	expect_column(BATCH("{" BASE ",\"event_name\":\"first\",\"event_name\":\"last\"}"),
	        "event_name", "\"last\"");
	expect_column(BATCH("{" BASE ",\"event_name\":\"kept\",\"event_name\":null}"), "event_name",
	        "(absent)");
}

static void test_lengths_count_characters(void **state)
{
	char name[4 * 257 + 1] = "", body[4096];

	(void)state;
	for (int i = 0; i < 256; i++)
		memcpy(name + 4 * i, "\xF0\x9F\x98\x80", 5);
	snprintf(body, sizeof(body), BATCH("{" BASE ",\"event_name\":\"%s\"}"), name);
	assert_int_equal(scan(body), ERR_OK);
	assert_int_equal(batch.accepted, 1);
	memcpy(name + 4 * 256, "\xF0\x9F\x98\x80", 5);
	snprintf(body, sizeof(body), BATCH("{" BASE ",\"event_name\":\"%s\"}"), name);
	expect_code(body, "YAVIO-2104");
}

static void test_payloads(void **state)
{
	(void)state;
	expect_column(BATCH("{" BASE ",\"metadata\":{}}"), "metadata", "{}");
	expect_column(BATCH("{" BASE "}"), "metadata", "(absent)");
	expect_code(BATCH("{" BASE ",\"metadata\":[]}"), "YAVIO-2122");
	expect_code(BATCH("{" BASE ",\"metadata\":\"x\"}"), "YAVIO-2122");
	assert_int_equal(scan(BATCH("{" BASE ",\"metadata\": { \"n\" : 1.50e+3 , "
	                            "\"big\":123456789012345678901234567890, "
	                            "\"t\" : [ true , null ] , \"s\":\"a\\u00e9\\/\\ud83d\" } }")),
	        ERR_OK);
	assert_non_null(strstr(buf_str(&batch.events),
	        "\"metadata\":{\"n\":1.50e+3,\"big\":123456789012345678901234567890,\"t\":[true,"
	        "null],\"s\":\"a\xC3\xA9/\xEF\xBF\xBD\"}"));
}

static void test_payload_caps(void **state)
{
	static char body[20000], value[11000];

	(void)state;
	memset(value, 'x', sizeof(value));
	/* {"a":"..."} has 8 bytes besides the value */
	snprintf(body, sizeof(body), BATCH("{" BASE ",\"metadata\": {\"a\": \"%.*s\"}}"), 10232,
	        value);
	assert_int_equal(scan(body), ERR_OK);
	assert_int_equal(batch.truncated_fields, 0);
	snprintf(body, sizeof(body), BATCH("{" BASE ",\"metadata\":{\"a\":\"%.*s\"}}"), 10233,
	        value);
	expect_column(body, "metadata", "{\"_truncated\":true,\"_original_size\":10241}");
	assert_string_equal(buf_str(&batch.warnings),
	        "{\"index\":0,\"field\":\"metadata\",\"code\":\"YAVIO-"
	        "2200\",\"warning\":\"metadata truncated\"}");
}

static void nest(char *out, const char *member, unsigned depth)
{
	size_t n = (size_t)sprintf(out, "{\"events\":[{" BASE ",\"%s\":", member);

	for (unsigned i = 0; i + 1 < depth; i++)
		n += (size_t)sprintf(out + n, "{\"a\":");
	n += (size_t)sprintf(out + n, "{}");
	for (unsigned i = 0; i + 1 < depth; i++)
		out[n++] = '}';
	memcpy(out + n, "}]}", 4);
}

static void test_depth(void **state)
{
	static char body[8000];

	(void)state;
	nest(body, "metadata", 32);
	assert_int_equal(scan(body), ERR_OK);
	assert_int_equal(batch.truncated_fields, 0);
	nest(body, "metadata", 33);
	assert_int_equal(scan(body), ERR_OK);
	assert_int_equal(batch.truncated_fields, 1);
	nest(body, "unknown", 33);
	assert_int_equal(scan(body), ERR_OK);
	assert_int_equal(batch.accepted, 1);
	nest(body, "unknown", 509);
	assert_int_equal(scan(body), ERR_OK);
	nest(body, "unknown", 510);
	assert_int_equal(scan(body), ERR_INGEST_JSON_TOO_DEEP);
}

static void test_event_size(void **state)
{
	static char body[80000], value[52000];
	size_t base = strlen(EV);

	(void)state;
	memset(value, 'y', sizeof(value));
	/* ,"z":"..." has 7 bytes besides the value */
	snprintf(body, sizeof(body), BATCH("{" BASE ",  \"z\" :\n \"%.*s\"%*s}"),
	        (int)(51200 - base - 7), value, 10240, "");
	assert_int_equal(scan(body), ERR_OK);
	assert_int_equal(batch.accepted, 1);
	snprintf(body, sizeof(body), BATCH("{" BASE ",\"z\":\"%.*s\"}"), (int)(51201 - base - 7),
	        value);
	expect_code(body, "YAVIO-2108");
}

static void test_redaction(void **state)
{
	(void)state;
	assert_int_equal(scan(CALL("\"input_values\":{\"contact\":\"ana.reis@example.pt\",\"a@b."
	                           "co\":1,\"phone\":4155552671,"
	                           "\"phones\":[\"x\"],\"mobile\":[\"4155552671\",[\"4155552671\"]]"
	                           ",\"n\":4111111111111111,"
	                           "\"u\":\"alice\\u0040example.com\",\"j\":\"{\\\"phone\\\":"
	                           "\\\"4155552671\\\", \\\"m\\\":\\\"b@c.de\\\"}\"}")),
	        ERR_OK);
	assert_non_null(strstr(buf_str(&batch.events),
	        "\"input_values\":{\"contact\":\"[EMAIL_REDACTED]\",\"[EMAIL_REDACTED]\":1,"
	        "\"phone\":\"[PHONE_REDACTED]\","
	        "\"phones\":[\"x\"],\"mobile\":[\"[PHONE_REDACTED]\",[\"4155552671\"]],\"n\":"
	        "4111111111111111,"
	        "\"u\":\"[EMAIL_REDACTED]\",\"j\":\"{\\\"phone\\\":\\\"[PHONE_REDACTED]\\\", "
	        "\\\"m\\\":\\\"[EMAIL_REDACTED]\\\"}\"}"));
	assert_int_equal(batch.redacted[EVENT_PII_EMAIL], 4);
	assert_int_equal(batch.redacted[EVENT_PII_PHONE], 3);
}

static void test_redaction_comes_before_the_cut(void **state)
{
	static char body[8000], text[4000];
	const char *message;

	(void)state;
	memset(text, 'z', sizeof(text));
	memcpy(text + 2025, " alice@example.com ", 19);
	snprintf(body, sizeof(body), CALL("\"error_message\":\"%.*s\""), 3000, text);
	assert_int_equal(scan(body), ERR_OK);
	message = column(&batch.events, 0, "error_message");
	assert_int_equal(strlen(message), 2048 + 2);
	assert_non_null(strstr(message, "... [truncated]\""));
	assert_null(strstr(message, "alice"));
	assert_non_null(strstr(buf_str(&batch.warnings), "YAVIO-2202"));
}

static void test_promotion(void **state)
{
	(void)state;
	expect_column(BATCH("{\"event_type\":\"widget_render\"," BASE_NO_TYPE
	                    ",\"metadata\":{\"viewport_width\":390,"
	                    "\"viewport_height\":-1,\"touch_support\":true,\"connection_type\":"
	                    "\"4g\",\"timezone\":\"UTC\"},\"device_pixel_ratio\":3}"),
	        "viewport_width", "390");
	assert_string_equal(column(&batch.events, 0, "viewport_height"), "(absent)");
	assert_string_equal(column(&batch.events, 0, "device_touch"), "1");
	assert_string_equal(column(&batch.events, 0, "connection_type"), "\"4g\"");
	assert_string_equal(column(&batch.events, 0, "device_pixel_ratio"), "3");
	assert_int_equal(batch.warnings.len, 0);
	expect_column(
	        BATCH("{\"event_type\":\"widget_click\"," BASE_NO_TYPE
	              ",\"metadata\":{\"target_tag\":\"BUTTON\",\"target_id\":\"mail a@b.co\"}}"),
	        "event_name", "\"mail [EMAIL_REDACTED]\"");
	expect_column(BATCH("{\"event_type\":\"widget_click\"," BASE_NO_TYPE
	                    ",\"event_name\":\"own\",\"metadata\":{\"target_id\":\"other\"}}"),
	        "event_name", "\"own\"");
}

static void test_tool_discovery(void **state)
{
	(void)state;
	assert_int_equal(
	        scan(BATCH("{\"event_type\":\"tool_discovery\"," BASE_NO_TYPE
	                   ",\"tool_name\":\"find_hotels\","
	                   "\"description\":\"Search\",\"input_schema\":{\"type\":\"object\"}}")),
	        ERR_OK);
	assert_int_equal(batch.tool_rows, 1);
	assert_int_equal(batch.accepted, 1);
	assert_int_equal(batch.events.len, 0);
	assert_string_equal(buf_str(&batch.tools),
	        "{\"workspace_id\":\"11111111-1111-4111-8111-111111111111\",\"project_id\":"
	        "\"22222222-2222-4222-8222-222222222222\","
	        "\"updated_at\":\"2026-11-20 "
	        "09:14:07.318\",\"tool_name\":\"find_hotels\",\"description\":\"Search\",\"input_"
	        "schema\":{\"type\":\"object\"}}\n");
	assert_int_equal(scan(BATCH("{\"event_type\":\"tool_discovery\"," BASE_NO_TYPE
	                            ",\"metadata\":{\"tools_listed\":[\"a\"]}}")),
	        ERR_OK);
	assert_int_equal(batch.server_rows, 1);
	expect_code(BATCH("{\"event_type\":\"tool_discovery\"," BASE_NO_TYPE "}"), "YAVIO-2101");
	assert_non_null(strstr(buf_str(&batch.errors), "tool_name: required"));
}

static void test_widget_tokens(void **state)
{
	(void)state;
	assert_int_equal(scan_widget(BATCH(EV), 50), ERR_OK);
	assert_string_equal(column(&batch.events, 0, "session_id"), "\"ses_token\"");
	assert_string_equal(column(&batch.events, 0, "source"), "\"widget\"");
	assert_int_equal(batch.widget_rows, 1);
	assert_int_equal(scan_widget(BATCH(EV ",{" BASE ",\"trace_id\":\"tr_2\"}"), 50),
	        ERR_INGEST_WIDGET_TRACE_ID_MISMATCH);
	assert_int_equal(batch.events.len, 0);
	assert_int_equal(scan_widget(BATCH("{\"event_type\":\"tool_call\"," BASE_NO_TYPE
	                                   "},{\"event_type\":\"widget_new\"," BASE_NO_TYPE "},"
	                                   "{\"event_type\":\"widget_response\"," BASE_NO_TYPE "}"),
	                         50),
	        ERR_OK);
	assert_int_equal(batch.accepted, 1);
	assert_non_null(strstr(buf_str(&batch.errors), "{\"index\":0,\"code\":\"YAVIO-2124\""));
	assert_non_null(strstr(buf_str(&batch.errors), "{\"index\":2,\"code\":\"YAVIO-2124\""));
	assert_int_equal(scan_widget(BATCH(EV "," EV "," EV), 2), ERR_OK);
	assert_int_equal(batch.accepted, 2);
	assert_non_null(strstr(buf_str(&batch.errors), "{\"index\":2,\"code\":\"YAVIO-2053\""));
}

static enum err refuse(void *ctx, size_t events)
{
	*(size_t *)ctx = events;
	return ERR_INGEST_API_KEY_RATE_LIMIT;
}

static void test_charge_comes_before_any_row(void **state)
{
	size_t asked = 0;

	(void)state;
	assert_int_equal(event_scan(BATCH(EV ",1"), strlen(BATCH(EV ",1")), &LIMITS, &KEY, refuse,
	                         &asked, &batch),
	        ERR_INGEST_API_KEY_RATE_LIMIT);
	assert_int_equal(asked, 2);
	assert_int_equal(batch.events.len, 0);
}

static void test_counts_and_omissions(void **state)
{
	struct buf body;

	(void)state;
	buf_init(&body, BODY_MAX);
	buf_add_str(&body, "{\"events\":[1");
	for (int i = 1; i < 1000; i++)
		buf_add_str(&body, ",1");
	buf_add_str(&body, "],\"sdk_version\":\"0.3.1\"}");
	assert_int_equal(scan(buf_str(&body)), ERR_OK);
	assert_int_equal(batch.rejected, 1000);
	assert_int_equal(batch.error_entries, 200);
	assert_int_equal(batch.errors_omitted, 800);
	body.len -= strlen("],\"sdk_version\":\"0.3.1\"}");
	buf_add_str(&body, ",1]}");
	assert_int_equal(scan(buf_str(&body)), ERR_INGEST_TOO_MANY_EVENTS);
	buf_release(&body);
	expect_column(
	        "{\"events\":[" EV "],\"sdk_version\":\"0.3.1\"}", "sdk_version", "\"0.3.1\"");
}

/* The value of an entry of a list of the reply, as it will be sent. */
static size_t entries_of(const struct buf *list)
{
	struct buf text;
	struct json_doc *doc;
	size_t n;

	buf_init(&text, EVENT_REPLY_BYTES_MAX + 2);
	buf_add_char(&text, '[');
	buf_add(&text, list->data, list->len);
	buf_add_char(&text, ']');
	assert_true(json_parse(text.data, text.len, 8, &doc, NULL));
	n = json_len(json_root(doc));
	json_free(doc);
	buf_release(&text);
	return n;
}

static void test_a_refused_event_leaves_no_warnings(void **state)
{
	(void)state;
	/* The second has two warnings before it is refused, the first has one. */
	assert_int_equal(
	        scan(BATCH("{" BASE ",\"country_code\":\"DEU\"},{" BASE_NO_TYPE
	                   ",\"event_type\":\"track\",\"country_code\":\"DEU\",\"locale\":"
	                   "\"0123456789012345678901234567890123456789\",\"metadata\":5}")),
	        ERR_OK);
	assert_int_equal(batch.accepted, 1);
	assert_int_equal(batch.warning_entries, 1);
	assert_int_equal(entries_of(&batch.warnings), 1);
	assert_int_equal(entries_of(&batch.errors), 1);
}

static void test_rejections_count_by_code_and_cuts_by_field(void **state)
{
	size_t missing = 0, wrong = 0, total = 0, cut = 0;

	(void)state;
	assert_int_equal(scan(BATCH("{},{}," EV ",{" BASE ",\"metadata\":5},{" BASE
	                            ",\"platform\":\"0123456789012345678901234567890123456789"
	                            "0123456789012345678901234567890123456789\"}")),
	        ERR_OK);
	for (size_t i = 0; i < EVENT_REJECT_CODES; i++) {
		total += batch.rejected_by[i];
		if (event_reject_codes[i] == ERR_INGEST_MISSING_REQUIRED_FIELD)
			missing = batch.rejected_by[i];
		if (event_reject_codes[i] == ERR_INGEST_WRONG_FIELD_TYPE)
			wrong = batch.rejected_by[i];
	}
	assert_int_equal(missing, 2);
	assert_int_equal(wrong, 1);
	assert_int_equal(total, batch.rejected);
	for (size_t i = 0; event_field_name(i) != NULL; i++) {
		if (strcmp(event_field_name(i), "platform") == 0)
			cut = batch.truncated[i];
	}
	assert_int_equal(cut, 1);
	assert_int_equal(batch.truncated_fields, 1);
}

/* 1000 events with eight issues each: the list stays JSON and within its cap. */
static void test_a_list_of_errors_that_is_too_long(void **state)
{
	static const char WORST[] =
	        "{\"event_type\":\"tool_call\",\"event_id\":[],\"trace_id\":[],\"session_id\":[],"
	        "\"timestamp\":\"x\",\"source\":\"x\",\"event_name\":[],\"user_id\":[],"
	        "\"intent_signals\":[],\"output_content\":[]}";
	struct buf body;

	(void)state;
	buf_init(&body, BODY_MAX);
	buf_add_str(&body, "{\"events\":[");
	for (size_t i = 0; i < 1000; i++)
		buf_addf(&body, "%s%s", i > 0 ? "," : "", WORST);
	buf_add_str(&body, "]}");
	assert_int_equal(scan(body.data), ERR_OK);
	buf_release(&body);
	assert_int_equal(batch.rejected, 1000);
	assert_false(batch.errors.failed);
	assert_int_equal(entries_of(&batch.errors), batch.error_entries);
	assert_int_equal(batch.error_entries + batch.errors_omitted, 1000);
	assert_in_range(batch.error_entries, 100, EVENT_ENTRIES_MAX);
}

static int setup(void **state)
{
	(void)state;
	event_batch_init(&batch, 4 * BODY_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	event_batch_release(&batch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_plain_event),
	        cmocka_unit_test(test_bodies),
	        cmocka_unit_test(test_each_required_field),
	        cmocka_unit_test(test_one_bad_event_leaves_its_neighbours),
	        cmocka_unit_test(test_types),
	        cmocka_unit_test(test_numbers),
	        cmocka_unit_test(test_money_is_exact),
	        cmocka_unit_test(test_timestamps),
	        cmocka_unit_test(test_identifiers),
	        cmocka_unit_test(test_lengths_count_characters),
	        cmocka_unit_test(test_payloads),
	        cmocka_unit_test(test_payload_caps),
	        cmocka_unit_test(test_depth),
	        cmocka_unit_test(test_event_size),
	        cmocka_unit_test(test_redaction),
	        cmocka_unit_test(test_redaction_comes_before_the_cut),
	        cmocka_unit_test(test_promotion),
	        cmocka_unit_test(test_tool_discovery),
	        cmocka_unit_test(test_widget_tokens),
	        cmocka_unit_test(test_charge_comes_before_any_row),
	        cmocka_unit_test(test_counts_and_omissions),
	        cmocka_unit_test(test_a_refused_event_leaves_no_warnings),
	        cmocka_unit_test(test_rejections_count_by_code_and_cuts_by_field),
	        cmocka_unit_test(test_a_list_of_errors_that_is_too_long),
	};

	return cmocka_run_group_tests_name("event", tests, setup, teardown);
}
