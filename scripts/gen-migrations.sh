#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes OUT/pg_migrations.c: the files of sql/migrations with their SHA-256, and sql/roles.sql, as C tables.
# usage: scripts/gen-migrations.sh OUT ROLES_FILE MIGRATION_FILE...
# Fails on a file that is not named NNNN_what.sql and on a gap in the numbers.
set -euo pipefail
out=$1 roles=$2
shift 2
mkdir -p "$out"
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

c_text() { # stdin as lines of C string literals
  awk '{ gsub(/\\/, "&&"); gsub(/"/, "\\\""); gsub(/\?/, "\\?"); gsub(/\t/, "\\t"); printf "\t\t\"%s\\n\"\n", $0 }'
}

{
  echo '/* The schema of PostgreSQL, generated from sql/ by scripts/gen-migrations.sh: do not edit. */'
  printf '#include "pg/pg_migrate.h"\n\nconst struct pg_migration pg_migrations[] = {\n'
  expected=1
  for file in "$@"; do
    base=$(basename "$file" .sql)
    if ! [[ $base =~ ^([0-9]{4})_([a-z0-9_]+)$ ]]; then
      echo "$file: not named NNNN_what.sql" >&2
      exit 1
    fi
    version=$((10#${BASH_REMATCH[1]}))
    if [ "$version" -ne "$expected" ]; then
      echo "$file: number $expected expected, migrations have no gaps" >&2
      exit 1
    fi
    expected=$((expected + 1))
    name=${BASH_REMATCH[2]}
    no_transaction=false
    if head -n 2 "$file" | grep -q '^-- no-transaction'; then no_transaction=true; fi
    sum=$(sha256sum "$file" | cut -d ' ' -f 1 | sed 's/../0x&, /g')
    printf '\t{%d, "%s",\n' "$version" "$name"
    c_text <"$file"
    printf '\t\t, {%s}, %s},\n' "$sum" "$no_transaction"
  done
  printf '};\nconst size_t pg_migrations_len = ARRAY_LEN(pg_migrations);\n\nconst char pg_roles_sql[] =\n'
  c_text <"$roles"
  printf '\t;\n'
} >"$tmp"

cmp -s "$tmp" "$out/pg_migrations.c" || cp "$tmp" "$out/pg_migrations.c"
