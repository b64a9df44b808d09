// SPDX-License-Identifier: Apache-2.0
// Composing pipelines from the four choices of recipe.h.
#include "model/recipe.h"

#include <math.h>
#include <string.h>

#include "model/contract_state.h"

enum { STEPS_MAX = 40, SIDE_DEFAULT = 224 };

typedef struct values_row {
  const char *title;
  double div;
  int64_t channels;  // of mean and std; 0 when there are none
  double mean[3], std[3];
} values_row;

static const values_row values_rows[SL_VALUES_COUNT] = {
    [SL_VALUES_TORCH] = {"0-1 scaling with ImageNet mean and deviation",
                         255,
                         3,
                         {0.485, 0.456, 0.406},
                         {0.229, 0.224, 0.225}},
    [SL_VALUES_UNIT] = {"0-1 scaling only", 255, 0, {0}, {0}},
    [SL_VALUES_RAW] = {"no scaling", 1, 0, {0}, {0}},
    [SL_VALUES_CAFFE] = {"mean subtraction", 1, 3, {123.68, 116.78, 103.94}, {0}},
    [SL_VALUES_TF] = {"scaling to -1..1", 127.5, 1, {1}, {0}},
    [SL_VALUES_CLIP] = {"0-1 scaling with CLIP's mean and deviation",
                        255,
                        3,
                        {0.48145466, 0.4578275, 0.40821073},
                        {0.26862954, 0.26130258, 0.27577711}},
    [SL_VALUES_CIFAR] = {"0-1 scaling with CIFAR-10's mean and deviation",
                         255,
                         3,
                         {0.4914, 0.4822, 0.4465},
                         {0.247, 0.2435, 0.2616}},
    [SL_VALUES_MNIST] = {"0-1 scaling with MNIST's mean and deviation", 255, 1, {0.1307}, {0.3081}},
    [SL_VALUES_FASHION] =
        {"0-1 scaling with Fashion-MNIST's mean and deviation", 255, 1, {0.286}, {0.353}},
    [SL_VALUES_OWN_UNIT] = {"0-1 scaling before its own mean and deviation", 255, 0, {0}, {0}},
    [SL_VALUES_OWN_RAW] = {"no scaling before its own mean and deviation", 1, 0, {0}, {0}},
};

static const char *const geometry_titles[SL_GEOMETRY_COUNT] = {
    "short side to size / 0.875 and centre crop", "short side to size and centre crop",
    "stretching to the model's size", "the image's own size"};

const char *sl_values_title(int32_t values) { return values_rows[values].title; }
const char *sl_geometry_title(int32_t geometry) { return geometry_titles[geometry]; }

typedef struct draft {
  sl_arena *arena;
  sl_variant steps[STEPS_MAX];
  size_t count;
} draft;

static void *add(draft *d, const sl_step *step, const char *name) {
  void *params = sl_arena_push(d->arena, step->item.params_size);
  sl_rows_defaults(step->item.params, params);
  d->steps[d->count++] = (sl_variant){sl_registry_find(&sl_step_registry, name), params};
  return params;
}

static sl_reals ordered(sl_arena *arena, const double *rgb, int64_t count, int reversed) {
  double *at = SL_NEW_ARRAY(arena, double, count);
  for (int64_t i = 0; i < count; i++) at[i] = rgb[reversed ? count - 1 - i : i];
  return (sl_reals){at, count};
}

static void add_values(draft *d, int32_t values, int reversed) {
  const values_row *row = &values_rows[values];
  if (row->div != 1) {
    sl_step_scale_params *scale = add(d, &sl_step_scale, "scale");
    scale->div = row->div;
  }
  if (row->channels == 0) return;
  sl_step_normalize_params *normalize = add(d, &sl_step_normalize, "normalize");
  normalize->mean = ordered(d->arena, row->mean, row->channels, reversed);
  if (row->std[0] > 0) normalize->std = ordered(d->arena, row->std, row->channels, reversed);
}

static void add_short_crop(draft *d, int32_t width, int32_t height, double part, int32_t kernel) {
  sl_step_resize_params *resize = add(d, &sl_step_resize, "resize");
  resize->size = (int64_t)nearbyint((width < height ? width : height) / part);
  resize->kernel = kernel;
  sl_step_crop_params *crop = add(d, &sl_step_crop, "crop");
  if (width == height) {
    crop->size = width;
  } else {
    crop->width = width;
    crop->height = height;
  }
}

static void add_stretch(draft *d, int32_t width, int32_t height, int32_t kernel) {
  sl_step_resize_params *resize = add(d, &sl_step_resize, "resize");
  resize->by = SL_RESIZE_EXACT;
  resize->kernel = kernel;
  if (width == height) {
    resize->size = width;
  } else {
    resize->width = width;
    resize->height = height;
  }
}

static void add_geometry(draft *d, const sl_model *model, const sl_recipe *recipe) {
  int32_t width = model->input.width > 0 ? model->input.width : SIDE_DEFAULT;
  int32_t height = model->input.height > 0 ? model->input.height : SIDE_DEFAULT;
  int32_t kernel = recipe->kernel >= 0 ? recipe->kernel : SL_KERNEL_PILLOW_BILINEAR;
  if (recipe->geometry == SL_GEOMETRY_CROP) add_short_crop(d, width, height, 0.875, kernel);
  if (recipe->geometry == SL_GEOMETRY_FILL) add_short_crop(d, width, height, 1, kernel);
  if (recipe->geometry == SL_GEOMETRY_STRETCH) add_stretch(d, width, height, kernel);
}

// Copies the base's steps of one kind; `reverse` turns per-channel numbers round.
static void copy_step(draft *d, const sl_variant *from, int reverse, int32_t kernel) {
  const sl_step *step = sl_step_at(from->index);
  void *params = sl_arena_push(d->arena, step->item.params_size);
  memcpy(params, from->params, step->item.params_size);
  d->steps[d->count++] = (sl_variant){from->index, params};
  if (step == &sl_step_resize && kernel >= 0) ((sl_step_resize_params *)params)->kernel = kernel;
  if (step == &sl_step_letterbox && kernel >= 0)
    ((sl_step_letterbox_params *)params)->kernel = kernel;
  if (step != &sl_step_normalize || !reverse) return;
  sl_step_normalize_params *normalize = params;
  normalize->mean = ordered(d->arena, normalize->mean.at, normalize->mean.count, 1);
  normalize->std = ordered(d->arena, normalize->std.at, normalize->std.count, 1);
}

static void copy_steps(draft *d, const sl_pipeline *base, sl_stage stage, int reverse,
                       int32_t kernel) {
  for (int64_t i = 0; base != NULL && i < base->steps.count; i++) {
    const sl_step *step = sl_step_at(base->steps.at[i].index);
    if (step->stage == stage && step != &sl_step_mode)
      copy_step(d, &base->steps.at[i], reverse, kernel);
  }
}

// The base's mean and deviation under another scaling: a forgotten or doubled division by 255.
static void copy_normalize(draft *d, const sl_pipeline *base, int reverse) {
  for (int64_t i = 0; base != NULL && i < base->steps.count; i++)
    if (sl_step_at(base->steps.at[i].index) == &sl_step_normalize)
      copy_step(d, &base->steps.at[i], reverse, SL_RECIPE_KEEP);
}

static int32_t mode_of(const sl_pipeline *base) {
  const sl_step_mode_params *mode = base != NULL ? sl_pipeline_find(base, "mode") : NULL;
  return mode != NULL ? mode->to : SL_RECIPE_KEEP;
}

sl_status sl_recipe_make(sl_arena *arena, const sl_model *model, const sl_pipeline *base,
                         const sl_recipe *recipe, sl_pipeline *out, sl_error *err) {
  draft d = {.arena = arena};
  int32_t was = mode_of(base), mode = recipe->mode >= 0 ? recipe->mode : was;
  int turned = (was == SL_MODE_BGR) != (mode == SL_MODE_BGR) && was >= 0;
  copy_steps(&d, base, SL_STAGE_DECODE, 0, SL_RECIPE_KEEP);
  if (mode >= 0) ((sl_step_mode_params *)add(&d, &sl_step_mode, "mode"))->to = mode;
  if (recipe->geometry >= 0)
    add_geometry(&d, model, recipe);
  else
    copy_steps(&d, base, SL_STAGE_IMAGE, 0, recipe->kernel);
  if (recipe->values >= 0)
    add_values(&d, recipe->values, mode == SL_MODE_BGR);
  else
    copy_steps(&d, base, SL_STAGE_VALUE, turned, SL_RECIPE_KEEP);
  if (recipe->values == SL_VALUES_OWN_UNIT || recipe->values == SL_VALUES_OWN_RAW)
    copy_normalize(&d, base, turned);
  copy_steps(&d, base, SL_STAGE_LAYOUT, 0, SL_RECIPE_KEEP);
  sl_pipeline made;
  SL_TRY(sl_pipeline_make(arena, d.steps, d.count, "the composed pipeline", &made, err));
  return sl_contract_fit(arena, model, &made, out, err);
}
