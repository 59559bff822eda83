#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fills .env with the secrets an instance needs: only empty or absent names, never a value that is set, never printed.
set -euo pipefail
umask 077
# A secret must not reach a trace of this script.
set +x

usage() {
	cat <<-'TEXT'
		usage: scripts/setup-env.sh [--env FILE] [--check | --print-missing | --rotate NAME | --retire KEY]
		  (nothing)        fill empty or absent secrets; a second run changes nothing
		  --check          change nothing; exit 1 when a value is missing, weak or published
		  --print-missing  print the names of what is missing, one a line
		  --rotate NAME    give NAME a new value; rings and JWT_SECRET keep the old one for verifying
		  --retire KEY     drop an old key of a ring (k1, h1); yavio secrets retire asks first whether it is needed
		  --env FILE       another file than .env in the checkout
	TEXT
}

# name  kind  least characters  needed or not   (lint compares this with lib/conf/options.def)
SECRETS='
NEXTAUTH_SECRET base64 32 required
JWT_SECRET base64 32 required
API_KEY_HASH_SECRET h 32 required
ENCRYPTION_KEY k 32 required
POSTGRES_SERVICE_PASSWORD hex 24 required
POSTGRES_APP_PASSWORD hex 24 required
POSTGRES_INGEST_PASSWORD hex 24 required
POSTGRES_SUPERUSER_PASSWORD hex 24 optional
CLICKHOUSE_ADMIN_PASSWORD hex 24 required
CLICKHOUSE_INGEST_PASSWORD hex 24 required
CLICKHOUSE_DASHBOARD_PASSWORD hex 24 required
CLICKHOUSE_ERASER_PASSWORD hex 24 required
METRICS_BEARER_TOKEN hex 32 optional
'
# Secrets that somebody else gives: checked when set, never made.
GIVEN='
JWT_SECRET_PREVIOUS 32
API_KEY_HASH_SECRET_PREVIOUS 32
CLICKHOUSE_INTELLIGENCE_PASSWORD 24
YAVIO_SETUP_TOKEN 24
YAVIO_INTELLIGENCE_TOKEN 32
'
# Printed somewhere once: refused whole or repeated, the second list wherever it stands (lint compares: lib/conf/published.def).
PUBLISHED='yavio yavio_dev secret password postgres clickhouse default test neon admin example 12345678 1234567890
0123456789abcdef abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz123456 abcdefghijklmnopqrstuvwxyz0123456789
abcdefghijklmnopqrstuvwxyz012345'
SAMPLES='changeme change_me change-me yavio_dev replace_ replace- your_secret your-secret your_password your-password
super-secret super_secret supersecret'

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
env_file=${YAVIO_ENV_FILE:-$root/.env}
mode=fill
rotate_name=
retire_key=

die() { # exit code, text
	printf 'setup-env: %s\n' "$2" >&2
	exit "$1"
}

while (($# > 0)); do
	case $1 in
	--check) mode=check ;;
	--print-missing) mode=missing ;;
	--rotate)
		mode=rotate
		rotate_name=${2:-}
		[[ -n $rotate_name ]] || die 2 '--rotate needs a name'
		shift
		;;
	--retire)
		mode=retire
		retire_key=${2:-}
		[[ $retire_key =~ ^[hk][0-9]+$ ]] || die 2 '--retire needs a key such as k1'
		shift
		;;
	--env)
		env_file=${2:-}
		[[ -n $env_file ]] || die 2 '--env needs a file'
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift
done

lines=()          # the file, line by line
declare -A where  # name -> index of its last line
declare -A values # name -> its unquoted value
problems=()
final_newline=1

# KEY=VALUE as lib/conf reads it: sets `name` and `value`, or fails for a comment or blank line.
parse_line() {
	local line=${1%$'\r'} rest
	[[ $line =~ ^[[:blank:]]*(export[[:blank:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:blank:]]*=(.*)$ ]] || return 1
	name=${BASH_REMATCH[2]} rest=${BASH_REMATCH[3]}
	rest=${rest#"${rest%%[![:blank:]]*}"}
	case $rest in
	\'*)
		rest=${rest:1}
		value=${rest%%\'*}
		;;
	\"*)
		# Generated values need no escapes; a hand-written one with them only has to count as set.
		rest=${rest:1}
		value=${rest%%\"*}
		;;
	'#'*) value= ;;
	*)
		value=${rest%%[[:blank:]]#*}
		value=${value%"${value##*[![:blank:]]}"}
		;;
	esac
}

read_lines() { # file
	local line name value
	lines=() where=() values=() final_newline=1
	while IFS= read -r line || { [[ -n $line ]] && final_newline=0; }; do
		lines+=("$line")
		if parse_line "$line"; then
			where[$name]=$((${#lines[@]} - 1))
			values[$name]=$value
		fi
	done <"$1"
}

alias_of() {
	case $1 in
	POSTGRES_INGEST_PASSWORD) echo POSTGRES_API_PASSWORD ;;
	CLICKHOUSE_ADMIN_PASSWORD) echo CLICKHOUSE_PASSWORD ;;
	esac
}

# The name under which NAME has a value: itself, its alias, or NAME_FILE; fails when it has none.
set_as() {
	local candidate other
	other=$(alias_of "$1")
	for candidate in "$1" ${other:+"$other"} "$1_FILE" ${other:+"${other}_FILE"}; do
		if [[ -n ${values[$candidate]:-} ]]; then
			printf '%s' "$candidate"
			return 0
		fi
	done
	return 1
}

# Sets `secret` to the value of NAME wherever it is kept; fails when a file cannot be read or nothing is set.
load_secret() {
	local as
	secret=
	as=$(set_as "$1") || return 1
	if [[ $as == *_FILE ]]; then
		[[ -r ${values[$as]} ]] || return 1
		secret=$(<"${values[$as]}") || return 1
	else
		secret=${values[$as]}
	fi
	[[ -n $secret ]]
}

is_published() {
	local text=${1,,} word rest
	for word in $PUBLISHED; do
		rest=$text
		while [[ $rest == "$word"* ]]; do
			rest=${rest#"$word"}
			rest=${rest#"${rest%%[!-_.]*}"}
			[[ -n $rest ]] || return 0
		done
	done
	for word in $SAMPLES; do
		[[ $text != *"$word"* ]] || return 0
	done
	return 1
}

different_letters() {
	local text=$1 count=0
	while [[ -n $text ]]; do
		count=$((count + 1))
		text=${text//"${text:0:1}"/}
	done
	printf '%d' "$count"
}

# Sets `why` and succeeds when the text is no secret to start with.
is_weak() { # text, least characters
	if is_published "$1"; then
		why='a published value'
	elif ((${#1} < $2)); then
		why="${#1} characters, $2 needed"
	elif (($(different_letters "$1") < 8)); then
		why='fewer than 8 different characters'
	else
		return 1
	fi
}

is_key_form() {
	[[ $1 =~ ^[0-9A-Fa-f]{64}$ || $1 =~ ^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$ ]]
}

# Splits a ring "h2:…,h1:…" or a bare key into the arrays ids and keys; fails when it has no such form.
split_ring() { # ring, letter
	local part parts
	ids=() keys=()
	if [[ ! $1 =~ ^$2[0-9]{1,4}: ]]; then
		ids=("${2}1") keys=("$1")
		return 0
	fi
	IFS=, read -r -a parts <<<"$1"
	for part in "${parts[@]}"; do
		[[ $part =~ ^($2[0-9]{1,4}):(.+)$ ]] || return 1
		ids+=("${BASH_REMATCH[1]}") keys+=("${BASH_REMATCH[2]}")
	done
}

weak_ring() { # ring, letter, least characters
	local key ids keys
	if ! split_ring "$1" "$2"; then
		why="malformed, ${2}2:KEY,${2}1:KEY is needed"
		return 0
	fi
	for key in "${keys[@]}"; do
		if is_weak "$key" "$3"; then
			return 0
		fi
		if [[ $2 == k ]] && ! is_key_form "$key"; then
			why='malformed, 32 bytes in base64 or hex are needed'
			return 0
		fi
	done
	return 1
}

weak_value() { # kind, text, least characters
	case $1 in
	h | k) weak_ring "$2" "$1" "$3" ;;
	*) is_weak "$2" "$3" ;;
	esac
}

random_hex() { od -An -vtx1 -N32 /dev/urandom | tr -d ' \n'; }
random_base64() { head -c 32 /dev/urandom | base64 -w0; }

make_secret() { # kind
	case $1 in
	hex) random_hex ;;
	base64) random_base64 ;;
	h | k) printf '%s1:%s' "$1" "$(random_base64)" ;;
	esac
}

# Not needed when the URL of that role carries the login.
in_url() {
	local url
	case $1 in
	POSTGRES_APP_PASSWORD) url=DATABASE_URL ;;
	POSTGRES_INGEST_PASSWORD) url=DATABASE_INGEST_URL ;;
	POSTGRES_SERVICE_PASSWORD) url=DATABASE_SERVICE_URL ;;
	*) return 1 ;;
	esac
	[[ -n ${values[$url]:-} || -n ${values[${url}_FILE]:-} ]]
}

# Names that the configuration needs or may have made, one record a line: name kind least required|optional.
wanted() {
	printf '%s' "$SECRETS"
	if [[ -n ${values[YAVIO_INTELLIGENCE_URL]:-} ]]; then
		echo 'CLICKHOUSE_INTELLIGENCE_PASSWORD hex 24 required'
	fi
}

find_problems() {
	local name kind least need why secret other
	declare -A seen=()
	while read -r name kind least need; do
		[[ -n $name ]] || continue
		if ! set_as "$name" >/dev/null; then
			continue
		elif ! load_secret "$name"; then
			problems+=("$name: its file cannot be read or is empty")
			continue
		elif weak_value "$kind" "$secret" "$least"; then
			problems+=("$name is refused: $why; run scripts/setup-env.sh --rotate $name")
		fi
		for other in "${!seen[@]}"; do
			if [[ ${seen[$other]} == "$secret" ]]; then
				problems+=("$name and $other have one value; run scripts/setup-env.sh --rotate $name")
			fi
		done
		seen[$name]=$secret
	done < <(
		wanted
		awk 'NF == 2 { print $1, "text", $2, "optional" }' <<<"$GIVEN"
	)
}

find_missing() {
	local name need
	missing=() needed=()
	while read -r name _ _ need; do
		if [[ -z $name ]] || set_as "$name" >/dev/null; then
			continue
		fi
		missing+=("$name")
		if [[ $need == required ]] && ! in_url "$name"; then
			needed+=("$name")
		fi
	done < <(wanted)
}

kind_of() {
	wanted | awk -v name="$1" '$1 == name { print $2 }'
}
least_of() {
	wanted | awk -v name="$1" '$1 == name { print $3 }'
}

# The comment behind a value, with the blank before it.
comment_of() { # what follows "="
	local rest=$1 quote
	rest=${rest#"${rest%%[![:blank:]]*}"}
	case $rest in
	'#'*)
		printf ' %s' "$rest"
		return
		;;
	\'* | \"*)
		quote=${rest:0:1}
		rest=${rest:1}
		rest=${rest#*"$quote"}
		;;
	esac
	printf '%s' "${rest#"${rest%%[[:blank:]]#*}"}"
}

# Puts a value into the last line of that name, keeping "export " and a comment behind it, or appends the name.
put() { # name, value
	local at=${where[$1]:-} line comment='' lead=''
	if [[ -z $at ]]; then
		lines+=("$1=$2")
		where[$1]=$((${#lines[@]} - 1))
		final_newline=1
	else
		line=${lines[at]}
		[[ $line =~ ^([[:blank:]]*(export[[:blank:]]+)?) ]] && lead=${BASH_REMATCH[1]}
		comment=$(comment_of "${line#*=}")
		lines[at]="$lead$1=$2$comment"
	fi
	values[$1]=$2
}

wide_mode() {
	local bits
	[[ -e $env_file ]] || return 1
	bits=$(stat -c %a "$env_file")
	# The installed file is root:yavio 0640.
	if [[ $env_file == /etc/yavio/* ]]; then
		(((8#$bits & 8#027) != 0))
	else
		(((8#$bits & 8#077) != 0))
	fi
}

repair_mode() {
	local right=600
	[[ $env_file != /etc/yavio/* ]] || right=640
	if wide_mode; then
		chmod "$right" "$env_file"
		printf '%s: mode was too wide, now 0%s\n' "$env_file" "$right"
	fi
}

write_file() {
	local dir temporary i last=$((${#lines[@]} - 1))
	dir=$(dirname "$env_file")
	temporary=$(mktemp "$dir/.env.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -f -- '$temporary'" EXIT
	for i in "${!lines[@]}"; do
		if ((i == last && final_newline == 0)); then
			printf '%s' "${lines[i]}"
		else
			printf '%s\n' "${lines[i]}"
		fi
	done >"$temporary"
	if [[ -e $env_file ]]; then
		chown --reference="$env_file" "$temporary" 2>/dev/null || true
		chmod --reference="$env_file" "$temporary"
	elif [[ -O $dir || $EUID -ne 0 ]]; then
		chmod 600 "$temporary"
	else
		# Made by root in somebody's checkout: it stays theirs.
		chown --reference="$dir" "$temporary"
	fi
	sync "$temporary"
	mv -f "$temporary" "$env_file"
	trap - EXIT
	sync "$dir"
}

show_problems() {
	((${#problems[@]} == 0)) && return
	printf 'setup-env: YAVIO-7201 %s\n' "${problems[@]}" >&2
}

fill() {
	local made=() name fresh=0
	if ((${#problems[@]} > 0)); then
		show_problems
		die 1 "$env_file was left as it is"
	fi
	[[ -e $env_file ]] || fresh=1
	for name in "${missing[@]}"; do
		put "$name" "$(make_secret "$(kind_of "$name")")"
		made+=("$name")
	done
	if ((${#made[@]} > 0 || fresh)); then
		write_file
		printf '%s: made %s\n' "$env_file" "${made[*]}"
	else
		printf '%s: complete, nothing changed\n' "$env_file"
	fi
}

check() {
	local bad=0 name
	for name in "${needed[@]}"; do
		printf 'setup-env: YAVIO-7200 %s is missing; run scripts/setup-env.sh\n' "$name" >&2
		bad=1
	done
	show_problems || true
	if wide_mode; then
		printf 'setup-env: YAVIO-6105 %s can be read by others; run scripts/setup-env.sh\n' "$env_file" >&2
		bad=1
	fi
	((bad == 0 && ${#problems[@]} == 0)) || exit 1
	printf '%s: complete\n' "$env_file"
}

# The new key in front, what was strong behind it.
rotate_ring() { # name, letter, least
	local highest=0 kept='' i ids=() keys=() why secret id
	if load_secret "$1" && split_ring "$secret" "$2"; then
		for i in "${!ids[@]}"; do
			id=${ids[i]#"$2"}
			((10#$id > highest)) && highest=$((10#$id))
			if ! weak_value "$2" "$2$id:${keys[i]}" "$3"; then
				kept+=",$2$id:${keys[i]}"
			fi
		done
	fi
	put "$(target_of "$1")" "$2$((highest + 1)):$(random_base64)$kept"
}

# An alias that is in use is the line to change.
target_of() {
	set_as "$1" || printf '%s' "$1"
}

rotate() {
	local kind least secret why
	kind=$(kind_of "$rotate_name")
	least=$(least_of "$rotate_name")
	[[ -n $kind ]] || die 2 "$rotate_name is no secret that this script makes"
	if [[ $(target_of "$rotate_name") == *_FILE ]]; then
		die 1 "$rotate_name is kept in a file of its own; put the new value there"
	fi
	case $kind in
	h | k) rotate_ring "$rotate_name" "$kind" "$least" ;;
	*)
		if [[ $rotate_name == JWT_SECRET ]] && load_secret JWT_SECRET && ! is_weak "$secret" "$least"; then
			put JWT_SECRET_PREVIOUS "$secret"
		fi
		put "$(target_of "$rotate_name")" "$(make_secret "$kind")"
		;;
	esac
	write_file
	printf '%s: %s has a new value; restart with bin/yavio restart\n' "$env_file" "$rotate_name"
}

# Never the first key: it is the active one.
retire() {
	local letter=${retire_key:0:1} name=ENCRYPTION_KEY kept='' i ids=() keys=() why secret
	[[ $letter == k ]] || name=API_KEY_HASH_SECRET
	if [[ $(target_of "$name") == *_FILE ]]; then
		die 1 "$name is kept in a file of its own; change it there"
	fi
	if ! load_secret "$name" || ! split_ring "$secret" "$letter" || [[ ${ids[0]} == "$retire_key" ]] ||
		[[ " ${ids[*]} " != *" $retire_key "* ]]; then
		die 1 "$retire_key is no old key of $name"
	fi
	for i in "${!ids[@]}"; do
		[[ ${ids[i]} == "$retire_key" ]] || kept+=",${ids[i]}:${keys[i]}"
	done
	put "$(target_of "$name")" "${kept#,}"
	write_file
	printf '%s: %s has lost %s\n' "$env_file" "$name" "$retire_key"
}

[[ ! -L $env_file ]] || env_file=$(readlink -f "$env_file")
[[ -d $(dirname "$env_file") ]] || die 1 "$(dirname "$env_file") is no directory"
if [[ $mode == fill || $mode == rotate || $mode == retire ]]; then
	# Two runs at one time must not make two values of one secret.
	exec 9<"$(dirname "$env_file")"
	flock 9
fi

if [[ -e $env_file ]]; then
	[[ -r $env_file ]] || die 1 "$env_file cannot be read"
	read_lines "$env_file"
elif [[ $mode != check && -r $root/.env.example ]]; then
	read_lines "$root/.env.example"
fi
find_missing
find_problems

case $mode in
fill)
	repair_mode
	fill
	;;
check) check ;;
missing) ((${#missing[@]} == 0)) || printf '%s\n' "${missing[@]}" ;;
rotate)
	repair_mode
	rotate
	;;
retire)
	repair_mode
	retire
	;;
esac
