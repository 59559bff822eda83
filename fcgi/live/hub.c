/* SPDX-License-Identifier: MIT
 * The hub: one thread, one epoll; everything that other threads have for it comes in by an inbox.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/live/checks.h"
#include "fcgi/live/feed.h"
#include "fcgi/live/hub.h"

enum {
	TICK_MS = 50, /* while anybody looks on */
	EVENTS = 64,
	GAUGES_MS = 1000,
};

/* Somebody's logins or memberships changed. */
struct change {
	struct change *next;
	char user_id[ID_UUID_BYTES]; /* "": anybody's */
};

struct inbox {
	struct live_stream *streams;
	struct live_job *jobs;
	struct live_check *checks;
	struct change *changes;
};

struct live_hub {
	const struct live *live;
	pthread_mutex_t lock; /* of the next two */
	struct inbox inbox;
	bool stop;
	int event_fd, epoll_fd;
	pthread_t thread;
	bool started;
	struct live_pollers *pollers;
	struct live_checks *checks;

	/* of the thread alone */
	struct live_feed *feeds;
	size_t streams;
	uint64_t serials;
	int64_t gauges_ms;
	bool draining;
};

/* ---- inbox ----------------------------------------------------------------------------------- */

static void ring(struct live_hub *h)
{
	const uint64_t one = 1;

	/* Full means that it rings already. */
	if (write(h->event_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error(ERR_DASH_INTERNAL_ERROR, "the hub cannot be woken",
		        F_STR("reason", strerror(errno)));
}

#define PUT(hub, list, item)                                                                       \
	do {                                                                                       \
		pthread_mutex_lock(&(hub)->lock);                                                  \
		(item)->next = (hub)->inbox.list;                                                  \
		(hub)->inbox.list = (item);                                                        \
		pthread_mutex_unlock(&(hub)->lock);                                                \
		ring(hub);                                                                         \
	} while (0)

void live_hub_add(struct live_hub *hub, struct live_stream *s)
{
	PUT(hub, streams, s);
}

static void on_job(struct live_job *job, void *arg)
{
	struct live_hub *h = arg;

	PUT(h, jobs, job);
}

static void on_check(struct live_check *check, void *arg)
{
	struct live_hub *h = arg;

	PUT(h, checks, check);
}

static void on_change(const char *user_id, void *arg)
{
	struct live_hub *h = arg;
	struct change *change = calloc(1, sizeof(*change));

	/* Without memory the look every 30 s finds it. */
	if (change == NULL)
		return;
	str_copy(change->user_id, sizeof(change->user_id), user_id);
	PUT(h, changes, change);
}

/* ---- streams and feeds ----------------------------------------------------------------------- */

static struct live_feed *feed_of(struct live_hub *h, const struct live_viewer *who)
{
	struct live_feed *f = h->feeds;

	while (f != NULL && (strcmp(f->project_id, who->project_id) != 0 ||
	                            strcmp(f->workspace_id, who->workspace_id) != 0))
		f = f->next;
	if (f != NULL)
		return f;
	f = live_feed_new(who, h->pollers, h->live->shm);
	if (f != NULL) {
		f->next = h->feeds;
		h->feeds = f;
	}
	return f;
}

/* Also to hear when it takes more again, while it does not. */
static bool watch_fd(struct live_hub *h, struct live_stream *s, int op)
{
	struct epoll_event event = {
	        .events = EPOLLIN | EPOLLRDHUP | (s->blocked ? (uint32_t)EPOLLOUT : 0),
	        .data.ptr = s};

	s->armed = s->blocked;
	return epoll_ctl(h->epoll_fd, op, s->conn.fd, &event) == 0;
}

static void welcome(struct live_hub *h, struct live_stream *s)
{
	struct live_feed *f = feed_of(h, &s->who);

	if (f == NULL || !watch_fd(h, s, EPOLL_CTL_ADD)) {
		live_stream_free(s);
		return;
	}
	s->serial = ++h->serials;
	s->check_ms = clock_mono_ms() + LIVE_CHECK_MS;
	h->streams++;
	live_feed_join(f, s);
	if (h->draining)
		live_stream_end(s, -1, ERR_DASH_LIVE_FEED_UNAVAILABLE);
}

static void write_out(struct live_hub *h, struct live_stream *s, int64_t now_ms)
{
	bool idle = s->queue.len == 0 && s->out.len == 0 && s->state != LIVE_ENDING;

	if (s->state != LIVE_GONE && !idle)
		live_stream_write(s, now_ms);
	if (s->state != LIVE_GONE && s->blocked != s->armed && !watch_fd(h, s, EPOLL_CTL_MOD))
		s->state = LIVE_GONE;
}

/* A web server sends nothing after a request but that it is over. */
static void on_connection(struct live_hub *h, struct live_stream *s, uint32_t events)
{
	char bytes[64];
	ssize_t n;

	if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
		n = recv(s->conn.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
			s->state = LIVE_GONE;
	}
	if ((events & EPOLLOUT) != 0)
		write_out(h, s, clock_mono_ms());
}

static void on_gone(struct live_stream *s, void *arg)
{
	struct live_hub *h = arg;

	h->streams--;
	epoll_ctl(h->epoll_fd, EPOLL_CTL_DEL, s->conn.fd, NULL);
	live_stream_free(s);
}

/* ---- logins ---------------------------------------------------------------------------------- */

static void ask_check(struct live_hub *h, struct live_stream *s)
{
	struct live_check *check = calloc(1, sizeof(*check));

	if (check == NULL)
		return;
	check->serial = s->serial;
	check->who = s->who;
	s->check_ms = 0;
	live_checks_add(h->checks, check);
}

static struct live_stream *find_stream(struct live_hub *h, uint64_t serial)
{
	for (struct live_feed *f = h->feeds; f != NULL; f = f->next)
		for (struct live_stream *s = f->streams; s != NULL; s = s->next)
			if (s->serial == serial)
				return s;
	return NULL;
}

static void end_stream(struct live_hub *h, struct live_stream *s, enum err e)
{
	if (s->state >= LIVE_ENDING)
		return;
	shm_add(h->live->shm, LIVE_METRIC_ENDED, SHM_LABELS(err_code(e)), 1);
	live_stream_end(s, s->state == LIVE_RUNNING ? live_feed_position(s->feed) : -1, e);
}

static void checked(struct live_hub *h, const struct live_check *check)
{
	struct live_stream *s = find_stream(h, check->serial);
	int64_t now_ms = clock_mono_ms();

	if (s == NULL)
		return;
	s->check_ms = now_ms + LIVE_CHECK_MS;
	if (check->verdict == LIVE_GOOD)
		s->checked_ms = now_ms;
	else if (check->verdict == LIVE_ENDED)
		end_stream(h, s, ERR_DASH_LIVE_LOGIN_ENDED);
	else if (now_ms - s->checked_ms >= LIVE_UNCHECKED_MAX_MS)
		end_stream(h, s, ERR_DASH_LIVE_FEED_UNAVAILABLE);
}

/* One under way may have looked before the change: it is asked again. */
static void check_user(struct live_hub *h, const char *user_id)
{
	for (struct live_feed *f = h->feeds; f != NULL; f = f->next)
		for (struct live_stream *s = f->streams; s != NULL; s = s->next)
			if (user_id[0] == '\0' || strcmp(s->who.user_id, user_id) == 0)
				ask_check(h, s);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Lists came last first. */
#define REVERSE(type, list)                                                                        \
	do {                                                                                       \
		type *reversed_ = NULL;                                                            \
		while ((list) != NULL) {                                                           \
			type *item_ = (list);                                                      \
			(list) = item_->next;                                                      \
			item_->next = reversed_;                                                   \
			reversed_ = item_;                                                         \
		}                                                                                  \
		(list) = reversed_;                                                                \
	} while (0)

/* What came in since the last look, first come first. True: the end was asked for. */
static bool take_in(struct live_hub *h)
{
	struct inbox in;
	uint64_t count;
	bool stop;

	if (read(h->event_fd, &count, sizeof(count)) < 0)
		count = 0;
	pthread_mutex_lock(&h->lock);
	in = h->inbox;
	h->inbox = (struct inbox){.streams = NULL};
	stop = h->stop;
	pthread_mutex_unlock(&h->lock);
	REVERSE(struct live_stream, in.streams);
	REVERSE(struct live_job, in.jobs);
	while (in.streams != NULL) {
		struct live_stream *s = in.streams;

		in.streams = s->next;
		welcome(h, s);
	}
	while (in.jobs != NULL) {
		struct live_job *job = in.jobs;

		in.jobs = job->next;
		live_feed_answer(job->feed, job, clock_mono_ms());
	}
	while (in.changes != NULL) {
		struct change *change = in.changes;

		in.changes = change->next;
		check_user(h, change->user_id);
		free(change);
	}
	while (in.checks != NULL) {
		struct live_check *check = in.checks;

		in.checks = check->next;
		checked(h, check);
		free(check);
	}
	return stop;
}

static void tick_stream(struct live_hub *h, struct live_stream *s, int64_t position, int64_t now_ms)
{
	enum live_stream_state before = s->state;

	if (s->check_ms != 0 && now_ms >= s->check_ms && s->state < LIVE_ENDING)
		ask_check(h, s);
	live_stream_tick(s, position, now_ms);
	if (before < LIVE_ENDING && s->state == LIVE_ENDING)
		shm_add(h->live->shm, LIVE_METRIC_ENDED,
		        SHM_LABELS(err_code(ERR_DASH_LIVE_SLOW_READER)), 1);
	shm_add(h->live->shm, LIVE_METRIC_DROPPED, NULL, s->uncounted);
	s->uncounted = 0;
	write_out(h, s, now_ms);
}

static void set_gauges(struct live_hub *h, int64_t now_ms)
{
	size_t projects = 0;

	if (now_ms - h->gauges_ms < GAUGES_MS)
		return;
	h->gauges_ms = now_ms;
	for (const struct live_feed *f = h->feeds; f != NULL; f = f->next)
		projects += f->streams != NULL;
	shm_set(h->live->shm, LIVE_METRIC_STREAMS, NULL, (double)h->streams);
	shm_set(h->live->shm, LIVE_METRIC_PROJECTS, NULL, (double)projects);
	shm_set(h->live->shm, LIVE_METRIC_WAITING, NULL, (double)live_message_bytes());
}

static void tick(struct live_hub *h)
{
	int64_t now_ms = clock_mono_ms();

	for (struct live_feed **at = &h->feeds, *f; (f = *at) != NULL;) {
		int64_t position = live_feed_position(f);

		for (struct live_stream *s = f->streams; s != NULL; s = s->next)
			tick_stream(h, s, position, now_ms);
		live_feed_sweep(f, on_gone, h);
		if (!h->draining)
			live_feed_tick(f, now_ms);
		if (f->streams == NULL && f->jobs == 0) {
			*at = f->next;
			live_feed_free(f);
		} else {
			at = &f->next;
		}
	}
	set_gauges(h, now_ms);
}

/* Waits for what happens; then what was said goes out. True: the end was asked for. */
static bool turn(struct live_hub *h)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(h->epoll_fd, events, EVENTS, h->feeds != NULL ? TICK_MS : GAUGES_MS);
	bool stop;

	for (int i = 0; i < n; i++)
		if (events[i].data.ptr != NULL)
			on_connection(h, events[i].data.ptr, events[i].events);
	stop = take_in(h);
	tick(h);
	return stop;
}

/* Everybody is told where to go on, and connects again to whoever comes after this process. */
static void drain(struct live_hub *h)
{
	int64_t until_ms = clock_mono_ms() + LIVE_DRAIN_MS;

	h->draining = true;
	for (struct live_feed *f = h->feeds; f != NULL; f = f->next)
		for (struct live_stream *s = f->streams; s != NULL; s = s->next)
			end_stream(h, s, ERR_DASH_LIVE_FEED_UNAVAILABLE);
	tick(h);
	while (h->streams > 0 && clock_mono_ms() < until_ms)
		turn(h);
	for (struct live_feed *f = h->feeds; f != NULL; f = f->next) {
		for (struct live_stream *s = f->streams; s != NULL; s = s->next)
			s->state = LIVE_GONE;
		live_feed_sweep(f, on_gone, h);
	}
}

static void *run(void *arg)
{
	struct live_hub *h = arg;

	while (!turn(h))
		;
	drain(h);
	return NULL;
}

static bool start(struct live_hub *h)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	const struct live_settings *s = &h->live->settings;

	h->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (h->event_fd < 0 || h->epoll_fd < 0 ||
	        epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->event_fd, &event) != 0)
		return false;
	h->pollers = live_pollers_start(&s->store, &s->store_limits, on_job, h);
	h->checks = live_checks_start(h->live, on_check, on_change, h);
	h->started = h->pollers != NULL && h->checks != NULL &&
	             pthread_create(&h->thread, NULL, run, h) == 0;
	return h->started;
}

struct live_hub *live_hub_start(const struct live *live)
{
	struct live_hub *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->live = live;
	pthread_mutex_init(&h->lock, NULL);
	if (start(h))
		return h;
	live_hub_stop(h);
	return NULL;
}

static void empty_inbox(struct live_hub *h)
{
	struct inbox *in = &h->inbox;

	while (in->streams != NULL) {
		struct live_stream *s = in->streams;

		in->streams = s->next;
		live_stream_free(s);
	}
	while (in->jobs != NULL) {
		struct live_job *job = in->jobs;

		in->jobs = job->next;
		live_job_free(job);
	}
	while (in->checks != NULL) {
		struct live_check *check = in->checks;

		in->checks = check->next;
		free(check);
	}
	while (in->changes != NULL) {
		struct change *change = in->changes;

		in->changes = change->next;
		free(change);
	}
}

void live_hub_stop(struct live_hub *h)
{
	if (h == NULL)
		return;
	if (h->started) {
		pthread_mutex_lock(&h->lock);
		h->stop = true;
		pthread_mutex_unlock(&h->lock);
		ring(h);
		pthread_join(h->thread, NULL);
	}
	live_pollers_stop(h->pollers);
	live_checks_stop(h->checks);
	empty_inbox(h);
	while (h->feeds != NULL) {
		struct live_feed *f = h->feeds;

		h->feeds = f->next;
		live_feed_free(f);
	}
	if (h->event_fd > 0)
		close(h->event_fd);
	if (h->epoll_fd > 0)
		close(h->epoll_fd);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
