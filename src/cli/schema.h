// SPDX-License-Identifier: Apache-2.0
// The table of operations as JSON: what schema/ops.json holds.
#ifndef SL_CLI_SCHEMA_H
#define SL_CLI_SCHEMA_H

#include "base/text.h"

// Appends the JSON, one operation per line, to `out`.
void sl_schema_write(sl_text *out);

#endif
