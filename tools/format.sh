#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# format.sh: rewrites our C files in the house format (.clang-format). format.sh --check changes
# nothing and fails when something would change. Lists (*_list.h) are tables and stay as written.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v clang-format >/dev/null || {
  echo "format: clang-format is missing; tools/setup.sh installs it" >&2
  exit 4
}
mapfile -d '' files < <(find src include tests tools fuzz bench examples \
  -name node_modules -prune -o -name data -path 'tests/*' -prune -o \
  -name '*.[ch]' ! -name '*_list.h' -print0 2>/dev/null)
run() { printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 32 clang-format "$@"; }

if [ "${1:-}" != --check ]; then
  run -i
  exit
fi
run --dry-run 2>&1 | sed -n 's/^\([^:]*\):\([0-9]*\):.*clang-format-violations.*/\1/p' |
  sort | uniq -c | awk '{ print $2 ": " $1 " place(s) not in the house format"; bad = 1 }
    END { if (bad) print "format: run make format"; else print "format: all in the house format"
          exit bad }'
