# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the check-*.sh share: a work directory, faults told as "name: what is wrong" and counted, files of the tree.
# usage: . scripts/lint-common.sh NAME   in the checkout; sets $work and $faults
lint_name=$1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

faults=0
fault() {
  printf '%s: %s\n' "$lint_name" "$1"
  faults=$((faults + 1))
}
fault_lines() { # one a line of stdin
  while IFS= read -r line; do fault "$line"; done
}
tracked() { # files under the given paths that exist
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
  done
}
