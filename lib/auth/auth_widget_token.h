/* SPDX-License-Identifier: MIT
 * Widget tokens: JWTs (RFC 7519, HS256 only) that let one widget send events of one trace for 15
 * minutes. */
#ifndef YAVIO_AUTH_AUTH_WIDGET_TOKEN_H
#define YAVIO_AUTH_AUTH_WIDGET_TOKEN_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"

enum {
	AUTH_WIDGET_TOKEN_BYTES_MAX = 2048,
	AUTH_WIDGET_TOKEN_LIFE_S = 900,
	AUTH_WIDGET_TOKEN_LIFE_MAX_S = 3600, /* longer ones are refused */
	AUTH_WIDGET_TOKEN_SKEW_S = 5,        /* clocks may differ by that much */
	AUTH_WIDGET_ID_CHARS_MAX = 128,
	AUTH_WIDGET_ID_BYTES = AUTH_WIDGET_ID_CHARS_MAX * 4 + 1,
};

struct auth_widget_token {
	char project_id[ID_UUID_BYTES];
	char workspace_id[ID_UUID_BYTES];
	char trace_id[AUTH_WIDGET_ID_BYTES];
	char session_id[AUTH_WIDGET_ID_BYTES];
	int64_t issued_at_s, expires_at_s; /* Unix seconds */
};

/* True for 1-128 characters of UTF-8, none of them a control character: what traceId and sessionId
 * may be. */
bool auth_widget_id_valid(const char *text);

/* Signs claims as a token; out has AUTH_WIDGET_TOKEN_BYTES_MAX + 1. ERR_INGEST_INTERNAL_ERROR: the
 * ids are not valid. */
enum err auth_widget_token_sign(const struct auth_widget_token *claims, const char *secret,
        char out[AUTH_WIDGET_TOKEN_BYTES_MAX + 1]) MUST_CHECK;

/* Verifies a token signed with secret or, when that is not "", previous. ERR_OK;
 * ERR_INGEST_WIDGET_JWT_EXPIRED (all else was right); ERR_INGEST_INVALID_WIDGET_JWT: form,
 * algorithm, signature or a claim. */
enum err auth_widget_token_verify(const char *token, const char *secret, const char *previous,
        int64_t now_s, struct auth_widget_token *out) MUST_CHECK;

#endif
