/* SPDX-License-Identifier: MIT
 * Records of a reply that goes on after its request: FastCGI 1.0, section 3.3 and 5.3. */
#include "fcgi/fcgi.h"

enum {
	VERSION = 1,
	END_REQUEST = 3,
	STDOUT = 6,
	HEAD_BYTES = 8,
	END_BODY_BYTES = 8,
	CONTENT_BYTES_MAX = 65528, /* a multiple of 8: needs no padding */
};

static bool add_record(
        const struct fcgi_stream *s, int type, const char *content, size_t len, struct buf *out)
{
	const uint8_t head[HEAD_BYTES] = {VERSION, (uint8_t)type, (uint8_t)(s->request_id >> 8),
	        (uint8_t)s->request_id, (uint8_t)(len >> 8), (uint8_t)len, 0, 0};

	return buf_add(out, head, sizeof(head)) && (len == 0 || buf_add(out, content, len));
}

bool fcgi_stream_frame(const struct fcgi_stream *s, const char *bytes, size_t len, struct buf *out)
{
	for (size_t piece; len > 0; bytes += piece, len -= piece) {
		piece = len < CONTENT_BYTES_MAX ? len : CONTENT_BYTES_MAX;
		if (!add_record(s, STDOUT, bytes, piece, out))
			return false;
	}
	return true;
}

bool fcgi_stream_frame_end(const struct fcgi_stream *s, struct buf *out)
{
	const char complete[END_BODY_BYTES] = {0};

	return add_record(s, STDOUT, NULL, 0, out) &&
	       add_record(s, END_REQUEST, complete, sizeof(complete), out);
}
