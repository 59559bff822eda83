#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a C header of the mail templates: one text each, named after its file.
# usage: scripts/gen-mail.sh FILE...
set -euo pipefail
echo '/* Mail templates, generated from daemon/jobs/mail by scripts/gen-mail.sh: do not edit. */'
for file in "$@"; do
  name=${file##*/}
  name=${name%.*}
  printf '\nstatic const char mail_text_%s[] =\n' "$name"
  sed -e 's/\\/\\\\/g; s/"/\\"/g; s/^/\t"/; s/$/\\n"/' "$file"
  echo '        ;'
done
