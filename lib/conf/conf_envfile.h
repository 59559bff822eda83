/* SPDX-License-Identifier: MIT
 * The .env format: KEY=VALUE lines, # comments, quotes, "export " before a name; no expansion. */
#ifndef YAVIO_CONF_ENVFILE_H
#define YAVIO_CONF_ENVFILE_H

#include "base/base.h"
#include "base/errors.h"

enum {
	CONF_ENVFILE_BYTES_MAX = 256 * 1024,
	CONF_ENVFILE_LINE_BYTES_MAX = 16 * 1024,
	CONF_ENVFILE_ENTRIES_MAX = 2000,
};

struct conf_entry {
	char *name;
	char *value; /* unquoted; may be "" */
	int line;    /* from 1 */
};

struct conf_envfile {
	struct conf_entry *entries; /* in file order; a later entry of a name wins */
	size_t count;
	int fault_line;    /* first line that is refused, 0: none */
	const char *fault; /* what is wrong with it (static text); never the value */
};

/* Parses len bytes. True: all lines were understood. False: fault_line and fault say what was not
 * (the entries before it are there). Caller releases in either case. */
bool conf_envfile_parse(const char *text, size_t len, struct conf_envfile *out) MUST_CHECK;
/* Forgets the values and frees. NULL-safe. */
void conf_envfile_release(struct conf_envfile *f);
/* The last entry of that name, or NULL. */
const struct conf_entry *conf_envfile_find(const struct conf_envfile *f, const char *name);

#endif
