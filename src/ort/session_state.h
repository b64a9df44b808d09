// SPDX-License-Identifier: Apache-2.0
// The inside of an sl_session, shared by session.c and session_run.c only.
#ifndef SL_ORT_SESSION_STATE_H
#define SL_ORT_SESSION_STATE_H

#include <stdatomic.h>

#include "ort/runtime.h"

struct sl_session {
  sl_arena *arena;
  const char *name;
  sl_provider provider;
  OrtSession *session;
  OrtRunOptions *run_options;
  atomic_int stopped;
  int profiles;
  size_t input_count, output_count;
  sl_port *inputs, *outputs;
  const char **input_names, **output_names;
  OrtValue **weights;
  size_t weight_count;
};

#endif
