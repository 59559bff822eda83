#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails when the tree holds a secret: private keys, tokens of known forms, filled-in settings. Prints file and line, never the text.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lint-common.sh secrets

tracked . | grep -vE '^scripts/check-secrets\.sh$|package-lock\.json$' >"$work/files"

grep -E '(^|/)(\.env(\..*)?|.*\.(pem|key|p12|pfx|jks)|id_(rsa|ed25519|ecdsa)|\.npmrc|\.pgpass|\.yaviorc\.json)$' "$work/files" |
  grep -vE '(^|/)\.env\.example$' | sed 's/$/: a file of secrets is committed/' >"$work/out" || true
fault_lines <"$work/out"

scan() { # what, pattern; the file list on stdin
  xargs -d '\n' --no-run-if-empty grep -InHE -- "$2" 2>/dev/null | awk -F: -v what="$1" '{ print $1 ":" $2 ": " what }' >"$work/out" || true
  fault_lines <"$work/out"
}

scan 'a private key' '-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[[:space:]]*($|\\n|[A-Za-z0-9+/]{16})' <"$work/files"
scan 'an access key of a cloud' '\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b' <"$work/files"
scan 'a token of GitHub, npm, Slack or Stripe' '\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,}|npm_[A-Za-z0-9]{36}|xox[abprs]-[0-9A-Za-z-]{20,}|(sk|rk)_live_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z]{24,})\b' <"$work/files"
scan 'a key of a language model' '\bsk-(ant-|proj-)?[A-Za-z0-9_-]{32,}\b' <"$work/files"

# Outside the tests nothing may assign one of our secrets, and no API key of full length may stand.
grep -vE '^(tests|sdk/js/test|web/test|lib/conf/options\.def)' "$work/files" >"$work/shipped"
names=$(scripts/gen-options.sh names | awk '$1 == "option" && /SECRET/ { printf "%s%s", comma, $2; comma = "|" }')
scan 'a setting that is secret has a value' "\\b($names)['\"]?[[:space:]]*[:=][[:space:]]*['\"]?([hk][0-9]+:)?[A-Za-z0-9+/_-]{24,}" <"$work/shipped"
scan 'an API key' '\byav_[0-9a-f]{40,}\b' <"$work/shipped"
scan 'a password in a URL' '\b(postgres(ql)?|https?|rediss?)://[A-Za-z0-9_.-]+:[A-Za-z0-9+/%_-]{12,}@' <"$work/shipped"

[ "$faults" -eq 0 ]
