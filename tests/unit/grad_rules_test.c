// SPDX-License-Identifier: Apache-2.0
// Gradients of single operators against PyTorch's autograd: ties, kinks, saturated and quantised
// values, which finite differences (grad_test.c) cannot judge.
//
// tests/data/grad/rules.onnx holds all cases and, as initializers, their inputs, seeds and expected
// gradients (tests/goldens/make_grad_rule_goldens.py). One sweep and one run serve them all. Start
// at rules_agree_with_autograd().
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "grad/grad.h"
#include "onnx/model_file.h"
#include "ort/session.h"

static const double BOUND = 2e-5;  // of the largest expected value, or of 1

enum { VALUES_MAX = 256 };

typedef struct goldens {
  sl_arena *arena;
  sl_graph_model *model;
  sl_value_id inputs[VALUES_MAX], outputs[VALUES_MAX];
  int32_t input_count, output_count, gradient_count;  // gradients that are not zero
  sl_grad_result result;
} goldens;

static const sl_constant *constant_of(const goldens *g, sl_value_id value, const char *what) {
  const char *name = sl_arena_printf(g->arena, "%s/%s", g->model->graph->values[value].name, what);
  const sl_constant *constant =
      sl_graph_constant(g->model->graph, sl_graph_find(g->model->graph, name));
  if (constant == NULL) fail_msg("no initializer \"%s\"", name);
  return constant;
}

static sl_tensor tensor_of(const sl_constant *constant) {
  sl_shape shape = {.rank = constant->rank};
  sl_tensor tensor;
  for (int32_t i = 0; i < constant->rank; i++) shape.dims[i] = constant->dims[i];
  assert_int_equal(sl_tensor_new(SL_DTYPE_F32, &shape, &tensor, NULL), SL_OK);
  memcpy(tensor.data, constant->data.at, constant->data.size);
  return tensor;
}

static void load(goldens *g) {
  sl_error err = {0};
  g->arena = sl_arena_new(NULL, "goldens");
  if (sl_onnx_load(g->arena, SL_TEST_DATA "/grad/rules.onnx", NULL, &g->model, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  const sl_graph *graph = g->model->graph;
  g->input_count = graph->input_count;
  g->output_count = graph->output_count;
  assert_true(g->input_count < VALUES_MAX && g->output_count < VALUES_MAX && g->input_count > 0);
  memcpy(g->inputs, graph->inputs, (size_t)g->input_count * sizeof *g->inputs);
  memcpy(g->outputs, graph->outputs, (size_t)g->output_count * sizeof *g->outputs);
  sl_grad_options options = {.targets = g->outputs,
                             .target_count = g->output_count,
                             .wrt = g->inputs,
                             .wrt_count = g->input_count};
  if (sl_grad_append(g->model, &options, &g->result, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  sl_value_id gradients[VALUES_MAX];
  for (int32_t i = 0; i < g->input_count; i++)
    if (g->result.gradients[i] != 0) gradients[g->gradient_count++] = g->result.gradients[i];
  sl_graph_set_outputs(g->model->graph, gradients, g->gradient_count);
}

static void run(const goldens *g, const sl_tensor *inputs, sl_tensor *outputs) {
  sl_error err = {0};
  sl_onnx_written written;
  sl_session *session;
  sl_session_options options = {.provider = SL_PROVIDER_CPU, .intra_threads = 1};
  if (sl_onnx_serialise(g->arena, g->model, &(sl_onnx_write_options){0}, &written, &err) != SL_OK ||
      sl_session_open("rules", written.bytes, &options, &session, &err) != SL_OK ||
      sl_session_run(session, inputs, outputs, &err) != SL_OK)
    fail_msg("%s: %s", sl_error_message(&err), sl_error_detail(&err));
  sl_session_close(session);
}

// `given` NULL stands for zeros.
static double error_of(const sl_tensor *given, const sl_constant *expected) {
  double error = 0, size = 1;
  if (given != NULL) assert_int_equal(sl_shape_count(&given->shape), expected->count);
  for (int64_t i = 0; i < expected->count; i++) {
    double want = sl_constant_number(expected, i);
    double have = given == NULL ? 0 : sl_dtype_load(given->dtype, given->data, (size_t)i);
    double difference = fabs(have - want);
    error = difference <= error ? error : difference;  // keeps NaN
    size = fmax(size, fabs(want));
  }
  return error / size;
}

static void rules_agree_with_autograd(void **state) {
  (void)state;
  goldens g = {0};
  sl_tensor inputs[2 * VALUES_MAX], outputs[VALUES_MAX];
  int32_t failures = 0, at = 0;
  load(&g);
  for (int32_t i = 0; i < g.input_count; i++)
    inputs[i] = tensor_of(constant_of(&g, g.inputs[i], "value"));
  for (int32_t i = 0; i < g.output_count; i++)
    inputs[g.input_count + i] = tensor_of(constant_of(&g, g.outputs[i], "seed"));
  run(&g, inputs, outputs);
  for (int32_t i = 0; i < g.input_count; i++) {
    const sl_tensor *gradient = g.result.gradients[i] != 0 ? &outputs[at++] : NULL;
    double error = error_of(gradient, constant_of(&g, g.inputs[i], "grad"));
    if (error <= BOUND) continue;
    failures++;
    print_error("%s: off by %g\n", g.model->graph->values[g.inputs[i]].name, error);
  }
  for (int32_t i = 0; i < g.input_count + g.output_count; i++) sl_tensor_release(&inputs[i]);
  for (int32_t i = 0; i < g.gradient_count; i++) sl_tensor_release(&outputs[i]);
  sl_arena_free(g.arena);
  assert_int_equal(failures, 0);
}

static void what_is_not_exact_is_said(void **state) {
  (void)state;
  goldens g = {0};
  int said = 0;
  load(&g);
  for (int32_t i = 0; i < g.result.note_count; i++)
    said |= strstr(g.result.notes[i], "straight through") != NULL;
  sl_arena_free(g.arena);
  assert_true(said);
}

int main(void) {
  static const struct CMUnitTest tests[] = {cmocka_unit_test(rules_agree_with_autograd),
                                            cmocka_unit_test(what_is_not_exact_is_said)};
  return cmocka_run_group_tests_name("gradients against autograd", tests, NULL, NULL);
}
