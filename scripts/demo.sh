#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A whole Yavio of its own, full of invented events: starts it and says where it is and how to log in; stop removes it.
set -euo pipefail
umask 077

usage() {
	cat <<-'TEXT'
		usage: scripts/demo.sh start | stop
		  start  starts the demo, or says where the running one is
		  stop   stops it and removes what it held
		  YAVIO_DEMO_DIR   where it lives (var-demo in the checkout)
		  YAVIO_DEMO_PORT  the port of its pages (3100, or the next that is free); the two after it are for events and the store
	TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
yavio=${YAVIO_BIN_DIR:-$root/bin}/yavio
first_port=3100
last_port=3190
ports_needed=3

die() { # text, what to do
	printf 'demo: %s\n  Fix: %s\n' "$1" "$2" >&2
	exit 1
}

# What root starts runs as user yavio, who has to reach its files.
default_dir() {
	if [ "$(id -u)" = 0 ] && ! runuser -u nobody -- test -r "$root/caddy/Caddyfile"; then
		echo /var/lib/yavio-demo
	else
		echo "$root/var-demo"
	fi
}
dir=${YAVIO_DEMO_DIR:-$(default_dir)}

is_taken() { # port
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
are_free() { # first port
	local port
	for ((port = $1; port < $1 + ports_needed; port++)); do
		! is_taken "$port" || return 1
	done
}
choose_port() {
	local port=${YAVIO_DEMO_PORT:-}
	if [ -n "$port" ]; then
		[[ $port =~ ^[0-9]{2,5}$ ]] || die "YAVIO_DEMO_PORT is no port: $port" 'give a number such as 3100'
		are_free "$port" || die "one of the ports $port to $((port + ports_needed - 1)) is taken" 'give another YAVIO_DEMO_PORT, or none'
		echo "$port"
		return
	fi
	for ((port = first_port; port <= last_port; port += 10)); do
		if are_free "$port"; then
			echo "$port"
			return
		fi
	done
	die "no free ports between $first_port and $last_port" 'give a YAVIO_DEMO_PORT'
}

# Nothing of the caller's environment or .env: the demo never touches a stack that holds real events.
demo() { # yavio's arguments
	env -i PATH="$PATH" HOME="${HOME:-/}" TERM="${TERM:-dumb}" LANG=C.UTF-8 YAVIO_HOME="$dir/home" YAVIO_ENV_FILE="$dir/env" \
		YAVIO_ENV=development YAVIO_HTTP_PORT="$port" YAVIO_INGEST_PORT=$((port + 1)) CLICKHOUSE_HTTP_PORT=$((port + 2)) \
		YAVIO_INGEST_WORKERS=2 YAVIO_DASHBOARD_WORKERS=8 "$yavio" "$@"
}

# Without what yavio up says to somebody who begins with an empty instance.
up() {
	demo up | sed '/^Yavio is up/,$d'
}

tell() {
	cat <<-TEXT

		  The demo runs:  http://localhost:$port
		  e-mail          demo@example.com
		  password        $(cat "$dir/login")

		  make demo-stop ends it and removes its events.
	TEXT
}

remove() {
	port=$(cat "$dir/port")
	[ ! -e "$dir/home/service" ] || demo down | sed '/^Data kept/d'
	rm -rf -- "$dir"
}

start() {
	local answer
	if [ -e "$dir/login" ] && [ -e "$dir/port" ]; then
		port=$(cat "$dir/port")
		if is_taken "$port"; then
			tell
			return
		fi
		echo 'The demo stood still: it is started again.'
		up
		tell
		return
	fi
	if [ -e "$dir" ] && [ -n "$(ls -A "$dir")" ] && [ ! -e "$dir/port" ]; then
		die "$dir is there and is no demo" 'give another YAVIO_DEMO_DIR'
	fi
	[ ! -e "$dir/port" ] || remove
	port=$(choose_port)
	mkdir -p "$dir"
	chmod 711 "$dir"
	echo "$port" >"$dir/port"
	trap 'echo "The demo did not start; what it made is removed." >&2; remove' EXIT
	env -i PATH="$PATH" "$root/scripts/setup-env.sh" --env "$dir/env" >/dev/null
	up
	echo 'Inventing 30 days of events …'
	answer=$(demo seed --profile standard --json)
	[[ $answer =~ \"password\":\"([^\"]+)\" ]] || die 'no account was made' 'run scripts/demo.sh stop, then start again'
	echo "${BASH_REMATCH[1]}" >"$dir/login"
	[[ $answer =~ \"events\":([0-9]+) ]] && printf '  %s events\n' "${BASH_REMATCH[1]}"
	trap - EXIT
	tell
}

stop() {
	if [ ! -e "$dir/port" ]; then
		echo "There is no demo in $dir."
		return
	fi
	remove
	echo 'The demo is stopped and removed.'
}

case ${1:-} in
start) start ;;
stop) stop ;;
-h | --help) usage ;;
*)
	usage >&2
	exit 2
	;;
esac
