#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every setting that anything mentions is in lib/conf/options.def, every row is documented, and setup-env.sh agrees with both.
# usage: scripts/check-options.sh [--fix]   --fix marks rows without a user as PLANNED, and the others not
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lint-common.sh options

scripts/gen-options.sh names >"$work/table"
awk '{ print $2 } /SECRET/ { print $2 "_FILE" }' "$work/table" | sort -u >"$work/known"


# Names that a file mentions: YAVIO_ anywhere, the other families where settings are written down.
tests_of_conf='^(lib/conf/options\.def|tests/unit/(test_conf[^/]*\.c|conf_fixture\.h)|tests/it/(setup-env|settings)\.test\.mjs|tests/fuzz/|.*package-lock\.json)'
tracked . | grep -vE "$tests_of_conf" >"$work/files"
{
  xargs -d '\n' grep -oHE '\bYAVIO_[A-Z0-9_]*[A-Z0-9]\b' <"$work/files"
  grep -E '^(scripts|caddy|deploy|docs|bin)/|^(Makefile|README\.md|docker-compose\.yml)$' "$work/files" |
    grep -vE '^(docs/errors/|scripts/gen-options\.c|scripts/check-options\.sh)' |
    xargs -d '\n' grep -oHE '\b(POSTGRES|CLICKHOUSE|DATABASE|SMTP|SENTRY|OTEL|STRIPE|GITHUB|GOOGLE|REDIS|JWT|NEXTAUTH|METRICS)_[A-Z0-9_]*[A-Z0-9]\b'
} | sort -u | awk -F: '
  NR == FNR { known[$1] = 1; next }
  # an include guard is no setting
  !($2 in known) && $2 !~ /_H$/ { print $1 " mentions " $2 ", which is not in lib/conf/options.def" }' "$work/known" - >"$work/out"
fault_lines <"$work/out"

# A row has a user: C outside lib/conf by its id, a script, Caddy or compose by its name. These lib/conf uses itself.
{
  printf '%s\n' YAVIO_SPOOL_ALLOW_LOSS YAVIO_INSECURE_HTTP YAVIO_TELEMETRY DO_NOT_TRACK YAVIO_ENV_FILE
  grep -ohE '\bCONF_[A-Z0-9_]+' lib/conf/conf_derive.c lib/conf/conf_pg.c lib/conf/conf_path.c | sed 's/^CONF_//'
  tracked lib fcgi daemon cli | grep -E '\.c$' | grep -v '^lib/conf/' |
    xargs -d '\n' --no-run-if-empty grep -ohE '\bCONF_[A-Z0-9_]+' | sed 's/^CONF_//' || true
  tracked caddy deploy docker-compose.yml scripts | grep -vE '^scripts/(setup-env|check-|gen-)' |
    xargs -d '\n' --no-run-if-empty grep -ohE '\b[A-Z][A-Z0-9_]{3,}\b' || true
} | sort -u >"$work/used"
awk '$1 == "option" && $5 !~ /^[KP]+$/ { print $2 }' "$work/table" | sort | comm -23 - "$work/used" >"$work/unused"
awk '$1 == "option" && /PLANNED/ { print $2 }' "$work/table" | sort >"$work/planned"
comm -23 "$work/unused" "$work/planned" >"$work/mark"
comm -13 "$work/unused" "$work/planned" >"$work/unmark"
if [ "${1:-}" = --fix ]; then
  while read -r name; do
    sed -i -E "/^CONF_OPTION\($name,/{s/, 0, (\"[A-Z]+\", )/, PLANNED, \1/;t;s/(, [A-Z |]*), (\"[A-Z]+\", )/\1 | PLANNED, \2/}" lib/conf/options.def
  done <"$work/mark"
  while read -r name; do
    sed -i -E "/^CONF_OPTION\($name,/{s/ \| PLANNED, /, /;t;s/, PLANNED, /, 0, /}" lib/conf/options.def
  done <"$work/unmark"
  scripts/gen-options.sh
else
  sed 's/$/ has no user and is not marked PLANNED; scripts\/check-options.sh --fix does it/' "$work/mark" >"$work/out"
  fault_lines <"$work/out"
  sed 's/$/ is marked PLANNED and has a user; scripts\/check-options.sh --fix corrects it/' "$work/unmark" >"$work/out"
  fault_lines <"$work/out"
fi

# Documented: the two generated files and a help text each.
awk '$1 == "option" { print $2 }' "$work/table" | while read -r name; do
  grep -qE "^#? ?$name=" .env.example || echo "$name is not in .env.example"
  grep -q "^| \`$name\`" docs/configuration.md || echo "$name is not in docs/configuration.md"
done >"$work/out"
fault_lines <"$work/out"

# setup-env.sh makes what the table says it makes, with the same least length.
sed -n "/^SECRETS='/,/^'/p" scripts/setup-env.sh | awk 'NF == 4 { print $1, $3, $4 }' | sort >"$work/script"
awk '$1 == "option" && /GENERATED/ { print $2, $4, (/REQUIRED/ ? "required" : "optional") }' "$work/table" | sort >"$work/def"
diff "$work/def" "$work/script" | sed -n 's/^[<>]/setup-env.sh and options.def differ:/p' >"$work/out" || true
fault_lines <"$work/out"
sed -n 's/^CONF_PUBLISHED("\(.*\)")$/\1/p' lib/conf/published.def | sort >"$work/words"
sed -n "/^PUBLISHED='/,/'\$/p" scripts/setup-env.sh | tr -d "'" | sed 's/^PUBLISHED=//' | tr ' ' '\n' | grep . | sort >"$work/script"
diff "$work/words" "$work/script" | sed -n 's/^[<>]/setup-env.sh and published.def differ:/p' >"$work/out" || true
fault_lines <"$work/out"
sed -n 's/^CONF_SAMPLE("\(.*\)")$/\1/p' lib/conf/published.def | sort >"$work/words"
sed -n "/^SAMPLES='/,/'\$/p" scripts/setup-env.sh | tr -d "'" | sed 's/^SAMPLES=//' | tr ' ' '\n' | grep . | sort >"$work/script"
diff "$work/words" "$work/script" | sed -n 's/^[<>]/setup-env.sh and published.def differ:/p' >"$work/out" || true
fault_lines <"$work/out"

[ "$faults" -eq 0 ]
