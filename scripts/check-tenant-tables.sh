#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check-tenant-tables.sh: every table that has workspace_id is in the list of lib/ch, and has its policies and grants, its
# erasure and its tests; and the list holds no other table.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0

complain() {
	echo "check-tenant-tables: $*" >&2
	status=1
}

# A table is a tenant table when its CREATE statement has the tenant's column; one that a migration drops again is none.
mapfile -t dropped < <(sed -nE 's/^DROP TABLE IF EXISTS [{]*[a-z]*:?([a-z_]+)[}]*.*/\1/p' clickhouse/migrations/*.sql | sort -u)
mapfile -t made < <(awk '
	match($0, /CREATE TABLE IF NOT EXISTS [{]*[a-z:_]+/) { name = substr($0, RSTART, RLENGTH); sub(/.*[ :]/, "", name) }
	/^ *workspace_id / && name != "" { print name; name = "" }
' clickhouse/migrations/*.sql | sort -u | grep -vxF "$(printf '%s\n' "${dropped[@]}")")
mapfile -t listed < <(grep -oE '\.name = "[a-z_]+"' lib/ch/ch_tables.c | cut -d'"' -f2 | sort -u)
((${#made[@]} > 0)) || complain "no tenant table found in clickhouse/migrations"
[ "${made[*]}" = "${listed[*]}" ] || complain "migrations make '${made[*]}', lib/ch/ch_tables.c lists '${listed[*]}'"

for table in "${made[@]}"; do
	for policy in "tenant .*workspace_id = .*project_id = .* AS PERMISSIVE" "tenant_workspace .* AS RESTRICTIVE" "tenant_project .* AS RESTRICTIVE"; do
		grep -qE "^CREATE ROW POLICY OR REPLACE ${policy%% *} .*[{][{]both:${table}[}][}].*${policy#* }" clickhouse/users.sql ||
			complain "$table: policy ${policy%% *} is not in clickhouse/users.sql"
	done
	for grant in SELECT "ALTER DELETE"; do
		grep -qE "^GRANT [{][{]on_cluster[}][}] $grant ON [{][{]db[}][}]\.[{][{]both:${table}[}][}] " clickhouse/users.sql ||
			complain "$table: GRANT $grant is not in clickhouse/users.sql"
	done
	grep -q "FROM $table\b" tests/it/isolation.test.mjs || complain "$table: tests/it/isolation.test.mjs does not read it"
done
if grep -nE '^GRANT .* ON ([^ ]*\.)?\* ' clickhouse/users.sql; then
	complain "a grant names no table"
fi
exit $status
