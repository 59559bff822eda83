#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes OUT/ch_queries.{h,c} from the named queries in clickhouse/queries/*.sql, with their blocks filled in.
# usage: scripts/gen-ch-queries.sh OUT functions.allow FILE...   (blocks.sql is among the files, in any place)
#
# "-- param: name Type" declares what queries may take, written {name}; "-- block: name" and lines of text, in which $1 to $9 stand for
# what an include gives; both stand in blocks.sql where several views share them. "-- plain: text" below a block's name gives what it
# is while all lists that only it takes are empty: such queries are made in both forms, since what filters by nothing costs the store
# more than a small query does.
# Other files: "-- name: overview_calls", one SELECT that ends with its line's ";".
# {{name}} and {{name: one | two}} include a block, anywhere, also in blocks and in what is given to them.
# Fails on what no query may hold: a parameter or block that is not declared, a tenant's column, a table outside blocks.sql (so
# that how rows are read stands in one place), a function that the gate of the store would refuse.
set -euo pipefail
out=$1
shift
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

LC_ALL=C awk -v header="$tmp/ch_queries.h" -v source="$tmp/ch_queries.c" '
function fail(what) {
	print what > "/dev/stderr"
	failed = 1
	exit 1
}
function trim(s) { gsub(/^[ \t\n]+|[ \t\n]+$/, "", s); return s }
function c_text(s) {
	gsub(/\\/, "&&", s)
	gsub(/"/, "\\\"", s)
	gsub(/\?/, "\\?", s)
	gsub(/\n/, "\\n\"\n\t\t\"", s)
	return s
}
# Length of the braces that begin s, nested ones included.
function braces(s,    i, c, depth) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "{") depth++
		if (c == "}" && --depth == 0) return i
	}
	fail(where ": braces without end: " substr(s, 1, 60))
}
# Splits text at "|" between blanks, outside of braces, into args; returns how many.
function arguments(text, args,    n, depth, i, c, start) {
	n = 0; start = 1; depth = 0
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "{") depth++
		if (c == "}") depth--
		if (depth == 0 && c == "|" && substr(text, i - 1, 3) ~ /^[ \t\n]\|[ \t\n]$/) { args[++n] = trim(substr(text, start, i - start)); start = i + 1 }
	}
	args[++n] = trim(substr(text, start))
	return n
}
function replace(s, what, with,    at, result) {
	result = ""
	while ((at = index(s, what)) > 0) {
		result = result substr(s, 1, at - 1) with
		s = substr(s, at + length(what))
	}
	return result s
}
function include(inner, depth,    colon, name, n, args, text, i) {
	if (depth > 20) fail(where ": blocks include each other")
	colon = index(inner, ":")
	name = trim(colon ? substr(inner, 1, colon - 1) : inner)
	if (!(name in block)) fail(where ": no block " name)
	n = colon ? arguments(substr(inner, colon + 1), args) : 0
	text = plainly && name in plain ? plain[name] : block[name]
	for (i = 1; i <= n; i++) {
		if (index(block[name], "$" i) == 0) fail(where ": block " name " takes no argument " i)
		text = replace(text, "$" i, args[i])
	}
	if (match(text, /\$[1-9]/)) fail(where ": block " name " misses argument " substr(text, RSTART, 2))
	return expand(text, depth + 1)
}
function expand(s, depth,    result, at, len) {
	result = ""
	while ((at = index(s, "{{")) > 0) {
		len = braces(substr(s, at))
		result = result substr(s, 1, at - 1) include(substr(s, at + 2, len - 4), depth)
		s = substr(s, at + len)
	}
	return result s
}
# {name} becomes {name:Type}; used[] gets what it takes.
function parameters(s, used,    result, name) {
	result = ""
	while (match(s, /\{[a-z_]+\}/)) {
		name = substr(s, RSTART + 1, RLENGTH - 2)
		if (!(name in type)) fail(where ": no parameter " name)
		used[name] = 1
		result = result substr(s, 1, RSTART - 1) "{" name ":" type[name] "}"
		s = substr(s, RSTART + RLENGTH)
	}
	if (index(s, "{")) fail(where ": braces that are no parameter: " substr(s, index(s, "{"), 40))
	return result s
}
function check_functions(s,    bare, name, short) {
	bare = s
	gsub(/\047([^\047\\]|\\.)*\047/, "\047\047", bare)
	gsub(/\{[^}]*\}/, "0", bare)
	while (match(bare, /[A-Za-z_][A-Za-z0-9_]*[ \n]*\(/)) {
		name = trim(substr(bare, RSTART, RLENGTH - 1))
		bare = substr(bare, RSTART + RLENGTH)
		if (toupper(name) ~ /^(IN|AS|AND|OR|NOT|OVER|FROM|WHERE|SELECT|ON|USING|BY|JOIN|WHEN|THEN|ELSE|HAVING|ALL|BETWEEN|DISTINCT|CASE|LIKE|WITH|LIMIT|SETS)$/) continue
		short = name
		while (!(short in allowed) && !(tolower(short) in any_case) && sub(/(If|Array|Map|Distinct|OrDefault|OrNull|ForEach|ArgMin|ArgMax)$/, "", short)) ;
		if (!(short in allowed) && !(tolower(short) in any_case)) fail(where ": " name " is not in functions.allow")
	}
}
# What stands outside of blocks.sql reads no table by itself and knows no tenants.
function check_tables(s) {
	if (s ~ /(^|[^A-Za-z_])((FROM|JOIN|IN)[ (\n]+(events|tool_registry|visits)|FINAL)([^A-Za-z_]|$)/) fail(where ": names a table; tables are read by blocks")
	if (s ~ /workspace_id|project_id/) fail(where ": names a column of tenants")
}
function finish() {
	if (kind != "" && !in_blocks) check_tables(text)
	if (kind == "block") {
		if (trim(text) == "") fail(where ": an empty block")
		block[current] = trim(text)
	}
	if (kind == "name") {
		text = trim(text)
		if (!sub(/;$/, "", text)) fail(where ": a query ends with \";\"")
		if (index(text, ";")) fail(where ": one query each")
		raw[++queries] = text; title[queries] = current; file_of[queries] = file
	}
	kind = ""; text = ""
}
function begin(what) {
	finish()
	if (NF != 3 || $3 !~ /^[a-z][a-z0-9_]*$/) fail(FILENAME ":" FNR ": malformed: " $0)
	if ((what, $3) in known) fail(FILENAME ":" FNR ": " $3 " is already in " known[what, $3])
	known[what, $3] = FILENAME ":" FNR
	kind = what; current = $3; where = file ": " current
}
FNR == 1 { finish(); file = FILENAME; sub(/.*\//, "", file); list = file ~ /\.allow$/; in_blocks = file == "blocks.sql" }
list {
	if ($1 ~ /^(scalar|aggregate|table)$/) allowed[$2] = 1
	if ($3 == "any-case") any_case[tolower($2)] = 1
	next
}
/^-- param:/ {
	if (NF < 4) fail(FILENAME ":" FNR ": malformed: " $0)
	finish()
	declared = $0
	sub(/^-- param: *[a-z_]+ */, "", declared)
	if ($3 in type) fail(FILENAME ":" FNR ": parameter " $3 " twice")
	type[$3] = trim(declared); param[++params] = $3
	next
}
/^-- block:/ { begin("block"); next }
/^-- plain:/ {
	if (kind != "block" || text != "") fail(FILENAME ":" FNR ": misplaced: " $0)
	sub(/^-- plain: */, "")
	plain[current] = $0
	next
}
/^-- name:/ { if (in_blocks) fail(FILENAME ":" FNR ": queries stand in a file of their view"); begin("name"); next }
/^[ \t]*--/ || /^[ \t]*$/ { next }
{
	if (kind == "") fail(FILENAME ":" FNR ": text before the first name")
	text = text $0 "\n"
}
END {
	if (failed) exit 1
	finish()
	if (queries == 0) fail("no query found")
	notice = "/* Queries of the analytics, generated from clickhouse/queries by scripts/gen-ch-queries.sh: do not edit. */"
	print notice "\n#ifndef YAVIO_GEN_CH_QUERIES_H\n#define YAVIO_GEN_CH_QUERIES_H\n\nenum ch_text_id {" > header
	print notice "\n#include \"ch/ch_many.h\"\n" > source
	for (q = 1; q <= queries; q++) {
		where = file_of[q] ": " title[q]
		split("", used)
		sql = parameters(expand(raw[q], 0), used)
		if (sql !~ /^(SELECT|WITH)[ \n]/) fail(where ": begins with SELECT or WITH")
		check_functions(sql)
		plainly = 1
		split("", needed)
		simple = parameters(expand(raw[q], 0), needed)
		plainly = 0
		always = 0
		for (i = 1; i <= params; i++) if (param[i] in used && !(param[i] in needed) && type[param[i]] !~ /^Array/) fail(where ": only the plain form leaves out " param[i] ", which is no list")
		n = 0; names = ""
		# What both forms take comes first.
		for (i = 1; i <= params; i++) if (param[i] in needed) { names = names (n++ ? ", " : "") "CHV_" toupper(param[i]) }
		always = n
		for (i = 1; i <= params; i++) if (param[i] in used && !(param[i] in needed)) { names = names (n++ ? ", " : "") "CHV_" toupper(param[i]) }
		printf "\tCHQ_%s, /* %s */\n", toupper(title[q]), file_of[q] > header
		if (n > 0) printf "static const enum ch_value_id params_%s[] = {%s};\n", title[q], names > source
		rows = rows "\t[CHQ_" toupper(title[q]) "] = {\"" title[q] "\",\n\t\t\"" c_text(sql) "\",\n\t\t" (simple == sql ? "NULL" : "\"" c_text(simple) "\"") ",\n\t\t" (n > 0 ? "params_" title[q] : "NULL") ", " n ", " always "},\n"
	}
	print "\tCHQ_COUNT\n};\n\nenum ch_value_id {" > header
	print "\nconst struct ch_text ch_texts[CHQ_COUNT] = {\n" rows "};\n\nconst struct ch_value_def ch_value_defs[CHV_COUNT] = {" > source
	for (i = 1; i <= params; i++) {
		printf "\tCHV_%s, /* %s */\n", toupper(param[i]), type[param[i]] > header
		printf "\t[CHV_%s] = {\"%s\", %s},\n", toupper(param[i]), param[i], type[param[i]] ~ /^Array/ ? "true" : "false" > source
	}
	print "\tCHV_COUNT\n};\n\n#endif" > header
	print "};" > source
}' "$@"

for file in ch_queries.h ch_queries.c; do
  cmp -s "$tmp/$file" "$out/$file" || cp "$tmp/$file" "$out/$file"
done
