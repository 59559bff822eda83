#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gen-ch-files.sh DIR: writes the SQL files of clickhouse/ as C, the migrations as a table sorted by number.
set -euo pipefail
dir=$1

literal() {
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/\t"/' -e 's/$/\\n"/' "$1"
}

constant() {
	printf 'const char %s[] =\n' "$1"
	literal "$2"
	printf ';\nconst size_t %s_len = sizeof(%s) - 1;\n' "$1" "$1"
}

constant ch_schema_migrations_sql "$dir/schema_migrations.sql"
constant ch_users_sql "$dir/users.sql"

expected=1
printf 'const struct ch_migration ch_migrations[] = {\n'
for file in "$dir"/migrations/*.sql; do
	name=$(basename "$file" .sql)
	[[ $name =~ ^[0-9]{4}_[a-z0-9_]+$ ]] || { echo "$file: name is not NNNN_what.sql" >&2; exit 1; }
	version=$((10#${name%%_*}))
	((version == expected)) || { echo "$file: number $expected was expected" >&2; exit 1; }
	sed -n 2p "$file" | grep -q '^-- ' || { echo "$file: its second line does not say what and why" >&2; exit 1; }
	printf '{.version = %d, .name = "%s", .len = %d, .text =\n' "$version" "$name" "$(wc -c <"$file")"
	literal "$file"
	printf '},\n'
	expected=$((expected + 1))
done
printf '};\nconst size_t ch_migrations_len = ARRAY_LEN(ch_migrations);\n'
