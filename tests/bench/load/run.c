/* SPDX-License-Identifier: MIT
 * Connections that are kept open, each with at most one request under way, in one epoll loop. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "tests/bench/load/load.h"

enum { REPLY_BYTES_MAX = 65536, EVENTS_AT_ONCE = 64, GRACE_MS = 40000 };
enum { IDLE_NS = 50 * 1000000, GONE_NS = 10 * 1000000 };
#define NS_OF_S 1000000000.0

struct connection {
	int fd; /* -1: closed */
	bool busy, watching_output;
	int64_t due_ns; /* when the request under way should have been, or was, sent */
	size_t sent, got;
	struct body body;
	char reply[REPLY_BYTES_MAX];
};

struct loop {
	struct run *run;
	int epoll_fd;
	struct connection *list;
	struct connection **idle;
	size_t idle_len, busy_len;
	int64_t counted_from_ns, end_ns;
	int64_t next_due_ns; /* of the schedule */
	bool counting;
};

static bool open_connection(struct loop *l, struct connection *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->run->port)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	int on = 1;

	if (inet_pton(AF_INET, l->run->host, &to.sin_addr) != 1)
		return false;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) != 0) {
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
		return false;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->watching_output = false;
	return true;
}

static void make_idle(struct loop *l, struct connection *c)
{
	c->busy = false;
	l->busy_len--;
	l->idle[l->idle_len++] = c;
}

static void give_up(struct loop *l, struct connection *c)
{
	if (l->counting)
		l->run->broken++;
	close(c->fd);
	c->fd = -1;
	make_idle(l, c);
}

static void watch_output(struct loop *l, struct connection *c, bool on)
{
	struct epoll_event event = {.events = on ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c};

	if (c->watching_output != on)
		epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
	c->watching_output = on;
}

static void go_on_sending(struct loop *l, struct connection *c)
{
	const struct buf *request = &c->body.request;
	ssize_t n = send(c->fd, request->data + c->sent, request->len - c->sent,
	        MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN) {
		give_up(l, c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	watch_output(l, c, c->sent < request->len);
}

static void send_request(struct loop *l, struct connection *c, int64_t due_ns)
{
	c->busy = true;
	l->busy_len++;
	c->due_ns = due_ns;
	c->sent = c->got = 0;
	body_renew(&c->body);
	if (c->fd < 0 && !open_connection(l, c)) {
		if (l->counting)
			l->run->broken++;
		make_idle(l, c);
		return;
	}
	go_on_sending(l, c);
}

/* Whether the whole reply is there; *status from its first line. */
static bool reply_is_whole(const struct connection *c, unsigned *status)
{
	const char *end = memmem(c->reply, c->got, "\r\n\r\n", 4);
	const char *length;

	if (end == NULL || sscanf(c->reply, "HTTP/1.%*c %3u", status) != 1)
		return false;
	end += 4;
	length = strcasestr(c->reply, "\r\nContent-Length:");
	if (length != NULL && length < end)
		return c->reply + c->got >= end + strtoul(length + 17, NULL, 10);
	return c->got >= 5 && memcmp(c->reply + c->got - 5, "0\r\n\r\n", 5) == 0;
}

/* Throughput counts the answers between start and end; the latency those of requests that were due
 * between them, whenever the answer came. */
static void count_reply(struct loop *l, const struct connection *c, unsigned status)
{
	struct run *r = l->run;
	int64_t now = clock_mono_ns();

	r->all_ok += status == 200;
	if (!l->counting)
		return;
	if (status != 200) {
		r->other++;
		r->last_status = status;
	} else if (now < l->end_ns) {
		r->ok++;
		r->bytes_sent += c->body.request.len;
	}
	if (c->due_ns >= l->counted_from_ns)
		histogram_add(&r->latency, (uint64_t)(now - c->due_ns) / 1000);
}

static void receive(struct loop *l, struct connection *c)
{
	ssize_t n = recv(c->fd, c->reply + c->got, sizeof(c->reply) - 1 - c->got, MSG_DONTWAIT);
	unsigned status = 0;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		if (c->busy) {
			give_up(l, c);
		} else {
			close(c->fd);
			c->fd = -1;
		}
		return;
	}
	c->got += (size_t)n;
	c->reply[c->got] = '\0';
	if (!c->busy || !reply_is_whole(c, &status))
		return;
	count_reply(l, c, status);
	make_idle(l, c);
}

/* Sends what is due; returns ns until it should be called again if nothing happens. */
static int64_t send_due(struct loop *l)
{
	int64_t now = clock_mono_ns();

	if (now >= l->end_ns)
		return IDLE_NS;
	while (l->idle_len > 0 && (l->run->rate <= 0 || l->next_due_ns <= now)) {
		int64_t due = l->run->rate > 0 ? l->next_due_ns : now;

		l->next_due_ns += l->run->rate > 0 ? (int64_t)(NS_OF_S / l->run->rate) : 0;
		send_request(l, l->idle[--l->idle_len], due);
		now = clock_mono_ns();
		if (now >= l->end_ns)
			return 0;
		/* A server that is gone: not in a circle. */
		if (l->run->rate <= 0 && l->busy_len == 0)
			return GONE_NS;
	}
	if (l->idle_len == 0 || l->next_due_ns - now > IDLE_NS)
		return IDLE_NS;
	return l->next_due_ns > now ? l->next_due_ns - now : 0;
}

static void begin_counting(struct loop *l)
{
	l->counting = true;
	l->counted_from_ns = clock_mono_ns();
	cpu_begin(&l->run->cpu);
}

static void loop_run(struct loop *l)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int64_t count_at = l->next_due_ns + (int64_t)(l->run->warmup * NS_OF_S);
	int64_t give_up_ns;
	bool over = false;

	l->end_ns = count_at + (int64_t)(l->run->seconds * NS_OF_S);
	give_up_ns = l->end_ns + (int64_t)GRACE_MS * 1000000;
	for (;;) {
		struct timespec wait = {.tv_nsec = (long)send_due(l)};
		int64_t now = clock_mono_ns();
		int n;

		if (!l->counting && now >= count_at)
			begin_counting(l);
		if (!over && now >= l->end_ns) {
			over = true;
			cpu_end(&l->run->cpu);
			l->run->took = (double)(now - l->counted_from_ns) / NS_OF_S;
			if (l->run->rate > 0 && l->next_due_ns < l->end_ns)
				l->run->late = (uint64_t)((double)(l->end_ns - l->next_due_ns) /
				                          NS_OF_S * l->run->rate);
		}
		if (over && (l->busy_len == 0 || now >= give_up_ns))
			return;
		n = epoll_pwait2(l->epoll_fd, events, EVENTS_AT_ONCE, &wait, NULL);
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (c->fd >= 0 && (events[i].events & EPOLLOUT) != 0)
				go_on_sending(l, c);
			if (c->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT) != 0)
				receive(l, c);
		}
	}
}

static bool prepare(struct loop *l)
{
	const struct run *r = l->run;
	bool ok = l->epoll_fd >= 0 && l->list != NULL && l->idle != NULL;

	for (unsigned i = 0; ok && i < r->connections; i++) {
		struct connection *c = &l->list[i];

		c->fd = -1;
		ok = (r->targets.len > 0
		                     ? body_init_get(&c->body, &r->targets, i)
		                     : body_init(&c->body, "127.0.0.1", r->key, r->events, i)) &&
		     open_connection(l, c);
		l->idle[l->idle_len++] = c;
	}
	return ok;
}

bool run_load(struct run *r)
{
	struct loop l = {.run = r,
	        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	        .list = calloc(r->connections, sizeof(*l.list)),
	        .idle = calloc(r->connections, sizeof(struct connection *))};
	bool ok = prepare(&l);

	if (ok) {
		l.next_due_ns = clock_mono_ns();
		loop_run(&l);
	}
	for (unsigned i = 0; l.list != NULL && i < r->connections; i++) {
		if (l.list[i].fd > 0)
			close(l.list[i].fd);
		body_release(&l.list[i].body);
	}
	free(l.list);
	free(l.idle);
	if (l.epoll_fd >= 0)
		close(l.epoll_fd);
	return ok;
}
