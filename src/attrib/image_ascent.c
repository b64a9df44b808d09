// SPDX-License-Identifier: Apache-2.0
// Gradient ascent on a picture.
#include "attrib/image_ascent.h"

#include <math.h>
#include <string.h>

#include "attrib/cosine_image.h"
#include "attrib/image_warp.h"
#include "attrib/normal_noise.h"
#include "attrib/row_run.h"

static const double momentum = 0.9, momentum_squares = 0.999, stability = 1e-8;
static const double noise = 0.01;  // of the parameters at the start

typedef struct climber {
  const sl_ascent_ask *ask;
  sl_ascent *out;
  sl_cosine_image image;
  const sl_piece *piece;
  sl_target target;  // definite
  sl_tensor input, seed;
  float *parameters, *warped, *gradient, *pulled, *first, *second;
  sl_random random;
} climber;

// ---- between pictures and inputs ----------------------------------------------------------------

static int64_t input_at(const sl_pixel_scale *scale, int64_t channel, int64_t pixel) {
  return scale->channels_last ? pixel * scale->channels + channel
                              : channel * scale->height * scale->width + pixel;
}

void sl_pixel_scale_apply(const sl_pixel_scale *scale, const float *picture, float *input) {
  int64_t size = scale->height * scale->width;
  for (int64_t c = 0; c < scale->channels; c++)
    for (int64_t i = 0; i < size; i++)
      input[input_at(scale, c, i)] =
          (float)(scale->low[c] +
                  (scale->high[c] - scale->low[c]) * (double)picture[scale->plane[c] * size + i]);
}

void sl_pixel_scale_undo(const sl_pixel_scale *scale, const float *input, float *picture) {
  int64_t size = scale->height * scale->width;
  for (int64_t c = 0; c < scale->channels; c++)
    for (int64_t i = 0; i < size; i++) {
      double part =
          ((double)input[input_at(scale, c, i)] - scale->low[c]) / (scale->high[c] - scale->low[c]);
      picture[scale->plane[c] * size + i] = (float)fmin(fmax(part, 0), 1);
    }
}

// Back along the scale: d/dpicture from d/dinput.
static void pull_scale(const sl_pixel_scale *scale, const float *by_input, float *by_picture) {
  int64_t size = scale->height * scale->width;
  for (int64_t c = 0; c < scale->channels; c++)
    for (int64_t i = 0; i < size; i++)
      by_picture[scale->plane[c] * size + i] =
          (float)((scale->high[c] - scale->low[c]) * (double)by_input[input_at(scale, c, i)]);
}

// ---- running the model --------------------------------------------------------------------------

static sl_status run_value(climber *k, const float *picture, sl_tensor *value, sl_error *err) {
  const sl_piece *piece;
  sl_row_run how = {.rows = 1, .fixed_batch = sl_white_box_batch(k->ask->box)};
  SL_TRY(sl_white_box_tap(k->ask->box, &k->ask->target->value, 1, &piece, err));
  if (piece->input_count > 1)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", piece->input_count);
  sl_pixel_scale_apply(&k->ask->scale, picture, k->input.data);
  return sl_piece_run_rows(piece, &how, &k->input, value, err);
}

static sl_status read_score(climber *k, const float *picture, double *score, sl_tensor *value,
                            sl_error *err) {
  SL_TRY(run_value(k, picture, value, err));
  return sl_target_read(&k->target, value, score, err);
}

static sl_status find_piece(climber *k, sl_error *err) {
  sl_value_id wrt = sl_white_box_input(k->ask->box);
  sl_gradient_ask ask = {.targets = &k->ask->target->value,
                         .target_count = 1,
                         .wrt = &wrt,
                         .wrt_count = 1,
                         .values = &k->ask->target->value,
                         .value_count = 1};
  return sl_white_box_gradient(k->ask->box, &ask, &k->piece, NULL, NULL, err);
}

static sl_status run_gradient(climber *k, double *score, sl_error *err) {
  sl_tensor inputs[2] = {k->input, k->seed}, outputs[2];
  sl_row_run how = {.rows = 1, .fixed_batch = sl_white_box_batch(k->ask->box)};
  sl_pixel_scale_apply(&k->ask->scale, k->warped, k->input.data);
  SL_TRY(sl_piece_run_rows(k->piece, &how, inputs, outputs, err));
  sl_status status = sl_target_read(&k->target, &outputs[0], score, err);
  if (status == SL_OK) pull_scale(&k->ask->scale, outputs[1].data, k->warped);
  sl_tensor_release(&outputs[0]);
  sl_tensor_release(&outputs[1]);
  return status;
}

// ---- one step -----------------------------------------------------------------------------------

static double either_way(climber *k, double most) {
  return most * (2 * sl_random_unit(&k->random) - 1);
}

static sl_image_warp draw_warp(climber *k) {
  sl_image_warp warp = {.height = k->image.height, .width = k->image.width};
  warp.shift_x = round(either_way(k, k->ask->jitter));
  warp.shift_y = round(either_way(k, k->ask->jitter));
  warp.degrees = either_way(k, k->ask->rotate);
  warp.scale = 1 + either_way(k, k->ask->zoom);
  return warp;
}

// To root mean square 1; 0 when there is nothing to scale.
static int normalise(float *gradient, int64_t count) {
  double squares = 0;
  for (int64_t i = 0; i < count; i++) squares += (double)gradient[i] * (double)gradient[i];
  double rms = sqrt(squares / (double)count);
  if (!(rms > 0) || !isfinite(rms)) return 0;
  for (int64_t i = 0; i < count; i++) gradient[i] = (float)((double)gradient[i] / rms);
  return 1;
}

// Total variation (Rudin, Osher, Fatemi 1992), smoothed at 0, and squared distance from grey.
static void add_priors(const climber *k, const float *picture, float *gradient) {
  int64_t h = k->image.height, w = k->image.width, size = h * w;
  float variation = (float)k->ask->total_variation, square = (float)k->ask->square;
  for (int64_t i = 0; i < k->image.count; i++) {
    int64_t x = i % w, y = i % size / w;
    gradient[i] -= square * 2 * (picture[i] - 0.5f);
    float right = x + 1 < w ? picture[i + 1] - picture[i] : 0;
    float down = y + 1 < h ? picture[i + w] - picture[i] : 0;
    float length = variation / sqrtf(right * right + down * down + 1e-4f);
    gradient[i] += length * (right + down);
    if (x + 1 < w) gradient[i + 1] -= length * right;
    if (y + 1 < h) gradient[i + w] -= length * down;
  }
}

static void move(climber *k, int64_t step) {
  double first_scale = 1 - pow(momentum, (double)(step + 1));
  double second_scale = 1 - pow(momentum_squares, (double)(step + 1));
  for (int64_t i = 0; i < k->image.count; i++) {
    double g = (double)k->pulled[i];
    k->first[i] = (float)(momentum * (double)k->first[i] + (1 - momentum) * g);
    k->second[i] =
        (float)(momentum_squares * (double)k->second[i] + (1 - momentum_squares) * g * g);
    double mean = (double)k->first[i] / first_scale, squares = (double)k->second[i] / second_scale;
    double moved = (double)k->parameters[i] + k->ask->rate * mean / (sqrt(squares) + stability);
    k->parameters[i] = (float)(k->image.is_plain ? fmin(fmax(moved, 0), 1) : moved);
  }
}

static sl_status climb(climber *k, int64_t step, sl_error *err) {
  float *picture = k->out->picture;
  int64_t size = k->image.height * k->image.width;
  if (k->ask->cancel != NULL && atomic_load(k->ask->cancel))
    return sl_fail(err, SL_E_CANCELLED, "the ascent was stopped");
  sl_image_warp warp = draw_warp(k);
  for (int64_t c = 0; c < k->image.channels; c++)
    sl_image_warp_plane(&warp, picture + c * size, k->warped + c * size);
  SL_TRY(run_gradient(k, &k->out->curve[step], err));
  memset(k->gradient, 0, (size_t)k->image.count * sizeof *k->gradient);
  for (int64_t c = 0; c < k->image.channels; c++)
    sl_image_warp_pull(&warp, k->warped + c * size, k->gradient + c * size);
  if (!normalise(k->gradient, k->image.count)) {
    memset(k->gradient, 0, (size_t)k->image.count * sizeof *k->gradient);
    k->out->flat++;
  }
  add_priors(k, picture, k->gradient);
  sl_cosine_image_pull(&k->image, picture, k->gradient, k->pulled);
  move(k, step);
  sl_cosine_image_show(&k->image, k->parameters, picture);
  if (k->ask->progress != NULL) k->ask->progress(k->ask->ctx, step + 1, k->ask->steps);
  return SL_OK;
}

// ---- the whole ----------------------------------------------------------------------------------

static void make_start(climber *k) {
  sl_random random = sl_noise_start(k->ask->seed, 0, 0);
  int64_t count = k->image.count;
  for (int64_t i = 0; i < count; i++) k->out->picture[i] = 0.5f;
  if (k->ask->start != NULL) memcpy(k->out->picture, k->ask->start, (size_t)count * sizeof(float));
  sl_cosine_image_read(&k->image, k->out->picture, k->parameters);
  if (k->ask->start == NULL) sl_noise_add(&random, k->parameters, noise, count, k->parameters);
  sl_cosine_image_show(&k->image, k->parameters, k->out->picture);
}

static sl_status make_input(climber *k, sl_error *err) {
  const sl_pixel_scale *s = &k->ask->scale;
  sl_shape shape = {.rank = 4, .dims = {1, s->channels, s->height, s->width}};
  const sl_graph *graph = sl_white_box_model(k->ask->box)->graph;
  const sl_value *input = &graph->values[sl_white_box_input(k->ask->box)];
  if (s->channels_last)
    shape = (sl_shape){.rank = 4, .dims = {1, s->height, s->width, s->channels}};
  if (input->type.element == SL_ELEMENT_F32)
    return sl_tensor_new(SL_DTYPE_F32, &shape, &k->input, err);
  sl_fail(err, SL_E_UNSUPPORTED, "input \"%s\" is %s: only float32 can be climbed", input->name,
          sl_element_name(input->type.element));
  return sl_hint(err, SL_E_UNSUPPORTED, "Use the float32 form of the model.");
}

static sl_status begin(climber *k, sl_error *err) {
  sl_tensor value;
  SL_TRY(run_value(k, k->out->picture, &value, err));
  sl_status status = sl_target_settle(k->ask->arena, k->ask->target, &value, 0, &k->target, err);
  if (status == SL_OK) status = sl_target_read(&k->target, &value, &k->out->before, err);
  if (status == SL_OK) status = sl_target_seed(&k->target, &value, &k->seed, err);
  sl_tensor_release(&value);
  return status;
}

static sl_status run_all(climber *k, sl_error *err) {
  SL_TRY(make_input(k, err));
  make_start(k);
  SL_TRY(begin(k, err));
  SL_TRY(find_piece(k, err));
  for (int64_t step = 0; step < k->ask->steps; step++) SL_TRY(climb(k, step, err));
  SL_TRY(read_score(k, k->out->picture, &k->out->after, &k->out->value, err));
  k->out->input = k->input;
  k->input = (sl_tensor){0};
  return SL_OK;
}

sl_status sl_image_ascent_run(const sl_ascent_ask *ask, sl_ascent *out, sl_error *err) {
  climber k = {.ask = ask, .out = out, .random = sl_noise_start(ask->seed, 0, 1)};
  int64_t planes = ask->scale.channels;
  sl_cosine_image_new(ask->arena, planes, ask->scale.height, ask->scale.width, ask->is_plain,
                      &k.image);
  *out = (sl_ascent){.picture = SL_NEW_ARRAY(ask->arena, float, k.image.count),
                     .curve = SL_NEW_ARRAY(ask->arena, double, ask->steps + 1)};
  float *room = SL_NEW_ARRAY(ask->arena, float, 6 * k.image.count);
  float **arrays[] = {&k.parameters, &k.warped, &k.gradient, &k.pulled, &k.first, &k.second};
  for (int i = 0; i < 6; i++) *arrays[i] = room + i * k.image.count;
  sl_status status = run_all(&k, err);
  sl_tensor_release(&k.input);
  sl_tensor_release(&k.seed);
  if (status != SL_OK) sl_ascent_release(out);
  return status;
}

void sl_ascent_release(sl_ascent *ascent) {
  sl_tensor_release(&ascent->input);
  sl_tensor_release(&ascent->value);
}
