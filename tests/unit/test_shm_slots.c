/* SPDX-License-Identifier: MIT
 * Tests of slots that processes share: the cap, waiting, and the death of a holder. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/shm_slots.h"

#include <cmocka.h>

enum { LONG_MS = 20000 };

/* A process that takes a slot, says so, and holds it until it is killed or told to end. */
static pid_t hold_slot(struct shm_slots *s, int told[2])
{
	int ready[2];
	size_t slot;
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		close(told[1]);
		if (!shm_slots_take(s, LONG_MS, &slot) || write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)!read(told[0], &c, 1);
		shm_slots_give(s, slot);
		_exit(0);
	}
	close(told[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void reap(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_cap(void **state)
{
	struct shm_slots *s;
	size_t a, b, c;

	(void)state;
	assert_int_equal(shm_slots_open(0, 1, &s), ERR_DB_SHM_CREATE_FAILED);
	assert_int_equal(shm_slots_open(SHM_SLOTS_MAX + 1, 1, &s), ERR_DB_SHM_CREATE_FAILED);
	assert_int_equal(shm_slots_open(2, 4, &s), ERR_OK);
	assert_true(shm_slots_take(s, 0, &a));
	assert_true(shm_slots_take(s, 0, &b));
	assert_int_not_equal(a, b);
	assert_false(shm_slots_take(s, 10, &c));
	shm_slots_give(s, a);
	assert_true(shm_slots_take(s, 0, &c));
	assert_int_equal(c, a);
	shm_slots_close(s);
	shm_slots_close(NULL);
}

static void test_killed_holder_gives_back(void **state)
{
	struct shm_slots *s;
	int told[2];
	size_t slot;
	pid_t pid;

	(void)state;
	assert_int_equal(shm_slots_open(1, 4, &s), ERR_OK);
	pid = hold_slot(s, told);
	assert_false(shm_slots_take(s, 0, &slot));
	kill(pid, SIGKILL);
	reap(pid);
	close(told[1]);
	assert_true(shm_slots_take(s, 0, &slot));
	shm_slots_give(s, slot);
	shm_slots_close(s);
}

/* Waits for a slot, also for the one place to wait in while somebody else tries it. */
static bool take_in_the_end(struct shm_slots *s, size_t *slot)
{
	for (int64_t end = clock_mono_ms() + LONG_MS; clock_mono_ms() < end; clock_sleep_ms(1)) {
		if (shm_slots_take(s, LONG_MS, slot))
			return true;
	}
	return false;
}

static void test_waiter_gets_what_is_given(void **state)
{
	struct shm_slots *s;
	int told[2];
	size_t slot;
	pid_t holder, waiter;
	int status;

	(void)state;
	assert_int_equal(shm_slots_open(1, 1, &s), ERR_OK);
	holder = hold_slot(s, told);
	waiter = fork();
	if (waiter == 0)
		_exit(take_in_the_end(s, &slot) ? 0 : 1);
	/* The place to wait in is taken as soon as the waiter has it: nobody else may wait. */
	for (int64_t end = clock_mono_ms() + LONG_MS; clock_mono_ms() < end;) {
		int64_t began = clock_mono_ms();

		assert_false(shm_slots_take(s, 100, &slot));
		if (clock_mono_ms() - began < 50)
			break;
		clock_sleep_ms(20); /* this very try had the place: leave it to the waiter */
	}
	assert_int_equal(write(told[1], "x", 1), 1);
	reap(holder);
	close(told[1]);
	assert_int_equal(waitpid(waiter, &status, 0), waiter);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	/* It ended with the slot in its hands. */
	assert_true(shm_slots_take(s, 0, &slot));
	shm_slots_close(s);
}

static void test_killed_waiter_leaves_its_place(void **state)
{
	struct shm_slots *s;
	int told[2];
	size_t slot;
	pid_t holder, waiter;

	(void)state;
	assert_int_equal(shm_slots_open(1, 1, &s), ERR_OK);
	holder = hold_slot(s, told);
	waiter = fork();
	if (waiter == 0)
		_exit(shm_slots_take(s, LONG_MS, &slot) ? 0 : 1);
	kill(waiter, SIGKILL);
	reap(waiter);
	assert_int_equal(write(told[1], "x", 1), 1);
	reap(holder);
	close(told[1]);
	/* Were the place still taken, this would not wait at all for a slot that is not free. */
	assert_true(shm_slots_take(s, 0, &slot));
	waiter = fork();
	if (waiter == 0)
		_exit(shm_slots_take(s, LONG_MS, &slot) ? 0 : 1);
	shm_slots_give(s, slot);
	reap(waiter);
	shm_slots_close(s);
}

static void test_named(void **state)
{
	struct shm_slots *s;
	size_t ada, bob, other;
	pid_t holder;

	(void)state;
	assert_int_equal(shm_slots_open(2, 0, &s), ERR_OK);
	assert_true(shm_slots_take_named(s, "ada", &ada));
	assert_false(shm_slots_take_named(s, "ada", &other));
	assert_true(shm_slots_take_named(s, "bob", &bob));
	assert_int_not_equal(ada, bob);
	assert_false(shm_slots_take_named(s, "eve", &other));
	shm_slots_give(s, ada);
	assert_false(shm_slots_take_named(s, "bob", &other));
	assert_true(shm_slots_take_named(s, "eve", &ada));
	shm_slots_give(s, ada);
	shm_slots_give(s, bob);
	/* What a process had when it died is free. */
	holder = fork();
	if (holder == 0)
		_exit(shm_slots_take_named(s, "ada", &ada) ? 0 : 1);
	reap(holder);
	assert_true(shm_slots_take_named(s, "ada", &ada));
	shm_slots_give(s, ada);
	shm_slots_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_cap),
	        cmocka_unit_test(test_killed_holder_gives_back),
	        cmocka_unit_test(test_waiter_gets_what_is_given),
	        cmocka_unit_test(test_killed_waiter_leaves_its_place),
	        cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests_name("shm_slots", tests, NULL, NULL);
}
