// SPDX-License-Identifier: Apache-2.0
// The nodes of one graph copied into another: bodies of functions, chosen branches.
#ifndef SL_PASS_SPLICE_H
#define SL_PASS_SPLICE_H

#include "graph/graph.h"

typedef struct sl_splice {
  const sl_graph *from;
  sl_graph *to;
  // Value of `from` -> value of `to`, [from->value_count]. Set before: what inputs are (0: left
  // out, wherever `from` reads it), and outputs that exist already. Filled for the others.
  sl_value_id *map;
  const char *prefix;  // names become "<prefix>/<name>"; "" keeps them where they are free
  const char *origin;  // of the new nodes; NULL keeps theirs
  // What stands for an attribute that refers to one of the call; NULL: it is left out.
  const sl_attribute *(*resolve)(const void *context, const char *name);
  const void *context;
} sl_splice;

// Graphs inside nodes are copied too, at any depth. Makers must come before readers in `from`.
void sl_splice_run(const sl_splice *splice);

#endif
