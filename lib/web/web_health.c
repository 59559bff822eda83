/* SPDX-License-Identifier: MIT
 * Health flags of services in memory that all processes of a program share. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "web/web_health.h"

enum {
	PUBLISHED_BYTES_MAX = 80,
	PUBLISHED_PATH_BYTES = 1300,
};

struct service {
	const char *name;
	_Atomic int cause;
	_Atomic bool disabled;
	_Atomic int64_t latency_ms;
	_Atomic int64_t checked_ms; /* monotonic; 0: never */
};

struct web_health {
	unsigned count;
	struct service services[WEB_HEALTH_SERVICES_MAX];
};

struct web_health *web_health_new(const char *const *names)
{
	struct web_health *h =
	        mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (h == MAP_FAILED)
		return NULL;
	for (; names[h->count] != NULL && h->count < WEB_HEALTH_SERVICES_MAX; h->count++) {
		h->services[h->count].name = names[h->count];
		atomic_store(&h->services[h->count].cause, ERR_INFRA_NOT_READY);
	}
	return h;
}

void web_health_free(struct web_health *h)
{
	if (h != NULL)
		munmap(h, sizeof(*h));
}

static void log_change(const struct service *s, enum err before, enum err now, bool was_slow,
        bool slow, int64_t ms)
{
	if (now != ERR_OK && now != before)
		log_error(ERR_INFRA_HEALTH_CHECK_FAILED, "service is away", F_STR("name", s->name),
		        F_STR("cause", err_code(now)));
	else if (now == ERR_OK && before != ERR_OK)
		log_info("service answers", F_STR("name", s->name), F_INT("latencyMs", ms));
	if (now == ERR_OK && slow && !was_slow)
		log_warn(ERR_INFRA_HEALTH_CHECK_DEGRADED, "service is slow", F_STR("name", s->name),
		        F_INT("latencyMs", ms));
}

void web_health_report(struct web_health *h, unsigned service, enum err e, int64_t ns)
{
	struct service *s = &h->services[service];
	int64_t ms = ns / 1000000;
	bool was_slow = atomic_load(&s->latency_ms) > WEB_HEALTH_SLOW_MS;
	enum err before = (enum err)atomic_load(&s->cause);

	atomic_store(&s->latency_ms, ms);
	atomic_store(&s->cause, (int)e);
	atomic_store(&s->checked_ms, clock_mono_ms());
	log_change(s, before, e, was_slow, ms > WEB_HEALTH_SLOW_MS, ms);
}

void web_health_use(struct web_health *h, unsigned service, bool used)
{
	atomic_store(&h->services[service].disabled, !used);
}

void web_health_get(const struct web_health *h, unsigned service, struct web_health_state *out)
{
	const struct service *s = &h->services[service];
	int64_t checked = atomic_load(&s->checked_ms);

	*out = (struct web_health_state){.disabled = atomic_load(&s->disabled),
	        .cause = (enum err)atomic_load(&s->cause),
	        .latency_ms = atomic_load(&s->latency_ms)};
	if (out->disabled)
		out->cause = ERR_OK;
	else if (checked == 0 || clock_mono_ms() - checked > WEB_HEALTH_STALE_MS)
		out->cause = ERR_INFRA_NOT_READY;
	out->up = out->cause == ERR_OK;
	out->slow = out->up && out->latency_ms > WEB_HEALTH_SLOW_MS;
}

void web_health_json(const struct web_health *h, struct buf *out)
{
	buf_add_char(out, '{');
	for (unsigned i = 0; i < h->count; i++) {
		struct web_health_state s;

		web_health_get(h, i, &s);
		buf_addf(out, "%s\"%s\":{\"status\":\"%s\"", i > 0 ? "," : "", h->services[i].name,
		        s.disabled ? "disabled"
		        : !s.up    ? "unhealthy"
		        : s.slow   ? "slow"
		                   : "healthy");
		if (s.up && !s.disabled)
			buf_addf(out, ",\"latencyMs\":%lld", (long long)s.latency_ms);
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
}

const char *web_health_name(const struct web_health *h, unsigned service)
{
	return h->services[service].name;
}

unsigned web_health_count(const struct web_health *h)
{
	return h->count;
}

/* One line: number of the error, wall clock, nanoseconds. The other program may be of another
 * version, but numbers never change their meaning. */
bool web_health_publish(const char *path, enum err e, int64_t ns)
{
	char text[PUBLISHED_BYTES_MAX], part[PUBLISHED_PATH_BYTES];
	bool done;
	int fd;

	if (!str_format(part, sizeof(part), "%s.part", path) ||
	        !str_format(text, sizeof(text), "%d %" PRId64 " %" PRId64 "\n", (int)e,
	                clock_wall_ms(), ns))
		return false;
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	return close(fd) == 0 && done && rename(part, path) == 0;
}

bool web_health_published(const char *path, enum err *e, int64_t *ns)
{
	char text[PUBLISHED_BYTES_MAX] = "";
	int64_t at_ms, took_ns, age_ms;
	int fd = open(path, O_RDONLY | O_CLOEXEC), number;
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	*e = ERR_INFRA_NOT_READY;
	if (n <= 0 || sscanf(text, "%d %" SCNd64 " %" SCNd64, &number, &at_ms, &took_ns) != 3)
		return true;
	age_ms = clock_wall_ms() - at_ms;
	if (age_ms < -WEB_HEALTH_STALE_MS || age_ms > WEB_HEALTH_STALE_MS)
		return true;
	*e = number == ERR_OK ? ERR_OK : (enum err)err_info((enum err)number)->number;
	*ns = took_ns;
	return true;
}
