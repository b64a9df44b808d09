// SPDX-License-Identifier: Apache-2.0
// Edits of a layer's values, written as people say them.
//
//   features.7[12,40]*0         switch two channels off
//   features.7@2:5,3:9*0        switch a region off (rows 2 to 4, columns 3 to 8)
//   features.7[3]@0:7,0:7=1.5   set a region of one channel
//   blocks.3[5]+0.8             shift
//   layer1=mean                 replace by the layer's mean
//
// Where channels lie is said by sl_channel_axis(): the second axis of maps [N, C, H, W] and
// vectors, the last of tokens [N, T, C] and of maps [N, H, W, C]. Regions of tokens are one range
// "@t0:t1".
//
// Invariant: a parsed edit lies inside its layer. Start at sl_edit_parse().
#ifndef SL_ATTRIB_EDIT_SPEC_H
#define SL_ATTRIB_EDIT_SPEC_H

#include "attrib/white_box.h"

typedef enum sl_edit_kind {
  SL_EDIT_SCALE = 0,
  SL_EDIT_SHIFT,
  SL_EDIT_SET,
  SL_EDIT_MEAN
} sl_edit_kind;

typedef struct sl_edit {
  sl_value_id layer;
  int32_t axis;  // of the channels
  sl_edit_kind kind;
  double number;
  const int64_t *channels;  // NULL: all
  int64_t channel_count;
  int64_t begin[2], end[2];  // rows and columns, or tokens in the first; end 0: all
  const char *text;
} sl_edit;

// SL_E_ARG with the position of what is not understood, or what lies outside the layer.
SL_MUST_CHECK sl_status sl_edit_parse(sl_arena *arena, const sl_white_box *box, const char *text,
                                      sl_edit *out, sl_error *err);

// Changes a layer's values [N, ...] in place. float32 only.
SL_MUST_CHECK sl_status sl_edit_apply(const sl_edit *edit, sl_tensor *values, sl_error *err);

// Runs the model on `input` without the edits and with all of them in force (each layer sees what
// the edits before it did), and gives the value `to` of both. The two go through the same sessions
// side by side, so that a difference is the edits' and never rounding. Edits of one layer are
// applied in order.
SL_MUST_CHECK sl_status sl_edit_compare(sl_white_box *box, const sl_tensor *input,
                                        const sl_edit *edits, int32_t count, sl_value_id to,
                                        sl_tensor *before, sl_tensor *after, sl_error *err);

#endif
