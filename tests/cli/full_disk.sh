#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fills: exit code 4, words, nothing half visible, and room makes everything go on.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
need_fashion
TEST=$FASHION/t10k-images-idx3-ubyte.gz
EVAL=(eval "$V1" --search never --batch 8 --threads 1)

# limited KIB ARGS...: no file may grow beyond that; SIGXFSZ ignored, so that writes fail.
limited() {
  local kib=$1
  shift
  run bash -c 'trap "" XFSZ; ulimit -f "$1"; shift; exec "$@"' - "$kib" "$SLITLAMP" "$@"
}

works import "$TEST" --name test --workspace room --quiet
works "${EVAL[@]}" --workspace room --quiet
works export whole.csv --workspace room

limited 200 import "$TEST" --name test --workspace ws
expect_code 4
expect_quiet
works ls datasets --json --workspace ws
expect_field '["datasets"]' '[]'
works import "$TEST" --name test --workspace ws --quiet

limited 100 "${EVAL[@]}" --workspace ws
expect_code 4
expect_quiet
works ls runs --json --workspace ws
expect "no finished run" test "$(field '["runs"]' | grep -c "'done'")" = 0
works "${EVAL[@]}" --workspace ws --quiet
works export ws.csv --workspace ws
expect_same whole.csv ws.csv

limited 64 export short.csv --workspace ws
expect_code 4
expect_err "short.csv"
expect "no half of a table" test ! -e short.csv -a ! -e short.csv.tmp
limited 8 report --html short.html --workspace ws
expect_code 4
expect "no half of a page" test ! -e short.html

# The same on a file system that is full, where a mount is allowed.
mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
  lamp import "$TEST" --name test --workspace small/ws
  expect_code 4
  expect_quiet
  mount -o remount,size=64m small
  works import "$TEST" --name test --workspace small/ws --quiet
  works "${EVAL[@]}" --workspace small/ws --quiet
  works export small.csv --workspace small/ws
  expect_same whole.csv small.csv
fi
finish
