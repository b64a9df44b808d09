// SPDX-License-Identifier: Apache-2.0
// Tests of loaded models: what is accepted and refused, scores, classes, sidecars, guesses.
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/guess.h"

#define MODELS SL_TEST_DATA "/model/"

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_model *open_model(sl_arena *arena, const char *name) {
  sl_error err = {0};
  sl_model *model;
  if (sl_model_open(arena, sl_arena_printf(arena, MODELS "%s", name), &model, &err) != SL_OK)
    fail_msg("%s: %s", name, sl_error_message(&err));
  return model;
}

static sl_contract contract_of(sl_arena *arena, const sl_model *model,
                               const sl_contract_options *options) {
  sl_error err = {0};
  sl_contract contract;
  static const sl_contract_options none = {0};
  if (sl_contract_make(arena, model, options != NULL ? options : &none, &contract, &err) != SL_OK)
    fail_msg("%s: %s", model->name, sl_error_message(&err));
  return contract;
}

static int mentions(const sl_texts *texts, const char *part) {
  for (int64_t i = 0; i < texts->count; i++)
    if (strstr(texts->at[i], part) != NULL) return 1;
  return 0;
}

// ---- what is accepted
// ----------------------------------------------------------------------------

static void reads_inputs_and_outputs(void **state) {
  static const struct {
    const char *name;
    sl_dtype dtype;
    int32_t order, size;
    int64_t batch, columns, classes;
    sl_scores scores;
    bool activated, certain;
  } cases[] = {
      {"logits.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"softmax.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_PROBABILITIES, 1, 1},
      {"multilabel.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_MULTILABEL, 1, 1},
      {"sigmoid.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 1, 2, SL_SCORES_SIGMOID, 1, 1},
      {"binary_logit.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 1, 2, SL_SCORES_SIGMOID, 0, 1},
      {"binary_rank1.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 1, 2, SL_SCORES_SIGMOID, 0, 1},
      {"conv_head.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"static1.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 1, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"static4.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 4, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"free_size.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 0, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"no_output_shape.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"nhwc.onnx", SL_DTYPE_F32, SL_ORDER_NHWC, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"uint8.onnx", SL_DTYPE_U8, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"float16.onnx", SL_DTYPE_F16, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"function.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
      {"external_good.onnx", SL_DTYPE_F32, SL_ORDER_NCHW, 8, 0, 4, 4, SL_SCORES_LOGITS, 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    sl_model *model = open_model(*state, cases[i].name);
    sl_contract contract = contract_of(*state, model, NULL);
    int same = model->input.dtype == cases[i].dtype && model->input.order == cases[i].order &&
               model->input.width == cases[i].size && model->input.channels == 3 &&
               model->input.batch == cases[i].batch && contract.columns == cases[i].columns &&
               contract.class_count == cases[i].classes && contract.scores == cases[i].scores &&
               contract.scores_activated == cases[i].activated &&
               contract.scores_certain == cases[i].certain;
    if (!same)
      fail_msg("%s: %s, %lld columns, %s", cases[i].name, sl_dtype_name(model->input.dtype),
               (long long)contract.columns, sl_scores_name(contract.scores));
    assert_true(contract.guessed && contract.evidence.count > 1);
    sl_model_close(model);
  }
}

static void refuses_what_it_cannot_run(void **state) {
  static const struct {
    const char *name;
    sl_status status;
    const char *text;
  } cases[] = {
      {"two_inputs.onnx", SL_E_MODEL, "takes 2 inputs, one image is needed: \"image\" (float32, "},
      {"text_input.onnx", SL_E_MODEL, "\"words\" (string, [batch]) is neither"},
      {"boxes.onnx", SL_E_MODEL, "gives no class scores: \"scores\" (float32, [batch]x3x8x8)"},
      {"custom_op.onnx", SL_E_MODEL, "unknown custom operators: \"acme.ops.Magic\""},
      {"external_memory.onnx", SL_E_MODEL, "names memory"},
      {"external_nested.onnx", SL_E_MODEL, "names memory"},
      {"no_graph.onnx", SL_E_MODEL, "holds no graph"},
      {"external/weights.bin", SL_E_FORMAT, "not an ONNX file"},
      {"external", SL_E_FORMAT, "is a folder"},
      {"nothing.onnx", SL_E_NOT_FOUND, "cannot open"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    sl_error err = {0};
    sl_model *model;
    const char *path = sl_arena_printf(*state, MODELS "%s", cases[i].name);
    sl_status status = sl_model_open(*state, path, &model, &err);
    if (status != cases[i].status || strstr(sl_error_message(&err), cases[i].text) == NULL)
      fail_msg("%s: %s %s", cases[i].name, sl_status_name(status), sl_error_message(&err));
  }
}

// ---- where a contract comes from
// -----------------------------------------------------------------

static void metadata_declare(void **state) {
  sl_model *model = open_model(*state, "declared.onnx");
  sl_contract contract = contract_of(*state, model, NULL);
  assert_false(contract.guessed);
  assert_int_equal(contract.pipeline_origin, SL_ORIGIN_METADATA);
  assert_string_equal(contract.pipeline_source, "metadata \"slitlamp.pipeline\"");
  assert_int_equal(contract.scores, SL_SCORES_MULTILABEL);
  assert_true(contract.scores_certain);
  assert_string_equal(contract.classes.names.at[3], "bright");
  assert_string_equal(model->state.version, "v3");
  assert_string_equal(model->state.epoch, "12");
  assert_string_equal(model->state.hyperparameters, "{\"rate\": 0.1}");
  char *text = sl_contract_print(*state, &contract);
  sl_contract again;
  sl_error err = {0};
  assert_int_equal(sl_contract_parse(*state, text, strlen(text), &again, &err), SL_OK);
  assert_string_equal(again.pipeline.key, contract.pipeline.key);
  assert_string_equal(sl_contract_print(*state, &again), text);
}

static void options_override(void **state) {
  sl_model *model = open_model(*state, "declared.onnx");
  sl_contract_options options = {.pipeline = "cifar10",
                                 .changes = {.resize_short = 8, .crop = 8, .mode = 2},
                                 .scores = SL_SCORES_LOGITS};
  sl_contract contract = contract_of(*state, model, &options);
  assert_string_equal(contract.pipeline_source, "preset \"cifar10\", changed by options");
  assert_int_equal(contract.scores, SL_SCORES_LOGITS);
  const sl_step_mode_params *mode = sl_pipeline_find(&contract.pipeline, "mode");
  assert_int_equal(mode->to, SL_MODE_BGR);
}

static void layouts_follow_the_model(void **state) {
  sl_model *model = open_model(*state, "nhwc.onnx");
  sl_contract_options options = {.pipeline = "cifar10", .changes = {.resize_short = 8, .crop = 8}};
  sl_contract contract = contract_of(*state, model, &options);
  const sl_step_layout_params *layout = sl_pipeline_find(&contract.pipeline, "layout");
  assert_int_equal(layout->order, SL_ORDER_NHWC);
  model = open_model(*state, "float16.onnx");
  contract = contract_of(*state, model, &options);
  layout = sl_pipeline_find(&contract.pipeline, "layout");
  assert_int_equal(layout->dtype, SL_ELEMENT_FLOAT16);
}

static void a_file_beside_the_model_declares(void **state) {
  sl_arena *arena = *state;
  sl_error err = {0};
  char folder[] = "/tmp/slitlamp-sidecar-XXXXXX";
  assert_non_null(mkdtemp(folder));
  sl_bytes bytes;
  assert_int_equal(sl_file_read(arena, MODELS "logits.onnx", 1 << 20, &bytes, &err), SL_OK);
  const char *path = sl_path_join(arena, folder, "m.onnx");
  const char *sidecar = sl_path_join(arena, folder, "m.slitlamp.yaml");
  static const char text[] =
      "pipeline:\n  - mode: {to: bgr}\n  - resize: {by: exact, size: 8}\n"
      "scores: probabilities\nclasses: [a, b, c, d]\n";
  assert_int_equal(sl_file_write_atomic(path, bytes.at, bytes.size, &err), SL_OK);
  assert_int_equal(sl_file_write_atomic(sidecar, text, strlen(text), &err), SL_OK);
  sl_model *model;
  assert_int_equal(sl_model_open(arena, path, &model, &err), SL_OK);
  sl_contract contract = contract_of(arena, model, NULL);
  assert_int_equal(contract.pipeline_origin, SL_ORIGIN_SIDECAR);
  assert_int_equal(contract.scores, SL_SCORES_PROBABILITIES);
  assert_string_equal(contract.classes.names.at[1], "b");
  static const char steps[] = "steps:\n  - mode: {to: bgr}\n  - resize: {by: exact, size: 8}\n";
  assert_int_equal(sl_file_write_atomic(sidecar, steps, strlen(steps), &err), SL_OK);
  sl_contract same = contract_of(arena, model, NULL);
  assert_int_equal(same.pipeline_origin, SL_ORIGIN_SIDECAR);
  assert_string_equal(same.pipeline.key, contract.pipeline.key);
  assert_int_equal(sl_file_write_atomic(sidecar, "scores: maybe\n", 14, &err), SL_OK);
  static const sl_contract_options none = {0};
  assert_int_equal(sl_contract_make(arena, model, &none, &contract, &err), SL_E_FORMAT);
  unlink(path);
  unlink(sidecar);
  rmdir(folder);
}

static void a_pipeline_file_holds_steps_in_several_ways(void **state) {
  static const char *const texts[] = {
      "- mode: {to: bgr}\n- scale: {div: 2}\n",
      "pipeline:\n  - mode: {to: bgr}\n  - scale: {div: 2}\n",
      "steps:\n  - mode: {to: bgr}\n  - scale: {div: 2}\n",
      "{\"steps\": [{\"mode\": {\"to\": \"bgr\"}}, {\"scale\": {\"div\": 2}}]}",
      "{\"pipeline\": \"[{\\\"mode\\\": {\\\"to\\\": \\\"bgr\\\"}}, {\\\"scale\\\": {\\\"div\\\": "
      "2}}]\"}"};
  sl_error err = {0};
  char path[] = "/tmp/slitlamp-pipeline-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  sl_contract_options options = {.pipeline = path};
  sl_model *model = open_model(*state, "logits.onnx");
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    assert_int_equal(sl_file_write_atomic(path, texts[i], strlen(texts[i]), &err), SL_OK);
    sl_contract contract = contract_of(*state, model, &options);
    assert_int_equal(contract.pipeline_origin, SL_ORIGIN_OPTION);
    assert_string_equal(sl_pipeline_summary(*state, &contract.pipeline),
                        "decode as Pillow; BGR; divide by 2; NCHW float32");
  }
  unlink(path);
}

static void a_wrong_number_of_classes_is_said(void **state) {
  sl_error err = {0};
  char path[] = "/tmp/slitlamp-classes-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "a\nb\n", 4), 4);
  close(fd);
  sl_contract contract;
  sl_contract_options options = {.classes = path};
  sl_model *model = open_model(*state, "logits.onnx");
  assert_int_equal(sl_contract_make(*state, model, &options, &contract, &err), SL_E_MODEL);
  assert_non_null(
      strstr(sl_error_message(&err), "names 2 classes, the model \"logits.onnx\" has 4"));
  unlink(path);
}

// ---- scores
// --------------------------------------------------------------------------------------

static void real_outputs_decide_what_the_graph_does_not(void **state) {
  sl_model *model = open_model(*state, "logits.onnx");
  sl_contract contract = contract_of(*state, model, NULL), seen = contract;
  const float probabilities[] = {0.1F, 0.2F, 0.3F, 0.4F, 0.7F, 0.1F, 0.1F, 0.1F};
  const float independent[] = {0.9F, 0.8F, 0.3F, 0.4F, 0.7F, 0.1F, 0.1F, 0.1F};
  const float logits[] = {-2, 3, 1, 0, 5, -1, -1, 1};
  sl_contract_observe(*state, &seen, probabilities, 2);
  assert_int_equal(seen.scores, SL_SCORES_PROBABILITIES);
  assert_true(mentions(&seen.scores_evidence, "sum to 1"));
  seen = contract;
  sl_contract_observe(*state, &seen, independent, 2);
  assert_int_equal(seen.scores, SL_SCORES_MULTILABEL);
  assert_true(seen.scores_activated);
  seen = contract;
  sl_contract_observe(*state, &seen, logits, 2);
  assert_int_equal(seen.scores, SL_SCORES_LOGITS);
  sl_contract_options options = {.scores = SL_SCORES_PROBABILITIES};
  seen = contract_of(*state, model, &options);
  sl_contract_observe(*state, &seen, logits, 2);
  assert_int_equal(seen.scores, SL_SCORES_PROBABILITIES);
  assert_true(mentions(&seen.scores_evidence, "probabilities cannot"));
}

static void probabilities_follow_the_scores(void **state) {
  (void)state;
  float p[3];
  const float logits[] = {1000, 1000, -INFINITY};
  sl_contract c = {.scores = SL_SCORES_LOGITS, .columns = 3, .class_count = 3};
  sl_contract_probabilities(&c, logits, p);
  assert_true(p[0] == 0.5F && p[1] == 0.5F && p[2] == 0);
  c.scores = SL_SCORES_MULTILABEL;
  const float zero[] = {0, 1, -1};
  sl_contract_probabilities(&c, zero, p);
  assert_true(p[0] == 0.5F && fabsf(p[1] + p[2] - 1) < 1e-6F);
  c.columns = 1;
  c.class_count = 2;
  c.scores = SL_SCORES_SIGMOID;
  sl_contract_probabilities(&c, zero, p);
  assert_true(p[0] == 0.5F && p[1] == 0.5F);
  c.scores_activated = true;
  const float sure = 0.75F;
  sl_contract_probabilities(&c, &sure, p);
  assert_true(p[0] == 0.25F && p[1] == 0.75F);
}

// ---- guesses
// -------------------------------------------------------------------------------------

static const char *guessed_summary(sl_arena *arena, const char *name, sl_guess *guess) {
  sl_error err = {0};
  sl_model *model = open_model(arena, name);
  assert_int_equal(sl_contract_guess(arena, model, guess, &err), SL_OK);
  return sl_pipeline_summary(arena, &guess->pipeline);
}

static void guesses_see_the_models_own_arithmetic(void **state) {
  sl_guess guess;
  const char *summary = guessed_summary(*state, "own_mean.onnx", &guess);
  assert_null(strstr(summary, "divide"));
  assert_true(mentions(&guess.evidence, "the graph begins with Sub by 123.68"));
  summary = guessed_summary(*state, "uint8.onnx", &guess);
  assert_null(strstr(summary, "divide"));
  assert_non_null(strstr(summary, "NCHW uint8"));
  summary = guessed_summary(*state, "nhwc.onnx", &guess);
  assert_non_null(strstr(summary, "NHWC float32"));
  assert_true(mentions(&guess.evidence, "this is a guess"));
}

static void knows_a_caffe_conversion(void **state) {
  sl_error err = {0};
  const char *shared = getenv("SLITLAMP_SHARED");
  const char *path = sl_arena_printf(*state, "%s/data/models/squeezenet.onnx",
                                     shared != NULL ? shared : SL_SOURCE_DIR "/../shared");
  if (!sl_file_exists(path)) {
    print_message("skipped: no %s\n", path);
    skip();
  }
  sl_model *model;
  assert_int_equal(sl_model_open(*state, path, &model, &err), SL_OK);
  sl_contract contract = contract_of(*state, model, NULL);
  const char *summary = sl_pipeline_summary(*state, &contract.pipeline);
  assert_string_equal(summary,
                      "decode as Pillow; BGR; resize the short side to 256 px (pillow.bilinear); "
                      "crop the central 224 x 224 px; subtract the mean 103.94, 116.78, 123.68; "
                      "NCHW float32");
  assert_int_equal(contract.scores, SL_SCORES_PROBABILITIES);
  assert_int_equal(contract.columns, 1000);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(reads_inputs_and_outputs),
      TEST(refuses_what_it_cannot_run),
      TEST(metadata_declare),
      TEST(options_override),
      TEST(layouts_follow_the_model),
      TEST(a_file_beside_the_model_declares),
      TEST(a_pipeline_file_holds_steps_in_several_ways),
      TEST(a_wrong_number_of_classes_is_said),
      TEST(real_outputs_decide_what_the_graph_does_not),
      TEST(probabilities_follow_the_scores),
      TEST(guesses_see_the_models_own_arithmetic),
      TEST(knows_a_caffe_conversion),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
