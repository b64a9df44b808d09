// SPDX-License-Identifier: Apache-2.0
// Read-only access to the table of operations, from which every front end builds itself.
#ifndef SLITLAMP_OP_H
#define SLITLAMP_OP_H

#include <slitlamp/row.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SL_OP_SLOW = 1u << 0,  // takes seconds or more: a job over HTTP, a progress bar on a terminal
  SL_OP_UNTRUSTED = 1u << 1,  // reads files somebody else made
  SL_OP_EXPERIMENTAL = 1u << 2,
  SL_OP_WRITES = 1u << 3,        // changes the workspace
  SL_OP_PEEK = 1u << 4,          // answers a page's question; not written to the journal
  SL_OP_CACHED = 1u << 5,        // same parameters and same reads give the same result
  SL_OP_LOCAL = 1u << 6,         // for the person at this machine only; refused over HTTP
  SL_OP_SERVES = 1u << 7,        // the command line serves the pages after it succeeded
  SL_OP_NO_WORKSPACE = 1u << 8,  // runs without a workspace
  SL_OP_OPTIONAL = 1u << 9       // uses the workspace where there is one, runs without it too
};

typedef struct sl_op_info {
  const char *name;     // "eval"; also the command-line verb
  const char *title;    // "Evaluate a model"
  const char *help;     // one sentence
  const char *example;  // a command line that works
  const char *since;    // version that brought it
  uint32_t flags;
  const sl_row *params;
  size_t params_size;
  const sl_row *result;
  size_t result_size;
} sl_op_info;

SL_API size_t sl_op_count(void);
SL_API const sl_op_info *sl_op_at(size_t index);        // NULL past the end
SL_API const sl_op_info *sl_op_find(const char *name);  // NULL when unknown

// Registries that variants refer to ("step", ...); NULL past the end.
SL_API const sl_registry *sl_registry_at(size_t index);

SL_API const char *sl_version(void);

#ifdef __cplusplus
}
#endif
#endif
