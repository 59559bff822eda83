/* SPDX-License-Identifier: MIT
 * Stores invented events as ingest would have written them: validated, redacted, the same rows. */
#ifndef YAVIO_CLI_SEED_LOAD_H
#define YAVIO_CLI_SEED_LOAD_H

#include "ch/ch.h"
#include "cli/seed.h"

struct seed_load {
	const struct seed_plan *plan;
	const struct ch_tenant *tenant;
	const struct conf_ch_endpoint *at; /* as yavio_ingest */
	/* Told now and then, from one thread at a time. */
	void (*progress)(int64_t stored, void *arg);
	void *arg;

	/* results */
	int64_t stored;
	size_t redacted;         /* pieces of personal data taken out */
	struct ch_result failed; /* the insert that failed, if one did */
};

/* Inserts everything of the plan, by several threads. Each insert has a token of its place in the
 * plan: a second run stores nothing twice. ERR_OK, the error of the store, or
 * ERR_CLI_INTERNAL_ERROR: out of memory, or an event that the contract refuses. */
enum err seed_load_run(struct seed_load *load) MUST_CHECK;

#endif
