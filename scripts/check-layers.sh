#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves the layers: who includes whom, who may include a third-party header, what a module exports, and the form of a file.
# usage: scripts/check-layers.sh [--no-build]   --no-build takes the objects that are there for what a module exports
# shellcheck disable=SC2016  # the single quotes hold programs of awk and sh
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lint-common.sh layers

tracked lib fcgi daemon cli tests scripts | grep -E '\.[ch]$' >"$work/c-files"
grep -E '^(lib|fcgi|daemon|cli)/' "$work/c-files" >"$work/sources"

# --- includes: strictly lower only, programs never each other ---
xargs -d '\n' grep -HnE '^[[:space:]]*#[[:space:]]*include' <"$work/sources" | sed -E 's/^([^:]*):([0-9]+):[^"<]*(["<][^">]*).*/\1 \2 \3/' >"$work/includes"
awk '
  BEGIN {
    split("base 0 conf 1 json 1 crypto 1 httpc 1 pg 1 fcgi 1 shm 1 spool 1 event 2 ch 2 web 2 store 3 auth 3", words, " ")
    for (i = 1; i in words; i += 2) level[words[i]] = words[i + 1]
    # a generated header belongs to the module that its name begins with
  }
  function unit(path,   part) {
    split(path, part, "/")
    if (part[1] == "lib") return part[2]
    if (part[1] == "cli") return "cli"
    return part[1] "/" part[2]
  }
  substr($3, 1, 1) == "\"" {
    name = substr($3, 2); from = unit($1); inside = index($1, "lib/") == 1
    if (inside && !(from in level)) { print $1 ": module " from " has no level in scripts/check-layers.sh"; next }
    n = split(name, part, "/")
    if (n == 1) {
      split(name, word, "_")
      if (!(word[1] in level)) { if (name !~ /^[a-z_]+\.h$/ || inside) print $1 ":" $2 ": " name " is not included by its path"; next }
      to = word[1]
    } else if (part[1] == "fcgi" && n == 3 || part[1] == "daemon") to = part[1] "/" part[2]
    else if (part[1] == "cli") to = "cli"
    else to = part[1]
    if (to == from) next
    if (to in level) {
      if (inside && level[to] >= level[from]) print $1 ":" $2 ": " from " (level " level[from] ") includes " to " (level " level[to] ")"
      if (name ~ /_internal\.h$/) print $1 ":" $2 ": " name " is private to " to
      next
    }
    print $1 ":" $2 ": " from " includes " name
  }' "$work/includes" >"$work/out"
fault_lines <"$work/out"

# --- third-party headers: one owner each ---
awk '
  BEGIN {
    owner["jansson.h"] = "lib/json/"; owner["argon2.h"] = "lib/crypto/"; owner["libpq-fe.h"] = "lib/pg/"
    owner["libpq-events.h"] = "lib/pg/"; owner["microhttpd.h"] = "daemon/store/"; owner["chdb.h"] = "daemon/store/"
    owner["zlib.h"] = "lib/base/"; owner["liboath/oath.h"] = "lib/auth/"; owner["fcgiapp.h"] = "lib/fcgi/"; owner["fcgi_stdio.h"] = "lib/fcgi/"
    owner["fastcgi.h"] = "lib/fcgi/"; owner["fcgios.h"] = "lib/fcgi/"; owner["fcgimisc.h"] = "lib/fcgi/"
    split("assert ctype dirent dlfcn errno fcntl float ftw getopt glob grp inttypes limits locale math netdb poll pthread pwd " \
      "sched semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string " \
      "strings syslog termios threads time ucontext unistd utime wchar execinfo malloc emmintrin nmmintrin immintrin x86intrin " \
      "arm_neon arm_acle endian byteswap link elf mntent", words, " ")
    for (i in words) system_header[words[i] ".h"] = 1
  }
  substr($3, 1, 1) == "<" {
    name = substr($3, 2)
    if (name in system_header || name ~ /^(sys|linux|netinet|arpa|net|asm)\//) next
    if (name ~ /^openssl\//) want = "lib/crypto/"
    else if (name ~ /^curl\//) want = "lib/httpc/"
    else if (name in owner) want = owner[name]
    else { print $1 ":" $2 ": <" name "> is neither a system header nor in the table of scripts/check-layers.sh"; next }
    if (index($1, want) != 1) print $1 ":" $2 ": <" name "> belongs to " want " only"
  }' "$work/includes" >"$work/out"
fault_lines <"$work/out"

# --- own header last ---
awk '
  function flush() { if (own != "" && last != own) print file ": its own header " own " is not the last include" }
  $1 != file { flush(); file = $1; own = ""; last = ""; stem = $1; sub(/^lib\//, "", stem); sub(/\.c$/, ".h", stem) }
  substr($3, 1, 1) == "\"" && $1 ~ /\.c$/ && $3 !~ /\.def$/ {
    last = substr($3, 2)
    if (last == stem) own = stem
  }
  END { flush() }' "$work/includes" >"$work/out"
fault_lines <"$work/out"

# --- every header compiles alone ---
flags=$(make -s --no-print-directory -f - print-cppflags <<'MAKE'
include mk/config.mk
print-cppflags:
	@echo '$(CPPFLAGS)'
MAKE
)
if [ "${1:-}" != --no-build ]; then
  make -s build/release/libyavio.a >"$work/make" 2>&1 || { tail -n 20 "$work/make"; faults=$((faults + 1)); }
fi
eval "set -- $flags"
grep -E '\.h$' "$work/sources" | xargs -P 2 -I '{}' sh -c '
  file=$1; shift
  gcc -std=c11 -Wall -Wextra -Werror -Wno-unused-function -fsyntax-only -x c "$@" "$file" 2>"$0.$$" || { echo "$file does not compile alone: $(head -n 1 "$0.$$")"; }
' "$work/header" '{}' "$@" >"$work/out"
fault_lines <"$work/out"

# --- what a module exports ---
tracked lib | grep -E '\.c$' | while IFS= read -r file; do
  object=build/release/obj/${file%.c}.o
  [ ! -f "$object" ] || printf '%s %s\n' "$file" "$object"
done >"$work/objects"
tracked lib/base | sed -nE 's|.*/([a-z_0-9]+)\.h$|\1|p' | tr '\n' ' ' >"$work/base-names"
while read -r file object; do
  nm -g --defined-only "$object" | awk -v file="$file" '{ print file, $3 }'
done <"$work/objects" | awk -v names="$(cat "$work/base-names")" '
  BEGIN { split(names, list, " "); for (i in list) base[list[i]] = 1 }
  {
    split($1, part, "/"); module = part[2]
    split(part[3], stem, /[_.]/); split($2, word, "_")
    # event_pii.c may say pii_; base has a name for each header
    if (word[1] == module || (stem[1] == module && word[1] == stem[2]) || (module == "base" && word[1] in base)) next
    print $1 ": exports " $2 ", which does not begin with " module "_"
  }' >"$work/out"
fault_lines <"$work/out"

# --- form of a file ---
tracked lib fcgi daemon cli tests scripts sql clickhouse caddy web sdk | grep -E '\.(c|h|def|sh|mjs|js|ts|tsx|sql|css)$' |
  grep -vE '^(lib/base/errors\.[ch]|tests/fixtures/|tests/fuzz/corpus/)' >"$work/texts"
xargs -d '\n' wc -l <"$work/texts" | awk '$2 != "total" && $1 > 800 { print $2 ": " $1 " lines, at most 800" }' >"$work/out"
fault_lines <"$work/out"
xargs -d '\n' awk '
  function flush() { if (file != "" && spdx == 0) print file ": begins with an SPDX line (MIT)" }
  FNR == 1 { flush(); file = FILENAME; spdx = 0 }
  FNR <= 2 && /SPDX-License-Identifier: MIT/ { spdx = FNR }
  FNR == spdx + 1 && spdx > 0 {
    text = $0; gsub(/^[ \t]*(\/\*|\*|\/\/|#|--)?[ \t]*|\*\/[ \t]*$/, "", text)
    if (length(text) < 12) print FILENAME ": the line after SPDX says what the file is for"
  }
  END { flush() }
  FNR > 3 { nextfile }' <"$work/texts" >"$work/out"
fault_lines <"$work/out"

# --- functions that overflow or hide errors ---
xargs -d '\n' grep -nHE '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof)[[:space:]]*\(' <"$work/sources" |
  grep -vE '^[^:]*:[0-9]+:[[:space:]]*(\*|//|/\*)' | sed 's/$/   <- banned function/' >"$work/out" || true
fault_lines <"$work/out"

[ "$faults" -eq 0 ]
