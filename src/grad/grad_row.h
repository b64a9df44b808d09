// SPDX-License-Identifier: Apache-2.0
// The inside of the sweep, shared by grad_append.c and sweep.c only: rows of the table, terms and
// notes.
#ifndef SL_GRAD_GRAD_ROW_H
#define SL_GRAD_GRAD_ROW_H

#include "grad/grad.h"

typedef struct sl_grad_row {
  const char *type;  // NULL in the row of unknown operators
  sl_grad_state state;
  sl_grad_rule rule;
  const char *why;
  int is_quiet;  // a zero that needs no note
} sl_grad_row;

const sl_grad_row *sl_grad_find_row(const char *type);  // never NULL

// One summand of a gradient.
typedef struct sl_sweep_term {
  sl_value_id value;
  struct sl_sweep_term *next;
} sl_sweep_term;

typedef struct sl_sweep_notes {
  sl_arena *arena;
  const char **at;
  int32_t count, capacity;
} sl_sweep_notes;

#endif
