/* SPDX-License-Identifier: MIT
 * One invented session: a client connects, lists tools, calls them, widgets are shown and clicked,
 * some calls fail and are tried again, some sessions end with a purchase. */
#include <math.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/str.h"
#include "cli/seed.h"
#include "crypto/crypto.h"

enum {
	DAY_MS = 86400000,
	QUIET_MS = 2 * 3600000, /* before the end no session begins, so that none passes it */
	GAP_MS_MAX = 20000,
	METADATA_BYTES = 1024,
	ID_CHARS = 21,      /* of the ids that the SDK makes, behind "ses_" or "tr_" */
	NAMED_PERCENT = 60, /* sessions that tell a user, besides each user's own */
};

#define VERSION "1.0.0"

/* Namespace of the event ids, a UUID of our own. */
static const uint8_t namespace_id[16] = {0x9a, 0x5f, 0x1c, 0x2e, 0x77, 0x04, 0x4b, 0x8d, 0x9c, 0x11,
        0x5e, 0x0d, 0x62, 0xaf, 0x30, 0x43};

struct session {
	const struct seed_plan *plan;
	int64_t number, first, left; /* index of its first event among all; events still to write */
	int64_t written;
	uint64_t random, key; /* key: what its ids are made of */
	int64_t now_ms;
	const struct seed_client *client;
	int64_t user; /* -1: nobody says who it is */
	bool known;   /* its user has been named */
	unsigned trace, step;
	char id[ID_CHARS + 1];
	const struct seed_tool *tool, *last_tool;
	bool last_failed, widget;
	char metadata[METADATA_BYTES]; /* members of the event being written */
	struct buf *out;
};

/* splitmix64: good enough for inventions, the same everywhere. */
static uint64_t next(struct session *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* As long and as little compressible as the ids of a real client. */
static void make_id(char id[ID_CHARS + 1], uint64_t of)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct session s = {.random = of};

	for (unsigned i = 0; i < ID_CHARS; i++)
		id[i] = digits[next(&s) % (sizeof(digits) - 1)];
	id[ID_CHARS] = '\0';
}

static unsigned below(struct session *s, unsigned n)
{
	return (unsigned)(next(s) % n);
}

static bool chance(struct session *s, unsigned percent)
{
	return below(s, 100) < percent;
}

static double unit(struct session *s)
{
	return (double)(next(s) >> 11) / 9007199254740992.0;
}

/* More at noon than at midnight: the place in a day whose share of the traffic is behind it. */
static double busy_hours(double share)
{
	double noon = 0.5 - sin(asin(1 - 2 * share) / 3);

	return 0.3 * share + 0.7 * noon;
}

static int64_t begins_at(struct session *s)
{
	const struct seed_plan *p = s->plan;
	double day =
	        (double)p->days * pow(((double)s->number + unit(s)) / (double)p->sessions, 0.85);
	double whole = floor(day);
	int64_t start = p->end_ms - p->days * DAY_MS;
	int64_t at = start + (int64_t)((whole + busy_hours(day - whole)) * DAY_MS);

	return at < p->end_ms - QUIET_MS ? at : p->end_ms - QUIET_MS - (int64_t)below(s, 60000);
}

static const struct seed_client *choose_client(struct session *s)
{
	unsigned at = below(s, 100);

	for (size_t i = 0; i + 1 < seed_clients_len; i++) {
		if (at < seed_clients[i].percent)
			return &seed_clients[i];
		at -= seed_clients[i].percent;
	}
	return &seed_clients[seed_clients_len - 1];
}

static const struct seed_tool *choose_tool(struct session *s)
{
	unsigned total = 0, at;

	for (int64_t i = 0; i < s->plan->tools; i++)
		total += seed_tool_list[i].weight;
	at = below(s, total);
	for (int64_t i = 0; i + 1 < s->plan->tools; i++) {
		if (at < seed_tool_list[i].weight)
			return &seed_tool_list[i];
		at -= seed_tool_list[i].weight;
	}
	return &seed_tool_list[s->plan->tools - 1];
}

/* Each user has a session of his own; of the others most are of a few who come again and again. */
static int64_t choose_user(struct session *s)
{
	int64_t every = s->plan->sessions / s->plan->users;
	double often = unit(s);

	if (every < 1 || (s->number % every == 0 && s->number / every < s->plan->users))
		return every < 1 ? s->number % s->plan->users : s->number / every;
	return chance(s, NAMED_PERCENT) ? (int64_t)(often * often * (double)s->plan->users) : -1;
}

/* ---- one event ---- */

/* The fields that every event has; the caller adds its own and the brace. False: none is left. */
static bool begin(struct session *s, const char *type, bool widget)
{
	char id[ID_UUID_BYTES], at[CLOCK_TEXT_BYTES], name[96], trace[ID_CHARS + 1];

	if (s->left == 0)
		return false;
	s->metadata[0] = '\0';
	s->now_ms += 5 + below(s, chance(s, 25) ? GAP_MS_MAX : 400);
	(void)snprintf(name, sizeof(name), "%s:%llu:%lld", s->plan->profile,
	        (unsigned long long)s->plan->seed, (long long)(s->first + s->written));
	crypto_uuid5(namespace_id, name, id);
	make_id(trace, s->key + s->trace + 1);
	clock_format_iso(s->now_ms, at);
	if (s->written > 0)
		buf_add_char(s->out, ',');
	buf_addf(s->out,
	        "{\"event_id\":\"%s\",\"event_type\":\"%s\",\"trace_id\":\"tr_%s\","
	        "\"session_id\":\"ses_%s\",\"timestamp\":\"%s\",\"source\":\"%s\","
	        "\"sdk_version\":\"" VERSION "\"",
	        id, type, trace, s->id, at, widget ? "widget" : "server");
	if (!widget)
		buf_addf(s->out, ",\"platform\":\"%s\"", s->client->platform);
	if (s->known)
		buf_addf(s->out, ",\"user_id\":\"user_%05lld\"", (long long)s->user);
	s->left--;
	s->written++;
	return true;
}

static void end(struct session *s)
{
	size_t i = (size_t)(s->first + s->written) % seed_pii_texts_len;
	const char *comma = s->metadata[0] ? "," : "";

	if (s->plan->pii)
		buf_addf(s->out, ",\"metadata\":{%s%s\"note\":\"%s\"}", s->metadata, comma,
		        seed_pii_texts[i]);
	else if (s->metadata[0])
		buf_addf(s->out, ",\"metadata\":{%s}", s->metadata);
	buf_add_char(s->out, '}');
}

static void PRINTF_LIKE(2, 3) metadata_add(struct session *s, const char *fmt, ...)
{
	size_t len = strlen(s->metadata);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(s->metadata + len, sizeof(s->metadata) - len, fmt, args);
	va_end(args);
}

static void connection(struct session *s)
{
	if (!begin(s, "connection", false))
		return;
	buf_addf(s->out,
	        ",\"client_name\":\"%s\",\"client_version\":\"%s\",\"protocol_version\":"
	        "\"2025-06-18\"",
	        s->client->name, s->client->version);
	(void)str_copy(
	        s->metadata, sizeof(s->metadata), "\"phase\":\"open\",\"intent_enabled\":true");
	end(s);
}

static void listing(struct session *s)
{
	s->trace++;
	if (!begin(s, "tool_discovery", false))
		return;
	(void)str_copy(s->metadata, sizeof(s->metadata), "\"tools_listed\":[");
	for (int64_t i = 0; i < s->plan->tools; i++)
		metadata_add(s, "%s\"%s\"", i ? "," : "", seed_tool_list[i].name);
	metadata_add(s, "],\"tools_count\":%lld", (long long)s->plan->tools);
	end(s);
}

static void identify(struct session *s)
{
	static const char *const plans[] = {"free", "free", "pro", "team"};

	s->known = true;
	if (!begin(s, "identify", false))
		return;
	buf_addf(s->out, ",\"user_traits\":{\"plan\":\"%s\",\"seats\":%lld}",
	        plans[(size_t)s->user % ARRAY_LEN(plans)], (long long)(s->user % 40 + 1));
	end(s);
}

static void outcome(struct session *s, bool failed, unsigned latency)
{
	const struct seed_error *e = &seed_errors[below(s, (unsigned)seed_errors_len)];

	buf_addf(s->out, ",\"latency_ms\":%u.%u,\"status\":\"%s\"", latency, below(s, 10),
	        failed ? "error" : "success");
	if (!failed)
		return;
	buf_addf(s->out, ",\"error_category\":\"%s\"", e->category);
	buf_addf(s->out, ",\"error_message\":\"%s%u%s\"", e->before, below(s, 1000), e->after);
}

static void call(struct session *s)
{
	const struct seed_tool *t = s->tool;
	double slow = unit(s);
	unsigned latency = t->base_ms + (unsigned)(t->base_ms * 8 * slow * slow * slow * slow);
	bool failed = chance(s, 6), zero = chance(s, 4);
	bool retry = s->last_failed && s->last_tool == t;
	int word_len;
	const char *word = seed_word(t->words, next(s), &word_len);

	s->trace++;
	if (!begin(s, "tool_call", false))
		return;
	buf_addf(s->out, ",\"event_name\":\"%s\",\"is_retry\":%d", t->name, retry);
	outcome(s, failed, latency);
	buf_addf(s->out, ",\"input_keys\":{\"%s\":true%s},\"input_values\":{\"%s\":\"%.*s\"%s}",
	        t->argument, s->trace % 3 ? "" : ",\"limit\":true", t->argument, word_len, word,
	        s->trace % 3 ? "" : ",\"limit\":10");
	buf_addf(s->out, ",\"tokens_in\":%u,\"tokens_out\":%u", 10 + below(s, 200),
	        20 + below(s, 900));
	if (chance(s, 30))
		buf_addf(s->out, ",\"intent_signals\":{\"intent\":\"%s\",\"source\":\"%s\"}",
		        t->intent, chance(s, 70) ? "context_parameter" : "inferred");
	if (!failed)
		metadata_add(s,
		        "\"response_size\":%u,\"content_types\":[\"text\"%s],\"zero_result\":%s",
		        zero ? 2 : 200 + below(s, 4000), t->widget ? ",\"resource\"" : "",
		        zero ? "true" : "false");
	s->last_tool = t;
	s->last_failed = failed;
	s->widget = t->widget && !failed;
	end(s);
}

static void named(struct session *s, const char *type, const char *name)
{
	if (!begin(s, type, false))
		return;
	buf_addf(s->out, ",\"event_name\":\"%s\",\"step_sequence\":%u", name, ++s->step);
	end(s);
}

static void conversion(struct session *s)
{
	static const char *const currencies[] = {"EUR", "EUR", "EUR", "USD", "USD", "JPY"};

	if (!begin(s, "conversion", false))
		return;
	buf_addf(s->out,
	        ",\"event_name\":\"purchase\",\"step_sequence\":%u,\"conversion_value\":%u.%02u,"
	        "\"conversion_currency\":\"%s\"",
	        ++s->step, 5 + below(s, 400), below(s, 100),
	        currencies[below(s, ARRAY_LEN(currencies))]);
	end(s);
}

/* What people do with a widget after it was shown. */
static void widget_event(struct session *s, const char *type)
{
	if (!begin(s, type, true))
		return;
	if (strcmp(type, "widget_render") == 0)
		buf_addf(s->out,
		        ",\"viewport_width\":%u,\"viewport_height\":800,\"device_pixel_ratio\":2,"
		        "\"device_touch\":%u",
		        360 + below(s, 4) * 240, below(s, 2));
	else if (strcmp(type, "widget_scroll") == 0)
		buf_addf(s->out, ",\"event_name\":\"results\",\"scroll_depth_pct\":%u",
		        10 + below(s, 91));
	else if (strcmp(type, "widget_error") == 0)
		buf_addf(s->out, ",\"error_message\":\"TypeError: item %u is undefined\"",
		        below(s, 50));
	else
		buf_addf(s->out, ",\"event_name\":\"%s\",\"click_count\":1",
		        chance(s, 50) ? "choose" : "more");
	end(s);
}

static void shown_widget(struct session *s)
{
	widget_event(s, "widget_render");
	if (chance(s, 55))
		widget_event(s, "widget_click");
	if (chance(s, 30))
		widget_event(s, "widget_scroll");
	if (chance(s, 10))
		widget_event(s, "widget_form_field");
	if (chance(s, 3))
		widget_event(s, "widget_error");
}

static void turn(struct session *s)
{
	bool again = s->last_failed && chance(s, 60);

	s->tool = again ? s->last_tool : choose_tool(s);
	call(s);
	if (s->user >= 0 && !s->known)
		identify(s);
	if (chance(s, 15))
		named(s, "track", "cache_hit");
	if (s->widget && chance(s, 70))
		shown_widget(s);
	if (!s->last_failed && chance(s, 25))
		named(s, "step", s->tool->name);
	if (!s->last_failed && chance(s, 6))
		conversion(s);
}

bool seed_session(const struct seed_plan *plan, int64_t session, struct buf *out)
{
	struct session s = {.plan = plan,
	        .number = session,
	        .first = session * plan->events / plan->sessions,
	        .left = seed_session_events(plan, session),
	        .random = plan->seed * 0xd1342543de82ef95 + (uint64_t)session + 1,
	        .out = out};

	for (const char *p = plan->profile; *p; p++)
		s.random = s.random * 31 + (unsigned char)*p;
	s.key = next(&s);
	make_id(s.id, s.key);
	s.now_ms = begins_at(&s);
	s.client = choose_client(&s);
	s.user = choose_user(&s);
	connection(&s);
	if (chance(&s, 80))
		listing(&s);
	while (s.left > 0)
		turn(&s);
	return !out->failed;
}

bool seed_tools(const struct seed_plan *plan, struct buf *out)
{
	char at[CLOCK_TEXT_BYTES], id[ID_UUID_BYTES], name[96];

	clock_format_iso(plan->end_ms - plan->days * DAY_MS, at);
	for (int64_t i = 0; i < plan->tools; i++) {
		const struct seed_tool *t = &seed_tool_list[i];

		(void)snprintf(name, sizeof(name), "%s:%llu:tool:%lld", plan->profile,
		        (unsigned long long)plan->seed, (long long)i);
		crypto_uuid5(namespace_id, name, id);
		buf_addf(out,
		        "%s{\"event_id\":\"%s\",\"event_type\":\"tool_discovery\",\"trace_id\":"
		        "\"tr_tools\",\"session_id\":\"ses_tools\",\"timestamp\":\"%s\",\"source\":"
		        "\"server\",\"tool_name\":\"%s\",\"description\":\"%s\",\"input_schema\":{"
		        "\"type\":\"object\",\"properties\":{\"%s\":{\"type\":\"string\"},"
		        "\"limit\":"
		        "{\"type\":\"integer\"}},\"required\":[\"%s\"]}}",
		        i ? "," : "", id, at, t->name, t->description, t->argument, t->argument);
	}
	return !out->failed;
}
