/* SPDX-License-Identifier: MIT
 * Under the address sanitizer only: a moment before its search for leaks, which ends a program.
 *
 * That search stops the program as a debugger does, with a SIGSTOP. runsv sends SIGCONT right
 * behind the SIGTERM that ended the program; where it comes behind the SIGSTOP it takes that back,
 * and the search waits for ever. */
#include <stdlib.h>

#include "base/clock.h"

#ifdef __SANITIZE_ADDRESS__
enum { MOMENT_MS = 100 };

int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	if (getenv("RUNIT_SERVICE") != NULL)
		clock_sleep_ms(MOMENT_MS);
	return 0;
}
#endif
