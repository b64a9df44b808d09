// SPDX-License-Identifier: Apache-2.0
// Every method against the maps of Captum and pytorch-grad-cam in tests/data/attrib.
//
// A row of attrib_case_list.h is a case: network, method with parameters, target, layer, baselines
// and the file with the expected values. Largest difference over largest value: at most 1e-4.
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/attrib.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rows.h"
#include "tensor/npy.h"

typedef struct attrib_case {
  const char *net, *method, *target, *layer, *baselines, *expected;
  double tolerance;
} attrib_case;

#define ATTRIB_CASE(net, method, target, layer, baselines, expected) \
  {net, method, target, layer, baselines, expected, 1e-4},
#define ATTRIB_CASE_WITHIN(net, method, target, layer, baselines, expected, tolerance) \
  {net, method, target, layer, baselines, expected, tolerance},
static const attrib_case cases[] = {
#include "attrib/attrib_case_list.h"
};
#undef ATTRIB_CASE
#undef ATTRIB_CASE_WITHIN

static void ok(sl_status status, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s", sl_error_message(err));
}

static void read_tensor(sl_arena *arena, const char *net, const char *name, sl_tensor *out) {
  sl_error err = {0};
  sl_bytes bytes;
  const char *path = sl_arena_printf(arena, "%s/attrib/%s_%s.npy", SL_TEST_DATA, net, name);
  ok(sl_file_read(arena, path, SIZE_MAX, &bytes, &err), &err);
  ok(sl_npy_read(bytes.at, bytes.size, out, &err), &err);
}

static void open_box(sl_arena *arena, const char *net, const sl_tensor *x, sl_white_box **out) {
  sl_error err = {0};
  sl_white_box_options options = {.threads = 1, .input_shape = &x->shape};
  const char *path = sl_arena_printf(arena, "%s/attrib/%s.onnx", SL_TEST_DATA, net);
  ok(sl_white_box_open(arena, path, &options, out, &err), &err);
}

static double difference(const sl_tensor *got, const sl_tensor *wanted) {
  const float *a = got->data, *b = wanted->data;
  double top = 0, worst = 0;
  int64_t count = sl_shape_count(&wanted->shape);
  if (sl_shape_count(&got->shape) != count) return INFINITY;
  for (int64_t i = 0; i < count; i++) {
    double delta = fabs((double)a[i] - (double)b[i]);
    top = fmax(top, fabs((double)b[i]));
    worst = isnan(delta) ? INFINITY : fmax(worst, delta);
  }
  return top > 0 ? worst / top : INFINITY;
}

static sl_variant read_method(sl_arena *arena, const char *text) {
  sl_error err = {0};
  const sl_json *json;
  sl_variant method;
  ok(sl_json_parse(arena, text, strlen(text), "case", &json, &err), &err);
  ok(sl_variant_parse(arena, &sl_attrib_registry, json, "case", &method, &err), &err);
  return method;
}

// DeepLIFT's values add up to the target's change whatever the model.
static void check_sum(const attrib_case *row, const sl_attribution *out) {
  if (strcmp(row->method, "\"deep_lift\"") != 0) return;
  const double *numbers = out->target_values.data;
  assert_non_null(out->delta);
  for (int64_t n = 0; n < out->target_values.shape.dims[0]; n++)
    assert_true(fabs(out->delta[n]) <= 1e-5 * fabs(numbers[n]));
}

static double run_case(sl_arena *arena, const attrib_case *row) {
  sl_error err = {0};
  sl_tensor x, baselines = {0}, wanted;
  sl_white_box *box;
  sl_target target;
  sl_attribution out;
  read_tensor(arena, row->net, "x", &x);
  read_tensor(arena, row->net, row->expected, &wanted);
  if (row->baselines != NULL) read_tensor(arena, row->net, row->baselines, &baselines);
  open_box(arena, row->net, &x, &box);
  ok(sl_target_parse(arena, box, row->target, NULL, 0, &target, &err), &err);
  sl_attrib_call call = {.arena = arena,
                         .box = box,
                         .input = &x,
                         .target = &target,
                         .baseline = row->baselines != NULL ? &baselines : NULL,
                         .seed = 7};
  if (row->layer != NULL) ok(sl_white_box_value(box, row->layer, &call.layer, &err), &err);
  sl_variant method = read_method(arena, row->method);
  ok(sl_attrib_run(&call, &method, &out, &err), &err);
  double worst = difference(&out.values, &wanted);
  check_sum(row, &out);
  sl_attribution_release(&out);
  sl_tensor_release(&x);
  sl_tensor_release(&wanted);
  sl_tensor_release(&baselines);
  return worst;
}

static void agrees(void **state) {
  const attrib_case *row = *state;
  sl_arena *arena = sl_arena_new(NULL, "case");
  double worst = run_case(arena, row);
  sl_arena_free(arena);
  if (!(worst <= row->tolerance))
    fail_msg("%s %s: off by %.3g of the largest value", row->net, row->method, worst);
  if (getenv("SL_ATTRIB_PRINT") != NULL) printf("%-9s %-100s %.2e\n", row->net, row->method, worst);
}

// A row that no golden proves is a claim.
static void every_method_has_a_case(void **state) {
  (void)state;
  for (size_t m = 0; m < sl_attrib_registry.count; m++) {
    const sl_attrib_method *method = sl_attrib_method_at((int64_t)m);
    const char *name = method->item.name;
    size_t found = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
      const char *at = strstr(cases[c].method, name);
      size_t size = strlen(name);
      found += at != NULL && at > cases[c].method && at[-1] == '"' && at[size] == '"';
    }
    if (found == 0) fail_msg("no case of method \"%s\"", name);
  }
}

int main(void) {
  enum { COUNT = sizeof cases / sizeof *cases };
  static struct CMUnitTest tests[COUNT + 1];
  for (size_t i = 0; i < COUNT; i++)
    tests[i] = (struct CMUnitTest){.name = cases[i].expected,
                                   .test_func = agrees,
                                   .initial_state = (void *)(uintptr_t)&cases[i]};
  tests[COUNT] =
      (struct CMUnitTest){.name = "every method has a case", .test_func = every_method_has_a_case};
  return cmocka_run_group_tests_name("attribution", tests, NULL, NULL);
}
