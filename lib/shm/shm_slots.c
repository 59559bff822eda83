/* SPDX-License-Identifier: MIT
 * Slots are robust mutexes: the kernel marks the ones that a dead process held, and whoever tries
 * next takes them over. A place to wait in is a slot, too, so that a waiter who dies leaves it. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/shm_slots.h"

/* A death wakes nobody: a waiter looks again so often. */
enum { LOOK_AGAIN_MS = 50 };

struct shared {
	_Atomic uint32_t given; /* counts slots given back; waiters sleep on it */
	size_t count, waiters_max;
	pthread_mutex_t names; /* held while slots are taken by name */
	char name[SHM_SLOTS_MAX][SHM_SLOT_NAME_BYTES];
	pthread_mutex_t lock[]; /* count slots, then waiters_max places to wait in */
};

struct shm_slots {
	struct shared *shared;
	size_t size;
};

static void init_locks(struct shared *shared)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&shared->names, &attr);
	for (size_t i = 0; i < shared->count + shared->waiters_max; i++)
		pthread_mutex_init(&shared->lock[i], &attr);
	pthread_mutexattr_destroy(&attr);
}

enum err shm_slots_open(size_t count, size_t waiters_max, struct shm_slots **out)
{
	struct shm_slots *s = calloc(1, sizeof(*s));
	void *mem;

	*out = NULL;
	if (s == NULL || count == 0 || count > SHM_SLOTS_MAX || waiters_max > SHM_SLOTS_MAX) {
		free(s);
		return ERR_DB_SHM_CREATE_FAILED;
	}
	s->size = sizeof(*s->shared) + (count + waiters_max) * sizeof(pthread_mutex_t);
	mem = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		free(s);
		return ERR_DB_SHM_CREATE_FAILED;
	}
	s->shared = mem;
	s->shared->count = count;
	s->shared->waiters_max = waiters_max;
	init_locks(s->shared);
	*out = s;
	return ERR_OK;
}

void shm_slots_close(struct shm_slots *s)
{
	if (s == NULL)
		return;
	munmap(s->shared, s->size);
	free(s);
}

static bool try_lock(pthread_mutex_t *lock)
{
	int e = pthread_mutex_trylock(lock);

	/* Its holder died: nothing is behind a slot that could be half-written. */
	return e == 0 || (e == EOWNERDEAD && pthread_mutex_consistent(lock) == 0);
}

static bool try_range(struct shared *shared, size_t from, size_t len, size_t *out)
{
	for (size_t i = 0; i < len; i++) {
		if (try_lock(&shared->lock[from + i])) {
			*out = from + i;
			return true;
		}
	}
	return false;
}

static void sleep_until_given(struct shared *shared, uint32_t seen, int64_t most_ms)
{
	int64_t ms = most_ms < LOOK_AGAIN_MS ? most_ms : LOOK_AGAIN_MS;
	struct timespec time = {.tv_nsec = (long)ms * 1000000};

	/* Any return is a reason to look again. */
	(void)syscall(SYS_futex, &shared->given, FUTEX_WAIT, seen, &time, NULL, 0);
}

static bool wait_for_slot(struct shared *shared, int64_t wait_ms, size_t *slot)
{
	int64_t end = clock_mono_ms() + wait_ms;

	for (;;) {
		uint32_t seen = atomic_load(&shared->given);
		int64_t now = clock_mono_ms();

		if (try_range(shared, 0, shared->count, slot))
			return true;
		if (now >= end)
			return false;
		sleep_until_given(shared, seen, end - now);
	}
}

bool shm_slots_take(struct shm_slots *s, int64_t wait_ms, size_t *slot)
{
	struct shared *shared = s->shared;
	size_t place;
	bool taken;

	if (try_range(shared, 0, shared->count, slot))
		return true;
	if (!try_range(shared, shared->count, shared->waiters_max, &place))
		return false;
	taken = wait_for_slot(shared, wait_ms, slot);
	pthread_mutex_unlock(&shared->lock[place]);
	return taken;
}

/* Waits: for as long as another process compares names. */
static void lock_names(struct shared *shared)
{
	if (pthread_mutex_lock(&shared->names) == EOWNERDEAD)
		pthread_mutex_consistent(&shared->names);
}

bool shm_slots_take_named(struct shm_slots *s, const char *name, size_t *slot)
{
	struct shared *shared = s->shared;
	size_t mine = shared->count;
	bool there = false;

	lock_names(shared);
	for (size_t i = 0; i < shared->count && !there; i++) {
		if (!try_lock(&shared->lock[i]))
			there = strncmp(shared->name[i], name, SHM_SLOT_NAME_BYTES - 1) == 0;
		else if (mine == shared->count)
			mine = i;
		else
			pthread_mutex_unlock(&shared->lock[i]);
	}
	if (there && mine < shared->count)
		pthread_mutex_unlock(&shared->lock[mine]);
	if (!there && mine < shared->count)
		(void)snprintf(shared->name[mine], SHM_SLOT_NAME_BYTES, "%s", name);
	pthread_mutex_unlock(&shared->names);
	*slot = mine;
	return !there && mine < shared->count;
}

void shm_slots_give(struct shm_slots *s, size_t slot)
{
	pthread_mutex_unlock(&s->shared->lock[slot]);
	atomic_fetch_add(&s->shared->given, 1);
	(void)syscall(SYS_futex, &s->shared->given, FUTEX_WAKE, 1, NULL, NULL, 0);
}
