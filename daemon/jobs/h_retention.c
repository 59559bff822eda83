/* SPDX-License-Identifier: MIT
 * retention: how long events are kept, and days that are wholly over, once a day. */
#include "base/err.h"
#include "base/log.h"
#include "daemon/jobs/jobs.h"

void h_retention(struct lane *lane, const struct store_job *job, struct outcome *out)
{
	const struct options *o = &lane->jobs->options;
	const struct ch_options options = {
	        .cluster = o->cluster, .stop = lane_must_end, .stop_arg = lane};
	struct ch *c = ch_open(&o->admin, &options);
	struct ch_result result = {0};
	enum err e = ERR_INFRA_INTERNAL_ERROR;
	int64_t dropped = 0;
	bool changed = false;

	(void)job;
	if (c)
		e = ch_retention_apply(c, o->retention_days, &changed, &dropped, &result);
	ch_close(c);
	if (changed || dropped > 0)
		log_info("retention of events applied", F_INT("days", o->retention_days),
		        F_INT("dropped", dropped));
	if (e == ERR_OK)
		return;
	if (lane_must_end(lane)) {
		out->kind = OUTCOME_STOPPED;
		return;
	}
	outcome_again(out, ERR_INTEL_SCHEDULED_JOB_FAILED, err_code(e));
}
