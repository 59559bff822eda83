#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the Debian packages Yavio needs and starts none of them; nothing missing means no apt, no network.
set -euo pipefail

# What is needed, one list: build, run, and (with --test) the test lanes.
build_packages=(gcc make libc6-dev pkg-config libfcgi-dev libjansson-dev libmicrohttpd-dev libargon2-dev
  libpq-dev libcurl4-openssl-dev libssl-dev zlib1g-dev liboath-dev)
run_packages=(runit caddy util-linux curl openssl ca-certificates procps)
test_packages=(clang clang-format libclang-rt-dev libcmocka-dev shellcheck git pgbouncer oathtool python3-aiosmtpd chromium fonts-dejavu-core)

usage() {
  cat <<'TEXT'
usage: scripts/install-deps.sh [--test] [--list]
  --test  also what `make test` needs
  --list  print the packages that are missing, install nothing
TEXT
}

fail() { # NUMBER MESSAGE FIX
  printf 'Error YAVIO-%s: %s\n  Fix: %s\n' "$1" "$2" "$3" >&2
  exit 1
}

with_tests=no list_only=no
for argument in "$@"; do
  case $argument in
    --test) with_tests=yes ;;
    --list) list_only=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

# True for a program at $1 whose version (digits and dots in its --version) is at least $2.
version_at_least() { # FOUND WANTED
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" = "$2" ]
}

missing=()
find_missing() {
  local wanted=("${build_packages[@]}" "${run_packages[@]}") server found
  [ "$with_tests" = no ] || wanted+=("${test_packages[@]}")
  if ! command -v npm >/dev/null || ! command -v node >/dev/null ||
    ! version_at_least "$(node --version | tr -d v)" 18.19; then
    wanted+=(nodejs npm)
  fi
  server=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n1)
  found=${server#/usr/lib/postgresql/}
  if [ -z "$server" ] || [ "${found%%/*}" -lt 15 ]; then
    wanted+=(postgresql)
  fi
  local installed
  # One call for all: a package manager query for each would take a second.
  # shellcheck disable=SC2016 # the ${...} are dpkg's own
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null |
    awk '$2 == "installed" { print $1 }') || true
  for package in "${wanted[@]}"; do
    case $'\n'$installed$'\n' in
      *$'\n'"$package"$'\n'*) ;;
      *) missing+=("$package") ;;
    esac
  done
}

make_user() {
  if [ "$(id -u)" = 0 ] && ! getent passwd yavio >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin yavio
    echo "  user yavio created: the services run as it"
  fi
}

check_system() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    local name="this system"
    # shellcheck source=/dev/null
    [ ! -r /etc/os-release ] || name=$(. /etc/os-release && echo "${PRETTY_NAME:-this system}")
    fail 6009 "no list of packages for $name" \
      "use Debian 12, Debian 13 or Ubuntu 24.04, or install by hand: ${build_packages[*]} ${run_packages[*]} postgresql nodejs npm"
  fi
}

become_root() {
  [ "$(id -u)" != 0 ] || return 0
  local self
  self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    echo "  sudo is needed once, for: ${missing[*]}"
    exec sudo -- "$self" "$@"
  fi
  fail 6008 "packages are missing and this user cannot install them: ${missing[*]}" \
    "run as root, once: $self${*:+ $*}"
}

# While apt works, nothing it installs may start, be enabled, or make a PostgreSQL cluster on port 5432.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/yavio-no-main-cluster.conf
services=(caddy postgresql runit redis-server)
quiet_begin() {
  if [ -e "$policy" ] && ! grep -q 'yavio install-deps' "$policy"; then
    mv "$policy" "$policy.before-yavio"
  fi
  printf '#!/bin/sh\n# yavio install-deps: nothing is started while packages are installed\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  mkdir -p "${no_cluster%/*}"
  echo 'create_main_cluster = false' >"$no_cluster"
}
quiet_end() {
  rm -f "$policy" "$no_cluster"
  rmdir --ignore-fail-on-non-empty "${no_cluster%/*}" 2>/dev/null || true
  [ ! -e "$policy.before-yavio" ] || mv "$policy.before-yavio" "$policy"
}

install_missing() {
  local fresh=() service
  for service in "${services[@]}"; do
    [ -e "/lib/systemd/system/$service.service" ] || fresh+=("$service")
  done
  trap quiet_end EXIT
  trap 'exit 130' INT TERM HUP
  quiet_begin
  echo "  apt: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { DEBIAN_FRONTEND=noninteractive apt-get update -q &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      -o Dpkg::Options::=--force-confold "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    fail 6007 "apt could not install: ${missing[*]}" "look at the lines above (whole log: $log), then run this again"
  fi
  rm -f "$log"
  # Installed just now by us: keep them from the next boot too; Yavio runs its own copies.
  for service in "${fresh[@]}"; do
    if [ -e "/lib/systemd/system/$service.service" ] && command -v deb-systemd-helper >/dev/null; then
      deb-systemd-helper disable "$service.service" >/dev/null 2>&1 || true
    fi
  done
}

check_system
find_missing
if [ "$list_only" = yes ]; then
  [ "${#missing[@]}" = 0 ] || printf '%s\n' "${missing[@]}"
  exit 0
fi
if [ "${#missing[@]}" -gt 0 ]; then
  become_root "$@"
  install_missing
fi
make_user
