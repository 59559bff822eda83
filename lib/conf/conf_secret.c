/* SPDX-License-Identifier: MIT
 * Strength and form of secrets: length, published samples, key rings. */
#include <ctype.h>

#include "base/str.h"
#include "conf/conf_internal.h"
#include "conf/conf_text.h"

enum {
	SECRET_LETTERS_MIN = 8, /* different characters; 32 random hex digits have 14 on average */
	RING_KEYS_MAX = 16,
	BASE64_KEY_CHARS = 44, /* of 32 bytes */
	HEX_KEY_CHARS = 64,
};

static const char *const PUBLISHED[] = {
#define CONF_PUBLISHED(word) word,
#include "conf/published.def"
};

static const char *const SAMPLES[] = {
#define CONF_SAMPLE(part) part,
#include "conf/published.def"
};

/* text is word, or word again and again with any of "-_." between. */
static bool repeats(const char *text, const char *word)
{
	size_t len = strlen(word);

	do {
		if (strncasecmp(text, word, len) != 0)
			return false;
		text += len;
		text += strspn(text, "-_.");
	} while (*text != '\0');
	return true;
}

bool conf_value_published(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(PUBLISHED); i++) {
		if (repeats(text, PUBLISHED[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(SAMPLES); i++) {
		if (strcasestr(text, SAMPLES[i]) != NULL)
			return true;
	}
	return false;
}

static size_t different_letters(const char *text)
{
	bool seen[256] = {false};
	size_t count = 0;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (!seen[c])
			count++;
		seen[c] = true;
	}
	return count;
}

static enum err check_text(
        const struct conf_option *option, const char *text, int64_t min, char *why, size_t why_size)
{
	size_t len = strlen(text);

	if (conf_value_published(text)) {
		(void)snprintf(why, why_size, "is a published value");
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	if ((int64_t)len < min) {
		(void)snprintf(why, why_size, "is too weak: %zu characters, %lld needed", len,
		        (long long)min);
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	if ((int64_t)len > option->max) {
		(void)snprintf(why, why_size, "is too long: %zu characters, at most %lld", len,
		        (long long)option->max);
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	if (different_letters(text) < SECRET_LETTERS_MIN) {
		(void)snprintf(why, why_size, "is too weak: fewer than %d different characters",
		        SECRET_LETTERS_MIN);
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	return ERR_OK;
}

/* Length of "h12:" at text, 0 when it does not start with a key id. */
static size_t key_id_len(const char *text, char prefix)
{
	size_t digits;

	if (text[0] != prefix)
		return 0;
	digits = strspn(text + 1, "0123456789");
	return digits >= 1 && digits <= 4 && text[1 + digits] == ':' ? digits + 2 : 0;
}

bool conf_ring_at(const char *ring, char prefix, size_t index, struct conf_key *out)
{
	size_t id_len = key_id_len(ring, prefix);
	size_t len;

	if (ring[0] == '\0')
		return false;
	if (id_len == 0) {
		out->id[0] = prefix;
		out->id[1] = '1';
		out->id[2] = '\0';
		return index == 0 && str_copy(out->text, sizeof(out->text), ring);
	}
	for (; index > 0; index--) {
		ring += strcspn(ring, ",");
		if (*ring == '\0')
			return false;
		ring++;
	}
	id_len = key_id_len(ring, prefix);
	len = strcspn(ring, ",");
	if (id_len == 0 || len - id_len >= sizeof(out->text))
		return false;
	memcpy(out->id, ring, id_len - 1);
	out->id[id_len - 1] = '\0';
	memcpy(out->text, ring + id_len, len - id_len);
	out->text[len - id_len] = '\0';
	return true;
}

static bool is_hex(const char *text)
{
	return text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

/* Canonical base64 of exactly 32 bytes: the last letter before "=" carries 4 bits. */
static bool is_base64_key(const char *text)
{
	static const char last[] = "AEIMQUYcgkosw048";

	if (strlen(text) != BASE64_KEY_CHARS || text[BASE64_KEY_CHARS - 1] != '=')
		return false;
	for (size_t i = 0; i < BASE64_KEY_CHARS - 1; i++) {
		if (!isalnum((unsigned char)text[i]) && text[i] != '+' && text[i] != '/')
			return false;
	}
	return strchr(last, text[BASE64_KEY_CHARS - 2]) != NULL;
}

static enum err check_key(
        const struct conf_option *option, const struct conf_key *key, char *why, size_t why_size)
{
	bool sized = (strlen(key->text) == HEX_KEY_CHARS && is_hex(key->text)) ||
	             is_base64_key(key->text);

	if (option->type == CONF_TYPE_KEYRING && !conf_value_published(key->text) && !sized) {
		(void)snprintf(why, why_size,
		        "is malformed: each key is 32 bytes in base64 (44 characters) or hex (64)");
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	return check_text(option, key->text, option->min, why, why_size);
}

static enum err check_ring(
        const struct conf_option *option, const char *text, char *why, size_t why_size)
{
	char prefix = option->type == CONF_TYPE_KEYRING ? 'k' : 'h';
	char seen[RING_KEYS_MAX][sizeof(((struct conf_key *)0)->id)];
	struct conf_key key;
	size_t count = 0, commas = 0;
	enum err e = ERR_OK;

	for (const char *p = text; *p != '\0'; p++)
		commas += *p == ',' ? 1 : 0;
	while (e == ERR_OK && count < RING_KEYS_MAX && conf_ring_at(text, prefix, count, &key)) {
		e = check_key(option, &key, why, why_size);
		for (size_t i = 0; e == ERR_OK && i < count; i++) {
			if (strcmp(seen[i], key.id) == 0) {
				(void)snprintf(why, why_size, "has two keys with one id");
				e = ERR_INFRA_INVALID_ENV_VAR;
			}
		}
		str_copy(seen[count++], sizeof(seen[0]), key.id);
	}
	explicit_bzero(&key, sizeof(key));
	if (e == ERR_OK && (count == 0 || (key_id_len(text, prefix) > 0 && count != commas + 1))) {
		(void)snprintf(why, why_size,
		        "is malformed: %c2:KEY,%c1:KEY is needed, at most %d keys", prefix, prefix,
		        RING_KEYS_MAX);
		e = ERR_INFRA_INVALID_ENV_VAR;
	}
	return e;
}

enum err conf_secret_check(
        const struct conf_option *option, const char *text, char *why, size_t why_size)
{
	if (option->type == CONF_TYPE_SECRET)
		return check_text(option, text, option->min, why, why_size);
	return check_ring(option, text, why, why_size);
}
