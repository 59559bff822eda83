#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sizes of C functions: none over 120 lines or over 30 branches; prints median and 99th percentile. Relies on clang-format's layout.
# usage: scripts/check-functions.sh [--list]   --list prints lines, branches and name of every function
# shellcheck disable=SC2016  # the single quotes hold an awk program
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

git ls-files --cached --others --exclude-standard -- 'lib/*.c' 'lib/*.h' 'fcgi/*.c' 'daemon/*.c' 'cli/*.c' 'tests/*.c' 'scripts/*.c' |
  while IFS= read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
  done | grep -v '^lib/base/errors\.c$' >"$work/files"

# A body opens with { in the first column after a line of code and closes with } there.
xargs -d '\n' awk '
  FNR == 1 { inside = 0; name = "" }
  !inside && /^[A-Za-z_].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
  !inside && /^{$/ && name != "" { inside = 1; start = FNR; branches = 1; next }
  inside && /^}/ { print FNR - start - 1, branches, FILENAME ":" start, name; inside = 0; name = ""; next }
  inside {
    text = $0
    gsub(/"([^"\\]|\\.)*"/, "", text); gsub(/\047([^\047\\]|\\.)*\047/, "", text); sub(/\/\*.*/, "", text)
    if (text ~ /^[ \t]*\*/) next
    branches += gsub(/(^|[^A-Za-z_])(if|for|while|case)([^A-Za-z_]|$)/, "&", text) + gsub(/&&|\|\||\?/, "&", text)
  }' <"$work/files" >"$work/functions"

if [ "${1:-}" = --list ]; then
  sort -rn "$work/functions"
  exit
fi
awk '$1 > 120 { print "functions: " $3 " " $4 " has " $1 " lines, at most 120"; bad = 1 }
  $2 > 30 { print "functions: " $3 " " $4 " has " $2 " branches, at most 30"; bad = 1 }
  END { exit bad }' "$work/functions" || faults=1
sort -n "$work/functions" | awk '{ size[NR] = $1 } END {
  if (NR > 0) printf "functions: %d, median %d lines, 99th percentile %d\n", NR, size[int((NR + 1) / 2)], size[int(NR * 0.99) + (NR * 0.99 > int(NR * 0.99))] }'
[ "${faults:-0}" -eq 0 ]
