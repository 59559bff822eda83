#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs test lanes without stopping at the first failure, counts every case, and ends with "N passed, N failed".
# usage: scripts/test.sh LANE...   lanes: lint unit unit-clang unit-asan it it-asan e2e sdk fuzz (results in build/test-results;
# TEST_JOBS: test files at once, as many as processors unless told)
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || { sed -n '3,5s/^# //p' "$0" >&2; exit 2; }

build=${BUILD:-build}
results=$build/test-results
mkdir -p "$results"
passed=0
failed=0
failures=()

record() { # record pass|fail NAME
  if [ "$1" = pass ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    failures+=("$2")
  fi
}

# One check: its output is shown only when it fails.
check() { # check NAME COMMAND...
  local name=$1 log
  shift
  log=$results/$(echo "$name" | tr -c 'a-zA-Z0-9\n' '-').log
  if "$@" >"$log" 2>&1; then
    record pass "$name"
    printf '  \xe2\x9c\x93 %s\n' "$name"
  else
    record fail "$name"
    printf '  \xe2\x9c\x97 %s\n' "$name"
    tail -n 60 "$log"
  fi
}

# Cases of a TAP file: lines "ok N - name" and "not ok N - name".
count_tap() { # count_tap FILE LANE
  local line
  while IFS= read -r line; do
    case $line in
      'ok '*'# SKIP'*) printf '  - skipped: %s\n' "${line#ok * - }" ;;
      'ok '*) record pass "$line" ;;
      'not ok '*) record fail "$2: ${line#not ok * - }" ;;
    esac
  done <"$1"
}

lane_lint() {
  local script
  check 'clang-format' make -s lint-format
  check 'release build' make -s -j2 build
  check 'clang build' make -s -j2 build VARIANT=clang
  for script in scripts/check-*.sh; do
    check "$(basename "$script" .sh)" "$script"
  done
  check 'shellcheck' make -s lint-shell
}

lane_unit() { # lane_unit VARIANT
  local variant=$1 list binary tap status
  list=$(make -s unit-list VARIANT="$variant")
  if ! make -s -j2 unit-build VARIANT="$variant" >"$results/unit-$variant-build.log" 2>&1; then
    tail -n 40 "$results/unit-$variant-build.log"
    record fail "unit ($variant): build"
    return
  fi
  for binary in $list; do
    tap=$results/unit-$variant-$(basename "$binary").tap
    CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$binary" >"$tap" 2>"$tap.err"
    status=$?
    count_tap "$tap" "unit ($variant) $(basename "$binary")"
    if [ $status -ne 0 ]; then
      grep -B1 -A8 '^not ok' "$tap"
      tail -n 30 "$tap.err"
      # A crash or a leak report is a failure even when every case before it passed.
      grep -q '^not ok' "$tap" || record fail "unit ($variant) $(basename "$binary"): exit status $status"
    else
      printf '  \xe2\x9c\x93 %s (%d)\n' "$(basename "$binary")" "$(grep -c '^ok' "$tap")"
    fi
  done
}

# Browser journeys: only against the release build, what they add is in the pages.
lane_e2e() {
  check 'web: types, lint, units, sizes' make -s web-check
  check 'sdk: build' make -s sdk
  lane_node release tests/e2e
}

lane_sdk() {
  check 'sdk: build, types, size' make -s sdk-check
  lane_node release sdk/js/test
}

# Files that run none of the instrumented programs: under the sanitizer they would only take time.
not_for_asan='^(checks|fetch-libchdb|oracle|postgres-(functions|plans|roles|setup)|setup-env|sql-generators)$'

# As many files at once as there are processors: they wait for programs, disks and browsers more than they compute.
files_at_once=${TEST_JOBS:-$(nproc)}
trap 'trap - TERM; kill $(jobs -p) 2>/dev/null; exit 130' INT TERM

# One file, in the background, with ports of its own: its report appears when it has ended, whole.
run_node_file() { # run_node_file VARIANT FILE RESULT NUMBER
  local node
  rm -f "$3".{tap,status}
  YAVIO_BIN_DIR=$PWD/$build/$1/bin YAVIO_VARIANT=$1 TEST_PORT_BAND=$(($4 % 20)) timeout 500 \
    node --test --test-reporter=tap --test-reporter-destination="$3.tap" \
    --test-reporter=spec --test-reporter-destination=stdout "$2" >"$3.log" 2>&1 &
  node=$!
  trap 'kill $node' TERM
  wait $node
  echo $? >"$3.status"
  {
    flock 9
    printf '\n-- %s\n' "$2"
    cat "$3.log"
  } 9>"$results/print.lock"
}

count_node_file() { # count_node_file LANE FILE RESULT
  local line status
  status=$(cat "$3.status" || echo 1)
  # Node repeats a count of leaf tests at the end of the report.
  passed=$((passed + $(sed -n 's/^# pass //p' "$3.tap" | tail -n 1 | grep . || echo 0)))
  [ "$status" -ne 0 ] || return 0
  while IFS= read -r line; do record fail "$1 $(basename "$2"): ${line#*not ok * - }"; done \
    < <(grep -E '^ *not ok' "$3.tap" || echo "not ok 0 - exit status $status")
}

lane_node() { # lane_node VARIANT DIRECTORY
  local variant=$1 directory=$2 lane file number=0 files=()
  lane=$(basename "$directory")
  if ! make -s -j2 build web test-support VARIANT="$variant" >"$results/$lane-$variant-build.log" 2>&1; then
    tail -n 40 "$results/$lane-$variant-build.log"
    record fail "$lane ($variant): build"
    return
  fi
  for file in "$directory"/*.test.mjs; do
    if [ "$variant" = asan ] && [[ $(basename "$file" .test.mjs) =~ $not_for_asan ]]; then continue; fi
    files+=("$file")
  done
  for file in "${files[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$files_at_once" ]; do wait -n; done
    run_node_file "$variant" "$file" "$results/$lane-$variant-$(basename "$file" .test.mjs)" $((number++)) &
  done
  wait
  for file in "${files[@]}"; do
    count_node_file "$lane ($variant)" "$file" "$results/$lane-$variant-$(basename "$file" .test.mjs)"
  done
}

for lane in "$@"; do
  printf '\n== %s\n' "$lane"
  case $lane in
    lint) lane_lint ;;
    unit) lane_unit release ;;
    unit-clang) lane_unit clang ;;
    unit-asan) lane_unit asan ;;
    it) lane_node release tests/it ;;
    it-asan) lane_node asan tests/it ;;
    e2e) lane_e2e ;;
    sdk) lane_sdk ;;
    fuzz) check 'fuzz corpus replay' make -s fuzz-replay ;;
    *) echo "unknown lane: $lane" >&2; exit 2 ;;
  esac
done

if [ ${#failures[@]} -gt 0 ]; then
  printf '\nFailed:\n'
  printf '  %s\n' "${failures[@]}"
fi
[ -z "${TEST_TOTALS:-}" ] || echo "$passed $failed" >>"$TEST_TOTALS"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
