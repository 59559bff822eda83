#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes lib/base/errors.h and errors.c, sdk/js/src/errors.ts, docs/errors and the additions to errors.lock from lib/base/errors.tbl.
# shellcheck disable=SC2016  # the single quotes hold awk programs and Markdown
set -euo pipefail
cd "$(dirname "$0")/.."
table=lib/base/errors.tbl
lock=lib/base/errors.lock

rows() { # awk program over the rows of the table
  awk -F ' \\| ' "!/^#/ && NF == 10 $1" "$table"
}

{
  cat <<'H'
/* SPDX-License-Identifier: MIT
 * Error numbers of every program; scripts/gen-errors.sh makes this from errors.tbl. */
#ifndef YAVIO_BASE_ERRORS_H
#define YAVIO_BASE_ERRORS_H

/* clang-format off */
/* The value is the number of YAVIO-nnnn; ERR_OK is success. */
enum err {
	ERR_OK = 0,
H
  rows '{ printf "\tERR_%s_%s = %d,\n", $2, $3, $1 }'
  printf '};\n/* clang-format on */\n\n#endif\n'
} >lib/base/errors.h

{
  cat <<'H'
/* SPDX-License-Identifier: MIT
 * The error table; scripts/gen-errors.sh makes this from errors.tbl. */
#include "base/err.h"

/* clang-format off */
const struct err_info err_table[] = {
H
  rows '{
    message = $8; gsub(/\\/, "\\\\", message); gsub(/"/, "\\\"", message)
    fix = $10; gsub(/\\/, "\\\\", fix); gsub(/"/, "\\\"", fix)
    printf "\t{%d, \"YAVIO-%04d\", \"%s\", %d, LOG_%s, %s, \"%s\", \"%s\"},\n", \
      $1, $1, $3, $4, toupper($5), ($6 == "yes" ? "true" : "false"), message, fix
  }'
  cat <<'H'
};
/* clang-format on */

const size_t err_table_len = sizeof(err_table) / sizeof(err_table[0]);
H
} >lib/base/errors.c

{
  cat <<'H'
// SPDX-License-Identifier: MIT
// What the SDK says on stderr or the console: "severity code text"; scripts/gen-errors.sh makes this from lib/base/errors.tbl.
H
  rows '&& $2 == "SDK" && $7 != "reserved" {
    message = $8; gsub(/\\/, "\\\\", message); gsub(/\047/, "\\\047", message)
    printf "export const ERR_SDK_%s = \047%s YAVIO-%04d %s\047;\n", $3, $5, $1, message
  }'
} >sdk/js/src/errors.ts

range_title() {
  case $1 in
    1) echo 'SDK' ;;
    2) echo 'Ingest and shipper' ;;
    3) echo 'Dashboard and live' ;;
    4) echo 'Intelligence relay and jobs' ;;
    5) echo 'Storage' ;;
    6) echo 'CLI and scripts' ;;
    7) echo 'Infrastructure' ;;
  esac
}

mkdir -p docs/errors
for range in 1 2 3 4 5 6 7; do
  {
    printf '# %d000–%d999 %s\n\n' "$range" "$range" "$(range_title "$range")"
    printf 'Generated from `lib/base/errors.tbl` by `scripts/gen-errors.sh`: do not edit. Status: the HTTP status of a reply, or\n'
    printf 'the level of the log line. ° is not used by this version yet.\n\n'
    printf '| Code | Name | Status | Message | When | What to do |\n|---|---|---|---|---|---|\n'
    rows "&& int(\$1 / 1000) == $range && \$7 != \"reserved\" {
      printf \"| %s%s | \`%s\` | %s%s | %s | %s | %s |\\n\", \$1, (\$7 == \"live\" ? \"\" : \"°\"), \$3, \
        (\$4 > 0 ? \$4 : \$5), (\$6 == \"yes\" ? \", retry\" : \"\"), \$8, \$9, \$10
    }"
    reserved=$(rows "&& int(\$1 / 1000) == $range && \$7 == \"reserved\" { printf \"| %s | %s |\\n\", \$1, \$9 }")
    if [ -n "$reserved" ]; then
      printf '\n## Never used\n\n| Code | Why |\n|---|---|\n%s\n' "$reserved"
    fi
  } >"docs/errors/${range}000.md"
done

{
  printf '# Error codes\n\n'
  printf 'Generated from `lib/base/errors.tbl` by `scripts/gen-errors.sh`: do not edit.\n\n'
  printf 'Every failure that a person or a program can see has one number. `YAVIO-2101` is the same in the reply\n'
  printf '(`error.code`), the log (`err.code`), the metrics and the output of the CLI. A number never changes its meaning.\n\n'
  printf '| Range | Where |\n|---|---|\n'
  for range in 1 2 3 4 5 6 7; do
    printf '| [%d000–%d999](%d000.md) | %s |\n' "$range" "$range" "$range" "$(range_title "$range")"
  done
} >docs/errors/README.md

# The lock only grows: a number that was ever published stays with its name.
if [ ! -e "$lock" ]; then
  printf '# Numbers and names that were published; lines are only added (scripts/gen-errors.sh does it).\n' >"$lock"
fi
added=$(rows '{ print $1, $3 }' | awk 'NR == FNR { known[$1] = 1; next } !($1 in known)' "$lock" -)
[ -z "$added" ] || printf '%s\n' "$added" >>"$lock"
