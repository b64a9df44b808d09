// SPDX-License-Identifier: Apache-2.0
// Patching a twin's activations into a failing case.
//
// Invariant: both cases are run once; every patch runs from its layer on. Start at
// sl_trace_layers().
#include "attrib/causal_trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/row_run.h"

enum { LAYERS_MAX = 128, TRIES_MAX = 16 };

typedef struct tracer {
  const sl_trace_ask *ask;
  sl_arena *arena;
  sl_trace *out;
  sl_value_id output;
  sl_tensor *failing, *passing, *gradients;  // [layer_count]
  sl_tensor value_failing, value_passing;    // of the target's value
} tracer;

// ---- both cases and the screening ---------------------------------------------------------------

static sl_status run_case(tracer *t, const sl_tensor *input, sl_tensor *layers, sl_tensor *value,
                          sl_error *err) {
  int32_t count = t->ask->layer_count;
  sl_value_id *values = SL_NEW_ARRAY(t->arena, sl_value_id, count + 1);
  sl_tensor *outputs = SL_NEW_ARRAY(t->arena, sl_tensor, count + 1);
  for (int32_t i = 0; i < count; i++) values[i] = t->ask->layers[i].value;
  values[count] = t->ask->target->value;
  const sl_piece *piece;
  SL_TRY(sl_white_box_tap(t->ask->box, values, count + 1, &piece, err));
  if (piece->input_count != 1)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", piece->input_count);
  sl_row_run how = {.rows = 1, .fixed_batch = sl_white_box_batch(t->ask->box)};
  SL_TRY(sl_piece_run_rows(piece, &how, input, outputs, err));
  memcpy(layers, outputs, (size_t)count * sizeof *layers);
  *value = outputs[count];
  return SL_OK;
}

static sl_status run_gradient(tracer *t, sl_error *err) {
  sl_value_id *wrt = SL_NEW_ARRAY(t->arena, sl_value_id, t->ask->layer_count + 1);
  for (int32_t i = 0; i < t->ask->layer_count; i++) wrt[i] = t->ask->layers[i].value;
  sl_gradient_ask ask = {.targets = &t->ask->target->value,
                         .target_count = 1,
                         .wrt = wrt,
                         .wrt_count = t->ask->layer_count};
  const sl_piece *piece;
  SL_TRY(sl_white_box_gradient(t->ask->box, &ask, &piece, NULL, NULL, err));
  sl_tensor inputs[2] = {*t->ask->input};
  SL_TRY(sl_target_seed(t->ask->target, &t->value_failing, &inputs[1], err));
  sl_row_run how = {.rows = 1, .fixed_batch = sl_white_box_batch(t->ask->box)};
  sl_status status = sl_piece_run_rows(piece, &how, inputs, t->gradients, err);
  sl_tensor_release(&inputs[1]);
  return status;
}

static void screen(const tracer *t, int32_t index, sl_traced_layer *layer) {
  const float *failing = t->failing[index].data, *passing = t->passing[index].data;
  const float *gradient = t->gradients[index].data;
  const sl_feature_layer *l = &layer->layer;
  int64_t places = l->height * l->width;
  layer->places = SL_NEW_ARRAY(t->arena, float, places);
  for (int64_t i = 0; i < places; i++) {
    double effect = 0;
    for (int64_t c = 0; c < l->channels; c++) {
      int64_t at = sl_feature_at(l, c, i);
      effect += (double)gradient[at] * ((double)passing[at] - (double)failing[at]);
    }
    layer->places[i] = (float)effect;
    layer->first_order += effect;
  }
}

// ---- patches, run -------------------------------------------------------------------------------

typedef struct patch_run {
  tracer *t;
  int32_t index;
  sl_traced_layer *layer;
  const int32_t *order;  // places, best first
} patch_run;

static int64_t best_class(const sl_tensor *scores, int64_t row) {
  int64_t count = (int64_t)(sl_tensor_row_bytes(scores) / sl_dtype_size(scores->dtype)), best = 0;
  for (int64_t i = 1; i < count; i++)
    if (sl_dtype_load(scores->dtype, scores->data, (size_t)(row * count + i)) >
        sl_dtype_load(scores->dtype, scores->data, (size_t)(row * count + best)))
      best = i;
  return best;
}

static bool is_repaired(const tracer *t, const sl_tensor *value, int64_t row, double target) {
  return t->ask->wanted_class < 0 ? target > 0 : best_class(value, row) == t->ask->wanted_class;
}

// Row `row` of `patched`: the failing case with its `count` best places (all, tokens before the
// grid too, when count is the number of places) taken from the twin.
static void write_patch(const patch_run *p, int64_t count, float *row) {
  const sl_feature_layer *l = &p->layer->layer;
  const float *passing = p->t->passing[p->index].data;
  int64_t places = l->height * l->width;
  if (count == places) {
    memcpy(row, passing, (size_t)l->elements * sizeof *row);
    return;
  }
  memcpy(row, p->t->failing[p->index].data, (size_t)l->elements * sizeof *row);
  for (int64_t i = 0; i < count; i++)
    for (int64_t c = 0; c < l->channels; c++) {
      int64_t at = sl_feature_at(l, c, p->order[i]);
      row[at] = passing[at];
    }
}

static sl_status repeat_input(const tracer *t, int64_t rows, sl_tensor *out, sl_error *err) {
  sl_shape shape = t->ask->input->shape;
  shape.dims[0] = rows;
  SL_TRY(sl_tensor_new(t->ask->input->dtype, &shape, out, err));
  size_t bytes = sl_tensor_row_bytes(t->ask->input);
  for (int64_t i = 0; i < rows; i++)
    memcpy((uint8_t *)out->data + (size_t)i * bytes, t->ask->input->data, bytes);
  return SL_OK;
}

static sl_status run_rows(patch_run *p, const sl_tensor *patched, double *targets, bool *repaired,
                          sl_error *err) {
  tracer *t = p->t;
  int64_t rows = patched->shape.dims[0];
  const sl_piece *piece;
  sl_tensor inputs[2] = {*patched}, value = {0};
  SL_TRY(sl_white_box_suffix(t->ask->box, &t->ask->layers[p->index].value, 1,
                             &t->ask->target->value, 1, &piece, err));
  if (piece->input_count > 2)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model takes more than one input");
  if (piece->input_count == 2) SL_TRY(repeat_input(t, rows, &inputs[1], err));
  sl_row_run how = {.rows = rows, .batch = 8, .fixed_batch = sl_white_box_batch(t->ask->box)};
  sl_status status = sl_piece_run_rows(piece, &how, inputs, &value, err);
  if (status == SL_OK) status = sl_target_read(t->ask->target, &value, targets, err);
  for (int64_t i = 0; status == SL_OK && i < rows; i++)
    repaired[i] = is_repaired(t, &value, i, targets[i]);
  sl_tensor_release(&value);
  sl_tensor_release(&inputs[1]);
  p->layer->runs += rows;
  return status;
}

static sl_status try_counts(patch_run *p, const int64_t *counts, int32_t count, double *targets,
                            bool *repaired, sl_error *err) {
  sl_tensor patched;
  sl_shape shape = p->t->failing[p->index].shape;
  shape.dims[0] = count;
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &shape, &patched, err));
  for (int32_t i = 0; i < count; i++)
    write_patch(p, counts[i], (float *)patched.data + i * p->layer->layer.elements);
  sl_status status = run_rows(p, &patched, targets, repaired, err);
  sl_tensor_release(&patched);
  return status;
}

// Doubling finds a range, bisection the fewest in it. Repair need not be monotone in the number of
// places, so the count found is the fewest of those that were run.
static sl_status find_fewest(patch_run *p, sl_error *err) {
  int64_t places = p->layer->layer.height * p->layer->layer.width, counts[TRIES_MAX + 1];
  double targets[TRIES_MAX + 1];
  bool repaired[TRIES_MAX + 1];
  int32_t count = 0;
  for (int64_t k = 1; k < places && count < TRIES_MAX; k *= 2) counts[count++] = k;
  counts[count++] = places;
  SL_TRY(try_counts(p, counts, count, targets, repaired, err));
  p->layer->whole = targets[count - 1];
  p->layer->whole_repairs = repaired[count - 1];
  int32_t first = 0;
  while (first < count && !repaired[first]) first++;
  if (first == count) return SL_OK;
  int64_t low = first > 0 ? counts[first - 1] : 0, high = counts[first];
  p->layer->fewest_target = targets[first];
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    SL_TRY(try_counts(p, &middle, 1, targets, repaired, err));
    if (repaired[0]) p->layer->fewest_target = targets[0];
    if (repaired[0])
      high = middle;
    else
      low = middle;
  }
  p->layer->fewest = high;
  return SL_OK;
}

typedef struct ranked {
  float effect;
  int32_t place;
} ranked;

static int by_effect(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->effect != y->effect) return x->effect < y->effect ? 1 : -1;
  return (x->place > y->place) - (x->place < y->place);
}

static sl_status trace_layer(tracer *t, int32_t index, sl_error *err) {
  sl_traced_layer *layer = &t->out->layers[index];
  layer->layer = t->ask->layers[index];
  if (t->failing[index].dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "layers of %s cannot be patched; float32 is needed",
                   sl_dtype_name(t->failing[index].dtype));
  screen(t, index, layer);
  int64_t places = layer->layer.height * layer->layer.width;
  ranked *list = SL_NEW_ARRAY(t->arena, ranked, places);
  int32_t *order = SL_NEW_ARRAY(t->arena, int32_t, places);
  for (int64_t i = 0; i < places; i++) list[i] = (ranked){layer->places[i], (int32_t)i};
  qsort(list, (size_t)places, sizeof *list, by_effect);
  for (int64_t i = 0; i < places; i++) order[i] = list[i].place;
  patch_run p = {.t = t, .index = index, .layer = layer, .order = order};
  SL_TRY(find_fewest(&p, err));
  layer->fewest_mask = SL_NEW_ARRAY(t->arena, uint8_t, places);
  for (int64_t i = 0; i < layer->fewest; i++) layer->fewest_mask[order[i]] = 1;
  double scale = fmax(fabs(t->out->before), fabs(t->out->twin));
  layer->changes_nothing = fabs(layer->whole - t->out->before) <= 1e-6 * fmax(scale, 1e-6);
  return SL_OK;
}

// ---- the whole ----------------------------------------------------------------------------------

static sl_status run_trace(tracer *t, sl_error *err) {
  SL_TRY(run_case(t, t->ask->input, t->failing, &t->value_failing, err));
  SL_TRY(run_case(t, t->ask->twin, t->passing, &t->value_passing, err));
  SL_TRY(run_gradient(t, err));
  SL_TRY(sl_target_read(t->ask->target, &t->value_failing, &t->out->before, err));
  SL_TRY(sl_target_read(t->ask->target, &t->value_passing, &t->out->twin, err));
  t->out->repaired_before = is_repaired(t, &t->value_failing, 0, t->out->before);
  for (int32_t i = 0; i < t->ask->layer_count; i++) SL_TRY(trace_layer(t, i, err));
  return SL_OK;
}

sl_status sl_trace_layers(sl_arena *arena, const sl_trace_ask *ask, sl_trace *out, sl_error *err) {
  if (ask->layer_count > LAYERS_MAX)
    return sl_fail(err, SL_E_LIMIT, "more than %d layers are traced", LAYERS_MAX);
  if (ask->input->shape.dims[0] != 1 || !sl_shape_equal(&ask->input->shape, &ask->twin->shape))
    return sl_fail(err, SL_E_ARG, "a case and a twin of one sample and the same size are needed");
  size_t count = (size_t)ask->layer_count + 1;
  *out = (sl_trace){.layers = SL_NEW_ARRAY(arena, sl_traced_layer, count),
                    .layer_count = ask->layer_count};
  tracer t = {.ask = ask,
              .arena = arena,
              .out = out,
              .failing = SL_NEW_ARRAY(arena, sl_tensor, count),
              .passing = SL_NEW_ARRAY(arena, sl_tensor, count),
              .gradients = SL_NEW_ARRAY(arena, sl_tensor, count)};
  sl_status status = run_trace(&t, err);
  for (size_t i = 0; i < count; i++) {
    sl_tensor_release(&t.failing[i]);
    sl_tensor_release(&t.passing[i]);
    sl_tensor_release(&t.gradients[i]);
  }
  sl_tensor_release(&t.value_failing);
  sl_tensor_release(&t.value_passing);
  return status;
}
