#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes OUT/pg_queries.{h,c} from the named statements in sql/queries/*.sql: one enum entry and one table row a statement.
# usage: scripts/gen-queries.sh OUT FILE...
#
# A block: "-- name: key_by_hash", "-- roles: ingest service" (who may run it: service app ingest superuser), optionally
# "-- prepare: no" (always sent unnamed) and "-- with: login" (it looks the login up itself: $1 to $3 and its first six columns
# are those of tx_login), any other comment lines, then one statement that ends with its line's ";".
# Fails on a name twice, a block without roles or statement, and parameters with gaps.
set -euo pipefail
out=$1
shift
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

awk -v header="$tmp/pg_queries.h" -v source="$tmp/pg_queries.c" '
function fail(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what > "/dev/stderr"
	failed = 1
	exit 1
}
function c_text(s) {
	gsub(/\\/, "&&", s)
	gsub(/"/, "\\\"", s)
	gsub(/\?/, "\\?", s)
	gsub(/\t/, "\\t", s)
	return s
}
function params(s,    most, n, i, seen) {
	most = 0
	while (match(s, /\$[0-9]+/)) {
		n = substr(s, RSTART + 1, RLENGTH - 1) + 0
		seen[n] = 1
		if (n > most) most = n
		s = substr(s, RSTART + RLENGTH)
	}
	for (i = 1; i <= most; i++)
		if (!(i in seen)) fail("statement " name " has $" most " but no $" i)
	if (most > 32) fail("statement " name " has more than 32 parameters")
	return most
}
function finish(    n) {
	if (name == "") return
	if (roles == "") fail("statement " name " has no \"-- roles:\"")
	if (sql == "") fail("statement " name " is empty")
	if (!ended) fail("statement " name " does not end with \";\"")
	n = params(sql)
	if (login == "true" && n < 3) fail("statement " name " has no $1 to $3 for its login")
	printf "\tPGQ_%s, /* %s: %s */\n", toupper(name), file, roles_text > header
	printf "\t[PGQ_%s] = {\"%s\",\n%s\t\t, %d, %s, %s, %s},\n", toupper(name), name, text, n, roles, prepare, login > source
	count++
	name = ""
}
BEGIN {
	bit["service"] = "PG_SERVICE"; bit["app"] = "PG_APP"; bit["ingest"] = "PG_INGEST"; bit["superuser"] = "PG_SUPERUSER"
	print "/* Named statements, generated from sql/queries by scripts/gen-queries.sh: do not edit. */" > header
	print "#ifndef YAVIO_GEN_PG_QUERIES_H\n#define YAVIO_GEN_PG_QUERIES_H\n\nenum pg_query {" > header
	print "/* Named statements, generated from sql/queries by scripts/gen-queries.sh: do not edit. */" > source
	print "#include \"pg/pg_internal.h\"\n\nconst struct pg_query_def pg_queries[PGQ_COUNT] = {" > source
}
FNR == 1 { finish(); file = FILENAME; sub(/.*\//, "", file) }
/^-- name:/ {
	finish()
	name = $3
	if (NF != 3 || name !~ /^[a-z][a-z0-9_]*$/ || length(name) > 62) fail("malformed name: " $0)
	if (name in known) fail("statement " name " is already in " known[name])
	known[name] = file ":" FNR
	roles = ""; roles_text = ""; sql = ""; text = ""; ended = 0; prepare = "true"; login = "false"; dollar = 0
	next
}
/^-- roles:/ {
	if (name == "" || sql != "" || roles != "") fail("misplaced: " $0)
	for (i = 3; i <= NF; i++) {
		if (!($i in bit)) fail("unknown role " $i)
		roles = roles (roles == "" ? "" : " | ") bit[$i]
		roles_text = roles_text (roles_text == "" ? "" : " ") $i
	}
	if (roles == "") fail("no role named")
	next
}
/^-- prepare:/ {
	if (name == "" || sql != "" || $3 != "no" || NF != 3) fail("malformed: " $0)
	prepare = "false"
	next
}
/^-- with:/ {
	if (name == "" || sql != "" || $3 != "login" || NF != 3) fail("malformed: " $0)
	login = "true"
	next
}
/^[ \t]*--/ || /^[ \t]*$/ { next }
{
	if (name == "") fail("text before the first \"-- name:\"")
	if (ended) fail("statement " name ": text after its end (one statement a block)")
	line = $0
	dollar += gsub(/\$\$/, "$$", line)
	if (dollar % 2 == 0 && line ~ /;[ \t]*$/) { sub(/;[ \t]*$/, "", line); ended = 1 }
	else if (dollar % 2 == 0 && line ~ /;/ && line !~ /\$\$/) fail("statement " name ": \";\" inside")
	sql = sql line "\n"
	text = text "\t\t\"" c_text(line) "\\n\"\n"
}
END {
	if (failed) exit 1
	finish()
	if (failed) exit 1
	if (count == 0) { print "no statement found" > "/dev/stderr"; exit 1 }
	print "\tPGQ_COUNT\n};\n\n#endif" > header
	print "};" > source
}' "$@"

for file in pg_queries.h pg_queries.c; do
  cmp -s "$tmp/$file" "$out/$file" || cp "$tmp/$file" "$out/$file"
done
