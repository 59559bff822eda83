/* SPDX-License-Identifier: MIT
 * The gate of a select within one project (docs/DESIGN.md, Tenancy fails closed): what stands in
 * front of the filters.
 */
#ifndef YAVIO_STORE_TENANT_H
#define YAVIO_STORE_TENANT_H

#include "ch/ch_gate.h"
#include "daemon/store/engine.h"
#include "daemon/store/request.h"

/* The text alone: lexer, format (text's own or the parameter, canonical, into text->format),
 * tenant. ERR_DB_STORE_STATEMENT_DENIED, ERR_DB_STORE_TENANT_MISSING. */
enum err tenant_check_text(
        struct request *r, const char *sql, size_t len, struct ch_gate_text *text) MUST_CHECK;

/* The parsed query, on a connection that has the parameters, filters and readonly set.
 * ERR_DB_STORE_STATEMENT_DENIED; when it was the engine that refused the text (syntax, unknown
 * column), *answer has its error, else answer->code is 0. */
enum err tenant_check_tree(struct request *r, struct engine_conn *conn,
        const struct ch_gate_text *text, struct engine_answer *answer) MUST_CHECK;

#endif
