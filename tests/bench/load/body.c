/* SPDX-License-Identifier: MIT
 * Bodies: written once, then only ids, traces and times change from request to request. */
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "tests/bench/load/load.h"

enum { TRACE_DIGITS = 24, EVENTS_OF_A_TRACE = 5, PII_EVERY = 10, TARGETS_APART = 37 };

static const char *const TOOLS[] = {"find_hotels", "get_quote", "search_docs", "create_ticket",
        "list_orders", "weather_now", "book_table", "convert_currency"};
static const char *const PLATFORMS[] = {"chatgpt", "claude", "cursor", "vscode"};
static const char *const CITIES[] = {"Porto", "Uppsala", "Kyoto", "Quito", "Gdansk", "Galway"};
static const char *const PERSONAL[] = {"ana.reis@example.pt", "+1 (415) 555-2671",
        "4111 1111 1111 1111", "123-45-6789", "1600 Pennsylvania Avenue NW"};

/* xorshift64*: ids only have to be unique, and cheap. */
static uint64_t random_state;

static uint64_t next_random(void)
{
	while (random_state == 0)
		(void)!getrandom(&random_state, sizeof(random_state), 0);
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(2685821657736338717);
}

static void put_hex(char *out, unsigned digits)
{
	static const char HEX[] = "0123456789abcdef";
	uint64_t bits = 0;

	for (unsigned i = 0; i < digits; i++, bits >>= 4) {
		if (i % 16 == 0)
			bits = next_random();
		out[i] = HEX[bits & 15];
	}
}

static void put_uuid(char *out)
{
	put_hex(out, 8);
	put_hex(out + 9, 4);
	put_hex(out + 15, 3);
	put_hex(out + 20, 3);
	put_hex(out + 24, 12);
}

static void add_event(struct body *b, struct buf *out, unsigned i, unsigned n)
{
	const char *tool = TOOLS[n % ARRAY_LEN(TOOLS)];
	bool personal = n % PII_EVERY == 0;

	buf_add_str(out, i > 0 ? ",{\"event_id\":\"" : "{\"event_id\":\"");
	b->id_at[i] = (uint32_t)out->len;
	buf_add_str(out, "00000000-0000-4000-a000-000000000000\",\"event_type\":\"tool_call\","
	                 "\"trace_id\":\"tr_");
	b->trace_at[i] = (uint32_t)out->len;
	buf_addf(out, "%0*d\",\"session_id\":\"ses_Bq5nR8sJc2GfWv6xHt%04u\",\"timestamp\":\"",
	        TRACE_DIGITS, 0, n / 7 % 10000);
	b->time_at[i] = (uint32_t)out->len;
	buf_addf(out,
	        "2000-01-01T00:00:00.000Z\",\"source\":\"server\",\"user_id\":\"cust_%u\","
	        "\"platform\":\"%s\",\"event_name\":\"%s\",\"latency_ms\":%u.%u,\"status\":\"%s\","
	        "\"is_retry\":0,\"input_keys\":{\"city\":true,\"nights\":true},"
	        "\"input_values\":{\"city\":\"%s\",\"nights\":%u,\"contact\":\"%s\"},"
	        "\"intent_signals\":{\"intent\":\"Find a quiet place in %s for %u "
	        "nights\",\"source\":\"context_parameter\"},\"tokens_in\":%u,\"tokens_out\":%u,"
	        "\"locale\":\"pt-PT\"}",
	        2000 + n % 997, PLATFORMS[n % ARRAY_LEN(PLATFORMS)], tool, 20 + n % 400, n % 10,
	        n % 23 == 0 ? "error" : "success", CITIES[n % ARRAY_LEN(CITIES)], 1 + n % 9,
	        personal ? PERSONAL[n / PII_EVERY % ARRAY_LEN(PERSONAL)] : "reception desk",
	        CITIES[n % ARRAY_LEN(CITIES)], 1 + n % 9, 40 + n % 60, 200 + n % 300);
}

static bool write_events(struct body *b, struct buf *out, unsigned variant)
{
	buf_add_str(out, "{\"events\":[");
	for (unsigned i = 0; i < b->events; i++)
		add_event(b, out, i, variant * b->events + i);
	buf_add_str(out, "],\"sdk_version\":\"0.3.1\"}");
	return !out->failed;
}

bool body_init(struct body *b, const char *host, const char *key, unsigned events, unsigned variant)
{
	struct buf json;
	bool ok;

	*b = (struct body){.events = events,
	        .id_at = calloc(events, sizeof(uint32_t)),
	        .trace_at = calloc(events, sizeof(uint32_t)),
	        .time_at = calloc(events, sizeof(uint32_t))};
	buf_init(&b->request, BODY_BYTES_MAX);
	buf_init(&json, BODY_BYTES_MAX);
	ok = b->id_at != NULL && b->trace_at != NULL && b->time_at != NULL &&
	     write_events(b, &json, variant) &&
	     buf_addf(&b->request,
	             "POST /v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
	             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	             host, key, json.len);
	for (unsigned i = 0; ok && i < events; i++) {
		b->id_at[i] += (uint32_t)b->request.len;
		b->trace_at[i] += (uint32_t)b->request.len;
		b->time_at[i] += (uint32_t)b->request.len;
	}
	ok = ok && buf_add(&b->request, json.data, json.len);
	buf_release(&json);
	return ok;
}

void body_release(struct body *b)
{
	buf_release(&b->request);
	free(b->id_at);
	free(b->trace_at);
	free(b->time_at);
}

static bool next_target(struct body *b)
{
	const char *path = b->targets->line[b->target];

	b->target = (b->target + 1) % b->targets->len;
	buf_clear(&b->request);
	return buf_addf(&b->request, "GET %s HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n",
	        path, path + strlen(path) + 1);
}

bool body_init_get(struct body *b, const struct targets *t, unsigned variant)
{
	*b = (struct body){.targets = t, .target = (size_t)variant * TARGETS_APART % t->len};
	buf_init(&b->request, BODY_BYTES_MAX);
	return next_target(b);
}

void body_renew(struct body *b)
{
	char at[CLOCK_TEXT_BYTES], trace[TRACE_DIGITS];

	if (b->targets != NULL) {
		(void)next_target(b);
		return;
	}
	clock_format_iso(clock_wall_ms(), at);
	for (unsigned i = 0; i < b->events; i++) {
		if (i % EVENTS_OF_A_TRACE == 0)
			put_hex(trace, TRACE_DIGITS);
		put_uuid(b->request.data + b->id_at[i]);
		memcpy(b->request.data + b->trace_at[i], trace, TRACE_DIGITS);
		memcpy(b->request.data + b->time_at[i], at, CLOCK_TEXT_BYTES - 1);
	}
}
