// SPDX-License-Identifier: Apache-2.0
// Maps from what varies most in a layer's activations: Eigen-CAM, EigenGrad-CAM, KPCA-CAM, and the
// parts of deep feature factorization.
//
// Principal components have no sign of their own. The place of largest magnitude is taken to be
// positive, as in Seg-Eigen-CAM (Chung, Ying 2025, equation 13); pytorch-grad-cam leaves it to
// LAPACK.
//
// Invariant: all arithmetic is in double. Start at component_maps().
#include <math.h>
#include <string.h>

#include "attrib/cam_layer.h"
#include "attrib/normal_noise.h"
#include "attrib/principal.h"

typedef struct component_params {
  bool positive;
} component_params;

static const sl_row component_rows[] = {
    SL_P_BOOL(component_params, positive, 1, "Only the positive part; off keeps the sign."),
    SL_ROW_END};

// One sample's places as rows, channels as columns.
static double *as_rows(sl_arena *arena, const sl_feature_layer *layer, const float *values,
                       const float *factors) {
  int64_t places = layer->height * layer->width;
  double *rows = SL_NEW_ARRAY(arena, double, places * layer->channels);
  for (int64_t c = 0; c < layer->channels; c++)
    for (int64_t i = 0; i < places; i++) {
      int64_t at = sl_feature_at(layer, c, i);
      rows[i * layer->channels + c] =
          (double)values[at] * (factors != NULL ? (double)factors[at] : 1);
    }
  return rows;
}

// ---- principal components -----------------------------------------------------------------------

static void first_component(const sl_feature_layer *layer, const float *values,
                            const float *factors, double *map) {
  sl_arena *scratch = sl_arena_new(NULL, "component");
  double *rows = as_rows(scratch, layer, values, factors);
  sl_principal_scores(scratch, rows, layer->height * layer->width, layer->channels, map);
  sl_arena_free(scratch);
}

static void eigen_grad(const sl_feature_layer *layer, const float *activations,
                       const float *gradients, double *map) {
  first_component(layer, activations, gradients, map);
}

// K = tanh(<x, y> / channels + 1) of centred columns, centred again in feature space.
static double *sigmoid_kernel(sl_arena *scratch, double *rows, int64_t places, int64_t channels) {
  double *kernel = SL_NEW_ARRAY(scratch, double, places *places);
  double *means = SL_NEW_ARRAY(scratch, double, places), mean = 0;
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < places; i++) sum += rows[i * channels + c];
    for (int64_t i = 0; i < places; i++) rows[i * channels + c] -= sum / (double)places;
  }
  for (int64_t i = 0; i < places; i++)
    for (int64_t j = 0; j < places; j++) {
      double dot = 0;
      for (int64_t c = 0; c < channels; c++) dot += rows[i * channels + c] * rows[j * channels + c];
      kernel[i * places + j] = tanh(dot / (double)channels + 1);
      means[i] += kernel[i * places + j] / (double)places;
    }
  for (int64_t i = 0; i < places; i++) mean += means[i] / (double)places;
  for (int64_t i = 0; i < places; i++)
    for (int64_t j = 0; j < places; j++) kernel[i * places + j] += mean - means[i] - means[j];
  return kernel;
}

static void kernel_component(const sl_feature_layer *layer, const float *activations, double *map) {
  sl_arena *scratch = sl_arena_new(NULL, "kernel");
  int64_t places = layer->height * layer->width;
  double *rows = as_rows(scratch, layer, activations, NULL);
  double *kernel = sigmoid_kernel(scratch, rows, places, layer->channels);
  double value = sl_principal_eigen(scratch, kernel, places, map);
  for (int64_t i = 0; i < places; i++) map[i] *= sqrt(fmax(value, 0));
  sl_arena_free(scratch);
}

static void plain_component(const sl_feature_layer *layer, const float *activations, double *map) {
  first_component(layer, activations, NULL, map);
}

typedef void (*component_rule)(const sl_feature_layer *layer, const float *activations,
                               double *map);

// Kernels are matrices over pairs of places.
enum { KERNEL_PLACES_MAX = 4096 };

static sl_status component_maps(sl_attrib_case *work, const sl_feature_layer *layer,
                                component_rule rule, float **maps, sl_error *err) {
  int64_t places = layer->height * layer->width;
  float *activations;
  if (rule == kernel_component && places > KERNEL_PLACES_MAX)
    return sl_fail(err, SL_E_LIMIT, "the layer has %lld places, a kernel takes at most %d",
                   (long long)places, KERNEL_PLACES_MAX);
  double *map = SL_NEW_ARRAY(work->call->arena, double, places);
  *maps = SL_NEW_ARRAY(work->call->arena, float, work->samples *places);
  SL_TRY(sl_cam_layer_activations(work, layer, &activations, err));
  for (int64_t n = 0; n < work->samples; n++) {
    rule(layer, activations + n * layer->elements, map);
    for (int64_t i = 0; i < places; i++) (*maps)[n * places + i] = (float)map[i];
  }
  return SL_OK;
}

static sl_status run_component(const sl_attrib_call *call, const void *params, component_rule rule,
                               sl_attribution *out, sl_error *err) {
  const component_params *p = params;
  sl_attrib_case work;
  sl_feature_layer layer;
  float *maps;
  SL_TRY(sl_cam_layer_find(call, &layer, err));
  SL_TRY(sl_attrib_case_open_at(call, layer.value, out, &work, err));
  sl_status status = rule != NULL ? component_maps(&work, &layer, rule, &maps, err)
                                  : sl_cam_layer_maps(&work, &layer, eigen_grad, &maps, err);
  if (status == SL_OK) status = sl_cam_layer_finish(&work, &layer, maps, p->positive, err);
  sl_attrib_case_close(&work);
  return status;
}

#define COMPONENT_METHOD(name_, rule_, title_, help_, source_)                                   \
  static sl_status run_##name_(const sl_attrib_call *call, const void *params,                   \
                               sl_attribution *out, sl_error *err) {                             \
    return run_component(call, params, rule_, out, err);                                         \
  }                                                                                              \
  const sl_attrib_method sl_attrib_##name_ = {.item = {.name = #name_,                           \
                                                       .title = title_,                          \
                                                       .help = help_,                            \
                                                       .since = "0.2.0",                         \
                                                       .params = component_rows,                 \
                                                       .params_size = sizeof(component_params)}, \
                                              .family = SL_ATTRIB_CAM,                           \
                                              .needs = SL_ATTRIB_NEEDS_LAYER | SL_ATTRIB_SIGNED, \
                                              .source = source_,                                 \
                                              .unfit = sl_cam_layer_unfit,                       \
                                              .run = run_##name_};

COMPONENT_METHOD(eigen_cam, plain_component, "Eigen-CAM",
                 "The first principal component of the activations: what varies most over the "
                 "places, whatever the target.",
                 "Muhammad, Yeasin 2020, section III")
COMPONENT_METHOD(eigen_grad_cam, NULL, "EigenGrad-CAM",
                 "The first principal component of activation times gradient.",
                 "pytorch-grad-cam, EigenGradCAM")
COMPONENT_METHOD(kpca_cam, kernel_component, "KPCA-CAM",
                 "The first kernel principal component of the activations (sigmoid kernel).",
                 "Karmani, Sivakaran, Prasad, Ali, Yang, Tang 2024, section III")

// ---- deep feature factorization -----------------------------------------------------------------

typedef struct factor_params {
  int64_t parts, rounds;
} factor_params;

static const sl_row factor_rows[] = {
    SL_P_INT(factor_params, parts, 1, 64, 5, "parts", "Parts the activations are taken apart in."),
    SL_P_INT(factor_params, rounds, 1, 100000, 500, "rounds",
             "Updates at most; they end earlier when nothing moves."),
    SL_ROW_END};

// values [channels * columns] ~ concepts [channels * parts] x maps [parts * columns].
typedef struct factors {
  int64_t channels, columns, parts;
  const double *values;
  double *concepts, *maps;
} factors;

// One side with the other one fixed, row by row: x[k] += (b[k] - sum g[k][j] x[j]) / g[k][k], not
// below 0 (hierarchical alternating least squares: Cichocki, Phan 2009). Returns the largest step.
static double improve(const double *gram, const double *target, double *x, int64_t parts,
                      int64_t stride_part, int64_t stride_item, int64_t items) {
  double moved = 0;
  for (int64_t k = 0; k < parts; k++)
    for (int64_t i = 0; i < items && gram[k * parts + k] > 0; i++) {
      double sum = target[k * items + i];
      for (int64_t j = 0; j < parts; j++)
        sum -= gram[k * parts + j] * x[j * stride_part + i * stride_item];
      double *at = &x[k * stride_part + i * stride_item];
      double next = fmax(0, *at + sum / gram[k * parts + k]);
      moved = fmax(moved, fabs(next - *at) / fmax(1e-12, fabs(next) + fabs(*at)));
      *at = next;
    }
  return moved;
}

static double improve_maps(const factors *f, double *gram, double *target) {
  for (int64_t k = 0; k < f->parts; k++) {
    for (int64_t j = 0; j < f->parts; j++) {
      gram[k * f->parts + j] = 0;
      for (int64_t c = 0; c < f->channels; c++)
        gram[k * f->parts + j] += f->concepts[c * f->parts + k] * f->concepts[c * f->parts + j];
    }
    memset(target + k * f->columns, 0, (size_t)f->columns * sizeof *target);
    for (int64_t c = 0; c < f->channels; c++)
      for (int64_t i = 0; i < f->columns; i++)
        target[k * f->columns + i] += f->concepts[c * f->parts + k] * f->values[c * f->columns + i];
  }
  return improve(gram, target, f->maps, f->parts, f->columns, 1, f->columns);
}

static double improve_concepts(const factors *f, double *gram, double *target) {
  for (int64_t k = 0; k < f->parts; k++) {
    const double *map = f->maps + k * f->columns;
    for (int64_t j = 0; j < f->parts; j++) {
      gram[k * f->parts + j] = 0;
      for (int64_t i = 0; i < f->columns; i++)
        gram[k * f->parts + j] += map[i] * f->maps[j * f->columns + i];
    }
    for (int64_t c = 0; c < f->channels; c++) {
      target[k * f->channels + c] = 0;
      for (int64_t i = 0; i < f->columns; i++)
        target[k * f->channels + c] += f->values[c * f->columns + i] * map[i];
    }
  }
  return improve(gram, target, f->concepts, f->parts, 1, f->parts, f->channels);
}

// Concepts of length 1, so that maps carry the strength; strongest part first is left to readers.
static void scale_parts(const factors *f) {
  for (int64_t k = 0; k < f->parts; k++) {
    double length = 0;
    for (int64_t c = 0; c < f->channels; c++)
      length += f->concepts[c * f->parts + k] * f->concepts[c * f->parts + k];
    for (int64_t i = 0; i < f->columns; i++) f->maps[k * f->columns + i] *= sqrt(length);
  }
}

static void factorize(sl_arena *scratch, const factors *f, uint64_t seed, int64_t rounds) {
  int64_t widest = f->columns > f->channels ? f->columns : f->channels;
  double *gram = SL_NEW_ARRAY(scratch, double, f->parts * f->parts);
  double *target = SL_NEW_ARRAY(scratch, double, f->parts *widest);
  sl_random random = sl_noise_start(seed, 0, 0);
  for (int64_t i = 0; i < f->channels * f->parts; i++)
    f->concepts[i] = 0.1 + sl_random_unit(&random);
  for (int64_t i = 0; i < f->parts * f->columns; i++) f->maps[i] = 0.1 + sl_random_unit(&random);
  for (int64_t round = 0; round < rounds; round++) {
    double moved = improve_maps(f, gram, target);
    moved = fmax(moved, improve_concepts(f, gram, target));
    if (moved < 1e-9) break;
  }
  scale_parts(f);
}

// Channels by columns (places of all samples), each channel less its minimum.
static double *as_columns(sl_arena *arena, const sl_feature_layer *layer, const float *activations,
                          int64_t samples) {
  int64_t places = layer->height * layer->width, columns = samples * places;
  double *values = SL_NEW_ARRAY(arena, double, layer->channels *columns);
  for (int64_t c = 0; c < layer->channels; c++) {
    double low = INFINITY, *row = values + c * columns;
    for (int64_t i = 0; i < columns; i++) {
      row[i] =
          (double)activations[i / places * layer->elements + sl_feature_at(layer, c, i % places)];
      low = fmin(low, row[i]);
    }
    for (int64_t i = 0; i < columns; i++) row[i] -= low;
  }
  return values;
}

static sl_status make_parts(sl_attrib_case *work, const sl_feature_layer *layer,
                            const factor_params *params, sl_error *err) {
  float *activations, *out;
  sl_arena *arena = work->call->arena;
  SL_TRY(sl_cam_layer_activations(work, layer, &activations, err));
  int64_t places = layer->height * layer->width, parts = params->parts;
  factors f = {.channels = layer->channels,
               .columns = work->samples * places,
               .parts = parts,
               .values = as_columns(arena, layer, activations, work->samples),
               .concepts = SL_NEW_ARRAY(arena, double, layer->channels *parts),
               .maps = SL_NEW_ARRAY(arena, double, parts * work->samples * places)};
  factorize(arena, &f, work->call->seed, params->rounds);
  sl_shape shape = {.rank = 4, .dims = {work->samples, parts, layer->height, layer->width}};
  SL_TRY(sl_attrib_case_values(work, &shape, &out, err));
  for (int64_t n = 0; n < work->samples; n++)
    for (int64_t k = 0; k < parts; k++)
      for (int64_t i = 0; i < places; i++)
        out[(n * parts + k) * places + i] = (float)f.maps[k * f.columns + n * places + i];
  work->out->layer = layer->value;
  return SL_OK;
}

static sl_status run_dff(const sl_attrib_call *call, const void *params, sl_attribution *out,
                         sl_error *err) {
  sl_attrib_case work;
  sl_feature_layer layer;
  SL_TRY(sl_cam_layer_find(call, &layer, err));
  SL_TRY(sl_attrib_case_open_at(call, layer.value, out, &work, err));
  sl_status status = make_parts(&work, &layer, params, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_dff = {
    .item = {.name = "dff",
             .title = "Deep feature factorization",
             .help = "Activations of all inputs taken apart into a few parts that never subtract "
                     "(NMF): one map for each part, the same parts in every input.",
             .since = "0.2.0",
             .params = factor_rows,
             .params_size = sizeof(factor_params)},
    .family = SL_ATTRIB_CAM,
    .needs = SL_ATTRIB_NEEDS_LAYER,
    .source = "Collins, Achanta, Susstrunk 2018, section 3",
    .unfit = sl_cam_layer_unfit,
    .run = run_dff};
