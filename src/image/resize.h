// SPDX-License-Identifier: Apache-2.0
// What the resize_*.c files share; private to src/image. Callers use sl_image_resize in image.h.
//
// A resize is separable: an sl_axis says for every output position which inputs it reads and with
// which weights, and the row engine (resize_rows.c) runs a horizontal and a vertical axis over an
// image. Invariant: windows never leave the input, and `first` never decreases, so that the engine
// needs only a ring of recent rows. Start at sl_resize_rows().
#ifndef SL_IMAGE_RESIZE_H
#define SL_IMAGE_RESIZE_H

#include "image/fast_loops.h"
#include "image/image.h"

// Half to even, exact below 2^22 (lrintf is a call unless errno is given up).
SL_INLINE float sl_round_even(float value) { return (value + 0x1.8p23f) - 0x1.8p23f; }

enum { SL_LOW_BITS = 11, SL_LANES = 8 };

typedef struct sl_axis {
  int32_t in, out;
  int32_t longest;  // weights stored per output
  int32_t bits;     // fractional bits of `fixed`
  int32_t *first;   // [out] first input of the window
  int32_t *count;   // [out] inputs in the window, >= 1
  double *exact;    // [out * longest] weights that sum to 1
  int32_t *fixed;   // [out * longest] the same times 2^bits, rounded; NULL until sl_axis_fix
  // The same for multiplication in 16-bit pairs: of inputs 2p and 2p + 1 of a window, [0] holds the
  // low parts and [1] what is above them, so that fixed = low + high * 2^SL_LOW_BITS. When `narrow`
  // every weight fits 16 bits, and [1] is zero throughout.
  uint32_t (*pairs)[2];  // [out * longest_pairs]
  int32_t longest_pairs;
  int32_t narrow;
} sl_axis;

// A reconstruction kernel: its value at |x|, and where it ends.
typedef struct sl_filter {
  double (*value)(double x);
  double support;
} sl_filter;

// Windows of an antialiasing resize: kernel stretched by in / out when that is above 1, cut at the
// image's edges and normalised, in double precision as Pillow and torch both do.
SL_MUST_CHECK sl_status sl_axis_new(sl_arena *arena, int32_t in, int32_t out,
                                    const sl_filter *filter, sl_axis *axis, sl_error *err);

// Fills `fixed` with weights rounded half away from zero to `bits` fractional bits.
SL_MUST_CHECK sl_status sl_axis_fix(sl_arena *arena, int32_t bits, sl_axis *axis, sl_error *err);

// Scratch memory whose size follows from the image.
SL_MUST_CHECK sl_status sl_resize_scratch(sl_arena *arena, size_t count, size_t element_size,
                                          void *out, sl_error *err);

// The loops of the row engine. Blocks are eight rows; columns[sample][row] is a block turned
// around.
typedef struct sl_row_loops {
  void (*rows_to_columns)(const uint8_t *const rows[SL_LANES], size_t size, uint8_t *columns);
  void (*columns_to_rows)(const uint8_t *columns, size_t size, uint8_t *const rows[SL_LANES]);
  void (*convolve)(const sl_axis *axis, int32_t channels, const uint8_t *columns, uint8_t *to);
  // Output row i of the axis from the rows of its window; rows[count] may be read when count is
  // odd.
  void (*mix_rows)(const sl_axis *axis, int32_t i, const uint8_t *const *rows, size_t size,
                   uint8_t *to);
} sl_row_loops;

extern const sl_row_loops sl_row_loops_plain, sl_row_loops_avx2;

// Runs the horizontal, then the vertical axis (NULL: not needed) over an 8-bit image. After each,
// (2^(bits-1) + sum of weight * sample) >> bits, clamped to 0..255. `out` has its final size.
SL_MUST_CHECK sl_status sl_resize_rows(sl_arena *arena, const sl_image *in, const sl_axis *x,
                                       const sl_axis *y, const sl_image *out, sl_error *err);

// Copies, for every output position, the input pixel at (columns[x], rows[y]). -1, which only the
// last of either may be, gives zeros.
void sl_resize_pick(const sl_image *in, const int32_t *columns, const int32_t *rows,
                    const sl_image *out);

// The libraries. `out` has its final size, which differs from the input's; scratch is in `arena`.
SL_MUST_CHECK sl_status sl_resize_pillow(sl_arena *arena, const sl_image *in, sl_kernel kernel,
                                         const sl_image *out, sl_error *err);
SL_MUST_CHECK sl_status sl_resize_opencv(sl_arena *arena, const sl_image *in, sl_kernel kernel,
                                         const sl_image *out, sl_error *err);
SL_MUST_CHECK sl_status sl_resize_torch(sl_arena *arena, const sl_image *in, sl_kernel kernel,
                                        const sl_image *out, sl_error *err);

#endif
