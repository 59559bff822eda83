/* SPDX-License-Identifier: MIT
 * How many live views there may be: of a user, and of all. */
#ifndef YAVIO_LIVE_SEATS_H
#define YAVIO_LIVE_SEATS_H

#include "base/base.h"
#include "base/errors.h"

struct live_seats;

/* NULL: no memory. */
struct live_seats *live_seats_new(size_t per_user, size_t total);
void live_seats_free(struct live_seats *s); /* NULL-safe */

/* Any thread. ERR_OK, ERR_DASH_SSE_CONNECTION_LIMIT or ERR_DASH_LIVE_FEED_UNAVAILABLE. */
enum err live_seats_take(struct live_seats *s, const char *user_id) MUST_CHECK;
void live_seats_give(struct live_seats *s, const char *user_id);
size_t live_seats_used(struct live_seats *s);

#endif
