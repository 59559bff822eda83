#!/usr/bin/env bash
# Makes lib/base/errors.h and errors.c from lib/base/errors.tbl, the only place that defines an error number.
set -euo pipefail
cd "$(dirname "$0")/.."
table=lib/base/errors.tbl

{
  cat <<'H'
/* SPDX-License-Identifier: MIT
 * Error numbers of every program, generated from errors.tbl by scripts/gen-errors.sh: do not edit. */
#ifndef YAVIO_BASE_ERRORS_H
#define YAVIO_BASE_ERRORS_H

/* The value is the number of YAVIO-nnnn; ERR_OK is success. */
enum err {
	ERR_OK = 0,
H
  awk -F ' \\| ' '!/^#/ && NF == 10 { printf "\tERR_%s_%s = %d,\n", $2, $3, $1 }' "$table"
  printf '};\n\n#endif\n'
} > lib/base/errors.h

{
  cat <<'H'
/* SPDX-License-Identifier: MIT
 * The error table, generated from errors.tbl by scripts/gen-errors.sh: do not edit. */
#include "base/err.h"

/* clang-format off */
const struct err_info err_table[] = {
H
  awk -F ' \\| ' '
    function quote(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
    !/^#/ && NF == 10 {
      severity = toupper($5)
      printf "\t{%d, \"YAVIO-%04d\", %s, %d, LOG_%s, %s, %s, %s},\n", \
        $1, $1, quote($3), $4, severity, ($6 == "yes" ? "true" : "false"), quote($8), quote($10)
    }' "$table"
  cat <<'H'
};
/* clang-format on */

const size_t err_table_len = sizeof(err_table) / sizeof(err_table[0]);
H
} > lib/base/errors.c
