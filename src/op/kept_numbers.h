// SPDX-License-Identifier: Apache-2.0
// Numbers that took long to compute, kept in the workspace as a derived blob.
//
// One function passes over the same arrays for writing and for reading, so the two cannot differ.
//
// Invariant: what is kept can be made again; a blob that is damaged or too short counts as absent.
#ifndef SL_OP_KEPT_NUMBERS_H
#define SL_OP_KEPT_NUMBERS_H

#include "base/text.h"
#include "op/op.h"

typedef struct sl_kept_numbers {
  sl_text *out;  // writing; NULL: reading
  const uint8_t *at;
  size_t left;
  bool is_short;  // reading went past the end
} sl_kept_numbers;

// "<prefix>-<hash of what it depends on>"; frees `depends`. In the call's arena.
const char *sl_kept_key(sl_op_call *call, const char *prefix, sl_text *depends);
// Appends to `depends` what names a model file: path, size, time. SL_E_NOT_FOUND, SL_E_IO.
SL_MUST_CHECK sl_status sl_kept_depend_on_file(sl_op_call *call, const char *path, sl_text *depends,
                                               sl_error *err);
// Writes, or fills, `count` numbers of 8 bytes.
void sl_kept_pass(sl_kept_numbers *kept, void *numbers, int64_t count);
// For reading; 0 when there is none.
int sl_kept_find(sl_op_call *call, const char *key, sl_kept_numbers *out);
// Stores and frees what was written; nothing in a workspace that is read-only.
SL_MUST_CHECK sl_status sl_kept_store(sl_op_call *call, const char *key, sl_text *bytes,
                                      sl_error *err);

#endif
