// SPDX-License-Identifier: Apache-2.0
// The guess: rules over what a model says of itself, each leaving a sentence.
//
// Rules run in order and a later, more specific one overrides an earlier one. Start at
// sl_contract_guess().
#include "model/guess.h"

#include <math.h>
#include <string.h>

#include "model/recipe.h"

enum { SENTENCES_MAX = 16 };

typedef struct guess {
  sl_arena *arena;
  const sl_model *model;
  sl_recipe recipe;
  double confidence;
  const char *sentences[SENTENCES_MAX];
  int64_t count;
  int settled;         // values come from the graph itself
  int is_common_size;  // as ImageNet models have it
} guess;

static void say(guess *g, const char *fmt, ...) SL_PRINTF(2, 3);
static void say(guess *g, const char *fmt, ...) {
  if (g->count == SENTENCES_MAX) return;
  va_list args;
  va_start(args, fmt);
  g->sentences[g->count++] = sl_arena_vprintf(g->arena, fmt, args);
  va_end(args);
}

static void set(guess *g, int32_t mode, int32_t values, double confidence) {
  if (mode >= 0) g->recipe.mode = mode;
  if (values >= 0 && !g->settled) g->recipe.values = values;
  g->confidence = confidence;
}

// ---- input
// ---------------------------------------------------------------------------------------

static void read_shape(guess *g) {
  const sl_model_input *in = &g->model->input;
  const sl_onnx_value *value = &g->model->onnx.inputs[0];
  say(g, "input \"%s\" is %s %s: %s, because %s", in->name, sl_onnx_shape_text(g->arena, value),
      value->type, in->order == SL_ORDER_NHWC ? "channels last" : "channels second",
      in->order_reason);
  if (in->channels == 1) {
    set(g, SL_MODE_GREY, SL_VALUES_UNIT, 0.5);
    say(g, "one channel: grey images, scaled to 0..1");
  }
  if (in->channels == 4) say(g, "four channels: no common pipeline is known, RGB is tried");
  if (in->width == 0 || in->height == 0) say(g, "the size is free: 224 px is assumed");
}

static void read_size(guess *g) {
  const sl_model_input *in = &g->model->input;
  int32_t width = in->width > 0 ? in->width : 224, height = in->height > 0 ? in->height : 224;
  if (width != height) {
    g->recipe.geometry = SL_GEOMETRY_STRETCH;
    say(g, "the input is not square: images are stretched to it");
  } else if (width <= 64) {
    g->recipe.geometry = SL_GEOMETRY_STRETCH;
    if (in->channels == 3) set(g, SL_MODE_RGB, SL_VALUES_CIFAR, 0.4);
    say(g, "%d px is a size of small data sets: images are taken whole", width);
  } else if (width >= 336) {
    g->recipe.geometry = SL_GEOMETRY_FILL;
    g->recipe.kernel = SL_KERNEL_PILLOW_BICUBIC;
    say(g, "%d px is a size of newer models: short side to %d, centre crop, bicubic", width, width);
  } else {
    g->is_common_size = true;
  }
}

// Said once the producer, who may stretch, has been asked.
static void say_common_size(guess *g) {
  int32_t width = g->model->input.width > 0 ? g->model->input.width : 224;
  if (g->is_common_size && g->recipe.geometry == SL_GEOMETRY_CROP)
    say(g, "%d px: short side to %.0f, centre crop, as most ImageNet models", width,
        nearbyint(width / 0.875));
}

// ---- who made it
// -----------------------------------------------------------------------------------

typedef struct maker {
  const char *marker;  // in the producer's name, in lower case
  int32_t mode, values, geometry;
  double confidence;
  const char *sentence;
} maker;

static const maker makers[] = {
    {"pytorch", SL_MODE_RGB, SL_VALUES_TORCH, SL_RECIPE_KEEP, 0.7,
     "exported by PyTorch: RGB, 0-1 scaling with ImageNet mean and deviation"},
    {"tf2onnx", SL_MODE_RGB, SL_VALUES_TF, SL_GEOMETRY_STRETCH, 0.5,
     "converted from TensorFlow: RGB, scaled to -1..1, stretched"},
    {"keras", SL_MODE_RGB, SL_VALUES_TF, SL_GEOMETRY_STRETCH, 0.5,
     "converted from Keras: RGB, scaled to -1..1, stretched"},
    {"caffe", SL_MODE_BGR, SL_VALUES_CAFFE, SL_RECIPE_KEEP, 0.6,
     "converted from Caffe: BGR, mean subtraction, no scaling"},
    {"paddle", SL_MODE_RGB, SL_VALUES_TORCH, SL_RECIPE_KEEP, 0.5,
     "converted from Paddle: RGB, 0-1 scaling with ImageNet mean and deviation"},
    {"mxnet", SL_MODE_RGB, SL_VALUES_TORCH, SL_RECIPE_KEEP, 0.5,
     "converted from MXNet: RGB, 0-1 scaling with ImageNet mean and deviation"},
};

static void apply_maker(guess *g, const maker *m) {
  if (g->model->input.channels == 1 || g->model->input.width < 65) return;
  set(g, m->mode, m->values, m->confidence);
  if (m->geometry >= 0 && g->model->input.width < 336) g->recipe.geometry = m->geometry;
  say(g, "%s", m->sentence);
}

static void read_producer(guess *g) {
  const char *name = g->model->onnx.producer;
  for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
    if (strcasestr(name, makers[i].marker) != NULL) apply_maker(g, &makers[i]);
}

static void read_names(guess *g) {
  const char *input = g->model->input.name;
  if (strcmp(input, "data_0") == 0 || sl_ends_with(input, "/data_0")) {
    static const maker caffe = {"",
                                SL_MODE_BGR,
                                SL_VALUES_CAFFE,
                                SL_RECIPE_KEEP,
                                0.6,
                                "the input is named as in conversions from Caffe: BGR, mean "
                                "subtraction, no scaling"};
    apply_maker(g, &caffe);
  }
  if (strcmp(input, "pixel_values") != 0) return;
  set(g, SL_MODE_RGB, SL_VALUES_TORCH, 0.5);
  say(g, "the input is named as in Hugging Face models: RGB, 0-1 scaling");
  if (strstr(g->model->output.name, "embed") == NULL) return;
  set(g, SL_MODE_RGB, SL_VALUES_CLIP, 0.6);
  g->recipe.geometry = SL_GEOMETRY_FILL;
  g->recipe.kernel = SL_KERNEL_PILLOW_BICUBIC;
  say(g, "the output is an embedding: CLIP's mean and deviation, bicubic");
}

static void read_metadata(guess *g) {
  const char *author = sl_onnx_metadata(&g->model->onnx, "author");
  const char *task = sl_onnx_metadata(&g->model->onnx, "task");
  if (author == NULL || strcmp(author, "Ultralytics") != 0 || !sl_streq(task, "classify")) return;
  set(g, SL_MODE_RGB, SL_VALUES_UNIT, 0.95);
  g->recipe.geometry = SL_GEOMETRY_FILL;
  say(g,
      "metadata name Ultralytics and the task \"classify\": RGB, short side to size, centre "
      "crop, 0-1 scaling only");
}

// ---- arithmetic at the start of the graph
// ----------------------------------------------------------

// Numbers of the constant among a node's inputs; NULL when there is none or it is large.
static const sl_onnx_constant *constant_of(const sl_onnx_summary *s, const sl_onnx_node *node) {
  for (size_t c = 0; c < s->constant_count; c++)
    for (int32_t i = 0; i < node->input_count; i++)
      if (strcmp(s->constants[c].name, node->inputs[i]) == 0) return &s->constants[c];
  return NULL;
}

static const sl_onnx_node *user_of(const sl_onnx_summary *s, const char *value) {
  for (size_t n = 0; n < s->main_node_count; n++)
    for (int32_t i = 0; i < s->nodes[n].input_count; i++)
      if (strcmp(s->nodes[n].inputs[i], value) == 0) return &s->nodes[n];
  return NULL;
}

static double largest(const sl_onnx_constant *constant) {
  double most = 0;
  for (int32_t i = 0; i < constant->count; i++) most = fmax(most, fabs(constant->values[i]));
  return most;
}

// 1 when the node's arithmetic expects 0..255, -1 when it expects 0..1, 0 when it says nothing.
static int expects_bytes(const sl_onnx_node *node, const sl_onnx_constant *constant) {
  double most = largest(constant);
  if (strcmp(node->type, "Div") == 0) return most > 10 ? 1 : -1;
  if (strcmp(node->type, "Mul") == 0) return most < 0.1 ? 1 : most > 1 ? -1 : 0;
  if (strcmp(node->type, "Sub") == 0 || strcmp(node->type, "Add") == 0)
    return most > 10 ? 1 : most < 1 ? -1 : 0;
  return 0;
}

static void read_arithmetic(guess *g) {
  const sl_onnx_summary *s = &g->model->onnx;
  const char *value = g->model->input.name;
  for (int hops = 0; hops < 4; hops++) {
    const sl_onnx_node *node = user_of(s, value);
    if (node == NULL || node->output_count == 0) return;
    const sl_onnx_constant *constant = constant_of(s, node);
    int expected = constant != NULL ? expects_bytes(node, constant) : 0;
    if (expected != 0) {
      set(g, SL_RECIPE_KEEP, expected > 0 ? SL_VALUES_RAW : SL_VALUES_UNIT, 0.8);
      g->settled = 1;
      say(g, "the graph begins with %s by %g: it normalises by itself and takes %s", node->type,
          largest(constant), expected > 0 ? "0..255" : "0..1");
      return;
    }
    if (constant == NULL && strcmp(node->type, "Cast") != 0 && strcmp(node->type, "Transpose") != 0)
      return;
    value = node->outputs[0];
  }
}

static void read_dtype(guess *g) {
  sl_dtype dtype = g->model->input.dtype;
  if (dtype != SL_DTYPE_U8 && dtype != SL_DTYPE_I8) return;
  set(g, SL_RECIPE_KEEP, SL_VALUES_RAW, 0.8);
  g->settled = 1;
  say(g, "the input takes %s: pixels as they are", sl_dtype_name(dtype));
}

sl_status sl_contract_guess(sl_arena *arena, const sl_model *model, sl_guess *out, sl_error *err) {
  guess g = {.arena = arena,
             .model = model,
             .recipe = {SL_MODE_RGB, SL_VALUES_TORCH, SL_KERNEL_PILLOW_BILINEAR, SL_GEOMETRY_CROP},
             .confidence = 0.4};
  read_shape(&g);
  read_size(&g);
  read_dtype(&g);
  read_arithmetic(&g);
  read_producer(&g);
  read_names(&g);
  read_metadata(&g);
  say_common_size(&g);
  SL_TRY(sl_recipe_make(arena, model, NULL, &g.recipe, &out->pipeline, err));
  say(&g, "nothing declares the pipeline: this is a guess, roughly %.0f %% sure",
      100 * g.confidence);
  const char **sentences = SL_NEW_ARRAY(arena, const char *, g.count);
  memcpy(sentences, g.sentences, (size_t)g.count * sizeof *sentences);
  out->evidence = (sl_texts){sentences, g.count};
  out->confidence = g.confidence;
  return SL_OK;
}
