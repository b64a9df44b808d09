// SPDX-License-Identifier: Apache-2.0
// Measures of maps against Captum, pytorch-grad-cam and written-out ones: rows of
// tests/data/attrib/<network>_quality.npy, made by tests/goldens/make_blackbox_goldens.py.
#include "attrib/map_quality.h"

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "attrib/row_run.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rows.h"
#include "tensor/npy.h"

enum { INSERTION, DELETION, ROAD, INFIDELITY, SENSITIVITY, COMPLEXITY, SHUFFLED, LEVELS = 3 };
enum { MEASURES = SHUFFLED + LEVELS };

static void ok(sl_status status, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s", sl_error_message(err));
}

static const char *path_of(sl_arena *arena, const char *net, const char *rest) {
  return sl_arena_printf(arena, "%s/attrib/%s%s", SL_TEST_DATA, net, rest);
}

static void read_tensor(sl_arena *arena, const char *net, const char *rest, sl_tensor *out) {
  sl_error err = {0};
  sl_bytes bytes;
  ok(sl_file_read(arena, path_of(arena, net, rest), SIZE_MAX, &bytes, &err), &err);
  ok(sl_npy_read(bytes.at, bytes.size, out, &err), &err);
}

static sl_variant read_method(sl_arena *arena, const char *text) {
  sl_error err = {0};
  const sl_json *json;
  sl_variant method;
  ok(sl_json_parse(arena, text, strlen(text), "case", &json, &err), &err);
  ok(sl_variant_parse(arena, &sl_attrib_registry, json, "case", &method, &err), &err);
  return method;
}

static void measure_saliency(const sl_attrib_call *call, double *out) {
  sl_error err = {0};
  sl_variant method = read_method(call->arena, "\"saliency\"");
  sl_attribution map;
  sl_quality q;
  double curve[21];
  bool is_probability;
  ok(sl_attrib_run(call, &method, &map, &err), &err);
  ok(sl_quality_open(call, &method, &map, &q, &err), &err);
  for (int way = 0; way < 2; way++)
    ok(sl_quality_curve(&q, (sl_quality_way)way, 20, curve, &out[way], &is_probability, &err),
       &err);
  assert_true(is_probability);
  ok(sl_quality_road(&q, 0, &out[ROAD], &err), &err);
  ok(sl_quality_infidelity(&q, 12, 0.1, &out[INFIDELITY], &err), &err);
  ok(sl_quality_sensitivity(&q, 6, 0.05, &out[SENSITIVITY], &err), &err);
  out[COMPLEXITY] = sl_quality_complexity(&q);
  const double all[4] = {0, 0, 12, 12}, none[4] = {20, 20, 30, 30};
  assert_float_equal(sl_quality_pointing(&q, all), 1, 0);
  assert_float_equal(sl_quality_pointing(&q, none), 0, 0);
  assert_float_equal(sl_quality_inside(&q, all), 1, 1e-12);
  sl_quality_close(&q);
  sl_attribution_release(&map);
}

static void measure_shuffled(const sl_attrib_call *call, const char *path, double *out) {
  sl_error err = {0};
  sl_variant method = read_method(call->arena, "{\"occlusion\": {\"window\": 4, \"stride\": 4}}");
  sl_white_box_options options = {.threads = 1};
  sl_attribution map;
  sl_quality q;
  ok(sl_attrib_run(call, &method, &map, &err), &err);
  ok(sl_quality_open(call, &method, &map, &q, &err), &err);
  ok(sl_quality_randomisation(&q, path, &options, LEVELS, out, &err), &err);
  sl_quality_close(&q);
  sl_attribution_release(&map);
}

static void agrees(void **state) {
  const char *net = *state;
  sl_error err = {0};
  sl_arena *arena = sl_arena_new(NULL, "quality");
  sl_tensor x, wanted;
  sl_white_box *box;
  sl_target target;
  read_tensor(arena, net, "_x.npy", &x);
  read_tensor(arena, net, "_quality.npy", &wanted);
  const char *path = path_of(arena, net, ".onnx");
  sl_white_box_options options = {.threads = 1, .input_shape = &x.shape};
  ok(sl_white_box_open(arena, path, &options, &box, &err), &err);
  ok(sl_target_parse(arena, box, "predicted", NULL, 0, &target, &err), &err);
  for (int64_t n = 0; n < x.shape.dims[0]; n++) {
    double got[MEASURES];
    sl_tensor row = sl_tensor_rows(&x, n, 1);
    sl_attrib_call call = {.arena = arena, .box = box, .input = &row, .target = &target, .seed = 7};
    measure_saliency(&call, got);
    measure_shuffled(&call, path, got + SHUFFLED);
    for (int m = 0; m < MEASURES; m++) {
      double expected = (double)((const float *)wanted.data)[n * MEASURES + m];
      // A rank correlation turns on ties between places of nearly equal values.
      double allowed = m >= SHUFFLED ? 5e-3 : 1e-4 * fmax(fabs(expected), 1e-2);
      if (!(fabs(got[m] - expected) <= allowed))
        fail_msg("%s, row %lld, measure %d: %.7g instead of %.7g", net, (long long)n, m, got[m],
                 expected);
    }
    sl_tensor_release(&row);
  }
  sl_tensor_release(&x);
  sl_tensor_release(&wanted);
  sl_arena_free(arena);
}

static void several_inputs_are_refused(void **state) {
  (void)state;
  sl_error err = {0};
  sl_tensor x;
  sl_arena *arena = sl_arena_new(NULL, "quality");
  read_tensor(arena, "chain", "_x.npy", &x);
  sl_attrib_call call = {.arena = arena, .input = &x};
  sl_quality q;
  assert_int_equal(sl_quality_open(&call, NULL, NULL, &q, &err), SL_E_ARG);
  sl_error_clear(&err);
  sl_tensor_release(&x);
  sl_arena_free(arena);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(agrees, (void *)(uintptr_t) "chain"),
      cmocka_unit_test_prestate(agrees, (void *)(uintptr_t) "residual"),
      cmocka_unit_test(several_inputs_are_refused)};
  return cmocka_run_group_tests_name("quality", tests, NULL, NULL);
}
