// SPDX-License-Identifier: Apache-2.0
// Rules of operators that vision models seldom contain: recurrent cells, spectra, losses, texts.
#include "onnx/infer_state.h"

// ---- recurrent cells ----------------------------------------------------------------------------

sl_status sl_infer_recurrent(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0), *w = sl_infer_type(i, 2);
  int64_t hidden = sl_infer_int(i, "hidden_size", 0);
  int is_batch_first = sl_infer_int(i, "layout", 0) != 0;
  sl_dim length = x->rank == 3 ? x->dims[is_batch_first] : SL_DIM_OPEN;
  sl_dim batch = x->rank == 3 ? x->dims[!is_batch_first] : SL_DIM_OPEN;
  sl_dim directions = SL_DIM(sl_infer_is(i, "direction", "bidirectional") ? 2 : 1);
  sl_dim size = hidden > 0 ? SL_DIM(hidden) : w->rank == 3 ? w->dims[2] : SL_DIM_OPEN;
  sl_dim all[] = {length, directions, batch, size};
  sl_dim all_by_batch[] = {batch, length, directions, size};
  sl_dim last[] = {directions, batch, size}, last_by_batch[] = {batch, directions, size};
  SL_TRY(sl_infer_set(i, 0, x->element, 4, is_batch_first ? all_by_batch : all));
  SL_TRY(sl_infer_set(i, 1, x->element, 3, is_batch_first ? last_by_batch : last));
  return sl_infer_set(i, 2, x->element, 3, is_batch_first ? last_by_batch : last);
}

// ---- spectra ------------------------------------------------------------------------------------

static sl_dim half_of(sl_dim size) {
  sl_onnx_number half = sl_number_floor_div(sl_number_from_dim(size), 2);
  return sl_number_to_dim(sl_number_add(half, sl_number_of(1)));
}

// The axis of a DFT: an attribute before operator set 20, an input since.
static int64_t spectrum_axis(sl_inference *i, int *is_known) {
  *is_known = 1;
  if (i->opset < 20) return sl_infer_int(i, "axis", 1);
  if (!sl_infer_has(i, 2)) return -2;
  sl_onnx_number axis = sl_infer_scalar(i, 2);
  *is_known = axis.is_known && axis.per_batch == 0;
  return axis.fixed;
}

sl_status sl_infer_dft(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int is_known, is_half = sl_infer_int(i, "onesided", 0) != 0,
                is_inverse = sl_infer_int(i, "inverse", 0) != 0;
  int64_t named = spectrum_axis(i, &is_known);
  if (x->rank < 2) return sl_infer_set(i, 0, x->element, -1, NULL);
  int32_t axis;
  // A whole spectrum of no given length is as long as the signal, along whatever axis.
  int is_kept = is_known || (!is_half && !sl_infer_has(i, 1));
  sl_dim *dims = sl_infer_dims(i, x->rank, is_kept ? x : NULL);
  dims[x->rank - 1] = SL_DIM(is_half && is_inverse ? 1 : 2);
  if (!is_known) return sl_infer_set(i, 0, x->element, x->rank, dims);
  SL_TRY(sl_infer_axis(i, named, x->rank, &axis));
  sl_dim size = dims[axis];
  if (sl_infer_has(i, 1)) {
    size = sl_number_to_dim(sl_infer_scalar(i, 1));
  } else if (is_half && is_inverse) {
    sl_onnx_number less = sl_number_sub(sl_number_from_dim(size), sl_number_of(1));
    size = sl_number_to_dim(sl_number_mul(less, sl_number_of(2)));
  }
  dims[axis] = is_half && !is_inverse ? half_of(size) : size;
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

sl_status sl_infer_stft(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0), *window = sl_infer_type(i, 2);
  sl_onnx_number step = sl_infer_scalar(i, 1), length = sl_number_unknown();
  sl_dim dims[] = {SL_DIM_OPEN, SL_DIM_OPEN, SL_DIM_OPEN, SL_DIM(2)};
  if (x->rank >= 2) dims[0] = x->dims[0];
  if (sl_infer_has(i, 3))
    length = sl_infer_scalar(i, 3);
  else if (sl_infer_has(i, 2))
    length = window->rank == 1 ? sl_number_from_dim(window->dims[0]) : length;
  else if (x->rank >= 2)
    length = sl_number_from_dim(x->dims[1]);
  sl_dim size = sl_number_to_dim(length);
  dims[2] = sl_infer_int(i, "onesided", 1) != 0 ? half_of(size) : size;
  if (x->rank >= 2 && step.is_known && step.per_batch == 0 && step.fixed > 0) {
    sl_onnx_number rest = sl_number_sub(sl_number_from_dim(x->dims[1]), length);
    sl_onnx_number frames = sl_number_floor_div(rest, step.fixed);
    dims[1] = sl_number_to_dim(sl_number_add(frames, sl_number_of(1)));
  }
  return sl_infer_set(i, 0, x->element, 4, dims);
}

// ---- losses -------------------------------------------------------------------------------------

sl_status sl_infer_loss_likelihood(sl_inference *i) {
  int32_t element = sl_infer_type(i, 0)->element;
  if (sl_infer_is(i, "reduction", "none")) return sl_infer_set_like(i, 0, element, 1);
  return sl_infer_set_scalar(i, 0, element);
}

sl_status sl_infer_loss_softmax(sl_inference *i) {
  SL_TRY(sl_infer_loss_likelihood(i));
  return sl_infer_set_like(i, 1, sl_infer_type(i, 0)->element, 0);
}

// ---- texts and images ---------------------------------------------------------------------------

sl_status sl_infer_image_decoder(sl_inference *i) {
  int is_grey = sl_infer_is(i, "pixel_format", "Grayscale");
  sl_dim dims[] = {SL_DIM_OPEN, SL_DIM_OPEN, SL_DIM(is_grey ? 1 : 3)};
  return sl_infer_set(i, 0, SL_ELEMENT_U8, 3, dims);
}

sl_status sl_infer_tf_idf(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int64_t count, most = -1;
  const int64_t *places = sl_infer_list(i, "ngram_indexes", &count);
  for (int64_t n = 0; n < count; n++) most = places[n] > most ? places[n] : most;
  int is_ranked = x->rank == 1 || x->rank == 2;
  sl_dim size = sl_dim_add(SL_DIM(most < 0 ? 0 : most), SL_DIM(1)),
         dims[] = {x->rank == 2 ? x->dims[0] : size, size};
  return sl_infer_set(i, 0, SL_ELEMENT_F32, is_ranked ? x->rank : -1, dims);
}

sl_status sl_infer_text(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  if (x->rank > 0) dims[x->rank - 1] = SL_DIM_OPEN;  // stop words go
  return sl_infer_set(i, 0, SL_ELEMENT_STRING, x->rank, dims);
}

sl_status sl_infer_text_split(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t rank = x->rank >= 0 ? x->rank + 1 : -1;
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  for (int32_t d = 0; d < x->rank; d++) dims[d] = x->dims[d];
  SL_TRY(sl_infer_set(i, 0, SL_ELEMENT_STRING, rank, dims));
  return sl_infer_set_like(i, 1, SL_ELEMENT_I64, 0);
}
