/* SPDX-License-Identifier: MIT
 * How long the scanner takes: batches of ordinary events (about 600 bytes each, personal data in
 * one of ten), with what each part of the walk costs; one JSON object a line. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"
#include "event/event.h"
#include "event/event_json.h"
#include "event/event_pii.h"

enum { EVENTS = 100, ROUNDS = 15, BODY_MAX = 512000 };

static const struct event_limits LIMITS = {.batch_events_max = 1000,
        .event_bytes_max = 51200,
        .age_max_ms = INT64_C(400) * 86400000,
        .lead_max_ms = 86400000};

static void add_event(struct buf *body, int n, bool pii)
{
	char id[ID_UUID_BYTES], at[CLOCK_TEXT_BYTES];

	id_uuid4(id);
	clock_format_iso(clock_wall_ms() - n, at);
	buf_addf(body,
	        "%s{\"event_id\":\"%s\",\"event_type\":\"tool_call\",\"trace_id\":\"tr_"
	        "k3Vd9QmXwZ1hT7uYp0a%02d\","
	        "\"session_id\":\"ses_Bq5nR8sJc2GfWv6xHt4Ky\",\"timestamp\":\"%s\",\"source\":"
	        "\"server\","
	        "\"user_id\":\"cust_%d\",\"platform\":\"chatgpt\",\"event_name\":\"find_hotels\","
	        "\"latency_ms\":%d,"
	        "\"status\":\"success\",\"is_retry\":0,\"input_keys\":{\"city\":true,\"nights\":"
	        "true},"
	        "\"input_values\":{\"city\":\"Porto\",\"nights\":3,\"contact\":\"%s\"},"
	        "\"intent_signals\":{\"intent\":\"Find a quiet hotel in Porto for three "
	        "nights\",\"source\":\"context_parameter\"},"
	        "\"tokens_in\":61,\"tokens_out\":240,\"locale\":\"pt-PT\"}",
	        n > 0 ? "," : "", id, n % 100, at, 2000 + n, 100 + n,
	        pii ? "ana.reis@example.pt" : "reception desk");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_ns(int (*once)(void *), void *ctx, int repeat)
{
	double times[ROUNDS];

	for (int r = 0; r < ROUNDS; r++) {
		int64_t start = clock_mono_ns();

		for (int i = 0; i < repeat; i++) {
			if (once(ctx) != 0)
				exit(1);
		}
		times[r] = (double)(clock_mono_ns() - start) / repeat;
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	return times[ROUNDS / 2];
}

struct run {
	const char *body;
	size_t len;
	struct event_batch batch;
	struct event_origin origin;
	struct buf out;
};

static int whole(void *ctx)
{
	struct run *r = ctx;

	return event_scan(r->body, r->len, &LIMITS, &r->origin, NULL, NULL, &r->batch) != ERR_OK ||
	       r->batch.accepted != EVENTS;
}

static int syntax_only(void *ctx)
{
	struct run *r = ctx;
	struct event_json j = {.p = r->body, .end = r->body + r->len};
	struct event_json_value v;

	return !event_json_value(&j, 1, &v);
}

static int redact_only(void *ctx)
{
	struct run *r = ctx;
	size_t counts[EVENT_PII_KINDS] = {0};

	buf_clear(&r->out);
	(void)event_pii_redact(r->body, r->len, &r->out, counts);
	return 0;
}

int main(void)
{
	struct run r = {.origin = {.workspace_id = "11111111-1111-4111-8111-111111111111",
	                        .project_id = "22222222-2222-4222-8222-222222222222",
	                        .widget_events_left = SIZE_MAX}};
	struct buf body;
	double scan, syntax, redact;

	buf_init(&body, BODY_MAX);
	buf_init(&r.out, 4 * BODY_MAX);
	event_batch_init(&r.batch, 4 * BODY_MAX);
	buf_add_str(&body, "{\"events\":[");
	for (int n = 0; n < EVENTS; n++)
		add_event(&body, n, n % 10 == 0);
	buf_add_str(&body, "],\"sdk_version\":\"0.3.1\"}");
	r.body = buf_str(&body);
	r.len = body.len;
	r.origin.now_ms = clock_wall_ms();
	scan = median_ns(whole, &r, 50) / EVENTS;
	syntax = median_ns(syntax_only, &r, 200) / EVENTS;
	redact = median_ns(redact_only, &r, 200) / EVENTS;
	printf("{\"bench\":\"event\",\"events\":%d,\"bytes_per_event\":%.0f,\"scan_ns_per_event\":%"
	       ".0f,"
	       "\"scan_ns_per_byte\":%.2f,\"syntax_ns_per_event\":%.0f,\"redact_all_bytes_ns_per_"
	       "event\":%.0f,"
	       "\"events_per_second\":%.0f,\"mb_per_second\":%.0f,\"row_bytes_per_event\":%.0f}\n",
	        EVENTS, (double)r.len / EVENTS, scan, scan * EVENTS / (double)r.len, syntax, redact,
	        1e9 / scan, (double)r.len / EVENTS / scan * 1e3,
	        (double)r.batch.events.len / EVENTS);
	event_batch_release(&r.batch);
	buf_release(&body);
	buf_release(&r.out);
	return 0;
}
