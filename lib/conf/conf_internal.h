/* SPDX-License-Identifier: MIT
 * What the files of lib/conf share. */
#ifndef YAVIO_CONF_INTERNAL_H
#define YAVIO_CONF_INTERNAL_H

#include "base/base.h"
#include "conf/conf.h"

enum {
	CONF_NUMBERS_MAX = 3,
	CONF_WHY_BYTES = 256,
	CONF_PATH_BYTES = 1100,
	CONF_TEXT_BYTES_MAX = 16384, /* longest value, whatever its type */
};

struct conf_value {
	char *text; /* owned; NULL: unset */
	enum conf_origin origin;
	int line; /* of the env file, 0: elsewhere */
	int64_t number[CONF_NUMBERS_MAX];
	double decimal;
};

struct conf {
	enum conf_program program;
	struct conf_value value[CONF_ID_COUNT];
	bool bad[CONF_ID_COUNT]; /* given, but refused */
	char env_file[CONF_PATH_BYTES];
	char base_dir[CONF_PATH_BYTES]; /* what relative paths start from */
	bool installed;
	conf_report_fn *report;
	void *report_data;
	enum err first_fault;
};

/* Checks text as a value of the option; numbers of v are filled, its text is not touched. ERR_OK,
 * or the fault's number and why: what is wrong and what is allowed, without the value. */
enum err conf_value_parse(const struct conf_option *option, const char *text, struct conf_value *v,
        char *why, size_t why_size) MUST_CHECK;
/* A value that was printed somewhere as a sample, or is trivial. */
bool conf_value_published(const char *text);
bool conf_host_loopback(const char *host);
/* Host part of an URL ("[::1]" without brackets), "" when there is none. */
void conf_url_host(const char *url, char *out, size_t out_size);
/* The index-th key of a ring; prefix is 'h' or 'k'. */
bool conf_ring_at(const char *ring, char prefix, size_t index, struct conf_key *out) MUST_CHECK;

/* Fills what is made from other settings or from the machine. */
enum err conf_derive(struct conf *c) MUST_CHECK;
/* Rules between settings. */
void conf_check(struct conf *c);

/* Reports one finding; fatal ones make the load fail. */
void conf_fault(struct conf *c, enum err e, const char *fmt, ...) PRINTF_LIKE(3, 4);
void conf_warning(struct conf *c, enum err e, const char *fmt, ...) PRINTF_LIKE(3, 4);

bool conf_visible(const struct conf *c, enum conf_id id);
/* Text without the check of the program's column, "" when unset. */
const char *conf_text(const struct conf *c, enum conf_id id);
/* Replaces a value (text copied) and parses it; false: no memory, or it does not parse. */
bool conf_set(
        struct conf *c, enum conf_id id, const char *text, enum conf_origin origin) MUST_CHECK;

/* name of another product's setting -> what replaces it here, or NULL. */
const char *conf_foreign(const char *name);
bool conf_internal_name(const char *name);
/* i-th alias: its name and the setting it stands for; false beyond the last. */
bool conf_alias_at(size_t i, const char **name, enum conf_id *id) MUST_CHECK;
/* The known name that differs least from name, or NULL when none is near. */
const char *conf_nearest(const char *name);

#endif
