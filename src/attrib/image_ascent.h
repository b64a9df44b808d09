// SPDX-License-Identifier: Apache-2.0
// Activation maximisation: gradient ascent on the input of a model until it shows what a target
// stands for (Erhan, Bengio, Courville, Vincent 2009; Simonyan, Vedaldi, Zisserman 2014; Olah,
// Mordvintsev, Schubert 2017).
//
// Each step warps the picture a little at random, runs the model and its gradient, adds the
// gradients of the priors and moves the parameters (Adam, Kingma & Ba 2015). The target's gradient
// is scaled to root mean square 1, so priors weigh the same for every target.
//
// Invariant: the same ask gives the same picture. Start at sl_image_ascent_run().
#ifndef SL_ATTRIB_IMAGE_ASCENT_H
#define SL_ATTRIB_IMAGE_ASCENT_H

#include <stdatomic.h>

#include "attrib/target.h"

enum { SL_PIXEL_CHANNELS = 4 };

// How a picture from 0 to 1 becomes the model's input: channel c is plane plane[c], from low[c] to
// high[c].
typedef struct sl_pixel_scale {
  int64_t channels, height, width;
  bool channels_last;  // the input is [N, H, W, C]
  int64_t plane[SL_PIXEL_CHANNELS];
  double low[SL_PIXEL_CHANNELS], high[SL_PIXEL_CHANNELS];
} sl_pixel_scale;

typedef struct sl_ascent_ask {
  sl_arena *arena;
  sl_white_box *box;        // input float32
  const sl_target *target;  // `predicted` is settled at the start
  sl_pixel_scale scale;
  const float *start;  // picture; NULL: grey with a little noise
  bool is_plain;       // pixels instead of frequencies
  int64_t steps;
  double rate;                     // of Adam
  double jitter, rotate, zoom;     // pixels, degrees, part of 1: at most so much, either way
  double total_variation, square;  // weights of the priors
  uint64_t seed;
  const atomic_int *cancel;
  void (*progress)(void *ctx, int64_t done, int64_t total);
  void *ctx;
} sl_ascent_ask;

typedef struct sl_ascent {
  float *picture;        // planes [channels, height, width], 0 to 1; in the arena
  sl_tensor input;       // the same as the model takes it; release it
  sl_tensor value;       // the target's value at the end; release it
  double before, after;  // the target at the start and at the end, not warped
  double *curve;         // [steps]: the target of each step's warped picture
  int64_t flat;          // steps without a gradient
} sl_ascent;

// SL_E_UNSUPPORTED for inputs that are not float32. SL_E_CANCELLED.
SL_MUST_CHECK sl_status sl_image_ascent_run(const sl_ascent_ask *ask, sl_ascent *out,
                                            sl_error *err);
void sl_ascent_release(sl_ascent *ascent);

// The picture as the model's input, and back (clipped to 0 .. 1).
void sl_pixel_scale_apply(const sl_pixel_scale *scale, const float *picture, float *input);
void sl_pixel_scale_undo(const sl_pixel_scale *scale, const float *input, float *picture);

#endif
