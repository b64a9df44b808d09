#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the pages (web/ -> web/dist) when a source changed since the last build; asks the network
# only when web/package-lock.json changed. Without web/package.json there is nothing to do.
#
# Invariant: web/dist/.stamp, the hash of all it was built from, is written last; standard output is
# left to whoever called (see build.sh).
set -euo pipefail
exec >&2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -f web/package.json ] || exit 0
PATH=$PWD/third_party/fetched/node/bin:$PATH # only there when the machine's own is too old
command -v npm >/dev/null || {
  echo "pages: npm is missing; the program is built without its pages" >&2
  echo "  next: install Node.js 20 or later and run this again" >&2
  exit 0
}

exec 9>web/.build.lock
flock 9

fail() {
  printf 'pages: %s\n  why:  see above\n  next: %s\n' "$1" "$2" >&2
  exit 4
}

locked=$(cat web/package-lock.json web/package.json | sha256sum | cut -d' ' -f1)
if [ "$(cat web/node_modules/.stamp 2>/dev/null)" != "$locked" ]; then
  echo "pages: installing what web/package-lock.json pins"
  (cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm could not install the pages' packages" \
      "check the network and npm's registry setting (npm config get registry)"
  echo "$locked" >web/node_modules/.stamp
fi

# Every file below web/ and schema/ that a build may read.
source_files() {
  find web schema \( -name node_modules -o -path web/dist -o -name 'test-results*' -o \
    -name 'playwright-report*' \) -prune -o -type f \
    ! -name .build.lock ! -name '*.tsbuildinfo' -print0 2>/dev/null | LC_ALL=C sort -z
}
sources=$( (echo "$locked" && source_files | xargs -0 sha256sum) | sha256sum | cut -d' ' -f1)
[ "$(cat web/dist/.stamp 2>/dev/null)" != "$sources" ] || exit 0
echo "pages: building"
(cd web && npm run --silent build) || fail "the pages do not build" "cd web && npm run build"
[ -f web/dist/index.html ] || fail "the build made no web/dist/index.html" "cd web && npm run build"
echo "$sources" >web/dist/.stamp
