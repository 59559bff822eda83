/* SPDX-License-Identifier: MIT
 * Tests of shared writes: who is answered is on disk, a failure reaches all who share it, and a
 * server that dies, hangs or is not there costs nobody more than time. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "spool/spool_group.h"
#include "spool_fixture.h"

enum { WORKERS = 6, ROWS = 200, ROWS_MAX = 20000, WAIT_MS = 20000 };

/* What processes and threads of a test tell each other. */
static struct board {
	_Atomic pid_t thread[WORKERS];
	_Atomic bool stop;
	_Atomic bool gather; /* the server waits until all workers sleep */
	_Atomic bool hang;   /* fdatasync does not return … */
	_Atomic bool hangs;  /* … and somebody is in it */
} * board;

static struct spool_group *group;
static struct spool_sys real_sys;

static int setup(void **state)
{
	board = mmap(
	        NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED || spool_group_new(&group) != ERR_OK)
		return -1;
	real_sys = spool_sys;
	return fixture_setup(state);
}

static int teardown(void **state)
{
	spool_sys = real_sys;
	spool_group_free(group);
	munmap(board, sizeof(*board));
	return fixture_teardown(state);
}

static void wait_for(bool (*holds)(void))
{
	int64_t until = clock_mono_ms() + WAIT_MS;

	while (!holds()) {
		assert_true(clock_mono_ms() < until);
		clock_sleep_ms(1);
	}
}

static enum err append(struct spool_seat *seat, struct spool_writer *w, int number)
{
	char row[64];
	struct spool_record r = {.accepted_ms = clock_wall_ms(), .rows_server = 1, .events = row};

	r.events_len = (size_t)snprintf(row, sizeof(row), "{\"n\":%d}\n", number);
	return spool_append_shared(seat, w, &r, WORKERS);
}

static uint64_t shared(const struct spool_writer *w)
{
	struct spool_writer_stats st;

	spool_writer_stats(w, &st);
	return st.shared;
}

/* ---- the server ---- */

static bool sleeps(pid_t thread)
{
	char path[64], text[256] = "";
	const char *at;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)thread);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	at = fgets(text, sizeof(text), f) != NULL ? strrchr(text, ')') : NULL;
	fclose(f);
	return at != NULL && at[1] != '\0' && at[2] == 'S';
}

static size_t busy(void *ctx)
{
	(void)ctx;
	for (int i = 0; atomic_load(&board->gather) && i < WORKERS; i++) {
		while (atomic_load(&board->thread[i]) == 0 || !sleeps(board->thread[i]))
			clock_sleep_ms(1);
	}
	return WORKERS;
}

static bool stop(void *ctx)
{
	(void)ctx;
	return atomic_load(&board->stop);
}

static int hanging_fdatasync(int fd)
{
	while (atomic_load(&board->hang)) {
		atomic_store(&board->hangs, true);
		clock_sleep_ms(1);
	}
	return real_sys.fdatasync(fd);
}

static int failing_fdatasync(int fd)
{
	(void)fd;
	errno = EIO;
	return -1;
}

static void *serve(void *arg)
{
	const struct fixture *f = arg;
	const struct spool_service s = {.options = &f->o, .busy = busy, .stop = stop};

	spool_group_serve(group, &s);
	return NULL;
}

static pid_t fork_server(struct fixture *f)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		spool_sys.fdatasync = hanging_fdatasync;
		serve(f);
		_exit(0);
	}
	return pid;
}

/* Appends rows from `from` on until one was shared; the number of the next row. */
static int until_shared(struct spool_seat *seat, struct spool_writer *w, int from)
{
	uint64_t before = shared(w);
	int64_t until = clock_mono_ms() + WAIT_MS;

	while (shared(w) == before) {
		assert_true(clock_mono_ms() < until && from < ROWS_MAX - 2);
		assert_int_equal(append(seat, w, from++), ERR_OK);
		clock_sleep_ms(2);
	}
	return from;
}

static void end_server(pthread_t server)
{
	atomic_store(&board->stop, true);
	assert_int_equal(pthread_join(server, NULL), 0);
}

/* Rows 0 to count - 1 came, and no other. */
static void assert_all_there(struct fixture *f, int count)
{
	int *seen = calloc(ROWS_MAX, sizeof(int));

	fixture_drain(f, seen, ROWS_MAX);
	for (int i = 0; i < ROWS_MAX; i++)
		assert_true(i < count ? seen[i] > 0 : seen[i] == 0);
	free(seen);
}

/* ---- tests ---- */

static void test_nobody_serves(void **state)
{
	struct fixture *f = *state;
	struct spool_seat *seat = spool_seat_take(group);
	struct spool_writer *w;

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(append(seat, w, i), ERR_OK);
	assert_int_equal(append(NULL, w, 5), ERR_OK);
	assert_int_equal(shared(w), 0);
	spool_seat_leave(seat);
	spool_writer_close(w);
	assert_all_there(f, 6);
}

struct worker {
	struct fixture *f;
	int number, first, rows; /* which of them, its row numbers */
	enum err result;
};

static void *work(void *arg)
{
	struct worker *me = arg;
	struct spool_seat *seat = spool_seat_take(group);
	struct spool_writer *w;

	me->result = spool_writer_open(&me->f->o, &w);
	if (me->result != ERR_OK)
		return NULL;
	atomic_store(&board->thread[me->number], (pid_t)gettid());
	for (int i = 0; me->result == ERR_OK && i < me->rows; i++)
		me->result = append(seat, w, me->first + i);
	spool_seat_leave(seat);
	spool_writer_close(w);
	return NULL;
}

static void run_workers(struct fixture *f, struct worker *list, int rows)
{
	pthread_t threads[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		list[i] = (struct worker){.f = f, .number = i, .first = i * rows, .rows = rows};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &list[i]), 0);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
}

static void test_everybody_is_answered(void **state)
{
	struct fixture *f = *state;
	struct worker list[WORKERS];
	pthread_t server;

	assert_int_equal(pthread_create(&server, NULL, serve, f), 0);
	run_workers(f, list, ROWS);
	end_server(server);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(list[i].result, ERR_OK);
	assert_all_there(f, WORKERS * ROWS);
}

static void test_failure_reaches_all(void **state)
{
	struct fixture *f = *state;
	struct spool_seat *seat = spool_seat_take(group);
	struct spool_writer *w;
	struct worker list[WORKERS];
	pthread_t server;
	int rows;

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(pthread_create(&server, NULL, serve, f), 0);
	rows = until_shared(seat, w, 0);
	atomic_store(&board->gather, true);
	spool_sys.fdatasync = failing_fdatasync;
	run_workers(f, list, 1);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(list[i].result, ERR_INGEST_SPOOL_WRITE_FAILED);
	atomic_store(&board->gather, false);
	spool_sys = real_sys;
	end_server(server);
	spool_seat_leave(seat);
	spool_writer_close(w);
	assert_all_there(f, rows);
}

static bool server_hangs(void)
{
	return atomic_load(&board->hangs);
}

static int free_places(void)
{
	struct spool_seat *seats[SPOOL_TOGETHER_MAX];
	int count = 0;

	while (count < SPOOL_TOGETHER_MAX && (seats[count] = spool_seat_take(group)) != NULL)
		count++;
	for (int i = 0; i < count; i++)
		spool_seat_leave(seats[i]);
	return count;
}

static bool all_places_free(void)
{
	return free_places() == SPOOL_TOGETHER_MAX;
}

/* A worker hands its row over, and the server never gets behind its fdatasync. */
static void test_server_dies_or_hangs(void **state, bool dies)
{
	struct fixture *f = *state;
	struct spool_seat *seat = spool_seat_take(group);
	struct spool_writer *w;
	struct worker one = {.f = f, .rows = 1};
	pid_t server = fork_server(f);
	pthread_t thread;
	int rows;

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	rows = until_shared(seat, w, 0);
	atomic_store(&board->hang, true);
	one.first = rows++;
	assert_int_equal(pthread_create(&thread, NULL, work, &one), 0);
	wait_for(server_hangs);
	if (dies) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	pthread_join(thread, NULL);
	assert_int_equal(one.result, ERR_OK);
	assert_int_equal(free_places(), SPOOL_TOGETHER_MAX - (dies ? 1 : 2));
	atomic_store(&board->hang, false);
	if (dies)
		server = fork_server(f);
	rows = until_shared(seat, w, rows);
	atomic_store(&board->stop, true);
	waitpid(server, NULL, 0);
	spool_seat_leave(seat);
	spool_writer_close(w);
	wait_for(all_places_free);
	assert_all_there(f, rows);
}

static void test_server_dies(void **state)
{
	test_server_dies_or_hangs(state, true);
}

static void test_server_hangs(void **state)
{
	test_server_dies_or_hangs(state, false);
}

static void test_killed_worker_leaves_its_place(void **state)
{
	int ready[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		alarm(60);
		(void)!write(ready[1], spool_seat_take(group) != NULL ? "+" : "-", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, '+');
	assert_int_equal(free_places(), SPOOL_TOGETHER_MAX - 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(free_places(), SPOOL_TOGETHER_MAX);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_nobody_serves, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_everybody_is_answered, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_failure_reaches_all, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_server_dies, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_server_hangs, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                test_killed_worker_leaves_its_place, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
