/* SPDX-License-Identifier: MIT
 * Shared writes. A worker puts its record into its place in shared memory and sleeps; the server
 * takes all places that are ready, waits a moment for those who are on their way, appends them as
 * one record and tells each what became of it.
 *
 * Who may touch a place follows from its state alone, so nobody who dies leaves it half-written:
 * - idle and done: its worker
 * - ready: whoever changes the state first, the server to take it or the worker to withdraw
 * - taken: the server
 *
 * The server holds a robust mutex for life: who can lock it knows that there is none. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "spool/spool_internal.h"
#include "spool/spool_group.h"

enum {
	PLACE_RECORD_BYTES = 32 * 1024, /* longer ones cost more to hand over than to write */
	PLACE_ALIGN = 64,
	/* Workers at work, below which everybody writes by itself: to wait would only cost time. */
	BUSY_MIN = 3,
	WORKER_LOOK_MS = 20,       /* how often a waiting worker looks whether the server lives */
	WORKER_PATIENCE_MS = 1000, /* after which it appends by itself … */
	WORKER_REST_MS = 5000,     /* … and does not ask again for so long */
	SERVER_LOOK_MS = 1000,
	SERVER_RETRY_MS = 2000, /* between attempts to open the spool */
	SERVER_SLACK_NS = 1000, /* of its timers */
};
/* Measured (docs/DESIGN.md): longer waits and larger heaps bring no more. */
static const int64_t GATHER_NS = 800 * 1000; /* longest wait for others */
static const size_t GATHER_MAX = 12;         /* records that are enough */

enum place_state { PLACE_IDLE, PLACE_READY, PLACE_TAKEN, PLACE_DONE };

struct place {
	_Alignas(PLACE_ALIGN) pthread_mutex_t owner; /* robust: held by the worker that sits here */
	_Atomic uint32_t state;                      /* enum place_state */
	enum err result;
	int64_t fsync_ns;
	struct spool_record record; /* without its texts, which are events then registry */
	char bytes[PLACE_RECORD_BYTES];
};

struct spool_group {
	pthread_mutex_t serving;                         /* robust: held by the server */
	_Atomic bool open;                               /* a server took up its work */
	_Alignas(PLACE_ALIGN) _Atomic uint32_t arrivals; /* the server sleeps on it … */
	_Atomic uint32_t wake_at;                        /* … and is woken when it gets there */
	_Atomic uint32_t places;                         /* of them were ever taken */
	_Alignas(PLACE_ALIGN) _Atomic uint32_t answers;  /* counts writes; workers sleep on it */
	struct place place[SPOOL_TOGETHER_MAX];
};

struct spool_seat {
	struct spool_group *group;
	struct place *place;
	int64_t rest_until_ms;
};

/* Sleeps while *word is seen, ns at most, until somebody wakes one of the bits of who. Any return
 * is a reason to look again. */
static void futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t ns, uint32_t who)
{
	int64_t until = clock_mono_ns() + ns;
	struct timespec time = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};

	(void)syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &time, NULL, who);
}

static void futex_wake(_Atomic uint32_t *word, uint32_t who)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, who);
}

/* ---- life ---- */

enum err spool_group_new(struct spool_group **out)
{
	struct spool_group *g =
	        mmap(NULL, sizeof(*g), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	*out = NULL;
	if (g == MAP_FAILED)
		return ERR_DB_SPOOL_OPEN_FAILED;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&g->serving, &attr);
	for (size_t i = 0; i < SPOOL_TOGETHER_MAX; i++)
		pthread_mutex_init(&g->place[i].owner, &attr);
	pthread_mutexattr_destroy(&attr);
	*out = g;
	return ERR_OK;
}

void spool_group_free(struct spool_group *g)
{
	if (g != NULL)
		munmap(g, sizeof(*g));
}

static bool try_lock(pthread_mutex_t *lock)
{
	int e = pthread_mutex_trylock(lock);

	return e == 0 || (e == EOWNERDEAD && pthread_mutex_consistent(lock) == 0);
}

/* A place whose worker died while the server had its record is free when that is written. */
static struct place *take_place(struct spool_group *g)
{
	for (uint32_t i = 0; i < SPOOL_TOGETHER_MAX; i++) {
		struct place *p = &g->place[i];
		uint32_t state, known = atomic_load(&g->places);

		if (!try_lock(&p->owner))
			continue;
		state = atomic_load(&p->state);
		if (state == PLACE_READY || state == PLACE_TAKEN) {
			pthread_mutex_unlock(&p->owner);
			continue;
		}
		atomic_store(&p->state, PLACE_IDLE);
		while (known < i + 1 && !atomic_compare_exchange_weak(&g->places, &known, i + 1))
			;
		return p;
	}
	return NULL;
}

struct spool_seat *spool_seat_take(struct spool_group *g)
{
	struct spool_seat *seat = calloc(1, sizeof(*seat));

	if (seat == NULL)
		return NULL;
	seat->group = g;
	seat->place = take_place(g);
	if (seat->place == NULL) {
		free(seat);
		return NULL;
	}
	return seat;
}

void spool_seat_leave(struct spool_seat *seat)
{
	if (seat == NULL)
		return;
	pthread_mutex_unlock(&seat->place->owner);
	free(seat);
}

/* By which a worker is woken; some may share it. */
static uint32_t bit_of(const struct spool_group *g, const struct place *p)
{
	return UINT32_C(1) << ((size_t)(p - g->place) % 32);
}

/* ---- a worker ---- */

/* True: there is no server; the place is the worker's again. */
static bool server_gone(struct spool_seat *seat)
{
	struct spool_group *g = seat->group;

	if (!try_lock(&g->serving))
		return false;
	atomic_store(&g->open, false);
	if (atomic_load(&seat->place->state) != PLACE_DONE)
		atomic_store(&seat->place->state, PLACE_IDLE);
	pthread_mutex_unlock(&g->serving);
	return true;
}

static bool can_share(struct spool_seat *seat)
{
	uint32_t done = PLACE_DONE;

	if (!atomic_load(&seat->group->open) || clock_mono_ms() < seat->rest_until_ms)
		return false;
	/* The answer to a record that was given up. */
	(void)atomic_compare_exchange_strong(&seat->place->state, &done, PLACE_IDLE);
	return atomic_load(&seat->place->state) == PLACE_IDLE;
}

static void hand_over(struct spool_seat *seat, const struct spool_record *r)
{
	struct spool_group *g = seat->group;
	struct place *p = seat->place;

	p->record = *r;
	if (r->events_len > 0)
		memcpy(p->bytes, r->events, r->events_len);
	if (r->registry_len > 0)
		memcpy(p->bytes + r->events_len, r->registry, r->registry_len);
	atomic_store(&p->state, PLACE_READY);
	if (atomic_fetch_add(&g->arrivals, 1) + 1 == atomic_load(&g->wake_at))
		futex_wake(&g->arrivals, FUTEX_BITSET_MATCH_ANY);
}

/* True: the server has told. False: it will not, or not soon; the record is not its any more, or
 * the place is not ours until it has told after all. */
static bool wait_for_answer(struct spool_seat *seat)
{
	struct place *p = seat->place;
	int64_t until = clock_mono_ms() + WORKER_PATIENCE_MS;
	uint32_t state, answers = atomic_load(&seat->group->answers);

	while (atomic_load(&p->state) != PLACE_DONE) {
		futex_wait(&seat->group->answers, answers, WORKER_LOOK_MS * INT64_C(1000000),
		        bit_of(seat->group, p));
		answers = atomic_load(&seat->group->answers);
		if (atomic_load(&p->state) == PLACE_DONE)
			break;
		if (server_gone(seat))
			return atomic_load(&p->state) == PLACE_DONE;
		if (clock_mono_ms() < until)
			continue;
		seat->rest_until_ms = clock_mono_ms() + WORKER_REST_MS;
		state = PLACE_READY;
		(void)atomic_compare_exchange_strong(&p->state, &state, PLACE_IDLE);
		return state == PLACE_DONE;
	}
	return true;
}

enum err spool_append_shared(
        struct spool_seat *seat, struct spool_writer *w, const struct spool_record *r, size_t busy)
{
	int64_t start = clock_mono_ns();
	size_t payload = r->events_len + r->registry_len;
	enum err e;

	if (seat == NULL || busy < BUSY_MIN || payload == 0 || payload > PLACE_RECORD_BYTES ||
	        !can_share(seat))
		return spool_append(w, r);
	e = spool_admit(w);
	if (e != ERR_OK)
		return e;
	hand_over(seat, r);
	if (!wait_for_answer(seat))
		return spool_append(w, r);
	e = seat->place->result;
	if (e == ERR_OK)
		spool_writer_note(w, r, clock_mono_ns() - start, seat->place->fsync_ns);
	atomic_store(&seat->place->state, PLACE_IDLE);
	return e;
}

/* ---- the server ---- */

static size_t count_ready(struct spool_group *g)
{
	uint32_t places = atomic_load(&g->places);
	size_t ready = 0;

	for (uint32_t i = 0; i < places; i++)
		ready += atomic_load(&g->place[i].state) == PLACE_READY;
	return ready;
}

static void sleep_until(struct spool_group *g, uint32_t seen, size_t more, int64_t ns)
{
	atomic_store(&g->wake_at, seen + (uint32_t)more);
	futex_wait(&g->arrivals, seen, ns, FUTEX_BITSET_MATCH_ANY);
	atomic_store(&g->wake_at, seen); /* long past */
}

/* Waits for a record, then a moment for those of others who are at work. */
static void gather(struct spool_group *g, const struct spool_service *s)
{
	uint32_t seen = atomic_load(&g->arrivals);
	size_t ready = count_ready(g), enough;
	int64_t until;

	if (ready == 0) {
		sleep_until(g, seen, 1, SERVER_LOOK_MS * INT64_C(1000000));
		seen = atomic_load(&g->arrivals);
		ready = count_ready(g);
	}
	until = clock_mono_ns() + GATHER_NS;
	while (ready > 0) {
		int64_t left = until - clock_mono_ns();

		enough = s->busy(s->ctx);
		if (enough > GATHER_MAX)
			enough = GATHER_MAX;
		if (ready >= enough || left <= 0)
			return;
		sleep_until(g, seen, enough - ready, left);
		seen = atomic_load(&g->arrivals);
		ready = count_ready(g);
	}
}

static void write_ready(struct spool_group *g, struct spool_writer *w)
{
	struct place *taken[SPOOL_TOGETHER_MAX];
	struct spool_record list[SPOOL_TOGETHER_MAX];
	struct spool_writer_stats stats;
	uint32_t places = atomic_load(&g->places), who = 0;
	size_t len = 0;
	enum err e;

	for (uint32_t i = 0; i < places; i++) {
		struct place *p = &g->place[i];
		uint32_t ready = PLACE_READY;

		if (!atomic_compare_exchange_strong(&p->state, &ready, PLACE_TAKEN))
			continue;
		list[len] = p->record;
		list[len].events = p->bytes;
		list[len].registry = p->bytes + p->record.events_len;
		taken[len++] = p;
	}
	if (len == 0)
		return;
	e = spool_append_together(w, list, len);
	spool_writer_stats(w, &stats);
	for (size_t i = 0; i < len; i++) {
		taken[i]->result = e;
		taken[i]->fsync_ns = stats.fsync_ns;
		atomic_store(&taken[i]->state, PLACE_DONE);
		who |= bit_of(g, taken[i]);
	}
	atomic_fetch_add(&g->answers, 1);
	futex_wake(&g->answers, who);
}

/* What a server that died had taken is written again: it may not be on disk. */
static void take_over(struct spool_group *g)
{
	for (size_t i = 0; i < SPOOL_TOGETHER_MAX; i++) {
		uint32_t taken = PLACE_TAKEN;

		(void)atomic_compare_exchange_strong(&g->place[i].state, &taken, PLACE_READY);
	}
}

static bool told_to_stop(const struct spool_service *s)
{
	return s->stop != NULL && s->stop(s->ctx);
}

void spool_group_serve(struct spool_group *g, const struct spool_service *s)
{
	struct spool_writer *w = NULL;
	int e = pthread_mutex_lock(&g->serving);

	if (e == EOWNERDEAD)
		e = pthread_mutex_consistent(&g->serving);
	if (e != 0)
		return;
	prctl(PR_SET_TIMERSLACK, SERVER_SLACK_NS, 0, 0, 0);
	take_over(g);
	while (!told_to_stop(s) && spool_writer_open(s->options, &w) != ERR_OK)
		clock_sleep_ms(SERVER_RETRY_MS);
	atomic_store(&g->open, w != NULL);
	while (!told_to_stop(s)) {
		gather(g, s);
		write_ready(g, w);
	}
	atomic_store(&g->open, false);
	pthread_mutex_unlock(&g->serving);
	spool_writer_close(w);
}
