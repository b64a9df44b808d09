#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ctrl-C and kill -9 in the middle of import and of eval: nothing committed is lost, nothing half
# made shows, the same command or "resume" goes on, and the end equals an uninterrupted run.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
need_fashion
TEST=$FASHION/t10k-images-idx3-ubyte.gz
EVAL=(eval "$V1" --search never --batch 8 --threads 1)

# The uninterrupted run to compare with.
works import "$TEST" --name test --workspace whole --quiet
works "${EVAL[@]}" --workspace whole --quiet
works export whole.csv --workspace whole

# at_work PROCESS WORKSPACE PHASE: whether the newest job is in that phase, and of an evaluation has
# told its progress twice (it commits as often), or the process is gone.
at_work() {
  kill -0 "$1" 2>/dev/null || return 0
  "$SLITLAMP" ls jobs --json --read-only --workspace "$2" 2>/dev/null >.jobs || return 1
  grep -q "\"state\":\"running\",\"message\":\"$3\"" .jobs || return 1
  [ "$3" = evaluate ] || return 0
  grep -o '"done":[0-9]*' .jobs | head -1 | grep -v ':0$' >>.progress
  [ "$(sort -u .progress | wc -l)" -ge 2 ]
}

# start_and SIGNAL WORKSPACE PHASE ARGS...: runs, waits until it is at work, sends the signal.
start_and() {
  local signal=$1 workspace=$2 phase=$3
  shift 3
  RAN="$* (then $signal)"
  : >.progress
  "$SLITLAMP" "$@" --workspace "$workspace" >.out 2>.err &
  local process=$!
  wait_until "$* is at work" at_work "$process" "$workspace" "$phase" || return
  kill -s "$signal" "$process" || broken "it was over before the signal"
  wait "$process"
  CODE=$?
}

# ---- eval ----
for signal in INT KILL; do
  works import "$TEST" --name test --workspace "$signal" --quiet
  start_and "$signal" "$signal" evaluate "${EVAL[@]}"
  if [ "$signal" = INT ]; then
    expect_code 5
    expect_err "the same command goes on"
  else
    expect_code 137
  fi
  works ls runs --json --workspace "$signal"
  expect_field '["runs"][0]["state"]' interrupted
  works ls jobs --json --workspace "$signal"
  state=$(field '["jobs"][0]["state"]')
  expect "the job is resumable, not $state" test "$state" = cancelled -o "$state" = interrupted
  fails 3 "not finished" report r1 --workspace "$signal"
  works "${EVAL[@]}" --json --workspace "$signal"
  expect "scored rows are not scored again" test "$(field '["resumed"]')" -ge 1
  expect_field '["run"]["id"]' r1
  expect_field '["run"]["scored"]' 10000
  works export "$signal.csv" --workspace "$signal"
  expect_same whole.csv "$signal.csv"
  # Done is done: the same command once more computes nothing.
  works "${EVAL[@]}" --json --workspace "$signal"
  expect_field '["run"]["id"]' r1
done

# ---- eval, with the scores so far damaged: redone by itself, with a note that says so ----
for damage in cut zero; do
  works import "$TEST" --name test --workspace "$damage" --quiet
  start_and KILL "$damage" evaluate "${EVAL[@]}"
  matrix=$(ls -S "$damage"/columns/r1-*.col | head -1)
  case $damage in
    cut) truncate -s 1000 "$matrix" && says="the run was started anew, because" ;;
    zero) dd if=/dev/zero of="$matrix" bs=1 seek=128 count=120 conv=notrunc status=none &&
      says="were blank; they were scored again" ;;
  esac
  works "${EVAL[@]}" --json --workspace "$damage"
  expect "the result says: $says" grep -q "$says" .out
  expect_field '["run"]["scored"]' 10000
  works export "$damage.csv" --workspace "$damage"
  expect_same whole.csv "$damage.csv"
done

# ---- eval, by "resume" ----
works import "$TEST" --name test --workspace resumed --quiet
start_and KILL resumed evaluate "${EVAL[@]}"
works resume --workspace resumed --json
expect_field '["op"]' eval
works export resumed.csv --workspace resumed
expect_same whole.csv resumed.csv
fails 3 "no job was interrupted or cancelled" resume --workspace resumed

# ---- import of 10,000 files ----
works export many --what images --group label --workspace whole
works import many --name many --workspace import-whole --quiet
works export import-whole.csv --workspace import-whole
for signal in INT KILL; do
  start_and "$signal" "import-$signal" "read files" import many --name many
  if [ "$signal" = INT ]; then expect_code 5; else expect_code 137; fi
  works ls datasets --json --workspace "import-$signal"
  expect_field '["datasets"]' '[]'
  works import many --name many --json --workspace "import-$signal"
  expect_field '["dataset"]["samples"]' 10000
  works export "import-$signal.csv" --workspace "import-$signal"
  expect_same import-whole.csv "import-$signal.csv"
done

# ---- the main job: stopped in its evaluation, the same command goes on ----
start_and INT main evaluate open "$V1" "$TEST" --search never --batch 8 --threads 1 --no-serve
expect_code 5
works open "$V1" "$TEST" --search never --batch 8 --threads 1 --no-serve --json --workspace main
expect_field '["accuracy"]' 0.8899

# ---- an export that is stopped leaves no half of a table under its name ----
expect "no leftovers" test -z "$(find . -maxdepth 1 -name '*.tmp')"
finish
