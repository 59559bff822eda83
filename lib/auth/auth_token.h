/* SPDX-License-Identifier: MIT
 * Secrets that are handed out once and kept as a hash: logins, links in mails, invitations,
 * receipts. */
#ifndef YAVIO_AUTH_AUTH_TOKEN_H
#define YAVIO_AUTH_AUTH_TOKEN_H

#include "base/base.h"
#include "base/errors.h"

enum {
	AUTH_TOKEN_RANDOM_BYTES = 32,
	AUTH_TOKEN_BYTES = 43 + 1, /* base64url with its NUL */
	AUTH_TOKEN_HASH_BYTES = 32,
};

struct auth_token {
	char text[AUTH_TOKEN_BYTES]; /* for its holder alone */
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];
};

/* A fresh token. crypto_wipe it when it was handed out. */
enum err auth_token_new(struct auth_token *out) MUST_CHECK;
/* SHA-256 of a token somebody sent. False: it has not the form of one, so nobody holds it. */
bool auth_token_hash(const char *text, uint8_t out[AUTH_TOKEN_HASH_BYTES]) MUST_CHECK;

#endif
