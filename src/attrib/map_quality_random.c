// SPDX-License-Identifier: Apache-2.0
// The sanity check: a map of a model with shuffled weights beside that of the model.
//
// Shuffling keeps each tensor's values and so its scale: activations stay in range, and what was
// learnt is gone. Invariant: the file is never changed. Start at sl_quality_randomisation().
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/map_quality.h"
#include "attrib/normal_noise.h"

typedef struct shuffling {
  sl_arena *arena;
  uint64_t seed;
  double share;  // of the weights, from the output down
  int32_t found;
} shuffling;

static int is_weight(const sl_constant *constant) {
  return constant != NULL && constant->rank >= 2 && constant->element == SL_ELEMENT_F32 &&
         constant->count > 1 && constant->data.size == (size_t)constant->count * sizeof(float);
}

// Weights in the order of the nodes that read them.
static int32_t list_weights(sl_arena *arena, const sl_graph *graph, sl_value_id **out) {
  uint8_t *seen = SL_NEW_ARRAY(arena, uint8_t, graph->value_count + 1);
  *out = SL_NEW_ARRAY(arena, sl_value_id, graph->value_count + 1);
  int32_t count = 0;
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    for (int32_t i = 0; i < node->input_count && !node->is_removed; i++) {
      sl_value_id value = node->inputs[i];
      if (value == 0 || seen[value] || !is_weight(graph->values[value].constant)) continue;
      seen[value] = 1;
      (*out)[count++] = value;
    }
  }
  return count;
}

static const sl_constant *shuffled(const shuffling *s, const sl_constant *from, int64_t index) {
  float *numbers = SL_NEW_ARRAY(s->arena, float, from->count);
  sl_constant *out = SL_NEW(s->arena, sl_constant);
  sl_random random = sl_noise_start(s->seed, index, 0);
  memcpy(numbers, from->data.at, from->data.size);
  for (int64_t i = from->count - 1; i > 0; i--) {
    int64_t k = (int64_t)sl_random_below(&random, (uint64_t)i + 1);
    float kept = numbers[i];
    numbers[i] = numbers[k];
    numbers[k] = kept;
  }
  *out = *from;
  out->data = (sl_bytes){(const uint8_t *)numbers, from->data.size};
  out->message = (sl_bytes){0};
  out->location = NULL;
  out->offset = 0;
  return out;
}

static void shuffle_weights(void *ctx, sl_graph_model *model) {
  shuffling *s = ctx;
  sl_value_id *weights;
  s->found = list_weights(s->arena, model->graph, &weights);
  int64_t wanted = (int64_t)ceil(s->share * (double)s->found);
  for (int64_t i = s->found - wanted; i < s->found; i++) {
    sl_value *value = &model->graph->values[weights[i]];
    value->constant = shuffled(s, value->constant, i);
  }
}

// ---- rank correlation ---------------------------------------------------------------------------

typedef struct numbered {
  double number;
  int64_t index;
} numbered;

static int by_number(const void *a, const void *b) {
  const numbered *x = a, *y = b;
  return (x->number > y->number) - (x->number < y->number);
}

// Ranks of magnitudes, equal ones sharing their mean, less the mean of all.
static double *centred_ranks(sl_arena *scratch, const double *numbers, int64_t count) {
  numbered *order = SL_NEW_ARRAY(scratch, numbered, count);
  double *ranks = SL_NEW_ARRAY(scratch, double, count);
  for (int64_t i = 0; i < count; i++) order[i] = (numbered){fabs(numbers[i]), i};
  qsort(order, (size_t)count, sizeof *order, by_number);
  for (int64_t i = 0, end; i < count; i = end) {
    for (end = i + 1; end < count && order[end].number == order[i].number; end++) continue;
    for (int64_t k = i; k < end; k++)
      ranks[order[k].index] = (double)(i + end - 1) / 2 - (double)(count - 1) / 2;
  }
  return ranks;
}

// Spearman's; NaN when one of them is constant.
static double rank_correlation(const double *a, const double *b, int64_t count) {
  sl_arena *scratch = sl_arena_new(NULL, "ranks");
  const double *x = centred_ranks(scratch, a, count), *y = centred_ranks(scratch, b, count);
  double xy = 0, xx = 0, yy = 0;
  for (int64_t i = 0; i < count; i++) {
    xy += x[i] * y[i];
    xx += x[i] * x[i];
    yy += y[i] * y[i];
  }
  sl_arena_free(scratch);
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

// ---- one level ----------------------------------------------------------------------------------

// What the call names, in the changed model.
static sl_status same_question(const sl_quality *q, sl_white_box *box, sl_target *target,
                               sl_attrib_call *call, sl_error *err) {
  const sl_graph *graph = sl_white_box_model(q->work.call->box)->graph;
  *target = q->work.start.targets[0];
  *call = *q->work.call;
  call->box = box;
  call->target = target;
  call->progress = NULL;
  SL_TRY(sl_white_box_value(box, graph->values[target->value].name, &target->value, err));
  if (call->layer == 0) return SL_OK;
  return sl_white_box_value(box, graph->values[call->layer].name, &call->layer, err);
}

static sl_status run_shuffled(const sl_quality *q, const char *path,
                              const sl_white_box_options *options, shuffling *s,
                              double *correlation, sl_error *err) {
  sl_white_box_options how = *options;
  sl_white_box *box;
  sl_target target;
  sl_attrib_call call;
  sl_attribution map;
  how.input_shape = &q->work.input.shape;
  how.change = shuffle_weights;
  how.change_ctx = s;
  SL_TRY(sl_white_box_open(s->arena, path, &how, &box, err));
  if (s->found == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" has no float32 weights to shuffle",
                   sl_white_box_name(box));
  SL_TRY(same_question(q, box, &target, &call, err));
  call.arena = s->arena;
  SL_TRY(sl_attrib_run(&call, q->method, &map, err));
  int64_t places = q->plane.height * q->plane.width;
  double *importance = SL_NEW_ARRAY(s->arena, double, places + 1);
  sl_status status = sl_quality_places(&q->work, &q->plane, &map.values, importance, err);
  if (status == SL_OK) *correlation = rank_correlation(q->importance, importance, places);
  sl_attribution_release(&map);
  return status;
}

sl_status sl_quality_randomisation(sl_quality *quality, const char *path,
                                   const sl_white_box_options *options, int64_t levels,
                                   double *correlations, sl_error *err) {
  for (int64_t level = 1; level <= levels; level++) {
    shuffling s = {.arena = sl_arena_new(NULL, "shuffled"),
                   .seed = quality->work.call->seed,
                   .share = (double)level / (double)levels};
    sl_status status = run_shuffled(quality, path, options, &s, &correlations[level - 1], err);
    sl_arena_free(s.arena);
    SL_TRY(status);
  }
  return SL_OK;
}
