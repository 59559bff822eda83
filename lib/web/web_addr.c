/* SPDX-License-Identifier: MIT
 * Addresses: networks of trusted proxies, and who the client is behind them. */
#include <arpa/inet.h>

#include "base/str.h"
#include "web/web_internal.h"

enum { V4_PREFIX_BITS = 96, NETWORK_TEXT_BYTES = 64 };

/* IPv4 becomes ::ffff:a.b.c.d, so that one comparison serves both. */
static bool parse_addr(const char *text, uint8_t out[16], bool *is_v4)
{
	static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	*is_v4 = inet_pton(AF_INET, text, out + 12) == 1;
	if (*is_v4) {
		memcpy(out, MAPPED, sizeof(MAPPED));
		return true;
	}
	return inet_pton(AF_INET6, text, out) == 1;
}

static bool parse_network(char *text, struct web_network *out)
{
	char *slash = strchr(text, '/');
	int64_t bits;
	bool is_v4;

	if (slash != NULL)
		*slash = '\0';
	if (!parse_addr(text, out->addr, &is_v4))
		return false;
	bits = is_v4 ? 32 : 128;
	if (slash != NULL && !str_parse_int(slash + 1, 0, bits, &bits))
		return false;
	out->bits = (unsigned)bits + (is_v4 ? V4_PREFIX_BITS : 0);
	return true;
}

bool web_networks_parse(const char *text, struct web_networks *out)
{
	out->count = 0;
	for (;;) {
		char item[NETWORK_TEXT_BYTES];
		size_t len;

		text += strspn(text, ", ");
		len = strcspn(text, ", ");
		if (len == 0)
			return true;
		if (out->count == WEB_PROXIES_MAX || len >= sizeof(item))
			return false;
		memcpy(item, text, len);
		item[len] = '\0';
		if (!parse_network(item, &out->item[out->count]))
			return false;
		out->count++;
		text += len;
	}
}

static bool is_within(const uint8_t addr[16], const struct web_network *n)
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(addr, n->addr, whole) == 0 &&
	       (rest == 0 || ((addr[whole] ^ n->addr[whole]) & mask) == 0);
}

bool web_networks_contain(const struct web_networks *n, const char *addr)
{
	uint8_t bytes[16];
	bool is_v4;

	if (!parse_addr(addr, bytes, &is_v4))
		return false;
	for (size_t i = 0; i < n->count; i++) {
		if (is_within(bytes, &n->item[i]))
			return true;
	}
	return false;
}

bool web_addr_is_loopback(const char *addr)
{
	static const struct web_networks LOOPBACK = {
	        2, {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}, 104}, {{[15] = 1}, 128}}};

	return web_networks_contain(&LOOPBACK, addr);
}

bool web_addr_network(const char *addr, uint8_t out[16])
{
	bool is_v4;

	if (!parse_addr(addr, out, &is_v4))
		return false;
	if (!is_v4 && memcmp(out, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) != 0)
		memset(out + 8, 0, 8);
	return true;
}

/* The right-most address of X-Forwarded-For that is no trusted proxy; what a stranger wrote further
 * left does not count. */
void web_client_addr(struct request *req, const struct web_networks *trusted)
{
	const char *forwarded = web_header(req, "X-Forwarded-For");
	const char *end;

	str_copy(req->addr, sizeof(req->addr), fcgi_remote_addr(req->fcgi));
	if (forwarded == NULL)
		return;
	end = forwarded + strlen(forwarded);
	while (end > forwarded && web_networks_contain(trusted, req->addr)) {
		const char *start = end;
		char candidate[WEB_ADDR_BYTES];
		uint8_t bytes[16];
		bool is_v4;

		while (start > forwarded && start[-1] != ',')
			start--;
		if (!str_format(candidate, sizeof(candidate), "%.*s",
		            (int)(end - start - (ptrdiff_t)strspn(start, " ")),
		            start + strspn(start, " ")) ||
		        !parse_addr(candidate, bytes, &is_v4))
			return;
		str_copy(req->addr, sizeof(req->addr), candidate);
		end = start > forwarded ? start - 1 : start;
	}
}
