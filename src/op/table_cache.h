// SPDX-License-Identifier: Apache-2.0
// Open tables (dataset version + run + other run) and the views last asked for, kept by the engine
// so that scrolling and dragging cost no catalogue access.
#ifndef SL_OP_TABLE_CACHE_H
#define SL_OP_TABLE_CACHE_H

#include "explore/facet.h"
#include "explore/filter.h"
#include "explore/order.h"
#include "op/choices.h"
#include "op/lookup.h"

// Everything open of one (version, run, other). Read-only once made.
typedef struct sl_open_table {
  sl_arena *arena;
  int64_t version, run, other;  // 0 = none
  const sl_table *table;
  sl_column members, name, content;
  int has_content;
  sl_texts classes;  // of the run
  int references;
} sl_open_table;

// A view: the rows that match, in order.
typedef struct sl_open_view {
  sl_arena *arena;
  const char *key;
  sl_open_table *table;
  sl_filter filter;
  sl_order order;
  int references;
} sl_open_view;

// Finds or makes the view. Give it back with sl_view_release(); the cache keeps the latest few.
SL_MUST_CHECK sl_status sl_view_open(sl_op_call *call, const sl_view_params *params,
                                     sl_open_view **out, sl_error *err);
void sl_view_release(sl_op_call *call, sl_open_view *view);

// Position of a table row in the view, -1 when it is not in it.
int64_t sl_view_position(const sl_open_view *view, int64_t row);

// The record of a table row; texts are in the call's arena.
void sl_view_sample(sl_op_call *call, const sl_open_view *view, int64_t row, sl_rec_sample *out);

#endif
