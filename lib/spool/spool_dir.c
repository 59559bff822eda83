/* SPDX-License-Identifier: MIT
 * The spool's directories: opening, identity, file system check, listings. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "spool/spool_internal.h"

enum { DIR_MODE = 02770, FILE_MODE = 0660 };

struct spool_sys spool_sys = {
        .pwritev = pwritev,
        .fdatasync = fdatasync,
        .fsync = fsync,
        .ftruncate = ftruncate,
        .fallocate = fallocate,
        .fstatvfs = fstatvfs,
};

/* Network and memory file systems: fdatasync there promises less than we promise. */
static const struct {
	unsigned long magic;
	const char *name;
} unsuitable_fs[] = {
        {TMPFS_MAGIC, "tmpfs"},
        {RAMFS_MAGIC, "ramfs"},
        {NFS_SUPER_MAGIC, "nfs"},
        {SMB_SUPER_MAGIC, "smb"},
        {0xff534d42UL, "cifs"},
        {0xfe534d42UL, "smb2"},
        {V9FS_MAGIC, "9p"},
        {CODA_SUPER_MAGIC, "coda"},
        {AFS_SUPER_MAGIC, "afs"},
        {0x00c36400UL, "ceph"},
};

static const char *unsuitable(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(unsuitable_fs); i++)
		if ((unsigned long)fs.f_type == unsuitable_fs[i].magic)
			return unsuitable_fs[i].name;
	return NULL;
}

/* Several users of one group share the spool, so modes must not depend on the umask; what root
 * makes (the CLI) belongs to whom the directory belongs. */
static void share(int dir_fd, int fd, mode_t mode)
{
	struct stat st;

	(void)!fchmod(fd, mode);
	if (geteuid() == 0 && fstat(dir_fd, &st) == 0)
		(void)!fchown(fd, st.st_uid, st.st_gid);
}

int spool_dir_open_file(int dir_fd, const char *name, int flags)
{
	int fd = openat(dir_fd, name, (flags & ~O_CREAT) | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT || !(flags & O_CREAT))
		return fd;
	fd = openat(dir_fd, name, flags | O_CLOEXEC, FILE_MODE);
	if (fd >= 0)
		share(dir_fd, fd, FILE_MODE);
	return fd;
}

int spool_dir_sub(int parent_fd, const char *name, bool make)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool made;

	if (fd >= 0 || errno != ENOENT || !make)
		return fd;
	made = mkdirat(parent_fd, name, DIR_MODE) == 0;
	if (!made && errno != EEXIST)
		return -1;
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && made) {
		int up_fd = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		share(up_fd, fd, DIR_MODE);
		(void)!spool_sys.fsync(up_fd);
		close(up_fd);
	}
	return fd;
}

bool spool_pread_all(int fd, void *to, size_t len, uint64_t at)
{
	char *p = to;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? ENODATA : errno;
			return false;
		}
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

bool spool_pwrite_all(int fd, const void *from, size_t len, uint64_t at)
{
	const char *p = from;

	while (len > 0) {
		struct iovec iov = {.iov_base = (void *)(uintptr_t)p, .iov_len = len};
		ssize_t n = spool_sys.pwritev(fd, &iov, 1, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return false;
		}
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_id(int dir_fd, char id[SPOOL_ID_BYTES])
{
	int fd = openat(dir_fd, "id", O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = spool_pread_all(fd, id, SPOOL_ID_BYTES - 1, 0);
	id[SPOOL_ID_BYTES - 1] = '\0';
	close(fd);
	if (ok && str_is_uuid(id))
		return true;
	errno = EINVAL;
	return false;
}

/* Linked into place whole, so that of several first writers one wins and all read the same id. */
static bool make_id(int dir_fd, char id[SPOOL_ID_BYTES])
{
	char text[SPOOL_ID_BYTES + 1], tmp[64];
	int fd;
	bool ok;

	id_uuid4(id);
	if (!str_format(text, sizeof(text), "%s\n", id) ||
	        !str_format(tmp, sizeof(tmp), "id.%s", id))
		return false;
	fd = spool_dir_open_file(dir_fd, tmp, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return false;
	ok = spool_pwrite_all(fd, text, strlen(text), 0) && spool_sys.fsync(fd) == 0;
	close(fd);
	if (ok && linkat(dir_fd, tmp, dir_fd, "id", 0) != 0 && errno != EEXIST)
		ok = false;
	unlinkat(dir_fd, tmp, 0);
	return ok && spool_sys.fsync(dir_fd) == 0 && read_id(dir_fd, id);
}

enum err spool_dir_open(const char *dir, bool make, bool any_fs, int *fd, char id[SPOOL_ID_BYTES])
{
	int dir_fd = spool_dir_sub(AT_FDCWD, dir, make), streams_fd = -1;
	const char *fs;

	*fd = -1;
	if (dir_fd < 0)
		goto failed;
	fs = unsuitable(dir_fd);
	if (fs != NULL && !any_fs) {
		log_error(ERR_DB_SPOOL_FILESYSTEM_UNSUITABLE,
		        "the spool needs a local disk, or YAVIO_SPOOL_ALLOW_LOSS=true",
		        F_STR("path", dir), F_STR("file_system", fs));
		close(dir_fd);
		return ERR_DB_SPOOL_FILESYSTEM_UNSUITABLE;
	}
	streams_fd = spool_dir_sub(dir_fd, "streams", make);
	if (streams_fd < 0)
		goto failed;
	close(streams_fd);
	if (!read_id(dir_fd, id) && (errno != ENOENT || !make || !make_id(dir_fd, id)))
		goto failed;
	*fd = dir_fd;
	return ERR_OK;
failed:
	if (make)
		log_error(ERR_DB_SPOOL_OPEN_FAILED, "spool directory not usable",
		        F_STR("path", dir), F_STR("cause", strerror(errno)));
	if (dir_fd >= 0)
		close(dir_fd);
	return ERR_DB_SPOOL_OPEN_FAILED;
}

int spool_dir_stream(int spool_fd, uint32_t stream, bool make)
{
	char name[32];
	int streams_fd, fd;

	if (!str_format(name, sizeof(name), "%02x", stream))
		return -1;
	streams_fd = spool_dir_sub(spool_fd, "streams", make);
	if (streams_fd < 0)
		return -1;
	fd = spool_dir_sub(streams_fd, name, make);
	close(streams_fd);
	return fd;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Exactly `width` lower-case hex digits, then suffix. */
static bool parse_name(const char *name, size_t width, const char *suffix, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t v = 0;

	if (strlen(name) != width + strlen(suffix) || strcmp(name + width, suffix) != 0)
		return false;
	for (size_t i = 0; i < width; i++) {
		const char *at = strchr(digits, name[i]);

		if (at == NULL)
			return false;
		v = v << 4 | (uint32_t)(at - digits);
	}
	*out = v;
	return true;
}

/* Numbers that the names of a directory carry, ascending, allocated. */
static int list_numbers(
        int dir_fd, const char *sub, size_t width, const char *suffix, uint32_t **out)
{
	int fd = openat(dir_fd, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	uint32_t *list = NULL, number;
	size_t count = 0, size = 0;

	*out = NULL;
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((entry = readdir(d)) != NULL) {
		if (!parse_name(entry->d_name, width, suffix, &number))
			continue;
		if (count == size) {
			size_t grown = size == 0 ? 16 : size * 2;
			uint32_t *more = realloc(list, grown * sizeof(*list));

			if (more == NULL)
				goto failed;
			list = more;
			size = grown;
		}
		list[count++] = number;
	}
	closedir(d);
	if (count > 0)
		qsort(list, count, sizeof(*list), by_number);
	*out = list;
	return (int)count;
failed:
	free(list);
	closedir(d);
	errno = ENOMEM;
	return -1;
}

int spool_dir_streams(int spool_fd, uint32_t out[SPOOL_STREAMS_MAX])
{
	uint32_t *list;
	int count = list_numbers(spool_fd, "streams", 2, "", &list);

	if (count > SPOOL_STREAMS_MAX)
		count = SPOOL_STREAMS_MAX;
	if (count > 0)
		memcpy(out, list, (size_t)count * sizeof(*list));
	free(list);
	return count;
}

int spool_dir_segments(int stream_fd, uint32_t **out)
{
	return list_numbers(stream_fd, ".", 8, ".seg", out);
}

int spool_dir_kept(int stream_fd, uint32_t **out)
{
	return list_numbers(stream_fd, ".", 8, ".kept", out);
}

void spool_segment_name(uint32_t seq, const char *suffix, char out[24])
{
	(void)!snprintf(out, 24, "%08x%s", seq, suffix);
}

void spool_id_raw(const char id[SPOOL_ID_BYTES], uint8_t raw[SPOOL_UUID_RAW_BYTES])
{
	char hex[2 * SPOOL_UUID_RAW_BYTES + 1];
	size_t n = 0;

	for (const char *p = id; *p != '\0' && n < sizeof(hex) - 1; p++)
		if (*p != '-')
			hex[n++] = *p;
	hex[n] = '\0';
	if (!str_unhex(hex, raw, SPOOL_UUID_RAW_BYTES))
		memset(raw, 0, SPOOL_UUID_RAW_BYTES);
}
