/* SPDX-License-Identifier: MIT
 * Answers in the form of ClickHouse's HTTP interface. */
#ifndef YAVIO_STORE_REPLY_H
#define YAVIO_STORE_REPLY_H

#include <microhttpd.h>

#include "daemon/store/engine.h"
#include "daemon/store/job.h"
#include "daemon/store/request.h"

/* A plain text with a status, such as the answer to /ping. */
enum MHD_Result reply_text(struct MHD_Connection *connection, int status, const char *text);

/* A refusal of the store itself: status and text of the error table in ClickHouse's form. Logged
 * here. */
enum MHD_Result reply_refusal(struct request *r, enum err err);
/* A ClickHouse error that the store found itself, e.g. 223 QUERY_IS_TOO_LARGE. */
enum MHD_Result reply_error(struct request *r, int code, const char *name, const char *message);
/* An error of the engine: full text for the admin user, number and name for others. Logged here. */
enum MHD_Result reply_engine_error(struct request *r, const struct engine_answer *answer);

/* A whole result; answer moves into the response, also on failure. */
enum MHD_Result reply_whole(struct request *r, const char *format, struct engine_answer *answer);
/* A result in pieces: first is its first one. Both move into the response, also on failure. */
enum MHD_Result reply_stream(struct request *r, const char *format, struct job *job,
        struct engine_answer *first, bool first_is_last);

/* HTTP status of a ClickHouse error number, as ClickHouse maps it. */
int reply_status_of(int code);

#endif
