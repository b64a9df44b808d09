// SPDX-License-Identifier: Apache-2.0
// Tests of pipelines: tensors equal those of the reference libraries to the last bit, texts
// round-trip, wrong pipelines are refused in words.
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "model/prep.h"

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_pipeline parse(sl_arena *arena, const char *text) {
  sl_error err = {0};
  sl_pipeline pipeline;
  if (sl_pipeline_parse_text(arena, text, strlen(text), "test", &pipeline, &err) != SL_OK)
    fail_msg("%s: %s", text, sl_error_message(&err));
  return pipeline;
}

// ---- goldens
// -------------------------------------------------------------------------------------

typedef struct golden {
  char *image, *pipeline, *shape, *dtype, *digest;
} golden;

static int next_golden(char **at, golden *g) {
  char **fields[] = {&g->image, &g->pipeline, &g->shape, &g->dtype, &g->digest};
  if (**at == '\0') return 0;
  for (int i = 0; i < 5; i++) {
    *fields[i] = *at;
    *at += strcspn(*at, "\t\n");
    *(*at)++ = '\0';
  }
  return 1;
}

static sl_prep_target target_of(const golden *g, const sl_pipeline *pipeline) {
  const sl_step_layout_params *layout = sl_pipeline_find(pipeline, "layout");
  int d[4];
  assert_int_equal(sscanf(g->shape, "%dx%dx%dx%d", &d[0], &d[1], &d[2], &d[3]), 4);
  if (layout->order == SL_ORDER_NHWC)
    return (sl_prep_target){d[2], d[1], d[3], SL_ORDER_NHWC, sl_dtype_from_name(g->dtype)};
  return (sl_prep_target){d[3], d[2], d[1], SL_ORDER_NCHW, sl_dtype_from_name(g->dtype)};
}

static void check_explained(sl_arena *arena, const sl_prep *prep, const sl_input *input,
                            const void *row, size_t bytes) {
  sl_error err = {0};
  sl_explained *stages;
  size_t count;
  assert_int_equal(sl_prep_explain(arena, prep, input, &stages, &count, &err), SL_OK);
  assert_true(stages[count - 1].is_tensor);
  assert_memory_equal(stages[count - 1].tensor.data, row, bytes);
  sl_explained_release(stages, count);
}

static int check_golden(sl_arena *arena, const golden *g) {
  sl_error err = {0};
  sl_pipeline pipeline = parse(arena, g->pipeline);
  sl_prep_target target = target_of(g, &pipeline);
  sl_prep *prep;
  sl_input input = {0};
  const char *path = sl_arena_printf(arena, SL_TEST_DATA "/pipeline/%s", g->image);
  if (sl_file_read(arena, path, 1 << 20, &input.file, &err) != SL_OK ||
      sl_prep_new(arena, &pipeline, &target, &prep, &err) != SL_OK)
    fail_msg("%s %s: %s", g->image, g->pipeline, sl_error_message(&err));
  size_t bytes;
  sl_prep_row(prep, NULL, NULL, &bytes);
  void *row = sl_arena_push(arena, bytes);
  if (sl_prep_run(prep, &input, row, &err) != SL_OK)
    fail_msg("%s %s: %s", g->image, g->pipeline, sl_error_message(&err));
  sl_hash hash = sl_hash_of(row, bytes);
  char hex[65];
  sl_hash_hex(&hash, hex);
  check_explained(arena, prep, &input, row, bytes);
  if (strcmp(hex, g->digest) == 0) return 1;
  print_error("differs: %s %s\n", g->image, g->pipeline);
  return 0;
}

static void tensors_equal_the_reference_libraries(void **state) {
  sl_arena *arena = *state;
  sl_bytes file;
  assert_int_equal(sl_file_read(arena, SL_TEST_DATA "/pipeline/goldens.txt", 1 << 20, &file, NULL),
                   SL_OK);
  char *at = sl_arena_copy_bytes(arena, file.at, file.size);
  golden g;
  int count = 0, equal = 0;
  for (; next_golden(&at, &g); count++) equal += check_golden(arena, &g);
  assert_true(count > 40);
  assert_int_equal(equal, count);
}

// ---- texts
// ---------------------------------------------------------------------------------------

static void every_preset_parses_and_says_where_it_is_from(void **state) {
  sl_arena *arena = *state;
  assert_true(sl_preset_count() >= 15);
  for (size_t i = 0; i < sl_preset_count(); i++) {
    const sl_preset *preset = sl_preset_at(i);
    sl_pipeline pipeline = parse(arena, preset->name), again = parse(arena, pipeline.text);
    assert_string_equal(pipeline.key, again.key);
    assert_true(strlen(preset->source) > 10 && strlen(preset->help) > 5);
    assert_ptr_equal(sl_preset_find(preset->name), preset);
  }
  assert_null(sl_preset_find("imagenet"));
}

static void yaml_and_json_give_the_same_key(void **state) {
  sl_arena *arena = *state;
  sl_pipeline yaml = parse(arena,
                           "pipeline:\n"
                           "  - mode: {to: rgb}\n"
                           "  - resize: {size: 256}\n"
                           "  - crop: {size: 224}\n"
                           "  - scale: {div: 255}\n"
                           "  - normalize: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, "
                           "0.225]}\n");
  assert_string_equal(yaml.key, parse(arena, "imagenet-torch").key);
  assert_string_equal(yaml.key, parse(arena, "{\"pipeline\": \"imagenet-torch\"}").key);
  assert_string_equal(yaml.key, parse(arena, "steps: imagenet-torch\n").key);
  assert_string_equal(parse(arena, "steps: [{mode: {to: bgr}}]\n").key,
                      parse(arena, "[{\"mode\": {\"to\": \"bgr\"}}]").key);
  assert_string_equal(
      sl_pipeline_summary(arena, &yaml),
      "decode as Pillow; RGB; resize the short side to 256 px (pillow.bilinear); "
      "crop the central 224 x 224 px; divide by 255; subtract the mean 0.485, 0.456, "
      "0.406, divide by 0.229, 0.224, 0.225; NCHW float32");
}

static void changes_replace_or_add_steps(void **state) {
  sl_arena *arena = *state;
  sl_error err = {0};
  sl_pipeline from = parse(arena, "imagenet-torch"), to;
  const double mean[] = {103.94, 116.78, 123.68};
  const double one[] = {1};
  sl_pipeline_changes changes = {.mode = 1 + SL_MODE_BGR,
                                 .kernel = 1 + SL_KERNEL_OPENCV_AREA,
                                 .resize_short = 300,
                                 .crop = 280,
                                 .mean = {mean, 3},
                                 .std = {one, 1},
                                 .scale = 1};
  assert_int_equal(sl_pipeline_change(arena, &from, &changes, &to, &err), SL_OK);
  assert_string_equal(to.text,
                      "[{\"decode\":{}},{\"mode\":{\"to\":\"bgr\"}},{\"resize\":{\"size\":300,"
                      "\"kernel\":\"opencv.area\"}},{\"crop\":{\"size\":280}},{\"scale\":{}},"
                      "{\"normalize\":{\"mean\":[103.94,116.78,123.68],\"std\":[1]}},"
                      "{\"layout\":{}}]");
  sl_pipeline bare = parse(arena, "[\"mode\"]");
  assert_int_equal(sl_pipeline_change(arena, &bare, &changes, &to, &err), SL_OK);
  assert_non_null(sl_pipeline_find(&to, "resize"));
  assert_int_equal(to.steps.count, 7);
}

static void refuses_in_words(void **state) {
  sl_arena *arena = *state;
  static const char *const wrong[][2] = {
      {"[\"scale\", \"resize\"]", "needs the parameter \"size\""},
      {"[{\"scale\": {\"div\": 255}}, \"mode\"]", "has the step \"mode\" after \"scale\""},
      {"[\"decode\", \"decode\"]", "has the step \"decode\" after \"decode\""},
      {"[{\"scale\": {\"div\": 0}}]", "\"div\" of step \"scale\" cannot be 0"},
      {"[{\"normalize\": {\"std\": [0]}}]", "cannot hold 0"},
      {"[{\"normalize\": {}}]", "needs \"mean\" or \"std\""},
      {"[{\"resize\": {\"by\": \"exact\", \"size\": 3, \"width\": 2, \"height\": 2}}]", "either"},
      {"[{\"crop\": {\"size\": 3, \"fraction\": 0.5}}]", "needs one of"},
      {"[{\"letterbox\": {}}]", "needs either"},
      {"[{\"pad\": {\"square\": true, \"left\": 3}}]", "not both"},
      {"[{\"layout\": {\"scale\": 2}}]", "only for integer elements"},
      {"[{\"flip\": {}}]", "unknown step \"flip\""},
      {"[{\"resize\": {\"size\": 1e9}}]", "must be"},
      {"{\"stages\": []}", "no member \"pipeline\" or \"steps\""},
      {"{\"steps\": [], \"pipeline\": []}", "has both \"pipeline\" and \"steps\""},
      {"{\"steps\": {\"mode\": {}}}", "not a list of steps but"},
      {"imagenet", "names no preset"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    sl_error err = {0};
    sl_pipeline pipeline;
    const char *text = wrong[i][0];
    sl_status status = sl_pipeline_parse_text(arena, text, strlen(text), "test", &pipeline, &err);
    if (status == SL_OK || strstr(sl_error_message(&err), wrong[i][1]) == NULL)
      fail_msg("%s: %s", text, sl_error_message(&err));
  }
}

// ---- fitting
// -------------------------------------------------------------------------------------

static void misfits_say_what_to_change(void **state) {
  sl_arena *arena = *state;
  static const struct {
    const char *pipeline;
    sl_prep_target target;
    const char *message;
  } cases[] = {
      {"imagenet-torch", {299, 299, 3, SL_ORDER_NCHW, SL_DTYPE_F32}, "gives 224 x 224 px"},
      {"imagenet-torch", {224, 224, 1, SL_ORDER_NCHW, SL_DTYPE_F32}, "gives 3 channels"},
      {"imagenet-torch", {224, 224, 3, SL_ORDER_NHWC, SL_DTYPE_F32}, "gives NCHW"},
      {"imagenet-torch", {224, 224, 3, SL_ORDER_NCHW, SL_DTYPE_U8}, "gives float32"},
      {"[\"mode\"]", {0, 0, 3, SL_ORDER_NCHW, SL_DTYPE_F32}, "how large"},
      {"[{\"normalize\": {\"mean\": [1, 2, 3]}}]",
       {8, 8, 1, SL_ORDER_NCHW, SL_DTYPE_F32},
       "3 numbers"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    sl_error err = {0};
    sl_pipeline pipeline = parse(arena, cases[i].pipeline);
    sl_prep *prep;
    assert_int_not_equal(sl_prep_new(arena, &pipeline, &cases[i].target, &prep, &err), SL_OK);
    if (strstr(sl_error_message(&err), cases[i].message) == NULL)
      fail_msg("%s", sl_error_message(&err));
  }
}

static void raw_pixels_need_no_decoding(void **state) {
  sl_arena *arena = *state;
  sl_error err = {0};
  sl_pipeline pipeline = parse(arena, "mnist"), colour = parse(arena, "unit");
  sl_prep_target target = {4, 2, 1, SL_ORDER_NCHW, SL_DTYPE_F32};
  sl_prep_target colour_target = {4, 2, 3, SL_ORDER_NCHW, SL_DTYPE_F32};
  sl_image image;
  assert_int_equal(sl_image_new(4, 2, 1, 8, &image, &err), SL_OK);
  for (int i = 0; i < 8; i++) image.pixels[i] = (uint8_t)(i * 36);
  sl_input input = {.pixels = &image};
  sl_prep *prep;
  float row[24];
  assert_int_equal(sl_prep_new(arena, &pipeline, &target, &prep, &err), SL_OK);
  assert_int_equal(sl_prep_run(prep, &input, row, &err), SL_OK);
  for (int i = 0; i < 8; i++) assert_true(row[i] == ((float)(i * 36) / 255.0F - 0.1307F) / 0.3081F);
  assert_int_equal(sl_prep_new(arena, &colour, &colour_target, &prep, &err), SL_OK);
  assert_int_equal(sl_prep_run(prep, &input, row, &err), SL_OK);
  for (int i = 0; i < 24; i++) assert_true(row[i] == (float)(i % 8 * 36) / 255.0F);
  sl_image_release(&image);
  assert_int_equal(sl_image_new(3, 2, 1, 8, &image, &err), SL_OK);
  memset(image.pixels, 0, 6);
  assert_int_equal(sl_prep_run(prep, &input, row, &err), SL_E_FORMAT);
  assert_non_null(strstr(sl_error_message(&err), "3 x 2 px"));
  sl_image_release(&image);
}

static void a_broken_file_is_an_error_of_the_file(void **state) {
  sl_arena *arena = *state;
  sl_error err = {0};
  sl_pipeline pipeline = parse(arena, "imagenet-torch");
  sl_prep_target target = {224, 224, 3, SL_ORDER_NCHW, SL_DTYPE_F32};
  sl_prep *prep;
  assert_int_equal(sl_prep_new(arena, &pipeline, &target, &prep, &err), SL_OK);
  size_t bytes;
  sl_prep_row(prep, NULL, NULL, &bytes);
  void *row = sl_arena_push(arena, bytes);
  sl_input input = {.file = {(const uint8_t *)"<html>", 6}};
  assert_int_equal(sl_prep_run(prep, &input, row, &err), SL_E_FORMAT);
  sl_explained *stages;
  size_t count;
  assert_int_equal(sl_prep_explain(arena, prep, &input, &stages, &count, &err), SL_E_FORMAT);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(tensors_equal_the_reference_libraries),
      TEST(every_preset_parses_and_says_where_it_is_from),
      TEST(yaml_and_json_give_the_same_key),
      TEST(changes_replace_or_add_steps),
      TEST(refuses_in_words),
      TEST(misfits_say_what_to_change),
      TEST(raw_pixels_need_no_decoding),
      TEST(a_broken_file_is_an_error_of_the_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
