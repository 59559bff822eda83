/* SPDX-License-Identifier: MIT
 * Fuzzes the token check behind its signature: the input is header "." payload, signed here, so
 * that what an attacker with the secret could write is parsed, too. */
#include <stdlib.h>

#include "auth/auth_widget_token.h"
#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char secret[] = "fuzz-secret-of-enough-length-00000000001";
	char parts[2][2048], token[8192], mac[64], signed_text[4200];
	const uint8_t *dot = memchr(data, '.', size);
	struct auth_widget_token out;
	uint8_t digest[CRYPTO_SHA256_BYTES];
	size_t first;

	if (size > 1400)
		return 0;
	snprintf(token, sizeof(token), "%.*s", (int)size, (const char *)data);
	if (auth_widget_token_verify(token, secret, "", 1795219200, &out) == ERR_OK)
		abort();
	first = dot != NULL ? (size_t)(dot - data) : size;
	if (!crypto_base64url_encode(data, first, parts[0], sizeof(parts[0])) ||
	        !crypto_base64url_encode(data + first + (dot != NULL), size - first - (dot != NULL),
	                parts[1], sizeof(parts[1])))
		return 0;
	snprintf(signed_text, sizeof(signed_text), "%s.%s", parts[0], parts[1]);
	if (crypto_hmac_sha256(secret, strlen(secret), signed_text, strlen(signed_text), digest) !=
	                ERR_OK ||
	        !crypto_base64url_encode(digest, sizeof(digest), mac, sizeof(mac)))
		abort();
	snprintf(token, sizeof(token), "%s.%s", signed_text, mac);
	if (auth_widget_token_verify(token, secret, "", 1795219200, &out) == ERR_OK &&
	        (!auth_widget_id_valid(out.trace_id) || out.expires_at_s - out.issued_at_s > 3600))
		abort();
	return 0;
}
