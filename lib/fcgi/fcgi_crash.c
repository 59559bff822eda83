/* SPDX-License-Identifier: MIT
 * A worker's last words: where a fatal signal struck, as addresses that addr2line understands. */
#include <execinfo.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "fcgi/fcgi_internal.h"

enum { FRAMES_MAX = 24, STACK_BYTES = 65536, PATIENCE_S = 2 };

/* A sanitizer's own handler says more. */
#if defined(__SANITIZE_ADDRESS__)
#define HAVE_SANITIZER 1
#else
#define HAVE_SANITIZER 0
#endif

extern const char __executable_start[];

static char handler_stack[STACK_BYTES]; /* the ordinary one may be what overflowed */

static void on_crash(int number)
{
	void *frames[FRAMES_MAX];
	char text[FRAMES_MAX * 20];
	size_t used = 0;
	int count;

	signal(number, SIG_DFL);
	alarm(PATIENCE_S); /* should even this hang */
	count = backtrace(frames, FRAMES_MAX);
	text[0] = '\0';
	for (int i = 0; i < count; i++) {
		uintptr_t offset = (uintptr_t)frames[i] - (uintptr_t)__executable_start;

		if (!str_format(text + used, sizeof(text) - used, "%s0x%llx", i > 0 ? " " : "",
		            (unsigned long long)offset))
			break;
		used += strlen(text + used);
	}
	log_write(LOG_ERROR, ERR_INFRA_WORKER_CRASHED, "fatal signal",
	        (const struct log_field[]){F_STR("signal", strsignal(number)),
	                F_STR("backtrace", text), {.key = NULL}});
	raise(number);
}

void fcgi_crash_handler_install(void)
{
	static const int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	const stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
	void *warm[1];

	if (HAVE_SANITIZER)
		return;
	/* The first call loads what it needs; not possible from the handler. */
	backtrace(warm, 1);
	sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(SIGNALS); i++)
		sigaction(SIGNALS[i], &action, NULL);
}
