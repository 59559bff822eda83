/* SPDX-License-Identifier: MIT
 * Time-based codes and recovery codes. */
#include <ctype.h>
#include <liboath/oath.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "httpc/httpc.h"
#include "auth/auth_totp.h"

#define ISSUER "Yavio"

enum {
	RECOVERY_RANDOM_BYTES = 10,
	RECOVERY_GROUP = 4,
	RECOVERY_MESSAGE_BYTES = 16 + ID_UUID_BYTES + AUTH_RECOVERY_BYTES,
};

/* Base32 without padding; len is a multiple of 5, so there is none. */
static enum err base32(const uint8_t *bytes, size_t len, char *out, size_t out_size)
{
	char *text = NULL;
	size_t text_len = 0;
	bool done = oath_base32_encode((const char *)bytes, len, &text, &text_len) == OATH_OK &&
	            text_len == out_size - 1;

	if (done) {
		memcpy(out, text, text_len);
		out[text_len] = '\0';
	}
	if (text != NULL)
		crypto_wipe(text, text_len);
	free(text);
	return done ? ERR_OK : ERR_DASH_INTERNAL_ERROR;
}

enum err auth_totp_secret_text(
        const uint8_t secret[AUTH_TOTP_SECRET_BYTES], char out[AUTH_TOTP_SECRET_TEXT_BYTES])
{
	return base32(secret, AUTH_TOTP_SECRET_BYTES, out, AUTH_TOTP_SECRET_TEXT_BYTES);
}

bool auth_totp_url(const char *secret_text, const char *account, struct buf *out)
{
	buf_add_str(out, "otpauth://totp/" ISSUER ":");
	(void)httpc_add_escaped(out, account);
	buf_addf(out, "?secret=%s&issuer=" ISSUER "&algorithm=SHA1&digits=%d&period=%d",
	        secret_text, AUTH_TOTP_DIGITS, AUTH_TOTP_STEP_S);
	return !out->failed;
}

static bool is_code(const char *code)
{
	return strlen(code) == AUTH_TOTP_DIGITS && strspn(code, "0123456789") == AUTH_TOTP_DIGITS;
}

bool auth_totp_check(const uint8_t secret[AUTH_TOTP_SECRET_BYTES], const char *code, int64_t now_s,
        int64_t last_step, int64_t *step)
{
	int64_t now_step = now_s / AUTH_TOTP_STEP_S, found = -1;

	if (!is_code(code) || now_step < AUTH_TOTP_WINDOW)
		return false;
	/* All of the window is computed, whichever matches. */
	for (int64_t s = now_step - AUTH_TOTP_WINDOW; s <= now_step + AUTH_TOTP_WINDOW; s++) {
		char expected[AUTH_TOTP_DIGITS + 1];

		if (oath_totp_generate((const char *)secret, AUTH_TOTP_SECRET_BYTES,
		            (time_t)(s * AUTH_TOTP_STEP_S), AUTH_TOTP_STEP_S,
		            OATH_TOTP_DEFAULT_START_TIME, AUTH_TOTP_DIGITS, expected) != OATH_OK)
			return false;
		if (crypto_equal(expected, code, AUTH_TOTP_DIGITS) && s > last_step && found < 0)
			found = s;
		crypto_wipe(expected, sizeof(expected));
	}
	if (found < 0)
		return false;
	*step = found;
	return true;
}

enum err auth_recovery_make(char out[AUTH_RECOVERY_BYTES])
{
	uint8_t random[RECOVERY_RANDOM_BYTES];
	char text[AUTH_RECOVERY_CHARS + 1];
	size_t o = 0;
	enum err e;

	crypto_random(random, sizeof(random));
	e = base32(random, sizeof(random), text, sizeof(text));
	for (size_t i = 0; e == ERR_OK && i < AUTH_RECOVERY_CHARS; i++) {
		if (i > 0 && i % RECOVERY_GROUP == 0)
			out[o++] = '-';
		out[o++] = (char)tolower((unsigned char)text[i]);
	}
	out[o] = '\0';
	crypto_wipe(random, sizeof(random));
	crypto_wipe(text, sizeof(text));
	return e;
}

/* The 16 letters of a code as somebody typed it. */
static bool normalise(const char *code, char out[AUTH_RECOVERY_CHARS + 1])
{
	size_t len = 0;

	for (; *code != '\0'; code++) {
		char c = (char)tolower((unsigned char)*code);

		if (c == '-' || c == ' ')
			continue;
		if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')) ||
		        len == AUTH_RECOVERY_CHARS)
			return false;
		out[len++] = c;
	}
	out[len] = '\0';
	return len == AUTH_RECOVERY_CHARS;
}

enum err auth_recovery_hash(const char *secret, const char *user_id, const char *code,
        uint8_t out[AUTH_RECOVERY_HASH_BYTES])
{
	char plain[AUTH_RECOVERY_CHARS + 1], message[RECOVERY_MESSAGE_BYTES];
	enum err e = ERR_DASH_SECOND_FACTOR_WRONG;

	/* The secret also hashes API keys: the label keeps the two apart. */
	if (normalise(code, plain) &&
	        str_format(message, sizeof(message), "recovery:%s:%s", user_id, plain))
		e = crypto_hmac_sha256(secret, strlen(secret), message, strlen(message), out);
	crypto_wipe(plain, sizeof(plain));
	crypto_wipe(message, sizeof(message));
	return e;
}
