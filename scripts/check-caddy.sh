#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The configuration of Caddy is valid for every site and setting, is formatted, and its own error texts are the table's.
# usage: scripts/check-caddy.sh
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir -p "$work/run" "$work/home"
faults=0

fault() {
  printf 'caddy: %s\n' "$1"
  faults=$((faults + 1))
}

# One certificate for YAVIO_TLS=files.
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=a.example -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null

validate() { # NAME=VALUE...
  if ! env -i PATH="$PATH" HOME="$work/home" YAVIO_RUN="$work/run" YAVIO_HOME="$work/home" YAVIO_WEB_ROOT="$PWD/web/static" \
    YAVIO_BIND=127.0.0.1 YAVIO_HTTP_PORT=13000 YAVIO_INGEST_PORT=13001 YAVIO_DOMAIN='' YAVIO_INGEST_DOMAIN='' \
    YAVIO_TRUSTED_PROXIES='' YAVIO_ACME_EMAIL='' YAVIO_TLS_CERT='' YAVIO_TLS_KEY='' "$@" \
    caddy validate --adapter caddyfile --config caddy/Caddyfile >"$work/log" 2>&1; then
    fault "$* is refused: $(tail -n 1 "$work/log")"
  fi
}

validate YAVIO_SITE=local
validate YAVIO_SITE=local YAVIO_BIND='127.0.0.1 ::1' YAVIO_ACCESS_LOG=all
validate YAVIO_SITE=local YAVIO_ACCESS_LOG=off
validate YAVIO_SITE=proxy YAVIO_TRUSTED_PROXIES='10.0.0.0/8 192.0.2.1'
validate YAVIO_SITE=domain YAVIO_DOMAIN=a.example YAVIO_ACME_EMAIL=ops@a.example
validate YAVIO_SITE=domain YAVIO_DOMAIN=a.example YAVIO_INGEST_DOMAIN=in.a.example YAVIO_TLS=internal YAVIO_TLS_MIN=1.2
validate YAVIO_SITE=domain YAVIO_DOMAIN=a.example YAVIO_TLS=files YAVIO_TLS_CERT="$work/cert.pem" YAVIO_TLS_KEY="$work/key.pem"

for file in caddy/*; do
  caddy fmt "$file" | cmp -s - "$file" || fault "$file is not formatted; run caddy fmt --overwrite $file"
done

# Rows such as: 502 YAVIO-7500 "The service is restarting"
while read -r _ code text; do
  table=$(awk -F ' \\| ' -v number="${code#YAVIO-}" '$1 == number { print $8 }' lib/base/errors.tbl)
  [ "\"$table\"" = "$text" ] || fault "the text of $code is $text in Caddyfile and \"$table\" in errors.tbl"
done < <(grep -E '^[[:space:]]+([0-9]{3}|default) YAVIO-' caddy/Caddyfile)

[ $faults -eq 0 ]
