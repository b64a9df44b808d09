// SPDX-License-Identifier: Apache-2.0
// Tests of sessions: what a model takes and gives, runs without copies, stop, errors in words.
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ort/session.h"

#define MODELS SL_TEST_DATA "/model/"

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_status try_open(sl_arena *arena, const char *name, const sl_session_options *options,
                          sl_session **out, sl_error *err) {
  sl_bytes bytes;
  assert_int_equal(
      sl_file_read(arena, sl_arena_printf(arena, MODELS "%s", name), 1 << 20, &bytes, NULL), SL_OK);
  return sl_session_open(name, bytes, options, out, err);
}

static sl_session *open_model(sl_arena *arena, const char *name) {
  sl_error err = {0};
  sl_session *session;
  sl_session_options options = {.provider = SL_PROVIDER_CPU, .intra_threads = 1};
  if (try_open(arena, name, &options, &session, &err) != SL_OK)
    fail_msg("%s: %s: %s", name, sl_error_message(&err), sl_error_detail(&err));
  return session;
}

// A batch whose channel means are (k, 2k, 3k) for image k = 1, 2, ...
static sl_tensor ramp(int64_t batch) {
  sl_shape shape = {.rank = 4, .dims = {batch, 3, 8, 8}};
  sl_tensor tensor;
  assert_int_equal(sl_tensor_new(SL_DTYPE_F32, &shape, &tensor, NULL), SL_OK);
  float *at = tensor.data;
  for (int64_t i = 0; i < batch; i++)
    for (int64_t c = 0; c < 3; c++)
      for (int p = 0; p < 64; p++) *at++ = (float)((i + 1) * (c + 1));
  return tensor;
}

static void describes_a_model(void **state) {
  sl_session *session = open_model(*state, "logits.onnx");
  assert_int_equal(sl_session_provider(session), SL_PROVIDER_CPU);
  assert_int_equal(sl_session_input_count(session), 1);
  const sl_port *input = sl_session_input(session, 0);
  assert_string_equal(input->name, "image");
  assert_int_equal(input->dtype, SL_DTYPE_F32);
  assert_int_equal(input->rank, 4);
  assert_int_equal(input->dims[0], -1);
  assert_string_equal(input->symbols[0], "batch");
  assert_int_equal(input->dims[3], 8);
  assert_string_equal(sl_session_output(session, 0)->name, "scores");
  sl_session_close(session);
}

static void runs_every_opset(void **state) {
  static const int opsets[] = {7, 9, 11, 12, 13, 15, 17, 19, 21};
  for (size_t i = 0; i < sizeof opsets / sizeof opsets[0]; i++) {
    sl_error err = {0};
    sl_session *session = open_model(*state, sl_arena_printf(*state, "opset%d.onnx", opsets[i]));
    sl_tensor input = ramp(2), output;
    assert_int_equal(sl_session_run(session, &input, &output, &err), SL_OK);
    assert_int_equal(output.shape.rank, 2);
    const float *scores = output.data;
    for (int k = 0; k < 2; k++) {
      assert_true(fabsf(scores[4 * k] - (float)(k + 1)) < 1e-5F);
      assert_true(fabsf(scores[4 * k + 3] - (float)(6 * (k + 1))) < 1e-5F);
    }
    // The output owns its memory: it outlives the session.
    sl_session_close(session);
    assert_true(fabsf(scores[2] - 3) < 1e-5F);
    sl_tensor_release(&input);
    sl_tensor_release(&output);
  }
}

static void a_binding_runs_in_place(void **state) {
  sl_error err = {0};
  sl_session *session = open_model(*state, "logits.onnx");
  sl_tensor input = ramp(2), output;
  sl_shape shape = {.rank = 2, .dims = {2, 4}};
  assert_int_equal(sl_tensor_new(SL_DTYPE_F32, &shape, &output, &err), SL_OK);
  sl_binding *binding;
  assert_int_equal(sl_binding_new(session, &input, 0, &output, &binding, &err), SL_OK);
  assert_int_equal(sl_binding_run(binding, &err), SL_OK);
  assert_true(fabsf(((const float *)output.data)[1] - 2) < 1e-5F);
  for (int p = 0; p < 64; p++) ((float *)input.data)[64 + p] = 7;
  assert_int_equal(sl_binding_run(binding, &err), SL_OK);
  assert_true(fabsf(((const float *)output.data)[1] - 7) < 1e-5F);
  sl_binding_free(binding);
  sl_tensor_release(&input);
  sl_tensor_release(&output);
  sl_session_close(session);
}

static void stops_until_resumed(void **state) {
  sl_error err = {0};
  sl_session *session = open_model(*state, "logits.onnx");
  sl_tensor input = ramp(1), output;
  sl_session_stop(session);
  assert_int_equal(sl_session_run(session, &input, &output, &err), SL_E_CANCELLED);
  sl_session_resume(session);
  assert_int_equal(sl_session_run(session, &input, &output, &err), SL_OK);
  sl_tensor_release(&input);
  sl_tensor_release(&output);
  sl_session_close(session);
}

static void external_bytes_are_used(void **state) {
  sl_error err = {0};
  sl_bytes weights;
  assert_int_equal(sl_file_read(*state, MODELS "external/weights.bin", 1 << 20, &weights, &err),
                   SL_OK);
  static const char *const names[] = {"external/weights.bin"};
  sl_session_options options = {.provider = SL_PROVIDER_CPU,
                                .external_names = names,
                                .external_bytes = &weights,
                                .external_count = 1};
  sl_session *session;
  if (try_open(*state, "external_good.onnx", &options, &session, &err) != SL_OK)
    fail_msg("%s: %s", sl_error_message(&err), sl_error_detail(&err));
  sl_tensor input = ramp(1), output;
  assert_int_equal(sl_session_run(session, &input, &output, &err), SL_OK);
  assert_true(fabsf(((const float *)output.data)[3] - 6) < 1e-5F);
  sl_tensor_release(&input);
  sl_tensor_release(&output);
  sl_session_close(session);
}

static void errors_have_a_reason_and_the_librarys_text(void **state) {
  sl_session_options options = {.provider = SL_PROVIDER_CPU};
  static const struct {
    const char *name;
    sl_status status;
    const char *text;
  } cases[] = {
      {"unknown_op.onnx", SL_E_MODEL, "operator"},
      {"future_opset.onnx", SL_E_UNSUPPORTED, "opset is newer"},
  };
  for (size_t i = 0; i < 2; i++) {
    sl_error err = {0};
    sl_session *session;
    sl_status status = try_open(*state, cases[i].name, &options, &session, &err);
    if (status != cases[i].status || strstr(sl_error_message(&err), cases[i].text) == NULL)
      fail_msg("%s: %s %s (%s)", cases[i].name, sl_status_name(status), sl_error_message(&err),
               sl_error_detail(&err));
    assert_true(strlen(sl_error_detail(&err)) > 10);
  }
  sl_error err = {0};
  sl_session *session;
  sl_bytes junk = {(const uint8_t *)"\x08\x08not a model", 13};
  assert_int_equal(sl_session_open("junk", junk, &options, &session, &err), SL_E_FORMAT);
}

static void a_wrong_shape_is_said(void **state) {
  sl_error err = {0};
  sl_session *session = open_model(*state, "logits.onnx");
  sl_shape shape = {.rank = 4, .dims = {1, 3, 9, 8}};
  sl_tensor input, output;
  assert_int_equal(sl_tensor_new(SL_DTYPE_F32, &shape, &input, &err), SL_OK);
  memset(input.data, 0, input.buffer->size);
  assert_int_equal(sl_session_run(session, &input, &output, &err), SL_E_MODEL);
  assert_non_null(strstr(sl_error_message(&err), "another shape"));
  sl_tensor_release(&input);
  sl_session_close(session);
}

static void providers_are_listed(void **state) {
  sl_error err = {0};
  const char *const *names;
  size_t count;
  assert_int_equal(sl_ort_providers(*state, &names, &count, &err), SL_OK);
  assert_true(count >= 1);
  assert_true(sl_provider_built(SL_PROVIDER_CPU));
  assert_true(strlen(sl_ort_version()) >= 5);
  if (sl_provider_built(SL_PROVIDER_TENSORRT)) return;
  sl_session_options options = {.provider = SL_PROVIDER_TENSORRT};
  sl_session *session;
  assert_int_equal(try_open(*state, "logits.onnx", &options, &session, &err), SL_E_UNSUPPORTED);
  assert_non_null(strstr(sl_error_message(&err), "\"tensorrt\""));
}

static void writes_a_profile(void **state) {
  sl_error err = {0};
  char prefix[] = "/tmp/slitlamp-profile-XXXXXX";
  int fd = mkstemp(prefix);
  assert_true(fd >= 0);
  sl_session_options options = {.provider = SL_PROVIDER_CPU, .profile_prefix = prefix};
  sl_session *session;
  assert_int_equal(try_open(*state, "logits.onnx", &options, &session, &err), SL_OK);
  const char *path;
  assert_int_equal(sl_session_end_profile(session, *state, &path, &err), SL_OK);
  assert_true(sl_file_exists(path));
  assert_int_equal(sl_session_end_profile(session, *state, &path, &err), SL_E_ARG);
  unlink(path);
  close(fd);
  unlink(prefix);
  sl_session_close(session);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(describes_a_model),       TEST(runs_every_opset),
      TEST(a_binding_runs_in_place), TEST(stops_until_resumed),
      TEST(external_bytes_are_used), TEST(errors_have_a_reason_and_the_librarys_text),
      TEST(a_wrong_shape_is_said),   TEST(providers_are_listed),
      TEST(writes_a_profile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
