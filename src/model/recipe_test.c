// SPDX-License-Identifier: Apache-2.0
// Tests of composed pipelines, and of the search that tries them on images made here.
#include "model/recipe.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "model/alternatives.h"
#include "model/contract_state.h"

#define COLOUR_MODEL SL_TEST_DATA "/model/logits.onnx"  // scores: means of R, G, B, and their sum
#define GREY_MODEL SL_TEST_DATA "/cli/nan_for_black.onnx"
#define KEEP SL_RECIPE_KEEP

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static void must(sl_status status, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s", sl_error_message(err));
}

static const sl_model *open_model(sl_arena *arena, const char *path) {
  sl_error err = {0};
  sl_model *model;
  must(sl_model_open(arena, path, &model, &err), &err);
  return model;
}

static sl_pipeline pipeline_of(sl_arena *arena, const char *text) {
  sl_error err = {0};
  sl_pipeline pipeline;
  must(sl_pipeline_parse_text(arena, text, strlen(text), "the test", &pipeline, &err), &err);
  return pipeline;
}

static void assert_made(sl_arena *arena, const sl_model *model, const char *base_text,
                        sl_recipe recipe, const char *wanted) {
  sl_error err = {0};
  sl_pipeline made, base = {0};
  if (base_text != NULL) base = pipeline_of(arena, base_text);
  const sl_pipeline *from = base_text != NULL ? &base : NULL;
  must(sl_recipe_make(arena, model, from, &recipe, &made, &err), &err);
  assert_string_equal(sl_pipeline_summary(arena, &made), wanted);
}

// ---- composing ----------------------------------------------------------------------------------

static const char own_numbers[] =
    "[{\"mode\": {\"to\": \"rgb\"}}, {\"scale\": {\"div\": 2}},"
    " {\"normalize\": {\"mean\": [1, 2, 3], \"std\": [4, 5, 6]}}]";

static void values_are_the_well_known_ones(void **state) {
  const sl_model *model = open_model(*state, COLOUR_MODEL);
  static const struct {
    int32_t values;
    const char *middle;
  } cases[] = {
      {SL_VALUES_UNIT, "divide by 255"},
      {SL_VALUES_CAFFE, "subtract the mean 123.68, 116.78, 103.94"},
      {SL_VALUES_CLIP,
       "divide by 255; subtract the mean 0.48145466, 0.4578275, 0.40821073, divide by "
       "0.26862954, 0.26130258, 0.27577711"},
      {SL_VALUES_CIFAR,
       "divide by 255; subtract the mean 0.4914, 0.4822, 0.4465, divide by 0.247, 0.2435, "
       "0.2616"},
      {SL_VALUES_OWN_UNIT, "divide by 255; subtract the mean 1, 2, 3, divide by 4, 5, 6"},
      {SL_VALUES_OWN_RAW, "subtract the mean 1, 2, 3, divide by 4, 5, 6"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_made(
        *state, model, own_numbers, (sl_recipe){KEEP, cases[i].values, KEEP, KEEP},
        sl_arena_printf(*state, "decode as Pillow; RGB; %s; NCHW float32", cases[i].middle));
}

static void numbers_follow_the_channels(void **state) {
  const sl_model *model = open_model(*state, COLOUR_MODEL);
  assert_made(*state, model, own_numbers, (sl_recipe){SL_MODE_BGR, KEEP, KEEP, KEEP},
              "decode as Pillow; BGR; divide by 2; subtract the mean 3, 2, 1, divide by "
              "6, 5, 4; NCHW float32");
  assert_made(*state, model, own_numbers, (sl_recipe){SL_MODE_BGR, SL_VALUES_OWN_RAW, KEEP, KEEP},
              "decode as Pillow; BGR; subtract the mean 3, 2, 1, divide by 6, 5, 4; "
              "NCHW float32");
  assert_made(*state, model, NULL, (sl_recipe){SL_MODE_BGR, SL_VALUES_CAFFE, KEEP, KEEP},
              "decode as Pillow; BGR; subtract the mean 103.94, 116.78, 123.68; NCHW float32");
}

static void grey_models_have_their_own(void **state) {
  const sl_model *model = open_model(*state, GREY_MODEL);
  assert_made(*state, model, NULL, (sl_recipe){SL_MODE_GREY, SL_VALUES_MNIST, KEEP, KEEP},
              "decode as Pillow; grey; divide by 255; subtract the mean 0.1307, divide by "
              "0.3081; NCHW float32");
  assert_made(*state, model, NULL, (sl_recipe){SL_MODE_GREY, SL_VALUES_FASHION, KEEP, KEEP},
              "decode as Pillow; grey; divide by 255; subtract the mean 0.286, divide by "
              "0.353; NCHW float32");
}

static void geometry_has_the_models_size(void **state) {
  const sl_model *model = open_model(*state, COLOUR_MODEL);
  assert_made(*state, model, NULL, (sl_recipe){SL_MODE_RGB, SL_VALUES_RAW, KEEP, SL_GEOMETRY_CROP},
              "decode as Pillow; RGB; resize the short side to 9 px (pillow.bilinear); crop the "
              "central 8 x 8 px; NCHW float32");
  assert_made(*state, model, NULL,
              (sl_recipe){SL_MODE_RGB, SL_VALUES_RAW, SL_KERNEL_OPENCV_LINEAR, SL_GEOMETRY_STRETCH},
              "decode as Pillow; RGB; resize to 8 x 8 px (opencv.linear); NCHW float32");
}

// ---- searching ----------------------------------------------------------------------------------

enum { SAMPLES = 96, SIDE = 8, HEADER = 11 };

// Images of one colour near the mean (100, 150, 50); the label is the channel that is above it.
typedef struct images {
  uint8_t file[SAMPLES][HEADER + SIDE * SIDE * 3];
  int32_t label[SAMPLES];
} images;

static void draw(images *set) {
  for (int i = 0; i < SAMPLES; i++) {
    uint8_t colour[3] = {80, 130, 30};
    colour[i % 3] = (uint8_t)(colour[i % 3] + 21 + i / 8);
    set->label[i] = i % 3;
    memcpy(set->file[i], "P6 8 8 255\n", HEADER);
    for (int p = 0; p < SIDE * SIDE; p++) memcpy(set->file[i] + HEADER + 3 * p, colour, 3);
  }
}

static sl_status fetch(void *ctx, int worker, int64_t row, sl_input *out, sl_error *err) {
  (void)worker, (void)err;
  const images *set = ctx;
  out->file = (sl_bytes){set->file[row], sizeof set->file[row]};
  return SL_OK;
}

static void search(sl_arena *arena, const char *declared, sl_alternatives *found) {
  sl_error err = {0};
  sl_contract contract;
  const sl_model *model = open_model(arena, COLOUR_MODEL);
  images *set = SL_NEW(arena, images);
  draw(set);
  must(sl_contract_make(arena, model, &(sl_contract_options){0}, &contract, &err), &err);
  sl_pipeline base = pipeline_of(arena, declared);
  must(sl_contract_fit(arena, model, &base, &contract.pipeline, &err), &err);
  contract.guessed = false;
  sl_run_source source = {SAMPLES, fetch, set};
  sl_alternatives_options how = {.provider = SL_PROVIDER_CPU, .threads = 1};
  must(sl_pipeline_alternatives(arena, model, &contract, &source, set->label, &how, found, &err),
       &err);
}

static void finds_a_doubled_and_a_forgotten_division(void **state) {
  static const struct {
    const char *declared, *title;
  } cases[] = {
      {"[{\"mode\": {\"to\": \"rgb\"}}, {\"scale\": {\"div\": 255}},"
       " {\"normalize\": {\"mean\": [100, 150, 50]}}]",
       "RGB with no scaling before its own mean and deviation"},
      {"[{\"mode\": {\"to\": \"rgb\"}}, {\"normalize\": {\"mean\": [0.392, 0.588, 0.196]}}]",
       "RGB with 0-1 scaling before its own mean and deviation"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sl_alternatives found;
    search(*state, cases[i].declared, &found);
    assert_true(found.found_better);
    assert_string_equal(found.at[found.best].title, cases[i].title);
    assert_true(found.at[found.best].accuracy == 1 && found.at[found.declared].accuracy < 0.5);
    assert_non_null(strstr(found.sentence, "scores 100 % where the declared pipeline scores"));
  }
}

static void finds_nothing_better_than_the_right_one(void **state) {
  sl_alternatives found;
  search(*state, "[{\"mode\": {\"to\": \"rgb\"}}, {\"normalize\": {\"mean\": [100, 150, 50]}}]",
         &found);
  assert_false(found.found_better);
  assert_int_equal(found.best, found.declared);
  assert_true(found.at[found.declared].accuracy == 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(values_are_the_well_known_ones),
      TEST(numbers_follow_the_channels),
      TEST(grey_models_have_their_own),
      TEST(geometry_has_the_models_size),
      TEST(finds_a_doubled_and_a_forgotten_division),
      TEST(finds_nothing_better_than_the_right_one),
  };
  return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
