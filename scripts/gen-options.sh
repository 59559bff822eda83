#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes .env.example and docs/configuration.md from lib/conf/options.def; "names" lists the table for other scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -Ilib scripts/gen-options.c -o "$work/gen"
if [[ ${1:-} == names ]]; then
	"$work/gen" names
	exit
fi
mkdir -p docs
"$work/gen" env >"$work/env"
"$work/gen" md >"$work/md"
cp "$work/env" .env.example
cp "$work/md" docs/configuration.md
