/* SPDX-License-Identifier: MIT
 * Second factor: codes of an authenticator (RFC 6238: SHA-1, 6 digits, 30 s), the only user of
 * liboath, and recovery codes. */
#ifndef YAVIO_AUTH_AUTH_TOTP_H
#define YAVIO_AUTH_AUTH_TOTP_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"

enum {
	AUTH_TOTP_SECRET_BYTES = 20,
	AUTH_TOTP_SECRET_TEXT_BYTES = 32 + 1, /* base32 (RFC 4648 §6) without padding */
	AUTH_TOTP_DIGITS = 6,
	AUTH_TOTP_STEP_S = 30,
	AUTH_TOTP_WINDOW = 1, /* steps that the device's clock may be off, either way */
	AUTH_TOTP_URL_BYTES_MAX = 1024,
	AUTH_RECOVERY_CODES = 10,
	AUTH_RECOVERY_CHARS = 16,           /* 80 bits */
	AUTH_RECOVERY_BYTES = 4 * 5,        /* "xxxx-xxxx-xxxx-xxxx" with its NUL */
	AUTH_RECOVERY_INPUT_CHARS_MAX = 40, /* what a person may type of it, blanks and all */
	AUTH_RECOVERY_HASH_BYTES = 32,
};

/* The secret as an authenticator takes it. ERR_DASH_INTERNAL_ERROR: no memory. */
enum err auth_totp_secret_text(const uint8_t secret[AUTH_TOTP_SECRET_BYTES],
        char out[AUTH_TOTP_SECRET_TEXT_BYTES]) MUST_CHECK;
/* "otpauth://totp/Yavio:<account>?secret=…&issuer=Yavio&…" appended to out, for a QR code. False:
 * out's cap. */
bool auth_totp_url(const char *secret_text, const char *account, struct buf *out) MUST_CHECK;

/* Whether code is that of a step now, or AUTH_TOTP_WINDOW steps before or after, later than
 * last_step (a step opens once; 0: none was used). *step gets it: the caller stores it in the
 * transaction that relies on the code. The time taken does not depend on the code. */
bool auth_totp_check(const uint8_t secret[AUTH_TOTP_SECRET_BYTES], const char *code, int64_t now_s,
        int64_t last_step, int64_t *step) MUST_CHECK;

/* A fresh recovery code, lower case. ERR_DASH_INTERNAL_ERROR: no memory. */
enum err auth_recovery_make(char out[AUTH_RECOVERY_BYTES]) MUST_CHECK;
/* What is stored of a user's recovery code: HMAC-SHA256 under a secret of the server. Letter case,
 * hyphens and blanks do not matter. ERR_DASH_SECOND_FACTOR_WRONG: not the form of one. */
enum err auth_recovery_hash(const char *secret, const char *user_id, const char *code,
        uint8_t out[AUTH_RECOVERY_HASH_BYTES]) MUST_CHECK;

#endif
