#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every row of the route tables (fcgi/*/routes.c) has its operation in docs/api/openapi.yaml, and every operation its row.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# Rows are READ("/path", READ_ONCE("/path", VIEW("/path", EXPORT("/path", WRITE(POST, "/path", or WEB_ROUTE(WEB_POST, "/path", in whatever lines.
for file in fcgi/*/routes.c; do
  tr -s '\n\t ' ' ' <"$file" |
    grep -oE '\b(READ|READ_ONCE|VIEW|EXPORT|WRITE|WEB_ROUTE)\( ?((WEB_)?[A-Z]+, )?"[^"]+"' |
    sed -E 's/^(READ|READ_ONCE|VIEW|EXPORT)\( ?/GET /; s/^(WRITE|WEB_ROUTE)\( ?(WEB_)?([A-Z]+), /\3 /; s/"//g' | sort >"$work/table"
  uniq -d "$work/table" | sed "s|\$|: two rows in $file|" >>"$work/twice"
  cat "$work/table" >>"$work/all"
done
sort -u "$work/all" >"$work/rows" # two programs may have a path each: /metrics

awk '
  /^paths:/ { inside = 1; next }
  /^[a-z]/ { inside = 0 }
  inside && /^  \/.*:$/ { path = $1; sub(/:$/, "", path) }
  inside && /^    (get|post|put|patch|delete):$/ { method = $1; sub(/:$/, "", method); print toupper(method), path }
' docs/api/openapi.yaml | sort >"$work/operations"

faults=0
while IFS= read -r line; do
  printf 'api: %s\n' "$line"
  faults=$((faults + 1))
done < <(
  cat "$work/twice"
  comm -23 "$work/rows" "$work/operations" | sed 's/$/: a row without operation in docs\/api\/openapi.yaml/'
  comm -13 "$work/rows" "$work/operations" | sed 's/$/: an operation without row in fcgi\/*\/routes.c/'
)
[ -s "$work/rows" ] || { echo 'api: no rows found'; exit 1; }
[ "$faults" -eq 0 ]
