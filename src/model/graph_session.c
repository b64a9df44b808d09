// SPDX-License-Identifier: Apache-2.0
// A session made from a graph. The probe is in graph_probe.c.
//
// Invariant: big weights reach ONNX Runtime as memory, not as part of the message. Start at
// sl_graph_session().
#include "model/graph_session.h"

#include "onnx/model_file.h"

enum { DETACH_ABOVE_BYTES = 1024 };

static sl_status wrap_weight(const sl_constant *constant, sl_tensor *out, sl_error *err) {
  *out = (sl_tensor){.dtype = sl_element_dtype(constant->element),
                     .shape.rank = constant->rank,
                     .data = (void *)(uintptr_t)constant->data.at};
  if (constant->rank > SL_RANK_MAX)
    return sl_fail(err, SL_E_UNSUPPORTED, "a weight has rank %d; at most %d is possible",
                   constant->rank, SL_RANK_MAX);
  for (int32_t i = 0; i < constant->rank; i++) out->shape.dims[i] = constant->dims[i];
  return SL_OK;
}

static sl_status open_written(sl_arena *scratch, const sl_onnx_written *written, const char *name,
                              const sl_session_options *options, sl_session **out, sl_error *err) {
  size_t count = written->detached_count;
  const char **names = SL_NEW_ARRAY(scratch, const char *, count + 1);
  sl_tensor *weights = SL_NEW_ARRAY(scratch, sl_tensor, count + 1);
  for (size_t i = 0; i < count; i++) {
    names[i] = written->detached[i].name;
    SL_TRY(wrap_weight(written->detached[i].constant, &weights[i], err));
  }
  sl_session_options with = *options;
  with.weight_names = names;
  with.weights = weights;
  with.weight_count = count;
  return sl_session_open(name, written->bytes, &with, out, err);
}

sl_status sl_graph_session(const sl_graph_model *model, const char *name,
                           const sl_session_options *options, sl_session **out, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "graph session");
  sl_onnx_write_options write = {.detach_above_bytes = DETACH_ABOVE_BYTES, .for_session = true};
  sl_onnx_written written;
  sl_status status = sl_onnx_serialise(scratch, model, &write, &written, err);
  if (status == SL_OK) status = open_written(scratch, &written, name, options, out, err);
  sl_arena_free(scratch);
  return status;
}
