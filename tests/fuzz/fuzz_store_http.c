/* SPDX-License-Identifier: MIT
 * Fuzzes the store's HTTP: bytes of a connection go through libmicrohttpd into the real handlers,
 * gates, settings and replies; only the engine behind them is another, which aborts when a
 * statement reaches it that the user must not run. After each connection nothing may be left over.
 * Bytes: user, behaviour of the engine, how the rest is cut into pieces; then the connection. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/log.h"
#include "daemon/store/handle.h"
#include "store_engine.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HEAD = 3,
	ROUNDS_MAX = 1 << 16, /* a connection that takes more does not end */
	READ_BYTES = 64 * 1024,
	CONNECTION_BYTES = 64 * 1024, /* request line and headers */
};

static const struct options all_options = {
        .data_dir = "/dev/null", /* nothing is below it */
        .database = STORE_ENGINE_DATABASE,
        .admin_name = "default",
        .admin_password = "a",
        .ingest_password = "i",
        .dashboard_password = "d",
        .eraser_password = "e",
        .intelligence_password = "",
        .memory_bytes = 1024LL * 1024 * 1024,
        .query_timeout_ms = 30000,
        .query_memory_bytes = 256LL * 1024 * 1024,
        .query_rows_max = 100000,
        .query_threads = 2,
};
static const enum user_role roles[] = {USER_ADMIN, USER_INGEST, USER_TENANT, USER_ERASER};

static struct store store;
static struct MHD_Daemon *server;

static void must(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_init("fuzz", LOG_FATAL, true);
	store.options = all_options;
	settings_limits_init(&store.limits, &store.options);
	for (size_t i = 0; i < STORE_POOL_COUNT; i++)
		pool_init(&store.pools[i], "fuzz", 1);
	store.upload_bytes_max = 1024 * 1024;
	store.verdicts = verdicts_new();
	store.watch = watch_start(NULL);
	store_engine.store = &store;
	server = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, handle_request, &store,
	        MHD_OPTION_NOTIFY_COMPLETED, handle_completed, &store,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_END);
	must(server && store.verdicts && store.watch);
	return 0;
}

/* Only one user can log in, so the engine knows whose statements come. */
static void user_set(enum user_role role)
{
	store_engine.role = role;
	users_init(&store.users, &store.options);
	for (size_t i = 0; i < USERS_COUNT; i++)
		if (store.users.user[i].role != role)
			store.users.user[i].password = "";
}

/* Takes what the server has sent. False: it closed the connection. */
static bool read_answer(int fd)
{
	static char bytes[READ_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void connection_run(int fd, const uint8_t *data, size_t size, uint8_t cut)
{
	size_t piece = cut == 0 ? size : cut;
	bool open = true, writing = true;

	for (unsigned round = 0; open; round++) {
		must(round < ROUNDS_MAX);
		if (writing && size == 0) {
			shutdown(fd, SHUT_WR);
			writing = false;
		} else if (writing) {
			size_t now = size < piece ? size : piece;
			ssize_t n = send(fd, data, now, MSG_DONTWAIT | MSG_NOSIGNAL);

			if (n < 0 && errno != EAGAIN)
				size = 0;
			data += n > 0 ? n : 0;
			size -= n > 0 ? (size_t)n : 0;
		}
		MHD_run(server);
		open = read_answer(fd);
	}
}

static bool idle(void)
{
	bool idle = atomic_load(&store.requests) == 0;

	for (size_t i = 0; i < STORE_POOL_COUNT; i++)
		idle &= pool_used(&store.pools[i]) == 0;
	return idle && atomic_load(&store.uploaded) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_un peer = {.sun_family = AF_UNIX};
	int pair[2];

	if (size < HEAD)
		return 0;
	user_set(roles[data[0] % ARRAY_LEN(roles)]);
	store_engine.behaviour = data[1];
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	must(MHD_add_connection(server, pair[1], (struct sockaddr *)&peer, sizeof(peer)) ==
	        MHD_YES);
	connection_run(pair[0], data + HEAD, size - HEAD, data[2]);
	close(pair[0]);
	for (unsigned i = 0; i < 4 && !idle(); i++)
		MHD_run(server);
	must(idle());
	return 0;
}
