# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts of this folder: a scratch folder, one command at a time, expectations of it.
#
# Each script sources this file, calls `run` and `expect_...`, and ends with `finish`. A failed
# expectation prints what was run and what came; the script goes on and fails at its end.
set -uo pipefail
ROOT=${SL_SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
SLITLAMP=${SLITLAMP:-$ROOT/build/dev/slitlamp}
DATA=$ROOT/tests/data
V1=$ROOT/examples/fashion/v1.onnx
V2=$ROOT/examples/fashion/v2.onnx
FASHION=${SLITLAMP_FASHION_MNIST:-/usr/share/datasets/fashion-mnist}
unset SLITLAMP_WORKSPACE
export NO_COLOR=1
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/slitlamp-cli-XXXXXX")
FAILED=0
RAN="" CODE=0

clean_up() {
  umount "$SCRATCH/small" 2>/dev/null
  chmod -R u+rwX "$SCRATCH" 2>/dev/null
  rm -rf "$SCRATCH"
}
trap clean_up EXIT
cd "$SCRATCH" || exit 1

# run COMMAND...: output in $SCRATCH/.out and .err, exit code in CODE. Bounded in time.
run() {
  RAN="$*"
  timeout -k 5 240 "$@" >"$SCRATCH/.out" 2>"$SCRATCH/.err"
  CODE=$?
  ! grep -q 'Sanitizer\|runtime error:' "$SCRATCH/.err" || broken "a sanitizer reports"
}
lamp() { run "$SLITLAMP" "$@"; }

# lamp_as_nobody ARGS...: as a user whom file permissions bind, also when the tests run as root.
lamp_as_nobody() {
  if [ "$(id -u)" = 0 ]; then
    run setpriv --reuid 65534 --regid 65534 --clear-groups "$SLITLAMP" "$@"
  else
    lamp "$@"
  fi
}

broken() {
  echo "FAILED: $RAN"
  echo "  $1"
  sed 's/^/  out: /' "$SCRATCH/.out" | cut -c1-300 | head -20
  sed 's/^/  err: /' "$SCRATCH/.err" | cut -c1-300 | head -20
  FAILED=$((FAILED + 1))
}
expect_code() { [ "$CODE" = "$1" ] || broken "exit code $CODE, not $1"; }
expect_out() { grep -qF -- "$1" "$SCRATCH/.out" || broken "output lacks: $1"; }
expect_err() { grep -qF -- "$1" "$SCRATCH/.err" || broken "error lacks: $1"; }
expect_no_out() { ! grep -qF -- "$1" "$SCRATCH/.out" || broken "output has: $1"; }
expect_quiet() { [ ! -s "$SCRATCH/.out" ] || broken "output is not empty"; }
expect_same() { cmp -s "$1" "$2" || broken "$1 and $2 differ: $(cmp "$1" "$2" 2>&1 | head -1)"; }
expect() { # expect WORDS COMMAND...
  local words=$1
  shift
  "$@" || broken "$words"
}

# fails CODE MESSAGE ARGS...: a slitlamp call that fails with this code and says this on stderr,
# and nothing on standard output.
fails() {
  local code=$1 message=$2
  shift 2
  lamp "$@"
  expect_code "$code"
  expect_err "$message"
  expect_quiet
}
works() {
  lamp "$@"
  expect_code 0
}

# field NAME: value of a member of the JSON in .out, by python's own words.
field() { python3 -c "import json,sys; d=json.load(open('$SCRATCH/.out')); print(d$1)"; }
expect_field() { # expect_field '["run"]["id"]' r1
  local value
  value=$(field "$1" 2>&1)
  [ "$value" = "$2" ] || broken "$1 is $value, not $2"
}

# png FILE WIDTH HEIGHT GREY: a grey PNG of one shade.
png() {
  python3 - "$@" <<'PYTHON'
import struct, sys, zlib
path, width, height, grey = sys.argv[1], *map(int, sys.argv[2:5])
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
rows = (b"\0" + bytes([grey]) * width) * height
open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
    ">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows))
    + chunk(b"IEND", b""))
PYTHON
}

# wait_until WORDS COMMAND...: until the command succeeds, at most a minute.
wait_until() {
  local words=$1 i
  shift
  for i in $(seq 1200); do
    "$@" && return 0
    sleep 0.05
  done
  broken "never happened: $words"
  return 1
}

need_fashion() {
  [ -f "$FASHION/t10k-images-idx3-ubyte.gz" ] && return
  echo "skipped: the Fashion-MNIST images are not installed (apt-get install dataset-fashion-mnist)"
  exit 0
}

finish() {
  [ "$FAILED" = 0 ] || {
    echo "$FAILED expectation(s) failed"
    exit 1
  }
  echo ok
}
