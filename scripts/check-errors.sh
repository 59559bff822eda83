#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Holds the error catalogue to its rules: texts, lock, every number used is in the table and every live row is used and tested.
# usage: scripts/check-errors.sh [--fix | --untested]   --fix sets used rows to live, --untested rewrites errors.untested
set -euo pipefail
cd "$(dirname "$0")/.."
table=lib/base/errors.tbl
lock=lib/base/errors.lock
untested=lib/base/errors.untested
. scripts/lint-common.sh errors

grep_words() { # pattern, then file names on stdin: each match once
  xargs -d '\n' --no-run-if-empty grep -hoE -- "$1" 2>/dev/null | sort -u || true
}

# --- texts ---
awk -F ' \\| ' '
  /^#/ { next }
  NF != 10 { print "line " NR ": 10 columns are needed"; next }
  $1 !~ /^[1-7][0-9][0-9][0-9]$/ { print $1 ": no number of the ranges" }
  $1 in number { print $1 ": the number is there twice" }
  ($2 "_" $3) in name { print $1 ": the name " $2 "_" $3 " is there twice" }
  { number[$1] = 1; name[$2 "_" $3] = 1 }
  $2 !~ /^(SDK|INGEST|DASH|INTEL|DB|CLI|INFRA)$/ { print $1 ": unknown group " $2 }
  $4 !~ /^(0|[45][0-9][0-9])$/ { print $1 ": HTTP status " $4 }
  $5 !~ /^(debug|info|warn|error|fatal)$/ { print $1 ": severity " $5 }
  $6 !~ /^(yes|no)$/ { print $1 ": retry " $6 }
  $6 == "yes" && $4 !~ /^(429|502|503|504)$/ { print $1 ": only 429, 502, 503, 504 may be retried" }
  $7 !~ /^(live|planned|reserved)$/ { print $1 ": status " $7 }
  $8 == "" || length($8) > 80 { print $1 ": the message has 1 to 80 characters" }
  $8 ~ /[\/%{}<>]|\.$|(^|[^A-Z])(SELECT|INSERT|UPDATE|DELETE|WHERE|FROM)([^A-Z]|$)/ {
    print $1 ": the message holds a path, a placeholder, SQL or a full stop" }
  $9 !~ /\.$/ || $10 !~ /\.$/ { print $1 ": when and recovery are sentences" }
' "$table" >"$work/texts"
fault_lines <"$work/texts"

awk -F ' \\| ' '!/^#/ && NF == 10 { print $1, $2 "_" $3, $7 }' "$table" >"$work/rows"

# --- lock ---
awk -F ' \\| ' '!/^#/ && NF == 10 { print $1, $3 }' "$table" | sort >"$work/now"
grep -v '^#' "$lock" | sort >"$work/locked"
comm -13 "$work/now" "$work/locked" | sed 's/$/: was published and is missing or renamed/' >"$work/out"
fault_lines <"$work/out"
comm -23 "$work/now" "$work/locked" | sed 's/$/: is not in errors.lock; run make gen/' >"$work/out"
fault_lines <"$work/out"
if git show "HEAD:$lock" >"$work/before" 2>/dev/null; then
  grep -vxFf "$lock" "$work/before" | sed 's/$/: was taken out of errors.lock/' >"$work/out" || true
  fault_lines <"$work/out"
fi

# --- use ---
generated='^(lib/base/errors\.|docs/errors/|sdk/js/src/errors\.ts)'
tracked lib fcgi daemon cli sdk/js/src | grep -E '\.(c|tsx?)$' | grep -vE "$generated" >"$work/c-files" || true
tracked scripts caddy sql clickhouse web mk Makefile deploy | grep -vE '^scripts/(check|gen)-errors\.sh$' >"$work/other-files" || true
tracked tests sdk/js/test >"$work/test-files"
tracked . | grep -vE "$generated|^CHANGELOG" >"$work/all-files"

# A case label asks for a number and never raises it, so it is no use. A row such as `.err_media = ERR_...` names the number
# of an event that the program's routes may or may not have: it is use enough for a live number, none to make one live.
mentions='\bERR_(SDK|INGEST|DASH|INTEL|DB|CLI|INFRA)_[A-Z0-9_]+'
names_in() { sed -E "$1" | { grep -oE -- "$mentions" || true; } | sed 's/^ERR_//' | sort -u; }
no_labels="s/\bcase $mentions://g"
xargs -d '\n' --no-run-if-empty cat <"$work/c-files" >"$work/c-text"
# A macro of a header that makes table rows raises what its rows name.
tracked lib fcgi | grep -E '\.h$' | grep -vE "$generated" | xargs -d '\n' --no-run-if-empty grep -hE '\.(code|err_[a-z_]+) = ERR_' >>"$work/c-text" || true
names_in "$no_labels" <"$work/c-text" >"$work/used-names"
names_in "$no_labels; s/\.err_[a-z_]+ = $mentions//g" <"$work/c-text" >"$work/raised-names"
grep_words "$mentions" <"$work/c-files" | sed 's/^ERR_//' >"$work/known-names"
cat "$work/c-files" "$work/other-files" | grep_words 'YAVIO-[0-9]{4}' | sed 's/^YAVIO-//' >"$work/used-numbers"
grep_words '\bERR_(SDK|INGEST|DASH|INTEL|DB|CLI|INFRA)_[A-Z0-9_]+' <"$work/test-files" | sed 's/^ERR_//' >"$work/tested-names"
# refused(answer, 404, 3706) of tests/support/dashboard.mjs names a number, too.
{
  grep_words 'YAVIO-[0-9]{4}' <"$work/test-files" | sed 's/^YAVIO-//'
  grep_words '\b[45][0-9]{2}, [1-7][0-9]{3}\b' <"$work/test-files" | sed 's/.* //'
} | sort -u >"$work/tested-numbers"
grep_words 'YAVIO-[0-9]{4}' <"$work/all-files" | sed 's/^YAVIO-//' >"$work/seen-numbers"

awk '{ print $1 }' "$work/rows" | sort >"$work/numbers"
comm -13 "$work/numbers" "$work/seen-numbers" | sed 's/^/YAVIO-/; s/$/: is used and not in the table/' >"$work/out"
fault_lines <"$work/out"
awk '{ print $2 }' "$work/rows" | sort >"$work/names"
cat "$work/known-names" "$work/tested-names" | sort -u | comm -13 "$work/names" - |
  sed 's/^/ERR_/; s/$/: is used and not in the table/' >"$work/out"
fault_lines <"$work/out"

marks() { # names file, numbers file: numbers of the rows that one of them mentions
  awk 'FILENAME == ARGV[1] { name[$1] = 1; next } FILENAME == ARGV[2] { number[$1] = 1; next }
    ($1 in number) || ($2 in name) { print $1 }' "$1" "$2" "$work/rows" | sort
}
marks "$work/used-names" "$work/used-numbers" >"$work/used"
marks "$work/raised-names" "$work/used-numbers" >"$work/raised"
marks "$work/tested-names" "$work/tested-numbers" >"$work/tested"
with_status() { awk -v status="$1" '$3 == status { print $1 }' "$work/rows" | sort; }

if [ "${1:-}" = --fix ]; then
  awk -F ' \\| ' -v OFS=' | ' 'NR == FNR { used[$1] = 1; next }
    !/^#/ && $7 == "planned" && ($1 in used) { $7 = "live" } { print }' "$work/raised" "$table" >"$work/table"
  cat "$work/table" >"$table"
  awk -F ' \\| ' '!/^#/ && NF == 10 { print $1, $2 "_" $3, $7 }' "$table" >"$work/rows"
  scripts/gen-errors.sh
fi

with_status planned | comm -12 - "$work/raised" | sed 's/^/YAVIO-/; s/$/: is used but planned; run scripts\/check-errors.sh --fix/' >"$work/out"
fault_lines <"$work/out"
with_status reserved | comm -12 - "$work/used" | sed 's/^/YAVIO-/; s/$/: is used but reserved/' >"$work/out"
fault_lines <"$work/out"
with_status live | comm -23 - "$work/used" | sed 's/^/YAVIO-/; s/$/: is live but used nowhere/' >"$work/out"
fault_lines <"$work/out"

# Live rows that no test mentions are listed by name, and the list may only shrink.
with_status live | comm -23 - "$work/tested" >"$work/without-test"
if [ "${1:-}" = --untested ]; then
  { printf '# Live error numbers that no test mentions yet; scripts/check-errors.sh lets none be added.\n'; cat "$work/without-test"; } >"$untested"
fi
grep -v '^#' "$untested" 2>/dev/null | sort >"$work/allowed" || true
comm -23 "$work/without-test" "$work/allowed" | sed 's/^/YAVIO-/; s/$/: is live and no test mentions it/' >"$work/out"
fault_lines <"$work/out"
comm -13 "$work/without-test" "$work/allowed" | sed "s/^/YAVIO-/; s|\$|: is tested or not live; take it out of $untested|" >"$work/out"
fault_lines <"$work/out"

[ "$faults" -eq 0 ]
