/* SPDX-License-Identifier: MIT
 * The file of an export. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "fcgi/dashboard/export.h"

enum { PENDING_BYTES = 256 * 1024, ROW_BYTES_MAX = 2 * 1024 * 1024, NAME_BYTES = 512 };

struct export_file {
	struct shm_slots *slots;
	size_t slot;
	int fd;
	enum export_format format;
	const char *columns;
	int64_t rows, length, sent;
	bool named; /* the line of names is written */
	struct buf pending;
};

enum err export_slots_make(const struct conf *c, struct shm_slots **out)
{
	int64_t workers = conf_int(c, CONF_YAVIO_DASHBOARD_WORKERS);

	return shm_slots_open(
	        workers > EXPORT_SHARE ? (size_t)(workers / EXPORT_SHARE) : 1, 0, out);
}

/* Without a name: it is gone with its last descriptor, however this process ends. */
static int open_file(const char *home)
{
	return open(home, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

enum err export_open(
        struct app *app, enum export_format format, const char *columns, struct export_file **out)
{
	struct export_file *f = calloc(1, sizeof(*f));

	*out = NULL;
	if (f == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	*f = (struct export_file){.fd = -1, .format = format, .columns = columns};
	buf_init(&f->pending, PENDING_BYTES + ROW_BYTES_MAX);
	if (!shm_slots_take_named(app->dashboard->exports, app->login.user_id, &f->slot)) {
		export_close(f);
		return ERR_DASH_ANALYTICS_QUERY_RATE_LIMITED;
	}
	f->slots = app->dashboard->exports;
	f->fd = open_file(conf_str(app->dashboard->settings.conf, CONF_YAVIO_HOME));
	if (f->fd < 0) {
		log_error(ERR_DASH_INTERNAL_ERROR, "no file for an export",
		        F_STR("reason", strerror(errno)));
		export_close(f);
		return ERR_DASH_INTERNAL_ERROR;
	}
	*out = f;
	return ERR_OK;
}

void export_close(struct export_file *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	if (f->slots != NULL)
		shm_slots_give(f->slots, f->slot);
	buf_release(&f->pending);
	free(f);
}

static enum err flush(struct export_file *f)
{
	const char *at = f->pending.data;
	size_t left = f->pending.len;

	if (f->pending.failed || f->length + (int64_t)left > EXPORT_BYTES_MAX)
		return ERR_DASH_ANALYTICS_QUERY_REJECTED;
	while (left > 0) {
		ssize_t n = write(f->fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_error(ERR_DASH_INTERNAL_ERROR, "file of an export not written",
			        F_STR("reason", strerror(errno)));
			return ERR_DASH_INTERNAL_ERROR;
		}
		at += n;
		left -= (size_t)n;
		f->length += n;
	}
	buf_clear(&f->pending);
	return ERR_OK;
}

static enum err add_csv(struct export_file *f, struct json_span row)
{
	if (!f->named && !json_span_csv_names(row, &f->pending))
		return ERR_DASH_INTERNAL_ERROR;
	f->named = true;
	return json_span_csv_values(row, &f->pending) ? ERR_OK : ERR_DASH_ANALYTICS_QUERY_REJECTED;
}

enum err export_add(struct export_file *f, struct json_span row)
{
	enum err e = ERR_OK;

	if (f->format == EXPORT_CSV) {
		e = add_csv(f, row);
	} else {
		buf_add(&f->pending, row.at, row.len);
		buf_add_char(&f->pending, '\n');
	}
	f->rows++;
	if (e == ERR_OK && (f->pending.failed || f->pending.len >= PENDING_BYTES))
		e = flush(f);
	return e;
}

int64_t export_rows(const struct export_file *f)
{
	return f->rows;
}

/* ---- sending --------------------------------------------------------------------------------- */

static ptrdiff_t read_file(char *out, size_t size, void *arg)
{
	struct export_file *f = arg;
	ssize_t n;

	do
		n = pread(f->fd, out, size, f->sent);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		f->sent += n;
	return n;
}

static void end_file(void *arg)
{
	export_close(arg);
}

enum err export_send(struct export_file *f, struct reply *rep, const char *name)
{
	static const char *const TYPES[] = {[EXPORT_CSV] = "text/csv; charset=utf-8",
	        [EXPORT_NDJSON] = "application/x-ndjson; charset=utf-8"};
	static const char *const EXTENSIONS[] = {[EXPORT_CSV] = "csv", [EXPORT_NDJSON] = "ndjson"};
	char disposition[NAME_BYTES];
	enum err e;

	if (f->format == EXPORT_CSV && !f->named)
		buf_addf(&f->pending, "%s\r\n", f->columns);
	e = flush(f);
	if (e != ERR_OK)
		return e;
	if (!str_format(disposition, sizeof(disposition), "attachment; filename=\"%s.%s\"", name,
	            EXTENSIONS[f->format]) ||
	        !web_reply_header(rep, "Content-Disposition", disposition))
		return ERR_DASH_INTERNAL_ERROR;
	rep->content_type = TYPES[f->format];
	rep->source = (struct web_source){
	        .read = read_file, .end = end_file, .arg = f, .length = f->length};
	return ERR_OK;
}
