/* SPDX-License-Identifier: MIT
 * Answers in the form of ClickHouse's HTTP interface. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/gzip.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/store/format.h"
#include "daemon/store/scan.h"
#include "daemon/store/reply.h"

enum {
	REPLY_BLOCK_BYTES = 64 * 1024,      /* asked of the reader at a time */
	REPLY_GZIP_BYTES_MAX = 1024 * 1024, /* compressed form of one block */
	REPLY_GZIP_LEVEL = 3,               /* as ClickHouse's http_zlib_compression_level */
	REPLY_ERROR_BYTES_MAX = 64 * 1024,
	REPLY_NAME_BYTES = 96,
};

static const char DISPLAY_NAME[] = "yavio-store";

static const struct {
	int code, status;
} statuses[] = {
        {193, 403},
        {192, 403},
        {194, 401},
        {516, 403},
        {512, 403},
        {497, 403}, /* login, access */
        {36, 400},
        {427, 400},
        {6, 400},
        {25, 400},
        {26, 400},
        {38, 400},
        {41, 400},
        {72, 400},
        {117, 400},
        {53, 400},
        {27, 400},
        {376, 400},
        {441, 400},
        {675, 400},
        {676, 400},
        {15, 400},
        {44, 400},
        {8, 400},
        {455, 400},
        {167, 400},
        {168, 400},
        {94, 400},
        {62, 400},
        {321, 400},
        {60, 404},
        {46, 404},
        {47, 404},
        {50, 404},
        {56, 404},
        {81, 404},
        {115, 404},
        {178, 404},
        {63, 404},
        {73, 404},
        {336, 404},
        {78, 404},
        {511, 404}, /* unknown names */
        {223, 413},
        {48, 501},
        {209, 503},
        {76, 503},
        {381, 411},
        {159, 408},
        {439, 503},
        {202, 503},
};

/* What the numbers of the engine mean for whoever runs it. */
static const struct {
	int code;
	enum err err;
} meanings[] = {
        {241, ERR_DB_STORE_MEMORY_LIMIT},
        {243, ERR_DB_STORE_DISK_FULL},
        {252, ERR_DB_STORE_TOO_MANY_PARTS},
        {159, ERR_DB_CH_QUERY_TIMEOUT},
        {396, ERR_DB_STORE_RESULT_TOO_LARGE},
        {158, ERR_DB_STORE_RESULT_TOO_LARGE},
        {307, ERR_DB_STORE_RESULT_TOO_LARGE},
};

/* Refusals of the store, each with the number that a ClickHouse server would give. */
static const struct {
	enum err err;
	int code;
	const char *name;
} refusals[] = {
        {ERR_DB_STORE_AUTH_FAILED, 516, "AUTHENTICATION_FAILED"},
        {ERR_DB_STORE_TENANT_MISSING, 497, "ACCESS_DENIED"},
        {ERR_DB_STORE_STATEMENT_DENIED, 497, "ACCESS_DENIED"},
        {ERR_DB_STORE_BUSY, 202, "TOO_MANY_SIMULTANEOUS_QUERIES"},
};

int reply_status_of(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].code == code)
			return statuses[i].status;
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static enum MHD_Result queue(
        struct MHD_Connection *connection, int status, struct MHD_Response *response)
{
	if (!response)
		return MHD_NO;
	enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result reply_text(struct MHD_Connection *connection, int status, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	if (response)
		MHD_add_response_header(response, "Content-Type", "text/plain; charset=UTF-8");
	return queue(connection, status, response);
}

static void headers_add(struct request *r, struct MHD_Response *response,
        const struct engine_counts *counts, const char *format)
{
	char summary[512];
	MHD_add_response_header(response, "X-ClickHouse-Query-Id", r->query_id);
	MHD_add_response_header(response, "X-ClickHouse-Server-Display-Name", DISPLAY_NAME);
	MHD_add_response_header(
	        response, "X-ClickHouse-Timezone", engine_timezone(r->store->engine));
	if (format) {
		MHD_add_response_header(response, "X-ClickHouse-Format", format);
		MHD_add_response_header(response, "Content-Type", format_content_type(format));
	} else {
		MHD_add_response_header(response, "Content-Type", "text/plain; charset=UTF-8");
	}
	if (str_format(summary, sizeof(summary),
	            "{\"read_rows\":\"%llu\",\"read_bytes\":\"%llu\",\"written_rows\":\"%llu\","
	            "\"written_bytes\":\"%llu\",\"total_rows_to_read\":\"0\",\"result_rows\":\"%"
	            "llu\","
	            "\"result_bytes\":\"%llu\",\"elapsed_ns\":\"%lld\"}",
	            (unsigned long long)counts->read_rows, (unsigned long long)counts->read_bytes,
	            (unsigned long long)counts->written_rows,
	            (unsigned long long)counts->written_bytes,
	            (unsigned long long)counts->result_rows,
	            (unsigned long long)counts->result_bytes,
	            (long long)(clock_mono_ms() - r->began_ms) * 1000000))
		MHD_add_response_header(response, "X-ClickHouse-Summary", summary);
}

static enum MHD_Result error_queue(struct request *r, int status, int code, struct buf *text)
{
	static const struct engine_counts none;
	char number[16];
	size_t len;
	if (text->failed || !str_format(number, sizeof(number), "%d", code))
		return MHD_NO;
	char *bytes = buf_take(text, &len);
	struct MHD_Response *response =
	        bytes ? MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE) : NULL;
	if (response) {
		headers_add(r, response, &none, NULL);
		MHD_add_response_header(response, "X-ClickHouse-Exception-Code", number);
		if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
			MHD_add_response_header(response, "Retry-After", "1");
		if (status == MHD_HTTP_UNAUTHORIZED)
			MHD_add_response_header(
			        response, "WWW-Authenticate", "Basic realm=\"store\"");
	}
	r->answered = true;
	return queue(r->connection, status, response);
}

static enum MHD_Result error_reply(
        struct request *r, int status, int code, const char *name, const char *message)
{
	struct buf text;
	buf_init(&text, REPLY_ERROR_BYTES_MAX);
	buf_addf(&text, "Code: %d. DB::Exception: %s. (%s) (version %s)\n", code, message, name,
	        engine_version(r->store->engine));
	enum MHD_Result result = error_queue(r, status, code, &text);
	buf_release(&text);
	return result;
}

enum MHD_Result reply_error(struct request *r, int code, const char *name, const char *message)
{
	return error_reply(r, reply_status_of(code), code, name, message);
}

enum MHD_Result reply_refusal(struct request *r, enum err err)
{
	const struct err_info *info = err_info(err);
	char message[256];
	int code = ENGINE_CODE_UNKNOWN;
	const char *name = "UNKNOWN_EXCEPTION";
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		if (refusals[i].err == err) {
			code = refusals[i].code;
			name = refusals[i].name;
		}
	}
	LOG_AT(info->level, err, "request refused", F_STR("user", r->user ? r->user->name : NULL),
	        F_STR("query_id", r->query_id));
	if (!str_format(message, sizeof(message), "%s: %s", info->code, info->message))
		return MHD_NO;
	return error_reply(r,
	        info->http_status ? info->http_status : MHD_HTTP_INTERNAL_SERVER_ERROR, code, name,
	        message);
}

/* "UNKNOWN_TABLE" of "Code: 60. DB::Exception: ... (UNKNOWN_TABLE)". */
static void name_take(const char *error, char name[REPLY_NAME_BYTES])
{
	const char *open = strrchr(error, '(');
	size_t len = open ? strspn(open + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;
	if (len == 0 || open[1 + len] != ')' ||
	        !str_format(name, REPLY_NAME_BYTES, "%.*s", (int)len, open + 1))
		str_copy(name, REPLY_NAME_BYTES, "UNKNOWN_EXCEPTION");
}

static void engine_error_log(
        struct request *r, const struct engine_answer *answer, const char *name)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (meanings[i].code == answer->code)
			err = meanings[i].err;
	if (strstr(answer->error, "No space left on device"))
		err = ERR_DB_STORE_DISK_FULL;
	enum log_level level = err == ERR_OK ? LOG_DEBUG : err_info(err)->level;
	LOG_AT(level, err, "statement failed", F_STR("user", r->user->name),
	        F_INT("ch_code", answer->code), F_STR("ch_name", name),
	        F_STR("query_id", r->query_id));
}

enum MHD_Result reply_engine_error(struct request *r, const struct engine_answer *answer)
{
	char name[REPLY_NAME_BYTES];
	name_take(answer->error, name);
	engine_error_log(r, answer, name);
	int status = reply_status_of(answer->code);
	if (r->user->role != USER_ADMIN)
		return error_reply(r, status, answer->code, name, "Statement failed");
	struct buf text;
	buf_init(&text, REPLY_ERROR_BYTES_MAX + strlen(answer->error));
	buf_addf(&text, "%s (version %s)\n", answer->error, engine_version(r->store->engine));
	enum MHD_Result result = error_queue(r, status, answer->code, &text);
	buf_release(&text);
	return result;
}

/* What the response's reader works on. */
struct stream {
	struct job *job; /* NULL: answer is all there is */
	struct engine_answer answer;
	size_t taken; /* of answer */
	bool last;    /* no piece after answer */
	char format[SCAN_FORMAT_BYTES];
	struct gzip *gzip;
	bool gzip_done;
	struct buf packed;   /* compressed bytes not yet given */
	size_t packed_taken; /* of packed */
	char query_id[REQUEST_QUERY_ID_BYTES];
};

static void stream_free(void *arg)
{
	struct stream *s = arg;
	engine_answer_release(&s->answer);
	job_end(s->job);
	gzip_free(s->gzip);
	buf_release(&s->packed);
	free(s);
}

/* The next piece into answer; the place in the pool is given back with the last one. */
static bool stream_fetch(struct stream *s)
{
	engine_answer_release(&s->answer);
	s->taken = 0;
	atomic_store(&s->job->watched.in_engine, true);
	enum engine_piece piece = engine_stream_next(s->job->conn, &s->answer);
	atomic_store(&s->job->watched.progress_ms, clock_mono_ms());
	atomic_store(&s->job->watched.in_engine, false);
	if (piece == ENGINE_PIECE_ERROR) {
		log_debug("statement failed after its first bytes, connection cut",
		        F_STR("query_id", s->query_id), F_INT("ch_code", s->answer.code));
		return false;
	}
	s->last = piece == ENGINE_PIECE_LAST;
	if (s->last)
		job_done(s->job);
	s->taken = format_header_len(s->format, s->answer.data, s->answer.len);
	return true;
}

static bool pack_sink(const void *bytes, size_t len, void *arg)
{
	return buf_add(arg, bytes, len);
}

/* Compresses up to a block of answer, or the end, into packed. */
static bool stream_pack(struct stream *s)
{
	size_t left = s->answer.len - s->taken;
	size_t now = left < REPLY_BLOCK_BYTES ? left : REPLY_BLOCK_BYTES;
	buf_clear(&s->packed);
	s->packed_taken = 0;
	if (now > 0) {
		const char *from = s->answer.data + s->taken;
		s->taken += now;
		return gzip_feed(s->gzip, from, now, pack_sink, &s->packed) == GZIP_OK;
	}
	s->gzip_done = true;
	return gzip_finish(s->gzip, pack_sink, &s->packed) == GZIP_OK;
}

static ssize_t give(const char *from, size_t *taken, size_t len, char *out, size_t max)
{
	size_t now = len - *taken < max ? len - *taken : max;
	memcpy(out, from + *taken, now);
	*taken += now;
	return (ssize_t)now;
}

static ssize_t stream_read(void *arg, uint64_t pos, char *out, size_t max)
{
	struct stream *s = arg;
	(void)pos;
	if (s->job)
		atomic_store(&s->job->watched.progress_ms, clock_mono_ms());
	for (;;) {
		if (s->packed_taken < s->packed.len)
			return give(s->packed.data, &s->packed_taken, s->packed.len, out, max);
		if (s->taken < s->answer.len && !s->gzip)
			return give(s->answer.data, &s->taken, s->answer.len, out, max);
		if (s->taken < s->answer.len || (s->last && s->gzip && !s->gzip_done)) {
			if (!stream_pack(s))
				return MHD_CONTENT_READER_END_WITH_ERROR;
		} else if (s->last) {
			return MHD_CONTENT_READER_END_OF_STREAM;
		} else if (!stream_fetch(s)) {
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
	}
}

static enum MHD_Result reply_pieces(struct request *r, const char *format, struct job *job,
        struct engine_answer *first, bool last)
{
	struct stream *s = calloc(1, sizeof(*s));
	r->answered = true;
	if (!s) {
		engine_answer_release(first);
		job_end(job);
		return MHD_NO;
	}
	*s = (struct stream){.job = job, .answer = *first, .last = last};
	*first = (struct engine_answer){0};
	str_copy(s->query_id, sizeof(s->query_id), r->query_id);
	str_copy(s->format, sizeof(s->format), format);
	buf_init(&s->packed, REPLY_GZIP_BYTES_MAX);
	if (r->gzip_answer)
		s->gzip = gzip_deflate_new(REPLY_GZIP_LEVEL);
	r->streams = job != NULL;
	if (job)
		atomic_store(&job->watched.in_engine, false);
	uint64_t size = last && !s->gzip ? s->answer.len : MHD_SIZE_UNKNOWN;
	struct MHD_Response *response = MHD_create_response_from_callback(
	        size, REPLY_BLOCK_BYTES, stream_read, s, stream_free);
	if (!response) {
		stream_free(s);
		return MHD_NO;
	}
	headers_add(r, response, &s->answer.counts, format);
	if (s->gzip)
		MHD_add_response_header(response, "Content-Encoding", "gzip");
	return queue(r->connection, MHD_HTTP_OK, response);
}

enum MHD_Result reply_whole(struct request *r, const char *format, struct engine_answer *answer)
{
	return reply_pieces(r, format, NULL, answer, true);
}

enum MHD_Result reply_stream(struct request *r, const char *format, struct job *job,
        struct engine_answer *first, bool first_is_last)
{
	if (!first_is_last)
		return reply_pieces(r, format, job, first, false);
	enum MHD_Result result = reply_pieces(r, format, NULL, first, true);
	job_end(job);
	return result;
}
