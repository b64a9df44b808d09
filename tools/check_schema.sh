#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The committed schema is what the program says of itself. CTest sets SLITLAMP and SL_SOURCE_DIR.
set -euo pipefail
schema=$SL_SOURCE_DIR/schema/ops.json
now=$(mktemp)
trap 'rm -f "$now"' EXIT
"$SLITLAMP" help --json >"$now"
diff -u "$schema" "$now" | head -n 40 || true
cmp -s "$schema" "$now" || {
  echo "schema: the operation table changed; if that is meant, commit it:"
  echo "  $SLITLAMP help --json > schema/ops.json && tools/gen_clients.py"
  exit 1
}
echo "schema: schema/ops.json is what the program says"
