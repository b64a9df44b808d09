// SPDX-License-Identifier: Apache-2.0
// Parts of inputs.
#include "attrib/input_parts.h"

enum { CHANNELS_LAST_MAX = 4 };

sl_status sl_input_plane_of(const sl_attrib_case *work, sl_input_plane *out, sl_error *err) {
  const sl_shape *shape = &work->input.shape;
  const int64_t *d = shape->dims;
  *out = (sl_input_plane){.channels = 1, .height = 1};
  switch (shape->rank) {
    case 2:
      out->width = d[1];
      return SL_OK;
    case 3:
      out->channels = d[1];
      out->width = d[2];
      return SL_OK;
    case 4:
      out->channels_last = d[3] <= CHANNELS_LAST_MAX && d[1] > CHANNELS_LAST_MAX;
      out->channels = d[out->channels_last ? 3 : 1];
      out->height = d[out->channels_last ? 1 : 2];
      out->width = d[out->channels_last ? 2 : 3];
      return SL_OK;
    default:
      return sl_fail(err, SL_E_UNSUPPORTED, "an input of %s has no plane of places to hide",
                     sl_shape_text(work->call->arena, shape));
  }
}

sl_status sl_input_parts_make(const sl_attrib_case *work, int64_t cell, bool channels_apart,
                              sl_input_parts *out, sl_error *err) {
  *out = (sl_input_parts){0};
  SL_TRY(sl_input_plane_of(work, &out->plane, err));
  const sl_input_plane *p = &out->plane;
  out->rows = (p->height + cell - 1) / cell;
  out->columns = (p->width + cell - 1) / cell;
  out->count = out->rows * out->columns * (channels_apart ? p->channels : 1);
  out->of = SL_NEW_ARRAY(work->call->arena, int32_t, work->elements + 1);
  for (int64_t c = 0; c < p->channels; c++)
    for (int64_t i = 0; i < p->height * p->width; i++) {
      int64_t part = i / p->width / cell * out->columns + i % p->width / cell;
      if (channels_apart) part += c * out->rows * out->columns;
      out->of[sl_input_at(p, c, i)] = (int32_t)part;
    }
  return SL_OK;
}

void sl_input_parts_show(const sl_attrib_case *work, const sl_input_parts *parts, int64_t sample,
                         const uint8_t *shown, float *row) {
  const float *x = work->x + sample * work->elements;
  const float *hidden = sl_attrib_case_baseline(work, sample);
  for (int64_t i = 0; i < work->elements; i++) row[i] = shown[parts->of[i]] ? x[i] : hidden[i];
}

void sl_input_parts_spread(const sl_attrib_case *work, const sl_input_parts *parts,
                           const double *numbers, float *values) {
  for (int64_t i = 0; i < work->elements; i++) values[i] = (float)numbers[parts->of[i]];
}
