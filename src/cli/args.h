// SPDX-License-Identifier: Apache-2.0
// From argv to an operation and its parameters as JSON, by the operation's rows.
#ifndef SL_CLI_ARGS_H
#define SL_CLI_ARGS_H

#include <slitlamp/slitlamp.h>

#include "base/text.h"

typedef struct sl_args {
  const char *workspace;  // NULL = search
  int json, quiet, no_color, read_only, help, version;
  const char *verb;         // NULL when none was given
  const sl_op_info *op;     // of the verb; NULL for the command line's own verbs
  const char *const *rest;  // arguments after the verb, for the command line's own verbs
  int rest_count;
  sl_text params;  // JSON object; free with sl_text_free
} sl_args;

// One of the command line's own verbs ("help", "man", "completion"), which are no operations.
int sl_args_is_own_verb(const char *verb);

// SL_E_ARG with a hint for anything that is not understood.
SL_MUST_CHECK sl_status sl_args_parse(sl_arena *arena, int argc, char **argv, sl_args *out,
                                      sl_error *err);

// "--allow-host" for "allow_host"; in `arena`.
char *sl_args_option_name(sl_arena *arena, const char *row_name);

#endif
