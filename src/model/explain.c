// SPDX-License-Identifier: Apache-2.0
// The pipeline once more, step by step, with every stage kept for people to look at.
//
// Invariant: the last stage's bytes are those sl_prep_run() writes. A mode step that the fast path
// fuses with decoding is shown as the fused result, because converting afterwards may differ.
#include <string.h>

#include "model/prep_state.h"

typedef struct walk {
  sl_arena *arena;
  const sl_prep *prep;
  sl_frame frame;
  sl_explained *stages;
  size_t count;
} walk;

static sl_explained *add_stage(walk *w, int64_t index) {
  const sl_variant *step = &w->prep->pipeline.steps.at[index];
  const sl_step *row = sl_step_at(step->index);
  sl_explained *stage = &w->stages[w->count++];
  stage->name = row->item.name;
  stage->title = row->say(step->params, w->arena);
  sl_text text = {0};
  sl_json_writer writer;
  sl_json_begin(&writer, &text);
  sl_rows_write(&writer, row->item.params, step->params, 0);
  stage->params = sl_text_take(&text, w->arena);
  return stage;
}

static void keep_image(walk *w, int64_t index) {
  sl_explained *stage = add_stage(w, index);
  const sl_image *image = &w->frame.image;
  sl_image_share(image, &stage->image);
  stage->colour = w->frame.colour;
  sl_tensor view = {.dtype = image->bits == 16 ? SL_DTYPE_U16 : SL_DTYPE_U8,
                    .shape = {.rank = 3, .dims = {image->height, image->width, image->channels}},
                    .data = image->pixels};
  sl_tensor_stats_of(&view, &stage->stats);
}

static sl_shape tensor_shape(const sl_prep *prep) {
  sl_shape row;
  sl_prep_row(prep, &row, NULL, NULL);
  return (sl_shape){.rank = 4, .dims = {1, row.dims[0], row.dims[1], row.dims[2]}};
}

// The tensor after the first `steps` value steps, still in single precision.
static sl_status keep_values(walk *w, int64_t index, int64_t steps, sl_error *err) {
  sl_explained *stage = add_stage(w, index);
  sl_prep as_float = *w->prep;
  as_float.dtype = SL_DTYPE_F32;
  as_float.value_count = steps;
  float *table = SL_NEW_ARRAY(w->arena, float, 256 * w->prep->channels);
  for (int32_t i = 0; i < 256 * w->prep->channels; i++)
    table[i] = sl_prep_value(w->prep, steps, i / 256, (float)(i % 256));
  as_float.table = table;
  sl_shape shape = tensor_shape(w->prep);
  stage->is_tensor = 1;
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &shape, &stage->tensor, err));
  sl_prep_write(&as_float, &w->frame.image, stage->tensor.data);
  sl_tensor_stats_of(&stage->tensor, &stage->stats);
  return SL_OK;
}

static sl_status keep_result(walk *w, sl_error *err) {
  sl_explained *stage = add_stage(w, w->prep->pipeline.steps.count - 1);
  sl_shape shape = tensor_shape(w->prep);
  stage->is_tensor = 1;
  SL_TRY(sl_tensor_new(w->prep->dtype, &shape, &stage->tensor, err));
  sl_prep_write(w->prep, &w->frame.image, stage->tensor.data);
  sl_tensor_stats_of(&stage->tensor, &stage->stats);
  return SL_OK;
}

static sl_status decode_stages(walk *w, const sl_input *input, int64_t *next, sl_error *err) {
  SL_TRY(sl_prep_frame(w->prep, input, SL_COLOUR_NATIVE, &w->frame, err));
  keep_image(w, 0);
  *next = 1;
  if (input->pixels != NULL || w->prep->fused == SL_COLOUR_NATIVE) return SL_OK;
  sl_image_release(&w->frame.image);
  SL_TRY(sl_prep_frame(w->prep, input, w->prep->fused, &w->frame, err));
  keep_image(w, 1);
  *next = 2;
  return SL_OK;
}

static sl_status walk_steps(walk *w, const sl_input *input, sl_error *err) {
  const sl_prep *prep = w->prep;
  int64_t i;
  SL_TRY(decode_stages(w, input, &i, err));
  for (; i < prep->image_end; i++) {
    const sl_variant *step = &prep->pipeline.steps.at[i];
    SL_TRY(sl_step_at(step->index)->apply(step->params, &w->frame, err));
    keep_image(w, i);
  }
  SL_TRY(sl_prep_check_frame(prep, &w->frame.image, err));
  for (int64_t k = 0; k < prep->value_count; k++)
    SL_TRY(keep_values(w, prep->image_end + k, k + 1, err));
  return keep_result(w, err);
}

sl_status sl_prep_explain(sl_arena *arena, const sl_prep *prep, const sl_input *input,
                          sl_explained **out, size_t *count, sl_error *err) {
  walk w = {.arena = arena, .prep = prep};
  w.stages = SL_NEW_ARRAY(arena, sl_explained, prep->pipeline.steps.count);
  sl_status status = walk_steps(&w, input, err);
  sl_image_release(&w.frame.image);
  if (status != SL_OK) {
    sl_explained_release(w.stages, w.count);
    return status;
  }
  *out = w.stages;
  *count = w.count;
  return SL_OK;
}

void sl_explained_release(sl_explained *stages, size_t count) {
  for (size_t i = 0; i < count; i++) {
    sl_image_release(&stages[i].image);
    sl_tensor_release(&stages[i].tensor);
  }
}
