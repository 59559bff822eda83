/* SPDX-License-Identifier: MIT
 * What of a list is wanted, for every list of lib/store. */
#ifndef YAVIO_STORE_STORE_PAGE_H
#define YAVIO_STORE_STORE_PAGE_H

#include "base/base.h"

enum { STORE_TOTAL_MAX = 10000 }; /* lists count to here at most */

struct store_page {
	int64_t limit, offset;
	size_t sort; /* which column, by the list's own order of them */
	bool descending;
};

#endif
