#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the C tables of common passwords from their list: three sorted arrays, named after the list's sections.
# usage: scripts/gen-passwords.sh OUT.c LIST
set -euo pipefail
out=$1 list=$2
export LC_ALL=C
tmp=$(mktemp)
trap 'rm -f -- "$tmp"' EXIT

section() { # name: its lines as a sorted array; an ending may be nothing
  awk -v want="[$1]" '/^# / { next } /^\[[a-z]+\]$/ { on = $0 == want; next } on' "$list" | sort -u | awk -v name="$1" '
    BEGIN {
      printf "const char *const auth_common_%s[] = {\n", name
      if (name == "endings") { print "\t\"\","; count = 1 }
    }
    { gsub(/[\\"]/, "\\\\&"); gsub(/\?/, "\\?"); printf "\t\"%s\",\n", $0; count++ }
    END { printf "};\nconst size_t auth_common_%s_len = %d;\n", name, count; if (count < 2) exit 1 }'
}

{
  printf '/* Common passwords, generated from %s by scripts/gen-passwords.sh: do not edit. */\n' "$list"
  printf '#include "auth/auth_common.h"\n'
  section whole
  section words
  section endings
} >"$tmp"
mkdir -p "$(dirname "$out")"
cmp -s "$tmp" "$out" || cp "$tmp" "$out"
