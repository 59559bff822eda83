/* SPDX-License-Identifier: MIT
 * Settings of yavio-shipper, read once from lib/conf. */
#include "base/log.h"
#include "base/str.h"

#include "daemon/shipper/shipper.h"
#include "daemon/shipper/options.h"

static bool paths_make(struct options *o)
{
	return conf_home_path(o->conf, "run", o->run_dir, sizeof(o->run_dir)) &&
	       conf_home_path(o->conf, "run/shipper.ready", o->ready_path, sizeof(o->ready_path)) &&
	       conf_home_path(o->conf, "run/metrics", o->metrics_dir, sizeof(o->metrics_dir)) &&
	       conf_home_path(o->conf, "run/metrics/shipper.map", o->metrics_path,
	               sizeof(o->metrics_path)) &&
	       conf_home_path(
	               o->conf, "run/clickhouse.health", o->store_path, sizeof(o->store_path));
}

enum err options_load(struct options *out)
{
	enum log_level level = LOG_INFO;
	const struct conf *c;
	enum err e;

	*out = (struct options){0};
	e = conf_load(CONF_SHIPPER, NULL, &out->conf);
	if (e != ERR_OK)
		return e;
	c = out->conf;
	if (log_level_parse(conf_str(c, CONF_LOG_LEVEL), &level))
		log_init("shipper", level, strcmp(conf_str(c, CONF_LOG_FORMAT), "text") != 0);
	if (!paths_make(out) || !conf_ch_endpoint(c, &out->store)) {
		log_fatal(ERR_INFRA_HOME_UNUSABLE, "YAVIO_HOME is too long");
		options_release(out);
		return ERR_INFRA_HOME_UNUSABLE;
	}
	out->spool = (struct spool_reader_options){
	        .dir = conf_str(c, CONF_YAVIO_SPOOL_DIR),
	        .allow_any_fs = conf_bool(c, CONF_YAVIO_SPOOL_ALLOW_LOSS),
	        .max_bytes = conf_int(c, CONF_YAVIO_SPOOL_MAX_BYTES),
	        .reserve_bytes = conf_int(c, CONF_YAVIO_DISK_RESERVE),
	        .quarantine_max_bytes = conf_int(c, CONF_YAVIO_QUARANTINE_MAX_BYTES),
	        .keep_ms = conf_int(c, CONF_YAVIO_SPOOL_KEEP),
	};
	out->limits = (struct spool_limits){
	        .rows = (uint32_t)conf_int(c, CONF_YAVIO_SHIP_ROWS),
	        .bytes = SHIP_INSERT_BYTES,
	        .days = SHIP_INSERT_DAYS,
	        .units = SHIP_LANES,
	};
	out->interval_ms = conf_int(c, CONF_YAVIO_SHIP_INTERVAL);
	return ERR_OK;
}

void options_release(struct options *o)
{
	conf_free(o->conf);
	*o = (struct options){0};
}
