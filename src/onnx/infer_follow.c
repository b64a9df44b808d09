// SPDX-License-Identifier: Apache-2.0
// Contents of small tensors through a node: where each element of an output comes from.
//
// Only outputs of fixed shape with at most SL_ONNX_CONTENT_MAX elements are followed. Invariant: an
// element is known only when it is right for every N. Start at sl_infer_follow().
#include <string.h>

#include "onnx/infer_arith.h"

typedef struct follow {
  sl_inference *i;
  const sl_type *type;  // of the output
  int64_t count;        // its elements
  sl_onnx_number out[SL_ONNX_CONTENT_MAX];
} follow;

typedef int (*follow_run)(follow *f);  // 0 when nothing is known

// ---- places -------------------------------------------------------------------------------------

typedef struct place {
  int64_t at[SL_INFER_RANK_MAX];
} place;

static place place_of(const sl_type *type, int64_t index) {
  place p = {{0}};
  for (int32_t d = type->rank - 1; d >= 0; d--) {
    p.at[d] = index % type->dims[d].fixed;
    index /= type->dims[d].fixed;
  }
  return p;
}

static int64_t index_of(const sl_type *type, const place *p) {
  int64_t index = 0;
  for (int32_t d = 0; d < type->rank; d++) index = index * type->dims[d].fixed + p->at[d];
  return index;
}

// Where a place of the output reads an input that is broadcast to it.
static int64_t broadcast_index(const sl_type *out, const sl_type *in, const place *p) {
  int64_t index = 0;
  for (int32_t d = 0; d < in->rank; d++) {
    int64_t at = p->at[d + out->rank - in->rank];
    index = index * in->dims[d].fixed + (in->dims[d].fixed == 1 ? 0 : at);
  }
  return index;
}

// -1 when the shape is not known and fixed.
static int64_t elements_of(const sl_type *type) {
  sl_dim count = type->rank >= 0 ? sl_dim_product(type->dims, type->rank) : SL_DIM_OPEN;
  for (int32_t d = 0; d < type->rank; d++)
    if (!sl_dim_is_fixed(type->dims[d])) return -1;
  return sl_dim_is_fixed(count) ? count.fixed : -1;
}

// The element at `index`. Shapes that do not fit one another, which some operators only find out
// when they run, give an index outside.
static sl_onnx_number pick(const sl_onnx_number *in, const sl_type *type, int64_t index) {
  return index >= 0 && index < elements_of(type) ? in[index] : sl_number_unknown();
}

// An input whose contents are followed and have the shape its type says.
static const sl_onnx_number *input_of(const follow *f, int32_t slot, const sl_type **type) {
  int64_t count;
  const sl_onnx_number *numbers = sl_infer_numbers(f->i, slot, &count);
  *type = sl_infer_type(f->i, slot);
  int is_fine = numbers != NULL && elements_of(*type) == count;
  return is_fine && (*type)->rank <= SL_INFER_RANK_MAX ? numbers : NULL;
}

// ---- sources ------------------------------------------------------------------------------------

static int take_list(follow *f, const sl_attribute *value) {
  for (int64_t n = 0; n < f->count && n < value->count; n++) {
    if (value->ints != NULL)
      f->out[n] = sl_number_of(value->ints[n]);
    else
      f->out[n] = sl_number_real((double)value->floats[n]);
  }
  return value->count == f->count;
}

static int follow_constant(follow *f) {
  if (f->i->node->attribute_count == 0) return 0;
  const sl_attribute *value = &f->i->node->attributes[0];
  if (value->kind == SL_ATTRIBUTE_TENSOR)
    return sl_contents_read(value->tensors, f->out) == f->count;
  return value->ints != NULL || value->floats != NULL ? take_list(f, value) : 0;
}

static int follow_shape(follow *f) {
  const sl_type *x = sl_infer_type(f->i, 0);
  int32_t first, end;
  if (x->rank < 0) return 0;
  sl_operator_shape_range(f->i->node, x->rank, &first, &end);
  for (int32_t d = first; d < end && d - first < f->count; d++)
    f->out[d - first] = sl_number_from_dim(x->dims[d]);
  return 1;
}

static int follow_size(follow *f) {
  const sl_type *x = sl_infer_type(f->i, 0);
  if (x->rank < 0) return 0;
  f->out[0] = sl_number_from_dim(sl_dim_product(x->dims, x->rank));
  return 1;
}

static int follow_range(follow *f) {
  sl_onnx_number start = sl_infer_scalar(f->i, 0), delta = sl_infer_scalar(f->i, 2);
  int is_real = sl_element_is_float(f->type->element);
  for (int64_t n = 0; n < f->count; n++) {
    f->out[n] = sl_number_add(start, sl_number_mul(delta, sl_number_of(n)));
    if (is_real && f->out[n].is_known) f->out[n].real = start.real + (double)n * delta.real;
  }
  return 1;
}

static int follow_constant_of_shape(follow *f) {
  const sl_attribute *value = sl_node_attribute(f->i->node, "value");
  sl_onnx_number numbers[SL_ONNX_CONTENT_MAX] = {sl_number_real(0.0)};
  int is_tensor = value != NULL && value->kind == SL_ATTRIBUTE_TENSOR;
  if (is_tensor && sl_contents_read(value->tensors, numbers) != 1) return 0;
  for (int64_t n = 0; n < f->count; n++) f->out[n] = numbers[0];
  return 1;
}

// ---- elements -----------------------------------------------------------------------------------

static int follow_copy(follow *f) {
  const sl_type *type;
  const sl_onnx_number *in = input_of(f, 0, &type);
  if (in == NULL || elements_of(type) != f->count) return 0;
  memcpy(f->out, in, (size_t)f->count * sizeof *in);
  return 1;
}

static int follow_cast(follow *f) {
  if (!follow_copy(f)) return 0;
  for (int64_t n = 0; n < f->count; n++)
    f->out[n] = sl_arith_cast(f->out[n], sl_infer_type(f->i, 0)->element, f->type->element);
  return 1;
}

// One value of an elementwise operator; inputs that are not followed count as unknown elements, so
// that a product with zero is known.
static sl_onnx_number element_at(const follow *f, int32_t slot, const place *p) {
  const sl_type *type;
  const sl_onnx_number *in = input_of(f, slot, &type);
  if (in == NULL || type->rank > f->type->rank) return sl_number_unknown();
  return pick(in, type, broadcast_index(f->type, type, p));
}

static int follow_elementwise(follow *f) {
  int is_unary;
  sl_arith_op run = sl_arith_find(f->i->node->type, &is_unary);
  sl_arith how = {.element = sl_infer_type(f->i, 0)->element,
                  .is_c = sl_infer_int(f->i, "fmod", 0) != 0};
  for (int64_t n = 0; n < f->count; n++) {
    place p = place_of(f->type, n);
    f->out[n] = element_at(f, 0, &p);
    if (is_unary) f->out[n] = run(&how, f->out[n], f->out[n]);
    for (int32_t slot = 1; slot < f->i->node->input_count; slot++)
      f->out[n] = run(&how, f->out[n], element_at(f, slot, &p));
  }
  return 1;
}

static int follow_where(follow *f) {
  int is_real = sl_element_is_float(f->type->element);
  for (int64_t n = 0; n < f->count; n++) {
    place p = place_of(f->type, n);
    sl_onnx_number condition = element_at(f, 0, &p), yes = element_at(f, 1, &p),
                   no = element_at(f, 2, &p);
    if (condition.is_known)
      f->out[n] = condition.fixed != 0 ? yes : no;
    else
      f->out[n] = !is_real && sl_number_equal(yes, no) ? yes : sl_number_unknown();
  }
  return 1;
}

static int follow_reduce(follow *f) {
  int is_unary;
  sl_arith_op run = sl_arith_find(f->i->node->type, &is_unary);
  const sl_type *x;
  const sl_onnx_number *in = input_of(f, 0, &x);
  // Over all axes of a vector or scalar: what exporters write.
  if (in == NULL || f->count != 1 || x->rank > 1 || elements_of(x) < 1) return 0;
  sl_arith how = {.element = x->element};
  f->out[0] = in[0];
  for (int64_t n = 1; n < elements_of(x); n++) f->out[0] = run(&how, f->out[0], in[n]);
  return 1;
}

// ---- parts --------------------------------------------------------------------------------------

static int follow_gather(follow *f) {
  const sl_type *x, *at;
  const sl_onnx_number *in = input_of(f, 0, &x), *indices = input_of(f, 1, &at);
  if (in == NULL || indices == NULL || f->type->rank != x->rank + at->rank - 1) return 0;
  int64_t named = sl_infer_int(f->i, "axis", 0);
  int32_t axis = (int32_t)(named < 0 ? named + x->rank : named);
  for (int64_t n = 0; n < f->count; n++) {
    place p = place_of(f->type, n), from = {{0}}, of_index = {{0}};
    for (int32_t d = 0; d < at->rank; d++) of_index.at[d] = p.at[axis + d];
    sl_onnx_number index = pick(indices, at, index_of(at, &of_index));
    if (!index.is_known || index.per_batch != 0) continue;
    for (int32_t d = 0; d < x->rank; d++)
      from.at[d] = d < axis ? p.at[d] : p.at[d + at->rank - 1 + (d == axis)];
    int64_t size = x->dims[axis].fixed;
    from.at[axis] = index.fixed < 0 ? index.fixed + size : index.fixed;
    if (from.at[axis] >= 0 && from.at[axis] < size) f->out[n] = pick(in, x, index_of(x, &from));
  }
  return 1;
}

static int follow_slice(follow *f) {
  const sl_type *x;
  const sl_onnx_number *in = input_of(f, 0, &x);
  int64_t first[SL_INFER_RANK_MAX], steps[SL_INFER_RANK_MAX];
  if (in == NULL || x->rank != f->type->rank || !sl_slice_steps(f->i, first, steps)) return 0;
  for (int64_t n = 0; n < f->count; n++) {
    place p = place_of(f->type, n);
    for (int32_t d = 0; d < x->rank; d++) p.at[d] = first[d] + p.at[d] * steps[d];
    f->out[n] = pick(in, x, index_of(x, &p));
  }
  return 1;
}

static int follow_concat(follow *f) {
  int64_t axis = sl_infer_int(f->i, "axis", 1), before = 0;
  int32_t at = (int32_t)(axis < 0 ? axis + f->type->rank : axis);
  for (int32_t slot = 0; slot < f->i->node->input_count; slot++) {
    const sl_type *x;
    const sl_onnx_number *in = input_of(f, slot, &x);
    if (elements_of(x) < 0 || x->rank != f->type->rank) return 0;
    for (int64_t n = 0; n < elements_of(x) && in != NULL; n++) {
      place p = place_of(x, n);
      p.at[at] += before;
      int64_t to = index_of(f->type, &p);
      if (to < f->count) f->out[to] = in[n];
    }
    before += x->dims[at].fixed;
  }
  return 1;
}

static int follow_expand(follow *f) {
  for (int64_t n = 0; n < f->count; n++) {
    place p = place_of(f->type, n);
    f->out[n] = element_at(f, 0, &p);
  }
  return 1;
}

static int follow_tile(follow *f) {
  const sl_type *x;
  const sl_onnx_number *in = input_of(f, 0, &x);
  if (in == NULL || x->rank != f->type->rank || elements_of(x) == 0) return 0;
  for (int64_t n = 0; n < f->count; n++) {
    place p = place_of(f->type, n);
    for (int32_t d = 0; d < x->rank; d++) p.at[d] %= x->dims[d].fixed;
    f->out[n] = pick(in, x, index_of(x, &p));
  }
  return 1;
}

static int follow_transpose(follow *f) {
  const sl_type *x;
  const sl_onnx_number *in = input_of(f, 0, &x);
  int64_t count;
  const int64_t *order = sl_infer_list(f->i, "perm", &count);
  if (in == NULL || (order != NULL && count != x->rank)) return 0;
  for (int64_t n = 0; n < f->count; n++) {
    place p = place_of(f->type, n), from = {{0}};
    for (int32_t d = 0; d < x->rank; d++) {
      int64_t axis = order != NULL ? order[d] : x->rank - 1 - d;
      from.at[axis < 0 ? axis + x->rank : axis] = p.at[d];
    }
    f->out[n] = pick(in, x, index_of(x, &from));
  }
  return 1;
}

// Parts of a vector.
static void follow_split(sl_inference *i) {
  int64_t count, before = 0;
  const sl_onnx_number *in = sl_infer_numbers(i, 0, &count);
  if (in == NULL || sl_infer_type(i, 0)->rank != 1) return;
  for (int32_t slot = 0; slot < i->node->output_count; slot++) {
    sl_value_id value = sl_node_output(i->node, slot);
    int64_t size = value != 0 ? elements_of(&i->graph->values[value].type) : -1;
    if (size < 0 || before + size > count) return;
    sl_contents_set(i->contents, i->graph, value, in + before, size);
    before += size;
  }
}

// ---- the table ----------------------------------------------------------------------------------

static const struct {
  const char *type;
  follow_run run;
} rows[] = {
    {"Cast", follow_cast},
    {"CastLike", follow_cast},
    {"Concat", follow_concat},
    {"Constant", follow_constant},
    {"ConstantOfShape", follow_constant_of_shape},
    {"Dropout", follow_copy},
    {"Expand", follow_expand},
    {"Flatten", follow_copy},
    {"Gather", follow_gather},
    {"Identity", follow_copy},
    {"Range", follow_range},
    {"ReduceMax", follow_reduce},
    {"ReduceMin", follow_reduce},
    {"ReduceProd", follow_reduce},
    {"ReduceSum", follow_reduce},
    {"Reshape", follow_copy},
    {"Shape", follow_shape},
    {"Size", follow_size},
    {"Slice", follow_slice},
    {"Squeeze", follow_copy},
    {"Tile", follow_tile},
    {"Transpose", follow_transpose},
    {"Unsqueeze", follow_copy},
    {"Where", follow_where},
};

static follow_run find_run(const char *type) {
  int is_unary;
  for (size_t n = 0; n < sizeof rows / sizeof *rows; n++)
    if (strcmp(rows[n].type, type) == 0) return rows[n].run;
  return sl_arith_find(type, &is_unary) != NULL ? follow_elementwise : NULL;
}

static int is_any_known(const follow *f) {
  if (f->count == 0) return 1;
  for (int64_t n = 0; n < f->count; n++)
    if (f->out[n].is_known) return 1;
  return 0;
}

void sl_infer_follow(sl_inference *i) {
  sl_value_id value = sl_node_output(i->node, 0);
  if (i->node->domain[0] != '\0' || value == 0) return;
  if (strcmp(i->node->type, "Split") == 0) follow_split(i);
  follow_run run = find_run(i->node->type);
  const sl_type *type = &i->graph->values[value].type;
  int64_t count = run != NULL ? elements_of(type) : -1;
  if (count < 0 || count > SL_ONNX_CONTENT_MAX || type->rank > SL_INFER_RANK_MAX) return;
  follow f = {.i = i, .type = type, .count = count};
  if (run(&f) && is_any_known(&f)) sl_contents_set(i->contents, i->graph, value, f.out, count);
}
