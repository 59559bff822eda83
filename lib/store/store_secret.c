/* SPDX-License-Identifier: MIT
 * API_KEY_HASH_SECRET: a list of named secrets, newest first. */
#include <stdlib.h>

#include "base/str.h"
#include "crypto/crypto.h"
#include "store/store.h"

/* Length of "h2" in "h2:…", 0 when text does not begin with an id. */
static size_t kid_len(const char *text)
{
	size_t digits;

	if (text[0] != 'h')
		return 0;
	digits = strspn(text + 1, "0123456789");
	if (digits == 0 || digits + 1 >= STORE_KID_BYTES || text[digits + 1] != ':')
		return 0;
	return digits + 1;
}

static bool known(const struct store_secrets *s, const char *kid)
{
	for (size_t i = 0; i < s->len; i++)
		if (strcmp(s->list[i].kid, kid) == 0)
			return true;
	return false;
}

static enum err add(
        struct store_secrets *s, const char *kid, size_t kid_bytes, const char *value, size_t len)
{
	struct store_secret *secret = &s->list[s->len];

	if (s->len == STORE_SECRETS_MAX || len < STORE_SECRET_BYTES_MIN ||
	        len > STORE_SECRET_BYTES_MAX)
		return ERR_INFRA_INVALID_ENV_VAR;
	memcpy(secret->kid, kid, kid_bytes);
	secret->kid[kid_bytes] = '\0';
	if (kid_bytes > 0 && known(s, secret->kid))
		return ERR_INFRA_INVALID_ENV_VAR;
	memcpy(secret->value, value, len);
	secret->value[len] = '\0';
	s->len++;
	return ERR_OK;
}

/* A bare value is whole, commas and all; a list has an id before each. */
static enum err add_list(struct store_secrets *s, const char *text, const char *bare_kid)
{
	if (kid_len(text) == 0)
		return add(s, bare_kid, strlen(bare_kid), text, strlen(text));
	for (;;) {
		size_t id = kid_len(text), len;
		enum err e;

		if (id == 0)
			return ERR_INFRA_INVALID_ENV_VAR;
		len = strcspn(text + id + 1, ",");
		e = add(s, text, id, text + id + 1, len);
		if (e != ERR_OK)
			return e;
		text += id + 1 + len;
		if (*text++ == '\0')
			return ERR_OK;
	}
}

enum err store_secrets_parse(const char *list, const char *previous, struct store_secrets *out)
{
	enum err e;

	memset(out, 0, sizeof(*out));
	e = add_list(out, list, "h1");
	/* A bare previous value has no id of its own. */
	if (e == ERR_OK && previous != NULL && previous[0] != '\0')
		e = add_list(out, previous, "");
	if (e != ERR_OK)
		store_secrets_release(out);
	return e;
}

void store_secrets_release(struct store_secrets *s)
{
	if (s != NULL)
		crypto_wipe(s, sizeof(*s));
}
