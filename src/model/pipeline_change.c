// SPDX-License-Identifier: Apache-2.0
// A pipeline with a few things changed, as options on the command line and the search for
// alternatives ask for.
//
// Invariant: a change replaces the first step it is about, or puts a new one where it belongs.
#include <string.h>

#include "model/pipeline.h"

enum { STEPS_MAX = 40 };

typedef struct draft {
  sl_arena *arena;
  sl_variant steps[STEPS_MAX];
  size_t count;
} draft;

static size_t find(const draft *d, const char *name) {
  int64_t index = sl_registry_find(&sl_step_registry, name);
  size_t at = 0;
  while (at < d->count && d->steps[at].index != index) at++;
  return at;
}

static void insert(draft *d, size_t at, sl_variant step) {
  memmove(&d->steps[at + 1], &d->steps[at], (d->count - at) * sizeof d->steps[0]);
  d->steps[at] = step;
  d->count++;
}

static void remove_named(draft *d, const char *name) {
  for (size_t at = find(d, name); at < d->count; at = find(d, name)) {
    memmove(&d->steps[at], &d->steps[at + 1], (d->count - at - 1) * sizeof d->steps[0]);
    d->count--;
  }
}

// Index of the first step of a later stage.
static size_t end_of_stage(const draft *d, sl_stage stage) {
  size_t at = 0;
  while (at < d->count && sl_step_at(d->steps[at].index)->stage <= stage) at++;
  return at;
}

// Parameters of the first step of that name, copied so that they may be changed; a new step with
// defaults is put at `at` when there is none.
static void *edit(draft *d, const char *name, size_t at) {
  size_t found = find(d, name);
  int64_t index = sl_registry_find(&sl_step_registry, name);
  const sl_item *item = &sl_step_at(index)->item;
  void *params = sl_arena_push(d->arena, item->params_size);
  if (found < d->count) {
    memcpy(params, d->steps[found].params, item->params_size);
    d->steps[found].params = params;
    return params;
  }
  sl_rows_defaults(item->params, params);
  insert(d, at, (sl_variant){index, params});
  return params;
}

static void change_kernel(draft *d, int32_t kernel) {
  size_t box = find(d, "letterbox");
  if (box < d->count && find(d, "resize") == d->count) {
    sl_step_letterbox_params *letterbox = edit(d, "letterbox", box);
    letterbox->kernel = kernel;
    return;
  }
  if (find(d, "resize") == d->count) return;
  sl_step_resize_params *resize = edit(d, "resize", 0);
  resize->kernel = kernel;
}

static void change_sizes(draft *d, const sl_pipeline_changes *changes) {
  if (changes->resize_short > 0) {
    size_t crop = find(d, "crop");
    size_t at = crop < d->count ? crop : end_of_stage(d, SL_STAGE_IMAGE);
    sl_step_resize_params *resize = edit(d, "resize", at);
    resize->by = SL_RESIZE_SHORT;
    resize->size = changes->resize_short;
    resize->width = resize->height = 0;
  }
  if (changes->crop > 0) {
    sl_step_crop_params *crop = edit(d, "crop", end_of_stage(d, SL_STAGE_IMAGE));
    crop->size = changes->crop;
    crop->width = crop->height = 0;
    crop->fraction = 0;
  }
}

static sl_reals keep(sl_arena *arena, sl_reals list) {
  double *copy = SL_NEW_ARRAY(arena, double, list.count);
  if (list.count > 0) memcpy(copy, list.at, sizeof *copy * (size_t)list.count);
  return (sl_reals){copy, list.count};
}

static void change_values(draft *d, const sl_pipeline_changes *changes) {
  if (changes->scale > 0) {
    remove_named(d, "scale");
    sl_step_scale_params *scale = edit(d, "scale", end_of_stage(d, SL_STAGE_IMAGE));
    scale->by = changes->scale;
  }
  if (changes->mean.count == 0 && changes->std.count == 0) return;
  sl_step_normalize_params *normalize = edit(d, "normalize", end_of_stage(d, SL_STAGE_VALUE));
  if (changes->mean.count > 0) normalize->mean = keep(d->arena, changes->mean);
  if (changes->std.count > 0) normalize->std = keep(d->arena, changes->std);
}

sl_status sl_pipeline_change(sl_arena *arena, const sl_pipeline *from,
                             const sl_pipeline_changes *changes, sl_pipeline *out, sl_error *err) {
  draft d = {.arena = arena, .count = (size_t)from->steps.count};
  memcpy(d.steps, from->steps.at, d.count * sizeof d.steps[0]);
  if (changes->mode > 0) {
    sl_step_mode_params *mode = edit(&d, "mode", 1);
    mode->to = changes->mode - 1;
  }
  change_sizes(&d, changes);
  if (changes->kernel > 0) change_kernel(&d, changes->kernel - 1);
  change_values(&d, changes);
  return sl_pipeline_make(arena, d.steps, d.count, "the changed pipeline", out, err);
}

sl_status sl_pipeline_set_layout(sl_arena *arena, const sl_pipeline *from, int32_t order,
                                 int32_t dtype, sl_pipeline *out, sl_error *err) {
  draft d = {.arena = arena, .count = (size_t)from->steps.count};
  memcpy(d.steps, from->steps.at, d.count * sizeof d.steps[0]);
  sl_step_layout_params *layout = edit(&d, "layout", d.count);
  layout->order = order;
  layout->dtype = dtype;
  return sl_pipeline_make(arena, d.steps, d.count, "the changed pipeline", out, err);
}
