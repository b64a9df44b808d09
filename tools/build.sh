#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh PRESET [JOBS]: configures on the first run, then builds. Quiet when all is well; whatever
# it says goes to standard error, so that `make -s demo ARGS=--json` prints nothing but JSON.
set -euo pipefail
exec >&2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
jobs=${2:-2}

log=build/$preset/configure.log
if [ ! -f "build/$preset/build.ninja" ]; then
  mkdir -p "build/$preset"
  cmake --preset "$preset" >"$log" 2>&1 || {
    cat "$log" >&2
    echo "build: cmake could not configure build/$preset (see above)" >&2
    echo "  next: repair it and run the same command again; 'make clean' starts afresh" >&2
    exit 4
  }
fi
exec cmake --build "build/$preset" -- -j "$jobs" --quiet
