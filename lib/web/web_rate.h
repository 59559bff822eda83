/* SPDX-License-Identifier: MIT
 * Rate limits of requests: which bucket one draws from, and what its reply says about it. */
#ifndef YAVIO_WEB_WEB_RATE_H
#define YAVIO_WEB_WEB_RATE_H

#include "base/base.h"
#include "conf/conf.h"
#include "shm/shm_rate.h"
#include "web/web.h"

/* The table of buckets of a program: file YAVIO_HOME/run/<name>, so that it survives a restart;
 * where that cannot be, memory (logged). */
enum err web_rate_open(
        const struct conf *c, const char *name, size_t buckets, struct shm_rate **out) MUST_CHECK;

/* Name of a bucket: scope and up to two parts. */
void web_rate_key(
        const char *scope, const char *a, const char *b, uint8_t out[SHM_CACHE_KEY_BYTES]);
/* Name of the bucket of the client's address; IPv6 by its /64. */
void web_rate_addr_key(
        const char *scope, const struct request *req, uint8_t out[SHM_CACHE_KEY_BYTES]);

/* "count/seconds" of a setting as a bucket: count at once, count in so many seconds. */
struct shm_rate_limit web_rate_limit(struct conf_rate rate);

/* Takes one token; the reply tells how this bucket stands, not an earlier one. False: none was
 * there; rep->retry_after_s is set. */
bool web_rate_take(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, struct reply *rep) MUST_CHECK;

#endif
