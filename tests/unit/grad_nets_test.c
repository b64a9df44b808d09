// SPDX-License-Identifier: Apache-2.0
// Gradients of small whole networks, as PyTorch exports them, against PyTorch's autograd
// (tests/goldens/make_grad_goldens.py): relative error max|a-b| / max|b| of at most 1e-4.
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grad/grad.h"
#include "model/graph_session.h"
#include "onnx/model_file.h"
#include "pass/pass.h"
#include "pass/prepare.h"
#include "tensor/npy.h"

#define NETS SL_TEST_DATA "/grad/"

static void check(sl_status status, const char *net, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s: %s: %s", net, sl_error_message(err), sl_error_detail(err));
}

static sl_graph_model *open_model(sl_arena *arena, const char *net) {
  sl_error err = {0};
  sl_graph_model *model;
  const char *path = sl_arena_printf(arena, NETS "%s.onnx", net);
  check(sl_onnx_load(arena, path, NULL, &model, &err), net, &err);
  check(sl_pass_prepare(model, NULL, &err), net, &err);
  check(sl_graph_probe(model, &err), net, &err);
  return model;
}

// input, seed -> output, gradient
static sl_session *open_gradient(sl_graph_model *model, const char *net) {
  sl_error err = {0};
  sl_grad_result result;
  sl_session *session;
  sl_value_id x = sl_graph_find(model->graph, "input"), y = sl_graph_find(model->graph, "output");
  sl_grad_options options = {.targets = &y, .target_count = 1, .wrt = &x, .wrt_count = 1};
  sl_session_options cpu = {.provider = SL_PROVIDER_CPU, .intra_threads = 1};
  check(sl_grad_append(model, &options, &result, &err), net, &err);
  check(sl_graph_verify(model->graph, &err), net, &err);
  assert_int_not_equal(result.gradients[0], 0);
  check(sl_pass_dead(model, NULL, &err), net, &err);
  check(sl_graph_session(model, net, &cpu, &session, &err), net, &err);
  return session;
}

static void read_tensor(sl_arena *arena, const char *net, const char *what, sl_tensor *out) {
  sl_error err = {0};
  sl_bytes bytes;
  const char *path = sl_arena_printf(arena, NETS "%s.%s.npy", net, what);
  check(sl_file_read(arena, path, 1 << 20, &bytes, &err), net, &err);
  check(sl_npy_read(bytes.at, bytes.size, out, &err), net, &err);
}

static double relative_error(const sl_tensor *a, const sl_tensor *b) {
  const float *given = a->data, *expected = b->data;
  double error = 0, size = 0;
  assert_true(sl_shape_equal(&a->shape, &b->shape));
  for (int64_t i = 0; i < sl_shape_count(&b->shape); i++) {
    double off = fabs((double)given[i] - (double)expected[i]);
    error = off <= error ? error : off;
    size = fmax(size, fabs((double)expected[i]));
  }
  return error / size;
}

static void check_net(const char *net) {
  sl_arena *arena = sl_arena_new(NULL, "net");
  sl_session *session = open_gradient(open_model(arena, net), net);
  sl_tensor inputs[2], outputs[2], expected;
  sl_error err = {0};
  read_tensor(arena, net, "x", &inputs[0]);
  read_tensor(arena, net, "seed", &inputs[1]);
  read_tensor(arena, net, "grad", &expected);
  check(sl_session_run(session, inputs, outputs, &err), net, &err);
  double error = relative_error(&outputs[1], &expected);
  if (!(error <= 1e-4)) fail_msg("%s: the gradient is off by %g", net, error);
  for (int i = 0; i < 2; i++) {
    sl_tensor_release(&inputs[i]);
    sl_tensor_release(&outputs[i]);
  }
  sl_tensor_release(&expected);
  sl_session_close(session);
  sl_arena_free(arena);
}

#define NET(name)                  \
  static void name(void **state) { \
    (void)state;                   \
    check_net(#name);              \
  }
NET(residual)
NET(residual_11)
NET(inverted)
NET(inverted_dynamo)
NET(attention)
NET(attention_dynamo)
NET(segmenter)
NET(branches)
NET(windows)

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(residual),  cmocka_unit_test(residual_11),
      cmocka_unit_test(inverted),  cmocka_unit_test(inverted_dynamo),
      cmocka_unit_test(attention), cmocka_unit_test(attention_dynamo),
      cmocka_unit_test(segmenter), cmocka_unit_test(branches),
      cmocka_unit_test(windows),
  };
  return cmocka_run_group_tests_name("gradients of networks", tests, NULL, NULL);
}
