/* SPDX-License-Identifier: MIT
 * What the files of lib/httpc share. */
#ifndef YAVIO_HTTPC_HTTPC_INTERNAL_H
#define YAVIO_HTTPC_HTTPC_INTERNAL_H

/* libcurl's own start, once a process. */
void httpc_global(void);

#endif
