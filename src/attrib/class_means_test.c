// SPDX-License-Identifier: Apache-2.0
// The probe against scikit-learn's NearestCentroid (tests/goldens/make_lens_goldens.py).
#include "attrib/class_means.h"

#include <cmocka.h>
#include <math.h>

#include "base/file.h"
#include "tensor/npy.h"

enum { CLASSES = 4 };

static void read_tensor(sl_arena *arena, const char *name, sl_tensor *out) {
  sl_error err = {0};
  sl_bytes bytes;
  const char *path = sl_arena_printf(arena, "%s/attrib/lens_%s.npy", SL_TEST_DATA, name);
  if (sl_file_read(arena, path, SIZE_MAX, &bytes, &err) != SL_OK ||
      sl_npy_read(bytes.at, bytes.size, out, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
}

static void fit(sl_arena *arena, sl_tensor *x, sl_tensor *y, sl_class_means *out) {
  read_tensor(arena, "x", x);
  read_tensor(arena, "y", y);
  sl_class_means_new(arena, CLASSES, x->shape.dims[1], out);
  sl_class_means_fit(x->data, y->data, x->shape.dims[0], 1000, out);
}

static void check_scores(const double *got, const double *wanted) {
  for (int c = 0; c < CLASSES; c++)
    if (fabs(got[c] - wanted[c]) > 1e-9 * fmax(1, fabs(wanted[c])))
      fail_msg("class %d: %.17g, scikit-learn %.17g", c, got[c], wanted[c]);
}

static void test_new_samples(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  sl_tensor x, y, queries, wanted;
  sl_class_means probe;
  double scores[CLASSES];
  fit(arena, &x, &y, &probe);
  read_tensor(arena, "queries", &queries);
  read_tensor(arena, "posterior", &wanted);
  assert_int_equal(wanted.shape.dims[0], 5);
  for (int64_t i = 0; i < wanted.shape.dims[0]; i++) {
    sl_class_means_score(&probe, (const double *)queries.data + i * probe.features, -1, scores);
    check_scores(scores, (const double *)wanted.data + i * CLASSES);
  }
  sl_tensor_release(&x);
  sl_tensor_release(&y);
  sl_tensor_release(&queries);
  sl_tensor_release(&wanted);
  sl_arena_free(arena);
}

static void test_own_samples(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  sl_tensor x, y, wanted;
  sl_class_means probe;
  double scores[CLASSES];
  int64_t right = 0;
  fit(arena, &x, &y, &probe);
  read_tensor(arena, "without", &wanted);
  for (int64_t i = 0; i < probe.samples; i++) {
    const double *row = (const double *)wanted.data + i * CLASSES;
    int32_t own = ((const int32_t *)y.data)[i], best = 0;
    sl_class_means_score(&probe, (const double *)x.data + i * probe.features, own, scores);
    check_scores(scores, row);
    for (int32_t c = 1; c < CLASSES; c++)
      if (row[c] > row[best]) best = c;
    right += best == own;
  }
  assert_int_equal(probe.judged, probe.samples);
  assert_true(fabs(probe.accuracy - (double)right / (double)probe.samples) < 1e-12);
  assert_true(right < probe.samples);
  sl_tensor_release(&x);
  sl_tensor_release(&y);
  sl_tensor_release(&wanted);
  sl_arena_free(arena);
}

// A class of one sample is not there when that sample is judged; without any class of two the
// variance is that of all samples.
static void test_single_samples(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  const double x[] = {0, 1, 4};
  const int32_t y[] = {0, 1, 2};
  sl_class_means probe;
  double scores[3];
  sl_class_means_new(arena, 3, 1, &probe);
  sl_class_means_fit(x, y, 3, 1000, &probe);
  assert_true(isnan(probe.accuracy));
  sl_class_means_score(&probe, x, 0, scores);
  assert_true(isinf(scores[0]) && scores[0] < 0);
  // Of 1 and 4 the variance is 4.5: distances 1 and 16 weigh 1 / 9 and 16 / 9.
  assert_true(fabs(scores[1] - scores[2] - (16 - 1) / 9.0) < 1e-12);
  sl_arena_free(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_new_samples),
                                     cmocka_unit_test(test_own_samples),
                                     cmocka_unit_test(test_single_samples)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
