/* SPDX-License-Identifier: MIT
 * What every file may rely on: standard types, attributes, array length. */
#ifndef YAVIO_BASE_BASE_H
#define YAVIO_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The caller must look at the result. */
#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
