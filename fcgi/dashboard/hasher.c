/* SPDX-License-Identifier: MIT
 * How the workers hash passwords: at what cost, and how many at one time. */
#include "fcgi/dashboard/dashboard.h"

/* Of four workers one never waits for a hash, or logins could take them all. */
enum { FREE_OF = 4 };

static size_t waiters(int64_t workers, int64_t slots)
{
	int64_t kept_free = workers / FREE_OF > 0 ? workers / FREE_OF : 1;

	return workers > slots + kept_free ? (size_t)(workers - slots - kept_free) : 0;
}

enum err dashboard_hasher_make(const struct conf *c, struct shm *shm, struct auth_hasher *out)
{
	int64_t slots = conf_int(c, CONF_YAVIO_ARGON2_CONCURRENT);
	int64_t workers = conf_int(c, CONF_YAVIO_DASHBOARD_WORKERS);
	struct auth_hasher h = {.cost = {.memory_kib = (uint32_t)conf_int(c, CONF_YAVIO_ARGON2_KIB),
	                                .iterations = (uint32_t)conf_int(c, CONF_YAVIO_ARGON2_T),
	                                .lanes = (uint32_t)conf_int(c, CONF_YAVIO_ARGON2_P)},
	        .shm = shm,
	        .wait_metric = DASHBOARD_METRIC_HASH_WAIT};
	enum err e = shm_slots_open((size_t)slots, waiters(workers, slots), &h.slots);

	if (e == ERR_OK)
		e = auth_hasher_init(&h);
	if (e != ERR_OK) {
		shm_slots_close(h.slots);
		return e;
	}
	*out = h;
	return ERR_OK;
}
