#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_build.sh BUILD-FOLDER: what was built keeps its promises. The shared library exports sl_*
# and nothing else, every exported name is declared in include/slitlamp, and no program looks for a
# library under an absolute path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$1
library=$build/lib/libslitlamp.so
problems=0
problem() { echo "$1"; problems=$((problems + 1)); }

exported=$(nm -D --defined-only "$library" | awk '{ print $3 }' |
  grep -vE '^(__asan|__ubsan|__odr_asan|__tsan|_init|_fini)' || true)
[ -n "$exported" ] || problem "$library exports nothing"
for name in $exported; do
  case $name in
    sl_*) grep -qrw "$name" include/slitlamp || problem "$name is in no public header" ;;
    *) problem "$name is exported; only sl_* may be" ;;
  esac
done
declared=$(cat include/slitlamp/*.h | tr '\n' ' ' | grep -oE 'SL_API [^;{]*' |
  grep -oE 'sl_[a-z0-9_]+ ?\(' | tr -d ' (' | sort -u)
for name in $declared; do
  grep -qxF "$name" <<<"$exported" || problem "$name is declared public but not in the library"
done

for program in "$build/slitlamp" "$library"; do
  paths=$(readelf -d "$program" | sed -n 's/.*(R[A-Z]*PATH).*\[\(.*\)\]/\1/p')
  ! tr ':' '\n' <<<"$paths" | grep -q '^/' || problem "$program looks for libraries in $paths"
done

[ "$problems" = 0 ] || { echo "build: $problems problem(s)"; exit 1; }
echo "build: $(wc -w <<<"$exported") public symbols, no others"
