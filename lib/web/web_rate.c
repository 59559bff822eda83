/* SPDX-License-Identifier: MIT
 * Rate limits of requests. */
#include <math.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "web/web_rate.h"

enum { KEY_TEXT_BYTES_MAX = 1024, PATH_BYTES = 1024 };

enum err web_rate_open(
        const struct conf *c, const char *name, size_t buckets, struct shm_rate **out)
{
	char path[PATH_BYTES], relative[128];
	bool named = str_format(relative, sizeof(relative), "run/%s", name) &&
	             conf_home_path(c, relative, path, sizeof(path));
	enum err e = shm_rate_open(named ? path : NULL, buckets, out);

	if (e != ERR_OK && named) {
		log_warn(e, "rate limits will not survive a restart", F_STR("path", path));
		e = shm_rate_open(NULL, buckets, out);
	}
	return e;
}

/* NUL between the parts. */
void web_rate_key(const char *scope, const char *a, const char *b, uint8_t out[SHM_CACHE_KEY_BYTES])
{
	const char *const parts[] = {scope, a, b};
	char text[KEY_TEXT_BYTES_MAX];
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t len = strnlen(parts[i], sizeof(text) - 1 - used);

		memcpy(text + used, parts[i], len);
		used += len;
		if (i + 1 < ARRAY_LEN(parts) && used < sizeof(text) - 1)
			text[used++] = '\0';
	}
	if (crypto_sha256(text, used, out) != ERR_OK)
		memset(out, 0, SHM_CACHE_KEY_BYTES); /* one bucket for all is still a limit */
}

void web_rate_addr_key(
        const char *scope, const struct request *req, uint8_t out[SHM_CACHE_KEY_BYTES])
{
	uint8_t network[16];
	char text[2 * sizeof(network) + 1] = "";

	if (web_addr_network(req->addr, network))
		str_hex(network, sizeof(network), text);
	web_rate_key(scope, text, "", out);
}

struct shm_rate_limit web_rate_limit(struct conf_rate rate)
{
	return (struct shm_rate_limit){
	        .rate = (double)rate.count / (double)rate.seconds, .burst = (double)rate.count};
}

bool web_rate_take(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, struct reply *rep)
{
	struct shm_rate_state state;
	bool taken = shm_rate_draw(r, key, limit, 1, clock_wall_ms(), &state);

	rep->rate_limit = (int64_t)limit->burst;
	rep->rate_left = (int64_t)floor(state.left);
	rep->rate_reset_s = state.reset_s;
	if (!taken)
		rep->retry_after_s = state.wait_s;
	return taken;
}
