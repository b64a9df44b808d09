// SPDX-License-Identifier: Apache-2.0
// Running sessions: with new outputs, or with a binding whose memory stays.
#include <string.h>

#include "ort/ort_status.h"
#include "ort/session_state.h"

static sl_status run_failed(sl_session *session, OrtStatus *failed, sl_error *err) {
  if (failed == NULL) return SL_OK;
  if (atomic_load(&session->stopped)) {
    sl_ort_api()->ReleaseStatus(failed);
    return sl_fail(err, SL_E_CANCELLED, "running the model \"%s\" was stopped", session->name);
  }
  sl_arena *scratch = sl_arena_new(NULL, "run failed");
  sl_status status =
      sl_ort_check(failed, sl_arena_printf(scratch, "run the model \"%s\"", session->name), err);
  sl_arena_free(scratch);
  return status;
}

static void release_values(OrtValue **values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (values[i] != NULL) sl_ort_api()->ReleaseValue(values[i]);
}

static sl_status adopt_all(OrtValue **values, size_t count, sl_tensor *outputs, sl_error *err) {
  sl_status status = SL_OK;
  for (size_t i = 0; i < count && status == SL_OK; i++) {
    status = sl_ort_adopt(values[i], &outputs[i], err);
    values[i] = NULL;
  }
  return status;
}

static sl_status run_values(sl_session *s, sl_arena *scratch, const sl_tensor *inputs,
                            sl_tensor *outputs, sl_error *err) {
  OrtValue **in = SL_NEW_ARRAY(scratch, OrtValue *, s->input_count);
  OrtValue **out = SL_NEW_ARRAY(scratch, OrtValue *, s->output_count);
  sl_status status = SL_OK;
  for (size_t i = 0; i < s->input_count && status == SL_OK; i++)
    status = sl_ort_wrap(&inputs[i], &in[i], err);
  if (status == SL_OK)
    status = run_failed(
        s,
        sl_ort_api()->Run(s->session, s->run_options, s->input_names, (const OrtValue *const *)in,
                          s->input_count, s->output_names, s->output_count, out),
        err);
  if (status == SL_OK) status = adopt_all(out, s->output_count, outputs, err);
  release_values(in, s->input_count);
  release_values(out, s->output_count);
  return status;
}

sl_status sl_session_run(sl_session *session, const sl_tensor *inputs, sl_tensor *outputs,
                         sl_error *err) {
  memset(outputs, 0, sizeof *outputs * session->output_count);
  sl_arena *scratch = sl_arena_new(NULL, "run");
  sl_status status = run_values(session, scratch, inputs, outputs, err);
  sl_arena_free(scratch);
  if (status != SL_OK)
    for (size_t i = 0; i < session->output_count; i++) sl_tensor_release(&outputs[i]);
  return status;
}

struct sl_binding {
  sl_session *session;
  size_t output_index;
  OrtValue *input, *output;
  sl_buffer *input_buffer, *output_buffer;
};

sl_status sl_binding_new(sl_session *session, const sl_tensor *input, size_t output_index,
                         const sl_tensor *output, sl_binding **out, sl_error *err) {
  if (session->input_count != 1 || output_index >= session->output_count)
    return sl_fail(err, SL_E_ARG, "a binding needs a model with one input and that output");
  sl_binding *b = sl_heap_alloc_zero(1, sizeof *b);
  if (b == NULL) return sl_fail(err, SL_E_MEMORY, "cannot allocate a binding");
  b->session = session;
  b->output_index = output_index;
  b->input_buffer = sl_buffer_retain(input->buffer);
  b->output_buffer = sl_buffer_retain(output->buffer);
  sl_status status = sl_ort_wrap(input, &b->input, err);
  if (status == SL_OK) status = sl_ort_wrap(output, &b->output, err);
  if (status != SL_OK) {
    sl_binding_free(b);
    return status;
  }
  *out = b;
  return SL_OK;
}

sl_status sl_binding_run(sl_binding *b, sl_error *err) {
  sl_session *s = b->session;
  const OrtValue *input = b->input;
  OrtValue *output = b->output;
  OrtStatus *failed = sl_ort_api()->Run(s->session, s->run_options, s->input_names, &input, 1,
                                        s->output_names + b->output_index, 1, &output);
  return run_failed(s, failed, err);
}

void sl_binding_free(sl_binding *binding) {
  if (binding == NULL) return;
  release_values(&binding->input, 1);
  release_values(&binding->output, 1);
  sl_buffer_release(binding->input_buffer);
  sl_buffer_release(binding->output_buffer);
  sl_heap_free(binding);
}
