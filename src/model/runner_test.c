// SPDX-License-Identifier: Apache-2.0
// Tests of the evaluation engine: every row once, the same scores for any threads and batch, errors
// of files, cancelling; and of the search for alternatives, on a model whose right pipeline is
// known.
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/alternatives.h"
#include "model/mcnemar.h"

#define MODELS SL_TEST_DATA "/model/"

enum { ROWS = 101 };

// Images of 8 x 8 px whose strongest channel is the label; some rows are broken.
typedef struct fixture {
  sl_arena *arena;
  sl_image images[ROWS];
  int32_t labels[ROWS];
  int broken_every;  // 0 = none
  atomic_int cancel, fetched;
  int cancel_after;
  float scores[ROWS * 4];
  int taken[ROWS], failed[ROWS];
  int64_t columns;
} fixture;

static int make(void **state) {
  fixture *f = test_calloc(1, sizeof *f);
  sl_random random = {.state = 1};
  f->arena = sl_arena_new(NULL, "test");
  for (int i = 0; i < ROWS; i++) {
    assert_int_equal(sl_image_new(8, 8, 3, 8, &f->images[i], NULL), SL_OK);
    f->labels[i] = (int32_t)sl_random_below(&random, 3);
    for (int p = 0; p < 192; p++)
      f->images[i].pixels[p] =
          (uint8_t)(sl_random_below(&random, 120) + (p % 3 == f->labels[i] ? 60 : 0));
  }
  *state = f;
  return 0;
}

static int drop(void **state) {
  fixture *f = *state;
  for (int i = 0; i < ROWS; i++) sl_image_release(&f->images[i]);
  sl_arena_free(f->arena);
  test_free(f);
  return 0;
}

static sl_status fetch(void *ctx, int worker, int64_t row, sl_input *out, sl_error *err) {
  (void)worker;
  fixture *f = ctx;
  if (atomic_fetch_add(&f->fetched, 1) + 1 == f->cancel_after) atomic_store(&f->cancel, 1);
  if (f->broken_every > 0 && row % f->broken_every == 0)
    return sl_fail(err, SL_E_FORMAT, "row %lld is broken", (long long)row);
  out->pixels = &f->images[row];
  return SL_OK;
}

static sl_status take(void *ctx, const sl_run_block *block, sl_error *err) {
  (void)err;
  fixture *f = ctx;
  f->columns = block->columns;
  for (int64_t i = 0; i < block->count; i++) {
    int64_t row = block->first + i;
    f->taken[row]++;
    f->failed[row] = block->status[i] != SL_OK;
    if (f->failed[row]) assert_non_null(strstr(block->reason[i], "is broken"));
    memcpy(&f->scores[row * block->columns], &block->scores[i * block->columns],
           (size_t)block->columns * sizeof(float));
  }
  return SL_OK;
}

static sl_model *open_model(fixture *f, const char *name) {
  sl_error err = {0};
  sl_model *model;
  if (sl_model_open(f->arena, sl_arena_printf(f->arena, MODELS "%s", name), &model, &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  return model;
}

static sl_status run(fixture *f, const char *name, const char *pipeline, int threads, int64_t batch,
                     sl_run_stats *stats, sl_error *err) {
  sl_model *model = open_model(f, name);
  sl_contract contract;
  sl_contract_options options = {.pipeline = pipeline};
  SL_TRY(sl_contract_make(f->arena, model, &options, &contract, err));
  sl_prep *prep;
  SL_TRY(sl_contract_prep(f->arena, model, &contract.pipeline, &prep, err));
  sl_run_options how = {
      .provider = SL_PROVIDER_CPU, .threads = threads, .batch = batch, .cancel = &f->cancel};
  sl_runner *runner;
  SL_TRY(sl_runner_new(model, &how, &runner, err));
  memset(f->taken, 0, sizeof f->taken);
  sl_run_source source = {ROWS, fetch, f};
  sl_run_sink sink = {take, f};
  sl_status status = sl_runner_run(runner, prep, &source, &sink, stats, err);
  sl_runner_free(runner);
  sl_model_close(model);
  return status;
}

static void must_run(fixture *f, const char *name, int threads, int64_t batch) {
  sl_error err = {0};
  sl_run_stats stats;
  if (run(f, name, "unit", threads, batch, &stats, &err) != SL_OK)
    fail_msg("%s: %s: %s", name, sl_error_message(&err), sl_error_detail(&err));
  for (int i = 0; i < ROWS; i++) assert_int_equal(f->taken[i], 1);
  assert_int_equal(stats.scored + stats.failed, ROWS);
}

static void every_kind_of_model_runs(void **state) {
  static const char *const names[] = {"logits.onnx",  "conv_head.onnx", "static1.onnx",
                                      "static4.onnx", "nhwc.onnx",      "float16.onnx",
                                      "opset7.onnx",  "opset21.onnx",   "external_good.onnx"};
  fixture *f = *state;
  for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
    must_run(f, names[n], 2, 0);
    double tolerance = strcmp(names[n], "float16.onnx") == 0 ? 2e-3 : 1e-6;
    for (int row = 0; row < ROWS; row++)
      for (int c = 0; c < 3; c++) {
        double mean = 0;
        for (int p = 0; p < 64; p++) mean += f->images[row].pixels[3 * p + c] / 255.0 / 64;
        if (fabs(f->scores[4 * row + c] - mean) > tolerance)
          fail_msg("%s row %d: %g, wanted %g", names[n], row, (double)f->scores[4 * row + c], mean);
      }
  }
  must_run(f, "binary_rank1.onnx", 2, 8);
  assert_int_equal(f->columns, 1);
}

static void threads_and_batch_change_nothing(void **state) {
  fixture *f = *state;
  must_run(f, "logits.onnx", 1, 1);
  float kept[ROWS * 4];
  memcpy(kept, f->scores, sizeof kept);
  for (int threads = 1; threads <= 5; threads += 2)
    for (int64_t batch = 1; batch <= 64; batch *= 4) {
      must_run(f, "logits.onnx", threads, batch);
      for (int i = 0; i < ROWS * 4; i++) assert_true(fabsf(f->scores[i] - kept[i]) <= 1e-6F);
    }
}

static void a_broken_row_is_told_and_the_others_run(void **state) {
  fixture *f = *state;
  f->broken_every = 7;
  must_run(f, "logits.onnx", 3, 16);
  for (int i = 0; i < ROWS; i++) {
    assert_int_equal(f->failed[i], i % 7 == 0);
    assert_int_equal(isnan(f->scores[4 * i]), i % 7 == 0);
  }
  f->broken_every = 1;
  must_run(f, "logits.onnx", 2, 0);
}

static void cancelling_keeps_what_was_taken(void **state) {
  fixture *f = *state;
  sl_error err = {0};
  sl_run_stats stats;
  f->cancel_after = 40;
  assert_int_equal(run(f, "logits.onnx", "unit", 2, 4, &stats, &err), SL_E_CANCELLED);
  int taken = 0;
  for (int i = 0; i < ROWS; i++) {
    assert_true(f->taken[i] <= 1);
    taken += f->taken[i];
  }
  assert_true(taken > 0 && taken < ROWS);
}

static sl_status refuse(void *ctx, const sl_run_block *block, sl_error *err) {
  (void)ctx, (void)block;
  return sl_fail(err, SL_E_IO, "the disk is full");
}

static void a_failing_sink_ends_the_run(void **state) {
  fixture *f = *state;
  sl_error err = {0};
  sl_model *model = open_model(f, "logits.onnx");
  sl_contract contract;
  sl_contract_options options = {.pipeline = "unit"};
  sl_prep *prep;
  sl_runner *runner;
  sl_run_stats stats;
  assert_int_equal(sl_contract_make(f->arena, model, &options, &contract, &err), SL_OK);
  assert_int_equal(sl_contract_prep(f->arena, model, &contract.pipeline, &prep, &err), SL_OK);
  sl_run_options how = {.provider = SL_PROVIDER_CPU, .threads = 2, .batch = 4};
  assert_int_equal(sl_runner_new(model, &how, &runner, &err), SL_OK);
  sl_run_source source = {ROWS, fetch, f};
  sl_run_sink sink = {refuse, f};
  assert_int_equal(sl_runner_run(runner, prep, &source, &sink, &stats, &err), SL_E_IO);
  assert_string_equal(sl_error_message(&err), "the disk is full");
  sl_runner_free(runner);
}

// ---- alternatives
// --------------------------------------------------------------------------------

static sl_alternatives search(fixture *f, const char *pipeline) {
  sl_error err = {0};
  sl_model *model = open_model(f, "colours.onnx");
  sl_contract contract;
  sl_contract_options options = {.pipeline = pipeline};
  sl_alternatives found;
  sl_alternatives_options how = {.provider = SL_PROVIDER_CPU, .threads = 2};
  sl_run_source source = {ROWS, fetch, f};
  assert_int_equal(sl_contract_make(f->arena, model, &options, &contract, &err), SL_OK);
  if (sl_pipeline_alternatives(f->arena, model, &contract, &source, f->labels, &how, &found,
                               &err) != SL_OK)
    fail_msg("%s", sl_error_message(&err));
  return found;
}

static void finds_swapped_channels(void **state) {
  sl_alternatives found = search(*state, "[{\"mode\":{\"to\":\"bgr\"}},{\"scale\":{\"div\":255}}]");
  assert_true(found.found_better);
  const sl_alternative *best = &found.at[found.best];
  assert_true(best->significant && best->finalist && best->samples == ROWS);
  assert_true(best->accuracy > 0.95 && found.at[found.declared].accuracy < 0.6);
  const sl_step_mode_params *mode = sl_pipeline_find(&best->pipeline, "mode");
  assert_int_equal(mode->to, SL_MODE_RGB);
  assert_non_null(strstr(found.sentence, "RGB"));
  assert_non_null(strstr(found.sentence, "where the declared pipeline scores"));
}

static void leaves_a_right_pipeline_alone(void **state) {
  sl_alternatives found = search(*state, "[{\"mode\":{\"to\":\"rgb\"}},{\"scale\":{\"div\":255}}]");
  assert_false(found.found_better);
  assert_int_equal(found.best, found.declared);
  assert_non_null(strstr(found.sentence, "significantly better"));
}

static void statistics_agree_with_the_textbook(void **state) {
  (void)state;
  // scipy.stats.binomtest(k, n).pvalue of SciPy 1.17
  assert_true(fabs(sl_mcnemar(56, 32) - 0.013750385738502912) < 1e-9);
  assert_true(fabs(sl_mcnemar(34, 26) - 0.36629400670329104) < 1e-9);
  assert_true(sl_mcnemar(0, 0) == 1 && sl_mcnemar(5, 5) == 1);
  const double p[] = {0.01, 0.04, 0.03, 0.005};
  const double wanted[] = {0.03, 0.06, 0.06, 0.02};
  double out[4];
  sl_holm(p, 4, out);
  for (int i = 0; i < 4; i++) assert_true(fabs(out[i] - wanted[i]) < 1e-12);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(every_kind_of_model_runs),
      TEST(threads_and_batch_change_nothing),
      TEST(a_broken_row_is_told_and_the_others_run),
      TEST(cancelling_keeps_what_was_taken),
      TEST(a_failing_sink_ends_the_run),
      TEST(finds_swapped_channels),
      TEST(leaves_a_right_pipeline_alone),
      TEST(statistics_agree_with_the_textbook),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
