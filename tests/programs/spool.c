/* SPDX-License-Identifier: MIT
 * Driver of the spool for integration tests and measurements: appends real event rows and says
 * which were acknowledged, shows what a spool holds, measures appends. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "spool/spool.h"
#include "spool/spool_quarantine.h"

enum { DRIVER_RECORD_BYTES = 4 * 1024 * 1024, DRIVER_APPENDS_MAX = 200000 };

static struct spool_options options(const char *dir)
{
	const char *max = getenv("SPOOL_MAX_BYTES"), *segment = getenv("SPOOL_SEGMENT_BYTES");

	return (struct spool_options){
	        .dir = dir,
	        .max_bytes = max != NULL ? atoll(max) : 4LL << 30,
	        .segment_bytes = segment != NULL ? atoll(segment) : 64 << 20,
	        .reserve_bytes = 64 << 20,
	        .allow_any_fs = true,
	};
}

/* One row of table events; its number is in event_id. days: timestamps go back up to so many. */
static void add_row(struct buf *b, long n, const char *event_id, int days)
{
	char at[CLOCK_TEXT_BYTES], accepted[CLOCK_TEXT_BYTES];
	int64_t now = clock_wall_ms();
	int64_t back = days > 0 ? n % days * 86400000LL : 0;

	clock_format_ch(now - back, at);
	clock_format_ch(now, accepted);
	buf_addf(b,
	        "{\"workspace_id\":\"00000000-0000-4000-8000-000000000001\",\"project_id\":"
	        "\"00000000-0000-4000-8000-000000000002\",\"event_type\":\"tool_call\","
	        "\"event_name\":\"search_%ld\",\"timestamp\":\"%s\",\"ingested_at\":\"%s\",",
	        n % 10, at, accepted);
	if (event_id != NULL)
		buf_addf(b, "\"event_id\":\"%s\",", event_id);
	else
		buf_addf(b, "\"event_id\":\"00000000-0000-4000-9000-%012lx\",", n);
	buf_addf(b,
	        "\"trace_id\":\"tr_%ld\",\"session_id\":\"ses_%ld\",\"user_id\":\"u%ld\","
	        "\"source\":\"server\",\"platform\":\"claude\",\"sdk_version\":\"0.3.1\","
	        "\"status\":\"success\",\"latency_ms\":%ld,\"input_keys\":\"[\\\"query\\\"]\","
	        "\"metadata\":\"{\\\"response_size\\\":%ld,\\\"note\\\":\\\"one of many events of "
	        "ordinary size, with some text that looks like text\\\"}\"}\n",
	        n / 3, n / 30, n % 1000, n % 300, n * 7 % 5000);
}

/* append DIR FROM ROWS_A_RECORD RECORDS SLEEP_US [MONTHS]: prints "FROM TO" of each acknowledged
 * record. */
static int append(int argc, char **argv)
{
	struct spool_options o = options(argv[2]);
	long from = argc > 3 ? atol(argv[3]) : 0, rows = argc > 4 ? atol(argv[4]) : 1;
	long records = argc > 5 ? atol(argv[5]) : 1, sleep_us = argc > 6 ? atol(argv[6]) : 0;
	int days = argc > 7 ? atoi(argv[7]) : 0;
	struct spool_writer *w;
	struct buf b;
	int failed = 0;

	if (spool_writer_open(&o, &w) != ERR_OK)
		return 1;
	buf_init(&b, DRIVER_RECORD_BYTES);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (long i = 0; i < records; i++, from += rows) {
		struct spool_record r = {
		        .accepted_ms = clock_wall_ms(), .rows_server = (uint32_t)rows};
		enum err e;

		buf_clear(&b);
		for (long n = from; n < from + rows; n++)
			add_row(&b, n, NULL, days);
		r.events = b.data;
		r.events_len = b.len;
		e = spool_append(w, &r);
		if (e == ERR_OK)
			printf("%ld %ld\n", from, from + rows);
		else
			failed++;
		if (sleep_us > 0)
			usleep((useconds_t)sleep_us);
	}
	spool_writer_close(w);
	buf_release(&b);
	return failed > 0;
}

/* mixed DIR FROM COUNT BAD…: one record of COUNT rows, those numbered BAD without a valid event_id.
 */
static int mixed(int argc, char **argv)
{
	struct spool_options o = options(argv[2]);
	long from = atol(argv[3]), count = atol(argv[4]);
	struct spool_record r = {.accepted_ms = clock_wall_ms(), .rows_server = (uint32_t)count};
	struct spool_writer *w;
	struct buf b;
	enum err e;

	buf_init(&b, DRIVER_RECORD_BYTES);
	for (long n = from; n < from + count; n++) {
		bool bad = false;

		for (int i = 5; i < argc; i++)
			bad = bad || atol(argv[i]) == n;
		add_row(&b, n, bad ? "nope" : NULL, 0);
	}
	r.events = b.data;
	r.events_len = b.len;
	r.registry = "{\"workspace_id\":\"00000000-0000-4000-8000-000000000001\",\"project_id\":"
	             "\"00000000-0000-4000-8000-000000000002\",\"tool_name\":\"search\","
	             "\"description\":\"d\",\"input_schema\":\"{}\",\"updated_at\":"
	             "\"2026-01-02 03:04:05.678\"}\n";
	r.registry_len = strlen(r.registry);
	r.registry_rows = 1;
	e = spool_writer_open(&o, &w);
	if (e == ERR_OK)
		e = spool_append(w, &r);
	spool_writer_close(w);
	buf_release(&b);
	return e != ERR_OK;
}

static bool print_entry(const struct spool_quarantine_entry *e, void *arg)
{
	(void)arg;
	printf("{\"id\":\"%s\",\"table\":\"%s\",\"rows\":%llu,\"code\":\"%s\",\"storeCode\":%d}\n",
	        e->id, e->table, (unsigned long long)e->rows, err_code(e->code), e->store_code);
	return true;
}

static int status(char **argv)
{
	struct spool_status st;

	if (spool_status(argv[2], &st) != ERR_OK)
		return 1;
	printf("{\"depth\":%llu,\"bytes\":%lld,\"oldest\":%lld,\"segments\":%u,\"streams\":%u,"
	       "\"writers\":%u,\"quarantine\":%llu,\"shipper\":%s}\n",
	        (unsigned long long)st.depth_events, (long long)st.depth_bytes,
	        (long long)st.oldest_ms, st.segments, st.streams, st.writers,
	        (unsigned long long)st.quarantine_entries, st.shipper_running ? "true" : "false");
	return 0;
}

/* ---- measuring ---- */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

struct bench_result {
	double p50_us, p99_us; /* of the last writer that ended */
};

static void bench_writer(const char *dir, size_t bytes, int count, struct bench_result *out)
{
	struct spool_options o = options(dir);
	int64_t *took = calloc((size_t)count, sizeof(*took));
	char *row = malloc(bytes);
	struct spool_record r = {
	        .accepted_ms = 1, .rows_server = 1, .events = row, .events_len = bytes};
	struct spool_writer *w;

	if (took == NULL || row == NULL || spool_writer_open(&o, &w) != ERR_OK)
		exit(1);
	memset(row, 'x', bytes);
	row[bytes - 1] = '\n';
	for (int i = 0; i < count; i++) {
		int64_t t = clock_mono_ns();

		if (spool_append(w, &r) != ERR_OK)
			exit(1);
		took[i] = clock_mono_ns() - t;
	}
	qsort(took, (size_t)count, sizeof(*took), by_value);
	out->p50_us = (double)took[count / 2] / 1e3;
	out->p99_us = (double)took[count * 99 / 100] / 1e3;
	spool_writer_close(w);
	free(took);
	free(row);
}

/* bench DIR BYTES COUNT WRITERS: append latency and rate, one JSON object. */
static int bench(char **argv)
{
	size_t bytes = (size_t)atol(argv[3]);
	int count = atoi(argv[4]), writers = atoi(argv[5]), failed = 0, one;
	struct bench_result *result;
	int64_t start;

	if (count < 1 || count > DRIVER_APPENDS_MAX || bytes < 2)
		return 2;
	result = mmap(
	        NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED)
		return 1;
	start = clock_mono_ns();
	for (int i = 0; i < writers; i++)
		if (fork() == 0) {
			bench_writer(argv[2], bytes, count, result);
			exit(0);
		}
	while (wait(&one) > 0)
		failed += one != 0;
	start = clock_mono_ns() - start;
	printf("{\"writers\":%d,\"bytes\":%zu,\"appendsPerSecond\":%.0f,\"p50us\":%.0f,\"p99us\":%."
	       "0f}\n",
	        writers, bytes, (double)count * writers * 1e9 / (double)start, result->p50_us,
	        result->p99_us);
	return failed > 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	struct spool_options o = options(argc > 2 ? argv[2] : "");

	log_init("spool-driver", LOG_WARN, true);
	if (strcmp(verb, "append") == 0)
		return append(argc, argv);
	if (strcmp(verb, "mixed") == 0 && argc > 4)
		return mixed(argc, argv);
	if (strcmp(verb, "status") == 0)
		return status(argv);
	if (strcmp(verb, "quarantine") == 0)
		return spool_quarantine_list(argv[2], print_entry, NULL) != ERR_OK;
	if (strcmp(verb, "retry") == 0 && argc > 3)
		return spool_quarantine_retry(&o, argv[3]) != ERR_OK;
	if (strcmp(verb, "bench") == 0 && argc > 5)
		return bench(argv);
	fprintf(stderr,
	        "usage: spool append|mixed|status|quarantine|retry|bench DIR [ARGUMENTS]\n");
	return 2;
}
