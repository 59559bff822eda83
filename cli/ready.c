/* SPDX-License-Identifier: MIT
 * Is a program of the stack serving: ready files, and the health addresses through Caddy. */
#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/caddy.h"
#include "cli/stack.h"
#include "httpc/httpc.h"

enum { HEALTH_BYTES_MAX = 64 * 1024, HEALTH_MS = 3000 };

/* An address a client of this machine can call, for the first one that Caddy listens on. */
static void own_address(const struct cli *cli, char out[INET6_ADDRSTRLEN + 2])
{
	char first[INET6_ADDRSTRLEN + 2];
	const char *list = conf_str(cli->conf, CONF_YAVIO_BIND);
	struct in6_addr v6;

	/* with a domain the two ports are for this machine only */
	if (*conf_str(cli->conf, CONF_YAVIO_DOMAIN))
		list = "127.0.0.1";
	if (!conf_list_next(&list, first, sizeof(first)) || strcmp(first, "0.0.0.0") == 0 ||
	        strcmp(first, "::") == 0)
		(void)str_copy(first, sizeof(first), "127.0.0.1");
	if (inet_pton(AF_INET6, first, &v6) == 1)
		(void)snprintf(out, INET6_ADDRSTRLEN + 2, "[%.40s]", first);
	else
		(void)str_copy(out, INET6_ADDRSTRLEN + 2, first);
}

void ready_urls(const struct cli *cli, char dashboard[128], char ingest[128])
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *domain = conf_str(cli->conf, CONF_YAVIO_DOMAIN);
	const char *ingest_domain = conf_str(cli->conf, CONF_YAVIO_INGEST_DOMAIN);

	if (*domain) {
		(void)snprintf(dashboard, 128, "https://%.100s", domain);
		(void)snprintf(
		        ingest, 128, "https://%.100s", *ingest_domain ? ingest_domain : domain);
		return;
	}
	own_address(cli, host);
	if (strcmp(host, "127.0.0.1") == 0)
		(void)str_copy(host, sizeof(host), "localhost");
	(void)snprintf(dashboard, 128, "http://%s:%lld", host,
	        (long long)conf_int(cli->conf, CONF_YAVIO_HTTP_PORT));
	(void)snprintf(ingest, 128, "http://%s:%lld", host,
	        (long long)conf_int(cli->conf, CONF_YAVIO_INGEST_PORT));
}

enum err ready_health(
        struct cli *cli, enum program_id id, const char *path, int *status, struct buf *body)
{
	bool ingest = id == PROGRAM_INGEST;
	enum err e = ingest ? ERR_CLI_INGESTION_API_UNREACHABLE : ERR_CLI_DASHBOARD_UNREACHABLE;
	char host[INET6_ADDRSTRLEN + 2], url[256];
	struct httpc_request request = {.url = url,
	        .timeout_ms = HEALTH_MS,
	        .response_max = HEALTH_BYTES_MAX,
	        .into_buf = body};
	struct httpc_response response = {0};
	struct httpc *http;

	*status = 0;
	own_address(cli, host);
	/* the two ports answer plain HTTP on this machine, with a domain too */
	if (!str_format(url, sizeof(url), "http://%s:%lld%s", host,
	            (long long)conf_int(
	                    cli->conf, ingest ? CONF_YAVIO_INGEST_PORT : CONF_YAVIO_HTTP_PORT),
	            path))
		return e;
	http = httpc_new();
	if (http && httpc_call(http, &request, &response) == HTTPC_OK) {
		*status = response.status;
		e = ERR_OK;
	}
	httpc_free(http);
	return e;
}

/* Behind another proxy Caddy refuses this machine itself, which shows that it serves. */
static bool answers(struct cli *cli, enum program_id id, const char *path)
{
	int status;

	return ready_health(cli, id, path, &status, NULL) == ERR_OK &&
	       (status == 200 || (status == 403 && strcmp(caddy_site(cli), "proxy") == 0));
}

bool ready_now(struct cli *cli, enum program_id id)
{
	char path[PATH_MAX];

	switch (id) {
	case PROGRAM_POSTGRES:
		return cluster_ready(cli);
	case PROGRAM_CADDY:
		return answers(cli, PROGRAM_INGEST, "/health/ready") &&
		       answers(cli, PROGRAM_DASHBOARD, "/api/health");
	default:
		return str_format(path, sizeof(path), "%s/run/%s.ready", cli->home,
		               programs[id].name) &&
		       access(path, F_OK) == 0;
	}
}
