/* SPDX-License-Identifier: MIT
 * Fuzzes the password rule and the form of tokens: password, newline, address. What is taken keeps
 * the rule, whatever its letter case. */
#include <stdlib.h>

#include "auth/auth_password.h"
#include "auth/auth_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char swap_case(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char password[1024], swapped[1024], email[300];
	const char *problem, *other;
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];
	size_t len;

	if (size >= sizeof(password))
		return 0;
	memcpy(password, data, size);
	password[size] = '\0';
	len = strcspn(password, "\n");
	snprintf(email, sizeof(email), "%s", password[len] == '\n' ? password + len + 1 : "");
	password[len] = '\0';
	for (size_t i = 0; i <= len; i++)
		swapped[i] = swap_case(password[i]);
	problem = auth_password_problem(password, email);
	other = auth_password_problem(swapped, email);
	if ((problem == NULL) != (other == NULL) ||
	        (problem != NULL && strcmp(problem, other) != 0))
		abort();
	if (problem == NULL && (len < AUTH_PASSWORD_CHARS_MIN || len > AUTH_PASSWORD_BYTES_MAX ||
	                               auth_password_is_common(password)))
		abort();
	if (auth_token_hash(password, hash) && len != AUTH_TOKEN_BYTES - 1)
		abort();
	return 0;
}
