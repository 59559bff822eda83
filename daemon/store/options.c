/* SPDX-License-Identifier: MIT
 * Settings of yavio-store, read once from lib/conf. */
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "daemon/store/options.h"

static bool paths_make(struct options *o)
{
	return conf_home_path(o->conf, "clickhouse", o->data_dir, sizeof(o->data_dir)) &&
	       conf_home_path(o->conf, "run", o->run_dir, sizeof(o->run_dir)) &&
	       conf_socket_path(o->conf, "store.sock", o->socket_path, sizeof(o->socket_path)) &&
	       str_format(o->engine_config, sizeof(o->engine_config), "%s/store-engine.xml",
	               o->run_dir) &&
	       str_format(o->ready_path, sizeof(o->ready_path), "%s/store.ready", o->run_dir) &&
	       str_format(o->port_path, sizeof(o->port_path), "%s/store.port", o->run_dir);
}

enum err options_load(struct options *out)
{
	*out = (struct options){0};
	enum err err = conf_load(CONF_STORE, NULL, &out->conf);
	if (err != ERR_OK)
		return err;
	const struct conf *c = out->conf;
	enum log_level level = LOG_INFO;
	if (log_level_parse(conf_str(c, CONF_LOG_LEVEL), &level))
		log_init("store", level, strcmp(conf_str(c, CONF_LOG_FORMAT), "text") != 0);
	if (!paths_make(out)) {
		log_fatal(ERR_INFRA_HOME_UNUSABLE, "YAVIO_HOME is too long");
		options_release(out);
		return ERR_INFRA_HOME_UNUSABLE;
	}
	struct conf_pools pools = conf_pools(c, CONF_YAVIO_STORE_CONNECTIONS);
	out->port = (int)conf_int(c, CONF_CLICKHOUSE_HTTP_PORT);
	out->database = conf_str(c, CONF_CLICKHOUSE_DATABASE);
	out->admin_name = conf_str(c, CONF_CLICKHOUSE_USER);
	out->admin_password = conf_str(c, CONF_CLICKHOUSE_ADMIN_PASSWORD);
	out->ingest_password = conf_str(c, CONF_CLICKHOUSE_INGEST_PASSWORD);
	out->dashboard_password = conf_str(c, CONF_CLICKHOUSE_DASHBOARD_PASSWORD);
	out->eraser_password = conf_str(c, CONF_CLICKHOUSE_ERASER_PASSWORD);
	out->intelligence_password = conf_str(c, CONF_CLICKHOUSE_INTELLIGENCE_PASSWORD);
	out->memory_bytes = conf_int(c, CONF_YAVIO_STORE_MEMORY);
	out->insert_places = (unsigned)pools.insert;
	out->select_places = (unsigned)pools.select;
	out->admin_places = (unsigned)pools.admin;
	out->query_timeout_ms = conf_int(c, CONF_YAVIO_QUERY_TIMEOUT);
	out->query_memory_bytes = conf_int(c, CONF_YAVIO_QUERY_MEMORY);
	out->query_rows_max = conf_int(c, CONF_YAVIO_QUERY_MAX_ROWS);
	out->query_threads = conf_int(c, CONF_YAVIO_QUERY_THREADS);
	return ERR_OK;
}

void options_release(struct options *o)
{
	conf_free(o->conf);
	*o = (struct options){0};
}
