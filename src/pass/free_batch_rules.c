// SPDX-License-Identifier: Apache-2.0
// Where the samples are after each operator, and the rewrites that keep them apart.
//
// Invariant: a rule that is not sure says no. Start at `rules`.
#include "pass/free_batch_rules.h"

#include <string.h>

enum { RANK_MAX = 16 };

static const sl_node *node_of(const sl_batch *b) { return &b->graph->nodes[b->node]; }

static const sl_type *type_in(const sl_batch *b, int32_t slot) {
  return &b->graph->values[node_of(b)->inputs[slot]].type;
}
static const sl_type *type_out(const sl_batch *b, int32_t slot) {
  return &b->graph->values[node_of(b)->outputs[slot]].type;
}

static int32_t axis_in(const sl_batch *b, int32_t slot) {
  sl_value_id value = sl_node_input(node_of(b), slot);
  return value != 0 ? b->axis[value] : -1;
}

static int set_all(sl_batch *b, int32_t axis) {
  const sl_node *node = node_of(b);
  for (int32_t i = 0; i < node->output_count; i++)
    if (node->outputs[i] != 0) {
      b->axis[node->outputs[i]] = axis;
      b->inner[node->outputs[i]] = b->is_inner;
    }
  return 1;
}

static int no(sl_batch *b, const char *why) {
  b->why = why;
  return 0;
}

static int64_t count_between(const sl_type *type, int32_t from, int32_t to) {
  int64_t total = 1;
  for (int32_t d = from; d < to; d++) total *= type->dims[d].fixed;
  return total;
}

static sl_batch_edit *add_edit(sl_batch *b, sl_batch_edit_kind kind, int32_t slot, int32_t axis) {
  sl_batch_edit *edit = &b->edits[b->edit_count++];
  *edit = (sl_batch_edit){.kind = kind, .node = b->node, .slot = slot, .axis = axis};
  return edit;
}

// ---- elementwise, with broadcasting -------------------------------------------------------------

// Axes are compared from the end. Others must be 1 (or absent) where the samples are.
static int follow_elementwise(sl_batch *b) {
  const sl_node *node = node_of(b);
  int32_t rank = type_out(b, 0)->rank, axis = -1;
  for (int32_t i = 0; i < node->input_count; i++) {
    if (axis_in(b, i) < 0) continue;
    int32_t here = rank - type_in(b, i)->rank + axis_in(b, i);
    if (axis >= 0 && axis != here) return no(b, "meets samples on two axes");
    axis = here;
  }
  for (int32_t i = 0; i < node->input_count; i++) {
    if (node->inputs[i] == 0 || axis_in(b, i) >= 0) continue;
    int32_t at = axis - (rank - type_in(b, i)->rank);
    if (at >= 0 && !sl_dim_is(type_in(b, i)->dims[at], 1))
      return no(b, "adds something of the size of one sample");
  }
  return set_all(b, axis);
}

// The first input's axis stays; the operator works along others. `axes` are attribute or input 1.
static int follow_first(sl_batch *b) { return axis_in(b, 0) >= 0 && set_all(b, axis_in(b, 0)); }

static int32_t attribute_axis(const sl_batch *b, int64_t missing) {
  int64_t axis = sl_node_int(node_of(b), "axis", missing);
  return (int32_t)(axis < 0 ? axis + type_in(b, 0)->rank : axis);
}

static int others_have_none(const sl_batch *b) {
  for (int32_t i = 1; i < node_of(b)->input_count; i++)
    if (axis_in(b, i) >= 0) return 0;
  return 1;
}

static int follow_along_axis(sl_batch *b, int64_t missing) {
  if (!others_have_none(b)) return 0;
  if (attribute_axis(b, missing) == axis_in(b, 0)) return no(b, "works along the samples");
  return follow_first(b);
}

static int follow_softmax(sl_batch *b) { return follow_along_axis(b, -1); }
static int follow_along_zero(sl_batch *b) { return follow_along_axis(b, 0); }

static int follow_layer_norm(sl_batch *b) {
  if (attribute_axis(b, -1) <= axis_in(b, 0)) return no(b, "normalises over the samples");
  return others_have_none(b) && follow_first(b);
}

// Samples first, the rest of the inputs are weights.
static int follow_spatial(sl_batch *b) {
  if (axis_in(b, 0) != 0) return no(b, "has its samples not on the first axis");
  return others_have_none(b) && set_all(b, 0);
}

// ---- sizes --------------------------------------------------------------------------------------

static int follow_transpose(sl_batch *b) {
  int64_t count;
  const int64_t *perm = sl_node_ints(node_of(b), "perm", &count);
  int32_t rank = type_in(b, 0)->rank, axis = axis_in(b, 0);
  if (perm == NULL) return set_all(b, rank - 1 - axis);
  for (int32_t d = 0; d < count; d++)
    if (perm[d] == axis) return set_all(b, d);
  return 0;
}

// The samples lie between the same elements before and after a Reshape. Where that is between two
// axes of the output, a Reshape to fewer axes joined them with the axis before (rows of a matrix),
// others with the axis after (heads).
static int find_place(sl_batch *b, const sl_type *x, const sl_type *y, int32_t *axis) {
  int64_t offset = count_between(x, 0, axis_in(b, 0)), here = 1;
  if (b->is_inner) offset *= x->dims[axis_in(b, 0)].fixed;
  for (int32_t d = 0; d < y->rank; d++, here *= y->dims[d - 1].fixed) {
    if (here != offset) continue;
    int joins_before = d > 0 && offset > 1 && y->rank < x->rank && y->dims[d].fixed != 1;
    *axis = joins_before ? d - 1 : d;
    b->is_inner = (uint8_t)joins_before;
    return 1;
  }
  *axis = y->rank - 1;
  b->is_inner = 1;
  return here == offset && y->rank > 0;
}

static int follow_reshape(sl_batch *b) {
  const sl_type *x = type_in(b, 0), *y = type_out(b, 0);
  int64_t target[RANK_MAX];
  int64_t count = sl_graph_constant_ints(b->graph, node_of(b)->inputs[1], target, RANK_MAX);
  int32_t axis;
  if (axis_in(b, 0) < 0 || count != y->rank) return no(b, "has a target that is not a constant");
  if (!find_place(b, x, y, &axis)) return no(b, "folds samples into another axis");
  int64_t *ints = SL_NEW_ARRAY(b->scratch, int64_t, count + 1);
  for (int32_t d = 0; d < count; d++) ints[d] = d == axis ? -1 : y->dims[d].fixed;
  sl_batch_edit *edit = add_edit(b, SL_BATCH_RESHAPE, 1, axis);
  edit->target = ints;
  edit->target_count = count;
  return set_all(b, axis);
}

static int follow_flatten(sl_batch *b) {
  int32_t at = attribute_axis(b, 1), axis = axis_in(b, 0);
  if (axis < at && count_between(type_in(b, 0), 0, axis) == 1) return set_all(b, 0);
  return axis == at ? set_all(b, 1) : no(b, "folds samples into another axis");
}

// 1 for the axes that input 1 (or the attribute) names, of a tensor of `rank`; 0 when unknown.
static int mark_axes(const sl_batch *b, int32_t rank, uint8_t *marks) {
  int64_t axes[RANK_MAX], count = -1;
  memset(marks, 0, RANK_MAX);
  sl_value_id value = sl_node_input(node_of(b), 1);
  if (value != 0) count = sl_graph_constant_ints(b->graph, value, axes, RANK_MAX);
  const int64_t *from = axes;
  if (value == 0) from = sl_node_ints(node_of(b), "axes", &count);
  if (count < 0) return 0;
  if (count == 0) memset(marks, 1, RANK_MAX);
  for (int64_t i = 0; i < count; i++) {
    int64_t axis = from[i] < 0 ? from[i] + rank : from[i];
    if (axis < 0 || axis >= RANK_MAX) return 0;
    marks[axis] = 1;
  }
  return 1;
}

static int follow_squeeze(sl_batch *b) {
  uint8_t marks[RANK_MAX];
  int32_t axis = axis_in(b, 0), gone = 0;
  const sl_type *x = type_in(b, 0);
  if (!mark_axes(b, x->rank, marks) || sl_node_input(node_of(b), 1) == 0)
    return no(b, "drops every axis of size 1, the samples among them");
  if (marks[axis]) return no(b, "drops the axis of the samples");
  for (int32_t d = 0; d < axis; d++) gone += marks[d];
  return set_all(b, axis - gone);
}

static int follow_unsqueeze(sl_batch *b) {
  uint8_t marks[RANK_MAX];
  int32_t rank = type_out(b, 0)->rank, left = axis_in(b, 0);
  if (rank > RANK_MAX || !mark_axes(b, rank, marks)) return 0;
  for (int32_t d = 0; d < rank; d++)
    if (!marks[d] && left-- == 0) return set_all(b, d);
  return 0;
}

static int follow_reduce(sl_batch *b) {
  uint8_t marks[RANK_MAX];
  int32_t axis = axis_in(b, 0), gone = 0;
  if (axis < 0 || !mark_axes(b, type_in(b, 0)->rank, marks)) return 0;
  if (marks[axis]) return no(b, "reduces over the samples");
  for (int32_t d = 0; d < axis; d++) gone += marks[d];
  int keeps = sl_node_int(node_of(b), "keepdims", 1) != 0;
  return set_all(b, keeps ? axis : axis - gone);
}

static int follow_arg(sl_batch *b) {
  int32_t along = attribute_axis(b, 0), axis = axis_in(b, 0);
  if (along == axis) return no(b, "looks along the samples");
  int keeps = sl_node_int(node_of(b), "keepdims", 1) != 0;
  return set_all(b, keeps || along > axis ? axis : axis - 1);
}

// ---- parts --------------------------------------------------------------------------------------

static int follow_concat(sl_batch *b) {
  const sl_node *node = node_of(b);
  int32_t axis = -1, from = -1, along = attribute_axis(b, 0);
  for (int32_t i = 0; i < node->input_count; i++) {
    if (axis_in(b, i) < 0) continue;
    if (axis >= 0 && axis != axis_in(b, i)) return no(b, "meets samples on two axes");
    axis = axis_in(b, i);
    from = i;
  }
  if (axis == along) return no(b, "lays samples one after the other");
  for (int32_t i = 0; i < node->input_count; i++) {
    if (axis_in(b, i) >= 0) continue;
    if (!sl_dim_is(type_in(b, i)->dims[axis], 1))
      return no(b, "joins something of the size of one sample");
    sl_batch_edit *edit = add_edit(b, SL_BATCH_REPEAT, i, axis);
    edit->like = node->inputs[from];
    edit->like_axis = axis;
    edit->like_count = type_in(b, from)->dims[axis].fixed;
    if (edit->like_count != 1) return no(b, "joins something of the size of one sample");
  }
  return set_all(b, axis);
}

static int follow_slice(sl_batch *b) {
  int32_t axis = axis_in(b, 0);
  if (!others_have_none(b)) return 0;
  int64_t axes[RANK_MAX], starts[RANK_MAX], ends[RANK_MAX];
  sl_value_id named = sl_node_input(node_of(b), 3);
  int64_t count = sl_graph_constant_ints(b->graph, node_of(b)->inputs[1], starts, RANK_MAX);
  if (count < 0 || sl_graph_constant_ints(b->graph, node_of(b)->inputs[2], ends, RANK_MAX) != count)
    return no(b, "has bounds that are not constants");
  if (named != 0 && sl_graph_constant_ints(b->graph, named, axes, RANK_MAX) != count) return 0;
  for (int64_t i = 0; i < count; i++) {
    int64_t along = named != 0 ? axes[i] : i;
    if (along < 0) along += type_in(b, 0)->rank;
    if (along == axis && (starts[i] != 0 || ends[i] < INT32_MAX)) return no(b, "picks samples");
  }
  return set_all(b, axis);
}

static int follow_gather(sl_batch *b) {
  int32_t along = attribute_axis(b, 0), axis = axis_in(b, 0);
  int32_t more = type_in(b, 1)->rank - 1;
  // Samples in the indices into something that has none (an embedding).
  if (axis < 0) return along == 0 && axis_in(b, 1) >= 0 && set_all(b, axis_in(b, 1));
  if (axis_in(b, 1) >= 0) return 0;
  if (along == axis) return no(b, "picks samples");
  return set_all(b, along < axis ? axis + more : axis);
}

static int follow_expand(sl_batch *b) {
  int64_t target[RANK_MAX];
  int64_t count = sl_graph_constant_ints(b->graph, node_of(b)->inputs[1], target, RANK_MAX);
  int32_t axis = axis_in(b, 0) + type_out(b, 0)->rank - type_in(b, 0)->rank;
  int64_t at = axis - (type_out(b, 0)->rank - count);
  if (axis_in(b, 0) < 0 || count < 0) return 0;
  if (at >= 0 && target[at] != 1) return no(b, "repeats the axis of the samples");
  return set_all(b, axis);
}

static int follow_tile(sl_batch *b) {
  int64_t repeats[RANK_MAX];
  int64_t count = sl_graph_constant_ints(b->graph, node_of(b)->inputs[1], repeats, RANK_MAX);
  if (count < 0 || repeats[axis_in(b, 0)] != 1) return no(b, "repeats the axis of the samples");
  return follow_first(b);
}

static int follow_pad(sl_batch *b) {
  int64_t pads[2 * RANK_MAX];
  int32_t axis = axis_in(b, 0);
  int64_t count = sl_graph_constant_ints(b->graph, node_of(b)->inputs[1], pads, 2 * RANK_MAX);
  if (count != 2 * type_in(b, 0)->rank || sl_node_input(node_of(b), 3) != 0) return 0;
  if (pads[axis] != 0 || pads[axis + count / 2] != 0) return no(b, "pads the axis of the samples");
  return follow_first(b);
}

static int follow_resize(sl_batch *b) {
  if (axis_in(b, 0) != 0 || !others_have_none(b)) return no(b, "has samples not on the first axis");
  if (sl_node_attribute(node_of(b), "axes") == NULL && sl_node_input(node_of(b), 3) != 0) {
    sl_batch_edit *edit = add_edit(b, SL_BATCH_SIZES, 3, 0);
    edit->like = node_of(b)->inputs[0];
    edit->like_count = type_in(b, 0)->dims[0].fixed;
    if (edit->like_count != 1) return 0;
  }
  return set_all(b, 0);
}

// ---- products -----------------------------------------------------------------------------------

static int follow_matmul(sl_batch *b) {
  int32_t rank = type_out(b, 0)->rank;
  int32_t x = axis_in(b, 0), y = axis_in(b, 1), rx = type_in(b, 0)->rank, ry = type_in(b, 1)->rank;
  if (rx < 2 || ry < 2) return 0;
  if (x == rx - 1 || y == ry - 2) return no(b, "sums over the samples");
  if (y < 0 && x == rx - 2) return set_all(b, rank - 2);
  if (x < 0 && y == ry - 1) return set_all(b, rank - 1);
  if (x == rx - 2 || y == ry - 1) return no(b, "multiplies samples with samples");
  int32_t at = x >= 0 ? rank - rx + x : rank - ry + y;
  if (x >= 0 && y >= 0 && at != rank - ry + y) return no(b, "meets samples on two axes");
  int32_t other = x >= 0 ? 1 : 0, place = at - (rank - type_in(b, other)->rank);
  if ((x < 0 || y < 0) && place >= 0 && !sl_dim_is(type_in(b, other)->dims[place], 1))
    return no(b, "multiplies with something of the size of one sample");
  return set_all(b, at);
}

static int follow_gemm(sl_batch *b) {
  int32_t rows = sl_node_int(node_of(b), "transA", 0) != 0 ? 1 : 0;
  if (axis_in(b, 1) >= 0 || axis_in(b, 0) != rows) return no(b, "sums over the samples");
  if (sl_node_input(node_of(b), 2) == 0) return set_all(b, 0);
  const sl_type *c = type_in(b, 2);
  if (axis_in(b, 2) < 0 && c->rank == 2 && !sl_dim_is(c->dims[0], 1)) return 0;
  return axis_in(b, 2) <= 0 && set_all(b, 0);
}

// The label of the samples stays in the output and is theirs in every operand that has it.
static int follow_einsum(sl_batch *b) {
  const char *equation = sl_node_string(b->scratch, node_of(b), "equation", "");
  char labels[128];
  size_t size = 0;
  for (const char *at = equation; *at != '\0' && size + 1 < sizeof labels; at++)
    if (*at != ' ') labels[size++] = *at;
  labels[size] = '\0';
  const char *arrow = strstr(labels, "->");
  if (arrow == NULL || strchr(labels, '.') != NULL || size + 1 >= sizeof labels) return 0;
  char sample = '\0';
  for (int pass = 0; pass < 2; pass++) {
    int32_t operand = 0, axis = 0;
    for (const char *at = labels; at < arrow; at++, axis++) {
      if (*at == ',') {
        operand++;
        axis = -1;
        continue;
      }
      int is_theirs = axis_in(b, operand) == axis;
      if (pass == 0 && is_theirs) sample = *at;
      if (pass == 1 && (*at == sample) != is_theirs) return no(b, "multiplies samples with others");
    }
  }
  const char *place = strchr(arrow + 2, sample);
  return place != NULL ? set_all(b, (int32_t)(place - arrow - 2)) : no(b, "sums over the samples");
}

static int follow_batched(sl_batch *b) {
  for (int32_t i = 0; i < node_of(b)->input_count; i++)
    if (axis_in(b, i) > 0) return no(b, "has its samples not on the first axis");
  return set_all(b, 0);
}

static int follow_grid_sample(sl_batch *b) {
  return axis_in(b, 0) == 0 && axis_in(b, 1) == 0 && set_all(b, 0);
}

// ---- the table ----------------------------------------------------------------------------------

typedef int (*rule)(sl_batch *batch);
static const struct {
  rule run;
  const char *types;  // between spaces
  int allows_inner;   // samples may be innermost in their axis
} rules[] = {
    {follow_elementwise,
     " Abs Acos Acosh Add And Asin Asinh Atan Atanh BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast"
     " CastLike Ceil Celu Clip Cos Cosh Div Dropout Elu Equal Erf Exp Floor Gelu Greater"
     " GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max"
     " Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh"
     " Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Where Xor ",
     1},
    {follow_spatial,
     " AveragePool BatchNormalization Conv ConvInteger ConvTranspose DepthToSpace"
     " GlobalAveragePool GlobalLpPool GlobalMaxPool GroupNormalization InstanceNormalization LRN"
     " LpPool MaxPool QLinearConv SpaceToDepth ",
     0},
    {follow_reduce,
     " ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd"
     " ReduceSum ReduceSumSquare ",
     1},
    {follow_softmax, " Hardmax LogSoftmax LpNormalization Softmax TopK ", 1},
    {follow_along_zero, " Split ", 1},
    {follow_layer_norm, " LayerNormalization RMSNormalization ", 1},
    {follow_arg, " ArgMax ArgMin ", 0},
    {follow_concat, " Concat ", 0},
    {follow_einsum, " Einsum ", 0},
    {follow_expand, " Expand ", 0},
    {follow_flatten, " Flatten ", 0},
    {follow_gather, " Gather ", 0},
    {follow_gemm, " Gemm ", 1},
    {follow_grid_sample, " GridSample ", 0},
    {follow_batched, " Attention ", 0},
    {follow_matmul, " MatMul ", 1},
    {follow_pad, " Pad ", 0},
    {follow_reshape, " Reshape ", 1},
    {follow_resize, " Resize ", 0},
    {follow_slice, " Slice ", 1},
    {follow_squeeze, " Squeeze ", 0},
    {follow_tile, " Tile ", 0},
    {follow_transpose, " Transpose ", 1},
    {follow_unsqueeze, " Unsqueeze ", 0},
};

// Scale and zero point are per tensor or along another axis than the first.
static int follow_quantised(sl_batch *b) {
  const sl_type *scale = type_in(b, 1);
  if (scale->rank > 0 && attribute_axis(b, 1) == axis_in(b, 0)) return 0;
  return scale->rank <= 1 && others_have_none(b) && follow_first(b);
}

// All inputs that hold samples agree on the order inside the axis.
static int find_order(sl_batch *b) {
  const sl_node *node = node_of(b);
  int seen = 0;
  b->is_inner = 0;
  for (int32_t i = 0; i < node->input_count; i++) {
    if (axis_in(b, i) < 0) continue;
    uint8_t inner = b->inner[node->inputs[i]];
    if (seen && inner != b->is_inner) return no(b, "meets samples in two orders");
    b->is_inner = inner;
    seen = 1;
  }
  return 1;
}

int sl_batch_follow(sl_batch *b) {
  const sl_node *node = node_of(b);
  if (node->domain[0] != '\0') return no(b, "is no standard operator");
  if (!find_order(b)) return 0;
  char wanted[64] = " ";
  size_t size = strlen(node->type);
  if (size + 3 > sizeof wanted) return 0;
  memcpy(wanted + 1, node->type, size);
  memcpy(wanted + 1 + size, " ", 2);
  if (strcmp(node->type, "QuantizeLinear") == 0 || strcmp(node->type, "DequantizeLinear") == 0)
    return follow_quantised(b);
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    if (strstr(rules[i].types, wanted) == NULL) continue;
    if (b->is_inner && !rules[i].allows_inner) return no(b, "has its samples inside another axis");
    return rules[i].run(b);
  }
  return no(b, "has no rule for several samples");
}

// ---- rewrites -----------------------------------------------------------------------------------

// int64[1]: the number of samples, read off a value that holds them.
static sl_value_id samples_of(sl_batch *b, const sl_batch_edit *edit) {
  sl_value_id size = sl_graph_apply(b->graph, "Shape", "samples", "", &edit->like, 1, 1);
  sl_node_id node = b->graph->values[size].maker;
  sl_graph_set_int(b->graph, node, "start", edit->like_axis);
  sl_graph_set_int(b->graph, node, "end", edit->like_axis + 1);
  sl_graph_set_type(b->graph, size, SL_ELEMENT_I64, 1, &SL_DIM(1));
  return size;
}

// The sizes of a value with the samples at `axis`.
static sl_value_id sizes_with_samples(sl_batch *b, const sl_batch_edit *edit, const int64_t *sizes,
                                      int64_t count) {
  sl_value_id parts[3];
  int32_t used = 0;
  if (edit->axis > 0) parts[used++] = sl_graph_add_ints(b->graph, "sizes", sizes, edit->axis);
  parts[used++] = samples_of(b, edit);
  if (edit->axis + 1 < count)
    parts[used++] =
        sl_graph_add_ints(b->graph, "sizes", sizes + edit->axis + 1, count - edit->axis - 1);
  sl_value_id all = sl_graph_apply(b->graph, "Concat", "sizes", "", parts, used, 1);
  sl_graph_set_int(b->graph, b->graph->values[all].maker, "axis", 0);
  sl_graph_set_type(b->graph, all, SL_ELEMENT_I64, 1, &SL_DIM(count));
  return all;
}

static sl_value_id repeat(sl_batch *b, const sl_batch_edit *edit, sl_value_id value) {
  sl_type type = b->graph->values[value].type;
  int64_t sizes[RANK_MAX];
  sl_dim dims[RANK_MAX];
  for (int32_t d = 0; d < type.rank; d++) {
    sizes[d] = type.dims[d].fixed;
    dims[d] = type.dims[d];
  }
  dims[edit->axis] = (sl_dim){.fixed = 0, .per_batch = 1};
  sl_value_id both[2] = {value, sizes_with_samples(b, edit, sizes, type.rank)};
  const char *hint = sl_arena_printf(b->scratch, "%s_repeated", b->graph->values[value].name);
  sl_value_id made = sl_graph_apply(b->graph, "Expand", hint, "", both, 2, 1);
  sl_graph_set_type(b->graph, made, type.element, type.rank, dims);
  return made;
}

void sl_batch_apply(sl_batch *b, const sl_batch_edit *edit) {
  sl_value_id old = b->graph->nodes[edit->node].inputs[edit->slot], made = 0;
  int64_t sizes[RANK_MAX];
  switch (edit->kind) {
    case SL_BATCH_RESHAPE:
      made =
          sl_graph_add_ints(b->graph, b->graph->values[old].name, edit->target, edit->target_count);
      break;
    case SL_BATCH_REPEAT:
      made = repeat(b, edit, old);
      break;
    case SL_BATCH_SIZES: {
      int64_t count = sl_graph_constant_ints(b->graph, old, sizes, RANK_MAX);
      if (count > 0) made = sizes_with_samples(b, edit, sizes, count);
      break;
    }
  }
  if (made != 0) sl_graph_set_input(b->graph, edit->node, edit->slot, made);
}
