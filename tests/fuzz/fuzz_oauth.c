/* SPDX-License-Identifier: MIT
 * Fuzzes what signing in with a provider reads from outside: the state cookie, also behind its
 * encryption, the return path, and the provider's answers. The first byte chooses. */
#include <stdlib.h>

#include "auth/auth_oauth.h"
#include "auth/auth_provider.h"
#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t KEY[AUTH_OAUTH_KEY_BYTES] = {7};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_flow(const struct auth_oauth_flow *f)
{
	must(f->provider < AUTH_PROVIDERS && f->purpose <= AUTH_OAUTH_REAUTH &&
	        f->expires_at_s > 0);
	must(memchr(f->state, '\0', sizeof(f->state)) != NULL &&
	        memchr(f->return_to, '\0', sizeof(f->return_to)) != NULL &&
	        memchr(f->user_id, '\0', sizeof(f->user_id)) != NULL);
}

/* What somebody with the key could write. */
static void open_sealed(const uint8_t *data, size_t size)
{
	uint8_t sealed[4096] = {0};
	char text[8192];
	struct auth_oauth_flow flow;

	if (size > 3000)
		return;
	must(crypto_gcm_seal(KEY, sealed, "yavio oauth flow v1", data, size,
	             sealed + CRYPTO_GCM_NONCE_BYTES) == ERR_OK);
	must(crypto_base64url_encode(
	        sealed, CRYPTO_GCM_NONCE_BYTES + size + CRYPTO_GCM_TAG_BYTES, text, sizeof(text)));
	if (auth_oauth_open(KEY, text, 0, &flow))
		check_flow(&flow);
}

static void return_to(const char *text)
{
	char out[AUTH_OAUTH_RETURN_BYTES], again[AUTH_OAUTH_RETURN_BYTES];

	auth_oauth_return_to(text, out);
	must(out[0] == '/' && out[1] != '/' && out[1] != '\\');
	for (const char *p = out; *p; p++)
		must(*p > ' ' && *p < 0x7F);
	auth_oauth_return_to(out, again);
	must(strcmp(out, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth_provider_tokens tokens;
	struct auth_identity id;
	struct auth_oauth_flow flow;
	const char *end;
	char *text;

	if (size < 1 || size > 100000)
		return 0;
	text = calloc(1, size);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	switch (data[0] % 6) {
	case 0:
		must(!auth_oauth_open(KEY, text, 0, &flow));
		break;
	case 1:
		open_sealed(data + 1, size - 1);
		break;
	case 2:
		return_to(text);
		break;
	case 3:
		if (auth_provider_read_tokens(text, size - 1, 0, &tokens))
			must(tokens.access[0] != '\0' && strpbrk(tokens.access, " \r\n") == NULL);
		break;
	case 4:
		if (auth_provider_read_google(text, size - 1, &id))
			must(id.account_id[0] != '\0');
		break;
	default:
		end = memchr(text, '\0', size);
		if (auth_provider_read_github(
		            text, (size_t)(end - text), end, size - (size_t)(end - text) - 1, &id))
			must(strspn(id.account_id, "0123456789") == strlen(id.account_id));
		break;
	}
	free(text);
	return 0;
}
