/* SPDX-License-Identifier: MIT
 * Common passwords: whole ones, and words with an ending, of which most of such lists consist. */
#include <stdlib.h>

#include "auth/auth_password.h"

#include "auth/auth_common.h"

enum { WORD_CHARS_MIN = 3, COMMON_BYTES_MAX = 40 };

static int compare(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static bool has(const char *const *list, size_t len, const char *text)
{
	return bsearch(text, list, len, sizeof(*list), compare) != NULL;
}

/* The letter that a sign stands for in p@ssw0rd. */
static char letter_of(char c)
{
	static const char sign[] = "@4031$57!", letter[] = "aaoeissti";
	const char *at = c != '\0' ? strchr(sign, c) : NULL;

	return at != NULL ? letter[at - sign] : c;
}

bool auth_password_is_common(const char *password)
{
	char plain[COMMON_BYTES_MAX + 1], word[COMMON_BYTES_MAX + 1];
	size_t len = strlen(password);

	if (len > COMMON_BYTES_MAX)
		return false;
	for (size_t i = 0; i <= len; i++)
		plain[i] = password[i] >= 'A' && password[i] <= 'Z' ? (char)(password[i] + 32)
		                                                    : password[i];
	if (has(auth_common_whole, auth_common_whole_len, plain))
		return true;
	for (size_t i = 0; i < len; i++)
		word[i] = letter_of(plain[i]);
	for (size_t cut = len; cut >= WORD_CHARS_MIN; cut--) {
		if (!has(auth_common_endings, auth_common_endings_len, plain + cut))
			continue;
		word[cut] = '\0';
		if (has(auth_common_words, auth_common_words_len, word))
			return true;
	}
	return false;
}
