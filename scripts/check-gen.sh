#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails when `make gen` would change a committed file: it runs in a copy of the tree and the two are compared.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -f "$file" ] || printf '%s\0' "$file"
done | grep -zvE '^(tests/fuzz/corpus|tests/fixtures|web/src)/' |
  tar --null --files-from=- -cf - | tar -C "$work" -xf -
cp -r "$work/." "$work.before"
trap 'rm -rf -- "$work" "$work.before"' EXIT
(cd "$work" && git init -q . && make -s gen) >/dev/null
rm -rf "$work/.git" "$work/build"
if ! diff -rq "$work.before" "$work"; then
  echo "generated files are not up to date: run make gen and commit the result"
  exit 1
fi
