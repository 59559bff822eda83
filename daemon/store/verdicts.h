/* SPDX-License-Identifier: MIT
 * Texts that passed the gate, by their SHA-256, so that a dashboard's query is parsed for the gate
 * once. Only permissions are kept; a refused text is looked at again. */
#ifndef YAVIO_STORE_VERDICTS_H
#define YAVIO_STORE_VERDICTS_H

#include "base/base.h"

enum { VERDICTS_MAX = 4096 };

struct verdicts;

/* NULL: no memory. */
struct verdicts *verdicts_new(void);
void verdicts_free(struct verdicts *v);

/* Both may be called by any thread. */
bool verdicts_has(struct verdicts *v, const char *text, size_t len) MUST_CHECK;
void verdicts_add(struct verdicts *v, const char *text, size_t len);

#endif
