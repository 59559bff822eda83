/* SPDX-License-Identifier: MIT
 * Base64 in both alphabets (RFC 4648), strict. */
#include "crypto/crypto.h"

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL_SAFE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool encode(
        const char *alphabet, bool pad, const uint8_t *data, size_t len, char *out, size_t out_size)
{
	size_t need = pad ? (len + 2) / 3 * 4 : (len * 4 + 2) / 3, o = 0;

	if (need + 1 > out_size)
		return false;
	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)data[i] << 16 |
		                 (have > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
		                 (have > 2 ? data[i + 2] : 0u);

		for (size_t k = 0; k < 4; k++) {
			if (k <= have)
				out[o++] = alphabet[group >> (18 - 6 * k) & 63];
			else if (pad)
				out[o++] = '=';
		}
	}
	out[o] = '\0';
	return true;
}

static int value_of(const char *alphabet, char c)
{
	const char *found = c != '\0' ? strchr(alphabet, c) : NULL;

	return found != NULL ? (int)(found - alphabet) : -1;
}

static bool decode(const char *alphabet, const char *text, size_t len, uint8_t *out,
        size_t out_size, size_t *out_len)
{
	uint32_t bits = 0;
	size_t o = 0, pending = 0;

	if (len % 4 == 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		int v = value_of(alphabet, text[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		pending += 6;
		if (pending >= 8) {
			pending -= 8;
			if (o == out_size)
				return false;
			out[o++] = (uint8_t)(bits >> pending);
		}
	}
	/* Bits left over must be zero, so that each value has one text only. */
	if ((bits & ((1u << pending) - 1)) != 0)
		return false;
	*out_len = o;
	return true;
}

bool crypto_base64_encode(const uint8_t *data, size_t len, char *out, size_t out_size)
{
	return encode(STANDARD, true, data, len, out, out_size);
}

bool crypto_base64_decode(const char *text, uint8_t *out, size_t out_size, size_t *out_len)
{
	size_t len = strlen(text), padding = 0;

	while (padding < 2 && len > 0 && text[len - 1] == '=') {
		len--;
		padding++;
	}
	if (padding > 0 && (len + padding) % 4 != 0)
		return false;
	return decode(STANDARD, text, len, out, out_size, out_len);
}

bool crypto_base64url_encode(const uint8_t *data, size_t len, char *out, size_t out_size)
{
	return encode(URL_SAFE, false, data, len, out, out_size);
}

bool crypto_base64url_decode(
        const char *text, size_t len, uint8_t *out, size_t out_size, size_t *out_len)
{
	return decode(URL_SAFE, text, len, out, out_size, out_len);
}
