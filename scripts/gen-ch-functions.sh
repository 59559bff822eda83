#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gen-ch-functions.sh FILE: turns clickhouse/functions.allow into C initialisers, sorted by the name in lower case.
set -euo pipefail
grep -vE '^[[:space:]]*(#|$)' "$1" | LC_ALL=C awk '
	!/^(scalar|aggregate|table) [A-Za-z0-9_]+( any-case)?$/ { print "functions.allow: bad line: " $0 > "/dev/stderr"; exit 1 }
	{ printf "%s\t{\"%s\", CH_FUNCTION_%s, %s},\n", tolower($2), $2, toupper($1), ($3 == "any-case" ? "true" : "false") }
' | LC_ALL=C sort -t "$(printf '\t')" -k1,1 -k2,2 | cut -f2
