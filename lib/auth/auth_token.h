/* SPDX-License-Identifier: MIT
 * Random tokens of 256 bits: what logins, mailed links, invitations and receipts are opened with.
 * Only their SHA-256 is stored, and they are found by it. */
#ifndef YAVIO_AUTH_AUTH_TOKEN_H
#define YAVIO_AUTH_AUTH_TOKEN_H

#include "base/base.h"
#include "base/errors.h"

enum {
	AUTH_TOKEN_RANDOM_BYTES = 32,
	AUTH_TOKEN_CHARS = 43, /* base64url (RFC 4648 §5) without padding */
	AUTH_TOKEN_BYTES = AUTH_TOKEN_CHARS + 1,
	AUTH_TOKEN_HASH_BYTES = 32,
};

/* Makes a token and what is stored of it. The caller wipes text when it was handed out. */
enum err auth_token_make(
        char text[AUTH_TOKEN_BYTES], uint8_t hash[AUTH_TOKEN_HASH_BYTES]) MUST_CHECK;
/* What is stored of a token that somebody shows. False: the text has not the form of one. */
bool auth_token_hash(const char *text, uint8_t hash[AUTH_TOKEN_HASH_BYTES]) MUST_CHECK;

#endif
