/* SPDX-License-Identifier: MIT
 * Fuzzes the lists of hash secrets and the forms of keys, names and slugs: what is accepted is
 * whole, what is refused leaves nothing behind. Input: list, NUL, previous. */
#include <stdlib.h>

#include "base/str.h"
#include "store/store.h"
#include "store/store_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_secrets(const struct store_secrets *s)
{
	if (s->len == 0 || s->len > STORE_SECRETS_MAX)
		abort();
	for (size_t i = 0; i < s->len; i++) {
		size_t len = strlen(s->list[i].value);

		if (len < STORE_SECRET_BYTES_MIN || len > STORE_SECRET_BYTES_MAX)
			abort();
		for (size_t k = 0; k < i; k++)
			if (s->list[i].kid[0] != '\0' &&
			        strcmp(s->list[i].kid, s->list[k].kid) == 0)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_secrets secrets;
	char slug[STORE_SLUG_BYTES];
	char *text = calloc(1, size + 2);
	const char *previous;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	previous = text + strlen(text) + (strlen(text) < size ? 1 : 0);
	if (store_secrets_parse(text, previous, &secrets) == ERR_OK)
		check_secrets(&secrets);
	else if (secrets.len != 0)
		abort();
	store_slug_from_name(text, slug);
	if (slug[0] == '-' || str_ends_with(slug, "-") || strlen(slug) == 1)
		abort();
	if (store_key_is_wellformed(text) && !str_starts_with(text, "yav_"))
		abort();
	(void)store_name_is_valid(text, 2, 100);
	free(text);
	return 0;
}
