/* SPDX-License-Identifier: MIT
 * Loads settings from a text and collects the findings; for the tests of lib/conf. Include after
 * cmocka. */
#ifndef YAVIO_TESTS_CONF_FIXTURE_H
#define YAVIO_TESTS_CONF_FIXTURE_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/conf.h"

/* Test values only: 44 characters of base64. */
#define SECRET_A "qJ4mT0cY8rW2xL6vB1nH5sD9fG3kP7zQeRtUiOpAsDE="
#define SECRET_B "Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2Kl3ZxCU="
#define SECRET_C "Lm9Kn8Jb7Hv6Gc5Fx4Dz3Sa2Aq1Wp0Oe9Ri8Tu7YyUI="
#define SECRET_D "Dd4Rf5Tg6Yh7Uj8Ik9Ol0Pq1Wa2Es3Ez4Xc5Rv6TbNM="
#define SECRET_E "Ee7Mk8Nj9Bh0Vg1Cf2Xd3Zs4Aa5Qq6Ww7Ee8Rr9TtYY="

#define REQUIRED_OF_INGEST                                                                         \
	"JWT_SECRET=" SECRET_A "\nAPI_KEY_HASH_SECRET=" SECRET_B                                   \
	"\nPOSTGRES_INGEST_PASSWORD=" SECRET_C "\n"

#define REQUIRED_OF_ALL                                                                            \
	REQUIRED_OF_INGEST                                                                         \
	"NEXTAUTH_SECRET=1" SECRET_A "\nENCRYPTION_KEY=k1:" SECRET_A                               \
	"\nPOSTGRES_SERVICE_PASSWORD=2" SECRET_A "\nPOSTGRES_APP_PASSWORD=3" SECRET_A              \
	"\nCLICKHOUSE_ADMIN_PASSWORD=4" SECRET_A "\nCLICKHOUSE_INGEST_PASSWORD=5" SECRET_A         \
	"\nCLICKHOUSE_DASHBOARD_PASSWORD=6" SECRET_A "\nCLICKHOUSE_ERASER_PASSWORD=7" SECRET_A     \
	"\n"

enum { FINDINGS_MAX = 64, FINDING_BYTES_MAX = 1100 };

static struct {
	size_t count, fatal;
	enum err first_fatal;
	char line[FINDINGS_MAX][FINDING_BYTES_MAX];
} found;

static void collect(void *data, enum err e, bool fatal, const char *line)
{
	(void)data;
	assert_true(found.count < FINDINGS_MAX);
	found.fatal += fatal ? 1 : 0;
	if (fatal && found.first_fatal == ERR_OK)
		found.first_fatal = e;
	str_copy(found.line[found.count++], FINDING_BYTES_MAX, line);
}

static bool reported(const char *part)
{
	for (size_t i = 0; i < found.count; i++) {
		if (strstr(found.line[i], part) != NULL)
			return true;
	}
	return false;
}

static void print_findings(void)
{
	for (size_t i = 0; i < found.count; i++)
		print_error("%s\n", found.line[i]);
}

static enum err load_text(enum conf_program program, const char *text, struct conf **out)
{
	char path[] = "/tmp/yavio-conf-XXXXXX";
	int fd = mkstemp(path);
	enum err e;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	found.count = found.fatal = 0;
	found.first_fatal = ERR_OK;
	e = conf_load_request(
	        &(struct conf_request){.program = program, .env_file = path, .report = collect},
	        out);
	unlink(path);
	return e;
}

static inline struct conf *load_ok(enum conf_program program, const char *text)
{
	struct conf *c = NULL;
	enum err e = load_text(program, text, &c);

	if (e != ERR_OK)
		print_findings();
	assert_int_equal(e, ERR_OK);
	return c;
}

/* The load fails with e as its first fault, and one line holds part. */
static inline void load_fails(
        enum conf_program program, const char *text, enum err e, const char *part)
{
	struct conf *c = NULL;

	assert_int_equal(load_text(program, text, &c), e);
	assert_null(c);
	assert_int_equal(found.first_fatal, e);
	if (!reported(part)) {
		print_findings();
		fail_msg("no line holds: %s", part);
	}
}

#endif
