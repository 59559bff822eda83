/* SPDX-License-Identifier: MIT
 * One process a data directory. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/store/lock.h"

enum { LOCK_PATH_BYTES = 1024 };

enum err lock_take(const char *dir, int *fd)
{
	*fd = -1;
	char path[LOCK_PATH_BYTES];
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		goto failed;
	if (!str_format(path, sizeof(path), "%s/yavio-store.lock", dir)) {
		errno = ENAMETOOLONG;
		goto failed;
	}
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		goto failed;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	if (errno == EWOULDBLOCK) {
		log_fatal(ERR_DB_STORE_LOCKED, "data directory is in use by another process",
		        F_STR("directory", dir));
		return ERR_DB_STORE_LOCKED;
	}
failed:
	log_fatal(ERR_DB_STORE_OPEN_FAILED, "data directory cannot be used",
	        F_STR("directory", dir), F_STR("why", strerror(errno)));
	return ERR_DB_STORE_OPEN_FAILED;
}
