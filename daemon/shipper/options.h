/* SPDX-License-Identifier: MIT
 * Settings of yavio-shipper. */
#ifndef YAVIO_SHIPPER_OPTIONS_H
#define YAVIO_SHIPPER_OPTIONS_H

#include "base/base.h"
#include "base/errors.h"
#include "conf/conf.h"
#include "spool/spool_reader.h"

enum { SHIPPER_PATH_BYTES = 1200 };

struct options {
	struct conf *conf;
	struct conf_ch_endpoint store;
	struct spool_reader_options spool; /* its dir belongs to conf */
	struct spool_limits limits;
	int64_t interval_ms;
	char run_dir[SHIPPER_PATH_BYTES], ready_path[SHIPPER_PATH_BYTES];
	char metrics_dir[SHIPPER_PATH_BYTES], metrics_path[SHIPPER_PATH_BYTES];
	char store_path[SHIPPER_PATH_BYTES]; /* pulse.c; ingest reads it */
};

/* Reads and checks all settings; faults are reported on stderr, the first is returned and out is
 * empty. */
enum err options_load(struct options *out) MUST_CHECK;
void options_release(struct options *o);

#endif
