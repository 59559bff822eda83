/* SPDX-License-Identifier: MIT
 * Stands in for libchdb under fuzz_store_http, since the engine does not run under the address
 * sanitizer: it answers as told, and aborts when a statement arrives that its user must never run.
 */
#ifndef YAVIO_FUZZ_STORE_ENGINE_H
#define YAVIO_FUZZ_STORE_ENGINE_H

#include "daemon/store/store.h"

#define STORE_ENGINE_DATABASE "yavio"

/* What the engine does with the next statements; each is taken modulo its count. */
struct store_engine {
	const struct store *store;
	enum user_role role; /* of the only user who can log in */
	uint8_t behaviour;
	unsigned statements; /* that got through to it */
};
extern struct store_engine store_engine;

#endif
