// SPDX-License-Identifier: Apache-2.0
// How rules read inputs and attributes and set outputs.
//
// Invariant: a declared type is only ever made more precise. Start at sl_infer_set().
#include <string.h>

#include "onnx/infer_state.h"

// ---- inputs -------------------------------------------------------------------------------------

const sl_type *sl_infer_type(const sl_inference *i, int32_t slot) {
  static const sl_type unknown = {.rank = -1};
  sl_value_id value = sl_node_input(i->node, slot);
  return value != 0 ? &i->graph->values[value].type : &unknown;
}

int sl_infer_has(const sl_inference *i, int32_t slot) { return sl_node_input(i->node, slot) != 0; }

const sl_onnx_number *sl_infer_numbers(const sl_inference *i, int32_t slot, int64_t *count) {
  *count = 0;
  return sl_onnx_content(i->contents, i->graph, sl_node_input(i->node, slot), count);
}

int64_t sl_infer_ints(const sl_inference *i, int32_t slot, int64_t *out, int64_t max) {
  int64_t count;
  const sl_onnx_number *numbers = sl_infer_numbers(i, slot, &count);
  if (numbers == NULL || count > max) return -1;
  for (int64_t n = 0; n < count; n++) {
    if (!numbers[n].is_known || numbers[n].per_batch != 0) return -1;
    out[n] = numbers[n].fixed;
  }
  return count;
}

sl_onnx_number sl_infer_scalar(const sl_inference *i, int32_t slot) {
  int64_t count;
  const sl_onnx_number *numbers = sl_infer_numbers(i, slot, &count);
  return numbers != NULL && count > 0 ? numbers[0] : sl_number_unknown();
}

// ---- attributes ---------------------------------------------------------------------------------

int64_t sl_infer_int(const sl_inference *i, const char *name, int64_t missing) {
  return sl_operator_int(i->opset, i->node, name, missing);
}

int sl_infer_is(const sl_inference *i, const char *name, const char *text) {
  const char *found = sl_operator_string(i->scratch, i->opset, i->node, name);
  return found != NULL && strcmp(found, text) == 0;
}

const int64_t *sl_infer_list(const sl_inference *i, const char *name, int64_t *count) {
  return sl_node_ints(i->node, name, count);
}

sl_status sl_infer_axis(sl_inference *i, int64_t axis, int32_t rank, int32_t *out) {
  if (axis < -rank || axis >= rank)
    return sl_infer_fail(i, "axis %lld is not among the %d of its input", (long long)axis, rank);
  *out = (int32_t)(axis < 0 ? axis + rank : axis);
  return SL_OK;
}

sl_status sl_infer_axes(sl_inference *i, const int64_t *axes, int64_t count, int32_t rank,
                        bool *out) {
  memset(out, 0, (size_t)rank * sizeof *out);
  for (int64_t n = 0; n < count; n++) {
    int32_t axis = 0;
    SL_TRY(sl_infer_axis(i, axes[n], rank, &axis));
    if (out[axis]) return sl_infer_fail(i, "axis %lld is named twice", (long long)axes[n]);
    out[axis] = true;
  }
  return SL_OK;
}

// ---- messages -----------------------------------------------------------------------------------

sl_status sl_infer_fail(const sl_inference *i, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const char *text = sl_arena_vprintf(i->scratch, fmt, args);
  va_end(args);
  return sl_fail(i->err, SL_E_MODEL, "%s: %s", sl_operator_title(i->scratch, i->graph, i->node),
                 text);
}

const char *sl_infer_shape_text(const sl_inference *i, int32_t slot) {
  return sl_type_text(i->scratch, sl_infer_type(i, slot));
}

// ---- outputs ------------------------------------------------------------------------------------

sl_dim *sl_infer_dims(sl_inference *i, int32_t rank, const sl_type *from) {
  sl_dim *dims = SL_NEW_ARRAY(i->scratch, sl_dim, rank > 0 ? rank : 1);
  for (int32_t d = 0; d < rank; d++) dims[d] = from != NULL ? from->dims[d] : SL_DIM_OPEN;
  return dims;
}

static sl_status fail_declared(const sl_inference *i, const sl_value *value, const sl_type *found) {
  return sl_infer_fail(i, "makes \"%s\" as %s, but the file declares %s", value->name,
                       sl_type_text(i->scratch, found), sl_type_text(i->scratch, &value->type));
}

// The more precise of what was found and what the file says; *is_fine is 0 when both are numbers
// and differ. A size that grows with N overrules a number.
static sl_dim merge_dim(sl_dim found, sl_dim declared, int *is_fine) {
  if (!sl_dim_is_known(found)) {
    if (declared.symbol == NULL) declared.symbol = found.symbol;
    return declared;
  }
  if (found.symbol == NULL) found.symbol = declared.symbol;
  if (sl_dim_is_fixed(found) && sl_dim_is_fixed(declared) && found.fixed != declared.fixed)
    *is_fine = 0;
  return found;
}

static sl_status set_declared(sl_inference *i, sl_value_id id, const sl_type *found) {
  const sl_value *value = &i->graph->values[id];
  const sl_type *old = &value->type;
  int is_known = found->element != SL_ELEMENT_NONE && old->element != SL_ELEMENT_NONE;
  if (is_known && found->element != old->element) return fail_declared(i, value, found);
  int32_t element = found->element != SL_ELEMENT_NONE ? found->element : old->element;
  if (found->rank >= 0 && old->rank >= 0 && found->rank != old->rank)
    return fail_declared(i, value, found);
  int32_t rank = found->rank >= 0 ? found->rank : old->rank;
  sl_dim dims[SL_INFER_RANK_MAX];
  int is_fine = 1;
  if (rank > SL_INFER_RANK_MAX) return SL_OK;
  for (int32_t d = 0; d < rank; d++) {
    sl_dim here = found->rank >= 0 ? found->dims[d] : SL_DIM_OPEN;
    dims[d] = merge_dim(here, old->rank >= 0 ? old->dims[d] : SL_DIM_OPEN, &is_fine);
  }
  if (!is_fine) return fail_declared(i, value, found);
  sl_graph_set_type(i->graph, id, element, rank, dims);
  return SL_OK;
}

sl_status sl_infer_set(sl_inference *i, int32_t slot, int32_t element, int32_t rank,
                       const sl_dim *dims) {
  sl_value_id id = sl_node_output(i->node, slot);
  if (id == 0) return SL_OK;
  sl_type found = {.element = element, .rank = rank, .dims = dims};
  if (rank > SL_INFER_RANK_MAX) found.rank = -1;
  // Sequences, maps and optionals are kept as they are read.
  if (i->graph->values[id].type.raw.size > 0) return SL_OK;
  if (i->graph->values[id].is_declared) return set_declared(i, id, &found);
  sl_graph_set_type(i->graph, id, found.element, found.rank, found.dims);
  return SL_OK;
}

sl_status sl_infer_set_like(sl_inference *i, int32_t slot, int32_t element, int32_t from) {
  const sl_type *type = sl_infer_type(i, from);
  return sl_infer_set(i, slot, element, type->rank, type->dims);
}

sl_status sl_infer_set_vector(sl_inference *i, int32_t slot, int32_t element, sl_dim size) {
  return sl_infer_set(i, slot, element, 1, &size);
}

sl_status sl_infer_set_scalar(sl_inference *i, int32_t slot, int32_t element) {
  return sl_infer_set(i, slot, element, 0, NULL);
}

// ---- shapes -------------------------------------------------------------------------------------

static const char *dim_text(const sl_inference *i, sl_dim dim) {
  const char *text = sl_type_text(i->scratch, &(sl_type){.rank = 1, .dims = &dim});
  const char *open = strchr(text, '[');
  return sl_arena_copy_bytes(i->scratch, open + 1, strlen(open) - 2);
}

sl_status sl_infer_same_dim(sl_inference *i, sl_dim a, sl_dim b, const char *what, sl_dim *out) {
  *out = sl_dim_is_known(a) ? a : b;
  if (!sl_dim_differs(a, b)) return SL_OK;
  return sl_infer_fail(i, "%s: sizes %s and %s do not fit", what, dim_text(i, a), dim_text(i, b));
}

// More than 1 for every N >= 1.
static int is_large(sl_dim dim) {
  return sl_dim_is_known(dim) && sl_number_compare(sl_number_from_dim(dim), sl_number_of(1)) == 1;
}

static sl_dim broadcast_dim(sl_dim a, sl_dim b, int *is_fine) {
  if (sl_dim_is(a, 1)) return b;
  if (sl_dim_is(b, 1) || sl_dim_equal(a, b)) return a;
  if (sl_dim_is_known(a) && sl_dim_is_known(b)) *is_fine = 0;
  if (is_large(a) || sl_dim_is(a, 0)) return a;
  if (is_large(b) || sl_dim_is(b, 0)) return b;
  int is_same_symbol = a.symbol != NULL && b.symbol != NULL && strcmp(a.symbol, b.symbol) == 0;
  return is_same_symbol && !sl_dim_is_known(a) && !sl_dim_is_known(b) ? a : SL_DIM_OPEN;
}

sl_status sl_infer_broadcast(sl_inference *i, int32_t a_rank, const sl_dim *a, int32_t b_rank,
                             const sl_dim *b, int32_t *rank, sl_dim *dims) {
  *rank = -1;
  if (a_rank < 0 || b_rank < 0) return SL_OK;
  int32_t most = a_rank > b_rank ? a_rank : b_rank;
  if (most > SL_INFER_RANK_MAX) return SL_OK;
  int is_fine = 1;
  for (int32_t d = 0; d < most; d++) {
    int32_t in_a = d - (most - a_rank), in_b = d - (most - b_rank);
    dims[d] =
        broadcast_dim(in_a >= 0 ? a[in_a] : SL_DIM(1), in_b >= 0 ? b[in_b] : SL_DIM(1), &is_fine);
  }
  *rank = most;
  if (is_fine) return SL_OK;
  sl_type left = {.rank = a_rank, .dims = a}, right = {.rank = b_rank, .dims = b};
  return sl_infer_fail(i, "shapes %s and %s do not broadcast",
                       strchr(sl_type_text(i->scratch, &left), '['),
                       strchr(sl_type_text(i->scratch, &right), '['));
}
