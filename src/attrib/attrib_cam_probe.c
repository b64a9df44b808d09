// SPDX-License-Identifier: Apache-2.0
// Maps weighted by what happens when channels are shown or removed: Score-CAM, Ablation-CAM; and
// Finer-CAM, Grad-CAM of what tells a class from those like it.
//
// Invariant: one run of the model for each channel, in batches. Start at run_probe().
#include <math.h>
#include <string.h>

#include "attrib/cam_layer.h"
#include "attrib/grid_resize.h"
#include "attrib/row_run.h"

typedef struct probe_params {
  bool positive;
} probe_params;

static const sl_row probe_rows[] = {
    SL_P_BOOL(probe_params, positive, 1, "Only the positive part; off keeps the sign."),
    SL_ROW_END};

typedef struct probe {
  sl_attrib_case *work;
  sl_feature_layer layer;
  float *activations;  // [samples * layer.elements]
  float *small, *large;
  double *scores;  // [samples * channels]
} probe;

static void keep_score(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                       const float *const *values) {
  (void)gradient, (void)values;
  probe *p = ctx;
  p->scores[sample * p->layer.channels + copy] = value;
}

// ---- Score-CAM ----------------------------------------------------------------------------------

// The input seen through one channel: its map, stretched to [0, 1] and to the input.
static void show_channel(void *ctx, int64_t sample, int64_t copy, float *row) {
  probe *p = ctx;
  const sl_shape *shape = &p->work->input.shape;
  const float *values = p->activations + sample * p->layer.elements;
  int64_t height = shape->dims[2], width = shape->dims[3], places = height * width;
  for (int64_t i = 0; i < p->layer.height * p->layer.width; i++)
    p->small[i] = values[sl_feature_at(&p->layer, copy, i)];
  sl_grid_resize(p->small, p->layer.height, p->layer.width, SL_GRID_CORNERS, height, width,
                 p->large);
  float low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < places; i++) {
    low = fminf(low, p->large[i]);
    high = fmaxf(high, p->large[i]);
  }
  const float *x = p->work->x + sample * p->work->elements;
  for (int64_t i = 0; i < p->work->elements; i++)
    row[i] = x[i] * ((p->large[i % places] - low) / (high - low + 1e-8f));
}

static void softmax(double *x, int64_t count) {
  double top = -INFINITY, sum = 0;
  for (int64_t i = 0; i < count; i++) top = fmax(top, x[i]);
  for (int64_t i = 0; i < count; i++) sum += x[i] = exp(x[i] - top);
  for (int64_t i = 0; i < count; i++) x[i] /= sum;
}

static sl_status score_channels(probe *p, sl_error *err) {
  sl_attrib_case *work = p->work;
  const sl_shape *shape = &work->input.shape;
  if (shape->rank != 4)
    return sl_fail(err, SL_E_UNSUPPORTED, "score_cam needs an input [N, C, H, W]");
  p->small = SL_NEW_ARRAY(work->call->arena, float, p->layer.height * p->layer.width);
  p->large = SL_NEW_ARRAY(work->call->arena, float, shape->dims[2] * shape->dims[3]);
  sl_sweep_plan plan = {
      .copies = p->layer.channels, .make = show_channel, .take = keep_score, .ctx = p};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  for (int64_t n = 0; n < work->samples; n++)
    softmax(p->scores + n * p->layer.channels, p->layer.channels);
  return SL_OK;
}

// ---- Ablation-CAM -------------------------------------------------------------------------------

static void remove_channel(void *ctx, int64_t sample, int64_t copy, float *row) {
  const probe *p = ctx;
  memcpy(row, p->activations + sample * p->layer.elements, (size_t)p->layer.elements * sizeof *row);
  for (int64_t i = 0; i < p->layer.height * p->layer.width; i++)
    row[sl_feature_at(&p->layer, copy, i)] = 0;
}

static sl_status ablate_channels(probe *p, sl_error *err) {
  sl_attrib_case *work = p->work;
  sl_sweep_plan plan = {.copies = p->layer.channels,
                        .from = p->layer.value,
                        .make = remove_channel,
                        .take = keep_score,
                        .ctx = p};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  for (int64_t n = 0; n < work->samples; n++) {
    double *scores = p->scores + n * p->layer.channels, whole = work->start.numbers[n];
    for (int64_t c = 0; c < p->layer.channels; c++)
      scores[c] = whole != 0 ? (whole - scores[c]) / whole : 0;
  }
  return SL_OK;
}

// ---- both ---------------------------------------------------------------------------------------

typedef sl_status (*weigh)(probe *p, sl_error *err);

static sl_status probe_channels(probe *p, weigh weights, float **maps, sl_error *err) {
  sl_attrib_case *work = p->work;
  SL_TRY(sl_cam_layer_activations(work, &p->layer, &p->activations, err));
  SL_TRY(sl_attrib_case_sums(work, work->samples * p->layer.channels, &p->scores, err));
  SL_TRY(weights(p, err));
  int64_t places = p->layer.height * p->layer.width;
  *maps = SL_NEW_ARRAY(work->call->arena, float, work->samples *places);
  double *map = SL_NEW_ARRAY(work->call->arena, double, places);
  for (int64_t n = 0; n < work->samples; n++) {
    memset(map, 0, (size_t)places * sizeof *map);
    for (int64_t c = 0; c < p->layer.channels; c++)
      sl_cam_add_weighted(&p->layer, c, p->scores[n * p->layer.channels + c],
                          p->activations + n * p->layer.elements, map);
    for (int64_t i = 0; i < places; i++) (*maps)[n * places + i] = (float)map[i];
  }
  return SL_OK;
}

static sl_status run_probe(const sl_attrib_call *call, const void *params, weigh weights,
                           sl_attribution *out, sl_error *err) {
  const probe_params *how = params;
  sl_attrib_case work;
  float *maps;
  probe p = {.work = &work};
  SL_TRY(sl_cam_layer_find(call, &p.layer, err));
  SL_TRY(sl_attrib_case_open_at(call, p.layer.value, out, &work, err));
  sl_status status = probe_channels(&p, weights, &maps, err);
  if (status == SL_OK) status = sl_cam_layer_finish(&work, &p.layer, maps, how->positive, err);
  sl_attrib_case_close(&work);
  return status;
}

static sl_status run_score_cam(const sl_attrib_call *call, const void *params, sl_attribution *out,
                               sl_error *err) {
  return run_probe(call, params, score_channels, out, err);
}

static sl_status run_ablation_cam(const sl_attrib_call *call, const void *params,
                                  sl_attribution *out, sl_error *err) {
  return run_probe(call, params, ablate_channels, out, err);
}

const sl_attrib_method sl_attrib_score_cam = {
    .item = {.name = "score_cam",
             .title = "Score-CAM",
             .help = "Feature maps weighted by the target when only what they show is left of the "
                     "input; one run for each channel, no gradients.",
             .since = "0.2.0",
             .params = probe_rows,
             .params_size = sizeof(probe_params)},
    .family = SL_ATTRIB_CAM,
    .needs = SL_ATTRIB_NEEDS_LAYER,
    .source = "Wang et al. 2020, section 3.2",
    .unfit = sl_cam_layer_unfit,
    .run = run_score_cam};

const sl_attrib_method sl_attrib_ablation_cam = {
    .item = {.name = "ablation_cam",
             .title = "Ablation-CAM",
             .help = "Feature maps weighted by how much of the target goes when they are set to "
                     "zero; runs from the layer on, one for each channel, no gradients.",
             .since = "0.2.0",
             .params = probe_rows,
             .params_size = sizeof(probe_params)},
    .family = SL_ATTRIB_CAM,
    .needs = SL_ATTRIB_NEEDS_LAYER | SL_ATTRIB_SIGNED,
    .source = "Desai, Ramaswamy 2020, section 3",
    .unfit = sl_cam_layer_unfit,
    .run = run_ablation_cam};

// ---- Finer-CAM ----------------------------------------------------------------------------------

typedef struct finer_params {
  int64_t others;
  double strength;
  bool positive;
} finer_params;

static const sl_row finer_rows[] = {
    SL_P_INT(finer_params, others, 1, 64, 3, "classes",
             "Classes of nearest score that the target is told from."),
    SL_P_REAL(finer_params, strength, 0, 100, 1, NULL,
              "How much of the others' scores is taken off."),
    SL_P_BOOL(finer_params, positive, 1, "Only the positive part; off keeps the sign."),
    SL_ROW_END};

// The classes of nearest score, nearest first; ties in their order.
static void nearest_classes(const float *scores, int64_t classes, int64_t main, int64_t *out,
                            int64_t count) {
  for (int64_t k = 0; k < count; k++) {
    out[k] = -1;
    for (int64_t c = 0; c < classes; c++) {
      int taken = c == main;
      for (int64_t j = 0; j < k; j++) taken |= out[j] == c;
      if (taken) continue;
      if (out[k] < 0 || fabsf(scores[c] - scores[main]) < fabsf(scores[out[k]] - scores[main]))
        out[k] = c;
    }
  }
}

// Slopes of T = (sum p_i (z_main - strength z_i)) / (sum p_i), p the softmax of all scores z.
static void finer_slopes(const float *z, int64_t classes, int64_t main, const int64_t *others,
                         int64_t count, double strength, double *slopes) {
  double *p = slopes + classes, share = 0, moment = 0;
  for (int64_t c = 0; c < classes; c++) p[c] = (double)z[c];
  softmax(p, classes);
  for (int64_t k = 0; k < count; k++) {
    share += p[others[k]];
    moment += p[others[k]] * (double)z[others[k]];
  }
  double whole = share + 1e-9;
  double target = ((double)z[main] * share - strength * moment) / whole;
  for (int64_t c = 0; c < classes; c++) {
    double d_share = -p[c] * share, d_moment = -p[c] * moment;
    for (int64_t k = 0; k < count; k++) {
      if (others[k] != c) continue;
      d_share += p[c];
      d_moment += p[c] * (1 + (double)z[c]);
    }
    double d_top = (c == main ? share : 0) + (double)z[main] * d_share - strength * d_moment;
    slopes[c] = (d_top - target * d_share) / whole;
  }
}

// The target of one sample: a weighted sum of all scores with the slopes as weights.
static sl_target weighted_target(sl_arena *arena, const sl_target *target, const double *slopes,
                                 int64_t classes) {
  sl_target_term *terms = SL_NEW_ARRAY(arena, sl_target_term, classes);
  for (int64_t c = 0; c < classes; c++)
    terms[c] = (sl_target_term){.weight = slopes[c], .rank = 1, .index = {c}};
  return (sl_target){
      .value = target->value, .terms = terms, .term_count = (int32_t)classes, .text = target->text};
}

static sl_status finer_targets(sl_attrib_case *work, const finer_params *params,
                               sl_target **targets, sl_error *err) {
  sl_arena *arena = work->call->arena;
  const sl_tensor *scores = &work->start.value;
  if (scores->shape.rank != 2 || scores->dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "finer_cam needs scores [N, classes] in float32");
  int64_t classes = scores->shape.dims[1];
  int64_t count = params->others < classes - 1 ? params->others : classes - 1;
  int64_t *others = SL_NEW_ARRAY(arena, int64_t, count + 1);
  double *slopes = SL_NEW_ARRAY(arena, double, 2 * classes);
  *targets = SL_NEW_ARRAY(arena, sl_target, work->samples);
  for (int64_t n = 0; n < work->samples; n++) {
    const sl_target *target = &work->start.targets[n];
    if (target->term_count != 1 || target->terms[0].rank != 1)
      return sl_fail(err, SL_E_UNSUPPORTED, "finer_cam needs one class as its target");
    const float *z = (const float *)scores->data + n * classes;
    int64_t main = target->terms[0].index[0];
    nearest_classes(z, classes, main, others, count);
    finer_slopes(z, classes, main, others, count, params->strength, slopes);
    (*targets)[n] = weighted_target(arena, target, slopes, classes);
  }
  return SL_OK;
}

static sl_status run_finer_cam(const sl_attrib_call *call, const void *params, sl_attribution *out,
                               sl_error *err) {
  const finer_params *p = params;
  sl_attrib_case work;
  sl_feature_layer layer;
  sl_target *targets = NULL;
  float *maps;
  SL_TRY(sl_cam_layer_find(call, &layer, err));
  SL_TRY(sl_attrib_case_open_at(call, layer.value, out, &work, err));
  sl_status status = finer_targets(&work, p, &targets, err);
  if (status == SL_OK) work.start.targets = targets;
  if (status == SL_OK) status = sl_cam_layer_grad_cam(&work, &layer, &maps, err);
  if (status == SL_OK) status = sl_cam_layer_finish(&work, &layer, maps, p->positive, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_finer_cam = {
    .item = {.name = "finer_cam",
             .title = "Finer-CAM",
             .help = "Grad-CAM of what tells the class from those of nearest score.",
             .since = "0.2.0",
             .params = finer_rows,
             .params_size = sizeof(finer_params)},
    .family = SL_ATTRIB_CAM,
    .needs = SL_ATTRIB_NEEDS_LAYER | SL_ATTRIB_SIGNED,
    .source = "Zhang, Zhao, Chen et al. 2025, section 3; weights as in pytorch-grad-cam",
    .unfit = sl_cam_layer_unfit,
    .run = run_finer_cam};
