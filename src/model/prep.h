// SPDX-License-Identifier: Apache-2.0
// A pipeline made ready for one model input: bytes or pixels in, one row of the tensor out.
//
// Invariant: sl_prep is immutable and shared by all threads; a thread brings its own scratch. The
// row is written in full or not at all.
#ifndef SL_MODEL_PREP_H
#define SL_MODEL_PREP_H

#include "base/file.h"
#include "model/pipeline.h"

typedef struct sl_prep sl_prep;

// What the model wants; 0 stands for "free".
typedef struct sl_prep_target {
  int32_t width, height, channels;
  int32_t order;   // SL_ORDER_...
  sl_dtype dtype;  // F32, F16, U8 or I8; SL_DTYPE_NONE = as the pipeline says
} sl_prep_target;

// SL_E_MODEL when pipeline and target cannot fit (size, layout, dtype, channels), with what to
// change. The size is the target's, else the pipeline's; SL_E_ARG when neither fixes it.
SL_MUST_CHECK sl_status sl_prep_new(sl_arena *arena, const sl_pipeline *pipeline,
                                    const sl_prep_target *target, sl_prep **out, sl_error *err);

// Shape of a row without the batch axis (3 axes), its element type and its bytes.
void sl_prep_row(const sl_prep *prep, sl_shape *shape, sl_dtype *dtype, size_t *bytes);

// An image file, or pixels that need no decoding (an IDX sample): exactly one is set.
typedef struct sl_input {
  sl_bytes file;
  const sl_image *pixels;  // grey or RGB
} sl_input;

// Writes the row at `row`. Thread-safe. Errors are the file's: SL_E_FORMAT, SL_E_LIMIT, ...
SL_MUST_CHECK sl_status sl_prep_run(const sl_prep *prep, const sl_input *input, void *row,
                                    sl_error *err);

// ---- every stage kept, for looking at ----------------------------------------------------------

typedef struct sl_explained {
  const char *name;       // of the step: "decode", "resize", ...
  const char *title;      // one line: "resize the short side to 256 px (pillow.bilinear)"
  const char *params;     // JSON
  int32_t is_tensor;      // else `image` is set
  sl_image image;         // after the step (owned)
  sl_colour colour;       // of `image`
  sl_tensor tensor;       // 1xCxHxW or 1xHxWxC after the step (owned)
  sl_tensor_stats stats;  // of the image's samples or the tensor's elements
} sl_explained;

// Runs every step by itself. Release with sl_explained_release(). The last stage's bytes equal
// sl_prep_run()'s.
SL_MUST_CHECK sl_status sl_prep_explain(sl_arena *arena, const sl_prep *prep, const sl_input *input,
                                        sl_explained **out, size_t *count, sl_error *err);
void sl_explained_release(sl_explained *stages, size_t count);

#endif
