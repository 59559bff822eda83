/* SPDX-License-Identifier: MIT
 * Passwords: the rule, and hashing under the cap. */
#include "auth/auth_token.h"
#include "base/clock.h"
#include "base/str.h"

#include "auth/auth_password.h"

#define NS_PER_S 1e9

/* Number of characters; false: no valid UTF-8. */
static bool count_chars(const char *text, size_t *chars)
{
	size_t bytes = strlen(text), len;

	*chars = 0;
	for (size_t i = 0; i < bytes; i += len, (*chars)++) {
		len = str_utf8_len(text + i, bytes - i);
		if (len == 0)
			return false;
	}
	return true;
}

static bool equals_address(const char *password, const char *email)
{
	size_t len = strlen(password), local = strcspn(email, "@");

	return strcasecmp(password, email) == 0 ||
	       (len == local && strncasecmp(password, email, local) == 0);
}

const char *auth_password_problem(const char *password, const char *email)
{
	size_t chars;

	if (strlen(password) > AUTH_PASSWORD_BYTES_MAX)
		return "too_long";
	if (!count_chars(password, &chars))
		return "bad_characters";
	if (chars < AUTH_PASSWORD_CHARS_MIN)
		return "too_short";
	if (chars > AUTH_PASSWORD_CHARS_MAX)
		return "too_long";
	if (equals_address(password, email))
		return "same_as_email";
	return auth_password_is_common(password) ? "common" : NULL;
}

enum err auth_hasher_init(struct auth_hasher *h)
{
	struct auth_token password;
	enum err e = auth_token_new(&password);

	if (e == ERR_OK)
		e = crypto_password_hash(password.text, &h->cost, h->dummy);
	crypto_wipe(&password, sizeof(password));
	return e;
}

static enum err take_turn(const struct auth_hasher *h, size_t *slot)
{
	int64_t began = clock_mono_ns();
	bool taken = shm_slots_take(h->slots, AUTH_PASSWORD_WAIT_MS, slot);

	if (!taken)
		return ERR_DASH_HASHING_BUSY;
	shm_observe(h->shm, h->wait_metric, NULL, (double)(clock_mono_ns() - began) / NS_PER_S);
	return ERR_OK;
}

enum err auth_password_hash(
        const struct auth_hasher *h, const char *password, char out[CRYPTO_PASSWORD_HASH_BYTES])
{
	size_t slot;
	enum err e = take_turn(h, &slot);

	if (e != ERR_OK)
		return e;
	e = crypto_password_hash(password, &h->cost, out);
	shm_slots_give(h->slots, slot);
	return e;
}

enum err auth_password_verify(const struct auth_hasher *h, const char *password, const char *stored,
        bool *right, bool *outdated)
{
	size_t slot;
	enum err e = take_turn(h, &slot);
	bool old = false;

	*right = false;
	if (outdated != NULL)
		*outdated = false;
	if (e != ERR_OK)
		return e;
	*right = crypto_password_verify(
	                 password, stored != NULL ? stored : h->dummy, &h->cost, &old) &&
	         stored != NULL;
	shm_slots_give(h->slots, slot);
	if (outdated != NULL)
		*outdated = *right && old;
	return ERR_OK;
}
