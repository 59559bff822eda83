#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Puts libchdb.so (the embedded ClickHouse engine) into DIR: fetched once from npm at a pinned version, checked, kept in a cache.
set -euo pipefail
dir=${1:?usage: fetch-libchdb.sh DIR}
version=26.5.3
case $(uname -m) in
  x86_64) package=@chdb/lib-linux-x64-gnu
    sha512=fPrLmRt5Moor9yGz4mazbrNje4t7X9KB2mTGkXFWRxRBs2iKy8yh6jx11xsa0Qr3iDFMU/yHqd+bVdYJXu3QaQ== ;;
  *) echo "YAVIO-6009: the embedded store has no engine for $(uname -m) yet: set CLICKHOUSE_URL to a ClickHouse server" >&2; exit 1 ;;
esac
cache=${YAVIO_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/yavio}/libchdb-$version
if [ ! -s "$cache/libchdb.so" ]; then
  echo "  GET $package@$version (166 MB, once)"
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent "$package@$version" >/dev/null)
  archive=$(echo "$work"/*.tgz)
  got=$(openssl dgst -sha512 -binary "$archive" | base64 -w0)
  if [ "$got" != "$sha512" ]; then
    echo "YAVIO-5021: $package@$version does not match its pinned sha512 and is refused: try again, without a proxy that changes downloads" >&2
    exit 1
  fi
  tar -xzf "$archive" -C "$work" package/libchdb.so
  mv "$work/package/libchdb.so" "$cache/libchdb.so"
fi
mkdir -p "$dir"
# A second name of the same file, not a link: the services' user may not reach the cache of whoever builds.
if [ ! "$cache/libchdb.so" -ef "$dir/libchdb.so" ] || [ -L "$dir/libchdb.so" ]; then
  rm -f "$dir/libchdb.so"
  ln "$cache/libchdb.so" "$dir/libchdb.so" 2>/dev/null || cp --reflink=auto "$cache/libchdb.so" "$dir/libchdb.so"
fi
touch "$dir/libchdb.so" # newer than this script, as make wants it
