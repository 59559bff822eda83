/* SPDX-License-Identifier: MIT
 * The list of common passwords as tables, generated from common_passwords.txt; sorted. */
#ifndef YAVIO_AUTH_AUTH_COMMON_H
#define YAVIO_AUTH_AUTH_COMMON_H

#include <stddef.h>

extern const char *const auth_common_whole[];
extern const size_t auth_common_whole_len;
extern const char *const auth_common_words[];
extern const size_t auth_common_words_len;
extern const char *const auth_common_endings[];
extern const size_t auth_common_endings_len;

#endif
