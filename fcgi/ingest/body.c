/* SPDX-License-Identifier: MIT
 * The body of a request as JSON text: as received, or inflated within its cap. */
#include <strings.h>

#include "base/gzip.h"
#include "fcgi/ingest/ingest.h"

static bool add_piece(const void *bytes, size_t len, void *out)
{
	return buf_add(out, bytes, len);
}

static enum err inflate(struct app *app, const struct buf *body, size_t cap)
{
	struct gzip *g = gzip_inflate_new(cap);
	enum gzip_result r = GZIP_NO_MEMORY;

	buf_clear(&app->inflated);
	if (g != NULL)
		r = gzip_feed(g, body->data, body->len, add_piece, &app->inflated);
	if (r == GZIP_OK)
		r = gzip_finish(g, add_piece, &app->inflated);
	gzip_free(g);
	switch (r) {
	case GZIP_OK:
		return ERR_OK;
	case GZIP_BAD:
		return ERR_INGEST_EMPTY_REQUEST_BODY;
	case GZIP_TOO_MUCH:
		return ERR_INGEST_INFLATED_TOO_LARGE;
	case GZIP_NO_MEMORY:
		break;
	}
	return ERR_INGEST_INTERNAL_ERROR;
}

enum err ingest_body(struct request *req, struct app *app, size_t cap, const struct buf **out)
{
	const char *coding = web_header(req, "Content-Encoding");

	*out = req->body;
	if (req->body->len == 0)
		return ERR_INGEST_EMPTY_REQUEST_BODY;
	if (coding == NULL || coding[0] == '\0' || strcasecmp(coding, "identity") == 0)
		return req->body->len <= cap ? ERR_OK : ERR_INGEST_INFLATED_TOO_LARGE;
	*out = &app->inflated;
	return inflate(app, req->body, cap);
}
