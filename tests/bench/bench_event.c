/* SPDX-License-Identifier: MIT
 * How long the scanner takes: batches of ordinary events (about 600 bytes each, personal data in
 * one of ten), and what of it is scan (the first walk), validate (what is left), redact and write;
 * one JSON object a line. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "event/event.h"
#include "event/event_json.h"
#include "event/event_pii.h"

enum { EVENTS = 100, ROUNDS = 15, BODY_MAX = 512000, PIECES_MAX = 100 * EVENTS, EVENT_LEVEL = 3 };

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

/* CPU time: what others do on the machine counts less. */
static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double median_ns(int (*once)(void *), void *ctx, int repeat)
{
	double times[ROUNDS];

	for (int r = 0; r < ROUNDS; r++) {
		int64_t start = cpu_ns();

		for (int i = 0; i < repeat; i++) {
			if (once(ctx) != 0)
				exit(1);
		}
		times[r] = (double)(cpu_ns() - start) / repeat;
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	return times[ROUNDS / 2];
}

struct piece {
	const char *text;
	size_t len;
	bool key;
};

struct run {
	const char *body;
	size_t len;
	struct event_batch batch;
	struct event_origin origin;
	struct buf out;
	struct piece looked_at[PIECES_MAX]; /* by the redaction: keys, and what may be personal */
	size_t looked_at_len;
	struct piece written[PIECES_MAX]; /* of the rows */
	size_t written_len;
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

static enum err refuse_charge(void *ctx, size_t events)
{
	(void)ctx;
	return events == EVENTS ? ERR_INGEST_API_KEY_RATE_LIMIT : ERR_OK;
}

/* A batch that is refused after the first walk. */
static int first_walk(void *ctx)
{
	struct run *r = ctx;

	return event_scan(r->body, r->len, &LIMITS, &r->origin, refuse_charge, NULL, &r->batch) !=
	       ERR_INGEST_API_KEY_RATE_LIMIT;
}

static int redaction(void *ctx)
{
	struct run *r = ctx;
	size_t counts[EVENT_PII_KINDS] = {0}, keys = 0;

	buf_clear(&r->out);
	for (size_t i = 0; i < r->looked_at_len; i++) {
		const struct piece *p = &r->looked_at[i];

		if (p->key)
			keys += event_pii_key(p->text, p->len) != EVENT_PII_KEY_NONE;
		else
			(void)event_pii_redact(p->text, p->len, &r->out, counts);
	}
	return keys > r->looked_at_len;
}

static int writing(void *ctx)
{
	struct run *r = ctx;

	buf_clear(&r->out);
	for (size_t i = 0; i < r->written_len; i++)
		buf_add(&r->out, r->written[i].text, r->written[i].len);
	return r->out.failed;
}

static void add_piece(struct piece *list, size_t *len, const char *text, size_t bytes, bool key)
{
	if (*len == PIECES_MAX)
		exit(1);
	list[(*len)++] = (struct piece){text, bytes, key};
}

/* What of the body the redaction looks at: keys and strings of payloads that are not copied whole.
 */
static void find_looked_at(struct run *r)
{
	struct event_json j = {.p = r->body, .end = r->body + r->len};
	struct event_json_value v;
	int level = 0;

	while (j.p < j.end) {
		struct event_json ahead = j;

		if (*j.p == '{' && level == EVENT_LEVEL && event_json_value(&ahead, 4, &v) &&
		        !v.suspect) {
			j = ahead;
			continue;
		}
		level += *j.p == '{' || *j.p == '[';
		level -= *j.p == '}' || *j.p == ']';
		if (*j.p != '"') {
			j.p++;
			continue;
		}
		if (!event_json_string(&j, &v))
			exit(1);
		if (level > EVENT_LEVEL && (*j.p == ':' || v.suspect))
			add_piece(r->looked_at, &r->looked_at_len, v.start, v.len, *j.p == ':');
	}
}

/* Columns and values of the rows, as they are added one by one. */
static void find_written(struct run *r)
{
	const char *p = r->batch.events.data, *end = p + r->batch.events.len;

	while (p < end) {
		const char *colon = memchr(p, ':', (size_t)(end - p));
		const char *next =
		        colon != NULL ? memmem(colon, (size_t)(end - colon), ",\"", 2) : NULL;

		next = next != NULL ? next : end;
		if (colon == NULL)
			exit(1);
		add_piece(r->written, &r->written_len, p, (size_t)(colon + 1 - p), false);
		add_piece(
		        r->written, &r->written_len, colon + 1, (size_t)(next - colon - 1), false);
		p = next;
	}
}

static void print_parts(struct run *r, double whole_ns)
{
	struct buf rows;
	double scan, redact, write;

	/* The rows of a whole scan stay while the batch is used again. */
	buf_init(&rows, 4 * BODY_MAX);
	buf_add(&rows, r->batch.events.data, r->batch.events.len);
	find_looked_at(r);
	scan = median_ns(first_walk, r, 100) / EVENTS;
	r->batch.events.len = 0;
	buf_add(&r->batch.events, rows.data, rows.len);
	find_written(r);
	redact = median_ns(redaction, r, 200) / EVENTS;
	write = median_ns(writing, r, 200) / EVENTS;
	printf("{\"bench\":\"event-parts\",\"ns_per_event\":{\"scan\":%.0f,\"validate\":%.0f,"
	       "\"redact\":%.0f,\"write\":%.0f},\"ns_per_byte\":{\"scan\":%.2f,\"validate\":%.2f,"
	       "\"redact\":%.2f,\"write\":%.2f}}\n",
	        scan, whole_ns - scan - redact - write, redact, write,
	        scan * EVENTS / (double)r->len,
	        (whole_ns - scan - redact - write) * EVENTS / (double)r->len,
	        redact * EVENTS / (double)r->len, write * EVENTS / (double)r->len);
	buf_release(&rows);
}

int main(void)
{
	static struct run r = {.origin = {.workspace_id = "11111111-1111-4111-8111-111111111111",
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
	if (whole(&r) != 0)
		return 1;
	print_parts(&r, scan);
	event_batch_release(&r.batch);
	buf_release(&body);
	buf_release(&r.out);
	return 0;
}
