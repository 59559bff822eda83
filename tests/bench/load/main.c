/* SPDX-License-Identifier: MIT
 * Load on POST /v1/events, or GET of the paths in a file, over kept connections, in one thread: as
 * fast as answers come, or at a fixed rate with the latency measured against the schedule. Prints
 * one JSON object.
 * usage: YAVIO_BENCH_KEY=yav_... load port=N [host=127.0.0.1] [connections=16] [events=100]
 *        [seconds=10] [warmup=1] [rate=EVENTS_A_SECOND] [get=FILE] [cpu=NAME:PID ...] */
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/bench/load/load.h"

static bool set_number(const char *arg, const char *name, double *out)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(arg, name, len) != 0 || arg[len] != '=')
		return false;
	*out = strtod(arg + len + 1, &end);
	return *end == '\0' && end != arg + len + 1;
}

static bool parse(struct run *r, int argc, char **argv)
{
	double port = 0, connections = 16, events = 100, rate = 0;

	r->seconds = 10;
	r->warmup = 1;
	for (int i = 1; i < argc; i++) {
		if (str_starts_with(argv[i], "host=")) {
			r->host = argv[i] + 5;
		} else if (str_starts_with(argv[i], "get=")) {
			if (!targets_load(&r->targets, argv[i] + 4))
				return false;
		} else if (str_starts_with(argv[i], "cpu=")) {
			if (!cpu_add(&r->cpu, argv[i] + 4))
				return false;
		} else if (!set_number(argv[i], "port", &port) &&
		           !set_number(argv[i], "connections", &connections) &&
		           !set_number(argv[i], "events", &events) &&
		           !set_number(argv[i], "seconds", &r->seconds) &&
		           !set_number(argv[i], "warmup", &r->warmup) &&
		           !set_number(argv[i], "rate", &rate)) {
			return false;
		}
	}
	if (port < 1 || port > 65535 || connections < 1 || connections > RUN_CONNECTIONS_MAX ||
	        events < 1 || events > BODY_EVENTS_MAX || r->seconds <= 0 || rate < 0)
		return false;
	r->port = (int)port;
	r->connections = (unsigned)connections;
	r->events = (unsigned)events;
	r->rate = rate / events;
	return true;
}

static void print_cpu(const struct run *r)
{
	double named = 0;

	printf("\"cpu_seconds\":{");
	for (size_t i = 0; i < r->cpu.len; i++) {
		double spent = r->cpu.group[i].after - r->cpu.group[i].before;

		printf("\"%s\":%.2f,", r->cpu.group[i].name, spent);
		named += spent;
	}
	printf("\"others\":%.2f},", r->cpu.machine_after - r->cpu.machine_before - named);
}

static void print_result(const struct run *r)
{
	printf("{\"events_per_request\":%u,\"connections\":%u,\"seconds\":%.2f,\"rate\":%.0f,"
	       "\"requests\":%llu,\"ok\":%llu,\"other\":%llu,\"broken\":%llu,\"late\":%llu,"
	       "\"last_status\":%u,\"accepted\":%llu,\"requests_per_s\":%.0f,\"events_per_s\":%.0f,"
	       "\"mb_per_s\":%."
	       "1f,",
	        r->events, r->connections, r->took, r->rate * r->events,
	        (unsigned long long)(r->ok + r->other), (unsigned long long)r->ok,
	        (unsigned long long)r->other, (unsigned long long)r->broken,
	        (unsigned long long)r->late, r->last_status,
	        (unsigned long long)(r->all_ok * r->events), (double)r->ok / r->took,
	        (double)(r->ok * r->events) / r->took, (double)r->bytes_sent / r->took / 1e6);
	print_cpu(r);
	printf("\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
	        (double)histogram_quantile(&r->latency, 0.5) / 1e3,
	        (double)histogram_quantile(&r->latency, 0.9) / 1e3,
	        (double)histogram_quantile(&r->latency, 0.95) / 1e3,
	        (double)histogram_quantile(&r->latency, 0.99) / 1e3,
	        (double)r->latency.max_us / 1e3);
}

int main(int argc, char **argv)
{
	static struct run run = {.host = "127.0.0.1"};
	char self[64];

	run.key = getenv("YAVIO_BENCH_KEY");
	if (run.key == NULL || strlen(run.key) > BODY_KEY_BYTES_MAX || !parse(&run, argc, argv) ||
	        !str_format(self, sizeof(self), "generator:%d", (int)getpid()) ||
	        !cpu_add(&run.cpu, self)) {
		fprintf(stderr,
		        "usage: YAVIO_BENCH_KEY=yav_... load port=N [host=IP] [connections=N] "
		        "[events=N] [seconds=N] [warmup=N] [rate=EVENTS_A_SECOND] "
		        "[get=FILE] [cpu=NAME:PID ...]\n");
		return 2;
	}
	if (!run_load(&run)) {
		fprintf(stderr, "load: cannot connect\n");
		return 1;
	}
	print_result(&run);
	targets_release(&run.targets);
	return run.ok > 0 ? 0 : 1;
}
