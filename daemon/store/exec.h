/* SPDX-License-Identifier: MIT
 * Runs the statement of a request whose body has come, as its user may, and queues the answer. */
#ifndef YAVIO_STORE_EXEC_H
#define YAVIO_STORE_EXEC_H

#include "daemon/store/request.h"

enum MHD_Result exec_request(struct request *r);

#endif
