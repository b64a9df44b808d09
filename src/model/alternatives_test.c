// SPDX-License-Identifier: Apache-2.0
// The search for a pipeline on a real case: a Caffe SqueezeNet that was declared as a torch model.
//
// Needs the shared data (SLITLAMP_SHARED, or ../shared beside the checkout); skipped without.
#include "model/alternatives.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 1000, SAMPLES = 128 };

typedef struct photos {
  sl_arena *arena;
  const char *root;
  sl_bytes files[FILES_MAX];
  const char *labels[FILES_MAX];
  int64_t count;
} photos;

static sl_status add_photo(void *ctx, const char *relative, const sl_file_stat *stat,
                           sl_error *err) {
  photos *p = ctx;
  if (stat->is_dir || p->count == FILES_MAX) return SL_OK;
  p->labels[p->count] = sl_path_dir(p->arena, relative);
  const char *path = sl_path_join(p->arena, p->root, relative);
  return sl_file_map(p->arena, path, &p->files[p->count++], err);
}

static sl_status fetch(void *ctx, int worker, int64_t row, sl_input *out, sl_error *err) {
  (void)worker, (void)err;
  out->file = ((const photos *)ctx)->files[row];
  return SL_OK;
}

static const char *shared_folder(sl_arena *arena) {
  const char *named = getenv("SLITLAMP_SHARED");
  return sl_arena_printf(arena, "%s/data", named != NULL ? named : SL_SOURCE_DIR "/../shared");
}

static void must(sl_status status, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s", sl_error_message(err));
}

static void search(photos *p, const char *shared, sl_alternatives *found) {
  sl_error err = {0};
  sl_model *model;
  sl_contract contract;
  sl_class_match match;
  const char *path = sl_path_join(p->arena, shared, "models/squeezenet.onnx");
  sl_contract_options options = {.pipeline = "imagenet-torch",
                                 .classes = sl_path_join(p->arena, shared, "imagenet-classes.txt")};
  must(sl_model_open(p->arena, path, &model, &err), &err);
  must(sl_contract_make(p->arena, model, &options, &contract, &err), &err);
  sl_texts labels = {p->labels, p->count};
  must(sl_class_map_match(p->arena, &contract.classes, &labels, 1000, &match, &err), &err);
  assert_int_equal(match.matched, p->count);
  sl_alternatives_options how = {.provider = SL_PROVIDER_CPU, .samples_max = SAMPLES};
  sl_run_source source = {p->count, fetch, p};
  must(sl_pipeline_alternatives(p->arena, model, &contract, &source, match.class_of_label, &how,
                                found, &err),
       &err);
}

static void finds_the_pipeline_of_a_caffe_model(void **state) {
  (void)state;
  sl_error err = {0};
  photos *p = test_calloc(1, sizeof *p);
  p->arena = sl_arena_new(NULL, "test");
  const char *shared = shared_folder(p->arena);
  p->root = sl_path_join(p->arena, shared, "imagenet-500");
  if (!sl_file_is_dir(p->root)) {
    print_message("skipped: no %s\n", p->root);
    sl_arena_free(p->arena);
    test_free(p);
    skip();
  }
  sl_walk walk = {.visit = add_photo, .ctx = p};
  must(sl_file_walk(p->root, &walk, &err), &err);
  sl_alternatives found;
  search(p, shared, &found);
  print_message("%s\n", found.sentence);
  assert_true(found.found_better);
  assert_true(found.at[found.best].accuracy > 0.5 && found.at[found.declared].accuracy < 0.1);
  assert_string_equal(sl_pipeline_summary(p->arena, &found.at[found.best].pipeline),
                      "decode as Pillow; BGR; resize the short side to 256 px (pillow.bilinear); "
                      "crop the central 224 x 224 px; subtract the mean 103.94, 116.78, 123.68; "
                      "NCHW float32");
  sl_arena_free(p->arena);
  test_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_pipeline_of_a_caffe_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
