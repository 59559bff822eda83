/* SPDX-License-Identifier: MIT
 * How a question becomes queries: pages from the newest back, so that what is read is always the
 * newest there is; events by their ids within the time that they were stored in. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/str.h"
#include "ch/ch_many.h"
#include "ch/ch_splice.h"
#include "fcgi/live/job.h"

enum {
	COLUMNS = 7,
	ROW_BYTES_MAX = 2048, /* a name of 256 characters, all escaped, and the rest */
	EVENT_BYTES_MAX = 1024 * 1024,
	NUMBER_BYTES = 24,
	ID_TEXT_BYTES = 64, /* one id in a list */
	FILTER_BYTES_MAX = LIVE_VALUES_MAX * LIVE_NAME_CHARS * 8,
};

/* How far back the newest are looked for, one after the other: what was stored lately is found
 * without reading the rest. */
static const int64_t LOOK_BACK_MS[] = {10 * 60 * 1000, 24 * 3600 * 1000, INT64_MAX};

/* 9999-12-31: later than anything stored. */
static const int64_t STORED_END_MS = 253402214400000;

struct live_job *live_job_new(enum live_job_kind kind)
{
	struct live_job *job = calloc(1, sizeof(*job));

	if (job != NULL)
		job->kind = kind;
	return job;
}

static void forget_rows(struct live_job *job)
{
	for (size_t i = 0; i < job->texts_len; i++)
		free(job->texts[i]);
	job->rows_len = job->texts_len = 0;
	job->whole = false;
}

void live_job_free(struct live_job *job)
{
	if (job == NULL)
		return;
	for (size_t i = 0; job->messages != NULL && i < job->wanted_len; i++)
		live_message_drop(job->messages[i]);
	forget_rows(job);
	live_filter_release(&job->filter);
	free(job->messages);
	free(job->wanted);
	free(job->rows);
	free(job);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* A field of TabSeparated in its place. */
static void unescape(char *text)
{
	static const char CODES[] = "bfrnt0", BYTES[] = "\b\f\r\n\t";
	char *to = text;

	for (; *text != '\0'; text++) {
		const char *code = NULL;

		if (*text == '\\' && text[1] != '\0') {
			text++;
			code = strchr(CODES, *text);
		}
		*to++ = code == NULL                  ? *text
		        : BYTES[code - CODES] != '\0' ? BYTES[code - CODES]
		                                      : '?';
	}
	*to = '\0';
}

static bool read_row(struct live_job *job, char *line)
{
	char *field[COLUMNS];
	struct live_row *row = &job->rows[job->rows_len];

	for (size_t i = 0; i < COLUMNS; i++) {
		field[i] = line;
		line += strcspn(line, "\t");
		if ((*line == '\0') != (i == COLUMNS - 1))
			return false;
		if (*line != '\0')
			*line++ = '\0';
		unescape(field[i]);
	}
	if (!str_parse_int(field[0], 0, INT64_MAX, &job->now_ms) ||
	        !str_parse_int(field[1], 0, INT64_MAX, &row->at.stored_ms) ||
	        !live_id_parse(field[2], row->at.id))
		return false;
	row->traits = (struct live_traits){
	        .type = field[3], .name = field[4], .platform = field[5], .status = field[6]};
	job->rows_len++;
	return true;
}

static bool make_room(struct live_job *job, size_t more)
{
	struct live_row *rows;

	if (job->rows_len + more <= job->rows_size)
		return true;
	rows = realloc(job->rows, (job->rows_len + more) * sizeof(*rows));
	if (rows == NULL)
		return false;
	job->rows = rows;
	job->rows_size = job->rows_len + more;
	return true;
}

bool live_rows_read(struct live_job *job, char *text)
{
	size_t lines = 0;

	if (job->texts_len == LIVE_TEXTS_MAX) {
		free(text);
		return false;
	}
	job->texts[job->texts_len++] = text;
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	if (!make_room(job, lines))
		return false;
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		bool ended = text[len] == '\n';

		text[len] = '\0';
		if (!ended || !read_row(job, text))
			return false;
		text += len + 1;
	}
	return true;
}

/* ---- queries --------------------------------------------------------------------------------- */

static enum err ask(struct ch *ch, const struct live_job *job, enum ch_text_id text,
        const struct ch_values *values, const char *format, struct buf *out)
{
	const struct ch_tenant tenant = {job->workspace_id, job->project_id};
	struct ch_param params[CHV_COUNT];
	struct ch_result result;
	struct ch_query query = {.cls = CH_LIVE,
	        .tenant = &tenant,
	        .sql = ch_texts[text].sql,
	        .params = params,
	        .params_len = ch_texts[text].params_len,
	        .format = format,
	        .into_buf = out};

	for (size_t i = 0; i < query.params_len; i++) {
		enum ch_value_id id = ch_texts[text].params[i];

		params[i] = (struct ch_param){.name = ch_value_defs[id].name,
		        .value = values->of[id],
		        .raw = ch_value_defs[id].raw};
	}
	return ch_select(ch, &query, &result);
}

/* ---- pages ----------------------------------------------------------------------------------- */

struct filter_texts {
	struct buf types, tools, platforms;
};

static void filter_texts_release(struct filter_texts *t)
{
	buf_release(&t->types);
	buf_release(&t->tools);
	buf_release(&t->platforms);
}

static bool list_text(struct buf *out, const struct live_values *v)
{
	buf_init(out, FILTER_BYTES_MAX);
	return ch_text_list(out, (const char *const *)v->item, v->len);
}

static bool filter_texts_make(const struct live_filter *f, struct filter_texts *out)
{
	*out = (struct filter_texts){.types.data = NULL};
	return list_text(&out->types, &f->types) && list_text(&out->tools, &f->tools) &&
	       list_text(&out->platforms, &f->platforms);
}

static const char *number(char out[NUMBER_BYTES], int64_t n)
{
	(void)snprintf(out, NUMBER_BYTES, "%" PRId64, n);
	return out;
}

/* One page of at most limit rows that were stored at from_ms or later, behind (that is, older than)
 * the rows that there are. */
static enum err read_page(struct ch *ch, struct live_job *job, int64_t from_ms, size_t limit)
{
	const struct live_row *last = job->rows_len > 0 ? &job->rows[job->rows_len - 1] : NULL;
	char from[NUMBER_BYTES], before[NUMBER_BYTES], most[NUMBER_BYTES];
	char before_id[ID_UUID_BYTES] = "00000000-0000-0000-0000-000000000000";
	struct filter_texts filter;
	struct buf rows;
	enum err e = ERR_DASH_INTERNAL_ERROR;

	buf_init(&rows, limit * ROW_BYTES_MAX);
	if (last != NULL)
		id_uuid_text(last->at.id, before_id);
	if (filter_texts_make(&job->filter, &filter)) {
		const struct ch_values values = {
		        .of = {
		                [CHV_STORED_FROM] = number(from, from_ms),
		                [CHV_STORED_BEFORE] = number(
		                        before, last != NULL ? last->at.stored_ms : STORED_END_MS),
		                [CHV_BEFORE_ID] = before_id,
		                [CHV_LIMIT] = number(most, (int64_t)limit),
		                [CHV_TYPE] = buf_str(&filter.types),
		                [CHV_TOOL] = buf_str(&filter.tools),
		                [CHV_PLATFORM] = buf_str(&filter.platforms),
		                [CHV_STATUS] = job->filter.errors ? "error" : "",
		        }};

		e = ask(ch, job, CHQ_LIVE_ROWS, &values, "TabSeparated", &rows);
	}
	if (e == ERR_OK && !live_rows_read(job, buf_take(&rows, NULL)))
		e = ERR_DASH_INTERNAL_ERROR;
	filter_texts_release(&filter);
	buf_release(&rows);
	return e;
}

static enum err read_pages(struct ch *ch, struct live_job *job)
{
	enum err e = ERR_OK;

	for (int page = 0; e == ERR_OK && !job->whole && page < LIVE_PAGES_MAX; page++) {
		size_t had = job->rows_len;

		e = read_page(ch, job, job->from_ms, LIVE_PAGE_ROWS);
		job->whole = job->rows_len - had < LIVE_PAGE_ROWS;
	}
	return e;
}

static enum err look(struct ch *ch, struct live_job *job)
{
	enum err e = ERR_OK;

	job->whole = job->from_ms == INT64_MAX;
	if (!job->whole)
		e = read_pages(ch, job);
	for (size_t i = 0; e == ERR_OK && job->whole && i < ARRAY_LEN(LOOK_BACK_MS) &&
	                   job->rows_len < (size_t)job->backlog;
	        i++) {
		int64_t now_ms = job->now_ms > 0 ? job->now_ms : clock_wall_ms();
		int64_t from_ms = LOOK_BACK_MS[i] < now_ms ? now_ms - LOOK_BACK_MS[i] : 0;

		e = read_page(ch, job, from_ms, (size_t)job->backlog - job->rows_len);
	}
	return e;
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool ids_text(struct buf *out, const struct live_position *wanted, size_t len)
{
	buf_init(out, LIVE_FETCH_ROWS * ID_TEXT_BYTES);
	for (size_t i = 0; i < len; i++) {
		char id[ID_UUID_BYTES];

		id_uuid_text(wanted[i].id, id);
		buf_addf(out, "%s'%s'", i > 0 ? "," : "[", id);
	}
	return buf_add_char(out, ']');
}

/* A line is an event as it is answered; its id comes first. */
static void take_event(struct live_job *job, size_t begin, size_t end, const char *line, size_t len)
{
	static const char FIRST[] = "{\"eventId\":\"";
	uint8_t id[LIVE_ID_BYTES];

	if (strncmp(line, FIRST, strlen(FIRST)) != 0 || !live_id_parse(line + strlen(FIRST), id))
		return;
	for (size_t i = begin; i < end; i++) {
		if (memcmp(job->wanted[i].id, id, sizeof(id)) != 0 || job->messages[i] != NULL)
			continue;
		job->messages[i] = live_message_event(&job->wanted[i], line, len);
		return;
	}
}

static void take_events(struct live_job *job, size_t begin, size_t end, const struct buf *rows)
{
	struct ch_splice copy;
	struct buf lines;

	buf_init(&lines, LIVE_FETCH_ROWS * EVENT_BYTES_MAX);
	ch_splice_init(&copy, &lines, "\n");
	ch_splice_add(&copy, buf_str(rows), rows->len);
	for (const char *line = buf_str(&lines); *line != '\0' && !lines.failed;) {
		size_t len = strcspn(line, "\n");

		take_event(job, begin, end, line, len);
		line += len + (line[len] != '\0');
	}
	buf_release(&lines);
}

static enum err fetch_some(struct ch *ch, struct live_job *job, size_t begin, size_t end)
{
	char from[NUMBER_BYTES], to[NUMBER_BYTES];
	struct buf ids, rows;
	enum err e = ERR_DASH_INTERNAL_ERROR;

	buf_init(&rows, LIVE_FETCH_ROWS * EVENT_BYTES_MAX);
	if (ids_text(&ids, job->wanted + begin, end - begin)) {
		const struct ch_values values = {
		        .of = {
		                [CHV_STORED_FROM] = number(from, job->wanted[begin].stored_ms),
		                [CHV_STORED_TO] = number(to, job->wanted[end - 1].stored_ms),
		                [CHV_EVENT_IDS] = buf_str(&ids),
		        }};

		e = ask(ch, job, CHQ_LIVE_EVENTS, &values, "JSONEachRow", &rows);
	}
	if (e == ERR_OK)
		take_events(job, begin, end, &rows);
	buf_release(&ids);
	buf_release(&rows);
	return e;
}

/* What was fetched before a failure stays: the job is asked again as it is. */
static enum err fetch(struct ch *ch, struct live_job *job)
{
	enum err e = ERR_OK;

	if (job->messages == NULL)
		job->messages = calloc(job->wanted_len, sizeof(struct live_message *));
	if (job->messages == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	for (size_t i = 0; e == ERR_OK && i < job->wanted_len; i += LIVE_FETCH_ROWS) {
		size_t end = i + LIVE_FETCH_ROWS;

		e = fetch_some(ch, job, i, end < job->wanted_len ? end : job->wanted_len);
	}
	return e;
}

void live_ask(struct ch *ch, struct live_job *job)
{
	static enum err (*const ASK[LIVE_JOB_KINDS])(struct ch *, struct live_job *) = {
	        [LIVE_WATCH] = read_pages, [LIVE_LOOK] = look, [LIVE_FETCH] = fetch};

	/* One that failed is asked again as it is. */
	forget_rows(job);
	job->began_ms = clock_mono_ms();
	job->e = ASK[job->kind](ch, job);
	job->took_ms = clock_mono_ms() - job->began_ms;
}
