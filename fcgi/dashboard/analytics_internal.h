/* SPDX-License-Identifier: MIT
 * What the files analytics_*.c share. */
#ifndef YAVIO_FCGI_DASHBOARD_ANALYTICS_INTERNAL_H
#define YAVIO_FCGI_DASHBOARD_ANALYTICS_INTERNAL_H

#include "fcgi/dashboard/analytics.h"

/* Place of a field of the route; false: it has none of that name. */
bool analytics_find(const struct request *req, const char *name, size_t *field) MUST_CHECK;
/* Its integer where it has one and it was given. */
int64_t analytics_field_int(const struct request *req, const char *name, int64_t otherwise);
/* The range asked for, defaults resolved. */
void analytics_range(const struct request *req, int64_t now, int64_t *from, int64_t *to);
/* "hour" … "month" */
const char *analytics_unit(const struct request *req, int64_t from, int64_t to);

/* What a worker keeps: connections, and the names of time zones once somebody asked for one. */
struct analytics_worker {
	struct ch_lanes *lanes;
	struct buf time_zones; /* "\nname\n…\n" */
};

#endif
