/* SPDX-License-Identifier: MIT
 * The two listeners of the store. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/store/handle.h"
#include "daemon/store/http.h"

enum {
	HTTP_BACKLOG = 256,
	HTTP_CONNECTIONS_MAX = 512,
	HTTP_CONNECTION_BYTES =
	        384 * 1024, /* request line and headers: a query may be in the URL */
};

struct http {
	struct MHD_Daemon *tcp, *local;
	int tcp_fd, local_fd;
};

static PRINTF_LIKE(2, 0) void log_library(void *arg, const char *format, va_list args)
{
	char text[256];
	(void)arg;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\r\n")] = '\0';
	log_debug(text);
}

static struct MHD_Daemon *daemon_start(struct store *store, int fd)
{
	return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
	                                MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG,
	        0, NULL, NULL, handle_request, store, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
	        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, handle_completed, store,
	        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HANDLE_IDLE_SECONDS,
	        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_BYTES, MHD_OPTION_END);
}

static enum err tcp_listen(int *fd, int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	        .sin_port = htons((uint16_t)*port),
	        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int on = 1;
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	        bind(*fd, (struct sockaddr *)&at, len) != 0 || listen(*fd, HTTP_BACKLOG) != 0 ||
	        getsockname(*fd, (struct sockaddr *)&at, &len) != 0) {
		enum err err = errno != EADDRINUSE ? ERR_DB_STORE_OPEN_FAILED
		               : *port == 8123     ? ERR_CLI_PORT_8123_IN_USE
		                                   : ERR_CLI_PORT_IN_USE;
		log_fatal(err, "cannot listen", F_STR("address", "127.0.0.1"), F_INT("port", *port),
		        F_STR("why", strerror(errno)));
		return err;
	}
	*port = ntohs(at.sin_port);
	return ERR_OK;
}

/* The directory's lock is held, so a socket file that lies there belongs to nobody. */
static enum err local_listen(int *fd, const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && str_copy(at.sun_path, sizeof(at.sun_path), path) &&
	        (unlink(path) == 0 || errno == ENOENT) &&
	        bind(*fd, (struct sockaddr *)&at, sizeof(at)) == 0 && chmod(path, 0660) == 0 &&
	        listen(*fd, HTTP_BACKLOG) == 0)
		return ERR_OK;
	log_fatal(ERR_DB_STORE_OPEN_FAILED, "cannot listen", F_STR("address", path),
	        F_STR("why", strerror(errno)));
	return ERR_DB_STORE_OPEN_FAILED;
}

enum err http_start(struct store *store, struct http **out, int *port)
{
	struct http *h = calloc(1, sizeof(*h));
	enum err err = ERR_DB_INTERNAL_ERROR;
	*out = NULL;
	if (!h)
		return err;
	h->local_fd = -1;
	err = tcp_listen(&h->tcp_fd, port);
	if (err == ERR_OK)
		err = local_listen(&h->local_fd, store->options.socket_path);
	if (err == ERR_OK) {
		h->tcp = daemon_start(store, h->tcp_fd);
		h->local = daemon_start(store, h->local_fd);
		if (!h->tcp || !h->local) {
			err = ERR_DB_STORE_OPEN_FAILED;
			log_fatal(err, "HTTP server not started");
		}
	}
	if (err != ERR_OK) {
		http_stop(h);
		return err;
	}
	*out = h;
	return ERR_OK;
}

static int quiesce_one(struct MHD_Daemon *daemon, int fd)
{
	if (daemon)
		MHD_quiesce_daemon(daemon);
	if (fd >= 0)
		close(fd);
	return -1;
}

void http_quiesce(struct http *h)
{
	h->tcp_fd = quiesce_one(h->tcp, h->tcp_fd);
	h->local_fd = quiesce_one(h->local, h->local_fd);
}

void http_stop(struct http *h)
{
	if (!h)
		return;
	if (h->tcp)
		MHD_stop_daemon(h->tcp);
	else if (h->tcp_fd >= 0)
		close(h->tcp_fd);
	if (h->local)
		MHD_stop_daemon(h->local);
	else if (h->local_fd >= 0)
		close(h->local_fd);
	free(h);
}
