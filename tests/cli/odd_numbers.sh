#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Models whose outputs are no numbers: shown as such, counted, in no metric, stable in order; and
# processes that may open few files.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
mkdir -p images/dark images/light
for i in 1 2 3 4 5; do
  png images/dark/$i.png 28 28 $((i * 2))
  png images/light/$i.png 28 28 $((255 - i))
done
png images/dark/black.png 28 28 0
png images/light/black.png 28 28 0

works open "$DATA/cli/nan_for_black.onnx" images --no-serve --json
expect_out "2 samples have scores that are not numbers and count in no number"
expect_field '["run"]["samples"]' 12
expect_field '["run"]["scored"]' 10
works view --where outcome=unknown --json
expect_field '["matched"]' 2
expect_field '["samples"][0]["confidence"]' None
for order in confidence -confidence; do
  works view --sort $order --json
  expect_field '["samples"][11]["confidence"]' None
  expect_field '["samples"][10]["confidence"]' None
done
works export table.csv --json
expect_field '["written"]' 12
expect "an unknown number is an empty cell" test "$(grep -ci 'nan\|inf' table.csv)" = 0
works export lines.jsonl
run python3 -c "
import json
for line in open('lines.jsonl'):
    json.loads(line, parse_constant=lambda name: 1 / 0)"
expect_code 0
works sample s1
works facets --fields confidence --json

works open "$DATA/cli/infinite.onnx" images --no-serve --json
cp .out infinite.json
run python3 -c "
import json
json.loads(open('infinite.json').read(), parse_constant=lambda name: 1 / 0)"
expect_code 0

# Few files may be open: it works or says so, and never dies.
few() {
  run bash -c 'ulimit -n "$1"; shift; exec "$@"' - "$@"
}
for count in 8 16 24 40; do
  rm -rf few
  few $count "$SLITLAMP" open "$DATA/cli/nan_for_black.onnx" images --no-serve --workspace few
  expect "with $count files: exit code $CODE" test "$CODE" = 0 -o "$CODE" = 4
  [ "$CODE" = 0 ] || expect_err "slitlamp: "
  works open "$DATA/cli/nan_for_black.onnx" images --no-serve --json --workspace few
  expect_field '["run"]["scored"]' 10
done
few 40 timeout -s INT 3 "$SLITLAMP" serve
expect "a server with few files: exit code $CODE" test "$CODE" = 0 -o "$CODE" = 124 -o "$CODE" = 4
finish
