#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Several processes on one workspace: one writes data, the others read, and the second writer is
# told at once who holds it.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
need_fashion
TEST=$FASHION/t10k-images-idx3-ubyte.gz
works import "$TEST" --name test --workspace ws --quiet

"$SLITLAMP" eval "$V1" --search never --batch 1 --threads 1 --workspace ws >/dev/null 2>&1 &
writer=$!
holds() { "$SLITLAMP" ls runs --json --workspace ws | grep -q '"state":"running"'; }
wait_until "the first writer is at work" holds
fails 4 "process $writer" import "$DATA/image" --name other --workspace ws
fails 4 "process $writer" eval "$V2" --search never --workspace ws
works view --limit 1 --dataset test --workspace ws
works ls journal --workspace ws
works show d1 --workspace ws
job=$("$SLITLAMP" ls jobs --json --workspace ws | python3 -c 'import json, sys
print(next(j["id"] for j in json.load(sys.stdin)["jobs"] if j["state"] == "running"))')
fails 4 "runs in another process" cancel "$job" --workspace ws

# A server starts beside it and stops on request while the writer goes on.
"$SLITLAMP" serve --workspace ws >served 2>&1 &
server=$!
wait_until "the server is up" grep -q "^open http" served
kill -INT $server
wait $server
CODE=$?
RAN="serve beside a writer"
expect_code 0
wait $writer
CODE=$?
RAN="the first writer"
expect_code 0
works report --workspace ws
expect_out "88.99 %"

# Both want to begin at the same moment: one wins, the other is told; nothing is lost.
for i in 1 2 3 4; do
  "$SLITLAMP" eval "$V2" --search never --workspace ws --quiet >out.$i 2>err.$i &
  pids[i]=$!
done
won=0
for i in 1 2 3 4; do
  wait "${pids[i]}"
  code=$?
  RAN="writer $i of 4"
  cp err.$i .err
  cp out.$i .out
  [ $code = 0 ] && won=$((won + 1))
  [ $code = 0 ] || CODE=$code
  [ $code = 0 ] || expect_code 4
  [ $code = 0 ] || expect_err "process"
done
expect "at least one of four writers wins" test $won -ge 1
works report --json --workspace ws
expect_field '["run"]["samples"]' 10000

# Looking does not wait for a lock: four readers at once.
for i in 1 2 3 4; do
  "$SLITLAMP" view --where outcome=wrong --limit 1 --json --workspace ws >read.$i 2>&1 &
  pids[i]=$!
done
for i in 1 2 3 4; do wait "${pids[i]}" || broken "reader $i failed"; done
expect_same read.1 read.4
finish
