/* SPDX-License-Identifier: MIT
 * What the engine noted about inserts that carried a token: which notes tell of rows that are not
 * there. Reads texts only; scrub.h has the files. */
#ifndef YAVIO_STORE_TOKENS_H
#define YAVIO_STORE_TOKENS_H

#include "base/base.h"
#include "base/buf.h"

/* A part by its name, "202601_5_9_2" or "202601_5_9_2_14": partition, first and last block number,
 * level, number of the last mutation. */
struct tokens_part {
	const char *partition; /* len bytes within the name */
	size_t len;
	int64_t min, max;
	int64_t reach; /* tokens_parts only: largest max of this partition up to here in the order
	                */
};
/* False: no name of a part (tmp_..., detached, a file). out borrows from name. */
bool tokens_part_read(const char *name, size_t len, struct tokens_part *out) MUST_CHECK;

/* The parts of one table. Zeroed is empty. */
struct tokens_parts {
	struct tokens_part *list;
	size_t count, size;
	bool sorted;
};
/* Adds a directory of the table by its name; what is no part is passed over. False: no memory. */
bool tokens_parts_add(struct tokens_parts *parts, const char *name) MUST_CHECK;
/* Whether one part holds all blocks of p: p itself, or what it was merged into. */
bool tokens_parts_cover(struct tokens_parts *parts, const struct tokens_part *p);
void tokens_parts_release(struct tokens_parts *parts);

enum tokens_kind {
	TOKENS_ADD,    /* "1\tpart\ttoken": the rows of the token are in that part */
	TOKENS_DROP,   /* "2\tpart\ttoken": the token is forgotten */
	TOKENS_ORPHAN, /* an add that no drop follows, of a part that is not there */
	TOKENS_UNKNOWN /* none of these, or no line end */
};

struct tokens_line {
	const char *text; /* with its line end */
	size_t len;
	const char *id; /* the token as the engine writes it */
	size_t id_len;
	struct tokens_part part;
	enum tokens_kind kind;
};

/* One file of notes. number and text are the caller's, the rest is filled by tokens_read. */
struct tokens_log {
	int64_t number; /* of the file: the order in which they were written */
	struct buf text;
	struct tokens_line *lines;
	size_t count;
	size_t orphans, unknown; /* lines of that kind, by tokens_judge */
};
/* Cuts the text into lines. False: no memory. */
bool tokens_read(struct tokens_log *log) MUST_CHECK;
/* Finds the orphans in all files of a table, given in their order. False: no memory. */
bool tokens_judge(struct tokens_log *logs, size_t count, struct tokens_parts *parts) MUST_CHECK;
/* Adds to out the file without orphans and unknown lines. */
bool tokens_kept(const struct tokens_log *log, struct buf *out) MUST_CHECK;
/* Adds to out the orphans as they stand. */
bool tokens_orphans(const struct tokens_log *log, struct buf *out) MUST_CHECK;
/* After tokens_judge: an add that stands in known, too, becomes an orphan or stops being one. Puts
 * the lines of known in another order. */
void tokens_known(struct tokens_log *logs, size_t count, struct tokens_log *known, bool orphans);
/* Frees text and lines. */
void tokens_log_release(struct tokens_log *log);

#endif
