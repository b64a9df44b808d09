// SPDX-License-Identifier: Apache-2.0
// White boxes kept by the engine, so that the second question about a model costs no loading.
#ifndef SL_OP_BOX_CACHE_H
#define SL_OP_BOX_CACHE_H

#include "attrib/white_box.h"
#include "op/op.h"

typedef struct sl_kept_box {
  sl_arena *arena;
  const char *key;
  sl_white_box *box;
  pthread_mutex_t busy;  // held by the call that uses the box
  int references;
} sl_kept_box;

// Finds or opens the box of a model file and waits until no other call uses it. The file's size and
// time are part of the key: a model that was written again is opened again.
SL_MUST_CHECK sl_status sl_box_take(sl_op_call *call, const char *path,
                                    const sl_white_box_options *options, sl_kept_box **out,
                                    sl_error *err);
void sl_box_give(sl_op_call *call, sl_kept_box *kept);  // NULL is allowed

#endif
